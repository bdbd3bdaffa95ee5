"""The pages of a course: the plan, what one tap sets right, focus and formulation, the ending and maintenance."""

from __future__ import annotations

import uuid
from datetime import date

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from securebase.ipt.lineage import DEFAULT_LINEAGE, STUART_ROBERTSON
from securebase.records.vocabulary import Phase
from securebase.workbench.accounts.actions import change_lineage
from securebase.workbench.accounts.queries import lineage_of
from securebase.workbench.audit.models import Entry
from securebase.workbench.clients.models import Client
from securebase.workbench.course.queries import beads, course_overview, next_up, record_of
from securebase.workbench.worksheets.actions import remove_artefact, share_artefact
from securebase.workbench.worksheets.models import Artefact
from workbench.cast import NOON, Cast
from workbench.course.course_cast import a_whole_course, put, sessions
from workbench.inventory.network_cast import add_people

PAGES = ("course", "timeline", "formulation", "area-work", "ending")


def text(browser: Browser, cast: Cast, name: str, query: str = "") -> str:
    answer = browser.get(reverse(name, args=[cast.carla.id]) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def send(browser: Browser, cast: Cast, name: str, **typed: object) -> str:
    """What the page says after something was sent to it."""
    answer = browser.post(reverse(name, args=[cast.carla.id]), typed, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_a_client_without_a_therapy_is_led_to_begin_one(alma: Browser, cast: Cast, name: str) -> None:
    cast.episode.therapy_sessions.all().delete()
    cast.episode.delete()
    assert "No therapy has begun" in text(alma, cast, name)


@pytest.mark.parametrize(
    ("name", "teaches"),
    [
        ("course", "How to use this page"),
        ("timeline", "Add the first event"),
        ("formulation", "One focus, at most two"),
        ("area-work", "Nothing to draw yet"),
        ("ending", "Name it by session 14"),
    ],
)
def test_an_empty_page_teaches(alma: Browser, cast: Cast, name: str, teaches: str) -> None:
    cast.episode.therapy_sessions.all().delete()
    assert teaches in text(alma, cast, name)


def test_without_a_focus_the_area_page_leads_to_choosing_one(alma: Browser, cast: Cast) -> None:
    episode = cast.episode
    episode.problem_areas = []
    episode.save()
    assert "No focus is chosen yet" in text(alma, cast, "area-work")


def test_the_plan_shows_a_bead_for_every_session(cast: Cast) -> None:
    sessions(cast, 4)
    found = beads(cast.episode, NOON)
    assert [b.number for b in found] == list(range(1, 17))
    assert [b.state for b in found[:5]] == ["today", "booked", "booked", "booked", "planned"]
    assert found[-1].day == date(2026, 9, 22) + (found[3].day - found[2].day) * 12
    assert [b.phase for b in found[4:]] == [Phase.MIDDLE] * 9 + [Phase.ENDING] * 3


def test_sessions_beyond_the_plan_are_shown_too(cast: Cast) -> None:
    sessions(cast, 3)
    episode = cast.episode
    episode.planned_sessions, episode.initial_sessions, episode.ending_sessions = 2, 1, 1
    assert [b.state for b in beads(episode, timezone.now())] == ["held", "held", "beyond"]


def test_a_contract_that_differs_is_taken_over_in_one_tap(alma: Browser, cast: Cast) -> None:
    put(cast, "contract", goals=[{"goal": "x"}], sessions="5", days_between="14")
    assert "Contract and course differ" in text(alma, cast, "course")
    assert "Contract and course differ" not in send(alma, cast, "contract-take")
    episode = cast.episode.__class__.objects.visible_to(cast.alma).get(client=cast.carla)
    assert (episode.planned_sessions, episode.days_between) == (5, 14)
    assert episode.initial_sessions + episode.ending_sessions <= 5
    assert Entry.objects.filter(action="episode.numbers_set").exists()
    assert "agree already" in send(alma, cast, "contract-take")


def test_the_phase_of_the_plan_is_entered_in_one_tap(alma: Browser, cast: Cast) -> None:
    sessions(cast, 3)
    assert "Enter it now" in text(alma, cast, "course")
    assert "Enter it now" not in send(alma, cast, "phase-take", phase="middle")
    assert "Choose a phase" in send(alma, cast, "phase-take", phase="nonsense")


def test_a_new_session_begins_with_the_phase_of_the_plan(alma: Browser, cast: Cast) -> None:
    sessions(cast, 3)
    form = alma.get(reverse("session-new", args=[cast.carla.id])).context["form"]
    assert (form.initial["number"], form.initial["phase"]) == (4, "middle")


def test_two_names_of_the_focus_are_seen_and_made_one(alma: Browser, cast: Cast) -> None:
    put(cast, "problem_area", chosen=["grief"])
    assert "The focus is named twice" in text(alma, cast, "course")
    assert "The focus is named twice" not in send(alma, cast, "focus-take")
    assert episode_of(cast).problem_areas == ["grief"]


def episode_of(cast: Cast):
    return Client.objects.visible_to(cast.alma).get(id=cast.carla.id).episode


def chooser(**more: object) -> dict[str, object]:
    return {"artefact": str(uuid.uuid4()), "revision": "0", **more}


def test_choosing_saves_the_worksheet_and_the_focus_together(alma: Browser, cast: Cast) -> None:
    typed = {"evidence.2.area": "role_transition", "evidence.2.speaks_for": "<b>The move</b>"}
    said = send(alma, cast, "area-choose", **chooser(chosen=["role_transition", "grief"], **typed))
    assert "The focus of the course is" in said
    assert set(episode_of(cast).problem_areas) == {"role_transition", "grief"}
    assert "&lt;b&gt;The move&lt;/b&gt;" in said
    assert "<b>The move</b>" not in said


def test_three_areas_are_no_focus_and_no_word_is_lost(alma: Browser, cast: Cast) -> None:
    chosen = ["role_transition", "grief", "role_dispute"]
    typed = {"evidence.2.area": "role_transition", "evidence.2.speaks_for": "The move"}
    assert "at most two" in send(alma, cast, "area-choose", **chooser(chosen=chosen, **typed))
    kept = Artefact.objects.visible_to(cast.alma).get(worksheet="problem_area")
    assert kept.values["evidence"][0]["speaks_for"] == "The move"
    assert episode_of(cast).problem_areas == ["role_dispute"]


def test_an_area_that_the_clinic_no_longer_uses_stays_where_it_was_chosen(alma: Browser, cast: Cast) -> None:
    put(cast, "problem_area", chosen=["interpersonal_deficits"])
    lineage = lineage_of(cast.alma.clinic)
    three = lineage.__class__(areas=lineage.areas[:3])
    change_lineage(clinic=cast.alma.clinic, by=cast.adam, lineage=three, version=cast.alma.clinic.version)
    assert 'value="interpersonal_deficits" checked' in text(alma, cast, "formulation")
    Artefact.objects.visible_to(cast.alma).update(removed_at=timezone.now())
    assert "interpersonal_deficits" not in text(alma, cast, "formulation")


def test_the_formulation_is_written_from_its_fields_below_what_stood_there(alma: Browser, cast: Cast) -> None:
    found = put(cast, "formulation", narrative="As I said it.", stressor="we moved")
    sent = chooser(stressor="we moved", symptoms="no sleep", narrative="As I said it.") | {
        "artefact": str(found.id),
        "revision": "1",
    }
    said = send(alma, cast, "formulation-write", **sent)
    assert "below what stood there" in said
    found.refresh_from_db()
    assert found.values["narrative"] == "As I said it.\n\nWe moved. And so: no sleep."
    assert "Nothing is written in the fields" in send(alma, cast, "formulation-write", **chooser())


def test_a_page_that_was_left_open_replaces_nothing(alma: Browser, cast: Cast) -> None:
    found = put(cast, "formulation", stressor="now")
    sent = chooser(stressor="then") | {"artefact": str(found.id), "revision": "0"}
    assert "Not saved" in send(alma, cast, "formulation-write", **sent)
    found.refresh_from_db()
    assert found.values == {"stressor": "now"}
    assert "Not saved" in send(alma, cast, "formulation-write", stressor="x")


def test_everything_that_was_entered_is_on_the_timeline_and_opens_there(alma: Browser, cast: Cast) -> None:
    a_whole_course(cast)
    page = text(alma, cast, "timeline", "?zoom=life")
    assert "Father died" in page
    assert "An argument without a day" in page
    event = Artefact.objects.visible_to(cast.alma).filter(worksheet="life_event").first()
    assert f"open=life_event:{event.id}#panel" in page
    opened = text(alma, cast, "timeline", f"?open=life_event:{event.id}")
    assert f'value="{event.values["what"]}"' in opened
    assert "Save and go back" in opened


def test_an_event_can_be_added_on_a_day(alma: Browser, cast: Cast) -> None:
    assert 'value="2026-04-01"' in text(alma, cast, "timeline", "?add=life_event&on=2026-04-01")
    assert 'id="panel"' in text(alma, cast, "timeline", "?add=life_event&on=tomorrow")
    assert 'id="panel"' not in text(alma, cast, "timeline", "?add=session_note")
    assert 'id="panel"' not in text(alma, cast, "timeline", f"?open=life_event:{uuid.uuid4()}")
    assert 'id="panel"' not in text(alma, cast, "timeline", "?open=life_event:x")
    assert alma.get(reverse("timeline", args=[cast.carla.id]) + "?open=nothing:x").status_code == 404


def test_a_dispute_is_drawn_and_its_next_entry_begins_with_what_was_said(alma: Browser, cast: Cast) -> None:
    a_whole_course(cast)
    page = text(alma, cast, "area-work", "?add=role_dispute")
    assert "stage impasse, then renegotiation" in page
    assert 'value="Who decides about the flat"' in page
    assert "What this stage asks for" in page


def test_at_a_glance_says_what_is_recorded(cast: Cast) -> None:
    a_whole_course(cast)
    glances = course_overview(record_of(cast.episode, timezone.now()))
    found = {g.label: tuple(words for words, _ in g.lines) for g in glances}
    assert found["Diagnosis"] == ("Depressive episode, moderate, since 10 May 2026",)
    assert found["Medication"] == ("Sertraline 50 mg",)
    assert found["Earlier episodes"] == ("1 earlier, from 2009",)
    assert found["Goals"] == ("Talk with Ben about the flat",)
    assert found["Boundaries"] == ("15 September 2026: contact outside sessions (breach)",)
    assert [g.label for g in glances if g.warns] == ["Boundaries"]


def test_the_client_page_names_what_is_next(alma: Browser, cast: Cast) -> None:
    page = text(alma, cast, "client")
    assert "Next in the course" in page
    assert page.count("due now") <= 3


def test_what_is_next_follows_every_write(cast: Cast) -> None:
    def told() -> set[str]:
        return {s.task.id for s in next_up(episode_of(cast), timezone.now(), DEFAULT_LINEAGE).standings}

    assert {"I2", "I3"} <= told()
    risk = put(cast, "risk_review", thoughts="none", decision="go_on")
    assert "I2" not in told()
    remove_artefact(artefact=risk, by=cast.alma, at=timezone.now())
    assert "I2" in told()
    people = add_people(cast, "Lena", "Boss", "Sister")
    put(cast, "relationship", about=people["Lena"].id, contact="daily")
    assert "I5" not in told()
    assert "I3S" not in {s.task.id for s in next_up(episode_of(cast), timezone.now(), STUART_ROBERTSON).standings}


def test_the_ending_shows_what_was_said_and_what_is_left(alma: Browser, cast: Cast) -> None:
    a_whole_course(cast)
    page = text(alma, cast, "ending")
    assert "10 sessions left" in page
    assert "Named in session 6" in page
    assert "I will miss this hour" in page


def test_maintenance_is_a_course_of_its_own_that_begins_with_contract_plan_and_people(
    alma: Browser, cast: Cast
) -> None:
    people = add_people(cast, "Lena", "Boss")
    acute = cast.episode
    put(cast, "maintenance_contract", sessions="6", days_between="30", aims=[{"aim": "x"}])
    put(cast, "relapse_plan", signs=[{"sign": "s"}], whom_to_tell=[{"person": str(people["Lena"].id)}])
    share_artefact(artefact=acute.artefacts.get(worksheet="relapse_plan"), by=cast.alma, client=True)
    shown = alma.get(reverse("ending", args=[cast.carla.id])).content.decode()
    assert "It cannot be taken back" in shown
    assert "End it and begin maintenance" in shown
    assert "a maintenance course has begun" in send(alma, cast, "ending-finish", maintenance="1")
    begun = episode_of(cast)
    assert begun.id != acute.id
    assert (begun.planned_sessions, begun.days_between, begun.phase) == (6, 30, "maintenance")
    assert begun.problem_areas == acute.problem_areas
    assert {p.name_shown for p in begun.relationships.all()} == {"Lena", "Boss"}
    plan = begun.artefacts.get(worksheet="relapse_plan")
    assert plan.for_client  # the client keeps it on their own page
    assert not begun.artefacts.get(worksheet="maintenance_contract").for_client
    assert plan.values["whom_to_tell"] == [{"person": str(begun.relationships.get(name_shown="Lena").id)}]
    assert acute.artefacts.get(worksheet="relapse_plan").values["whom_to_tell"] == [{"person": str(people["Lena"].id)}]
    page = text(alma, cast, "course")
    assert "of maintenance" in page
    assert "Review symptoms and name the illness" not in page


def test_a_course_can_end_without_maintenance(alma: Browser, cast: Cast) -> None:
    assert "Choose how it goes on" in send(alma, cast, "ending-finish")
    assert "The course has ended today" in send(alma, cast, "ending-finish", end="1")
    assert episode_of(cast).ended_on == timezone.localdate()
    assert "Begin maintenance today" in text(alma, cast, "ending")
