"""Columns of the worksheets: every number, choice and yes-or-no, found by the properties of its field.

A field that names a construct gives its column that name. A tick list becomes the number of ticks, a list of rows the
number of rows and the mean of each numeric column. Free text and private notes never leave the clinic.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean

from securebase.exchange.clinic_table.course_rows import Cell
from securebase.exchange.data_dictionary import Block, TableColumn
from securebase.ipt.worksheet import Field, FieldKind, Worksheet, WorksheetGroup, WorksheetRole
from securebase.records.artefact import ArtefactRecord, as_number
from securebase.records.vocabulary import Moment

NUMERIC = frozenset((FieldKind.SCALE, FieldKind.NUMBER, FieldKind.EXTENT))
_BLOCKS: dict[WorksheetGroup, Block] = {
    WorksheetGroup.BEGINNING: "context",
    WorksheetGroup.PEOPLE: "people",
    WorksheetGroup.FOCUS: "focus",
    WorksheetGroup.AREA: "focus",
    WorksheetGroup.SESSION: "skills",
    WorksheetGroup.EMOTION: "emotional work",
    WorksheetGroup.RELATIONSHIP: "therapist",
    WorksheetGroup.ENDING: "ending",
    WorksheetGroup.FIDELITY: "therapist",
}


@dataclass(frozen=True, slots=True)
class FieldColumn:
    """A column that reads one field of a worksheet, or one column of a list in it."""

    column: TableColumn
    field: Field
    part: Field | None = None

    def value(self, entry: ArtefactRecord) -> Cell | None:
        """Return the cell of an entry; None if the field is open."""
        content = entry.values.get(self.field.id)
        if self.part is not None:
            cells = (_number(row.get(self.part.id)) for row in entry.rows(self.field.id))
            numbers = [number for number in cells if number is not None]
            return fmean(numbers) if numbers else None
        if content is None:
            return None
        if self.field.kind is FieldKind.CHOICES:
            return float(len(entry.choices(self.field.id)))
        if self.field.kind is FieldKind.ROWS:
            return float(len(entry.rows(self.field.id)))
        if self.field.kind is FieldKind.CHOICE:
            return entry.text(self.field.id) or None
        return _number(content)


def is_brought_along(spec: Worksheet) -> bool:
    """Return whether a worksheet describes what a client brings along: one of the beginning, filled in once."""
    return spec.group is WorksheetGroup.BEGINNING and not spec.many


def field_columns(spec: Worksheet) -> Iterator[FieldColumn]:
    """Yield the columns of a worksheet: none for free text, dates, people and private notes."""
    for field in spec.fields:
        if field.note:
            continue
        if field.kind in NUMERIC or field.kind in {FieldKind.YES_NO, FieldKind.CHOICE}:
            yield FieldColumn(_column(spec, field, f"{spec.id}_{field.id}"), field)
        elif field.kind in {FieldKind.CHOICES, FieldKind.ROWS}:
            yield FieldColumn(_count_column(spec, field), field)
        for part in field.columns:
            if part.kind in NUMERIC or part.kind is FieldKind.YES_NO:
                name = f"{spec.id}_{field.id}_{part.id}"
                label = f"{field.label}: {part.label} (mean of the rows)"
                yield FieldColumn(_column(spec, part, name, label=label, mean=True), field, part)


def presence_column(spec: Worksheet) -> TableColumn:
    """Return the column that says whether a complete entry belongs to the session."""
    return TableColumn(
        spec.construct or spec.id,
        f"{spec.name}: recorded for this session",
        block_of(spec),
        "yes_no",
        construct=spec.construct,
        minimum=0.0,
        maximum=1.0,
        moment=Moment.AFTER,
        claims=spec.claims,
    )


def block_of(spec: Worksheet) -> Block:
    """Return the block that the columns of a worksheet belong to."""
    if is_brought_along(spec):
        return "background"
    return "therapist" if spec.role is WorksheetRole.NOTE else _BLOCKS[spec.group]


def _number(value: object) -> float | None:
    """Return a number, or yes and no as 1 and 0."""
    return float(value) if isinstance(value, bool) else as_number(value)


def _moment(spec: Worksheet) -> Moment | None:
    """Return when the entries of a worksheet were measured: those of a session are known after it."""
    if is_brought_along(spec):
        return None
    return Moment.AFTER if spec.in_session else Moment.BETWEEN


def _column(spec: Worksheet, field: Field, name: str, *, label: str = "", mean: bool = False) -> TableColumn:
    bounded = field.kind is not FieldKind.CHOICE
    yes_no = field.kind is FieldKind.YES_NO
    return TableColumn(
        field.construct or name,
        f"{spec.name}: {label or field.label}",
        block_of(spec),
        "category" if not bounded else "yes_no" if yes_no and not mean else "number",
        construct=field.construct,
        unit=field.unit,
        minimum=(0.0 if yes_no else field.minimum) if bounded else None,
        maximum=(1.0 if yes_no else field.maximum) if bounded else None,
        moment=_moment(spec),
        claims=field.measures or field.tools or spec.claims,
    )


def _count_column(spec: Worksheet, field: Field) -> TableColumn:
    return TableColumn(
        field.construct or f"{spec.id}_{field.id}_count",
        f"{spec.name}: {field.label} (number of entries)",
        block_of(spec),
        construct=field.construct,
        minimum=0.0,
        maximum=float(len(field.options)) if field.options else None,
        moment=_moment(spec),
        claims=field.measures or field.tools or spec.claims,
    )
