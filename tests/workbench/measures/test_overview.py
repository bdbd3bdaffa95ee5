"""The Measures page: scales over time, both ratings, scheduled questionnaires and unmeasured constructs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup, Tag
from django.urls import reverse
from django.utils import timezone

from securebase.measurement.rotation import rotation_slots
from securebase.measurement.schedule import scheduled_instruments
from securebase.records.vocabulary import Moment
from securebase.workbench.check_ins.actions import invite_check_in, record_check_in
from securebase.workbench.course.queries import record_of
from securebase.workbench.measures import overview
from securebase.workbench.measures.actions import rate_session, type_in_administration
from securebase.workbench.measures.models import Administration, ExtraChoice
from securebase.workbench.measures.schedule import extra_plan
from securebase.workbench.therapy_sessions.actions import create_session
from workbench.browser import Browser
from workbench.cast import NOON, Cast, answers


@pytest.fixture
def full(cast: Cast) -> Cast:
    """Provide two sessions with all due check-ins and the therapist's ratings."""
    for n, value in ((1, 4.0), (2, 7.0)):
        at = NOON + timedelta(days=7 * (n - 1))
        session = cast.session if n == 1 else create_session(episode=cast.episode, by=cast.alma, number=n, held_at=at)
        for moment, time in ((Moment.BEFORE, at), (Moment.AFTER, at + timedelta(hours=1))):
            check_in = invite_check_in(session=session, by=cast.alma, moment=moment, mode="link", at=time).check_in
            record_check_in(
                check_in=check_in,
                responses=answers(check_in.instrument_id, value),
                submission=f"{n}{moment}",
                at=time,
                extra={part.instrument: dict.fromkeys(part.items, value) for part in check_in.parts},
            )
        rating = answers("therapist_after", value + 2 * n - 1)
        rate_session(session=session, by=cast.alma, responses=rating, submission=f"own{n}", at=time)
    return cast


def page(cast: Cast, alma: Browser) -> Tag:
    response = alma.get(reverse("client-measures", args=[cast.carla.id]))
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser").find("main")


def row_texts(table: Tag) -> dict[str, str]:
    return {r.find("th").text.strip(): " ".join(r.text.split()) for r in table.select("tbody tr")}


def test_scales_are_grouped_and_shown_over_time(full: Cast, alma: Browser) -> None:
    main = page(full, alma)
    table, cells = main.find("table", class_="scores"), main.select(".besides .cells li")
    assert [g.text for g in table.select(".group th")] == ["Check-in", "Your ratings"]
    assert "Additional questions" in main.find(class_="besides").find("summary").text
    groups = {g.name: [(r.instrument.id, r.scale.id) for r in g.rows] for g in overview.scale_groups(full.episode)}
    assert groups["Check-in"][0] == ("session_before", "symptoms")
    assert ("dispute_week", "tension") in groups["Additional questions"]
    assert ("own_attachment", "attachment_anxiety") in groups["Additional questions"]
    assert groups["Your ratings"] == [("therapist_after", s) for s in ("alliance", "felt_understood", "strain")]
    symptoms = overview.scale_groups(full.episode)[0].rows[0]
    assert (symptoms.first, symptoms.last, symptoms.n) == (4.0, 7.0, 2)
    assert 'aria-label="Symptoms from 4 to 7"' in symptoms.curve
    assert len(table.find_all("svg")) == len(groups["Check-in"]) + len(groups["Your ratings"])
    assert len(cells) == len(groups["Additional questions"])


def age(cast: Cast, n: int, instrument: str, scale: tuple[str, str] | None = None) -> Administration:
    """Turn the n-th administration of an instrument into one that an earlier release recorded in version 1."""
    rows = Administration.objects.visible_to(cast.alma).filter(instrument=instrument).order_by("at")
    administration = rows[n - 1]
    administration.instrument_version = "1"
    administration.save()
    if scale is not None:
        administration.scores.filter(scale=scale[1]).update(scale=scale[0])
    return administration


def test_scores_do_not_continue_where_the_meaning_of_a_scale_changed(full: Cast, alma: Browser) -> None:
    typed_in(full, "dispute_week", 4)
    administration = age(full, 1, "dispute_week", ("dispute", "tension"))
    rows = {(r.instrument.id, r.scale.id): r for g in overview.scale_groups(full.episode) for r in g.rows}
    earlier, latest = rows["dispute_week", "dispute"], rows["dispute_week", "tension"]
    assert (earlier.n, earlier.last, earlier.change) == (1, 4.0, None)
    assert (latest.n, latest.first, latest.change) == (1, 7.0, None)
    assert earlier.version_note.startswith("earlier wording, last asked")
    assert latest.version_note == ""
    cells = [" ".join(c.text.split()) for c in page(full, alma).select(".besides .cells li")]
    assert any("Heat of the dispute" in cell and "not comparable with the new scale" in cell for cell in cells)
    # the administration shows what was asked then
    shown = alma.get(reverse("administration", args=[full.carla.id, administration.id])).content.decode()
    assert "How heated or frozen were things with that person?" in shown
    assert "Heat of the dispute" in shown
    assert "How tense" not in shown
    # exports keep the two apart, and the record carries the version
    record = record_of(full.episode, NOON + timedelta(days=8))
    assert {a.instrument_version for a in record.administrations if a.instrument == "dispute_week"} == {"1", "2"}
    assert len(record.scores("dispute", scale="tension")) == 1
    table = alma.get(reverse("client-scores", args=[full.carla.id])).content.decode()
    columns = table.splitlines()[0].split(",")
    assert len([c for c in columns if c in {"dispute", "dispute_week_dispute", "dispute_week_tension"}]) == 2


def test_scores_continue_with_a_note_where_only_an_item_was_reworded(full: Cast, alma: Browser) -> None:
    age(full, 1, "session_before")
    rows = {r.scale.id: r for r in overview.scale_groups(full.episode)[0].rows if r.instrument.id == "session_before"}
    assert rows["symptoms"].n == 2
    assert rows["symptoms"].version_note.startswith("wording changed ")
    # loneliness was asked in the same words
    assert rows["loneliness"].version_note == ""
    assert "compare scores before and after with care" in page(full, alma).find("table", class_="scores").text


def test_the_line_of_questions_in_turn_shows_means_of_both(cast: Cast) -> None:
    """A client who always answers 8 to one question and 4 to the other has not changed."""
    for n in range(1, 5):
        at = NOON + timedelta(days=7 * (n - 1))
        session = cast.session if n == 1 else create_session(episode=cast.episode, by=cast.alma, number=n, held_at=at)
        invite = {"session": session, "by": cast.alma, "moment": Moment.AFTER, "mode": "link", "at": at}
        check_in = invite_check_in(**invite, extras=[f"rotation:{7 + n % 2}"]).check_in
        responses = {"rotation": {7 + n % 2: 4.0 if n % 2 else 8.0}}
        record_check_in(
            check_in=check_in, responses=answers("session_after"), submission=f"{n}", at=at, extra=responses
        )
        rows = {(r.instrument.id, r.scale.id): r for g in overview.scale_groups(cast.episode) for r in g.rows}
        row = rows["rotation", "connectedness"]
        assert row.last == (4.0 if n % 2 else 8.0)
        assert ("Connectedness from 6 to 6" in row.curve) == (n > 2)


def test_both_ratings_are_compared_in_a_chart_and_in_words(full: Cast, alma: Browser) -> None:
    card = page(full, alma).find(id="ratings")
    # the client 4 and 7, the therapist 5 and 10
    assert "Session 2: the client rated the alliance 7, you 10, 3 higher." in card.text
    assert "Neither rating is the right one" in card.text
    for drawing in (card.find("img")["src"], card.find("source")["srcset"]):
        response = alma.get(drawing)
        assert response.headers["Content-Type"].startswith("image/svg+xml")
        assert b"<svg" in response.content
    assert card.find("img")["alt"].startswith("Alliance rated by client and therapist. 2 sessions rated by both.")
    assert alma.get(reverse("client-ratings", args=[full.carla.id, "huge"])).status_code == 404


def test_additional_questionnaires_show_past_and_next_sessions(full: Cast, alma: Browser) -> None:
    plan = extra_plan(full.episode, 2, NOON + timedelta(days=8))
    rows = {row.choice: row for row in plan.questionnaires}
    assert set(rows) == {*(i.id for i in scheduled_instruments()), "support_share"}
    assert (rows["expectation"].asked, rows["expectation"].next) == ([1], "not due again")
    assert (rows["own_attachment"].asked, rows["own_attachment"].next) == ([2], "after session 15")
    assert (rows["focus_week"].asked, rows["focus_week"].next) == ([1], "before session 3")
    assert (rows["dispute_week"].asked, rows["dispute_week"].next) == ([2], "before session 4")
    assert (rows["grief_week"].fits, rows["grief_week"].next) == (False, "not due again")
    assert (rows["support_share"].asked, rows["support_share"].next) == ([1, 2], "after session 4")
    assert [row.choice for row in plan.topics] == [f"rotation:{slot.id}" for slot in rotation_slots()]
    assert all(row.asked == [] and row.next.startswith("after session ") for row in plan.topics)
    assert {row.next for row in plan.topics} <= {f"after session {n}" for n in (3, 4, 5, 6)}
    assert not plan.rotation_off
    assert plan.rotation_from == 0
    main = page(full, alma)
    questionnaires, topics = main.find_all("table", class_="extras")
    assert len(row_texts(questionnaires)) == sum(r.fits for r in rows.values())
    assert len(row_texts(topics)) == 14
    # questionnaires of problem areas that were not chosen are listed separately
    elsewhere = main.find("a", string="Grief").parent
    assert "For other problem areas" in elsewhere.text
    assert [a.text for a in elsewhere.find_all("a")[1:]] == ["Reaching out", "Grief", "Your new role"]


def test_additional_questionnaire_can_be_requested_and_switched_off_and_on(full: Cast, alma: Browser) -> None:
    slot = rotation_slots()[5]
    url = reverse("extra-choose", args=[full.carla.id, f"rotation:{slot.id}"])

    def choose(choice: str) -> str:
        response = alma.post(url, {"choice": choice})
        assert response.headers["Location"] == reverse("client-measures", args=[full.carla.id]) + "#seldom"
        text = row_texts(page(full, alma).find_all("table", class_="extras")[1])
        return next(v for k, v in text.items() if k.startswith(slot.label))

    assert "after session 3" in choose("ask")
    assert "Not now" in choose("ask")
    assert "Ask next" in choose("not_now")
    assert "switched off for this client" in choose("off")
    assert "Switch on" not in choose("on")
    before = ExtraChoice.objects.visible_to(full.alma).values_list("off", "asked_for").get()
    choose("something else")
    assert ExtraChoice.objects.visible_to(full.alma).values_list("off", "asked_for").get() == before
    alma.post(reverse("extra-choose", args=[full.carla.id, "phq9"]), {"choice": "off"})
    assert ExtraChoice.objects.visible_to(full.alma).count() == 1


def test_all_rotating_questions_can_be_switched_off_and_on(full: Cast, alma: Browser) -> None:
    url = reverse("extra-choose", args=[full.carla.id, "rotation"])
    for choice, tables, summary in (("off", 1, "switched off"), ("on", 2, "14 topics")):
        alma.post(url, {"choice": choice})
        card = page(full, alma).find(id="seldom")
        assert len(card.find_all("table", class_="extras")) == tables
        assert summary in card.find("summary").text
        assert extra_plan(full.episode, 2, NOON + timedelta(days=8)).rotation_off is (choice == "off")


def test_unmeasured_constructs_are_listed_with_their_instruments(full: Cast, alma: Browser) -> None:
    unmeasured = {c.label: [i.id for i in c.instruments] for c in overview.unmeasured_constructs(full.episode)}
    assert "Symptoms" not in unmeasured
    assert "Dispute" not in unmeasured
    assert unmeasured["Coping"] == ["coping_month", "rotation"]
    assert unmeasured["Anxiety"] == ["gad7"]
    # constructs without an instrument are omitted, and so are those that only the therapist rates
    assert "Early care" not in unmeasured
    assert "Alliance strain" not in unmeasured
    assert f"Not measured yet: {len(unmeasured)}" in page(full, alma).text


def test_empty_page_says_how_to_begin(cast: Cast, alma: Browser) -> None:
    result = page(cast, alma)
    assert "No scores yet" in result.text
    assert result.find("a", string="Go to sessions")["href"] == reverse("client-sessions", args=[cast.carla.id])
    assert "You haven’t rated a session yet" in result.find(id="ratings").text
    assert result.find(id="ratings").find("img") is None
    assert alma.get(reverse("client-ratings", args=[cast.carla.id, "wide"])).status_code == 404


def test_rating_set_aside_is_not_drawn(full: Cast) -> None:
    rate_session(
        session=full.session,
        by=full.alma,
        responses=answers("therapist_after", 0.0),
        submission="again",
        at=timezone.now(),
    )
    assert [s.therapist for s in overview.alliance_ratings(full.episode).sessions] == [0.0, 10.0]


def typed_in(cast: Cast, instrument: str, *values: float) -> None:
    """Type in one form a week, all items of a form with the same answer."""
    for week, value in enumerate(values):
        type_in_administration(
            episode=cast.episode,
            by=cast.alma,
            instrument=instrument,
            responses=answers(instrument, value, value),
            at=NOON + timedelta(weeks=week),
            submission=f"{instrument}{week}",
        )


def test_the_basis_of_a_threshold_is_named_once_where_it_differs(cast: Cast, alma: Browser) -> None:
    typed_in(cast, "core10", 3, 2)
    typed_in(cast, "mspss", 3, 5)
    typed_in(cast, "phq9", 2, 1)
    text = " ".join(page(cast, alma).text.split())
    assert "threshold 6†" in text
    assert text.count("† CORE-10, threshold: 90% reliable change index, Barkham et al. 2013.") == 1
    assert "moderate†" in text
    assert text.count("† MSPSS, severity: the author's rough grouping (2016), not norms.") == 1
    assert "PHQ-9, " not in text
    assert text.count("†") == 4


def test_without_such_a_threshold_nothing_is_said(cast: Cast, alma: Browser) -> None:
    typed_in(cast, "phq9", 2, 1)
    assert "†" not in page(cast, alma).text


def test_no_threshold_is_claimed_for_the_wsas(cast: Cast, alma: Browser) -> None:
    typed_in(cast, "wsas", 8, 1)
    (group,) = overview.scale_groups(cast.episode)
    (row,) = group.rows
    assert (row.change.threshold, row.change.verdict) == (None, "unknown")
    assert "reliable improvement" not in page(cast, alma).text


@pytest.mark.parametrize("instrument", ["care", "arm5"])
def test_scores_of_an_earlier_version_of_a_published_form_continue(cast: Cast, alma: Browser, instrument: str) -> None:
    typed_in(cast, instrument, 4, 5)
    earlier = Administration.objects.unscoped(reason="test").order_by("at").first()
    earlier.instrument_version = "1"
    earlier.save()
    (group,) = overview.scale_groups(cast.episode)
    (row,) = group.rows
    assert (row.n, row.version_note, row.instrument.version) == (2, "", "2")
    assert earlier.instrument_as_asked.version == "1"
    assert alma.get(reverse("administration", args=[cast.carla.id, earlier.id])).status_code == 200
