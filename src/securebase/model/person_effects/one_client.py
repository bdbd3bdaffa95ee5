"""Lagged effects of one client: posterior mode under the cohort's prior, and the Laplace approximation around it.

log p(y | u) is the exact likelihood of the client's scores. The posterior of u is not Gaussian, so it is approximated
by a normal at the mode with the curvature there (Tierney and Kadane 1986).

With many effects a short course can be fitted with almost no shocks, at the boundary where every state follows from the
others. So the prior holds, beside the normal, a pseudo-observation of one time unit with the usual shocks
(`DeviatingEffects.shock_penalty`); prior SDs and data shares include it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from securebase.errors import Advice, ModelError
from securebase.model.arguments import PANEL_ADVICE, check_generator, check_instance, check_numbers, check_whole_number
from securebase.model.likelihood import Likelihood
from securebase.model.panel import Panel
from securebase.model.parameters import Array, Parameters
from securebase.model.person_effects.deviation import DeviatingEffects
from securebase.model.specification import Specification
from securebase.model.standardised import Edge

#: Default between-client SD of a standardised weekly effect. Under a half-normal(.12) prior on that SD a client's
#: deviation has the variance .12², as the mean square of a half-normal is its scale squared.
DEFAULT_BETWEEN_SD = 0.12
DEFAULT_BETWEEN_SD_SOURCE = (
    "Chosen between .05 and .20: daily-life data outside therapy give .09 to .16, and no weekly figure was found."
)

_STEP = 1e-4
_MAX_STEPS = 60
#: BFGS ends at this gradient norm; one Newton step follows.
_GRADIENT_TOLERANCE = 1e-3
_MIN_RELATIVE_GAIN = 1e-12


@dataclass(frozen=True, eq=False)
class PersonEffects:
    """Standardised lagged effects of one client, per time unit of the model, for k edges.

    The effect of x on y is the change of y after one time unit, in SDs of the state of y, per SD of the state of x:
    entry (y, x) of D^-½ exp(A) D^½, with D the diagonal of the stationary covariance of the state.

    Parameters
    ----------
    edges : tuple of (str, str)
        (from, to) of each effect.
    prior_mean, prior_sd, prior_covariance : array, (k,), (k,), (k, k)
        Prior from the cohort; its SD is slightly below the one requested, as the prior also penalises vanishing shocks.
    mean, sd, covariance : array, (k,), (k,), (k, k)
        Posterior by the Laplace approximation.
    data_share : array, (k,)
        Share of the estimate that comes from this client's data, 1 − posterior variance / prior variance, which is
        τ² / (τ² + SE²) for one effect; 0 where the data are uninformative.
    sign_probability : array, (k,)
        Posterior probability that the effect has the sign of its estimate.
    log_marginal : float
        Laplace approximation of log p(y).
    parameters : Parameters
        The client's model at the mode.
    advice : tuple of Advice
        Warnings, empty after convergence.

    Examples
    --------
    >>> import numpy as np
    >>> import securebase
    >>> known = securebase.parameter_set()
    >>> rng = np.random.default_rng(1)
    >>> cohort = securebase.simulate("default", n_clients=1, rng=rng, sessions=16, dropout=0.0)
    >>> rows = securebase.panel(cohort, known.specification.constructs)
    >>> edges = [("alliance", "symptoms"), ("symptoms", "alliance")]
    >>> effects = securebase.estimate_person_effects(
    ...     rows, known.specification, known.in_score_units(), edges, prior_sd=0.12
    ... )
    >>> bool((effects.sd < effects.prior_sd).all()), effects.draws(rng, 100).shape
    (True, (100, 2))
    """

    edges: tuple[Edge, ...]
    prior_mean: Array
    prior_sd: Array
    prior_covariance: Array
    mean: Array
    sd: Array
    covariance: Array
    data_share: Array
    sign_probability: Array
    log_marginal: float
    parameters: Parameters
    advice: tuple[Advice, ...] = ()

    @property
    def deviation(self) -> Array:
        """Estimate minus prior mean (k,)."""
        return self.mean - self.prior_mean

    @property
    def correlation(self) -> Array:
        """Correlation matrix of the estimates (k, k)."""
        r: Array = self.covariance / np.outer(self.sd, self.sd)
        return r

    def draws(self, rng: np.random.Generator, n: int) -> Array:
        """Draw effects (n, k) from the approximate posterior. Raises ModelError if n is negative."""
        check_generator(rng)
        check_whole_number(n, "n", minimum=0)
        draws: Array = rng.multivariate_normal(self.mean, self.covariance, size=n, method="eigh")
        return draws

    def index(self, edges: Sequence[Edge]) -> list[int]:
        """Return the positions of edges. Raises ModelError for one that was not estimated."""
        missing = [e for e in edges if e not in self.edges]
        if missing:
            raise ModelError(f"the edge {missing[0][0]} to {missing[0][1]} was not estimated for this client")
        return [self.edges.index(e) for e in edges]


def probability_largest(draws: Array) -> Array:
    """Return how often each column of draws (n, k) is the largest in absolute value; chance level is 1 / k."""
    k = draws.shape[-1]
    winners = np.abs(draws).argmax(axis=-1)
    share: Array = (winners[..., None] == np.arange(k)).mean(axis=-2)
    return share


def estimate_person_effects(
    panel: Panel,
    specification: Specification,
    parameters: Parameters,
    edges: Sequence[Edge],
    prior_sd: float | Array,
    *,
    prior_deviation: Array | None = None,
) -> PersonEffects:
    """Estimate the lagged effects of one client, shrunk towards the cohort's mean effects (empirical Bayes).

    With standardised weekly effects phi + u, u ~ N(prior_deviation, diag(prior_sd²)), the estimate is the mode of
    log p(y | u) + log p(u), and its covariance the inverse curvature there (Laplace approximation).

    Parameters
    ----------
    panel : Panel
        The scores of exactly one person.
    specification : Specification
        The model of the cohort.
    parameters : Parameters
        Parameters of the cohort, whose effects are the prior mean; all but the chosen effects stay fixed.
    edges : sequence of (str, str)
        The k effects (from, to) that are person-specific.
    prior_sd : float or array, (k,)
        SD of effects between clients, greater than 0.
    prior_deviation : array, (k,), optional
        Shift of the prior mean, for example by the client's covariates.

    Returns
    -------
    PersonEffects
        Estimates with uncertainty, and the share that comes from the client's own data.

    Raises
    ------
    ModelError
        If the panel does not have exactly one person, an edge is unknown, or a prior SD is not greater than 0.

    References
    ----------
    Tierney, L., & Kadane, J. B. (1986). Accurate approximations for posterior moments and marginal densities.
    Journal of the American Statistical Association, 81(393), 82–86.

    Examples
    --------
    >>> import numpy as np
    >>> import securebase
    >>> known = securebase.parameter_set()
    >>> rng = np.random.default_rng(1)
    >>> cohort = securebase.simulate("default", n_clients=1, rng=rng, sessions=16, dropout=0.0)
    >>> rows = securebase.panel(cohort, known.specification.constructs)
    >>> effects = securebase.estimate_person_effects(
    ...     rows, known.specification, known.in_score_units(), [("alliance", "symptoms")], prior_sd=0.12
    ... )
    >>> bool(0.0 <= effects.data_share[0] < 0.5)
    True
    """
    check_instance(panel, Panel, "panel", advice=PANEL_ADVICE)
    if panel.n_persons != 1:
        raise ModelError(
            f"the panel must have exactly 1 person (got {panel.n_persons})", advice="Pass the rows of one client."
        )
    effects = DeviatingEffects(specification, parameters, edges)
    sd = _one_per_edge(prior_sd, "prior_sd", effects.k)
    if not (np.isfinite(sd).all() and (sd > 0).all()):
        raise ModelError(f"prior_sd must be greater than 0 for every edge (got {sd.tolist()})")
    shift = (
        np.zeros(effects.k) if prior_deviation is None else _one_per_edge(prior_deviation, "prior_deviation", effects.k)
    )
    conditional = RegularisedConditional(Likelihood(panel, specification), effects, shift)
    return _build_effects(effects, find_mode(conditional, shift, sd), conditional.curvature, shift, sd)


def _one_per_edge(values: float | Array, name: str, k: int) -> Array:
    """Return one number per edge (k,); a single number holds for all of them."""
    numbers = check_numbers(values, name)
    if numbers.shape not in ((), (k,)):
        raise ModelError(f"{name} must be one number, or one for each of {k} edges (got the shape {numbers.shape})")
    return np.broadcast_to(numbers, (k,)).copy()


class Conditional:
    """log p(y | u) of one client as a function of the deviations, with its gradient; −inf where no drift has them."""

    def __init__(self, likelihood: Likelihood, effects: DeviatingEffects) -> None:
        self._likelihood, self.effects = likelihood, effects

    def value(self, u: Array) -> float:
        try:
            return float(self._likelihood.per_person(self.effects.parameters(u))[0])
        except ModelError:
            return -np.inf

    def value_and_gradient(self, u: Array) -> tuple[float, Array]:
        try:
            value, gradient = self._likelihood.value_and_gradient(self.effects.parameters(u))
        except ModelError:
            return -np.inf, np.zeros(self.effects.k)
        return value, self.effects.pull_back(u, gradient)


class RegularisedConditional(Conditional):
    """log p(y | u) plus the shock penalty of the prior, whose negative Hessian at the prior mean is `curvature`."""

    def __init__(self, likelihood: Likelihood, effects: DeviatingEffects, shift: Array) -> None:
        super().__init__(likelihood, effects)
        self._usual = effects.parameters(shift).diffusion
        steps = _STEP * np.eye(effects.k)
        H = [
            (effects.shock_penalty(shift - h, self._usual)[1] - effects.shock_penalty(shift + h, self._usual)[1])
            for h in steps
        ]
        self.curvature: Array = np.array(H) / (2.0 * _STEP)

    def value_and_gradient(self, u: Array) -> tuple[float, Array]:
        value, gradient = super().value_and_gradient(u)
        if not np.isfinite(value):
            return value, gradient
        penalty, slope = self.effects.shock_penalty(u, self._usual)
        return value + penalty, gradient + slope


@dataclass(frozen=True, eq=False)
class Mode:
    """Posterior mode in v = (u − prior mean) / prior SD, where log p(y | u) − v'v/2 is largest.

    v, gradient (k,). value: of log p(y | u) alone. curvature (k, k): negative Hessian of log p(y | u) along v. settled:
    True where the gradient is zero and I + curvature is positive definite.
    """

    v: Array
    value: float
    gradient: Array
    curvature: Array
    settled: bool

    @property
    def covariance(self) -> Array:
        """(I + curvature)⁻¹ (k, k)."""
        return np.asarray(np.linalg.inv(np.eye(len(self.v)) + self.curvature), dtype=np.float64)

    @property
    def log_marginal(self) -> float:
        """Laplace approximation of log p(y): log p(y | û) − v̂'v̂/2 − ½ log |I + curvature|."""
        _, log_size = np.linalg.slogdet(np.eye(len(self.v)) + self.curvature)
        return float(self.value - 0.5 * self.v @ self.v - 0.5 * log_size)


def find_mode(conditional: Conditional, shift: Array, sd: Array, start: Array | None = None) -> Mode:
    """Find the posterior mode by BFGS with step halving, in the scale where the prior is a standard normal.

    The curvature there comes from differences of the exact gradient, and one Newton step follows. Raises ModelError
    where the start has no stable drift.
    """
    k = len(shift)

    def evaluate(v: Array) -> tuple[float, Array, float]:
        value, gradient = conditional.value_and_gradient(shift + sd * v)
        return value - 0.5 * float(v @ v), sd * gradient - v, value

    v = np.zeros(k) if start is None else start
    top, slope, value = evaluate(v)
    if not np.isfinite(top):
        raise ModelError("the prior mean of the effects has no stable drift", advice="Use other mean effects.")
    inverse = np.eye(k)
    for _ in range(_MAX_STEPS):
        if np.abs(slope).max() < _GRADIENT_TOLERANCE:
            break
        step = inverse @ slope
        size, trial = 1.0, evaluate(v + step)
        while not trial[0] > top + _MIN_RELATIVE_GAIN * abs(top) and size > 1e-6:
            size *= 0.5
            trial = evaluate(v + size * step)
        if not trial[0] > top:
            break
        inverse = _bfgs_update(inverse, size * step, slope - trial[1])
        v, (top, slope, value) = v + size * step, trial
    curvature = _curvature(conditional, shift + sd * v, sd, (slope + v) / sd)
    whole = np.eye(k) + curvature
    regular = bool(np.isfinite(whole).all() and np.linalg.eigvalsh(whole)[0] > 0)
    if regular:
        newton: Array = v + np.linalg.solve(whole, slope)
        trial = evaluate(newton)
        if trial[0] >= top:
            v, (top, slope, value) = newton, trial
    return Mode(v, value, slope, curvature, regular and bool(np.abs(slope).max() < 1e-4))


def _bfgs_update(inverse: Array, step: Array, gradient_drop: Array) -> Array:
    """Return the BFGS update of the inverse negative Hessian; unchanged without positive curvature along the step."""
    sy = float(step @ gradient_drop)
    if sy <= 1e-12:
        return inverse
    left = np.eye(len(step)) - np.outer(step, gradient_drop) / sy
    updated: Array = left @ inverse @ left.T + np.outer(step, step) / sy
    return updated


def _curvature(conditional: Conditional, u: Array, sd: Array, gradient_at_u: Array) -> Array:
    """Return the negative Hessian of log p(y | u) along v, by forward differences of the exact gradient."""
    k = len(u)
    H = np.empty((k, k))
    for e in range(k):
        h = np.zeros(k)
        h[e] = _STEP
        value, gradient = conditional.value_and_gradient(u + h)
        H[e] = (gradient_at_u - gradient) / _STEP if np.isfinite(value) else np.nan
    curvature: Array = 0.5 * (H + H.T) * np.outer(sd, sd)
    return curvature


def _build_effects(
    effects: DeviatingEffects, mode: Mode, penalty_curvature: Array, shift: Array, sd: Array
) -> PersonEffects:
    """Build the result from the mode; without convergence it is the prior."""
    prior_mean, mean = effects.mean + shift, effects.mean + shift + sd * mode.v
    prior_precision = np.eye(effects.k) + 0.5 * (penalty_curvature + penalty_curvature.T) * np.outer(sd, sd)
    prior_covariance = np.linalg.inv(prior_precision) * np.outer(sd, sd)
    prior_sd = np.sqrt(np.diag(prior_covariance))
    advice: tuple[Advice, ...] = ()
    covariance = prior_covariance
    log_marginal = float("nan")
    if mode.settled:
        covariance = mode.covariance * np.outer(sd, sd)
        log_marginal = mode.log_marginal + 0.5 * float(np.linalg.slogdet(prior_precision)[1])
    else:
        mean = prior_mean
        advice = (
            Advice(
                "not_converged",
                "This client's effects could not be estimated: the values are the prior from other clients.",
                "Wait for more sessions, or choose fewer edges.",
            ),
        )
    posterior_sd = np.sqrt(np.diag(covariance))
    return PersonEffects(
        edges=effects.edges,
        prior_mean=prior_mean,
        prior_sd=prior_sd,
        prior_covariance=prior_covariance,
        mean=mean,
        sd=posterior_sd,
        covariance=covariance,
        data_share=np.clip(1.0 - posterior_sd**2 / prior_sd**2, 0.0, 1.0),
        sign_probability=np.array([NormalDist().cdf(float(z)) for z in np.abs(mean) / posterior_sd]),
        log_marginal=log_marginal,
        parameters=effects.parameters(mean - effects.mean),
        advice=advice,
    )
