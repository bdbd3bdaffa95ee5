"""Ruptures marked by a person or detected in the ratings, merged and followed until their repair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from securebase.picture.parts import Repair, RuptureMark
from securebase.records.episode import RuptureRecord

#: One-sided 5% point of the normal distribution: the false-alarm rate per ordinary session.
FALSE_ALARM_LIMIT = 1.6448536269514722
#: Quartile of the normal distribution: a rating above the lower quartile of the prediction has returned.
RETURN_LIMIT = 0.6744897501960817
#: Earlier ratings needed before a rating can be low for this client.
EARLIER_RATINGS = 2


@dataclass(frozen=True, slots=True)
class ForecastRating:
    """An alliance rating with its one-step-ahead prediction from earlier reports only."""

    at: float
    session: int | None
    value: float
    expected: float
    sd: float

    @property
    def limit(self) -> float:
        """Value below which the rating counts as a rupture."""
        return self.expected - FALSE_ALARM_LIMIT * self.sd

    @property
    def return_level(self) -> float:
        """Value from which a later rating counts as returned."""
        return self.expected - RETURN_LIMIT * self.sd


def ruptures(
    ratings: Sequence[ForecastRating],
    marked: Sequence[RuptureRecord],
    *,
    as_of: float,
    session_at: Mapping[int, float] | None = None,
) -> tuple[RuptureMark, ...]:
    """Return all ruptures in order of time; a marked one is dated by its session (`session_at`: number → day).

    While a rupture is open, further low ratings belong to it. It closes at a recorded repair, or at the first later
    rating that has returned to the level predicted when the rupture began.
    """
    past_marks = [m for m in marked if m.at <= as_of]
    detected: list[RuptureMark] = []
    open_until = float("-inf")
    for position, rating in enumerate(ratings):
        low = position >= EARLIER_RATINGS and rating.value < rating.limit
        if not low or rating.at <= open_until:
            continue
        mark = _follow_rupture(rating, ratings[position + 1 :], _find_mark(rating, past_marks), as_of)
        detected.append(mark)
        open_until = mark.repaired_at if mark.repaired_at is not None else float("inf")
    merged = {(m.session, m.marked) for m in detected if m.marked}
    at = session_at or {}
    marked_only = [
        _mark_without_rating(replace(m, at=at.get(m.session or -1, m.at)), ratings, as_of)
        for m in past_marks
        if (m.session, m.kind.label.lower()) not in merged
    ]
    return tuple(sorted([*detected, *marked_only], key=lambda m: m.at))


def _find_mark(rating: ForecastRating, marked: Sequence[RuptureRecord]) -> RuptureRecord | None:
    session_marks = [m for m in marked if m.session is not None and m.session == rating.session]
    return session_marks[0] if session_marks else None


def _follow_rupture(
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
    back = next((r for r in later if r.value >= rating.return_level), None)
    if back is not None:
        closings.append((back.at, Repair.RETURNED, back.session))
    at, repair, session = min(closings, key=lambda c: c[0]) if closings else (None, Repair.OPEN, None)
    lowest = min((r for r in (rating, *later) if at is None or r.at < at), key=lambda r: r.value)
    return replace(
        mark,
        repair=repair,
        repaired_at=at,
        repaired_session=session,
        lowest=lowest.value,
        lowest_at=lowest.at,
        lowest_session=lowest.session,
    )


def _mark_without_rating(marked: RuptureRecord, ratings: Sequence[ForecastRating], as_of: float) -> RuptureMark:
    """Return a rupture that a person marked and no rating shows; only a recorded repair closes it."""
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
