"""Retellings of one event: peak distress, fall within a retelling, and change from one retelling to the next.

They serve the claims that emotions must be experienced and expressed (S42), that repeated talk lowers fear (S43), by
habituation (S44), by extinction, marked by a return of fear (S45), by practice (S46), by revising the story (S47) or by
adding positive feelings (S48). Every figure is a difference of two entries or a slope over them. Distress that falls
over retellings fits habituation, but also time, a better week or a shorter retelling; habituation as the mechanism is
a hypothesis (S44).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import fmean, linear_regression

from securebase.ipt.shelf import entries_with
from securebase.ipt.worksheet import WorksheetRole
from securebase.records.episode import EpisodeRecord

#: Minimum number of retellings for a slope: two points always lie on a line.
MIN_FOR_SLOPE = 3


@dataclass(frozen=True, slots=True)
class RatedRetelling:
    """One retelling.

    at: days since the episode began. peak, end: highest and final distress, 0 to 100 (end is None if not asked).
    positive, negative: good and painful feelings, 0 to 10. rebound: peak − end of the retelling before, the distress
    that returned in between; negative if the peak stayed below that end.
    """

    id: str
    at: float
    session: int | None
    peak: float
    end: float | None = None
    positive: float | None = None
    negative: float | None = None
    tones: tuple[str, ...] = ()
    rebound: float | None = None

    @property
    def fall(self) -> float | None:
        """Fall of distress within the retelling, peak − end."""
        return None if self.end is None else self.peak - self.end

    @property
    def balance(self) -> float | None:
        """Good minus painful feelings, −10 to 10."""
        if self.positive is None or self.negative is None:
            return None
        return self.positive - self.negative


@dataclass(frozen=True, slots=True)
class RetellingSeries:
    """All retellings of one event in order. `name` is spelt as in the last one."""

    name: str
    tellings: tuple[RatedRetelling, ...]

    @property
    def fall(self) -> float | None:
        """Mean fall within a retelling; None if no retelling has both peak and end."""
        falls = [t.fall for t in self.tellings if t.fall is not None]
        return fmean(falls) if falls else None

    @property
    def slope(self) -> float | None:
        """Least-squares slope of the peak per retelling; None below three retellings."""
        if len(self.tellings) < MIN_FOR_SLOPE:
            return None
        return linear_regression(range(len(self.tellings)), [t.peak for t in self.tellings]).slope

    @property
    def rebound(self) -> float | None:
        """Mean return of distress between two retellings; None without such a pair."""
        rebounds = [t.rebound for t in self.tellings if t.rebound is not None]
        return fmean(rebounds) if rebounds else None

    @property
    def balances(self) -> tuple[float, float] | None:
        """Balance of the first and the last retelling that rate both feelings; None below two of them."""
        balances = [t.balance for t in self.tellings if t.balance is not None]
        return (balances[0], balances[-1]) if len(balances) > 1 else None


def retelling_series(record: EpisodeRecord) -> tuple[RetellingSeries, ...]:
    """Group the retellings by event, ignoring case and spacing, the series told last first.

    Retellings without a name or a peak are left out.
    """
    grouped: dict[str, list[tuple[str, RatedRetelling]]] = {}
    artefacts = entries_with(record, WorksheetRole.RETELLING)
    for artefact in sorted(artefacts, key=lambda a: (_day(record, a.session, a.begun_at), a.begun_at)):
        name, peak = " ".join(artefact.text("story").split()), artefact.number("peak")
        if not name or peak is None:
            continue
        retelling = RatedRetelling(
            id=artefact.id,
            at=_day(record, artefact.session, artefact.begun_at),
            session=artefact.session,
            peak=peak,
            end=artefact.number("end_distress"),
            positive=artefact.number("positive"),
            negative=artefact.number("negative"),
            tones=artefact.choices("positive_tones"),
        )
        grouped.setdefault(name.casefold(), []).append((name, retelling))
    series = [RetellingSeries(group[-1][0], _add_rebounds([t for _, t in group])) for group in grouped.values()]
    return tuple(sorted(series, key=lambda s: -s.tellings[-1].at))


def _day(record: EpisodeRecord, session: int | None, otherwise: float) -> float:
    """Return the day of the session of a retelling, or the day it was written down if it belongs to none."""
    return next((s.at for s in record.sessions if s.number == session), otherwise)


def _add_rebounds(retellings: Sequence[RatedRetelling]) -> tuple[RatedRetelling, ...]:
    rebounds = [None if before.end is None else after.peak - before.end for before, after in pairwise(retellings)]
    return (*retellings[:1], *(replace(t, rebound=r) for t, r in zip(retellings[1:], rebounds, strict=True)))


# ---- in words --------------------------------------------------------------------------------------------------------
#: Shown on the page that draws retellings; a line elsewhere links to it.
CAVEAT = (
    "Distress that falls over retellings fits habituation, but also time, a better week or a shorter retelling. "
    "Habituation as the mechanism is a hypothesis. Strong emotion alone is not a sign of progress."
)


def series_in_words(series: RetellingSeries) -> list[str]:
    """Return sentences about one series, including what cannot be said yet."""
    n, first, last = len(series.tellings), series.tellings[0], series.tellings[-1]
    if n == 1:
        sentences = [f"Peak distress {first.peak:g}. Changes are shown from the second retelling."]
    else:
        sentences = [f"Peak distress {first.peak:g} at the first retelling, {last.peak:g} at the last of {n}."]
    if series.slope is not None:
        sentences.append(f"Trend in peak distress: {_signed_number(series.slope)} per retelling (straight line).")
    elif n > 1:
        sentences.append("A trend is shown from the third retelling.")
    if series.fall is not None:
        direction = "fell" if series.fall >= 0 else "rose"
        sentences.append(f"Within a retelling, distress {direction} by {abs(series.fall):.0f} on average.")
    if series.rebound is not None:
        sentences.append(_rebound_in_words(series.rebound))
    if series.balances is not None:
        first_text, last_text = map(_signed_number, series.balances)
        sentences.append(f"Positive minus painful feelings: {first_text} at first, {last_text} at last.")
    return sentences


def retold_line(record: EpisodeRecord) -> str:
    """Return one line about the story that was retold last; empty if none was told twice."""
    series = next((s for s in retelling_series(record) if len(s.tellings) > 1), None)
    if series is None:
        return ""
    n = len(series.tellings)
    times = {2: "twice"}.get(n, f"{n} times")
    peaks = f"peak distress {series.tellings[0].peak:g} the first time, {series.tellings[-1].peak:g} the last"
    return f"“{series.name}”, {times}: {peaks}."


def _rebound_in_words(rebound: float) -> str:
    if rebound > 0:
        return f"Between retellings, distress rebounded by {rebound:.0f} on average."
    return "On average, distress did not rebound between retellings."


def _signed_number(value: float) -> str:
    text = f"{value:+.0f}".replace("-", "−")
    return "0" if text in {"+0", "−0"} else text
