"""Tellings of one event over time: how high distress rose, where it ended, what it did from one telling to the next.

Claims that are served: emotions have to be lived and voiced (S42), repeated talk lowers fear (S43), by habituation
(S44) or by extinction, whose mark is that fear comes back (S45), practice (S46), revising the story (S47), mixing in
good tones (S48). Everything here is a difference of two entries or a slope over them. That distress falls over tellings
fits habituation; it also fits time, a better week or a shorter telling. Habituation as the route is a hypothesis (S44).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, linear_regression

from securebase.records.episode import EpisodeRecord

#: The worksheet that is read here.
WORKSHEET = "telling"
#: Tellings from which a slope is said: two points always lie on a line.
MIN_FOR_SLOPE = 3


@dataclass(frozen=True, slots=True)
class RatedRetelling:
    """One telling. peak, end: distress 0 to 100 at its highest and at the end (None where it was not asked). positive,
    negative: good and painful feelings, 0 to 10. at: days since the episode began.

    within: peak − end, how far distress fell by the end of the telling. back: peak − end of the telling before, how
    much had come back since; below 0 where it stayed under where the last one ended.
    """

    id: str
    at: float
    session: int | None
    peak: float
    end: float | None = None
    positive: float | None = None
    negative: float | None = None
    tones: tuple[str, ...] = ()
    back: float | None = None

    @property
    def within(self) -> float | None:
        return None if self.end is None else self.peak - self.end

    @property
    def balance(self) -> float | None:
        """Good less painful feelings, −10 to 10."""
        if self.positive is None or self.negative is None:
            return None
        return self.positive - self.negative


@dataclass(frozen=True, slots=True)
class RetellingSeries:
    """Every telling of one event, first one first. `name` as it was written last."""

    name: str
    tellings: tuple[RatedRetelling, ...]

    @property
    def within(self) -> float | None:
        """Mean fall within a telling; None where no telling has both."""
        falls = [t.within for t in self.tellings if t.within is not None]
        return fmean(falls) if falls else None

    @property
    def between(self) -> float | None:
        """Peak of the last telling less that of the first; None for one telling."""
        return self.tellings[-1].peak - self.tellings[0].peak if len(self.tellings) > 1 else None

    @property
    def slope(self) -> float | None:
        """Change of the peak from one telling to the next, least squares over their order; None below three."""
        if len(self.tellings) < MIN_FOR_SLOPE:
            return None
        return linear_regression(range(len(self.tellings)), [t.peak for t in self.tellings]).slope

    @property
    def back(self) -> float | None:
        """Mean of what had come back between two tellings; None where it cannot be told."""
        found = [t.back for t in self.tellings if t.back is not None]
        return fmean(found) if found else None

    @property
    def balances(self) -> tuple[float, float] | None:
        """Good less painful feelings at the first and the last telling that say both; None below two of them."""
        found = [t.balance for t in self.tellings if t.balance is not None]
        return (found[0], found[-1]) if len(found) > 1 else None


def retelling_series(record: EpisodeRecord) -> tuple[RetellingSeries, ...]:
    """Tellings grouped by the event they tell (capital letters and spaces aside), the story told last first.

    A telling without a name or without its peak is in none.
    """
    grouped: dict[str, list[tuple[str, RatedRetelling]]] = {}
    for one in sorted(
        record.artefacts_of(WORKSHEET), key=lambda a: (_moment(record, a.session, a.begun_at), a.begun_at)
    ):
        name, peak = " ".join(one.text("story").split()), one.number("peak")
        if not name or peak is None:
            continue
        told = RatedRetelling(
            id=one.id,
            at=_moment(record, one.session, one.begun_at),
            session=one.session,
            peak=peak,
            end=one.number("end_distress"),
            positive=one.number("positive"),
            negative=one.number("negative"),
            tones=one.choices("positive_tones"),
        )
        grouped.setdefault(name.casefold(), []).append((name, told))
    made = [RetellingSeries(group[-1][0], _with_what_came_back([t for _, t in group])) for group in grouped.values()]
    return tuple(sorted(made, key=lambda s: -s.tellings[-1].at))


def _moment(record: EpisodeRecord, session: int | None, otherwise: float) -> float:
    """The day of the session it was told in; the day it was written down, where it belongs to none."""
    return next((s.at for s in record.sessions if s.number == session), otherwise)


def _with_what_came_back(told: Sequence[RatedRetelling]) -> tuple[RatedRetelling, ...]:
    made = list(told[:1])
    for before, now in pairwise(told):
        back = None if before.end is None else now.peak - before.end
        made.append(
            RatedRetelling(now.id, now.at, now.session, now.peak, now.end, now.positive, now.negative, now.tones, back)
        )
    return tuple(made)


# ---- in words --------------------------------------------------------------------------------------------------------
#: Said beside every figure of tellings.
CAVEAT = (
    "Distress that falls over tellings fits habituation. It also fits time, a better week or a shorter telling; that "
    "habituation is the route is a hypothesis. Strong feeling alone is no sign of progress."
)


def series_in_words(story: RetellingSeries) -> list[str]:
    """What can be said of one story, in plain sentences; what cannot be told yet says so."""
    n, first, last = len(story.tellings), story.tellings[0], story.tellings[-1]
    if n == 1:
        said = [f"Told once, with distress up to {first.peak:g}. What changes shows from the second telling on."]
    else:
        said = [f"Highest distress {first.peak:g} at the first telling, {last.peak:g} at the last of {n}."]
    if story.slope is not None:
        said.append(f"That is {_signed(story.slope)} a telling, as a straight line through all of them.")
    elif n > 1:
        said.append("A slope is said from the third telling on.")
    if story.within is not None:
        said.append(f"Within a telling it fell by {story.within:.0f} on average.")
    if story.back is not None:
        said.append(_came_back(story.back))
    if story.balances is not None:
        a, b = story.balances
        said.append(f"Good less painful feelings: {_signed(a)} at first, {_signed(b)} at the last telling.")
    return said


def _came_back(back: float) -> str:
    if back > 0:
        return f"By the next telling {back:.0f} had come back on average, above where the last one ended."
    return "On average the next telling did not rise above where the last one ended."


def _signed(value: float) -> str:
    whole = f"{value:+.0f}".replace("-", "−")
    return "0" if whole in {"+0", "−0"} else whole
