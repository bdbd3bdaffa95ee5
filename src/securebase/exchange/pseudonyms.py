"""A record made fit to leave the clinic: no name, no day of the calendar, no key of the database; texts only if asked.

It stays the record of one person: who knows them may know them again by what happened. It has a pseudonym, and is not
anonymous.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from securebase.ipt.pseudonyms import hiding
from securebase.ipt.shelf import worksheets
from securebase.ipt.worksheet import Field, Kind, Worksheet
from securebase.records.artefact import ArtefactRecord, ClosenessCircle
from securebase.records.episode import EpisodeRecord

#: The day on which every therapy begins in what leaves the clinic, a Monday: intervals stay, the calendar goes.
BEGINS_ON = date(2001, 1, 1)
_WORDED = {Kind.LINE, Kind.TEXT}


def for_outside(
    record: EpisodeRecord,
    *,
    person: str,
    texts: bool = False,
    hidden: Sequence[str] = (),
    relations: Collection[str] = (),
) -> EpisodeRecord:
    """The record under the pseudonym `person`.

    People are called “person 1” and so on, by their relation as before; without `texts` only where it is one of the
    usual `relations`, for any other was written freely. Ids are counted anew. Days that were typed into a worksheet
    are moved so that the therapy begins on `BEGINS_ON`. texts: whether what was written freely goes along,
    with every name of the inventory and of `hidden` replaced; fields that are notes never go, nor do worksheets that
    left the shelf, of whose fields nothing is known.
    """
    ids = {r.id: f"p{n}" for n, r in enumerate(record.relationships, 1)}
    names = {r.id: f"person {n}" for n, r in enumerate(record.relationships, 1)}
    hide = hiding(record, names, hidden)
    moved = BEGINS_ON - record.began_on if record.began_on is not None else None
    shelf = worksheets()
    known = [a for a in record.artefacts if a.worksheet in shelf]

    def value(of: Field, found: Any) -> Any:
        """What is left of a value; None where nothing is."""
        if of.note:
            return None
        if of.kind in _WORDED:
            return hide(str(found)) if texts else None
        if of.kind is Kind.PERSON:
            return ids.get(str(found))
        if of.kind is Kind.DATE:
            return _moved(str(found), moved)
        if of.kind is Kind.ROWS:
            rows = tuple(cells(of.columns, row) for row in found if isinstance(row, Mapping))
            return tuple(row for row in rows if row) or None
        return found

    def cells(fields: Sequence[Field], found: Mapping[str, Any]) -> dict[str, Any]:
        told = {f.id: value(f, found[f.id]) for f in fields if found.get(f.id) is not None}
        return {name: item for name, item in told.items() if item is not None}

    def relation(said: str) -> str:
        return hide(said) if texts else said if said.strip().lower() in relations else ""

    return replace(
        record,
        person=person,
        began_on=None if record.began_on is None else BEGINS_ON,
        therapist="",
        artefacts=tuple(
            replace(_artefact(a, shelf[a.worksheet], cells), id=f"a{n}", about=ids.get(a.about, ""))
            for n, a in enumerate(known, 1)
        ),
        relationships=tuple(
            replace(r, id=ids[r.id], name=names[r.id], relation=relation(r.relation)) for r in record.relationships
        ),
        circles=tuple(_circle(c, n, ids) for n, c in enumerate(record.circles, 1)),
    )


def _artefact(artefact: ArtefactRecord, worksheet: Worksheet, cells: Any) -> ArtefactRecord:
    return replace(artefact, values=cells(worksheet.fields, artefact.values))


def _circle(circle: ClosenessCircle, n: int, ids: Mapping[str, str]) -> ClosenessCircle:
    there = tuple(replace(p, relationship=ids[p.relationship]) for p in circle.placements if p.relationship in ids)
    return replace(circle, id=f"c{n}", placements=there)


def _moved(day: str, by: timedelta | None) -> str | None:
    try:
        return None if by is None else (date.fromisoformat(day) + by).isoformat()
    except (ValueError, OverflowError):
        return None
