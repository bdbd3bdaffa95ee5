"""The clinic's calibration: what is counted, kept and counted again, and where its figures stand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone

from securebase.picture import phrases
from securebase.picture.calibration import MIN_CLIENTS
from securebase.picture.verification import Verification, verify_course
from securebase.records.vocabulary import Match, Moment, Respondent
from securebase.workbench.casefile import began_at, episode_record
from securebase.workbench.check_ins.actions import invite_check_in, record_check_in
from securebase.workbench.check_ins.models import CheckInMode
from securebase.workbench.clients.actions import create_client
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.clinic_set import set_in_use
from securebase.workbench.progress import calibration as module
from securebase.workbench.progress.calibration import calibration, clinic_shares, interval_calibration
from securebase.workbench.progress.models import HypothesisAnswers, StoredTallies
from securebase.workbench.progress.stamp import version_stamp
from securebase.workbench.therapy_sessions.actions import create_session, mark_rupture
from workbench.browser import Browser
from workbench.cast import BEGAN, NOON, Cast, answers

REASON = "a test"
COUNTED = {"in_50": (4, 8), "in_90": (7, 8), "worse_than_90": (1, 8), "better_than_90": (0, 8)}


def page_text(browser: Browser) -> str:
    response = browser.get(reverse("clinic-calibration"))
    assert response.status_code == 200
    assert " style=" not in response.content.decode()
    return " ".join(BeautifulSoup(response.content.decode(), "html.parser").get_text(" ").split())


def fill(cast: Cast, n: int) -> list[Episode]:
    """Add `n` clients of Dario's with the same counted forecasts."""
    people = [
        Client(clinic=cast.alma.clinic, therapist=cast.dario, name_shown=f"Client {i}", simulated=True)
        for i in range(n)
    ]
    courses = [Episode(client=person, began_on=BEGAN, planned_sessions=16) for person in people]
    Client.objects.bulk_create(people)
    Episode.objects.bulk_create(courses)
    StoredTallies.objects.bulk_create(
        StoredTallies(episode=c, tallies=COUNTED, record_version=c.record_version, made_with=version_stamp())
        for c in courses
    )
    return courses


def store(episode: Episode, **columns: object) -> None:
    defaults = {"tallies": COUNTED, "record_version": episode.record_version, "made_with": version_stamp(), **columns}
    StoredTallies.objects.unscoped(reason=REASON).update_or_create(episode=episode, defaults=defaults)


def test_an_empty_clinic_says_from_when_on_figures_will_be_known(cast: Cast, browser: Browser) -> None:
    browser.force_login(cast.adam)
    text = page_text(browser)
    assert "known once 30 clients have forecasts (0 so far)" in text
    assert "30 more clients needed 0 signals, 0 clients" in text
    assert "No answers yet" in text
    assert "<img" not in browser.get(reverse("clinic-calibration")).content.decode()


def test_from_thirty_clients_on_the_page_has_figures_a_chart_and_matches_beside_chance(
    cast: Cast, browser: Browser
) -> None:
    browser.force_login(cast.rosa)
    courses = fill(cast, MIN_CLIENTS - 1)
    assert "29 so far" in page_text(browser)
    # one in three leading processes does not match; a random pick matches half as often as the leading one
    for i, episode in enumerate(courses + fill(cast, 1)):
        HypothesisAnswers.objects.create(
            episode=episode,
            respondent=Respondent.THERAPIST,
            leading="alliance",
            answers={"alliance": Match.YES if i % 3 else Match.NO, "social_support": Match.NO},
            at=NOON,
        )
    text = page_text(browser)
    assert "240 forecasts, 30 clients" in text
    assert "Therapists 67% (" in text
    assert "33% 33 points (" in text
    html = browser.get(reverse("clinic-calibration")).content.decode()
    alternative = BeautifulSoup(html, "html.parser").select_one("img.chart")["alt"]  # type: ignore[index]
    assert "In the 50% interval: 50% (" in alternative
    assert "In the 90% interval: 88% (" in alternative
    assert html.count("data:image/svg+xml") == 2


def test_the_client_page_states_the_figure_in_place_of_not_known(cast: Cast, alma: Browser) -> None:
    check_in = cast.invite(Moment.BEFORE).check_in
    record_check_in(check_in=check_in, responses=answers("session_before", 6.0), submission="s", at=NOON)

    def limits() -> str:
        html = alma.get(reverse("client", args=[cast.carla.id])).content.decode()
        card = BeautifulSoup(html, "html.parser").select_one(".limits")
        assert card is not None
        return " ".join(card.text.split())

    assert f"{phrases.MODEL_ASSUMED} How often they hold in this clinic will be known once 30" in limits()
    fill(cast, MIN_CLIENTS)
    assert "In this clinic, 88% (" in limits()
    assert "not known yet" not in limits()
    report = alma.get(reverse("client-report", args=[cast.carla.id])).content.decode()
    assert "In this clinic, 88% (" in report


def hold_sessions(cast: Cast, n: int) -> None:
    start = timezone.now() - timedelta(days=7 * n + 3)
    cast.episode.began_on = timezone.localdate(start)
    cast.episode.save()
    cast.hold_at(start)
    for number in range(1, n + 1):
        at = start + timedelta(days=7 * (number - 1))
        session = cast.session
        if number > 1:
            session = create_session(episode=cast.episode, by=cast.alma, number=number, held_at=at)
        for moment, value in ((Moment.BEFORE, 8.0 - number % 3), (Moment.AFTER, 8.0)):
            invitation = invite_check_in(session=session, by=cast.alma, moment=moment, mode=CheckInMode.LINK, at=at)
            responses = answers(invitation.check_in.instrument_id, value)
            record_check_in(check_in=invitation.check_in, responses=responses, submission=f"{number}{moment}", at=at)
            at += timedelta(hours=1)


def test_a_course_is_counted_from_its_record_and_again_only_when_it_changed(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold_sessions(cast, 8)
    now, clinic = timezone.now(), cast.alma.clinic
    calls: list[str] = []
    verify = module.verify_course
    monkeypatch.setattr(module, "verify_course", lambda record, **rest: calls.append("") or verify(record, **rest))
    result = calibration(clinic, now)
    episode = Episode.objects.visible_to(cast.alma).get()
    day = (now - began_at(episode)).total_seconds() / 86_400
    tallies = verify_course(episode_record(episode, now), as_of=day, parameter_set=set_in_use().parameter_set)
    assert tallies[Verification.IN_90].of == 2  # sessions 7 and 8
    for what, share in result.shares.items():
        assert (share.happened, share.of) == (tallies[what].happened, tallies[what].of) if what in tallies else (0, 0)
    assert (result.courses, result.waiting, len(calls)) == (1, 0, 1)
    calibration(clinic, now)
    assert len(calls) == 1
    session = episode.therapy_sessions.get(number=5)
    mark_rupture(session=session, by=cast.alma, kind="withdrawal", at=session.held_at)
    assert calibration(clinic, now).shares[Verification.RUPTURE_MISSED].of == 1
    assert len(calls) == 2
    store(episode, made_with="another parameter set")
    assert clinic_shares(clinic)[Verification.IN_90].of == 0
    assert "0 so far" in interval_calibration(clinic)
    calibration(clinic, now)
    assert len(calls) == 3


def test_one_request_counts_a_limited_number_of_courses(
    cast: Cast, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("Bea", "Cy"):
        create_client(therapist=cast.alma, name_shown=name, began_on=BEGAN)
    monkeypatch.setattr(module, "COURSES_AT_ONCE", 2)
    browser.force_login(cast.adam)
    assert "2 courses counted, 1 waiting. Count more courses" in page_text(browser)
    assert "3 courses counted. " in page_text(browser)


def test_courses_of_one_client_are_one_cluster(cast: Cast) -> None:
    episodes = Episode.objects.unscoped(reason=REASON)
    episodes.create(client=cast.carla, began_on=BEGAN + timedelta(days=300), planned_sessions=16)
    for episode in episodes.filter(client=cast.carla):
        store(episode)
    share = clinic_shares(cast.alma.clinic)[Verification.IN_90]
    assert (share.happened, share.of, share.clients) == (14, 16, 1)
