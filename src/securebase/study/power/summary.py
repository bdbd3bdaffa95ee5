"""Summary of the replications of one design. No fit is dropped silently: every figure states its denominator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from securebase.model.distributions import beta_quantile, normal_quantile
from securebase.study.power.plan import PowerDesign
from securebase.study.power.replicate import Replication


@dataclass(frozen=True, slots=True)
class Proportion:
    """`count` of `total`, with the exact binomial 95% interval (Clopper and Pearson 1934) as Monte Carlo error."""

    count: int
    total: int

    @property
    def value(self) -> float | None:
        return self.count / self.total if self.total else None

    @property
    def lower(self) -> float:
        return beta_quantile(0.025, self.count, self.total - self.count + 1) if self.count else 0.0

    @property
    def upper(self) -> float:
        if self.count >= self.total:
            return 1.0
        return beta_quantile(0.975, self.count + 1, self.total - self.count)

    @property
    def standard_error(self) -> float | None:
        """Binomial standard error √(p (1 − p) / n)."""
        p = self.value
        return None if p is None else float(np.sqrt(p * (1 - p) / self.total))


@dataclass(frozen=True, slots=True)
class Cell:
    """One design with its results.

    planned, completed: replications. outcomes: how a fit ended → number of fits. below, above: converged fits whose
    interval lies entirely below or above zero; `boundary_below` and `boundary_above` the same of fits at a boundary,
    which power does not count. Figures from `bias` on are over the `n_intervals` fits with an interval, converged or
    at a boundary; None if there are none. `bias_se` is the Monte Carlo standard error of the bias, `empirical_se`
    the standard deviation of the estimates, `coverage` the intervals that contain the true effect.
    """

    design: PowerDesign
    planned: int
    completed: int
    outcomes: Mapping[str, int]
    below: int
    above: int
    boundary_below: int
    boundary_above: int
    n_intervals: int
    bias: float | None
    bias_se: float | None
    empirical_se: float | None
    mean_se: float | None
    median_se: float | None
    mean_width: float | None
    coverage: Proportion

    @property
    def irregular(self) -> int:
        """Fits that did not converge regularly; power counts them as not detected."""
        return self.completed - self.outcomes.get("converged", 0)

    @property
    def power(self) -> Proportion | None:
        """Intervals beyond zero on the side of the effect, of all completed replications; None for a zero effect."""
        effect = self.design.setting.effect
        return None if effect == 0 else Proportion(self.below if effect < 0 else self.above, self.completed)

    @property
    def power_with_boundary(self) -> Proportion | None:
        """Power if fits at a boundary counted too."""
        effect = self.design.setting.effect
        if effect == 0:
            return None
        at_boundary = self.boundary_below if effect < 0 else self.boundary_above
        return Proportion((self.below if effect < 0 else self.above) + at_boundary, self.completed)

    @property
    def wrong_sign(self) -> Proportion | None:
        """Intervals beyond zero on the other side, of all completed replications; None for a zero effect."""
        effect = self.design.setting.effect
        return None if effect == 0 else Proportion(self.above if effect < 0 else self.below, self.completed)

    @property
    def false_positives(self) -> Proportion | None:
        """Type I errors, for a zero effect: intervals beyond zero on either side, of all completed replications."""
        return Proportion(self.below + self.above, self.completed) if self.design.setting.effect == 0 else None


def summarise_design(design: PowerDesign, replications: Sequence[Replication], *, planned: int, alpha: float) -> Cell:
    """Summarise the replications of a design; intervals are estimate ± z · standard error."""
    z, true_effect = -normal_quantile(alpha / 2), design.setting.effect
    with_interval = [(r.estimate, r.standard_error, r.outcome) for r in replications if r.standard_error is not None]
    b = np.array([estimate for estimate, _, _ in with_interval], dtype=np.float64)
    se = np.array([error for _, error, _ in with_interval], dtype=np.float64)
    converged = np.array([outcome == "converged" for _, _, outcome in with_interval], dtype=bool)
    below, above = b + z * se < 0, b - z * se > 0
    n = len(b)
    sd = float(b.std(ddof=1)) if n > 1 else None
    return Cell(
        design=design,
        planned=planned,
        completed=len(replications),
        outcomes=dict(sorted(Counter(r.outcome for r in replications).items())),
        below=int((below & converged).sum()),
        above=int((above & converged).sum()),
        boundary_below=int((below & ~converged).sum()),
        boundary_above=int((above & ~converged).sum()),
        n_intervals=n,
        bias=float(b.mean() - true_effect) if n else None,
        bias_se=None if sd is None else sd / float(np.sqrt(n)),
        empirical_se=sd,
        mean_se=float(se.mean()) if n else None,
        median_se=float(np.median(se)) if n else None,
        mean_width=float(2 * z * se.mean()) if n else None,
        coverage=Proportion(int((np.abs(b - true_effect) <= z * se).sum()), n),
    )
