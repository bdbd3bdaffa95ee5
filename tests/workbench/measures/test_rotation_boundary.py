"""A course that began under the earlier plan: its answers stay, and it rotates from a session that the page names."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from django.apps import apps
from django.db import connection
from django.urls import reverse

from securebase.records.vocabulary import Moment
from securebase.workbench.casefile import episode_record
from securebase.workbench.check_ins.actions import invite_check_in, record_check_in
from securebase.workbench.check_ins.queries import due_instruments
from securebase.workbench.clients.models import Episode
from securebase.workbench.measures.models import ExtraChoice
from securebase.workbench.therapy_sessions.actions import create_session
from workbench.browser import Browser
from workbench.cast import NOON, Cast, answers

MIGRATION = import_module("securebase.workbench.measures.migrations.0002_rotation")


@pytest.fixture
def under_way(cast: Cast) -> Cast:
    """Provide a course with three sessions; the check-in after the second asked a monthly questionnaire."""
    for number in (2, 3):
        create_session(
            episode=cast.episode, by=cast.alma, number=number, held_at=NOON + timedelta(days=7 * (number - 1))
        )
    second = cast.episode.therapy_sessions.get(number=2)
    check_in = invite_check_in(
        session=second, by=cast.alma, moment=Moment.AFTER, mode="link", at=second.held_at, extras=["ties_month"]
    ).check_in
    record_check_in(
        check_in=check_in,
        responses=answers("session_after", 6.0),
        submission="s",
        at=second.held_at,
        extra={"ties_month": answers("ties_month", 7.0)},
    )
    ExtraChoice.objects.unscoped(reason="as an earlier version left it").create(
        episode=cast.episode, instrument="coping_month", off=True
    )
    editor = SimpleNamespace(connection=connection)
    MIGRATION.begin_rotation(_Unscoped, editor)
    MIGRATION.move_choices(_Unscoped, editor)
    return cast


class _Unscoped:
    """The models as a migration sees them: with plain managers."""

    @staticmethod
    def get_model(app: str, name: str) -> type:
        model = apps.get_model(app, name)
        return type(name, (), {"objects": _Manager(model)})


class _Manager:
    def __init__(self, model: type) -> None:
        self.model = model

    def using(self, _: str) -> object:
        return self.model.objects.unscoped(reason="a migration reads all rows")


def test_answers_given_before_stay_and_the_course_rotates_from_the_next_session(under_way: Cast) -> None:
    episode = Episode.objects.visible_to(under_way.alma).get()
    assert episode.rotation_from == 3
    record = episode_record(episode, NOON + timedelta(days=30))
    assert [s.value for s in record.scores("intimacy")] == [7.0]
    second, third = (episode.therapy_sessions.get(number=n) for n in (2, 3))
    # what was opened before keeps its questions
    assert [i.id for i in due_instruments(second, Moment.AFTER, NOON)] == ["ties_month"]
    # two whole questionnaires of the start are still due in this course, so they come first
    asked = [i.id for i in due_instruments(third, Moment.AFTER, NOON + timedelta(days=20))]
    assert asked == ["expectation"]


def test_choices_about_a_retired_questionnaire_go_along(under_way: Cast) -> None:
    choices = ExtraChoice.objects.visible_to(under_way.alma)
    assert set(choices.filter(off=True).values_list("instrument", flat=True)) == {
        "coping_month",
        "rotation:coping",
        "rotation:wellbeing",
        "rotation:habits",
    }


def test_the_page_of_scores_names_the_boundary(under_way: Cast, alma: Browser) -> None:
    page = BeautifulSoup(alma.get(reverse("client-measures", args=[under_way.carla.id])).content, "html.parser")
    callout = page.find(id="seldom").find(class_="callout")
    assert "Rotating questions from session 3 on" in callout.text
    assert "Earlier answers and scores stay as they are" in " ".join(callout.text.split())


def test_a_new_course_has_rotating_questions_from_its_start(cast: Cast, alma: Browser) -> None:
    assert cast.episode.rotation_from == 1
    page = BeautifulSoup(alma.get(reverse("client-measures", args=[cast.carla.id])).content, "html.parser")
    assert page.find(id="seldom").find(class_="callout") is None
