"""The course pages: plan, one-tap corrections, focus and formulation, ending and maintenance."""

from __future__ import annotations

import uuid
from datetime import date

import pytest
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
from securebase.workbench.worksheets.models import Artefact, ArtefactVersion
from workbench.browser import Browser
from workbench.cast import NOON, Cast
from workbench.course.course_cast import create_full_course, create_sessions, save_worksheet
from workbench.inventory.network_cast import add_people

PAGES = ("course", "timeline", "formulation", "area-work", "ending")


def text(browser: Browser, cast: Cast, name: str, query: str = "") -> str:
    response = browser.get(reverse(name, args=[cast.carla.id]) + query)
    assert response.status_code == 200
    return response.content.decode()


def send(browser: Browser, cast: Cast, name: str, **data: object) -> str:
    """Return the page that follows a submitted form."""
    response = browser.post(reverse(name, args=[cast.carla.id]), data, follow=True)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_client_without_a_therapy_is_offered_one(alma: Browser, cast: Cast, name: str) -> None:
    cast.episode.therapy_sessions.all().delete()
    cast.episode.delete()
    assert "No course of therapy yet" in text(alma, cast, name)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("course", "How to use this page"),
        ("timeline", "Add the first event"),
        ("formulation", "One focus, two at most"),
        ("area-work", "No chart yet"),
        ("ending", "Discuss the ending by session 14"),
    ],
)
def test_empty_page_says_how_to_begin(alma: Browser, cast: Cast, name: str, message: str) -> None:
    cast.episode.therapy_sessions.all().delete()
    assert message in text(alma, cast, name)


def test_area_page_without_a_focus_leads_to_choosing_one(alma: Browser, cast: Cast) -> None:
    episode = cast.episode
    episode.problem_areas = []
    episode.save()
    assert "No problem area chosen yet" in text(alma, cast, "area-work")


def test_plan_has_a_bead_for_every_session(cast: Cast) -> None:
    create_sessions(cast, 4)
    plan = beads(cast.episode, NOON)
    assert [b.number for b in plan] == list(range(1, 17))
    assert [b.state for b in plan[:5]] == ["today", "booked", "booked", "booked", "planned"]
    assert plan[-1].day == date(2026, 9, 22) + (plan[3].day - plan[2].day) * 12
    assert [b.phase for b in plan[4:]] == [Phase.MIDDLE] * 9 + [Phase.ENDING] * 3


def test_sessions_beyond_the_plan_are_shown(cast: Cast) -> None:
    create_sessions(cast, 3)
    episode = cast.episode
    episode.planned_sessions, episode.initial_sessions, episode.ending_sessions = 2, 1, 1
    assert [b.state for b in beads(episode, timezone.now())] == ["held", "held", "beyond"]


def test_differing_contract_is_adopted_in_one_tap(alma: Browser, cast: Cast) -> None:
    save_worksheet(cast, "contract", goals=[{"goal": "x"}], sessions="5", days_between="14")
    assert "Contract and course differ" in text(alma, cast, "course")
    assert "Contract and course differ" not in send(alma, cast, "contract-take")
    episode = cast.episode.__class__.objects.visible_to(cast.alma).get(client=cast.carla)
    assert (episode.planned_sessions, episode.days_between) == (5, 14)
    assert episode.initial_sessions + episode.ending_sessions <= 5
    assert Entry.objects.filter(action="episode.numbers_set").exists()
    assert "already match" in send(alma, cast, "contract-take")


def test_planned_phase_is_entered_in_one_tap(alma: Browser, cast: Cast) -> None:
    create_sessions(cast, 3)
    assert "Start it now" in text(alma, cast, "course")
    assert "Start it now" not in send(alma, cast, "phase-take", phase="middle")
    assert "Choose a phase" in send(alma, cast, "phase-take", phase="nonsense")


def test_new_session_proposes_the_planned_phase(alma: Browser, cast: Cast) -> None:
    create_sessions(cast, 3)
    form = alma.get(reverse("session-new", args=[cast.carla.id])).context["form"]
    assert (form.initial["number"], form.initial["phase"]) == (4, "middle")


def test_conflicting_focus_is_reported_and_resolved(alma: Browser, cast: Cast) -> None:
    save_worksheet(cast, "problem_area", chosen=["grief"])
    assert "Worksheet and course have different focuses" in text(alma, cast, "course")
    assert "Worksheet and course have different focuses" not in send(alma, cast, "focus-take")
    assert reload_episode(cast).problem_areas == ["grief"]


def reload_episode(cast: Cast):
    return Client.objects.visible_to(cast.alma).get(id=cast.carla.id).episode


def submission_data(**fields: object) -> dict[str, object]:
    return {"artefact": str(uuid.uuid4()), "revision": "0", **fields}


def test_choosing_areas_saves_worksheet_and_focus(alma: Browser, cast: Cast) -> None:
    typed = {"evidence.2.area": "role_transition", "evidence.2.speaks_for": "<b>The move</b>"}
    page = send(alma, cast, "area-choose", **submission_data(chosen=["role_transition", "grief"], **typed))
    assert "The focus of the course is" in page
    assert set(reload_episode(cast).problem_areas) == {"role_transition", "grief"}
    assert "&lt;b&gt;The move&lt;/b&gt;" in page
    assert "<b>The move</b>" not in page


def test_three_areas_are_refused_as_focus_and_the_input_saved(alma: Browser, cast: Cast) -> None:
    areas = ["role_transition", "grief", "role_dispute"]
    typed = {"evidence.2.area": "role_transition", "evidence.2.speaks_for": "The move"}
    assert "At most 2 problem areas" in send(alma, cast, "area-choose", **submission_data(chosen=areas, **typed))
    artefact = Artefact.objects.visible_to(cast.alma).get(worksheet="problem_area")
    assert artefact.values["evidence"][0]["speaks_for"] == "The move"
    assert reload_episode(cast).problem_areas == ["role_dispute"]


def test_unused_area_stays_only_where_it_was_chosen(alma: Browser, cast: Cast) -> None:
    save_worksheet(cast, "problem_area", chosen=["interpersonal_deficits"])
    lineage = lineage_of(cast.alma.clinic)
    three_areas = lineage.__class__(areas=lineage.areas[:3])
    change_lineage(clinic=cast.alma.clinic, by=cast.adam, lineage=three_areas, version=cast.alma.clinic.version)
    assert 'value="interpersonal_deficits" checked' in text(alma, cast, "formulation")
    Artefact.objects.visible_to(cast.alma).update(removed_at=timezone.now())
    assert "interpersonal_deficits" not in text(alma, cast, "formulation")


def test_formulation_is_written_below_existing_text(alma: Browser, cast: Cast) -> None:
    artefact = save_worksheet(cast, "formulation", narrative="As I said it.", stressor="we moved")
    data = submission_data(stressor="we moved", symptoms="no sleep", narrative="As I said it.") | {
        "artefact": str(artefact.id),
        "revision": "1",
    }
    page = send(alma, cast, "formulation-write", **data)
    assert "below the existing text" in page
    artefact.refresh_from_db()
    assert artefact.values["narrative"] == "As I said it.\n\nWe moved. Since then: no sleep."
    assert "The fields are empty" in send(alma, cast, "formulation-write", **submission_data())


def test_outdated_page_overwrites_nothing(alma: Browser, cast: Cast) -> None:
    artefact = save_worksheet(cast, "formulation", stressor="now")
    data = submission_data(stressor="then") | {"artefact": str(artefact.id), "revision": "0"}
    assert "Not saved" in send(alma, cast, "formulation-write", **data)
    artefact.refresh_from_db()
    assert artefact.values == {"stressor": "now"}
    assert "Not saved" in send(alma, cast, "formulation-write", stressor="x")


def test_timeline_shows_and_opens_every_entry(alma: Browser, cast: Cast) -> None:
    create_full_course(cast)
    page = text(alma, cast, "timeline", "?zoom=life")
    assert "Father died" in page
    assert "An argument without a day" in page
    event = Artefact.objects.visible_to(cast.alma).filter(worksheet="life_event").first()
    assert f"open=life_event:{event.id}#panel" in page
    panel = text(alma, cast, "timeline", f"?open=life_event:{event.id}")
    assert f'value="{event.values["what"]}"' in panel
    assert "Save and go back" in panel


def test_dates_stored_before_they_had_bounds_break_no_page(alma: Browser, cast: Cast) -> None:
    create_full_course(cast)
    event = save_worksheet(cast, "life_event", what="Mistyped", happened_on="2026-03-01")
    ArtefactVersion.objects.unscoped(reason="test").filter(artefact=event).update(
        values={"what": "Mistyped", "happened_on": "0001-03-01"}
    )
    assert "0001" not in text(alma, cast, "timeline", "?zoom=life")
    assert "missing or cannot be right: <a" in text(alma, cast, "timeline")
    type(cast.episode).objects.unscoped(reason="test").filter(id=cast.episode.id).update(began_on=date(1, 1, 1))
    for name in (*PAGES, "client", "client-sessions", "client-measures", "relationships", "client-edit"):
        assert alma.get(reverse(name, args=[cast.carla.id])).status_code == 200, name


def test_event_is_added_on_a_day(alma: Browser, cast: Cast) -> None:
    assert 'value="2026-04-01"' in text(alma, cast, "timeline", "?add=life_event&on=2026-04-01")
    assert 'id="panel"' in text(alma, cast, "timeline", "?add=life_event&on=tomorrow")
    assert 'id="panel"' not in text(alma, cast, "timeline", "?add=session_note")
    assert 'id="panel"' not in text(alma, cast, "timeline", f"?open=life_event:{uuid.uuid4()}")
    assert 'id="panel"' not in text(alma, cast, "timeline", "?open=life_event:x")
    assert alma.get(reverse("timeline", args=[cast.carla.id]) + "?open=nothing:x").status_code == 404


def test_dispute_is_drawn_and_its_next_entry_prefilled(alma: Browser, cast: Cast) -> None:
    create_full_course(cast)
    page = text(alma, cast, "area-work", "?add=role_dispute")
    assert "stage impasse, then renegotiation" in page
    assert 'value="Who decides about the flat"' in page
    assert "What to do at this stage" in page


def test_overview_summarises_the_record(cast: Cast) -> None:
    create_full_course(cast)
    overview = course_overview(record_of(cast.episode, timezone.now()))
    lines = {g.label: tuple(words for words, _ in g.lines) for g in overview}
    assert lines["Diagnosis"] == ("Depressive episode, moderate, since 10 May 2026",)
    assert lines["Medication"] == ("Sertraline 50 mg",)
    assert lines["Earlier episodes"] == ("1 earlier, from 2009",)
    assert lines["Goals"] == ("Talk with Ben about the flat",)
    assert lines["Boundaries"] == ("15 September 2026: contact outside sessions (breach)",)
    assert [g.label for g in overview if g.warns] == ["Boundaries"]


def test_client_page_lists_next_tasks(alma: Browser, cast: Cast) -> None:
    page = text(alma, cast, "client")
    assert "Next in the course" in page
    assert page.count("due now") <= 3


def test_next_tasks_follow_every_write(cast: Cast) -> None:
    def next_tasks() -> set[str]:
        return {s.task.id for s in next_up(reload_episode(cast), timezone.now(), DEFAULT_LINEAGE).standings}

    assert {"I2", "I3"} <= next_tasks()
    risk = save_worksheet(cast, "risk_review", thoughts="none", decision="go_on")
    assert "I2" not in next_tasks()
    remove_artefact(artefact=risk, by=cast.alma, at=timezone.now())
    assert "I2" in next_tasks()
    people = add_people(cast, "Lena", "Boss", "Sister")
    save_worksheet(cast, "relationship", about=people["Lena"].id, contact="daily")
    assert "I5" not in next_tasks()
    assert "I3S" not in {s.task.id for s in next_up(reload_episode(cast), timezone.now(), STUART_ROBERTSON).standings}


def test_ending_shows_remaining_sessions_and_worksheets(alma: Browser, cast: Cast) -> None:
    create_full_course(cast)
    page = text(alma, cast, "ending")
    assert "10 sessions left" in page
    assert "First discussed in session 6" in page
    assert "I will miss this hour" in page


def test_maintenance_is_a_new_course_with_contract_plan_and_people(alma: Browser, cast: Cast) -> None:
    people = add_people(cast, "Lena", "Boss")
    acute = cast.episode
    save_worksheet(cast, "maintenance_contract", sessions="6", days_between="30", aims=[{"aim": "x"}])
    save_worksheet(cast, "relapse_plan", signs=[{"sign": "s"}], whom_to_tell=[{"person": str(people["Lena"].id)}])
    share_artefact(artefact=acute.artefacts.get(worksheet="relapse_plan"), by=cast.alma, client=True)
    page = alma.get(reverse("ending", args=[cast.carla.id])).content.decode()
    assert "You cannot undo this" in page
    assert "End the course and begin maintenance" in page
    assert "maintenance course begun" in send(alma, cast, "ending-finish", maintenance="1")
    maintenance = reload_episode(cast)
    assert maintenance.id != acute.id
    assert (maintenance.planned_sessions, maintenance.days_between, maintenance.phase) == (6, 30, "maintenance")
    assert maintenance.problem_areas == acute.problem_areas
    assert {p.name_shown for p in maintenance.relationships.all()} == {"Lena", "Boss"}
    plan = maintenance.artefacts.get(worksheet="relapse_plan")
    assert plan.for_client  # it stays on the client's own page
    assert not maintenance.artefacts.get(worksheet="maintenance_contract").for_client
    assert plan.values["whom_to_tell"] == [{"person": str(maintenance.relationships.get(name_shown="Lena").id)}]
    assert acute.artefacts.get(worksheet="relapse_plan").values["whom_to_tell"] == [{"person": str(people["Lena"].id)}]
    page = text(alma, cast, "course")
    assert "maintenance session" in page
    assert "Review symptoms and give a diagnosis" not in page


def test_course_ends_without_maintenance(alma: Browser, cast: Cast) -> None:
    assert "Choose what happens next" in send(alma, cast, "ending-finish")
    assert "The course has ended today. You can reopen" in send(alma, cast, "ending-finish", end="1")
    assert reload_episode(cast).ended_on == timezone.localdate()
    assert "Begin maintenance today" in text(alma, cast, "ending")
