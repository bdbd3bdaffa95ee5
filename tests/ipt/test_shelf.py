"""The whole shelf of worksheets, and the errors for invalid files."""

from __future__ import annotations

import pytest

from each import each
from securebase.errors import ShelfError
from securebase.ipt.parsing import is_complete, parse_values
from securebase.ipt.rendering import render_fields
from securebase.ipt.shelf import worksheet, worksheets
from securebase.ipt.worksheet import Field, FieldKind, Worksheet
from securebase.ipt.worksheet_reader import read_worksheet
from securebase.model.theory import theory

SHELF = list(worksheets().values())


def example(field: Field) -> object:
    """Return something that a person could type into a field."""
    if field.kind is FieldKind.ROWS:
        return [{c.id: example(c) for c in field.columns}, {}]
    return {
        FieldKind.LINE: "a line",
        FieldKind.TEXT: "one\ntwo",
        FieldKind.SCALE: f"{field.maximum:g}",
        FieldKind.NUMBER: f"{field.minimum:g}",
        FieldKind.EXTENT: "2",
        FieldKind.CHOICE: field.options[0].value if field.options else "",
        FieldKind.CHOICES: [o.value for o in field.options[:2]],
        FieldKind.YES_NO: "no",
        FieldKind.DATE: "2026-03-09",
        FieldKind.PERSON: "somebody",
    }[field.kind]


@each(SHELF, lambda spec: spec.id)
def test_every_field_accepts_typed_input(spec: Worksheet) -> None:
    parsed = parse_values(spec, {f.id: example(f) for f in spec.fields})
    assert parsed.unread == {}
    assert set(parsed.values) == {f.id for f in spec.fields}
    assert is_complete(spec, parsed.values)
    assert [s.field.id for s in render_fields(spec, parsed.values, {"somebody": "Lena"})] == [f.id for f in spec.fields]
    assert not is_complete(spec, {})


@each(SHELF, lambda spec: spec.id)
def test_parsing_twice_changes_nothing(spec: Worksheet) -> None:
    parsed = parse_values(spec, {f.id: example(f) for f in spec.fields})
    assert parse_values(spec, parsed.values).values == parsed.values


@each(SHELF, lambda spec: spec.id)
def test_every_worksheet_names_known_claims_and_its_sources(spec: Worksheet) -> None:
    assert set(spec.claims) <= set(theory().claims)
    assert spec.sources
    assert spec.teaches, "an empty worksheet needs an explanation"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ('group = "session"', "group"),
        ('kind = "line"', "kind"),
        ('id = "ok"', "id"),
    ],
)
def test_an_invalid_file_is_refused_with_the_field(change: str, field: str) -> None:
    good = 'id = "ok"\nname = "N"\nabout = "A"\ngroup = "session"\n[[fields]]\nid = "a"\nlabel = "L"\nkind = "line"\n'
    assert read_worksheet("ok.toml", good.encode()).id == "ok"
    bad = good.replace(change, f'{field} = "No Such"')
    with pytest.raises(ShelfError, match=field) as error:
        read_worksheet("ok.toml", bad.encode())
    assert "ok.toml" in str(error.value)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('kind = "choice"', "a choice needs options"),
        ('kind = "rows"', "a list needs columns"),
        ('kind = "scale"\nminimum = 5\nmaximum = 5', "above the minimum"),
        ('kind = "choice"\nvocabulary = "colours"', "unknown vocabulary “colours”"),
        ('kind = "line"\nreports = ["neighbour"]', "neighbour"),
        ('kind = "line"\ncolour = "red"', "unknown field"),
    ],
)
def test_an_invalid_field_is_refused_with_the_problem(lines: str, message: str) -> None:
    text = f'id = "x"\nname = "N"\nabout = "A"\ngroup = "session"\n[[fields]]\nid = "a"\nlabel = "L"\n{lines}\n'
    with pytest.raises(ShelfError, match=message):
        read_worksheet("x.toml", text.encode())


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("for_client = true", "client_name: is required with for_client = true"),
        ('client_about = "A page."', "client_about: is allowed only with for_client = true"),
        ('page = "timeline"', "add: is required for a worksheet of the timeline"),
        ('role = "area_work"', "role: must be “area_work” in the group “area”, and only there .group: “session”"),
        ('group = "area"\nrole = "area_work"', "add: is required for the role “area_work”"),
        (
            'group = "area"\nrole = "area_work"\nadd = { label = "Add this week" }',
            "areas: is required for the role “area_work”",
        ),
    ],
)
def test_properties_that_do_not_fit_are_refused_by_name(lines: str, message: str) -> None:
    group = "" if "group" in lines else 'group = "session"\n'
    text = f'id = "x"\nname = "N"\nabout = "A"\n{group}{lines}\n[[fields]]\nid = "a"\nlabel = "L"\nkind = "line"\n'
    with pytest.raises(ShelfError, match=message):
        read_worksheet("x.toml", text.encode())


def test_an_unknown_worksheet_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ShelfError, match="incident"):
        worksheet("horoscope")
