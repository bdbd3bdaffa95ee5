"""All course pages: without a therapy, without entries, and the next tasks on the client’s page."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from securebase.ipt.lineage import DEFAULT_LINEAGE, STUART_ROBERTSON
from securebase.workbench.course.queries import next_up
from securebase.workbench.worksheets.actions import remove_artefact
from securebase.workbench.worksheets.models import ArtefactVersion
from workbench.browser import Browser
from workbench.cast import Cast
from workbench.course.course_cast import create_full_course, reload_episode, save_worksheet, text
from workbench.inventory.network_cast import add_people

PAGES = ("course", "timeline", "formulation", "area-work", "ending")


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


def test_dates_stored_before_they_had_bounds_break_no_page(alma: Browser, cast: Cast) -> None:
    create_full_course(cast)
    event = save_worksheet(cast, "life_event", what="Mistyped", happened_on="2026-03-01")
    ArtefactVersion.objects.unscoped(reason="test").filter(artefact=event).update(
        values={"what": "Mistyped", "happened_on": "0001-03-01"}
    )
    assert "0001" not in text(alma, cast, "timeline", "?zoom=life")
    assert "missing or cannot be right: <a" in text(alma, cast, "timeline")
    type(cast.episode).objects.unscoped(reason="test").filter(id=cast.episode.id).update(began_on=date(1, 1, 1))
    for name in (*PAGES, "client", "client-sessions", "client-measures", "relationships", "attachment", "client-edit"):
        assert alma.get(reverse(name, args=[cast.carla.id])).status_code == 200, name
