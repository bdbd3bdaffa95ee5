"""The timeline of a course: life events, roles, medication and earlier episodes on one axis with symptoms and sessions.

Read from the record alone. Times are days since the episode began; days before it are negative.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from securebase.records.artefact import ArtefactRecord, Row
from securebase.records.dates import days_since
from securebase.records.episode import EpisodeRecord

#: Period before the onset in which an event is a candidate for the focus. The literature says weeks to months (MT18);
#: half a year is our own convention.
WINDOW_MONTHS, WINDOW_DAYS = 6, 183.0
#: Worksheets whose entries are drawn on the timeline, in the order of use.
WORKSHEETS = ("life_event", "life_role", "medication", "onset", "history")
#: Margin before the first and after the last mark, as a share of the span; shortest span in days.
_MARGIN = 0.03
_MIN_SPAN = 60.0


class EventDependence(StrEnum):
    """Client's part in bringing about an event (dependent or independent life events)."""

    INDEPENDENT = "independent"
    DEPENDENT = "dependent"
    UNCLEAR = "unclear"

    @property
    def label(self) -> str:
        return {
            "independent": "not brought about by the client",
            "dependent": "partly brought about by the client",
            "unclear": "unclear whether the client had a part",
        }[self.value]


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """One event. weight: 0 to 10, None if not given. in_window: in the months before the onset."""

    id: str
    worksheet: str
    words: str
    at: float
    until: float | None = None
    weight: float | None = None
    dependent: EventDependence = EventDependence.UNCLEAR
    side: str = ""
    in_window: bool = False


@dataclass(frozen=True, slots=True)
class TimelineSpan:
    """One period. kind: role, medication or earlier (episode).

    start, end: None if open on that side, which an earlier episode never is.
    """

    id: str
    worksheet: str
    kind: str
    words: str
    start: float | None
    end: float | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """All marks of the timeline, in days since the episode began.

    sessions: day and number. curve: day and score of the episode's symptom measure. onset, worse: days of onset and of
    worsening, None if unknown. last: the last day to draw.
    """

    began_on: date
    events: tuple[TimelineEvent, ...]
    bars: tuple[TimelineSpan, ...]
    sessions: tuple[tuple[float, int], ...]
    curve: tuple[tuple[float, float], ...]
    onset: float | None
    worse: float | None
    onset_id: str
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
    onset = next((a for a in reversed(record.artefacts_of("onset")) if _day(a, "began_on", began) is not None), None)
    onset_at = _day(onset, "began_on", began) if onset else None
    names = {r.id: r.name for r in record.relationships}
    events = [e for a in record.artefacts_of("life_event", "grief_work") if (e := _event(a, began, onset_at, names))]
    last = max(today if record.ended_at is None else record.ended_at, record.last_at)
    return Timeline(
        began_on=began,
        events=tuple(sorted(events, key=lambda e: e.at)),
        bars=tuple(_bars(record, began)),
        sessions=tuple((s.at, s.number) for s in record.sessions),
        curve=tuple((s.at, s.value) for s in record.symptom_scores),
        onset=onset_at,
        worse=_day(onset, "worse_on", began) if onset else None,
        onset_id=onset.id if onset else "",
        last=last,
    )


def is_in_window(at: float | None, onset: float | None) -> bool:
    """Return whether a day lies in the months before the onset, or on the day of onset."""
    return at is not None and onset is not None and onset - WINDOW_DAYS <= at <= onset


def _event(a: ArtefactRecord, began: date, onset: float | None, names: dict[str, str]) -> TimelineEvent | None:
    if a.worksheet == "grief_work":
        at = _day(a, "death_on", began)
        person = names.get(a.text("person")) or names.get(a.about) or "someone"
        if at is None:
            return None
        words = f"Death of {person}"
        return TimelineEvent(
            a.id, a.worksheet, words, at, dependent=EventDependence.INDEPENDENT, in_window=is_in_window(at, onset)
        )
    at = _day(a, "happened_on", began)
    if at is None:
        return None
    dependent = a.text("dependent")
    return TimelineEvent(
        id=a.id,
        worksheet=a.worksheet,
        words=a.text("what") or "(no description yet)",
        at=at,
        until=_day(a, "ended_on", began),
        weight=a.number("weight"),
        dependent=EventDependence(dependent) if dependent in set(EventDependence) else EventDependence.UNCLEAR,
        side=a.text("side"),
        in_window=is_in_window(at, onset),
    )


def _bars(record: EpisodeRecord, began: date) -> list[TimelineSpan]:
    bars: list[TimelineSpan] = []
    for a in record.artefacts_of("history"):
        for row in a.rows("earlier_episodes"):
            start, end = _row_day(row, "from", began), _row_day(row, "to", began)
            if start is not None or end is not None:
                # an earlier episode has ended: with only one known day, it is a mark on that day, not a bar until today
                start, end = end if start is None else start, start if end is None else end
                words = str(row.get("what_happened") or "Earlier episode")
                bars.append(
                    TimelineSpan(a.id, a.worksheet, "earlier", words, start, end, str(row.get("treatment") or ""))
                )
    for worksheet, kind, name in (("life_role", "role", "role"), ("medication", "medication", "name")):
        for a in record.artefacts_of(worksheet):
            start, end = _day(a, "from_on", began), _day(a, "to_on", began)
            if start is not None or end is not None:
                note = a.text("dose") if kind == "medication" else a.text("feels")
                bars.append(TimelineSpan(a.id, a.worksheet, kind, a.text(name) or "(no name yet)", start, end, note))
    return bars


def undated_entries(record: EpisodeRecord) -> tuple[ArtefactRecord, ...]:
    """Return the entries that lack a plausible day, which they need to appear on the timeline."""
    began = record.began_on
    if began is None:
        return ()
    names = {"life_event": ("happened_on",), "life_role": ("from_on", "to_on"), "medication": ("from_on", "to_on")}
    entries = record.artefacts_of(*names)
    return tuple(a for a in entries if all(_day(a, name, began) is None for name in names[a.worksheet]))


def _day(a: ArtefactRecord, name: str, began: date) -> float | None:
    return days_since(a.text(name), began)


def _row_day(row: Row, name: str, began: date) -> float | None:
    value = row.get(name)
    return days_since(value, began) if isinstance(value, str) else None
