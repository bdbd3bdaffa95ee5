"""Worksheets as sections: goals over time, several sessions in one table, and hidden names and days."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import msgspec
import pytest

import paper_cases as cases
from securebase.ipt.pseudonyms import name_replacer, replace_dates
from securebase.ipt.worksheet import Audience, Field, FieldKind, Worksheet, WorksheetGroup, WorksheetRole
from securebase.records.artefact import ArtefactRecord, ClosenessCircle, Placement, RelationshipRecord
from securebase.records.episode import EpisodeRecord
from securebase.reports.circle_section import circle_key, circles, half_side
from securebase.reports.document import (
    Bullets,
    Document,
    Facts,
    Heading,
    Paragraph,
    Pictures,
    RatingScale,
    Table,
    TextTone,
    fix_heading_levels,
    texts,
)
from securebase.reports.goals_section import collect_goals, goals
from securebase.reports.selection import SelectedArtefacts, missing_consent
from securebase.reports.worksheet_section import combined_table, section, tables_by_session

EXTENT = Field("affect", "Affect", FieldKind.EXTENT)
SCALE = Field("heavy", "How heavy", FieldKind.SCALE, low_label="light", high_label="heavy")
TEXT = Field("told", "Told", FieldKind.TEXT)
QUOTE = Field("own", "Own words", FieldKind.TEXT, quote=True)
ROWS = Field(
    "steps",
    "Steps",
    FieldKind.ROWS,
    columns=(Field("what", "What", FieldKind.LINE), Field("done", "Done", FieldKind.YES_NO)),
)
ONE_COLUMN = Field("signs", "Signs", FieldKind.ROWS, columns=(Field("sign", "Sign", FieldKind.LINE),))


def sheet(*fields: Field, **options: object) -> Worksheet:
    return Worksheet("w", "A sheet", "About.", WorksheetGroup.SESSION, fields, **options)  # type: ignore[arg-type]


def filled(session: int | None = None, at: float = 1.0, **values: object) -> ArtefactRecord:
    return ArtefactRecord(f"a{session}{at}", "w", values, at, at, session=session)  # type: ignore[arg-type]


def test_each_kind_of_field_becomes_its_block() -> None:
    result = section(
        sheet(TEXT, SCALE, QUOTE, ROWS, ONE_COLUMN),
        filled(told="short", heavy=3.0, own="mine", steps=({"what": "call", "done": True},), signs=({"sign": "late"},)),
        people={},
        time="5 May",
    )
    assert result == (
        Heading("5 May", 2),
        Facts((("Told", "short"),)),
        RatingScale("How heavy", 3.0, 0, 10, "light", "heavy"),
        Paragraph("Own words", TextTone.SOFT),
        Paragraph("mine", TextTone.QUOTE),
        Table("Steps", ("What", "Done"), (("call", "Yes"),)),
        Paragraph("Signs", TextTone.SOFT),
        Bullets(("late",)),
    )


def test_long_rows_are_listed_one_after_the_other() -> None:
    long = "word " * 40
    result = section(sheet(ROWS), filled(steps=({"what": long.strip(), "done": False},)), people={})
    assert Facts((("What", long.strip()), ("Done", "No"))) in result
    assert not any(isinstance(block, Table) for block in result)


def test_numbers_of_many_sessions_share_a_table() -> None:
    sheets = [filled(k, float(k), affect=float(k % 4), told="x") for k in range(1, 21)]
    first, second = tables_by_session(sheet(EXTENT, TEXT), sheets)
    assert first.head == ("Session", *(str(k) for k in range(1, 17)))
    assert first.rows == (("Affect", *(str(k % 4) for k in range(1, 17))),)
    assert second.head == ("Session", "17", "18", "19", "20")
    assert tables_by_session(sheet(EXTENT), [filled(None, affect=1.0)]) == ()


def test_short_sheets_become_one_table_and_long_ones_do_not() -> None:
    spec = sheet(TEXT, SCALE)
    short = [filled(None, float(k), told=f"event {k}", heavy=float(k)) for k in (1, 2)]
    table = combined_table(spec, short, {}, lambda a: f"week {a.at:g}")
    assert table == Table(
        "",
        ("Told", "How heavy", "Recorded"),
        (("event 1", "1 of 10", "week 1"), ("event 2", "2 of 10", "week 2")),
    )
    assert combined_table(spec, short[:1], {}, lambda _: "") is None
    assert combined_table(spec, [*short, filled(None, 3.0, told="x" * 200)], {}, lambda _: "") is None
    assert combined_table(sheet(EXTENT), short, {}, lambda _: "") is None


def test_goals_are_matched_by_their_wording() -> None:
    rows = [
        ("start", ({"goal": "Say it", "now": 2.0, "wished": 8.0}, {"goal": "Meet Mara", "now": 1.0})),
        ("later", ({"goal": " say  it ", "now": 5.0}, {"goal": "A new one", "now": 3.0}, {"goal": ""})),
    ]
    result = collect_goals(rows)
    assert [(g.words, dict(g.at), g.wished) for g in result] == [
        ("Say it", {"start": "2", "later": "5"}, "8"),
        ("Meet Mara", {"start": "1"}, ""),
        ("A new one", {"later": "3"}, ""),
    ]


def test_goals_share_one_table() -> None:
    contract = cases.shelf()["contract"]
    first = ArtefactRecord("c", "contract", {"goals": ({"goal": "Say it", "now": 2.0, "wished": 8.0},)}, 1.0, 1.0)
    review = ArtefactRecord("r", "goal_review", {"goals": ({"goal": "Say it", "now": 6.0},)}, 50.0, 50.0, session=8)
    selections = [
        SelectedArtefacts(contract, (first,)),
        SelectedArtefacts(msgspec.structs.replace(contract, role=WorksheetRole.GOAL_REVIEW), (review,)),
    ]
    (table,) = goals(selections, lambda a: f"Session {a.session}")
    assert isinstance(table, Table)
    assert table.head == ("Goal", "At the start", "Session 8", "Target")
    assert table.rows == (("Say it", "2", "6", "8"),)
    assert goals([], lambda _: "") == ()


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Jo Example said so", "[partner] said so"),
        ("Jo’s sister, Jo!", "[partner]’s sister, [partner]!"),
        ("John and Joy", "John and Joy"),
        ("Granny Ada and Ada", "[grandmother] and [grandmother]"),
        ("Carla and Mara", "[the client] and [friend 1]"),
        ("jo in small letters", "jo in small letters"),
        ("JO said so", "[partner] said so"),
    ],
)
def test_names_in_texts_become_relations(text: str, hidden: str) -> None:
    names = {"r1": "partner", "r2": "friend 1", "r3": "friend 2", "r4": "grandmother"}
    hide = name_replacer(cases.record(), names, ["Carla C."])
    assert hide(text) == hidden
    assert name_replacer(EpisodeRecord(person="x"), {})(text) == text


@pytest.mark.parametrize(
    ("name", "text", "hidden"),
    [
        ("lena", "then lena called", "then [person] called"),
        ("my boss", "my boss and my sister", "[person] and my sister"),
        ("李娜", "昨天李娜打电话", "昨天[person]打电话"),
        ("שרה", "ושרה בכתה", "ו[person] בכתה"),
        ("Øystein", "Øystein, ØYSTEIN", "[person], [person]"),
        # an article or a title alone is not a name
        ("The choir", "The works had closed. The choir sang.", "The works had closed. [person] sang."),
        ("Mr. Sand", "Mr Lund met Sand, and Mr. Sand left", "Mr Lund met [person], and [person] left"),
    ],
)
def test_a_name_is_recognised_in_any_spelling(name: str, text: str, hidden: str) -> None:
    record = replace(cases.record(), relationships=(replace(cases.record().relationships[0], name=name),))
    assert name_replacer(record, {record.relationships[0].id: "person"})(text) == hidden


def test_a_person_named_by_relation_stays_as_written() -> None:
    record = replace(cases.record(), relationships=(replace(cases.record().relationships[0], name="Father"),))
    hide = name_replacer(record, {record.relationships[0].id: "father"}, ["Carla C."])
    assert hide("Father of a child, said Carla") == "Father of a child, said [the client]"


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2026-01-05", "week 1"),
        ("2026-02-10", "week 6"),
        ("2026-01-01", "about 1 week before therapy"),
        ("2025-10-05", "about 3 months before therapy"),
        ("2019-01-05", "about 7 years before therapy"),
    ],
)
def test_days_become_weeks_of_the_therapy(day: str, words: str) -> None:
    dated = sheet(
        Field("on", "On", FieldKind.DATE),
        Field("all", "All", FieldKind.ROWS, columns=(Field("on", "On", FieldKind.DATE),)),
    )
    text = replace_dates(dated, filled(on=day, all=({"on": day},)), date(2026, 1, 5))
    assert text.values == {"on": words, "all": ({"on": words},)}
    assert replace_dates(dated, filled(on=day), None).values == {"on": None}


def test_heading_levels_increase_one_at_a_time() -> None:
    levels = [3, 1, 3, 3, 2]
    result = fix_heading_levels(tuple(Heading("x", n) for n in levels))
    assert [b.level for b in result if isinstance(b, Heading)] == [1, 1, 2, 3, 2]


def test_a_table_fills_the_line() -> None:
    assert Table("", ("a", "b"), (("x", "y" * 50),)).narrow == (0,)
    assert Table("", ("a", "b"), (("x", "y"),)).narrow == (1,)
    assert Table("", ("a" * 30, "b" * 30), (("x", "y"),), (1,)).narrow == (1,)


def test_texts_yields_every_text_of_the_document() -> None:
    document = Document("t", "k", (Facts((("a", "b"),)), Bullets(("c",))), "s", "f")
    assert list(texts(document)) == ["k", "t", "s", "a", "b", "c", "f"]


def test_two_circles_share_one_scale_and_describe_places() -> None:
    versions = (cases.CIRCLES[0], cases.CIRCLES[2])
    names = {r.id: r.name for r in cases.PEOPLE}
    pictures, key = circles(versions, cases.PEOPLE, names, ("7 January", "26 March"))
    assert isinstance(pictures, Pictures)
    assert isinstance(key, Paragraph)
    assert key.text == circle_key(versions, cases.PEOPLE) != ""
    boxes = {item.svg.split('viewBox="')[1].split('"')[0] for item in pictures.side_by_side}
    assert len(boxes) == 1
    for item in pictures.side_by_side:
        assert re.findall('class="name"[^>]*font-size="([0-9.]*)"', item.svg)[0] == "22"
        assert 'font-size="13"' not in item.svg
        assert "Mara" in item.alt
    assert half_side(versions) > half_side(versions[1:])
    assert circles((), cases.PEOPLE, names, ()) == ()


def test_the_key_explains_each_sign_on_the_circles_and_no_other() -> None:
    plain = ClosenessCircle("c", 0.0, placements=(Placement("a", 0.5, 0), Placement("b", 0.5, 90)))
    people = (
        RelationshipRecord("a", "Ana"),
        RelationshipRecord("b", "Bo"),
        RelationshipRecord("x", "X", deceased=True),
    )
    assert circle_key([plain], people) == ""
    marked = replace(plain, placements=(Placement("a", 0.5, 0, gives=True), Placement("b", 0.5, 90, tension=True)))
    all_signs = (replace(people[0], is_focus=True, professional=True), replace(people[1], deceased=True, online=True))
    key = circle_key([plain, marked], all_signs)
    assert [word for word in ("arrow", "dashed", "Hollow", "Square", "Diamond", "Ringed") if word not in key] == []


def test_a_warning_is_shown_if_the_contract_does_not_record_consent() -> None:
    record = EpisodeRecord(person="x")
    assert missing_consent(Audience.CLIENT, record) == ""
    assert "supervisor" in missing_consent(Audience.SUPERVISOR, record)
    contract = ArtefactRecord("c", "contract", {"sharing_consent": ("supervisor",)}, 1.0, 1.0)
    assert missing_consent(Audience.SUPERVISOR, replace(record, artefacts=(contract,))) == ""
    assert missing_consent(Audience.REFERRER, replace(record, artefacts=(contract,))) != ""
