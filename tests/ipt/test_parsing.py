"""What is typed is kept or said: never dropped, never half understood."""

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
def test_a_value_is_read(name: str, typed: object, value: object) -> None:
    assert parse_values(SHEET, {name: typed}).values == {name: value}


@pytest.mark.parametrize(
    ("name", "typed", "says"),
    [
        ("mood", "eleven", "not a number"),
        ("mood", "11", "between 0 and 10"),
        ("mood", "nan", "between"),
        ("mood", "3.5", "steps of 1"),
        ("suds", "47", "steps of 5"),
        ("kind", "c", "none of the choices"),
        ("done", "perhaps", "yes or no"),
        ("day", "9.3.2026", "year, month and day"),
        ("line", "x" * 301, "301 characters"),
    ],
)
def test_what_cannot_be_read_is_kept_as_typed_with_the_reason(name: str, typed: str, says: str) -> None:
    filled = parse_values(SHEET, {name: typed})
    assert filled.values == {}
    kept, why = filled.unread[name]
    assert kept == typed
    assert says in why


def test_rows_that_hold_nothing_are_left_out_and_their_places_close_up() -> None:
    typed = [{"what": "", "done": "no"}, {"what": "call", "n": "x"}, {}, {"what": "visit"}]
    filled = parse_values(SHEET, {"steps": typed})
    assert filled.values == {"steps": ({"what": "call"}, {"what": "visit"})}
    assert filled.unread == {"steps.0.n": ("x", "This is not a number.")}


def test_more_rows_than_fit_are_said() -> None:
    filled = parse_values(SHEET, {"steps": [{"what": str(n)} for n in range(MAX_ROWS + 2)]})
    assert len(filled.values["steps"]) == MAX_ROWS  # type: ignore[arg-type]
    assert "At most" in filled.unread["steps"][1]


def test_nobody_is_asked_for_what_another_lineage_needs() -> None:
    both = Worksheet(
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
    assert not is_complete(both, {"told": "x"})
    assert is_complete(both, {"told": "x", "stressor": "y"})
    assert is_complete(both, {"told": "x", "summary": "y"})
    assert [f.id for f in both.fields_for("triad")] == ["told", "stressor"]


def test_words_for_every_kind() -> None:
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
        "done": "yes",
        "day": "9 March 2026",
        "who": "Lena",
        "steps": "call, yes",
    }
    assert render_value(SHEET.fields[7], "gone", {}) == "somebody who is not in the inventory any more"


def test_a_title_is_one_short_line() -> None:
    assert title_in_words(SHEET, {"line": "She hung up"}) == "She hung up"
    assert title_in_words(SHEET, {}) == ""
    assert len(title_in_words(SHEET, {"line": "word " * 40})) == 80
