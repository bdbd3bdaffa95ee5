"""Every number of a worksheet and every scale of our own has a column in the table of a clinic, and text has none."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date

import pytest
from msgspec.structs import replace as replace_fields

from each import each
from episodes import episode
from securebase.errors import ShelfError
from securebase.exchange.clinic_table import people, worksheet_entries
from securebase.exchange.clinic_table.course_rows import lay_out
from securebase.exchange.clinic_table.table import SOURCES, build_clinic_table
from securebase.exchange.clinic_table.worksheet_columns import NUMERIC, field_columns
from securebase.ipt.shelf import worksheets
from securebase.ipt.typed_records import add_typed_records
from securebase.ipt.worksheet import Field, FieldKind, Worksheet
from securebase.ipt.worksheet_reader import read_worksheet
from securebase.measurement.catalogue import instruments
from securebase.measurement.constructs import UNMEASURED_CONSTRUCTS
from securebase.measurement.instrument import Instrument
from securebase.records.artefact import ArtefactRecord, RelationshipRecord
from securebase.records.episode import AdministrationRecord, EpisodeRecord, RuptureRecord, ScoreRecord
from securebase.records.vocabulary import Moment, ProblemArea, Respondent, RuptureKind

SHELF = list(worksheets().values())
#: Days and choices that the numbers of an entry depend on.
DATED = {"happened_on": "2026-01-06", "from_on": "2026-01-06", "dependent": "dependent"}
BEGAN = date(2026, 1, 5)
COUNTED = NUMERIC | {FieldKind.YES_NO}


def sample(field: Field) -> object:
    """Return a value of a field that no other field of the shelf would give."""
    if field.kind in NUMERIC:
        return field.maximum
    if field.kind is FieldKind.CHOICES:
        return tuple(o.value for o in field.options)
    if field.kind is FieldKind.ROWS:
        return tuple({c.id: sample(c) for c in field.columns if c.kind in COUNTED} for _ in range(2))
    return {FieldKind.YES_NO: True, FieldKind.LINE: "secret", FieldKind.TEXT: "secret"}.get(field.kind)


def expected(field: Field) -> str:
    return "1" if field.kind is FieldKind.YES_NO else f"{field.maximum:.10g}"


def numbers(spec: Worksheet) -> dict[str, str]:
    """Return every numeric field of a worksheet as the name of its column → the value that `sample` gives it."""
    own = {f.construct or f"{spec.id}_{f.id}": expected(f) for f in spec.fields if f.kind in COUNTED}
    parts = {f"{spec.id}_{f.id}_{p.id}": expected(p) for f in spec.fields for p in f.columns if p.kind in COUNTED}
    return own | parts


def table_of(record: EpisodeRecord) -> str:
    return build_clinic_table([lay_out("c", 1, "t", record)], made_on=BEGAN, smallest_cell=1).csv.decode()


def unread(spec: Worksheet) -> list[str]:
    """Return the numeric fields whose value does not come out of the table; no text may come out of it."""
    values = {f.id: value for f in spec.fields if (value := sample(f)) is not None}
    entry = ArtefactRecord("a", spec.id, values, 0.6, 0.6, session=1 if spec.in_session else None, about="p")
    known = (RelationshipRecord("p", "secret"),)
    text = table_of(replace(episode(1), artefacts=(entry,), relationships=known, began_on=BEGAN))
    assert "secret" not in text
    (row,) = csv.DictReader(io.StringIO(text))
    return [name for name, value in numbers(spec).items() if row.get(name) != value]


@each(SHELF, lambda spec: spec.id)
def test_every_number_of_a_worksheet_reaches_the_table(spec: Worksheet) -> None:
    assert unread(spec) == []


@pytest.mark.parametrize(
    ("worksheet", "field"),
    [
        ("telling", Field("new", "New", FieldKind.SCALE, note=True)),  # private notes stay in the clinic
        ("relationship", Field("new", "New", FieldKind.YES_NO)),  # the mean over people reads only numbers
    ],
)
def test_a_number_that_nothing_reads_is_found(monkeypatch: pytest.MonkeyPatch, worksheet: str, field: Field) -> None:
    spec = worksheets()[worksheet]
    changed = replace_fields(spec, fields=(*spec.fields, field))
    monkeypatch.setattr(worksheet_entries, "worksheets", lambda: {**worksheets(), worksheet: changed})
    monkeypatch.setattr(people, "worksheets_with", lambda _: (changed,))
    assert unread(changed) == [f"{worksheet}_new"]


def unread_scales(instrument: Instrument, answers: AdministrationRecord) -> list[str]:
    """Return the scales, and the items of no scale, whose value does not come out of the table."""
    table = build_clinic_table(
        [lay_out("c", 1, "t", replace(episode(1), administrations=(answers,)))], made_on=BEGAN, smallest_cell=1
    )
    (row,) = csv.DictReader(io.StringIO(table.csv.decode()))
    read = {c.scale: row[c.name] for c in table.dictionary.columns if c.instrument == instrument.id and c.scale}
    scored = {number for scale in instrument.scales for number in scale.items}
    names = {f"{instrument.id}_item_{i.number}" for i in instrument.items if i.number not in scored}
    names |= {f"{instrument.id}_item_{i.number}_by_therapist" for i in instrument.items if i.number not in scored}
    items = sum(bool(row.get(name)) for name in names)
    missing = [s.scale for s in answers.scores if read.get(s.scale) != f"{s.value:.10g}"]
    return missing + ["items"] * (items != len(names) // 2)


@each([i for i in instruments().values() if i.own_wording], lambda instrument: instrument.id)
def test_every_scale_and_loose_item_of_our_own_questionnaires_reaches_the_table(instrument: Instrument) -> None:
    moment, who = Moment(instrument.moment), Respondent(instrument.respondent)
    scores = tuple(
        ScoreRecord(s.construct, 1.5 + n, 0.5, moment, 1, instrument.id, s.id, who)
        for n, s in enumerate(instrument.scales)
    )
    responses: dict[int, float | None] = {i.number: float(i.minimum) for i in instrument.items}
    answers = AdministrationRecord(instrument.id, 0.5, moment, 1, who, responses, scores, instrument.version)
    assert unread_scales(instrument, answers) == []
    assert unread_scales(instrument, replace(answers, session=9)) != []  # a session that was not held has no row


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
    known = (RelationshipRecord("p", "someone"),)
    record = replace(episode(2), artefacts=entries, ruptures=ruptures, relationships=known, began_on=BEGAN)
    attachment = tuple(
        ScoreRecord(name, 4.0, 0.5, Moment.BEFORE, 1, "own_attachment", name)
        for name in ("attachment_anxiety", "attachment_avoidance")
    )
    answers = AdministrationRecord("own_attachment", 0.5, Moment.BEFORE, 1, scores=attachment)
    record = replace(record, administrations=(*record.administrations, answers))
    courses = [lay_out("c", 1, "t", add_typed_records(replace(record, problem_areas=(ProblemArea.GRIEF,))))]
    names = [{entry.column.name for entry in source(courses)} for source in SOURCES]
    assert all(names)
    assert sum(map(len, names)) == len(set.union(*names))


def test_constructs_named_by_worksheets_are_those_without_a_questionnaire() -> None:
    named = [x.construct for spec in SHELF for x in (spec, *spec.fields) if x.construct]
    assert {"retelling", "corrective_experience", "emotional_arousal", "relationship_quality"} <= set(named)
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
