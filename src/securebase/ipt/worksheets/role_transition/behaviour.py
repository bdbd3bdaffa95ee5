"""Losses and gains of the old and the new role, and how at home the client is in the new one."""

from __future__ import annotations

from collections.abc import Iterator

from securebase.ipt.area_progress import RatedEntry, RatingsOverTime, RecordedRole, RolesCompared, ratings_over_time
from securebase.ipt.behaviour import Behaviour, Entries
from securebase.records.artefact import ArtefactRecord, as_number
from securebase.records.episode import EpisodeRecord


def roles(transition: ArtefactRecord) -> tuple[RecordedRole, RecordedRole]:
    """Return the old and the new role of a transition."""
    return _role(transition, "old"), _role(transition, "new")


def _role(transition: ArtefactRecord, which: str) -> RecordedRole:
    losses, gains = (_entries(transition, f"{which}_{kind}") for kind in ("losses", "gains"))
    return RecordedRole(transition.text(f"{which}_role"), losses, gains)


def _entries(a: ArtefactRecord, field: str) -> tuple[RatedEntry, ...]:
    entries = [RatedEntry(str(row["what"]), as_number(row.get("weight"))) for row in a.rows(field) if row.get("what")]
    return tuple(sorted(entries, key=lambda e: -1.0 if e.importance is None else e.importance, reverse=True))


def progress(_: EpisodeRecord, entries: Entries) -> Iterator[RolesCompared | RatingsOverTime]:
    if entries:
        yield RolesCompared("Losses and gains", *roles(entries[-1]))
        fields = [("mastery", "at home in the new role")]
        yield ratings_over_time("At home in the new role", entries, fields)


BEHAVIOUR = Behaviour(progress=progress)
