"""Typed input becomes a value or is reported as unread, never dropped or half understood."""

from __future__ import annotations

import pytest

from securebase.ipt.parsing import is_complete, parse_values
from securebase.ipt.rendering import render_fields, render_value, title_in_words
from securebase.ipt.worksheet import MAX_ROWS, Field, FieldKind, Option, Worksheet, WorksheetGroup

ROWS = Field(
    "steps",
    "Steps",
    FieldKind.ROWS,
    columns=(
        Field("what", "What", FieldKind.LINE),
        Field("done", "Done", FieldKind.YES_NO),
        Field("n", "n", FieldKind.NUMBER),
    ),
)
SHEET = Worksheet(
    "sheet",
    "Sheet",
    "About",
    WorksheetGroup.SESSION,
    (
        Field("line", "Line", FieldKind.LINE),
        Field("mood", "Mood", FieldKind.SCALE),
        Field("suds", "Distress", FieldKind.NUMBER, maximum=100, step=5, unit="points"),
        Field("kind", "Kind", FieldKind.CHOICE, options=(Option("a", "Apple"), Option("b", "Beech"))),
        Field("many", "Many", FieldKind.CHOICES, options=(Option("a", "Apple"), Option("b", "Beech"))),
        Field("done", "Done", FieldKind.YES_NO),
        Field("day", "Day", FieldKind.DATE),
        Field("who", "Who", FieldKind.PERSON),
        ROWS,
    ),
    title="line",
)


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("line", "  two \n words ", "two words"),
        ("mood", "0", 0.0),
        ("mood", 10, 10.0),
        ("suds", "45,0", 45.0),
        ("kind", "b", "b"),
        ("many", ["b", "a", "z"], ("a", "b")),
        ("done", "no", False),
        ("day", "2026-03-09", "2026-03-09"),
        ("who", "an-id", "an-id"),
    ],
)
def test_a_value_is_parsed(name: str, typed: object, value: object) -> None:
    assert parse_values(SHEET, {name: typed}).values == {name: value}


@pytest.mark.parametrize(
    ("name", "typed", "message"),
    [
        ("mood", "eleven", "Enter a number"),
        ("mood", "11", "from 0 to 10"),
        ("mood", "nan", "from 0 to 10"),
        ("mood", "3.5", "steps of 1"),
        ("suds", "47", "steps of 5"),
        ("kind", "c", "one of the options"),
        ("done", "perhaps", "yes or no"),
        ("day", "9.3.2026", "year-month-day"),
        ("day", "0026-03-09", "before 1900"),
        ("day", "2999-03-09", "Check the year"),
        ("line", "x" * 301, "301 characters"),
    ],
)
def test_unreadable_input_is_kept_as_typed_with_the_reason(name: str, typed: str, message: str) -> None:
    parsed = parse_values(SHEET, {name: typed})
    assert parsed.values == {}
    raw, problem = parsed.unread[name]
    assert raw == typed
    assert message in problem


def test_empty_rows_are_omitted_and_the_others_renumbered() -> None:
    typed = [{"what": "", "done": "no"}, {"what": "call", "n": "x"}, {}, {"what": "visit"}]
    parsed = parse_values(SHEET, {"steps": typed})
    assert parsed.values == {"steps": ({"what": "call"}, {"what": "visit"})}
    assert parsed.unread == {"steps.0.n": ("x", "Enter a number.")}


def test_too_many_rows_are_reported() -> None:
    parsed = parse_values(SHEET, {"steps": [{"what": str(n)} for n in range(MAX_ROWS + 2)]})
    assert len(parsed.values["steps"]) == MAX_ROWS  # type: ignore[arg-type]
    assert "at most 40 rows" in parsed.unread["steps"][1]


def test_fields_of_the_other_kind_of_formulation_are_not_needed() -> None:
    formulation = Worksheet(
        "f",
        "F",
        "A",
        WorksheetGroup.FOCUS,
        (
            Field("told", "Told", FieldKind.TEXT, needed=True),
            Field("stressor", "Stressor", FieldKind.TEXT, needed=True, only="triad"),
            Field("summary", "Summary", FieldKind.TEXT, needed=True, only="classic"),
        ),
    )
    assert not is_complete(formulation, {"told": "x"})
    assert is_complete(formulation, {"told": "x", "stressor": "y"})
    assert is_complete(formulation, {"told": "x", "summary": "y"})
    assert [f.id for f in formulation.fields_for("triad")] == ["told", "stressor"]


def test_every_kind_is_rendered() -> None:
    values = parse_values(
        SHEET,
        {"mood": "6", "suds": "45", "kind": "b", "many": ["a", "b"], "done": "yes", "day": "2026-03-09", "who": "l",
         "steps": [{"what": "call", "done": "yes"}]},
    ).values  # fmt: skip
    words = {s.field.id: s.words for s in render_fields(SHEET, values, {"l": "Lena"})}
    assert words == {
        "mood": "6 of 10",
        "suds": "45 points",
        "kind": "Beech",
        "many": "Apple, Beech",
        "done": "Yes",
        "day": "9 March 2026",
        "who": "Lena",
        "steps": "call, Yes",
    }
    assert render_value(SHEET.fields[7], "gone", {}) == "someone no longer in the inventory"


@pytest.mark.parametrize(("value", "words"), [(1.0, "1 point"), (2.0, "2 points"), (0.0, "0 points")])
def test_the_unit_agrees_with_the_number(value: float, words: str) -> None:
    distress = next(f for f in SHEET.fields if f.id == "suds")
    assert render_value(distress, value) == words


def test_a_title_is_one_short_line() -> None:
    assert title_in_words(SHEET, {"line": "She hung up"}) == "She hung up"
    assert title_in_words(SHEET, {}) == ""
    assert len(title_in_words(SHEET, {"line": "word " * 40})) == 80
