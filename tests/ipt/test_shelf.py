"""The whole shelf of worksheets at once, and what a file that is not sound is told."""

from __future__ import annotations

import pytest

from securebase.errors import ShelfError
from securebase.ipt.parsing import is_complete, parse_values
from securebase.ipt.rendering import render_fields
from securebase.ipt.shelf import worksheet, worksheets
from securebase.ipt.worksheet import Field, FieldKind, Worksheet
from securebase.ipt.worksheet_reader import read_worksheet
from securebase.model.theory import theory

SHELF = list(worksheets().values())


def example(of: Field) -> object:
    """Something that a person could type into a field."""
    if of.kind is FieldKind.ROWS:
        return [{c.id: example(c) for c in of.columns}, {}]
    return {
        FieldKind.LINE: "a line",
        FieldKind.TEXT: "one\ntwo",
        FieldKind.SCALE: f"{of.maximum:g}",
        FieldKind.NUMBER: f"{of.minimum:g}",
        FieldKind.EXTENT: "2",
        FieldKind.CHOICE: of.options[0].value if of.options else "",
        FieldKind.CHOICES: [o.value for o in of.options[:2]],
        FieldKind.YES_NO: "no",
        FieldKind.DATE: "2026-03-09",
        FieldKind.PERSON: "somebody",
    }[of.kind]


@pytest.mark.parametrize("one", SHELF, ids=lambda w: w.id)
def test_every_field_keeps_what_a_person_types(one: Worksheet) -> None:
    filled = parse_values(one, {f.id: example(f) for f in one.fields})
    assert filled.unread == {}
    assert set(filled.values) == {f.id for f in one.fields}
    assert is_complete(one, filled.values)
    assert [s.field.id for s in render_fields(one, filled.values, {"somebody": "Lena"})] == [f.id for f in one.fields]
    assert not is_complete(one, {})


@pytest.mark.parametrize("one", SHELF, ids=lambda w: w.id)
def test_what_is_read_once_more_stays_the_same(one: Worksheet) -> None:
    filled = parse_values(one, {f.id: example(f) for f in one.fields})
    assert parse_values(one, filled.values).values == filled.values


@pytest.mark.parametrize("one", SHELF, ids=lambda w: w.id)
def test_every_worksheet_names_known_claims_and_says_where_it_is_from(one: Worksheet) -> None:
    assert set(one.claims) <= set(theory().claims)
    assert one.sources
    assert one.teaches, "an empty one has to teach"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ('group = "session"', "group"),
        ('kind = "line"', "kind"),
        ('id = "ok"', "id"),
    ],
)
def test_a_file_that_is_not_sound_is_told_where(change: str, says: str) -> None:
    good = 'id = "ok"\nname = "N"\nabout = "A"\ngroup = "session"\n[[fields]]\nid = "a"\nlabel = "L"\nkind = "line"\n'
    assert read_worksheet("ok.toml", good.encode()).id == "ok"
    bad = good.replace(change, f'{says} = "No Such"')
    with pytest.raises(ShelfError, match=says) as error:
        read_worksheet("ok.toml", bad.encode())
    assert "ok.toml" in str(error.value)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ('kind = "choice"', "options belong"),
        ('kind = "rows"', "columns belong"),
        ('kind = "scale"\nminimum = 5\nmaximum = 5', "above the minimum"),
        ('kind = "choice"\nvocabulary = "colours"', "unknown vocabulary “colours”"),
        ('kind = "line"\nreports = ["neighbour"]', "neighbour"),
        ('kind = "line"\ncolour = "red"', "unknown field"),
    ],
)
def test_a_field_that_is_not_sound_is_told_where(more: str, says: str) -> None:
    text = f'id = "x"\nname = "N"\nabout = "A"\ngroup = "session"\n[[fields]]\nid = "a"\nlabel = "L"\n{more}\n'
    with pytest.raises(ShelfError, match=says):
        read_worksheet("x.toml", text.encode())


def test_a_worksheet_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(ShelfError, match="incident"):
        worksheet("horoscope")
