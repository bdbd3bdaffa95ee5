"""The timeline of a course: life events, roles, medication and earlier episodes on one axis with symptoms and sessions.

Read from the record alone. Times are days since the episode began; days before it are negative.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from securebase.ipt.shelf import behaviour, worksheets
from securebase.ipt.timeline_marks import Onset, TimelineEvent, TimelineSpan
from securebase.records.artefact import ArtefactRecord
from securebase.records.episode import EpisodeRecord

#: Period before the onset in which an event is a candidate for the focus. The literature says weeks to months (MT18);
#: half a year is our own convention.
WINDOW_MONTHS, WINDOW_DAYS = 6, 183.0
#: Margin before the first and after the last mark, as a share of the span; shortest span in days.
_MARGIN = 0.03
_MIN_SPAN = 60.0


@dataclass(frozen=True, slots=True)
class Timeline:
    """All marks of the timeline, in days since the episode began.

    sessions: day and number. curve: day and score of the episode's symptom measure. onset, worse: days of onset and of
    worsening, None if unknown; onset_id, onset_worksheet: the entry that gives them. last: the last day to draw.
    """

    began_on: date
    events: tuple[TimelineEvent, ...]
    bars: tuple[TimelineSpan, ...]
    sessions: tuple[tuple[float, int], ...]
    curve: tuple[tuple[float, float], ...]
    onset: float | None
    worse: float | None
    onset_id: str
    onset_worksheet: str
    last: float

    @property
    def window(self) -> tuple[float, float] | None:
        """First and last day of the months before the onset."""
        return None if self.onset is None else (self.onset - WINDOW_DAYS, self.onset)

    @property
    def is_empty(self) -> bool:
        """True if there is no event, no period and no onset."""
        return not self.events and not self.bars and self.onset is None

    def span(self, *, whole_life: bool) -> tuple[float, float]:
        """Return the first and last day to draw: this episode with the months before its onset, or the whole life."""
        marks = [0.0, self.last, *(at for at, _ in self.sessions), *(at for at, _ in self.curve)]
        if self.window:
            marks += self.window
        if self.worse is not None:
            marks.append(self.worse)
        if whole_life:
            marks += [e.at for e in self.events]
            marks += [x for b in self.bars for x in (b.start, b.end) if x is not None]
        first, last = min(marks), max(marks)
        margin = max((last - first) * _MARGIN, (_MIN_SPAN - (last - first)) / 2, 1.0)
        return first - margin, last + margin


def timeline(record: EpisodeRecord, *, today: float) -> Timeline | None:
    """Return the timeline of a record, or None if the calendar day on which the episode began is unknown.

    today: the last day to draw of a running episode, unless the record holds a later one.
    """
    began = record.began_on
    if began is None:
        return None
    entries = record.artefacts_of(*worksheets())
    marks = [mark for a in entries for mark in behaviour(a.worksheet).timeline_marks(a, record, began)]
    onset = next((m for m in reversed(marks) if isinstance(m, Onset)), None)
    onset_at = onset.at if onset else None
    events = [replace(m, in_window=is_in_window(m.at, onset_at)) for m in marks if isinstance(m, TimelineEvent)]
    order = list(worksheets())
    bars = sorted((m for m in marks if isinstance(m, TimelineSpan)), key=lambda m: order.index(m.worksheet))
    last = max(today if record.ended_at is None else record.ended_at, record.last_at)
    return Timeline(
        began_on=began,
        events=tuple(sorted(events, key=lambda e: e.at)),
        bars=tuple(bars),
        sessions=tuple((s.at, s.number) for s in record.sessions),
        curve=tuple((s.at, s.value) for s in record.symptom_scores),
        onset=onset_at,
        worse=onset.worse if onset else None,
        onset_id=onset.id if onset else "",
        onset_worksheet=onset.worksheet if onset else "",
        last=last,
    )


def is_in_window(at: float | None, onset: float | None) -> bool:
    """Return whether a day lies in the months before the onset, or on the day of onset."""
    return at is not None and onset is not None and onset - WINDOW_DAYS <= at <= onset


def undated_entries(record: EpisodeRecord) -> tuple[ArtefactRecord, ...]:
    """Return the entries that lack a plausible day, which they need to appear on the timeline."""
    began = record.began_on
    if began is None:
        return ()
    names = [spec.id for spec in worksheets().values() if spec.page_name == "timeline" and spec.many]
    entries = record.artefacts_of(*names)
    return tuple(a for a in entries if not list(behaviour(a.worksheet).timeline_marks(a, record, began)))
