"""What the shelf says: short enough for a phone, from a named source, and a tool for every claim that asks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from securebase.ipt.shelf import worksheet, worksheets
from securebase.ipt.sources import sources
from securebase.ipt.task import Task, tasks
from securebase.ipt.worksheet import Audience, Field, FieldKind, Worksheet
from securebase.model.theory import theory
from securebase.records.vocabulary import Technique

SHELF = list(worksheets().values())
TASKS = {task.id for task in tasks()}
#: A phone of 390 pixels shows about 45 characters on a line: one line for what is chosen, two for a question, three for
#: help; what is in a row of a list has a little less.
NAME, ABOUT, TEACHES, LABEL, COLUMN, HELP, OPTION, END = 30, 110, 160, 60, 40, 130, 45, 22


def every_field(one: Worksheet) -> Iterator[Field]:
    for field in one.fields:
        yield field
        yield from field.columns


@pytest.mark.parametrize("one", SHELF, ids=lambda w: w.id)
def test_nothing_is_longer_than_a_phone_shows_well(one: Worksheet) -> None:
    said = [(one.name, NAME), (one.about, ABOUT), (one.teaches, TEACHES), (one.about_label, COLUMN)]
    said += [(f.label, LABEL) for f in one.fields] + [(c.label, COLUMN) for f in one.fields for c in f.columns]
    for field in every_field(one):
        said += [(field.help, HELP), (field.section, NAME), (field.low_label, END), (field.high_label, END)]
        said += [words for o in field.options for words in ((o.label, OPTION), (o.help, LABEL))]
    assert [words for words, most in said if len(words) > most] == []


@pytest.mark.parametrize("one", SHELF, ids=lambda w: w.id)
def test_tasks_and_sources_exist(one: Worksheet) -> None:
    assert set(one.tasks) <= TASKS
    assert set(one.sources) <= set(sources())
    assert one.phases, "a tool belongs to a phase"


def test_every_claim_that_asks_for_a_tool_is_named_by_a_worksheet() -> None:
    asking = {c.id for c in theory().claims.values() if "tool" in c.needs}
    assert len(asking) > 10
    assert asking - {claim for one in SHELF for claim in one.claims} == set()


@pytest.mark.parametrize("task", tasks(), ids=lambda t: t.id)
def test_a_task_and_what_it_leaves_name_each_other(task: Task) -> None:
    assert set(task.sources) <= set(sources())
    for left in task.leaves:
        for name in left.worksheets:
            assert task.id in worksheet(name).tasks, name


def test_every_task_but_the_circle_has_a_worksheet() -> None:
    assert TASKS - {task for one in SHELF for task in one.tasks} == {"I6"}


@pytest.mark.parametrize("one", SHELF, ids=lambda w: w.id)
def test_what_stays_with_the_therapist_is_shown_to_nobody(one: Worksheet) -> None:
    assert [f.id for f in every_field(one) if f.note and f.reports] == []


@pytest.mark.parametrize("one", [w for w in SHELF if w.for_client], ids=lambda w: w.id)
def test_what_is_for_the_client_has_something_for_them(one: Worksheet) -> None:
    shown = [f for f in one.fields if Audience.CLIENT in f.reports]
    assert shown
    if one.client_fills:
        assert shown == list(one.fields), "nobody fills in what they may not see"


def test_a_scale_says_what_its_ends_mean() -> None:
    scales = [(one.id, f) for one in SHELF for f in every_field(one) if f.kind is FieldKind.SCALE]
    assert [(name, f.id) for name, f in scales if not (f.low_label and f.high_label)] == []


def test_no_worksheet_asks_for_much() -> None:
    assert {one.id: n for one in SHELF if (n := sum(f.needed for f in one.fields if not f.only)) > 3} == {}


def test_the_session_note_logs_every_technique() -> None:
    note = worksheet("session_note")
    assert {f.id for f in note.fields if f.kind is FieldKind.EXTENT} == {t.value for t in Technique}


def test_both_lineages_get_a_formulation_with_a_story_of_their_own() -> None:
    sheet = worksheet("formulation")
    common = {f.id for f in sheet.fields if not f.only}
    assert {f.id for f in sheet.fields_for("triad")} - common == {"stressor", "vulnerability", "support"}
    assert {f.id for f in sheet.fields_for("classic")} - common == {"diagnosis_words", "onset_story", "area_words"}
