"""Shares of persons with their intervals, differences of two shares, and the number needed to treat."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, inf

from securebase.model.distributions import normal_quantile, score_interval

_Z = normal_quantile(0.975)


@dataclass(frozen=True, slots=True)
class PersonShare:
    """`count` of `total` persons, with the 95% score interval of the share (Wilson 1927)."""

    count: int
    total: int
    estimate: float
    lower: float
    upper: float

    @classmethod
    def of_count(cls, count: int, total: int) -> PersonShare | None:
        """Return the share, or None of nobody."""
        if not total:
            return None
        return cls(count, total, count / total, *score_interval(count / total, total, _Z))


@dataclass(frozen=True, slots=True)
class ShareDifference:
    """Difference of two independent shares with its 95% interval: hybrid score, method 10 of Newcombe (1998).

        lower = d − √((p₁ − l₁)² + (u₂ − p₂)²),    upper = d + √((u₁ − p₁)² + (p₂ − l₂)²)

    with d = p₁ − p₂ and the score intervals (l, u) of both shares.
    """

    estimate: float
    lower: float
    upper: float

    @classmethod
    def between(cls, first: PersonShare, second: PersonShare) -> ShareDifference:
        """Return first − second."""
        d = first.estimate - second.estimate
        return cls(
            d,
            d - hypot(first.estimate - first.lower, second.upper - second.estimate),
            d + hypot(first.upper - first.estimate, second.estimate - second.lower),
        )

    @property
    def sign(self) -> int:
        """1 or −1 if the interval lies on one side of 0, else 0."""
        return int(self.lower > 0) - int(self.upper < 0)


@dataclass(frozen=True, slots=True)
class NumberNeeded:
    """The number needed to treat for one person to benefit (above 0) or to be harmed (below 0).

    It is 1 ÷ difference, so that no difference is infinity. benefit, harm: the limits of the 95% interval, each None
    where it lies on the other side. An interval with both reaches from the one through infinity to the other (Altman
    1998).
    """

    estimate: float
    benefit: tuple[float, float] | None
    harm: tuple[float, float] | None

    @classmethod
    def of_difference(cls, difference: ShareDifference) -> NumberNeeded:
        """Return the number needed to treat of a difference that is above 0 where persons benefit."""
        d, lower, upper = difference.estimate, difference.lower, difference.upper
        benefit = (1 / upper, 1 / lower if lower > 0 else inf) if upper > 0 else None
        harm = (-1 / lower, -1 / upper if upper < 0 else inf) if lower < 0 else None
        return cls(1 / d if d else inf, benefit, harm)
