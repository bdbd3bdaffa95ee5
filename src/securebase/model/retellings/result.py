"""The result of a fit of retellings: estimates with intervals, and whether two routes can be told apart."""

from __future__ import annotations

from dataclasses import dataclass

from securebase.errors import Advice
from securebase.model.retellings.parameters import RetellingParameters

#: Stories with a gap of two weeks or more below which habituation and learning are not told apart: with weekly gaps
#: alone only the product of return and pause is identified.
MIN_SPACED_STORIES = 60


@dataclass(frozen=True, slots=True)
class RetellingEstimate:
    """An estimate with its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class RetellingFit:
    """Pooled estimates of distress over retellings.

    Parameters
    ----------
    outcome : Advice
        “converged”, or why there are no estimates (“too_few”, “not_converged”), with what to do.
    n_stories, n_clients, n_retellings, n_spaced : int
        Stories, clients, retellings, and stories with a gap of two weeks or more.
    level : float
        Level of the intervals.
    within : RetellingEstimate or None
        Share of the peak that a typical story loses within a retelling (habituation).
    returns : RetellingEstimate or None
        Share of that fall that comes back after a long pause, before any learning.
    learned : RetellingEstimate or None
        Factor by which each retelling multiplies later return; below 1, less comes back each time (learning).
    parameters : RetellingParameters or None
        All parameters, among them the SDs between stories.

    References
    ----------
    Pinheiro, J. C., & Bates, D. M. (1995). Approximations to the log-likelihood function in the nonlinear
    mixed-effects model. Journal of Computational and Graphical Statistics, 4, 12–35.

    Examples
    --------
    >>> import securebase
    >>> rows = [securebase.RetellingRow("the fire", "c1", 7.0 * k, 80.0 - 9.0 * k, 50.0) for k in range(3)]
    >>> fit = securebase.fit_retellings(rows)
    >>> fit.outcome.kind, fit.within
    ('too_few', None)
    """

    outcome: Advice
    n_stories: int
    n_clients: int
    n_retellings: int
    n_spaced: int
    level: float
    within: RetellingEstimate | None = None
    returns: RetellingEstimate | None = None
    learned: RetellingEstimate | None = None
    parameters: RetellingParameters | None = None

    @property
    def not_told_apart(self) -> str:
        """Reason why habituation and learning cannot be told apart; empty where they can."""
        if self.learned is None:
            return "there are no estimates"
        if self.n_spaced < MIN_SPACED_STORIES:
            return (
                f"{self.n_spaced} stories have a gap of two weeks or more between retellings (at least "
                f"{MIN_SPACED_STORIES} are needed)"
            )
        if self.learned.low <= 1.0 <= self.learned.high:
            return "the interval of the learning factor includes 1, no change from one retelling to the next"
        return ""
