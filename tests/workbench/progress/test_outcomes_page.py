"""The page of outcomes: whose clients count, small numbers, filters, how courses ended, and two queries for all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from securebase.measurement.catalogue import instrument
from securebase.measurement.change import change_rules
from securebase.measurement.course_outcome import OutcomeStatement
from securebase.study.outcomes.groups import RatedCourse, summarise_courses
from securebase.workbench.accounts.models import Account
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.measures.models import Administration, Score
from securebase.workbench.progress.outcomes import CourseEnd, OutcomeFilter, clinic_outcomes
from securebase.workbench.therapy_sessions.models import TherapySession
from workbench.browser import Browser
from workbench.cast import BEGAN, NOON, Cast

LATER = NOON + timedelta(weeks=30)
REMITTED, BETTER, SAME, WORSE = (20.0, 4.0), (20.0, 12.0), (15.0, 13.0), (12.0, 20.0)


def add(
    therapist: Account,
    values: Sequence[Sequence[float]],
    *,
    held: int = 4,
    ended: bool = True,
    phase: str = "ending",
    area: str = "grief",
    course_form: str = "standard",
    measure: tuple[str, str] = ("phq9", "total"),
) -> list[Episode]:
    """Add a client with a course of four planned sessions for each list of scores, in a few queries."""
    people = [
        Client(clinic=therapist.clinic, therapist=therapist, name_shown=f"Client {i}", simulated=True)
        for i in range(len(values))
    ]
    courses = [
        Episode(
            client=person,
            began_on=BEGAN,
            ended_on=date(2026, 12, 1) if ended else None,
            planned_sessions=4,
            phase=phase,
            problem_areas=[area],
            course_form=course_form,
        )
        for person in people
    ]
    administrations = [
        [Administration(episode=course, instrument=measure[0], at=NOON + timedelta(weeks=n)) for n in range(len(own))]
        for course, own in zip(courses, values, strict=True)
    ]
    Client.objects.bulk_create(people)
    Episode.objects.bulk_create(courses)
    Administration.objects.bulk_create(a for own in administrations for a in own)
    Score.objects.bulk_create(
        Score(administration=a, scale=measure[1], construct="symptoms", value=value)
        for group, own in zip(administrations, values, strict=True)
        for a, value in zip(group, own, strict=True)
    )
    TherapySession.objects.bulk_create(
        TherapySession(episode=course, number=n + 1, held_at=NOON + timedelta(weeks=n))
        for course in courses
        for n in range(held)
    )
    return courses


def page_text(browser: Browser, **query: str) -> str:
    response = browser.get(reverse("clinic-outcomes"), query)
    assert response.status_code == 200
    assert " style=" not in response.content.decode()
    return " ".join(BeautifulSoup(response.content.decode(), "html.parser").get_text(" ").split())


def test_an_empty_clinic_says_what_is_needed(cast: Cast, browser: Browser) -> None:
    browser.force_login(cast.dario)
    assert "No scores yet" in page_text(browser)


def test_the_page_shows_the_same_figures_as_the_panel_of_a_table(cast: Cast, browser: Browser) -> None:
    values = [REMITTED] * 5 + [BETTER] * 4 + [SAME] * 2 + [WORSE] + [(6.0, 3.0)] * 5
    add(cast.dario, values)
    browser.force_login(cast.rosa)
    expected = summarise_courses(
        [RatedCourse(tuple(v), dropped_out=False) for v in values], change_rules(instrument("phq9").scale("total"))
    )
    text = page_text(browser)
    assert "All clients of the clinic." in text
    assert "Ended courses: 17" in text
    assert expected.shares[OutcomeStatement.REMISSION].count == 5
    assert "Remission 42% (19 to 68), 5 of 12 42% (19 to 68), 5 of 12" in text
    assert "Reliable improvement 75% (47 to 91), 9 of 12" in text
    assert "Reliable deterioration 8% (1 to 35), 1 of 12" in text
    assert "5 who began in the healthy range, of whom 0 reliably improved and 0 reliably deteriorated." in text
    assert text.count("have no comparison group") == 1
    html = browser.get(reverse("clinic-outcomes")).content.decode()
    assert html.count("data:image/svg+xml") == 2
    alternative = BeautifulSoup(html, "html.parser").select_one("img.chart")["alt"]  # type: ignore[index]
    assert "Remission: 42% (19 to 68), 5 of 12." in alternative
    assert "Client 1" not in html


def test_few_clients_give_counts_and_very_few_nothing_to_others(cast: Cast, browser: Browser) -> None:
    add(cast.dario, [REMITTED, BETTER, SAME, (4.0, 1.0)])
    for account, shown in ((cast.dario, True), (cast.rosa, False), (cast.adam, False)):
        browser.force_login(account)
        text = page_text(browser)
        assert ("Remission 1 of 3" in text) is shown
        assert ("1 who began in the healthy range" in text) is shown
        assert ("Outcomes of fewer than 5 clients are not shown" in text) is not shown
        assert ("After all planned sessions 4 of 4" in text) is shown
        assert "%" not in text.replace("at least 50%", "")
    add(cast.dario, [BETTER, WORSE])
    text = page_text(browser)
    assert "Remission 1 of 5" in text
    assert "Percentages are shown from 10 clients on." in text
    assert "<img" not in browser.get(reverse("clinic-outcomes")).content.decode()


def test_therapists_see_their_own_clients_only(cast: Cast, browser: Browser) -> None:
    add(cast.dario, [REMITTED] * 3)
    add(cast.alma, [WORSE] * 8)
    browser.force_login(cast.dario)
    text = page_text(browser)
    assert "Your own clients." in text
    assert "Ended courses: 3" in text
    assert "Reliable deterioration 0 of 3" in text
    browser.force_login(cast.adam)
    assert "Ended courses: 11" in page_text(browser)


def test_a_therapist_alone_in_a_clinic_sees_small_numbers(cast: Cast, alma: Browser) -> None:
    add(cast.alma, [REMITTED, SAME])
    text = page_text(alma)
    assert "Your own clients." in text
    assert "Remission 1 of 2" in text


def test_filters_choose_format_area_and_scale(cast: Cast, browser: Browser) -> None:
    add(cast.dario, [REMITTED] * 6)
    add(cast.dario, [WORSE] * 7, area="role_dispute", course_form="brief")
    add(cast.dario, [(8.0, 2.0)] * 3, measure=("session_before", "symptoms"))
    browser.force_login(cast.dario)
    assert "Ended courses: 7" in page_text(browser, area="role_dispute")
    assert "Remission 6 of 6" in page_text(browser, area="grief", course_format="standard")
    assert "No ended courses" in page_text(browser, area="grief", course_format="brief")
    by_check_in = page_text(browser, scale="session_before:symptoms")
    assert "Reliable improvement 3 of 3" in by_check_in
    assert "Remission" not in by_check_in
    assert "Remission 46% (23 to 71), 6 of 13" in page_text(browser, scale="nothing:total"), "the scale of most courses"
    assert browser.post(reverse("clinic-outcomes")).status_code == 405


def test_how_courses_ended_is_no_outcome(cast: Cast) -> None:
    add(cast.dario, [REMITTED] * 2)
    add(cast.dario, [REMITTED], held=3)
    add(cast.dario, [REMITTED] * 4, held=2, phase="middle")
    add(cast.dario, [REMITTED, SAME], held=2, phase="middle", ended=False)
    result = clinic_outcomes(cast.dario, OutcomeFilter(), LATER)
    assert result.ended.ends == {CourseEnd.PLANNED: 2, CourseEnd.EARLIER: 1, CourseEnd.BEFORE_LAST_PHASE: 4}
    observed, worst = (
        shares[OutcomeStatement.REMISSION] for shares in (result.ended.outcomes.shares, result.ended.outcomes.worst)
    )
    assert (observed.count, worst.count, worst.total) == (7, 7, 7), "who ends early may feel well enough"
    assert (result.running.courses, result.running.outcomes.shares[OutcomeStatement.REMISSION].count) == (2, 1)
    assert result.running.ends == {}
    assert result.ended.outcomes.dropout is result.running.outcomes.dropout is None


def test_a_client_with_several_courses_counts_with_the_last(cast: Cast) -> None:
    (course,) = add(cast.dario, [WORSE])
    again = Episode.objects.create(client=course.client, began_on=date(2027, 1, 1), ended_on=date(2027, 3, 1))
    for n, value in enumerate(REMITTED):
        asked = Administration.objects.create(episode=again, instrument="phq9", at=LATER + timedelta(weeks=n))
        Score.objects.create(administration=asked, scale="total", construct="symptoms", value=value)
    group = clinic_outcomes(cast.dario, OutcomeFilter(), LATER).ended
    assert (group.courses, group.outcomes.shares[OutcomeStatement.REMISSION].count) == (1, 1)


def test_what_was_set_aside_or_rated_by_therapists_does_not_count(cast: Cast) -> None:
    (course,) = add(cast.dario, [REMITTED])
    for columns in ({"set_aside_at": NOON}, {"respondent": "therapist"}):
        asked = Administration.objects.create(episode=course, instrument="phq9", at=LATER, **columns)
        Score.objects.create(administration=asked, scale="total", construct="symptoms", value=27.0)
    group = clinic_outcomes(cast.dario, OutcomeFilter(), LATER).ended
    assert group.outcomes.shares[OutcomeStatement.REMISSION].count == 1


@pytest.mark.parametrize("n", [1, 60])
def test_the_number_of_queries_does_not_depend_on_the_number_of_clients(cast: Cast, n: int) -> None:
    add(cast.dario, [(20, 19, 20, 8, 7, 9, 8, 4)] * n)
    with CaptureQueriesContext(connection) as queries:
        result = clinic_outcomes(cast.dario, OutcomeFilter(), LATER)
    assert result.ended.outcomes.shares[OutcomeStatement.SUDDEN_GAIN].count == n
    assert len(queries) == 2


def test_the_caseload_and_the_clinic_link_to_it(cast: Cast, browser: Browser, alma: Browser) -> None:
    add(cast.alma, [REMITTED])
    for name in ("caseload", "clinic"):
        assert reverse("clinic-outcomes") in alma.get(reverse(name)).content.decode()
    browser.force_login(cast.rosa)
    assert reverse("clinic-outcomes") in browser.get(reverse("profile")).content.decode()
