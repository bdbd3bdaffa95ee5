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

import numpy as np
from scipy.optimize import minimize

from securebase.errors import ModelError
from securebase.model.arguments import PANEL_ADVICE, check_instance, check_names, check_numbers
from securebase.model.distributions import chi2_tail
from securebase.model.likelihood import Likelihood
from securebase.model.panel import Panel
from securebase.model.parameters import Array, Parameters
from securebase.model.person_effects.cohort_effects import (
    CohortEffects,
    CohortOutcome,
    NamedEstimate,
    Quadrature,
    advice_on_approximation,
    advice_on_outcome,
)
from securebase.model.person_effects.deviation import DeviatingEffects
from securebase.model.person_effects.laplace import ZERO_SD, Flags, LaplacePoint, maximise, standard_errors
from securebase.model.person_effects.one_client import Conditional, PersonEffects, estimate_person_effects
from securebase.model.specification import Specification
from securebase.model.standardised import Edge

#: Quadrature nodes, spread wider than the posterior so that they cover a moving prior.
_NODES, _NODE_WIDENING = 31, 1.4


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
    fitted, settled = maximise(conditionals, design, k, free=True)
    homogeneous, _ = maximise(conditionals, design[:, :1], k, free=False)
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


def _build_cohort_effects(
    problem: _CohortProblem, expansion: LaplacePoint, homogeneous: LaplacePoint, settled: bool
) -> CohortEffects:
    effects, edges = problem.effects, problem.effects.edges
    k, columns = expansion.B.shape
    sd = np.sqrt(expansion.variance)
    is_zero = sd < ZERO_SD
    errors, regular = standard_errors(expansion, problem.design, is_zero)
    b_errors, sd_errors = errors[: k * columns].reshape(k, columns), errors[k * columns :]
    names = [f"{a} to {b}" for a, b in edges]
    gain = 2.0 * (expansion.log_likelihood - homogeneous.log_likelihood)
    p_homogeneous = float(chi2_tail(max(gain, 0.0), k * columns))
    if k == 1 and columns == 1:
        p_homogeneous = 0.5 * float(chi2_tail(gain, 1)) if gain > 1e-8 else 1.0
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
            *advice_on_outcome(outcome, [n for n, zero in zip(names, is_zero, strict=True) if zero], p_homogeneous),
            *advice_on_approximation(quadrature, float(sd[0]), float(sd_errors[0])),
        ),
        clients=_client_effects(problem, expansion, is_zero),
    )


def _client_effects(problem: _CohortProblem, expansion: LaplacePoint, is_zero: Flags) -> tuple[PersonEffects, ...]:
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


def _by_quadrature(problem: _CohortProblem, expansion: LaplacePoint) -> Quadrature:
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
