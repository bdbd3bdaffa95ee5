"""Roles on the timeline, and as evidence for a role transition."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from securebase.ipt.behaviour import AreaEvidence, Behaviour, Entries
from securebase.ipt.timeline_marks import SpanKind, TimelineSpan
from securebase.records.artefact import ArtefactRecord
from securebase.records.dates import days_since
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import ProblemArea


def timeline_marks(entry: ArtefactRecord, _: EpisodeRecord, began: date) -> Iterator[TimelineSpan]:
    start, end = days_since(entry.text("from_on"), began), days_since(entry.text("to_on"), began)
    if start is not None or end is not None:
        name, feels = entry.text("role") or "(no name yet)", entry.text("feels")
        yield TimelineSpan(entry.id, entry.worksheet, SpanKind.ROLE, name, start, end, feels)


def evidence(record: EpisodeRecord, entries: Entries) -> Iterator[AreaEvidence]:
    """Yield the roles that were lost or are a burden, if the day on which the episode began is known."""
    for entry in entries if record.began_on is not None else ():
        if entry.text("feels") in {"lost", "heavy"}:
            feeling = "was lost" if entry.text("feels") == "lost" else "is a burden"
            words = f"Role “{entry.text('role')}” {feeling}"
            yield AreaEvidence(ProblemArea.ROLE_TRANSITION, words, entry.worksheet, entry.id)


BEHAVIOUR = Behaviour(timeline_marks=timeline_marks, evidence=evidence)
