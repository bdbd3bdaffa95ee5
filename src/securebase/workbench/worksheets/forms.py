"""Worksheets as HTML forms: read submitted values, and build inputs from stored ones."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.http import QueryDict

from securebase.ipt.parsing import ParsedValues
from securebase.ipt.worksheet import Field, FieldKind, Worksheet
from securebase.workbench.ui.inputs import Input, build_input

#: Empty rows below the filled ones, so that the next can be filled in without adding it.
SPARE_ROWS = 1


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


def problems_on_page(filled: ParsedValues, data: QueryDict) -> dict[str, str]:
    """Return the problems of submitted values by the names of their inputs, with rows numbered as on the page."""
    return {_name_on_page(name, filled, data): problem for name, (_, problem) in filled.unread.items()}


def _name_on_page(name: str, filled: ParsedValues, data: QueryDict) -> str:
    field, *cell = name.split(".")
    if not cell:
        return name
    row, column = cell
    return f"{field}.{_row_numbers(field, data)[filled.positions[field][int(row)]]}.{column}"


def _row_numbers(field: str, data: QueryDict) -> list[str]:
    """Return the rows in the order of the page, which a script may have changed; numbers only distinguish rows."""
    pattern = re.compile(rf"{re.escape(field)}\.(\d{{1,4}})\.")
    return list(dict.fromkeys(m[1] for name in data if (m := pattern.match(name))))


def _submitted_rows(field: Field, data: QueryDict) -> list[dict[str, Any]]:
    rows = []
    for n in _row_numbers(field.id, data):
        row: dict[str, Any] = {}
        for column in field.columns:
            name = f"{field.id}.{n}.{column.id}"
            row[column.id] = data.getlist(name) if column.kind is FieldKind.CHOICES else data.get(name)
        rows.append(row)
    return rows


def build_inputs(
    worksheet: Worksheet,
    values: Mapping[str, Any],
    unread: Mapping[str, Sequence[str]],
    *,
    people: Mapping[str, str],
    formulation: str,
    areas: Container[str] | None = None,
) -> list[Input]:
    """Return the inputs of the fields that this clinic fills in.

    areas: the problem areas that the clinic works with. Others are offered only if they are already selected.
    """
    result: list[Input] = []
    section = ""
    for field in worksheet.fields_for(formulation):
        heading = field.section if field.section != section else ""
        section = field.section
        if field.kind is FieldKind.ROWS:
            result.append(_list_input(field, values.get(field.id), unread, people, heading))
        else:
            result.append(build_input(field, field.id, values.get(field.id), unread, people=people, heading=heading))
    return result if areas is None else [_restrict_areas(entry, areas) for entry in result]


def _restrict_areas(entry: Input, areas: Container[str]) -> Input:
    """Return the input without the unselected problem areas that the clinic does not work with."""
    if entry.rows:
        rows = tuple(tuple(_restrict_areas(cell, areas) for cell in row) for row in entry.rows)
        return replace(entry, rows=rows, blank=tuple(_restrict_areas(cell, areas) for cell in entry.blank))
    if entry.field.vocabulary != "problem_area":
        return entry
    return replace(entry, choices=tuple(c for c in entry.choices if c.chosen or c.option.value in areas))


def _list_input(
    field: Field, value: Any, unread: Mapping[str, Sequence[str]], people: Mapping[str, str], heading: str
) -> Input:
    entries = list(value or ())
    # keep a row even if none of its cells could be parsed
    unread_rows = [int(k.split(".")[1]) for k in unread if k.startswith(f"{field.id}.")]
    entries += [{} for _ in range(max(unread_rows, default=-1) + 1 - len(entries))]
    rows = tuple(
        tuple(build_input(c, f"{field.id}.{n}.{c.id}", row.get(c.id), unread, people=people) for c in field.columns)
        for n, row in enumerate([*entries, *({} for _ in range(SPARE_ROWS))])
    )
    blank = tuple(build_input(c, f"{field.id}.0000.{c.id}", None, {}, people=people) for c in field.columns)
    error = unread.get(field.id, ("", ""))[1]
    return Input(field, field.id, error=error, rows=rows, blank=blank, heading=heading)
