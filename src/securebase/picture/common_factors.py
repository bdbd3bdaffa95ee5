"""Common factors rated by the client: hope, alliance, felt understood, positive regard, agreement on goals.

Each is split into the client's own mean (trait-like) and the last rating's distance from it (state-like), where there
are enough ratings. These are descriptions of one client's ratings; nothing is estimated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from securebase.picture.phrases import count, number, shown_difference, signed_number
from securebase.records.episode import ScoreRecord
from securebase.records.vocabulary import Respondent

#: Factors in the order of the panel, with their constructs.
FACTORS = {
    "Hope": "hope",
    "Alliance": "alliance",
    "Felt understood": "felt_understood",
    "Positive regard": "positive_regard",
    "Agreement on goals": "goal_consensus",
}
#: Ratings needed for the own mean and the distance from it, as for a baseline of the picture.
MIN_RATINGS = 6


@dataclass(frozen=True, slots=True)
class CommonFactor:
    """One factor: its ratings in order of time on the scale asked most often, of equals the one begun last."""

    name: str
    ratings: tuple[float, ...] = ()

    @property
    def mean(self) -> float | None:
        """The client's own mean; None with too few ratings."""
        return fmean(self.ratings) if len(self.ratings) >= MIN_RATINGS else None

    @property
    def state(self) -> float | None:
        """The last rating less the own mean, both as displayed; None with too few ratings."""
        return None if self.mean is None else shown_difference(self.mean, self.ratings[-1])


def common_factors(scores: Iterable[ScoreRecord]) -> tuple[CommonFactor, ...]:
    """Return all factors from a course's scores; one that was never asked has no ratings."""
    by_client = sorted((s for s in scores if s.respondent is Respondent.CLIENT), key=lambda s: s.at)
    factors = []
    for name, construct in FACTORS.items():
        own = [s for s in by_client if s.construct == construct]
        counts = Counter((s.instrument, s.scale) for s in own)
        chosen = max(reversed(counts), key=lambda measure: counts[measure], default=None)
        factors.append(CommonFactor(name, tuple(s.value for s in own if (s.instrument, s.scale) == chosen)))
    return tuple(factors)


def factor_facts(factors: Sequence[CommonFactor]) -> tuple[tuple[str, str], ...]:
    """Return name and description of each factor."""
    return tuple((factor.name, _describe(factor)) for factor in factors)


def _describe(factor: CommonFactor) -> str:
    """Return a phrase such as “9, 1.1 above own mean of 7.9 (SD 0.8, n = 14)”."""
    if not factor.ratings:
        return "not asked yet"
    last, mean, state = factor.ratings[-1], factor.mean, factor.state
    if mean is None or state is None:
        first = "" if len(factor.ratings) == 1 else f"{number(factor.ratings[0])} → "
        return f"{first}{number(last)} ({count(len(factor.ratings), 'rating')})"
    side = f"{number(abs(state))} {'above' if state > 0 else 'below'}" if state else "at"
    spread, n = number(stdev(factor.ratings)), len(factor.ratings)
    return f"{number(last)}, {side} own mean of {number(mean)} (SD {spread}, n = {n})"


def factors_line(factors: Sequence[CommonFactor]) -> str:
    """Return one line on the last ratings (without alliance) minus own means; empty with too few ratings."""
    rated = [(f.name.lower(), f.state) for f in factors if f.name != "Alliance"]
    states = [f"{name} {signed_number(state)}" for name, state in rated if state is not None]
    return f"Last ratings minus own means: {', '.join(states)}." if states else ""
