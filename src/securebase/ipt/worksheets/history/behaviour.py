"""Earlier episodes on the timeline and in the overview of the course."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from securebase.ipt.behaviour import Behaviour
from securebase.ipt.timeline_marks import SpanKind, TimelineSpan
from securebase.records.artefact import ArtefactRecord
from securebase.records.dates import days_since
from securebase.records.episode import EpisodeRecord


def timeline_marks(entry: ArtefactRecord, _: EpisodeRecord, began: date) -> Iterator[TimelineSpan]:
    for row in entry.rows("earlier_episodes"):
        start, end = days_since(str(row.get("from") or ""), began), days_since(str(row.get("to") or ""), began)
        if start is not None or end is not None:
            # an earlier episode has ended: with only one known day, it is a mark on that day, not a bar until today
            start, end = end if start is None else start, start if end is None else end
            words, treatment = str(row.get("what_happened") or "Earlier episode"), str(row.get("treatment") or "")
            yield TimelineSpan(entry.id, entry.worksheet, SpanKind.EARLIER, words, start, end, treatment)


def overview(entry: ArtefactRecord) -> list[str]:
    rows = entry.rows("earlier_episodes")
    if not rows:
        return ["none recorded"]
    years = [str(r.get("from") or "")[:4] for r in rows if r.get("from")]
    return [f"{len(rows)} earlier" + (f", from {', '.join(years)}" if years else "")]


BEHAVIOUR = Behaviour(timeline_marks=timeline_marks, overview=overview)
