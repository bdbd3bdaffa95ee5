"""A worksheet as a form: what a browser sends becomes typed values, and values become inputs again."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict

from securebase.ipt.worksheet import EXTENTS, Field, FieldKind, Option, Worksheet

#: Empty rows that a page without scripts offers below those that are filled.
SPARE_ROWS = 2


def submitted_values(worksheet: Worksheet, data: QueryDict) -> dict[str, Any]:
    """What was typed, field → text, list of texts, or list of mappings. Rows are sent as “field.n.column”."""
    typed: dict[str, Any] = {}
    for one in worksheet.fields:
        if one.kind is FieldKind.ROWS:
            typed[one.id] = _rows(one, data)
        elif one.kind is FieldKind.CHOICES:
            typed[one.id] = data.getlist(one.id)
        else:
            typed[one.id] = data.get(one.id)
    return typed


def _rows(of: Field, data: QueryDict) -> list[dict[str, Any]]:
    pattern = re.compile(rf"{re.escape(of.id)}\.(\d{{1,4}})\.")
    numbers = sorted({int(m[1]) for name in data if (m := pattern.match(name))})
    rows = []
    for n in numbers:
        row: dict[str, Any] = {}
        for column in of.columns:
            name = f"{of.id}.{n}.{column.id}"
            row[column.id] = data.getlist(name) if column.kind is FieldKind.CHOICES else data.get(name)
        rows.append(row)
    return rows


@dataclass(frozen=True, slots=True)
class SelectableOption:
    """One option of an input, and whether it is chosen."""

    option: Option
    chosen: bool


@dataclass(frozen=True, slots=True)
class FieldInput:
    """One field, ready for a template: `value` is its content, `error` says why typed text could not be read."""

    field: Field
    name: str
    value: str = ""
    choices: tuple[SelectableOption, ...] = ()
    error: str = ""
    rows: tuple[tuple[FieldInput, ...], ...] = dataclasses.field(default=())
    blank: tuple[FieldInput, ...] = dataclasses.field(default=())
    #: a heading that stands above it, where it begins a section
    heading: str = ""

    @property
    def kind(self) -> str:
        return self.field.kind.value

    @property
    def ident(self) -> str:
        """The id of the element; dots would have to be escaped in selectors."""
        return self.name.replace(".", "-")

    @property
    def is_open(self) -> bool:
        return not self.value and not any(c.chosen for c in self.choices) and not self.rows


def build_inputs(
    worksheet: Worksheet,
    values: Mapping[str, Any],
    unread: Mapping[str, Sequence[str]],
    *,
    people: Mapping[str, str],
    formulation: str,
    areas: Container[str] | None = None,
) -> list[FieldInput]:
    """Every field that this clinic fills in, with its content. areas: the problem areas it works with; another
    one is offered only where it was chosen already.
    """
    made: list[FieldInput] = []
    section = ""
    for one in worksheet.fields_for(formulation):
        heading = one.section if one.section != section else ""
        section = one.section
        if one.kind is FieldKind.ROWS:
            made.append(_list_input(one, values.get(one.id), unread, people, heading))
        else:
            made.append(_input(one, one.id, values.get(one.id), unread, people, heading))
    return made if areas is None else [_within(one, areas) for one in made]


def _within(one: FieldInput, areas: Container[str]) -> FieldInput:
    """The same with no problem area to choose that the clinic does not work with."""
    if one.rows:
        rows = tuple(tuple(_within(cell, areas) for cell in row) for row in one.rows)
        return replace(one, rows=rows, blank=tuple(_within(cell, areas) for cell in one.blank))
    if one.field.vocabulary != "problem_area":
        return one
    return replace(one, choices=tuple(c for c in one.choices if c.chosen or c.option.value in areas))


def _list_input(
    of: Field, value: Any, unread: Mapping[str, Sequence[str]], people: Mapping[str, str], heading: str
) -> FieldInput:
    given = list(value or ())
    # a row of which nothing could be read is there all the same
    lost = [int(k.split(".")[1]) for k in unread if k.startswith(f"{of.id}.")]
    given += [{} for _ in range(max(lost, default=-1) + 1 - len(given))]
    rows = tuple(
        tuple(_input(c, f"{of.id}.{n}.{c.id}", row.get(c.id), unread, people) for c in of.columns)
        for n, row in enumerate([*given, *({} for _ in range(SPARE_ROWS))])
    )
    blank = tuple(_input(c, f"{of.id}.0000.{c.id}", None, {}, people) for c in of.columns)
    error = unread.get(of.id, ("", ""))[1]
    return FieldInput(of, of.id, error=error, rows=rows, blank=blank, heading=heading)


def _input(  # noqa: PLR0917 (two callers, above)
    of: Field,
    name: str,
    value: Any,
    unread: Mapping[str, Sequence[str]],
    people: Mapping[str, str],
    heading: str = "",
) -> FieldInput:
    typed, error = unread.get(name, ("", ""))
    return FieldInput(
        of,
        name,
        value=typed or _as_text(value),
        choices=_choices(of, value, people),
        error=error,
        heading=heading,
    )


def _as_text(value: Any) -> str:
    if value is None or isinstance(value, list | tuple):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _choices(of: Field, value: Any, people: Mapping[str, str]) -> tuple[SelectableOption, ...]:
    if of.kind is FieldKind.EXTENT:
        return tuple(SelectableOption(Option(str(n), words), value == n) for n, words in enumerate(EXTENTS))
    if of.kind is FieldKind.SCALE:
        return tuple(SelectableOption(Option(str(n), str(n)), value == n) for n in of.steps)
    if of.kind is FieldKind.YES_NO:
        return tuple(SelectableOption(Option(v, v.capitalize()), value is (v == "yes")) for v in ("yes", "no"))
    if of.kind is FieldKind.PERSON:
        known = [SelectableOption(Option(one, name), value == one) for one, name in people.items()]
        if value and value not in people:
            known.append(
                SelectableOption(Option(str(value), "somebody who is not in the inventory any more"), chosen=True)
            )
        return tuple(known)
    chosen = set(value) if isinstance(value, list | tuple) else {value}
    return tuple(SelectableOption(o, o.value in chosen) for o in of.options)
