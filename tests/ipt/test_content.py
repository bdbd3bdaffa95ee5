"""Content of the shelf: short enough for a phone, with named sources, and a tool for every claim that needs one."""

from __future__ import annotations

from collections.abc import Iterator

from each import each
from securebase.ipt.shelf import worksheet, worksheets
from securebase.ipt.sources import sources
from securebase.ipt.task import Task, tasks
from securebase.ipt.worksheet import Audience, Field, FieldKind, Worksheet
from securebase.model.theory import theory
from securebase.records.vocabulary import Technique

SHELF = list(worksheets().values())
TASKS = {task.id for task in tasks()}
#: A phone 390 pixels wide shows about 45 characters on a line: one line for an option, two for a question, three for
#: help, a little less for a column of a list.
NAME, ABOUT, TEACHES, LABEL, COLUMN, HELP, OPTION, END = 30, 110, 160, 60, 40, 130, 45, 22


def every_field(spec: Worksheet) -> Iterator[Field]:
    for field in spec.fields:
        yield field
        yield from field.columns


@each(SHELF, lambda spec: spec.id)
def test_every_text_fits_on_a_phone(spec: Worksheet) -> None:
    texts = [(spec.name, NAME), (spec.about, ABOUT), (spec.teaches, TEACHES), (spec.about_label, COLUMN)]
    texts += [(f.label, LABEL) for f in spec.fields] + [(c.label, COLUMN) for f in spec.fields for c in f.columns]
    for field in every_field(spec):
        texts += [(field.help, HELP), (field.section, NAME), (field.low_label, END), (field.high_label, END)]
        texts += [words for o in field.options for words in ((o.label, OPTION), (o.help, LABEL))]
    assert [words for words, limit in texts if len(words) > limit] == []


@each(SHELF, lambda spec: spec.id)
def test_tasks_and_sources_exist(spec: Worksheet) -> None:
    assert set(spec.tasks) <= TASKS
    assert set(spec.sources) <= set(sources())
    assert spec.phases, "a tool belongs to a phase"


def test_every_claim_that_needs_a_tool_has_a_worksheet() -> None:
    in_need = {c.id for c in theory().claims.values() if "tool" in c.needs}
    assert len(in_need) > 10
    assert in_need - {claim for spec in SHELF for claim in spec.claims} == set()


@each(tasks(), lambda task: task.id)
def test_a_task_and_its_worksheets_name_each_other(task: Task) -> None:
    assert set(task.sources) <= set(sources())
    for output in task.outputs:
        for name in output.worksheets:
            assert task.id in worksheet(name).tasks, name


def test_every_task_but_the_circle_has_a_worksheet() -> None:
    assert TASKS - {task for spec in SHELF for task in spec.tasks} == {"I6"}


@each(SHELF, lambda spec: spec.id)
def test_a_therapists_note_is_shown_to_nobody_else(spec: Worksheet) -> None:
    assert [f.id for f in every_field(spec) if f.note and f.reports] == []


@each([w for w in SHELF if w.for_client], lambda spec: spec.id)
def test_a_worksheet_for_the_client_has_a_field_for_them(spec: Worksheet) -> None:
    client_fields = [f for f in spec.fields if Audience.CLIENT in f.reports]
    assert client_fields
    if spec.client_fills:
        assert client_fields == list(spec.fields), "nobody fills in what they may not see"


def test_every_scale_labels_both_ends() -> None:
    scales = [(spec.id, f) for spec in SHELF for f in every_field(spec) if f.kind is FieldKind.SCALE]
    assert [(name, f.id) for name, f in scales if not (f.low_label and f.high_label)] == []


def test_no_worksheet_needs_more_than_three_fields() -> None:
    assert {spec.id: n for spec in SHELF if (n := sum(f.needed for f in spec.fields if not f.only)) > 3} == {}


def test_the_session_note_logs_every_technique() -> None:
    note = worksheet("session_note")
    assert {f.id for f in note.fields if f.kind is FieldKind.EXTENT} == {t.value for t in Technique}


def test_each_lineage_has_its_own_formulation_fields() -> None:
    sheet = worksheet("formulation")
    common = {f.id for f in sheet.fields if not f.only}
    assert {f.id for f in sheet.fields_for("triad")} - common == {"stressor", "vulnerability", "support"}
    assert {f.id for f in sheet.fields_for("classic")} - common == {"diagnosis_words", "onset_story", "area_words"}
