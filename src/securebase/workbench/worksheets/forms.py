"""Worksheets as HTML forms: read submitted values, and build inputs from stored ones."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict

from securebase.ipt.worksheet import EXTENTS, Field, FieldKind, Option, Worksheet

#: Empty rows below the filled ones, for pages without scripts.
SPARE_ROWS = 2


def submitted_values(worksheet: Worksheet, data: QueryDict) -> dict[str, Any]:
    """Return field → text, list of texts, or list of mappings. Browsers send rows as “field.n.column”."""
    values: dict[str, Any] = {}
    for field in worksheet.fields:
        if field.kind is FieldKind.ROWS:
            values[field.id] = _submitted_rows(field, data)
        elif field.kind is FieldKind.CHOICES:
            values[field.id] = data.getlist(field.id)
        else:
            values[field.id] = data.get(field.id)
    return values


def _submitted_rows(field: Field, data: QueryDict) -> list[dict[str, Any]]:
    pattern = re.compile(rf"{re.escape(field.id)}\.(\d{{1,4}})\.")
    # the order of the rows on the page, which a script may have changed; numbers only tell rows apart
    numbers = dict.fromkeys(m[1] for name in data if (m := pattern.match(name)))
    rows = []
    for n in numbers:
        row: dict[str, Any] = {}
        for column in field.columns:
            name = f"{field.id}.{n}.{column.id}"
            row[column.id] = data.getlist(name) if column.kind is FieldKind.CHOICES else data.get(name)
        rows.append(row)
    return rows


@dataclass(frozen=True, slots=True)
class SelectableOption:
    """One option of an input, selected or not."""

    option: Option
    chosen: bool


@dataclass(frozen=True, slots=True)
class FieldInput:
    """One field for a template: `value` is its content, `error` the reason why the input could not be parsed."""

    field: Field
    name: str
    value: str = ""
    choices: tuple[SelectableOption, ...] = ()
    error: str = ""
    rows: tuple[tuple[FieldInput, ...], ...] = dataclasses.field(default=())
    blank: tuple[FieldInput, ...] = dataclasses.field(default=())
    #: section heading above the field, if it is the first of its section
    heading: str = ""

    @property
    def kind(self) -> str:
        return self.field.kind.value

    @property
    def ident(self) -> str:
        """The id of the element; dots would have to be escaped in selectors."""
        return self.name.replace(".", "-")

    @property
    def steps(self) -> list[str]:
        """Return the values of a scale."""
        return [c.option.value for c in self.choices]

    @property
    def chosen(self) -> str:
        """Return the selected value of a scale, or nothing."""
        return next((c.option.value for c in self.choices if c.chosen), "")

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
    """Return the inputs of the fields that this clinic fills in.

    areas: the problem areas that the clinic works with. Others are offered only if they are already selected.
    """
    result: list[FieldInput] = []
    section = ""
    for field in worksheet.fields_for(formulation):
        heading = field.section if field.section != section else ""
        section = field.section
        if field.kind is FieldKind.ROWS:
            result.append(_list_input(field, values.get(field.id), unread, people, heading))
        else:
            result.append(_input(field, field.id, values.get(field.id), unread, people, heading))
    return result if areas is None else [_restrict_areas(entry, areas) for entry in result]


def _restrict_areas(entry: FieldInput, areas: Container[str]) -> FieldInput:
    """Return the input without the unselected problem areas that the clinic does not work with."""
    if entry.rows:
        rows = tuple(tuple(_restrict_areas(cell, areas) for cell in row) for row in entry.rows)
        return replace(entry, rows=rows, blank=tuple(_restrict_areas(cell, areas) for cell in entry.blank))
    if entry.field.vocabulary != "problem_area":
        return entry
    return replace(entry, choices=tuple(c for c in entry.choices if c.chosen or c.option.value in areas))


def _list_input(
    field: Field, value: Any, unread: Mapping[str, Sequence[str]], people: Mapping[str, str], heading: str
) -> FieldInput:
    entries = list(value or ())
    # keep a row even if none of its cells could be parsed
    unread_rows = [int(k.split(".")[1]) for k in unread if k.startswith(f"{field.id}.")]
    entries += [{} for _ in range(max(unread_rows, default=-1) + 1 - len(entries))]
    rows = tuple(
        tuple(_input(c, f"{field.id}.{n}.{c.id}", row.get(c.id), unread, people) for c in field.columns)
        for n, row in enumerate([*entries, *({} for _ in range(SPARE_ROWS))])
    )
    blank = tuple(_input(c, f"{field.id}.0000.{c.id}", None, {}, people) for c in field.columns)
    error = unread.get(field.id, ("", ""))[1]
    return FieldInput(field, field.id, error=error, rows=rows, blank=blank, heading=heading)


def _input(  # noqa: PLR0917 (two callers, above)
    field: Field,
    name: str,
    value: Any,
    unread: Mapping[str, Sequence[str]],
    people: Mapping[str, str],
    heading: str = "",
) -> FieldInput:
    raw_text, error = unread.get(name, ("", ""))
    return FieldInput(
        field,
        name,
        value=raw_text or _as_text(value),
        choices=_choices(field, value, people),
        error=error,
        heading=heading,
    )


def _as_text(value: Any) -> str:
    if value is None or isinstance(value, list | tuple):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _choices(field: Field, value: Any, people: Mapping[str, str]) -> tuple[SelectableOption, ...]:
    if field.kind is FieldKind.EXTENT:
        return tuple(SelectableOption(Option(str(n), words), value == n) for n, words in enumerate(EXTENTS))
    if field.kind is FieldKind.SCALE:
        return tuple(SelectableOption(Option(str(n), str(n)), value == n) for n in field.steps)
    if field.kind is FieldKind.YES_NO:
        return tuple(SelectableOption(Option(v, v.capitalize()), value is (v == "yes")) for v in ("yes", "no"))
    if field.kind is FieldKind.PERSON:
        options = [SelectableOption(Option(id_, name), value == id_) for id_, name in people.items()]
        if value and value not in people:
            options.append(SelectableOption(Option(str(value), "someone no longer in the inventory"), chosen=True))
        return tuple(options)
    selected_values = set(value) if isinstance(value, list | tuple) else {value}
    return tuple(SelectableOption(o, o.value in selected_values) for o in field.options)
