"""JSON records survive a round trip, and pseudonymised records contain no names."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import paper_cases as cases
from episodes import alert, episode
from securebase.errors import InputError
from securebase.exchange.pseudonyms import FIRST_DAY, pseudonymise_record
from securebase.exchange.record_json import format_record, parse_record, read_record, write_record
from securebase.exchange.work_csv import HEADER, work_table
from securebase.ipt.shelf import worksheets
from securebase.ipt.worksheet import Field, FieldKind
from securebase.picture.client import client_picture
from securebase.records.artefact import ArtefactRecord, ClosenessCircle, Placement, RelationshipRecord
from securebase.records.episode import (
    AdministrationRecord,
    CorrectiveExperienceRecord,
    EpisodeRecord,
    InputRecord,
    LifeEventRecord,
    RetellingRecord,
    StandardisedCovariate,
)
from securebase.records.vocabulary import Agreement, CircleKind, Ending, ProblemArea, Respondent

NUMBER = st.floats(-1e6, 1e6, allow_nan=False)
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
NAME = st.text("abcdefgh_", min_size=1, max_size=6)
CELL = st.one_of(st.none(), st.booleans(), NUMBER, TEXT)
ROW = st.dictionaries(NAME, st.one_of(CELL, st.lists(TEXT, max_size=3).map(tuple)), max_size=3)
VALUE = st.one_of(CELL, st.lists(TEXT, max_size=3).map(tuple), st.lists(ROW, min_size=1, max_size=3).map(tuple))

ARTEFACTS = st.builds(
    ArtefactRecord,
    id=NAME,
    worksheet=NAME,
    values=st.dictionaries(NAME, VALUE, max_size=4),
    at=NUMBER,
    begun_at=NUMBER,
    version=st.integers(1, 9),
    session=st.one_of(st.none(), st.integers(1, 30)),
    about=NAME,
    respondent=st.sampled_from(list(Respondent)),
    agreement=st.sampled_from(list(Agreement)),
    for_client=st.booleans(),
)
PEOPLE = st.builds(
    RelationshipRecord, id=NAME, name=TEXT, relation=TEXT, deceased=st.booleans(), left_at=st.one_of(st.none(), NUMBER)
)
CIRCLES = st.builds(
    ClosenessCircle,
    id=NAME,
    at=NUMBER,
    kind=st.sampled_from(list(CircleKind)),
    placements=st.lists(
        st.builds(Placement, relationship=NAME, radius=NUMBER, angle=NUMBER, tension=st.booleans()), max_size=3
    ).map(tuple),
)
RECORDS = st.builds(
    EpisodeRecord,
    person=TEXT,
    administrations=st.lists(
        st.builds(
            AdministrationRecord,
            instrument=NAME,
            at=NUMBER,
            responses=st.dictionaries(st.integers(1, 20), st.one_of(st.none(), NUMBER), max_size=3),
        ),
        max_size=2,
    ).map(tuple),
    problem_areas=st.lists(st.sampled_from(list(ProblemArea)), max_size=2).map(tuple),
    began_on=st.one_of(st.none(), st.dates()),
    covariates=st.dictionaries(NAME, NUMBER, max_size=2),
    inputs=st.lists(st.builds(InputRecord, name=NAME, value=NUMBER, at=NUMBER), max_size=2).map(tuple),
    life_events=st.lists(st.builds(LifeEventRecord, at=NUMBER, dependent=st.booleans(), weight=NUMBER), max_size=2).map(
        tuple
    ),
    ending=st.one_of(st.none(), st.sampled_from(list(Ending))),
    follow_ups=st.lists(NUMBER, max_size=3).map(tuple),
    artefacts=st.lists(ARTEFACTS, max_size=3).map(tuple),
    relationships=st.lists(PEOPLE, max_size=3).map(tuple),
    circles=st.lists(CIRCLES, max_size=2).map(tuple),
)


@settings(max_examples=60)
@given(RECORDS)
def test_any_record_survives_the_round_trip(record: EpisodeRecord) -> None:
    assert parse_record(format_record(record)) == record


def test_a_full_record_reads_back_from_its_file(tmp_path: Path) -> None:
    record = replace(
        cases.record(),
        safety_alerts=(alert(3, acknowledged_at=15.0),),
        tellings=(RetellingRecord(3.0, 1, 80.0, 30.0),),
        corrective_experiences=(CorrectiveExperienceRecord(9.0, 2),),
        brought=(StandardisedCovariate("avoidance", 0.4),),
        ending=Ending.PLANNED,
    )
    file = tmp_path / "record.json"
    write_record(record, file, {"texts": "left out"})
    assert read_record(file) == record
    assert json.loads(file.read_text())["notes"] == {"texts": "left out"}


def test_every_field_of_a_record_is_written() -> None:
    plain = json.loads(format_record(episode(2)))["record"]
    assert set(plain) == {f.name for f in fields(EpisodeRecord)}


def test_absent_fields_have_their_defaults() -> None:
    text = json.dumps({"format": "securebase-record", "version": 1, "record": {"person": "x"}})
    assert parse_record(text) == EpisodeRecord(person="x")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "invalid JSON"),
        ("[]", "not a Securebase record"),
        ('{"format": "securebase-record", "version": 7}', "version must be 1"),
        ('{"format": "securebase-record", "version": 1}', r"the text, record: required field is missing"),
        ('{"format": "securebase-record", "version": 1, "record": []}', r"record: must be a table"),
        ('{"format": "securebase-record", "version": 1, "record": {}}', r"record\.person: required field is missing"),
        (
            '{"format": "securebase-record", "version": 1, "record": {"person": "x", "mood": 1}}',
            r"record\.mood: unknown field",
        ),
        (
            '{"format": "securebase-record", "version": 1, '
            '"record": {"person": "x", "sessions": [{"number": 1, "at": "a"}]}}',
            r"record\.sessions\[1\]\.at: must be a number \(got 'a'\)",
        ),
        (
            '{"format": "securebase-record", "version": 1, "record": {"person": "x", "phase": "last"}}',
            r"record\.phase: unknown phase “last”\. Known: initial",
        ),
        (
            '{"format": "securebase-record", "version": 1, "record": {"person": "x", "began_on": "soon"}}',
            r"record\.began_on: must be a date such as",
        ),
        (
            '{"format": "securebase-record", "version": 1, "record": {"person": "x", "covariates": {"age": NaN}}}',
            r"record\.covariates\.age: must be a finite number",
        ),
        (
            '{"format": "securebase-record", "version": 1, "record": {"person": "x", "symptom_measure": ["a"]}}',
            r"record\.symptom_measure: must be a list of 2",
        ),
    ],
)
def test_an_error_names_the_place(text: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        parse_record(text)


def test_a_list_of_a_worksheet_holds_choices_or_rows() -> None:
    artefact = {
        "id": "a",
        "worksheet": "contract",
        "values": {"goals": ["one", {"goal": "two"}]},
        "at": 1,
        "begun_at": 1,
    }
    document = {"format": "securebase-record", "version": 1, "record": {"person": "x", "artefacts": [artefact]}}
    with pytest.raises(InputError, match=r"record\.artefacts\[1\]\.values\.goals: must hold either choices or rows"):
        parse_record(json.dumps(document))


def test_whole_numbers_of_a_worksheet_stay_whole() -> None:
    artefact = ArtefactRecord("a", "contract", {"sessions": 16, "told": True, "weight": 2.0}, 1.0, 1.0)
    text = format_record(replace(episode(1), artefacts=(artefact,)))
    assert '"sessions": 16,' in text
    assert format_record(parse_record(text)) == text


def test_a_nan_is_not_written() -> None:
    with pytest.raises(InputError, match=r"record\.ended_at"):
        format_record(replace(episode(1), ended_at=float("nan")))


def test_a_record_that_was_read_back_gives_the_same_picture(tmp_path: Path) -> None:
    file = tmp_path / "record.json"
    write_record(episode(7), file)
    pictures = [client_picture(record, as_of=50.0, whole=False) for record in (episode(7), read_record(file))]
    assert pictures[0] == pictures[1]


# ------------------------------------------------------------------ pseudonymised records


def example_value(field: Field, mark: str) -> object:
    if field.kind in {FieldKind.LINE, FieldKind.TEXT}:
        return f"{mark} told Mara, Jo Example and Carla"
    if field.kind is FieldKind.PERSON:
        return "r2"
    if field.kind is FieldKind.DATE:
        return "2026-02-09"
    if field.kind is FieldKind.YES_NO:
        return True
    if field.kind is FieldKind.ROWS:
        return ({c.id: example_value(c, mark) for c in field.columns},)
    if field.options:
        return (field.options[0].value,) if field.kind is FieldKind.CHOICES else field.options[0].value
    return field.minimum


def full_record() -> EpisodeRecord:
    """Return a record with every worksheet of the shelf, all fields completed."""
    artefacts = tuple(
        ArtefactRecord(
            f"secret-id-{n}",
            w.id,
            {f.id: example_value(f, "NOTE" if f.note else "WORDS") for f in w.fields},  # type: ignore[misc]
            at=float(n),
            begun_at=float(n),
            about="r1",
        )
        for n, w in enumerate(worksheets().values())
    )
    return replace(
        cases.record(), person="Carla Cruz", artefacts=artefacts, therapist="Alma Able", began_on=date(2026, 1, 5)
    )


@pytest.mark.parametrize("texts", [False, True])
def test_a_pseudonymised_record_has_no_names_or_dates(texts: bool) -> None:
    outside = pseudonymise_record(
        full_record(), person="client-1", texts=texts, hidden=("Carla Cruz",), relations=("partner",)
    )
    out = format_record(outside)
    for word in ("Carla", "Cruz", "Alma", "Mara", "Jo Example", "Granny", "2026", "secret-id", '"r1"', "NOTE"):
        assert word not in out
    assert ("WORDS" in out) is texts
    assert "2001-02-05" in out  # five weeks after the begin, as before
    assert "partner" in out


def test_a_free_text_relation_counts_as_text() -> None:
    ada, jo = cases.record().relationships[3], cases.record().relationships[0]
    renamed = replace(ada, relation="Jo Example’s boss at the harbour")
    record = replace(full_record(), relationships=(jo, renamed))
    names = {"person": "x", "relations": ("partner",)}
    assert [r.relation for r in pseudonymise_record(record, **names).relationships] == ["partner", ""]
    values = [r.relation for r in pseudonymise_record(record, texts=True, **names).relationships]
    assert values == ["partner", "[person 1]’s boss at the harbour"]


def test_numbers_and_links_are_preserved() -> None:
    before, after = full_record(), pseudonymise_record(full_record(), person="client-1")
    assert len(after.artefacts) == len(before.artefacts)
    assert after.began_on == FIRST_DAY
    assert {a.about for a in after.artefacts} == {"p1"}
    event = after.artefacts_of("life_event")[0]
    assert event.values["person"] == "p2"
    assert event.number("weight") == before.artefacts_of("life_event")[0].number("weight")
    assert [p.relationship for p in after.circles[0].placements] == ["p1", "p2", "p4"]
    assert [p.radius for p in after.circles[0].placements] == [p.radius for p in before.circles[0].placements]
    assert after.administrations == before.administrations
    assert parse_record(format_record(after)) == after


def test_unknown_worksheets_and_fields_are_removed() -> None:
    old = ArtefactRecord("o", "left_the_shelf", {"x": "WORDS"}, 1.0, 1.0)
    odd = ArtefactRecord("p", "incident", {"no_such_field": "WORDS"}, 1.0, 1.0)
    out = pseudonymise_record(replace(episode(1), artefacts=(old, odd)), person="x", texts=True)
    assert [a.worksheet for a in out.artefacts] == ["incident"]
    assert out.artefacts[0].values == {}


def test_the_worksheet_table_has_one_row_per_cell_and_no_formulas() -> None:
    versions = (
        ArtefactRecord(
            "a1", "contract", {"goals": ({"goal": "=1+1", "now": 3.0}, {"goal": "walk"})}, 7.5, 1.0, 2, session=2
        ),
        ArtefactRecord("a1", "contract", {"sessions": 16.0, "kinds": ("a", "b"), "told": False}, 1.0, 1.0, 1),
    )
    text = work_table("client-1", versions)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert tuple(rows[0]) == HEADER
    values = [(r["version"], r["field"], r["row"], r["column"], r["value"]) for r in rows]
    assert values == [
        ("1", "sessions", "", "", "16"),
        ("1", "kinds", "", "", "a; b"),
        ("1", "told", "", "", "no"),
        ("2", "goals", "1", "goal", "'=1+1"),
        ("2", "goals", "1", "now", "3"),
        ("2", "goals", "2", "goal", "walk"),
    ]
