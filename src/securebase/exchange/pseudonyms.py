"""Pseudonymised records for use outside the clinic: no names, calendar dates or database keys; texts only on request.

A pseudonymised record is not anonymous: readers who know the person may recognise the events.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from securebase.ipt.pseudonyms import name_replacer
from securebase.ipt.shelf import worksheets
from securebase.ipt.worksheet import Field, FieldKind, Worksheet
from securebase.records.artefact import ArtefactRecord, ClosenessCircle
from securebase.records.episode import EpisodeRecord

#: First day of every therapy in pseudonymised records (a Monday). Shifting dates preserves intervals.
FIRST_DAY = date(2001, 1, 1)
_TEXT_KINDS = {FieldKind.LINE, FieldKind.TEXT}


def pseudonymise_record(
    record: EpisodeRecord,
    *,
    person: str,
    texts: bool = False,
    hidden: Sequence[str] = (),
    relations: Collection[str] = (),
) -> EpisodeRecord:
    """Return the record under the pseudonym `person`.

    People of the inventory become “person 1” and so on, with their relation; without `texts` only relations listed in
    `relations` stay, since others are free text. Ids are renumbered. Dates in worksheets are shifted so that the
    therapy begins on `FIRST_DAY`. `texts` includes free text, with all names of the inventory and of `hidden` replaced.
    Notes are never included, nor are worksheets that are no longer on the shelf.
    """
    ids = {r.id: f"p{n}" for n, r in enumerate(record.relationships, 1)}
    names = {r.id: f"person {n}" for n, r in enumerate(record.relationships, 1)}
    replace_names = name_replacer(record, names, hidden)
    shift = FIRST_DAY - record.began_on if record.began_on is not None else None
    shelf = worksheets()
    artefacts = [a for a in record.artefacts if a.worksheet in shelf]

    def value(field: Field, content: Any) -> Any:
        """Pseudonymise the value of a field; None removes it."""
        if field.note:
            return None
        if field.kind in _TEXT_KINDS:
            return replace_names(str(content)) if texts else None
        if field.kind is FieldKind.PERSON:
            return ids.get(str(content))
        if field.kind is FieldKind.DATE:
            return _shift_date(str(content), shift)
        if field.kind is FieldKind.ROWS:
            rows = tuple(cells(field.columns, row) for row in content if isinstance(row, Mapping))
            return tuple(row for row in rows if row) or None
        return content

    def cells(fields: Sequence[Field], contents: Mapping[str, Any]) -> dict[str, Any]:
        values = {f.id: value(f, contents[f.id]) for f in fields if contents.get(f.id) is not None}
        return {name: item for name, item in values.items() if item is not None}

    def relation(text: str) -> str:
        return replace_names(text) if texts else text if text.strip().lower() in relations else ""

    return replace(
        record,
        person=person,
        began_on=None if record.began_on is None else FIRST_DAY,
        therapist="",
        artefacts=tuple(
            replace(_artefact(a, shelf[a.worksheet], cells), id=f"a{n}", about=ids.get(a.about, ""))
            for n, a in enumerate(artefacts, 1)
        ),
        relationships=tuple(
            replace(r, id=ids[r.id], name=names[r.id], relation=relation(r.relation)) for r in record.relationships
        ),
        circles=tuple(_circle(c, n, ids) for n, c in enumerate(record.circles, 1)),
    )


def _artefact(artefact: ArtefactRecord, worksheet: Worksheet, cells: Any) -> ArtefactRecord:
    return replace(artefact, values=cells(worksheet.fields, artefact.values))


def _circle(circle: ClosenessCircle, n: int, ids: Mapping[str, str]) -> ClosenessCircle:
    placements = tuple(replace(p, relationship=ids[p.relationship]) for p in circle.placements if p.relationship in ids)
    return replace(circle, id=f"c{n}", placements=placements)


def _shift_date(day: str, shift: timedelta | None) -> str | None:
    try:
        return None if shift is None else (date.fromisoformat(day) + shift).isoformat()
    except (ValueError, OverflowError):
        return None
