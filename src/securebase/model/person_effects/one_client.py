"""One client's own lagged effects: the mode given the cohort, and Laplace's approximation around it.

log p(y | u) is the exact likelihood of the client's scores; u is not Gaussian given them, so what is said of u is an
approximation: a normal around the mode with the curvature there (Tierney and Kadane 1986). Nothing here is “exact”.

Many effects at once can be such that hardly any shock is left: a short course then fits best where everything follows
from everything else, on the edge of what is possible. So the prior of one client's effects holds, beside the normal,
one more unit of time with the usual shocks (`deviation.shocks_kept`); prior SDs and shares count it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from securebase.errors import Advice, ModelError
from securebase.model.likelihood import Likelihood
from securebase.model.panel import Panel
from securebase.model.parameters import Array, Parameters, Specification
from securebase.model.person_effects.deviation import DeviatingEffects
from securebase.model.standardised import Edge

#: Between-client SD of a standardised weekly effect where no fit gives one. With a half-normal(.12) on that SD a
#: client's deviation has a variance of .12², as the mean square of a half-normal is its scale squared.
DEFAULT_BETWEEN_SD = 0.12
DEFAULT_BETWEEN_SD_SOURCE = (
    "A half-normal prior with scale .12, chosen within .05 to .20: .09 to .16 was computed from daily-life data that "
    "are not therapy. No figure from weekly sessions was found."
)

_STEP = 1e-4
_MAX_STEPS = 60
#: The climb ends here; the step of Newton that follows goes the rest of the way.
_GRADIENT_TOLERANCE = 1e-3
_MIN_RELATIVE_GAIN = 1e-12


@dataclass(frozen=True, eq=False)
class PersonEffects:
    """Standardised weekly effects of one client for k edges. All arrays (k,) but the covariances (k, k).

    prior_mean, prior_sd, prior_covariance: before the client's own scores (the SD a little below the one asked for, as
    shocks are kept from vanishing). mean, sd, covariance: with them. data_share: how much of the estimate comes
    from this client's own data, 1 − posterior variance / prior variance (which is tau² / (tau² + SE²) for one effect);
    0 where nothing was learnt. sign_probability: chance that the effect has the sign of its estimate.
    log_marginal: Laplace's log p(y). parameters: the client's model at the mode. advice: what is to be known of it.
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
        """From the prior mean to the estimate (k,)."""
        return self.mean - self.prior_mean

    @property
    def correlation(self) -> Array:
        """Correlation matrix of the estimates (k, k)."""
        r: Array = self.covariance / np.outer(self.sd, self.sd)
        return r

    def draws(self, rng: np.random.Generator, n: int) -> Array:
        """Effects (n, k) from the approximate posterior."""
        made: Array = rng.multivariate_normal(self.mean, self.covariance, size=n, method="eigh")
        return made

    def index(self, edges: Sequence[Edge]) -> list[int]:
        """Positions of edges. Raises ModelError for one that was not estimated."""
        missing = [e for e in edges if e not in self.edges]
        if missing:
            raise ModelError(f"the edge {missing[0][0]} to {missing[0][1]} was not estimated for this client")
        return [self.edges.index(e) for e in edges]


def probability_largest(draws: Array) -> Array:
    """Of each column of draws (n, k): how often it is the largest in absolute size. Chance alone gives 1 / k."""
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
    """Own effects of the one person in the panel, shrunk towards the effects in `parameters`.

    prior_sd: SD of a client's deviation, one for all edges or (k,), above 0. prior_deviation (k,): where the prior's
    mean lies away from `parameters`, for example for the client's covariates.
    Raises ModelError for more than one person, an edge that is none, or a prior SD that is not above 0.
    """
    if panel.n_persons != 1:
        raise ModelError(f"own effects are of one person, and the panel has {panel.n_persons}")
    effects = DeviatingEffects(specification, parameters, edges)
    sd = np.broadcast_to(np.asarray(prior_sd, dtype=np.float64), (effects.k,)).copy()
    if not (np.isfinite(sd).all() and (sd > 0).all()):
        raise ModelError("the SD between clients must be above 0 for every edge that is to differ")
    shift = np.zeros(effects.k) if prior_deviation is None else np.asarray(prior_deviation, dtype=np.float64)
    kept = RegularisedConditional(Likelihood(panel, specification), effects, shift)
    return _build_effects(effects, find_mode(kept, shift, sd), kept.curvature, shift, sd)


class Conditional:
    """log p(y | u) of one client as a function of the deviations, with its gradient. −inf where no model has them."""

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
        return value, self.effects.pulled_back(u, gradient)


class RegularisedConditional(Conditional):
    """log p(y | u) with the part of the prior that keeps shocks from vanishing, `curvature` (k, k) being its own."""

    def __init__(self, likelihood: Likelihood, effects: DeviatingEffects, shift: Array) -> None:
        super().__init__(likelihood, effects)
        self._usual = effects.parameters(shift).diffusion
        steps = _STEP * np.eye(effects.k)
        H = [
            (effects.shocks_kept(shift - h, self._usual)[1] - effects.shocks_kept(shift + h, self._usual)[1])
            for h in steps
        ]
        self.curvature: Array = np.array(H) / (2.0 * _STEP)

    def value_and_gradient(self, u: Array) -> tuple[float, Array]:
        value, gradient = super().value_and_gradient(u)
        if not np.isfinite(value):
            return value, gradient
        more, slope = self.effects.shocks_kept(u, self._usual)
        return value + more, gradient + slope


@dataclass(frozen=True, eq=False)
class Mode:
    """In the scale v = (u − prior mean) / prior SD: where log p(y | u) − v'v/2 is largest, and its curvature there.

    v, gradient (k,); value: of log p(y | u) alone; curvature (k, k): minus the second derivatives of log p(y | u)
    along v; settled: whether the gradient is zero and the whole curvature positive definite.
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
        """Laplace: log p(y | û) − v̂'v̂/2 − ½ log |I + curvature|."""
        _, log_size = np.linalg.slogdet(np.eye(len(self.v)) + self.curvature)
        return float(self.value - 0.5 * self.v @ self.v - 0.5 * log_size)


def find_mode(conditional: Conditional, shift: Array, sd: Array, begin: Array | None = None) -> Mode:
    """Climb by BFGS in the scale where the prior is a standard normal, halving steps that do not rise; then the
    curvature by differences of the exact gradient, and one step of Newton."""
    k = len(shift)

    def at(v: Array) -> tuple[float, Array, float]:
        value, gradient = conditional.value_and_gradient(shift + sd * v)
        return value - 0.5 * float(v @ v), sd * gradient - v, value

    v = np.zeros(k) if begin is None else begin
    top, slope, value = at(v)
    if not np.isfinite(top):
        raise ModelError("the mean effects belong to no stable course, so no client can deviate from them")
    inverse = np.eye(k)
    for _ in range(_MAX_STEPS):
        if np.abs(slope).max() < _GRADIENT_TOLERANCE:
            break
        step = inverse @ slope
        size, further = 1.0, at(v + step)
        while not further[0] > top + _MIN_RELATIVE_GAIN * abs(top) and size > 1e-6:
            size *= 0.5
            further = at(v + size * step)
        if not further[0] > top:
            break
        inverse = _bfgs_update(inverse, size * step, slope - further[1])
        v, (top, slope, value) = v + size * step, further
    curvature = _curvature(conditional, shift + sd * v, sd, (slope + v) / sd)
    whole = np.eye(k) + curvature
    regular = bool(np.isfinite(whole).all() and np.linalg.eigvalsh(whole)[0] > 0)
    if regular:
        last: Array = v + np.linalg.solve(whole, slope)
        better = at(last)
        if better[0] >= top:
            v, (top, slope, value) = last, better
    return Mode(v, value, slope, curvature, regular and bool(np.abs(slope).max() < 1e-4))


def _bfgs_update(inverse: Array, step: Array, fall: Array) -> Array:
    """BFGS update of the inverse of minus the second derivatives."""
    along = float(step @ fall)
    if along <= 1e-12:
        return inverse
    left = np.eye(len(step)) - np.outer(step, fall) / along
    new: Array = left @ inverse @ left.T + np.outer(step, step) / along
    return new


def _curvature(conditional: Conditional, u: Array, sd: Array, here: Array) -> Array:
    """Minus the second derivatives of log p(y | u) along v, by differences from the exact gradient `here`."""
    k = len(u)
    H = np.empty((k, k))
    for e in range(k):
        h = np.zeros(k)
        h[e] = _STEP
        value, gradient = conditional.value_and_gradient(u + h)
        H[e] = (here - gradient) / _STEP if np.isfinite(value) else np.nan
    out: Array = 0.5 * (H + H.T) * np.outer(sd, sd)
    return out


def _build_effects(effects: DeviatingEffects, found: Mode, kept: Array, shift: Array, sd: Array) -> PersonEffects:
    prior_mean, mean = effects.mean + shift, effects.mean + shift + sd * found.v
    before = np.eye(effects.k) + 0.5 * (kept + kept.T) * np.outer(sd, sd)
    prior_covariance = np.linalg.inv(before) * np.outer(sd, sd)
    prior_sd = np.sqrt(np.diag(prior_covariance))
    advice: tuple[Advice, ...] = ()
    covariance = prior_covariance
    log_marginal = float("nan")
    if found.settled:
        covariance = found.covariance * np.outer(sd, sd)
        log_marginal = found.log_marginal + 0.5 * float(np.linalg.slogdet(before)[1])
    else:
        mean = prior_mean
        advice = (
            Advice(
                "not_converged",
                "This client's own effects could not be told apart: what stands here is what other clients give.",
                "Wait for more sessions, or choose fewer edges.",
            ),
        )
    spread = np.sqrt(np.diag(covariance))
    return PersonEffects(
        edges=effects.edges,
        prior_mean=prior_mean,
        prior_sd=prior_sd,
        prior_covariance=prior_covariance,
        mean=mean,
        sd=spread,
        covariance=covariance,
        data_share=np.clip(1.0 - spread**2 / prior_sd**2, 0.0, 1.0),
        sign_probability=np.array([NormalDist().cdf(float(one)) for one in np.abs(mean) / spread]),
        log_marginal=log_marginal,
        parameters=effects.parameters(mean - effects.mean),
        advice=advice,
    )
