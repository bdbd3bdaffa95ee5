"""Every numeric field of every worksheet has a column in the table of a clinic, and text has none."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date

import pytest

from episodes import episode
from securebase.errors import ShelfError
from securebase.exchange.clinic_table.course_rows import lay_out
from securebase.exchange.clinic_table.table import SOURCES, build_clinic_table
from securebase.exchange.clinic_table.worksheet_columns import NUMERIC, field_columns
from securebase.ipt.shelf import worksheets
from securebase.ipt.typed_records import add_typed_records
from securebase.ipt.worksheet import Field, FieldKind, Worksheet, WorksheetRole
from securebase.ipt.worksheet_reader import read_worksheet
from securebase.measurement.constructs import UNMEASURED_CONSTRUCTS
from securebase.records.artefact import ArtefactRecord, RelationshipRecord
from securebase.records.episode import RuptureRecord
from securebase.records.vocabulary import ProblemArea, RuptureKind

SHELF = list(worksheets().values())
#: Days and choices that the numbers of an entry depend on.
DATED = {"happened_on": "2026-01-06", "from_on": "2026-01-06", "dependent": "dependent"}
COUNTED = NUMERIC | {FieldKind.YES_NO}


def sample(field: Field) -> object:
    """Return a value of a field that no other field of the shelf would give."""
    if field.kind in NUMERIC:
        return field.maximum
    if field.kind is FieldKind.ROWS:
        return tuple({c.id: sample(c) for c in field.columns if c.kind in COUNTED} for _ in range(2))
    return {FieldKind.YES_NO: True, FieldKind.LINE: "secret", FieldKind.TEXT: "secret"}.get(field.kind)


def expected(field: Field) -> str:
    return "1" if field.kind is FieldKind.YES_NO else f"{field.maximum:.10g}"


@pytest.mark.parametrize("spec", SHELF, ids=lambda spec: spec.id)
def test_every_number_of_a_worksheet_reaches_the_table(spec: Worksheet) -> None:
    values = {f.id: value for f in spec.fields if (value := sample(f)) is not None}
    entry = ArtefactRecord("a", spec.id, values, 0.6, 0.6, session=1 if spec.in_session else None, about="p")
    record = replace(
        episode(1), artefacts=(entry,), relationships=(RelationshipRecord("p", "secret"),), began_on=date(2026, 1, 5)
    )
    table = build_clinic_table([lay_out("c", 1, "t", record)], made_on=date(2026, 1, 5), smallest_cell=1)
    (row,) = csv.DictReader(io.StringIO(table.csv.decode()))
    names = {}
    for field in spec.fields:
        if field.kind in COUNTED and not (spec.role is WorksheetRole.TIE and field.kind is FieldKind.YES_NO):
            names[field.construct or f"{spec.id}_{field.id}"] = expected(field)
        for part in field.columns:
            if part.kind in COUNTED:
                names[f"{spec.id}_{field.id}_{part.id}"] = expected(part)
    assert {name: row.get(name) for name in names} == names
    assert "secret" not in table.csv.decode()


def test_names_of_columns_are_unique_on_the_whole_shelf() -> None:
    names = [reader.column.name for spec in SHELF for reader in field_columns(spec)]
    assert len(names) > 100
    assert len(set(names)) == len(names)


def test_no_two_sources_share_a_column() -> None:
    """Give every worksheet one entry and the course one of everything else, and compare the names source by source."""
    entries = tuple(
        ArtefactRecord(
            s.id, s.id, {f.id: v for f in s.fields if (v := sample(f)) is not None} | DATED, 0.6, 0.6, session=1
        )
        for s in SHELF
    )
    ruptures = (RuptureRecord(0.7, 1, RuptureKind.WITHDRAWAL, 0.8),)
    people = (RelationshipRecord("p", "someone"),)
    record = replace(episode(2), artefacts=entries, ruptures=ruptures, relationships=people, began_on=date(2026, 1, 5))
    courses = [lay_out("c", 1, "t", add_typed_records(replace(record, problem_areas=(ProblemArea.GRIEF,))))]
    names = [{entry.column.name for entry in source(courses)} for source in SOURCES]
    assert all(names)
    assert sum(map(len, names)) == len(set.union(*names))


def test_constructs_named_by_worksheets_are_those_without_a_questionnaire() -> None:
    named = [x.construct for spec in SHELF for x in (spec, *spec.fields) if x.construct]
    assert {"retelling", "corrective_experience", "emotional_arousal", "therapist_support"} <= set(named)
    assert len(set(named)) == len(named)
    assert set(named) <= set(UNMEASURED_CONSTRUCTS)


def test_a_construct_that_a_questionnaire_measures_is_refused() -> None:
    text = b"""
id = "x"
name = "X"
about = "X."
group = "session"
[[fields]]
id = "y"
label = "Y"
kind = "scale"
construct = "symptoms"
"""
    with pytest.raises(ShelfError, match=r"fields\[1\]\.construct: must be a construct without a questionnaire"):
        read_worksheet("x.toml", text)
