"""How lagged effects differ between the clients of a cohort: their mean, their spread, and what they go with.

Client i has effects mean + gamma + W z_i + e_i with e_i ~ N(0, T), T diagonal. Given T, gamma and W each client's mode
and curvature are found (`one_client`), which turns what its scores say of u into a normal around its mode; with those
normals the likelihood of gamma, W and T is in closed form and is maximised; then modes and curvatures are found anew,
until nothing moves. At the end the value is Laplace's marginal likelihood at the estimate. What the climb leaves out is
how curvature itself changes with the mode; for one effect, quadrature says how much that matters.
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
#: A spread is looked for from here, and one below the second is none: the data do not tell it from nothing.
_START_SD, _ZERO_SD = 0.1, 1e-3
_MAX_ROUNDS = 60
_TOLERANCE = 1e-4
#: While a spread is at zero the modes are still looked for on this scale.
_MIN_SCALE = 0.02
#: Nodes lie a little wider than the posterior, so that the prior can move over them.
_NODES, _NODE_WIDENING = 31, 1.4


class CohortOutcome(StrEnum):
    """How it ended; all but the first come with advice."""

    CONVERGED = "converged"
    BOUNDARY = "boundary"
    INDEFINITE = "indefinite"
    NOT_CONVERGED = "not_converged"


@dataclass(frozen=True, slots=True)
class NamedEstimate:
    """An estimate with its standard error; None where it stands at zero, the end of its range."""

    name: str
    value: float
    standard_error: float | None


@dataclass(frozen=True, slots=True)
class Quadrature:
    """For one effect: mean and SD between clients where the marginal likelihood by quadrature is largest, and its
    value there; Laplace's estimates stand beside it, and how far they are off can be read."""

    mean: float
    between_sd: float
    log_likelihood: float


@dataclass(frozen=True, eq=False)
class CohortEffects:
    """Effects of k edges in N clients, with q covariates; standardised, per time unit of the model.

    mean: mean effect of each edge at the covariates' means. between_sd: SD of effects between clients. coefficients:
    of covariates, per unit. log_likelihood: Laplace's, at the estimate. log_likelihood_homogeneous: of the model whose
    effects are the same for all clients, without covariates. by_quadrature: for one edge, else None. p_homogeneous:
    p value of that model in a likelihood-ratio test; for one edge without covariates from the mixture of chi²(0) and
    chi²(1), else from chi² with all degrees of freedom, which is conservative. clients: each client's effects, shrunk
    towards these means.
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
    """Mean, spread and covariates of the edges' effects over the persons of a panel; all else stays as in `parameters`.

    covariates (persons, q), with `names`; taken from their means. Raises ModelError for fewer persons than can show a
    spread, or covariates that do not fit the panel.
    """
    N = panel.n_persons
    z, labels = _centre_covariates(covariates, names, N)
    effects = DeviatingEffects(specification, parameters, edges)
    k, q = effects.k, z.shape[1]
    if k * (2 + q) + 2 > N:
        raise ModelError(
            f"{N} persons are too few to tell how {k * (2 + q)} numbers about {k} effects differ between them",
            advice="Choose fewer edges or covariates, or wait for more persons.",
        )
    alone = [single_person_panel(panel, i) for i in range(N)]
    conditionals = [Conditional(Likelihood(one, specification), effects) for one in alone]
    design = np.hstack([np.ones((N, 1)), z])
    fitted, settled = _maximise(conditionals, design, k, free=True)
    alike, _ = _maximise(conditionals, design[:, :1], k, free=False)
    return _build_cohort_effects(
        _CohortProblem(alone, specification, parameters, effects, conditionals, design, labels), fitted, alike, settled
    )


def single_person_panel(panel: Panel, person: int) -> Panel:
    """The panel of one of its persons."""
    return panel.only(np.array([person], dtype=np.int64))


@dataclass(frozen=True, eq=False)
class _CohortProblem:
    alone: list[Panel]
    specification: Specification
    parameters: Parameters
    effects: DeviatingEffects
    conditionals: list[Conditional]
    design: Array
    labels: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _LaplacePoint:
    """B (k, 1 + q): mean deviation and coefficients; variance (k,); per client the point u (N, k), the curvature of
    log p(y | u) there (N, k, k), its slope (N, k), and Laplace's log-likelihood."""

    B: Array
    variance: Array
    points: Array
    curvature: Array
    slope: Array
    log_likelihood: float


def _maximise(conditionals: list[Conditional], design: Array, k: int, *, free: bool) -> tuple[_LaplacePoint, bool]:
    """Rounds of modes and of the closed form, until neither moves."""
    N, columns = design.shape
    B, variance = np.zeros((k, columns)), np.full(k, _START_SD**2 if free else 0.0)
    points = np.zeros((N, k))
    for _ in range(_MAX_ROUNDS):
        at = _laplace_point(conditionals, design, B, variance, points)
        new_B, new_variance = _maximise_expansion(at, design, free=free)
        moved = max(np.abs(new_B - B).max(), np.abs(np.sqrt(new_variance) - np.sqrt(variance)).max())
        B, variance, points = new_B, new_variance, at.points
        if moved < _TOLERANCE:
            return _laplace_point(conditionals, design, B, variance, points), True
    return _laplace_point(conditionals, design, B, variance, points), False


def _laplace_point(
    conditionals: list[Conditional], design: Array, B: Array, variance: Array, points: Array
) -> _LaplacePoint:
    """Every client's mode under this prior. Where a spread is zero the point is the prior's mean itself."""
    N, k = points.shape
    sd = np.sqrt(variance)
    none = sd < _ZERO_SD
    scale = np.where(none, _MIN_SCALE, sd)
    total, found_points = 0.0, np.empty((N, k))
    curvature, slope = np.empty((N, k, k)), np.empty((N, k))
    for i, conditional in enumerate(conditionals):
        mean = B @ design[i]
        mode = _restricted_mode(conditional, mean, scale, ~none, (points[i] - mean) / scale)
        found_points[i] = mean + scale * mode.v
        curvature[i] = mode.curvature / np.outer(scale, scale)
        slope[i] = (mode.gradient + mode.v) / scale
        inside = np.ix_(~none, ~none)
        whole = np.eye(int((~none).sum())) + mode.curvature[inside]
        total += mode.value - 0.5 * float(mode.v @ mode.v) - 0.5 * float(np.linalg.slogdet(whole)[1])
    return _LaplacePoint(B, variance, found_points, curvature, slope, total)


def _restricted_mode(conditional: Conditional, mean: Array, scale: Array, differs: Flags, begin: Array) -> Mode:
    """The mode over the effects that differ; the others stay at their mean, but slope and curvature are had for all."""
    if differs.all():
        return find_mode(conditional, mean, scale, begin)
    held = _SubsetConditional(conditional, mean, differs)
    v = np.zeros(len(mean))
    if differs.any():
        v[differs] = find_mode(held, mean[differs], scale[differs], begin[differs]).v
    value, gradient = conditional.value_and_gradient(mean + scale * v)
    h = 1e-4
    rows = []
    for e in np.eye(len(mean)):
        above, below = (conditional.value_and_gradient(mean + scale * v + sign * h * e)[1] for sign in (1.0, -1.0))
        rows.append((below - above) / (2 * h))
    H = np.array(rows)
    return Mode(v, value, scale * gradient - v, 0.5 * (H + H.T) * np.outer(scale, scale), True)


class _SubsetConditional(Conditional):
    """log p(y | u) over some of the effects, the others held at their mean."""

    def __init__(self, whole: Conditional, mean: Array, differs: Flags) -> None:
        self._whole, self._mean, self._differs = whole, mean, differs

    def value_and_gradient(self, u: Array) -> tuple[float, Array]:
        full = self._mean.copy()
        full[self._differs] = u
        value, gradient = self._whole.value_and_gradient(full)
        return value, gradient[self._differs]


def _maximise_expansion(at: _LaplacePoint, design: Array, *, free: bool) -> tuple[Array, Array]:
    """B and variances that maximise the likelihood when log p(y | u) is the normal expanded at each client's point.

    With g + s'(u − u0) − ½ (u − u0)' C (u − u0) and u ~ N(m, T): a + ½ log-determinants of the sum of two quadratics.
    """
    k, columns = at.B.shape
    begin = np.append(at.B.ravel(), at.variance)
    low = np.append(np.full(k * columns, -np.inf), np.zeros(k))
    high = np.append(np.full(k * columns, np.inf), np.full(k, 1.0 if free else 0.0))

    def less(x: Array) -> float:
        return -_expanded_likelihood(x, at, design)

    found = minimize(
        less,
        begin,
        method="L-BFGS-B",
        bounds=Bounds(low, high),
        options={"ftol": 1e-13},
    )
    B: Array = found.x[: k * columns].reshape(k, columns)
    return B, np.clip(found.x[k * columns :], 0.0, None)


def _expanded_likelihood(x: Array, at: _LaplacePoint, design: Array) -> float:
    """Σ_i log ∫ exp(s'd − ½ d'Cd) N(u0 + d; m, T) dd, less what does not depend on m and T. In v = (u − m) / sd, so
    that a spread of zero needs no care: with R = diag(sd), c = s + C (u0 − m), it is
    q(m) + ½ c'R (I + R C R)⁻¹ R c − ½ log |I + R C R|, q(m) = s'(m − u0) − ½ (m − u0)' C (m − u0)."""
    k = at.points.shape[1]
    B, sd = x[:-k].reshape(k, -1), np.sqrt(np.clip(x[-k:], 0.0, None))
    away = design @ B.T - at.points
    pulled = np.einsum("nij,nj->ni", at.curvature, away)
    c = (at.slope - pulled) * sd
    whole = np.eye(k) + at.curvature * np.outer(sd, sd)
    sign, log_size = np.linalg.slogdet(whole)
    if (sign <= 0).any():
        return -1e10
    gain = np.einsum("ni,ni->n", c, np.linalg.solve(whole, c[:, :, None])[:, :, 0])
    each = np.einsum("ni,ni->n", at.slope, away) - 0.5 * np.einsum("ni,ni->n", pulled, away) + 0.5 * gain
    return float((each - 0.5 * log_size).sum())


def _build_cohort_effects(
    setting: _CohortProblem, at: _LaplacePoint, alike: _LaplacePoint, settled: bool
) -> CohortEffects:
    effects, edges = setting.effects, setting.effects.edges
    k, columns = at.B.shape
    sd = np.sqrt(at.variance)
    none = sd < _ZERO_SD
    errors, regular = _standard_errors(at, setting.design, none)
    b_errors, sd_errors = errors[: k * columns].reshape(k, columns), errors[k * columns :]
    names = [f"{a} to {b}" for a, b in edges]
    gain = 2.0 * (at.log_likelihood - alike.log_likelihood)
    p_homogeneous = float(chi2.sf(max(gain, 0.0), k * columns))
    if k == 1 and columns == 1:
        p_homogeneous = 0.5 * float(chi2.sf(gain, 1)) if gain > 1e-8 else 1.0
    outcome = CohortOutcome.NOT_CONVERGED if not settled else CohortOutcome.CONVERGED
    if settled and not regular:
        outcome = CohortOutcome.INDEFINITE
    elif settled and none.any():
        outcome = CohortOutcome.BOUNDARY
    checked = _by_quadrature(setting, at) if k == 1 and not none.any() else None
    return CohortEffects(
        edges=edges,
        covariates=setting.labels,
        mean=tuple(
            NamedEstimate(n, float(effects.mean[e] + at.B[e, 0]), _finite_or_none(b_errors[e, 0]))
            for e, n in enumerate(names)
        ),
        between_sd=tuple(
            NamedEstimate(n, 0.0 if none[e] else float(sd[e]), None if none[e] else _finite_or_none(sd_errors[e]))
            for e, n in enumerate(names)
        ),
        coefficients=tuple(
            NamedEstimate(f"{label} on {n}", float(at.B[e, 1 + c]), _finite_or_none(b_errors[e, 1 + c]))
            for e, n in enumerate(names)
            for c, label in enumerate(setting.labels)
        ),
        log_likelihood=at.log_likelihood,
        log_likelihood_homogeneous=alike.log_likelihood,
        by_quadrature=checked,
        p_homogeneous=p_homogeneous,
        outcome=outcome,
        advice=(
            *_advice(outcome, [n for n, zero in zip(names, none, strict=True) if zero], p_homogeneous),
            *_quadrature_advice(checked, float(sd[0]), float(sd_errors[0])),
        ),
        clients=_client_effects(setting, at, none),
    )


def _advice(outcome: CohortOutcome, at_zero: list[str], p_homogeneous: float) -> tuple[Advice, ...]:
    out = []
    if outcome is CohortOutcome.BOUNDARY:
        out.append(
            Advice(
                "boundary",
                f"These persons do not show that the effect differs between them: {', '.join(at_zero)}. Its spread is "
                "held at zero, which is not the same as being zero.",
                "Read the other standard errors as given that.",
            )
        )
    if outcome is CohortOutcome.INDEFINITE:
        out.append(
            Advice(
                "indefinite",
                "In some direction the likelihood is flat: these data do not determine how the effects differ.",
                "Let fewer edges differ, or use more sessions a person.",
            )
        )
    if outcome is CohortOutcome.NOT_CONVERGED:
        out.append(Advice("not_converged", "The search ended before it settled.", "Let fewer edges differ."))
    if p_homogeneous < 0.05:
        out.append(
            Advice(
                "heterogeneous",
                f"Effects differ between persons by more than chance would give (p = {p_homogeneous:.2g}). A model "
                "with one effect for all describes an average that may hold for few, and its standard errors are too "
                "small.",
                "Report the spread beside the mean.",
            )
        )
    return tuple(out)


def _standard_errors(at: _LaplacePoint, design: Array, none: Flags) -> tuple[Array, bool]:
    """From the curvature of the closed form along B and sd, by central differences; NaN for a spread at zero."""
    k, columns = at.B.shape
    free = np.append(np.ones(k * columns, dtype=bool), ~none)
    x = np.append(at.B.ravel(), np.sqrt(at.variance))

    def value(part: Array) -> float:
        full = x.copy()
        full[free] = part
        full[k * columns :] = np.where(none, 0.0, full[k * columns :]) ** 2
        return _expanded_likelihood(full, at, design)

    here, h, m = x[free], 1e-3, int(free.sum())
    H, steps = np.empty((m, m)), h * np.eye(m)
    for i in range(m):
        for j in range(i + 1):
            a, b = steps[i], steps[j]
            crossed = value(here + a + b) - value(here + a - b) - value(here - a + b) + value(here - a - b)
            H[i, j] = H[j, i] = -crossed / (4 * h * h)
    out = np.full(len(x), np.nan)
    if not np.isfinite(H).all() or np.linalg.eigvalsh(H)[0] <= 0:
        return out, False
    out[free] = np.sqrt(np.diag(np.linalg.inv(H)))
    return out, True


def _client_effects(setting: _CohortProblem, at: _LaplacePoint, none: Flags) -> tuple[PersonEffects, ...]:
    """Own effects of every client under the estimated prior; those that do not differ are not among them."""
    differ = [e for e, zero in zip(setting.effects.edges, none, strict=True) if not zero]
    if not differ:
        return ()
    # the cohort's mean effects become those that clients deviate from
    means = setting.effects.parameters(at.B[:, 0])
    rest = at.B[:, 1:]
    return tuple(
        estimate_person_effects(
            one,
            setting.specification,
            means,
            differ,
            np.sqrt(at.variance[~none]),
            prior_deviation=(rest @ setting.design[i, 1:])[~none],
        )
        for i, one in enumerate(setting.alone)
    )


def _by_quadrature(setting: _CohortProblem, at: _LaplacePoint) -> Quadrature:
    """One effect by Gauss–Hermite quadrature around each client's mode. log p(y | u) at the nodes does not depend on
    the prior, so it is had once, and mean and SD are climbed to over it; coefficients stay."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    sd = float(np.sqrt(at.variance[0]))
    spread = _NODE_WIDENING / np.sqrt(1.0 / sd**2 + np.maximum(at.curvature[:, 0, 0], 0.0))
    u = at.points[:, :1] + spread[:, None] * nodes
    given = np.array(
        [[one.value(np.array([v])) for v in row] for one, row in zip(setting.conditionals, u, strict=True)]
    )
    fixed = np.log(weights) + 0.5 * nodes**2 + given + np.log(spread)[:, None] - 0.5 * np.log(2 * np.pi)
    rest = setting.design[:, 1:] @ at.B[0, 1:]

    def value(x: Array) -> float:
        v = (u - x[0] - rest[:, None]) / np.exp(x[1])
        return -float(np.logaddexp.reduce(fixed - 0.5 * v**2 - x[1], axis=1).sum())

    found = minimize(value, np.array([at.B[0, 0], np.log(sd)]), method="Nelder-Mead", options={"xatol": 1e-5})
    return Quadrature(float(setting.effects.mean[0] + found.x[0]), float(np.exp(found.x[1])), -float(found.fun))


def _quadrature_advice(checked: Quadrature | None, sd: float, error: float) -> tuple[Advice, ...]:
    if checked is None or abs(checked.between_sd - sd) < 0.5 * error:
        return ()
    return (
        Advice(
            "approximation",
            f"Laplace's approximation puts the spread between persons at {sd:.2f}, quadrature at "
            f"{checked.between_sd:.2f}.",
            "Use the one by quadrature.",
        ),
    )


def _centre_covariates(given: Array | None, names: Sequence[str], n: int) -> tuple[Array, tuple[str, ...]]:
    if given is None:
        return np.empty((n, 0)), ()
    z = np.asarray(given, dtype=np.float64)
    if z.ndim != 2 or z.shape != (n, len(names)) or not np.isfinite(z).all():
        raise ModelError(
            f"covariates must be one finite row for each of {n} persons and one column for each of {len(names)} names"
        )
    return z - z.mean(axis=0), tuple(names)


def _finite_or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
