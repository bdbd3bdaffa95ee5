"""What the replications of one design add up to. No fit is left out in silence: every figure says what it is over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from securebase.study.power.plan import PowerDesign
from securebase.study.power.replicate import Replication


@dataclass(frozen=True, slots=True)
class Proportion:
    """`count` of `of`, with the exact binomial interval of 95% (Clopper and Pearson 1934): the Monte Carlo error."""

    count: int
    of: int

    @property
    def value(self) -> float | None:
        return self.count / self.of if self.of else None

    @property
    def lower(self) -> float:
        return float(stats.beta.ppf(0.025, self.count, self.of - self.count + 1)) if self.count else 0.0

    @property
    def upper(self) -> float:
        return float(stats.beta.ppf(0.975, self.count + 1, self.of - self.count)) if self.count < self.of else 1.0

    @property
    def standard_error(self) -> float | None:
        """Of the share, by the binomial."""
        share = self.value
        return None if share is None else float(np.sqrt(share * (1 - share) / self.of))


@dataclass(frozen=True, slots=True)
class Cell:
    """One design and what came out.

    `below` and `above`: converged fits whose interval lies wholly below or above zero; `boundary_below` and
    `boundary_above` the same of fits that ended at a boundary, which power does not count. Figures from `bias` on are
    over the `intervals` fits that gave an interval, converged or at a boundary; None where there are none.
    """

    design: PowerDesign
    asked: int
    done: int
    outcomes: Mapping[str, int]
    below: int
    above: int
    boundary_below: int
    boundary_above: int
    intervals: int
    bias: float | None
    bias_error: float | None
    empirical_se: float | None
    mean_se: float | None
    median_se: float | None
    mean_width: float | None
    covered: Proportion

    @property
    def irregular(self) -> int:
        """Fits that did not converge in every sense; power counts them as not detected."""
        return self.done - self.outcomes.get("converged", 0)

    @property
    def power(self) -> Proportion | None:
        """Intervals beyond zero on the side of the effect, of all replications done; None where the effect is zero."""
        effect = self.design.setting.effect
        return None if effect == 0 else Proportion(self.below if effect < 0 else self.above, self.done)

    @property
    def power_with_boundary(self) -> Proportion | None:
        """The same if fits that ended at a boundary were read as well."""
        effect = self.design.setting.effect
        if effect == 0:
            return None
        more = self.boundary_below if effect < 0 else self.boundary_above
        return Proportion((self.below if effect < 0 else self.above) + more, self.done)

    @property
    def wrong_sign(self) -> Proportion | None:
        """Intervals beyond zero on the other side, of all replications done; None where the effect is zero."""
        effect = self.design.setting.effect
        return None if effect == 0 else Proportion(self.above if effect < 0 else self.below, self.done)

    @property
    def false_alarms(self) -> Proportion | None:
        """Where the effect is zero: intervals beyond zero on either side, of all replications done."""
        return Proportion(self.below + self.above, self.done) if self.design.setting.effect == 0 else None

    @property
    def se_ratio(self) -> float | None:
        """Mean standard error as a share of the spread that the estimates really have."""
        return self.mean_se / self.empirical_se if self.mean_se is not None and self.empirical_se else None


def cell(design: PowerDesign, found: Sequence[Replication], *, asked: int, alpha: float) -> Cell:
    """Sums up the replications of a design; intervals are estimate ± z · standard error."""
    z, truth = float(stats.norm.isf(alpha / 2)), design.setting.effect
    with_error = [(r.estimate, r.standard_error, r.outcome) for r in found if r.standard_error is not None]
    b = np.array([estimate for estimate, _, _ in with_error], dtype=np.float64)
    se = np.array([error for _, error, _ in with_error], dtype=np.float64)
    regular = np.array([outcome == "converged" for _, _, outcome in with_error], dtype=bool)
    below, above = b + z * se < 0, b - z * se > 0
    n, several = len(b), len(b) > 1
    spread = float(b.std(ddof=1)) if several else None
    return Cell(
        design=design,
        asked=asked,
        done=len(found),
        outcomes=dict(sorted(Counter(r.outcome for r in found).items())),
        below=int((below & regular).sum()),
        above=int((above & regular).sum()),
        boundary_below=int((below & ~regular).sum()),
        boundary_above=int((above & ~regular).sum()),
        intervals=n,
        bias=float(b.mean() - truth) if n else None,
        bias_error=None if spread is None else spread / float(np.sqrt(n)),
        empirical_se=spread,
        mean_se=float(se.mean()) if n else None,
        median_se=float(np.median(se)) if n else None,
        mean_width=float(2 * z * se.mean()) if n else None,
        covered=Proportion(int((np.abs(b - truth) <= z * se).sum()), n),
    )
