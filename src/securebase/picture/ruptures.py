"""Ruptures: those a person marked, and those that the ratings show, joined and followed until they are repaired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from securebase.picture.parts import Repair, RuptureMark
from securebase.records.episode import RuptureRecord

#: One-sided 5% point of the normal distribution: how often an ordinary session is flagged falsely.
FALSE_ALARM_LIMIT = 1.6448536269514722
#: A rating is back where it was expected when it is within the middle half of that expectation.
RETURN_LIMIT = 0.6744897501960817
#: Earlier ratings needed before one can be lower than expected *for this client*.
EARLIER_RATINGS = 2


@dataclass(frozen=True, slots=True)
class ForecastRating:
    """An alliance rating with what the model expected one step ahead, from earlier reports only."""

    at: float
    session: int | None
    value: float
    expected: float
    sd: float

    @property
    def limit(self) -> float:
        """Below this the rating is a rupture."""
        return self.expected - FALSE_ALARM_LIMIT * self.sd

    @property
    def back_at(self) -> float:
        """From this value on a later rating counts as returned."""
        return self.expected - RETURN_LIMIT * self.sd


def ruptures(
    ratings: Sequence[ForecastRating],
    marked: Sequence[RuptureRecord],
    *,
    as_of: float,
    session_at: Mapping[int, float] | None = None,
) -> tuple[RuptureMark, ...]:
    """Every rupture in order of time; one that was marked lies at its session (`session_at`: number → day).

    While one is open, further low ratings belong to it. It closes when a repair was recorded, or at the first later
    rating that is back where ratings had been expected when it began.
    """
    known = [m for m in marked if m.at <= as_of]
    found: list[RuptureMark] = []
    open_until = float("-inf")
    for position, rating in enumerate(ratings):
        low = position >= EARLIER_RATINGS and rating.value < rating.limit
        if not low or rating.at <= open_until:
            continue
        mark = _follow(rating, ratings[position + 1 :], _mark_of(rating, known), as_of)
        found.append(mark)
        open_until = mark.repaired_at if mark.repaired_at is not None else float("inf")
    seen = {(m.session, m.marked) for m in found if m.marked}
    at = session_at or {}
    alone = [
        _marked_only(replace(m, at=at.get(m.session or -1, m.at)), ratings, as_of)
        for m in known
        if (m.session, m.kind.label.lower()) not in seen
    ]
    return tuple(sorted([*found, *alone], key=lambda m: m.at))


def _mark_of(rating: ForecastRating, marked: Sequence[RuptureRecord]) -> RuptureRecord | None:
    same = [m for m in marked if m.session is not None and m.session == rating.session]
    return same[0] if same else None


def _follow(
    rating: ForecastRating, later: Sequence[ForecastRating], marked: RuptureRecord | None, as_of: float
) -> RuptureMark:
    mark = RuptureMark(
        at=rating.at,
        session=rating.session,
        marked=marked.kind.label.lower() if marked else None,
        value=rating.value,
        expected=rating.expected,
        limit=rating.limit,
        repair=Repair.OPEN,
    )
    closings: list[tuple[float, Repair, int | None]] = []
    if marked and marked.repaired_at is not None and marked.repaired_at <= as_of:
        closings.append((marked.repaired_at, Repair.RECORDED, None))
    back = next((r for r in later if r.value >= rating.back_at), None)
    if back is not None:
        closings.append((back.at, Repair.RETURNED, back.session))
    at, how, session = min(closings, key=lambda c: c[0]) if closings else (None, Repair.OPEN, None)
    lowest = min((r for r in (rating, *later) if at is None or r.at < at), key=lambda r: r.value)
    return replace(
        mark,
        repair=how,
        repaired_at=at,
        repaired_session=session,
        lowest=lowest.value,
        lowest_at=lowest.at,
        lowest_session=lowest.session,
    )


def _marked_only(marked: RuptureRecord, ratings: Sequence[ForecastRating], as_of: float) -> RuptureMark:
    """A rupture that somebody marked though no rating shows it: only a recorded repair closes it."""
    value = next((r.value for r in ratings if marked.session is not None and r.session == marked.session), None)
    repaired = marked.repaired_at is not None and marked.repaired_at <= as_of
    return RuptureMark(
        at=marked.at,
        session=marked.session,
        marked=marked.kind.label.lower(),
        value=value,
        expected=None,
        limit=None,
        repair=Repair.RECORDED if repaired else Repair.OPEN,
        repaired_at=marked.repaired_at if repaired else None,
    )
