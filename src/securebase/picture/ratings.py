"""The client's rating of a session beside the therapist's own: where the two differ, and in which words that is said.

Neither of the two is the right one, and nothing here compares therapists.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from securebase.measurement.catalogue import instrument
from securebase.picture import phrases

#: What both rate, on the same 0 to 10: scale “alliance”, and items 1 to 4 one by one.
CLIENTS, THERAPISTS, SCALE = "session_after", "therapist_after", "alliance"
SHARED_ITEMS = (1, 2, 3, 4)
#: From so many sessions rated by both on, their mean difference is said.
LEAST_FOR_A_MEAN = 3
#: Items that lie so far apart are worth naming.
WORTH_NAMING = 2.0


@dataclass(frozen=True, slots=True)
class RatedSession:
    """One session as each of the two rated it: the alliance, and items 1 to 4 by number. None: not rated."""

    session: int
    client: float | None = None
    therapist: float | None = None
    client_items: Mapping[int, float | None] | None = None
    therapist_items: Mapping[int, float | None] | None = None

    @property
    def by_both(self) -> bool:
        return self.client is not None and self.therapist is not None

    @property
    def difference(self) -> float:
        """The therapist's rating less the client's, as both are shown; 0 where one is missing."""
        if self.client is None or self.therapist is None:
            return 0.0
        return phrases.apart(self.client, self.therapist)


@dataclass(frozen=True, slots=True)
class SideBySide:
    """The alliance by session as both rated it, in order of sessions, from `minimum` to `maximum`."""

    sessions: tuple[RatedSession, ...]
    minimum: float = 0.0
    maximum: float = 10.0

    @property
    def by_both(self) -> tuple[RatedSession, ...]:
        return tuple(s for s in self.sessions if s.by_both)

    @property
    def by_therapist(self) -> tuple[RatedSession, ...]:
        return tuple(s for s in self.sessions if s.therapist is not None)


def side_by_side(sessions: Sequence[RatedSession]) -> SideBySide:
    """Sessions that at least one of the two rated, in order."""
    scale = instrument(CLIENTS).scale(SCALE)
    rated = [s for s in sessions if s.client is not None or s.therapist is not None]
    return SideBySide(tuple(sorted(rated, key=lambda s: s.session)), scale.minimum, scale.maximum)


def says(part: SideBySide) -> tuple[str, ...]:
    """The last session rated by both, what lies furthest apart in it, and the mean difference from three on."""
    both = part.by_both
    if not both:
        return ()
    last = both[-1]
    sentences = [_last(last)]
    if furthest := _furthest(last):
        sentences.append(furthest)
    if len(both) >= LEAST_FOR_A_MEAN:
        sentences.append(_mean(both))
    return tuple(sentences)


def _last(last: RatedSession) -> str:
    start = (
        f"Session {last.session}: the client rated the alliance {phrases.number(last.client or 0.0)}, "
        f"you {phrases.number(last.therapist or 0.0)}"
    )
    if last.difference == 0:
        return f"{start}, the same."
    way = "higher" if last.difference > 0 else "lower"
    return f"{start}, {phrases.number(abs(last.difference))} {way}."


def _furthest(last: RatedSession) -> str:
    """The item that the two saw most differently, where that is two points or more."""
    client, therapist = last.client_items or {}, last.therapist_items or {}
    gaps = {
        number: (c, t)
        for number in SHARED_ITEMS
        if (c := client.get(number)) is not None and (t := therapist.get(number)) is not None
    }
    if not gaps:
        return ""
    number = max(gaps, key=lambda n: abs(gaps[n][1] - gaps[n][0]))
    c, t = gaps[number]
    if abs(t - c) < WORTH_NAMING:
        return ""
    label = instrument(CLIENTS).item(number).label
    return f"Furthest apart was “{label}”: client {phrases.number(c)}, you {phrases.number(t)}."


def _mean(both: Sequence[RatedSession]) -> str:
    mean = fmean(s.difference for s in both)
    how = "about the same as the client" if abs(mean) < 0.05 else ""
    if not how:
        how = f"{phrases.number(abs(mean))} {'higher' if mean > 0 else 'lower'} than the client on average"
    return f"Over {phrases.count(len(both), 'session')} rated by both you rated {how}."
