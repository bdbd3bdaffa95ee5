"""Default values of a new worksheet, carried over from the course and from earlier worksheets."""

from __future__ import annotations

from securebase.ipt.worksheet import Field, FieldKind, Worksheet
from securebase.records.artefact import ArtefactRecord, Row, Value
from securebase.records.episode import EpisodeRecord

#: Fields of the course itself that `begins_with` can name, as in “course.days_between”.
COURSE_FIELDS = ("planned_sessions", "days_between")


def default_values(worksheet: Worksheet, record: EpisodeRecord, *, relationship: str = "") -> dict[str, Value]:
    """Return field → default value for the fields of a new worksheet that have one.

    about: the relationship that the worksheet will describe; “last” then means the last worksheet about that person.
    """
    last = _last_artefact(record, worksheet.id, relationship)
    values = {f.id: _default(f, record, last) for f in worksheet.fields if f.begins_with}
    return {name: value for name, value in values.items() if value is not None}


def _default(field: Field, record: EpisodeRecord, last: ArtefactRecord | None) -> Value:
    if field.begins_with == "last":
        return last.values.get(field.id) if last is not None else None
    source, _, name = field.begins_with.partition(".")
    if source == "course":
        value = getattr(record, name)
        return None if value is None else float(value)
    artefact = _last_artefact(record, source)
    if artefact is None:
        return None
    return _lasting_rows(field, artefact, name) if field.kind is FieldKind.ROWS else artefact.values.get(name)


def _lasting_rows(field: Field, artefact: ArtefactRecord, name: str) -> Value:
    """Return the rows of another worksheet without ratings: texts, people and choices stay true, a rating does not."""
    lasting = {
        c.id for c in field.columns if c.kind in {FieldKind.LINE, FieldKind.TEXT, FieldKind.PERSON, FieldKind.CHOICE}
    }
    rows: list[Row] = [{k: v for k, v in row.items() if k in lasting} for row in artefact.rows(name)]
    return tuple(row for row in rows if row) or None


def _last_artefact(record: EpisodeRecord, worksheet: str, relationship: str = "") -> ArtefactRecord | None:
    artefacts = [a for a in record.artefacts_of(worksheet) if not relationship or a.about == relationship]
    return artefacts[-1] if artefacts else None
