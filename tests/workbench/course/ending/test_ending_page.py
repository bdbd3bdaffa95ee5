"""The page of the ending: what is left, the end of the course, and maintenance."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone

from securebase.workbench.worksheets.actions import share_artefact
from workbench.browser import Browser
from workbench.cast import Cast
from workbench.course.course_cast import create_full_course, create_sessions, reload_episode, save_worksheet, send, text
from workbench.inventory.network_cast import add_people


def test_ending_shows_remaining_sessions_and_worksheets(alma: Browser, cast: Cast) -> None:
    create_full_course(cast)
    page = text(alma, cast, "ending")
    assert "10 sessions left" in page
    assert "First discussed in session 6" in page
    assert "I will miss this hour" in page
    assert "Hand-over of support" not in page


def test_ending_shows_how_support_was_handed_over(alma: Browser, cast: Cast) -> None:
    sessions = create_sessions(cast, 2)
    save_worksheet(cast, "support_ledger", sessions[0], therapist_share="60")
    save_worksheet(cast, "support_ledger", sessions[1], therapist_share="20")
    page = text(alma, cast, "ending")
    assert "Hand-over of support" in page
    assert "Therapist 20%, own network 80%. In session 1 it was 60% and 40%" in page


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
