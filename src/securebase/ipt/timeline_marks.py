"""Marks of the timeline: events, periods and the onset. Times are days since the episode began, negative before it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from securebase.records.vocabulary import ProblemArea


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


class SpanKind(StrEnum):
    """Kinds of periods."""

    ROLE = "role"
    MEDICATION = "medication"
    EARLIER = "earlier"

    @property
    def label(self) -> str:
        return "earlier episode" if self is SpanKind.EARLIER else self.value


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """One event.

    weight: 0 to 10, None if not given. in_window: in the months before the onset. area: the problem area that it
    supports; always: also outside these months.
    """

    id: str
    worksheet: str
    words: str
    at: float
    until: float | None = None
    weight: float | None = None
    dependent: EventDependence = EventDependence.UNCLEAR
    side: str = ""
    in_window: bool = False
    area: ProblemArea | None = None
    always: bool = False


@dataclass(frozen=True, slots=True)
class TimelineSpan:
    """One period; start, end: None if open on that side, which an earlier episode never is."""

    id: str
    worksheet: str
    kind: SpanKind
    words: str
    start: float | None
    end: float | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Onset:
    """Onset of the symptoms; worse: the day on which they became worse, None if unknown."""

    id: str
    worksheet: str
    at: float
    worse: float | None = None
