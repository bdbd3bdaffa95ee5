"""The Measures page: every scale over time, both ratings, what is asked when, and what never was."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup, Tag
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from securebase.measurement.schedule import scheduled_instruments
from securebase.records.vocabulary import Moment
from securebase.workbench.therapy_sessions import actions, overview
from securebase.workbench.therapy_sessions.models import ExtraChoice
from workbench.cast import NOON, Cast, answers


@pytest.fixture
def full(cast: Cast) -> Cast:
    """Two sessions with all that was due, and the therapist's own rating of both."""
    for n, value in ((1, 4.0), (2, 7.0)):
        at = NOON + timedelta(days=7 * (n - 1))
        session = (
            cast.session if n == 1 else actions.create_session(episode=cast.episode, by=cast.alma, number=n, held_at=at)
        )
        for moment, when in ((Moment.BEFORE, at), (Moment.AFTER, at + timedelta(hours=1))):
            check_in = actions.invite_check_in(
                session=session, by=cast.alma, moment=moment, mode="link", at=when
            ).check_in
            actions.record_check_in(
                check_in=check_in,
                responses=answers(check_in.instrument_id, value),
                submission=f"{n}{moment}",
                at=when,
                extra={name: answers(name, value) for name in check_in.extras},
            )
        rating = answers("therapist_after", value + 2 * n - 1)
        actions.rate_session(session=session, by=cast.alma, responses=rating, submission=f"own{n}", at=when)
    return cast


def page(cast: Cast, alma: Browser) -> Tag:
    answer = alma.get(reverse("client-measures", args=[cast.carla.id]))
    assert answer.status_code == 200
    return BeautifulSoup(answer.content, "html.parser").find("main")


def rows_of(table: Tag) -> dict[str, str]:
    return {r.find("th").text.strip(): " ".join(r.text.split()) for r in table.select("tbody tr")}


def test_every_scale_stands_in_its_group_with_its_course(full: Cast, alma: Browser) -> None:
    whole = page(full, alma)
    table, cells = whole.find("table", class_="scores"), whole.select(".besides .cells li")
    assert [g.text for g in table.select(".group th")] == ["Check-in", "Your own rating"]
    assert "Asked besides" in whole.find(class_="besides").find("summary").text
    groups = {g.name: [(r.instrument.id, r.scale.id) for r in g.rows] for g in overview.scale_groups(full.episode)}
    assert groups["Check-in"][0] == ("session_before", "symptoms")
    assert ("dispute_week", "dispute") in groups["Asked besides"]
    assert ("own_attachment", "attachment_anxiety") in groups["Asked besides"]
    assert groups["Your own rating"] == [("therapist_after", s) for s in ("alliance", "felt_understood", "strain")]
    symptoms = overview.scale_groups(full.episode)[0].rows[0]
    assert (symptoms.first, symptoms.last, symptoms.n) == (4.0, 7.0, 2)
    assert 'aria-label="Symptoms from 4 to 7"' in symptoms.curve
    assert len(table.find_all("svg")) == len(groups["Check-in"]) + len(groups["Your own rating"])
    assert len(cells) == len(groups["Asked besides"])


def test_both_ratings_stand_beside_each_other_in_a_chart_and_in_words(full: Cast, alma: Browser) -> None:
    card = page(full, alma).find(id="ratings")
    # the client 4 and 7, the therapist 5 and 10
    assert "Session 2: the client rated the alliance 7, you 10, 3 higher." in card.text
    assert "it ranks nobody" in card.text
    for drawing in (card.find("img")["src"], card.find("source")["srcset"]):
        answer = alma.get(drawing)
        assert answer.headers["Content-Type"].startswith("image/svg+xml")
        assert b"<svg" in answer.content
    assert card.find("img")["alt"].startswith("Alliance as client and therapist rated it. 2 sessions rated by both.")
    assert alma.get(reverse("client-ratings", args=[full.carla.id, "huge"])).status_code == 404


def test_what_is_asked_besides_says_when_it_was_and_when_it_comes(full: Cast, alma: Browser) -> None:
    rows = {r.instrument.id: r for r in overview.extra_rows(full.episode, 2, NOON + timedelta(days=8))}
    assert set(rows) == {i.id for i in scheduled_instruments()}
    assert (rows["expectation"].asked, rows["expectation"].next) == ([1], "not again in the planned sessions")
    assert (rows["dispute_week"].asked, rows["dispute_week"].next) == ([1, 2], "before every session")
    assert (rows["grief_week"].fits, rows["grief_week"].next) == (False, "comes with its problem area")
    assert rows["relationship_seldom"].next == "after session 3"
    whole = page(full, alma)
    shown = rows_of(whole.find("table", class_="extras"))
    assert len(shown) == sum(r.fits for r in rows.values())
    # what comes with an area that is not chosen is named, so that nobody looks for it in vain
    elsewhere = whole.find("a", string="Grief").parent
    assert "Come with their problem area" in elsewhere.text
    assert [a.text for a in elsewhere.find_all("a")[1:]] == ["Steps towards people", "Grief", "The change of role"]


def test_it_can_be_asked_for_switched_off_and_on_again(full: Cast, alma: Browser) -> None:
    url = reverse("extra-choose", args=[full.carla.id, "emotion_month"])

    def chosen(choice: str) -> str:
        answer = alma.post(url, {"choice": choice})
        assert answer.headers["Location"] == reverse("client-measures", args=[full.carla.id]) + "#seldom"
        text = rows_of(page(full, alma).find("table", class_="extras"))
        return next(v for k, v in text.items() if k.startswith("You and your feelings"))

    assert "with the next check-in after a session" in chosen("ask")
    assert "with the next check-in" not in chosen("not_now")
    assert "switched off for this client" in chosen("off")
    assert "Switch on" not in chosen("on")
    before = ExtraChoice.objects.visible_to(full.alma).values_list("off", "asked_for").get()
    chosen("something else")
    assert ExtraChoice.objects.visible_to(full.alma).values_list("off", "asked_for").get() == before
    alma.post(reverse("extra-choose", args=[full.carla.id, "phq9"]), {"choice": "off"})
    assert ExtraChoice.objects.visible_to(full.alma).count() == 1


def test_what_was_never_measured_is_named_with_what_could_measure_it(full: Cast, alma: Browser) -> None:
    never = {n.label: [i.id for i in n.by] for n in overview.never_asked(full.episode)}
    assert "Symptoms" not in never
    assert "Dispute" not in never
    assert never["Coping"] == ["coping_month"]
    assert never["Anxiety"] == ["gad7"]
    # a construct without any instrument is none that could be asked; the therapist's rating is not the client's word
    assert "Early care" not in never
    assert "Strain in the alliance" not in never
    assert f"Never measured so far: {len(never)}" in page(full, alma).text


def test_an_empty_page_teaches(cast: Cast, alma: Browser) -> None:
    result = page(cast, alma)
    assert "No measure yet" in result.text
    assert result.find("a", string="To the sessions")["href"] == reverse("client-sessions", args=[cast.carla.id])
    assert "Rate a session in five clicks" in result.find(id="ratings").text
    assert result.find(id="ratings").find("img") is None
    assert alma.get(reverse("client-ratings", args=[cast.carla.id, "wide"])).status_code == 404


def test_a_set_aside_rating_is_not_drawn(full: Cast) -> None:
    actions.rate_session(
        session=full.session,
        by=full.alma,
        responses=answers("therapist_after", 0.0),
        submission="again",
        at=timezone.now(),
    )
    assert [s.therapist for s in overview.both_ratings(full.episode).sessions] == [0.0, 10.0]
