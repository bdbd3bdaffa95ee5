"""Random lagged effects in a cohort: their mean, their variance between clients, and covariates.

Client i has effects mean + gamma + W z_i + e_i with e_i ~ N(0, T), T diagonal. The fit alternates two steps. Given T,
gamma and W, each client's mode and curvature give a normal approximation of log p(y_i | u) (`one_client`). With these
the marginal likelihood of gamma, W and T is in closed form and is maximised. The value at convergence is the Laplace
approximation of the marginal likelihood. The iteration ignores how the curvature changes with the mode; for a single
effect, quadrature measures the error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, minimize
from scipy.stats import chi2

from securebase.errors import Advice, ModelError
from securebase.model.arguments import PANEL_ADVICE, check_instance, check_names, check_numbers
from securebase.model.likelihood import Likelihood
from securebase.model.panel import Panel
from securebase.model.parameters import Array, Parameters, Specification
from securebase.model.person_effects.deviation import DeviatingEffects
from securebase.model.person_effects.one_client import (
    Conditional,
    Mode,
    PersonEffects,
    estimate_person_effects,
    find_mode,
)
from securebase.model.standardised import Edge

Flags = NDArray[np.bool_]
#: Start value of a between-client SD, and the value below which it counts as zero.
_START_SD, _ZERO_SD = 0.1, 1e-3
_MAX_ROUNDS = 60
_TOLERANCE = 1e-4
#: Scale of v for effects whose SD is zero.
_MIN_SCALE = 0.02
#: Quadrature nodes, spread wider than the posterior so that they cover a moving prior.
_NODES, _NODE_WIDENING = 31, 1.4


class CohortOutcome(StrEnum):
    """Outcome of a cohort fit; all but the first come with advice."""

    CONVERGED = "converged"
    BOUNDARY = "boundary"
    INDEFINITE = "indefinite"
    NOT_CONVERGED = "not_converged"


@dataclass(frozen=True, slots=True)
class NamedEstimate:
    """An estimate with its standard error; None at the boundary of zero."""

    name: str
    value: float
    standard_error: float | None


@dataclass(frozen=True, slots=True)
class Quadrature:
    """Maximum of the marginal likelihood by Gauss–Hermite quadrature, for one effect: mean, SD between clients, value.

    Its difference from the Laplace estimates measures their error.
    """

    mean: float
    between_sd: float
    log_likelihood: float


@dataclass(frozen=True, eq=False)
class CohortEffects:
    """Random lagged effects of k edges in N clients, with q covariates: the result of `fit_person_effects`.

    The standardised effects u of client i over one time unit of the model are

        u_i = μ + W (z_i − z̄) + e_i,    e_i ~ N(0, diag(τ²)),

    with `mean` μ, `coefficients` W (k, q) and `between_sd` τ. Standard errors are None for a τ at its boundary of zero.

    Attributes
    ----------
    edges : tuple of (str, str)
        The k effects (from, to) that vary between clients.
    covariates : tuple of str
        Names of the q covariates.
    mean : tuple of NamedEstimate
        μ (k,): mean effect of each edge at the means of the covariates.
    between_sd : tuple of NamedEstimate
        τ (k,): SD of each effect between clients, given the covariates.
    coefficients : tuple of NamedEstimate
        W (k · q,): change of each effect per unit of each covariate.
    log_likelihood : float
        Laplace approximation of the marginal log-likelihood at the estimate.
    log_likelihood_homogeneous : float
        The same for the homogeneous model: W = 0 and τ = 0.
    by_quadrature : Quadrature or None
        Gauss–Hermite quadrature as a check of the Laplace approximation, for one edge; otherwise None.
    p_homogeneous : float
        p value of the likelihood-ratio test of the homogeneous model. One edge without covariates: equal mixture of
        χ²(0) and χ²(1), because τ = 0 is on the boundary. Otherwise: χ² with all degrees of freedom, conservative.
    outcome : CohortOutcome
        Outcome of the fit: converged, boundary (a τ is zero), indefinite or not_converged.
    advice : tuple of Advice
        Remarks on the fit.
    clients : tuple of PersonEffects
        Each client's effects, shrunk towards μ + W (z_i − z̄).

    References
    ----------
    Tierney, L., & Kadane, J. B. (1986). Accurate approximations for posterior moments and marginal densities.
    Journal of the American Statistical Association, 81(393), 82–86.
    Self, S. G., & Liang, K.-Y. (1987). Asymptotic properties of maximum likelihood estimators and likelihood ratio
    tests under nonstandard conditions. Journal of the American Statistical Association, 82(398), 605–610.

    Examples
    --------
    >>> import numpy as np
    >>> import securebase
    >>> known = securebase.parameter_set()
    >>> rng = np.random.default_rng(1)
    >>> cohort = securebase.simulate("default", n_clients=8, rng=rng, sessions=8, dropout=0.0)
    >>> rows = securebase.panel(cohort, known.specification.constructs)
    >>> effects = securebase.fit_person_effects(
    ...     rows, known.specification, known.in_score_units(), [("alliance", "symptoms")]
    ... )
    >>> len(effects.clients), effects.between_sd[0].value >= 0
    (8, True)
    """

    edges: tuple[Edge, ...]
    covariates: tuple[str, ...]
    mean: tuple[NamedEstimate, ...]
    between_sd: tuple[NamedEstimate, ...]
    coefficients: tuple[NamedEstimate, ...]
    log_likelihood: float
    log_likelihood_homogeneous: float
    by_quadrature: Quadrature | None
    p_homogeneous: float
    outcome: CohortOutcome
    advice: tuple[Advice, ...]
    clients: tuple[PersonEffects, ...]

    @property
    def converged(self) -> bool:
        return self.outcome in {CohortOutcome.CONVERGED, CohortOutcome.BOUNDARY}


def fit_person_effects(
    panel: Panel,
    specification: Specification,
    parameters: Parameters,
    edges: Sequence[Edge],
    *,
    covariates: Array | None = None,
    names: Sequence[str] = (),
) -> CohortEffects:
    """Fit the distribution of lagged effects over the persons of a panel.

    Client i has the standardised effects ::

        u_i = μ + W (z_i − z̄) + e_i,    e_i ~ N(0, diag(τ²))

    with covariates z_i. The marginal likelihood is maximised in the Laplace approximation; all other parameters stay
    fixed.

    Parameters
    ----------
    panel : Panel
        Scores of N persons.
    specification : Specification
        The model of the cohort.
    parameters : Parameters
        Its parameters, as from `fit`.
    edges : sequence of (str, str)
        The k effects (from, to) that vary between persons.
    covariates : array, (N, q), optional
        Person covariates; they are centred.
    names : sequence of str
        Names of the q covariates.

    Returns
    -------
    CohortEffects
        Means, between-client SDs, coefficients, a test of homogeneity, and each client's shrunken effects.

    Raises
    ------
    ModelError
        If there are too few persons for k (2 + q) parameters, covariates do not match the panel, or an edge is unknown.

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
    >>> cohort = securebase.simulate("default", n_clients=8, rng=rng, sessions=8, dropout=0.0)
    >>> rows = securebase.panel(cohort, known.specification.constructs)
    >>> effects = securebase.fit_person_effects(
    ...     rows, known.specification, known.in_score_units(), [("alliance", "symptoms")]
    ... )
    >>> effects.converged
    True
    """
    check_instance(panel, Panel, "panel", advice=PANEL_ADVICE)
    N = panel.n_persons
    z, labels = _centre_covariates(covariates, names, N)
    effects = DeviatingEffects(specification, parameters, edges)
    k, q = effects.k, z.shape[1]
    if k * (2 + q) + 2 > N:
        raise ModelError(
            f"{N} persons are too few for {k * (2 + q)} parameters of {k} effects, which need {k * (2 + q) + 2}",
            advice="Choose fewer edges or covariates, or add persons.",
        )
    panels = [single_person_panel(panel, i) for i in range(N)]
    conditionals = [Conditional(Likelihood(single, specification), effects) for single in panels]
    design = np.hstack([np.ones((N, 1)), z])
    fitted, settled = _maximise(conditionals, design, k, free=True)
    homogeneous, _ = _maximise(conditionals, design[:, :1], k, free=False)
    return _build_cohort_effects(
        _CohortProblem(panels, specification, parameters, effects, conditionals, design, labels),
        fitted,
        homogeneous,
        settled,
    )


def single_person_panel(panel: Panel, person: int) -> Panel:
    """Return the panel of one person."""
    return panel.select_persons(np.array([person], dtype=np.int64))


@dataclass(frozen=True, eq=False)
class _CohortProblem:
    """Data and model of a cohort fit. design (N, 1 + q): intercept and centred covariates."""

    panels: list[Panel]
    specification: Specification
    parameters: Parameters
    effects: DeviatingEffects
    conditionals: list[Conditional]
    design: Array
    labels: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _LaplacePoint:
    """Second-order expansion of every client's log p(y | u), and the Laplace log-likelihood.

    B (k, 1 + q): mean deviation and coefficients. variance (k,). points u (N, k), with curvature (N, k, k) and slope
    (N, k) of log p(y | u) there.
    """

    B: Array
    variance: Array
    points: Array
    curvature: Array
    slope: Array
    log_likelihood: float


def _maximise(conditionals: list[Conditional], design: Array, k: int, *, free: bool) -> tuple[_LaplacePoint, bool]:
    """Alternate expansion and closed-form maximisation until neither changes; return the end and convergence."""
    N, columns = design.shape
    B, variance = np.zeros((k, columns)), np.full(k, _START_SD**2 if free else 0.0)
    points = np.zeros((N, k))
    for _ in range(_MAX_ROUNDS):
        expansion = _laplace_point(conditionals, design, B, variance, points)
        new_B, new_variance = _maximise_expansion(expansion, design, free=free)
        change = max(np.abs(new_B - B).max(), np.abs(np.sqrt(new_variance) - np.sqrt(variance)).max())
        B, variance, points = new_B, new_variance, expansion.points
        if change < _TOLERANCE:
            return _laplace_point(conditionals, design, B, variance, points), True
    return _laplace_point(conditionals, design, B, variance, points), False


def _laplace_point(
    conditionals: list[Conditional], design: Array, B: Array, variance: Array, points: Array
) -> _LaplacePoint:
    """Expand at every client's mode under this prior; with an SD of zero the mode is the prior mean."""
    N, k = points.shape
    sd = np.sqrt(variance)
    is_zero = sd < _ZERO_SD
    scale = np.where(is_zero, _MIN_SCALE, sd)
    total, modes = 0.0, np.empty((N, k))
    curvature, slope = np.empty((N, k, k)), np.empty((N, k))
    for i, conditional in enumerate(conditionals):
        mean = B @ design[i]
        mode = _restricted_mode(conditional, mean, scale, ~is_zero, (points[i] - mean) / scale)
        modes[i] = mean + scale * mode.v
        curvature[i] = mode.curvature / np.outer(scale, scale)
        slope[i] = (mode.gradient + mode.v) / scale
        inside = np.ix_(~is_zero, ~is_zero)
        whole = np.eye(int((~is_zero).sum())) + mode.curvature[inside]
        total += mode.value - 0.5 * float(mode.v @ mode.v) - 0.5 * float(np.linalg.slogdet(whole)[1])
    return _LaplacePoint(B, variance, modes, curvature, slope, total)


def _restricted_mode(conditional: Conditional, mean: Array, scale: Array, differs: Flags, start: Array) -> Mode:
    """Return the mode over the effects that vary, the others held at their mean, with slope and curvature for all."""
    if differs.all():
        return find_mode(conditional, mean, scale, start)
    restricted = _SubsetConditional(conditional, mean, differs)
    v = np.zeros(len(mean))
    if differs.any():
        v[differs] = find_mode(restricted, mean[differs], scale[differs], start[differs]).v
    value, gradient = conditional.value_and_gradient(mean + scale * v)
    h = 1e-4
    rows = []
    for e in np.eye(len(mean)):
        ahead, behind = (conditional.value_and_gradient(mean + scale * v + sign * h * e)[1] for sign in (1.0, -1.0))
        rows.append((behind - ahead) / (2 * h))
    H = np.array(rows)
    return Mode(v, value, scale * gradient - v, 0.5 * (H + H.T) * np.outer(scale, scale), True)


class _SubsetConditional(Conditional):
    """log p(y | u) as a function of some effects, the others held at their mean."""

    def __init__(self, whole: Conditional, mean: Array, differs: Flags) -> None:
        self._whole, self._mean, self._differs = whole, mean, differs

    def value_and_gradient(self, u: Array) -> tuple[float, Array]:
        full = self._mean.copy()
        full[self._differs] = u
        value, gradient = self._whole.value_and_gradient(full)
        return value, gradient[self._differs]


def _maximise_expansion(expansion: _LaplacePoint, design: Array, *, free: bool) -> tuple[Array, Array]:
    """Maximise the marginal likelihood of the expansion over B and the variances, by L-BFGS-B.

    log p(y | u) ≈ g + s'(u − u0) − ½ (u − u0)' C (u − u0) and u ~ N(m, T) give it in closed form.
    """
    k, columns = expansion.B.shape
    start = np.append(expansion.B.ravel(), expansion.variance)
    low = np.append(np.full(k * columns, -np.inf), np.zeros(k))
    high = np.append(np.full(k * columns, np.inf), np.full(k, 1.0 if free else 0.0))

    def objective(x: Array) -> float:
        return -_expanded_likelihood(x, expansion, design)

    result = minimize(
        objective,
        start,
        method="L-BFGS-B",
        bounds=Bounds(low, high),
        options={"ftol": 1e-13},
    )
    B: Array = result.x[: k * columns].reshape(k, columns)
    return B, np.clip(result.x[k * columns :], 0.0, None)


def _expanded_likelihood(x: Array, expansion: _LaplacePoint, design: Array) -> float:
    """Return Σ_i log ∫ exp(s'd − ½ d'Cd) N(u0 + d; m, T) dd, up to a constant in m and T.

    In v = (u − m) / sd, which also holds for an SD of zero: with R = diag(sd) and c = s + C (u0 − m) it is
    q(m) + ½ c'R (I + R C R)⁻¹ R c − ½ log |I + R C R|, q(m) = s'(m − u0) − ½ (m − u0)' C (m − u0).
    """
    k = expansion.points.shape[1]
    B, sd = x[:-k].reshape(k, -1), np.sqrt(np.clip(x[-k:], 0.0, None))
    offset = design @ B.T - expansion.points
    pulled = np.einsum("nij,nj->ni", expansion.curvature, offset)
    c = (expansion.slope - pulled) * sd
    whole = np.eye(k) + expansion.curvature * np.outer(sd, sd)
    sign, log_size = np.linalg.slogdet(whole)
    if (sign <= 0).any():
        return -1e10
    gain = np.einsum("ni,ni->n", c, np.linalg.solve(whole, c[:, :, None])[:, :, 0])
    by_client = (
        np.einsum("ni,ni->n", expansion.slope, offset) - 0.5 * np.einsum("ni,ni->n", pulled, offset) + 0.5 * gain
    )
    return float((by_client - 0.5 * log_size).sum())


def _build_cohort_effects(
    problem: _CohortProblem, expansion: _LaplacePoint, homogeneous: _LaplacePoint, settled: bool
) -> CohortEffects:
    effects, edges = problem.effects, problem.effects.edges
    k, columns = expansion.B.shape
    sd = np.sqrt(expansion.variance)
    is_zero = sd < _ZERO_SD
    errors, regular = _standard_errors(expansion, problem.design, is_zero)
    b_errors, sd_errors = errors[: k * columns].reshape(k, columns), errors[k * columns :]
    names = [f"{a} to {b}" for a, b in edges]
    gain = 2.0 * (expansion.log_likelihood - homogeneous.log_likelihood)
    p_homogeneous = float(chi2.sf(max(gain, 0.0), k * columns))
    if k == 1 and columns == 1:
        p_homogeneous = 0.5 * float(chi2.sf(gain, 1)) if gain > 1e-8 else 1.0
    outcome = CohortOutcome.NOT_CONVERGED if not settled else CohortOutcome.CONVERGED
    if settled and not regular:
        outcome = CohortOutcome.INDEFINITE
    elif settled and is_zero.any():
        outcome = CohortOutcome.BOUNDARY
    quadrature = _by_quadrature(problem, expansion) if k == 1 and not is_zero.any() else None
    return CohortEffects(
        edges=edges,
        covariates=problem.labels,
        mean=tuple(
            NamedEstimate(n, float(effects.mean[e] + expansion.B[e, 0]), _finite_or_none(b_errors[e, 0]))
            for e, n in enumerate(names)
        ),
        between_sd=tuple(
            NamedEstimate(n, 0.0 if is_zero[e] else float(sd[e]), None if is_zero[e] else _finite_or_none(sd_errors[e]))
            for e, n in enumerate(names)
        ),
        coefficients=tuple(
            NamedEstimate(f"{label} on {n}", float(expansion.B[e, 1 + c]), _finite_or_none(b_errors[e, 1 + c]))
            for e, n in enumerate(names)
            for c, label in enumerate(problem.labels)
        ),
        log_likelihood=expansion.log_likelihood,
        log_likelihood_homogeneous=homogeneous.log_likelihood,
        by_quadrature=quadrature,
        p_homogeneous=p_homogeneous,
        outcome=outcome,
        advice=(
            *_advice(outcome, [n for n, zero in zip(names, is_zero, strict=True) if zero], p_homogeneous),
            *_quadrature_advice(quadrature, float(sd[0]), float(sd_errors[0])),
        ),
        clients=_client_effects(problem, expansion, is_zero),
    )


def _advice(outcome: CohortOutcome, at_zero: list[str], p_homogeneous: float) -> tuple[Advice, ...]:
    advice = []
    if outcome is CohortOutcome.BOUNDARY:
        advice.append(
            Advice(
                "boundary",
                f"The SD between persons was estimated at its boundary of zero: {', '.join(at_zero)}. This does "
                "not show that the effect is the same for all.",
                "Treat the other standard errors as conditional on this.",
            )
        )
    if outcome is CohortOutcome.INDEFINITE:
        advice.append(
            Advice(
                "indefinite",
                "In some direction the likelihood is flat: these data do not determine how the effects differ.",
                "Let fewer edges vary between persons, or use more sessions per person.",
            )
        )
    if outcome is CohortOutcome.NOT_CONVERGED:
        advice.append(
            Advice("not_converged", "The search ended before it converged.", "Let fewer edges vary between persons.")
        )
    if p_homogeneous < 0.05:
        advice.append(
            Advice(
                "heterogeneous",
                f"Effects differ between persons (test of homogeneity, p = {p_homogeneous:.2g}). A model "
                "with one effect for all describes an average that may hold for few, and its standard errors are too "
                "small.",
                "Report the SD between persons with the mean.",
            )
        )
    return tuple(advice)


def _standard_errors(expansion: _LaplacePoint, design: Array, is_zero: Flags) -> tuple[Array, bool]:
    """Return standard errors from the Hessian of the closed form along B and sd; NaN for an SD of zero.

    By central differences. The flag is True where the Hessian is positive definite.
    """
    k, columns = expansion.B.shape
    free = np.append(np.ones(k * columns, dtype=bool), ~is_zero)
    x = np.append(expansion.B.ravel(), np.sqrt(expansion.variance))

    def value(part: Array) -> float:
        full = x.copy()
        full[free] = part
        full[k * columns :] = np.where(is_zero, 0.0, full[k * columns :]) ** 2
        return _expanded_likelihood(full, expansion, design)

    here, h, m = x[free], 1e-3, int(free.sum())
    H, steps = np.empty((m, m)), h * np.eye(m)
    for i in range(m):
        for j in range(i + 1):
            a, b = steps[i], steps[j]
            crossed = value(here + a + b) - value(here + a - b) - value(here - a + b) + value(here - a - b)
            H[i, j] = H[j, i] = -crossed / (4 * h * h)
    errors = np.full(len(x), np.nan)
    if not np.isfinite(H).all() or np.linalg.eigvalsh(H)[0] <= 0:
        return errors, False
    errors[free] = np.sqrt(np.diag(np.linalg.inv(H)))
    return errors, True


def _client_effects(problem: _CohortProblem, expansion: _LaplacePoint, is_zero: Flags) -> tuple[PersonEffects, ...]:
    """Return every client's effects under the estimated prior, for the edges with an SD above zero."""
    varying = [e for e, zero in zip(problem.effects.edges, is_zero, strict=True) if not zero]
    if not varying:
        return ()
    # clients deviate from the cohort's estimated means
    means = problem.effects.parameters(expansion.B[:, 0])
    coefficients = expansion.B[:, 1:]
    return tuple(
        estimate_person_effects(
            single,
            problem.specification,
            means,
            varying,
            np.sqrt(expansion.variance[~is_zero]),
            prior_deviation=(coefficients @ problem.design[i, 1:])[~is_zero],
        )
        for i, single in enumerate(problem.panels)
    )


def _by_quadrature(problem: _CohortProblem, expansion: _LaplacePoint) -> Quadrature:
    """Maximise the marginal likelihood of one effect by Gauss–Hermite quadrature around each client's mode.

    log p(y | u) at the nodes does not depend on the prior, so it is evaluated once; coefficients stay fixed.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    sd = float(np.sqrt(expansion.variance[0]))
    spread = _NODE_WIDENING / np.sqrt(1.0 / sd**2 + np.maximum(expansion.curvature[:, 0, 0], 0.0))
    u = expansion.points[:, :1] + spread[:, None] * nodes
    log_likelihood = np.array(
        [
            [conditional.value(np.array([v])) for v in row]
            for conditional, row in zip(problem.conditionals, u, strict=True)
        ]
    )
    fixed = np.log(weights) + 0.5 * nodes**2 + log_likelihood + np.log(spread)[:, None] - 0.5 * np.log(2 * np.pi)
    covariate_part = problem.design[:, 1:] @ expansion.B[0, 1:]

    def value(x: Array) -> float:
        v = (u - x[0] - covariate_part[:, None]) / np.exp(x[1])
        return -float(np.logaddexp.reduce(fixed - 0.5 * v**2 - x[1], axis=1).sum())

    result = minimize(value, np.array([expansion.B[0, 0], np.log(sd)]), method="Nelder-Mead", options={"xatol": 1e-5})
    return Quadrature(float(problem.effects.mean[0] + result.x[0]), float(np.exp(result.x[1])), -float(result.fun))


def _quadrature_advice(quadrature: Quadrature | None, sd: float, error: float) -> tuple[Advice, ...]:
    if quadrature is None or abs(quadrature.between_sd - sd) < 0.5 * error:
        return ()
    return (
        Advice(
            "approximation",
            f"The Laplace approximation estimates the SD between persons as {sd:.2f}, quadrature as "
            f"{quadrature.between_sd:.2f}.",
            "Use the estimate by quadrature.",
        ),
    )


def _centre_covariates(values: Array | None, names: Sequence[str], n: int) -> tuple[Array, tuple[str, ...]]:
    names = check_names(names, "names")
    if values is None:
        if names:
            raise ModelError(
                f"names lists {len(names)} covariates, but covariates is None",
                advice="Pass covariates (persons, names).",
            )
        return np.empty((n, 0)), ()
    z = check_numbers(values, "covariates")
    if z.ndim != 2 or z.shape != (n, len(names)) or not np.isfinite(z).all():
        raise ModelError(
            f"covariates must be finite and have the shape ({n}, {len(names)}), persons by names (got {z.shape})"
        )
    return z - z.mean(axis=0), tuple(names)


def _finite_or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
