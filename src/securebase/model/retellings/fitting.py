"""Fit the model of retellings: penalised marginal likelihood, with errors that survive its misfit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, stdtrit

from securebase.errors import Advice, InputError
from securebase.model.estimation.optimise import Iterate, bfgs, forward_difference_hessian, hessian
from securebase.model.parameters import Array
from securebase.model.retellings.likelihood import PAUSE_DAYS, StoryLikelihood, story_likelihood
from securebase.model.retellings.parameters import (
    LOG_LEARNED,
    RETURNS,
    RETURNS_SD,
    SIZE,
    WITHIN,
    WITHIN_SD,
    RetellingParameters,
    from_vector,
    to_vector,
)
from securebase.model.retellings.quadrature import QuadraturePoints, marginal, place_points
from securebase.model.retellings.result import RetellingEstimate, RetellingFit
from securebase.model.retellings.table import UNIT, RetellingRow, StoryTable, story_table

#: Stories with three retellings or more, and a rated end, below which nothing is estimated. A judgement.
MIN_STORIES = 20
MIN_RETELLINGS = 3
#: SD of the half-normal priors of both SDs between stories; a normal prior on their logarithm pulls alike stories apart
PRIOR_SD = 0.5
_PRIOR_PRECISION = np.zeros(SIZE)
_PRIOR_PRECISION[[WITHIN_SD, RETURNS_SD]] = PRIOR_SD**-2
#: wide normal priors around a half and around no learning: distress that never returns would have no maximum
_PRIOR_PRECISION[[WITHIN, RETURNS]] = 2.0**-2
_PRIOR_PRECISION[LOG_LEARNED] = 1.0
#: a t with one degree of freedom for so many clients: each carries about as much about the spread as a third of a value
_CLIENTS_PER_DEGREE = 3.0
#: rounds of moving the points; three to six suffice
_MAX_ROUNDS = 25
#: change of θ at which the points stay: a hundredth of the smallest standard errors at 1,000 stories
_TOLERANCE = 5e-5
#: slope of the objective that counts as zero
_FLAT = 1e-5
#: size of θ beyond which the likelihood counts as undefined; a first peak of 100 has 10
_MAX_SIZE = 12.0


@dataclass(frozen=True, eq=False)
class PenalisedLikelihood:
    """Minus (log-likelihood + log-prior) / stories as a function of θ, for points that stay where they are."""

    likelihood: StoryLikelihood
    points: QuadraturePoints

    def __call__(self, theta: Array) -> tuple[float, Array]:
        # ratings without error lead there: their likelihood has no maximum
        if np.abs(theta).max() > _MAX_SIZE:
            return np.inf, np.zeros(SIZE)
        values, gradients = marginal(self.likelihood, theta, self.points)
        value = values.sum() - 0.5 * float(_PRIOR_PRECISION @ theta**2)
        slope = gradients.sum(axis=0) - _PRIOR_PRECISION * theta
        return -float(value) / len(values), -slope / len(values)


def fit_retellings(
    rows: Sequence[RetellingRow], *, level: float = 0.90, pause_days: float = PAUSE_DAYS
) -> RetellingFit:
    """Estimate fall within a retelling, return between retellings and learning, pooled over stories.

    For the k-th retelling (from 0) of story s at t_k, with ratings + N(0, σ²):

        end_k = peak_k (1 − w_s),
        peak_k+1 = end_k + r_s λ^k (peak_k − end_k) (1 − exp(−(t_k+1 − t_k) / pause)),

    peak_0 ~ N(m, τ²), logit w_s ~ N(μ_w, s_w²), logit r_s ~ N(μ_r, s_r²). peak_0 is integrated in closed form, w_s and
    r_s by adaptive Gauss–Hermite quadrature. Priors are half-normal for s_w and s_r (SD 0.5) and normal and wide for
    μ_w and μ_r (mean 0, SD 2) and log λ (mean 0, SD 1).

    Parameters
    ----------
    rows : sequence of RetellingRow
        Retellings in any order. Distress from 0 to 100, times in days.
    level : float, default 0.90
        Level of the intervals.
    pause_days : float, default 7
        Days in which all but exp(−1) of the return happens. It is not estimated.

    Returns
    -------
    RetellingFit
        Estimates of a typical story. Each standard error is the larger of two: from the information, and from the
        sandwich over clients; the quantile is that of a t with clients / 3 degrees of freedom.

    Raises
    ------
    InputError
        For a rating outside 0 to 100, two retellings of a story at one time, or a level outside 0 to 1.

    Notes
    -----
    A fall over retellings fits habituation, but also time, a better week or a shorter retelling. The model describes
    it and names no cause. `docs/benchmarks.md` has its bias and coverage.

    References
    ----------
    Pinheiro, J. C., & Bates, D. M. (1995). Approximations to the log-likelihood function in the nonlinear
    mixed-effects model. Journal of Computational and Graphical Statistics, 4, 12–35.

    Examples
    --------
    >>> import securebase
    >>> fit = securebase.fit_retellings([securebase.RetellingRow("the fire", "c1", day=0.0, peak=80.0, end=55.0)])
    >>> fit.outcome.kind
    'too_few'
    """
    if not 0.0 < level < 1.0:
        raise InputError(f"level must be between 0 and 1 (got {level!r})", advice="Pass 0.90 for 90% intervals.")
    if not pause_days > 0.0:
        raise InputError(f"pause_days must be greater than 0 (got {pause_days!r})", advice="Pass days, such as 7.")
    table = story_table(rows)
    n_long = int(((table.lengths >= MIN_RETELLINGS) & table.has_end.any(axis=0)).sum())
    if n_long < MIN_STORIES:
        return _result(
            table,
            level,
            Advice(
                "too_few",
                f"Stories retold at least {MIN_RETELLINGS} times, with at least one rating at the end: {n_long}.",
                f"A fit needs {MIN_STORIES} such stories.",
            ),
        )
    objective, optimum = _maximise(story_likelihood(table, pause_days), to_vector(_start(table)))
    theta = optimum.x
    information = hessian(objective, theta, np.arange(SIZE), gradient=optimum.gradient) * table.n
    if optimum.gradient_norm > _FLAT or np.linalg.eigvalsh(information)[0] <= 0.0:
        return _result(
            table,
            level,
            Advice("not_converged", "The search found no maximum.", "Check the table for outliers and equal ratings."),
        )
    errors = _standard_errors(objective, theta, information)
    half = errors * stdtrit((table.clients.max() + 1) / _CLIENTS_PER_DEGREE, 0.5 + 0.5 * level)
    return _result(table, level, Advice("converged", "The fit converged."), theta, half)


def _maximise(likelihood: StoryLikelihood, theta: Array) -> tuple[PenalisedLikelihood, Iterate]:
    """Search θ and move the points to the modes in turn until θ stays."""
    curvature: Callable[[Iterate], Array] | None = None
    for _ in range(_MAX_ROUNDS):
        objective = PenalisedLikelihood(likelihood, place_points(likelihood, theta))
        optimum, _ = bfgs(objective, theta, tolerance=0.1 * _FLAT, curvature=curvature)
        if np.abs(optimum.x - theta).max() < _TOLERANCE:
            break
        theta = optimum.x
        if curvature is None:
            # the points have moved little since: later rounds take a few steps with this one
            curvature = _constant(forward_difference_hessian(objective, optimum))
    return objective, optimum


def _constant(H: Array) -> Callable[[Iterate], Array]:
    return lambda _: H


def _start(table: StoryTable) -> RetellingParameters:
    """Return rough values: the mean first peak, and the mean fall from peak to end."""
    both = table.has_peak * table.has_end
    first = UNIT * table.peaks[0]
    rest = float((both * table.ends).sum() / max((both * table.peaks).sum(), 1e-9))
    return RetellingParameters(
        peak=float(first.mean()),
        spread=max(float(first.std()), 1.0),
        error=5.0,
        within=min(max(1.0 - rest, 0.05), 0.95),
        returns=0.5,
        within_sd=0.3,
        returns_sd=0.3,
        learned=0.9,
    )


def _standard_errors(objective: PenalisedLikelihood, theta: Array, information: Array) -> Array:
    """Return the larger of both standard errors (8,): from the information, and from the sandwich over clients."""
    clients = objective.likelihood.table.clients
    scores = np.zeros((int(clients.max()) + 1, SIZE))
    np.add.at(scores, clients, marginal(objective.likelihood, theta, objective.points)[1])
    covariance = np.linalg.inv(information)
    sandwich = covariance @ (scores.T @ scores) @ covariance
    return np.asarray(np.sqrt(np.maximum(np.diag(covariance), np.diag(sandwich))))


def _result(
    table: StoryTable, level: float, outcome: Advice, theta: Array | None = None, half: Array | None = None
) -> RetellingFit:
    estimates: dict[str, RetellingEstimate] = {}
    if theta is not None and half is not None:
        for name, index, natural in (
            ("within", WITHIN, expit),
            ("returns", RETURNS, expit),
            ("learned", LOG_LEARNED, np.exp),
        ):
            ends = (theta[index], theta[index] - half[index], theta[index] + half[index])
            estimates[name] = RetellingEstimate(*(float(natural(value)) for value in ends))
    return RetellingFit(
        outcome=outcome,
        n_stories=table.n,
        n_clients=len(set(table.clients.tolist())),
        n_retellings=int(table.lengths.sum()),
        n_spaced=int(table.spaced.sum()),
        level=level,
        parameters=None if theta is None else from_vector(theta),
        **estimates,
    )
