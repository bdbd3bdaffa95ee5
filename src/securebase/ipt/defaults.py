"""Default values of a new worksheet, carried over from the course and from earlier worksheets."""

from __future__ import annotations

from collections.abc import Mapping

from securebase.ipt.worksheet import Field, FieldKind, Worksheet
from securebase.records.artefact import ArtefactRecord, Value
from securebase.records.episode import EpisodeRecord

#: What the course itself says, by the name that a field may begin with.
COURSE_FIELDS = ("planned_sessions", "days_between")


def default_values(worksheet: Worksheet, record: EpisodeRecord, *, about: str = "") -> dict[str, Value]:
    """Field → what a new one begins with, from what the record holds; other fields are left out.

    about: the relationship it is to speak of; the last one about the same person is what counts then.
    """
    last = _last(record, worksheet.id, about)
    found = {f.id: _of(f, record, last) for f in worksheet.fields if f.begins_with}
    return {name: value for name, value in found.items() if value is not None}


def _of(of: Field, record: EpisodeRecord, last: ArtefactRecord | None) -> Value:
    if of.begins_with == "last":
        return last.values.get(of.id) if last is not None else None
    place, _, name = of.begins_with.partition(".")
    if place == "course":
        value = getattr(record, name)
        return None if value is None else float(value)
    source = _last(record, place)
    if source is None:
        return None
    return _rows(of, source, name) if of.kind is FieldKind.ROWS else source.values.get(name)


def _rows(of: Field, source: ArtefactRecord, name: str) -> Value:
    """The rows of another worksheet, in the columns that say something lasting: texts and people, not ratings."""
    lasting = {
        c.id for c in of.columns if c.kind in {FieldKind.LINE, FieldKind.TEXT, FieldKind.PERSON, FieldKind.CHOICE}
    }
    kept: list[Mapping[str, object]] = [{k: v for k, v in row.items() if k in lasting} for row in source.rows(name)]
    return tuple(row for row in kept if row) or None  # type: ignore[return-value]


def _last(record: EpisodeRecord, worksheet: str, about: str = "") -> ArtefactRecord | None:
    there = [a for a in record.artefacts_of(worksheet) if not about or a.about == about]
    return there[-1] if there else None
