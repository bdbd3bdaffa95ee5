"""Maximum-likelihood estimation of discrete-time panel models, with the optimiser and outcomes of continuous time."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from securebase.errors import Advice, ModelError
from securebase.model.arguments import PANEL_ADVICE, check_instance
from securebase.model.discrete_time.identifiability import refusal
from securebase.model.discrete_time.information import (
    complete_data_information,
    compress_units,
    expected_information,
    observed_information,
    uses_dense_moments,
)
from securebase.model.discrete_time.likelihood import DiscreteTimeLikelihood, expand_waves
from securebase.model.discrete_time.specification import (
    DiscreteTimeParameters,
    DiscreteTimeSpecification,
    WaveConstraint,
)
from securebase.model.discrete_time.start_values import initial_values
from securebase.model.discrete_time.transforms import DiscreteTimeTransform, build_discrete_time_transform
from securebase.model.fit.boundary import Optimum, diagonal_roots, maximise
from securebase.model.fit.optimise import Indices, Iterate, forward_difference_hessian, hessian
from securebase.model.fit.result import FitResult, delta_method_covariance, with_standard_errors
from securebase.model.fit.summary import summarise, unit_of
from securebase.model.likelihood import kernel_name
from securebase.model.panel import Panel
from securebase.model.parameters import Array, Start

Progress = Callable[[int, float], None]
Information = Literal["observed", "expected"]


@dataclass(frozen=True, eq=False, kw_only=True)
class DiscreteTimeFit(FitResult):
    """Result of a fit of a discrete-time panel model.

    Parameters
    ----------
    specification : DiscreteTimeSpecification
        The model that was fitted.
    parameters : DiscreteTimeParameters or None
        Estimates in points; None where the fit was refused for want of data.

    Notes
    -----
    `estimates` maps names such as ``lags[y 3,x 2]`` (from x at wave 2 to y at wave 3) to values with standard errors;
    `outcome`, `log_likelihood`, `aic`, `bic` and `interval` are as in `Fit`.

    Examples
    --------
    >>> import numpy as np
    >>> import securebase
    >>> cohort = securebase.simulate("default", n_clients=80, rng=np.random.default_rng(1), sessions=4, dropout=0.0)
    >>> rows = securebase.panel(cohort, ("symptoms", "alliance"))
    >>> model = securebase.discrete_time_specification(rows, "clpm", equal_lags=True)
    >>> result = securebase.fit_discrete_time(rows, model)
    >>> result.outcome.kind, bool(np.isfinite(result.log_likelihood))
    ('converged', True)
    """

    specification: DiscreteTimeSpecification
    parameters: DiscreteTimeParameters | None

    def __str__(self) -> str:
        spec = self.specification
        title = (
            f"Discrete-time panel model of {', '.join(spec.constructs)}: {spec.waves} waves, random intercepts "
            f"{'yes' if spec.levels else 'no'}, lags {spec.lags.value}, start {spec.start.value}"
        )
        return summarise(title, self, lambda name: unit_of(name, "wave"))


def fit_discrete_time(
    panel: Panel,
    specification: DiscreteTimeSpecification,
    *,
    information: Information = "observed",
    progress: Progress | None = None,
) -> DiscreteTimeFit:
    """Fit a discrete-time panel model by full-information maximum likelihood.

    For person i at wave t = 1..T, with p constructs ::

        y_it = μ_t + b_i + s_it,                b_i ~ N(0, Σ_b)
        s_i,t+1 = Φ_t s_it + ζ_it,              ζ_it ~ N(0, Q_t),    s_i1 ~ N(0, P_1)

    with means μ_t (p,), random intercepts b_i, autoregressive and cross-lagged effects Φ_t (p, p), residual covariances
    Q_t (p, p) and the within-person covariance P_1 (p, p) at the first wave. There is no measurement error. Waves count
    as equally spaced, and all observed scores enter the likelihood.

    =========  =====================  =========================  ==================================================
    Model      Random intercepts b_i  Φ_t, Q_t and μ_t           P_1
    =========  =====================  =========================  ==================================================
    RI-CLPM    yes                    free or equal over waves   free
    CLPM       none (b_i = 0)         free or equal over waves   free
    VAR        yes                    equal over waves           stationary, P_1 = Φ P_1 Φ' + Q, at a person's first
                                                                 observed wave
    =========  =====================  =========================  ==================================================

    In the CLPM the lagged effects mix differences between persons with changes within them; in the RI-CLPM and the VAR
    they are within persons.

    Parameters
    ----------
    panel : Panel
        Scores with a wave (or session) number in every row.
    specification : DiscreteTimeSpecification
        The model, as from `discrete_time_specification`.
    information : {"observed", "expected"}
        Basis of the standard errors. Programs and textbooks mostly use the expected information for complete data; with
        missing scores it is valid only if they are missing completely at random.
    progress : callable, optional
        Called with (iteration, log-likelihood so far).

    Returns
    -------
    DiscreteTimeFit
        Estimates, standard errors and the outcome with advice. Too little data give a refusal (`parameters` is None),
        not an exception.

    Raises
    ------
    ModelError
        If panel and specification do not match, `information` is unknown, or the expected information is not available:
        with a stationary start, and with many patterns of missing scores over many waves.

    Notes
    -----
    Estimates are named ``lags[y 3,x 2]`` (from x at wave 2 to y at wave 3), ``residual_covariance[y 3,x 3]``,
    ``mean[y 3]``, ``start_covariance[y,x]`` and ``level_covariance[y,x]``; parameters that are equal over waves
    have no numbers. Lags are in points of y per point of x, means in points, covariances in squared points.

    References
    ----------
    Hamaker, E. L., Kuiper, R. M., & Grasman, R. P. P. P. (2015). A critique of the cross-lagged panel model.
    Psychological Methods, 20(1), 102–116.

    Examples
    --------
    >>> import numpy as np
    >>> import securebase
    >>> cohort = securebase.simulate("default", n_clients=80, rng=np.random.default_rng(1), sessions=4, dropout=0.0)
    >>> rows = securebase.panel(cohort, ("symptoms", "alliance"))
    >>> model = securebase.discrete_time_specification(rows, "clpm", equal_lags=True)
    >>> securebase.fit_discrete_time(rows, model).outcome.kind
    'converged'
    """
    started = time.perf_counter()
    check_instance(panel, Panel, "panel", advice=PANEL_ADVICE)
    check_instance(
        specification,
        DiscreteTimeSpecification,
        "specification",
        advice="Build one with discrete_time_specification; continuous-time models are fitted by fit.",
    )
    if information not in get_args(Information):
        raise ModelError(f"unknown information “{information}”", advice="Use one of observed, expected.")
    rows = expand_waves(panel, specification)
    advice = refusal(rows, specification)
    if advice is not None:
        return DiscreteTimeFit(
            specification=specification,
            parameters=None,
            estimates={},
            log_likelihood=None,
            n_parameters=specification.n_parameters,
            n_persons=panel.n_persons,
            n_observations=rows.n_observations,
            outcome=advice,
            kernel=kernel_name(),
            seconds=time.perf_counter() - started,
        )
    objective = _DiscreteTimeObjective(rows, specification, {"scores": panel.fingerprint})
    best = _maximise_from(objective, None, progress)
    if best.kind != "converged":
        again = _maximise_from(objective, 0.3, progress)
        best = max(best, again, key=lambda e: (round(-e.iterate.value * objective.n, 4), e.kind == "converged"))
    return _build_fit(objective, best, information, time.perf_counter() - started)


class _DiscreteTimeObjective:
    """Minus log-likelihood / persons as a function of the internal numbers x."""

    def __init__(self, rows: Panel, specification: DiscreteTimeSpecification, fingerprints: Mapping[str, str]) -> None:
        self.specification, self.fingerprints = specification, fingerprints
        self.scale: DiscreteTimeTransform = build_discrete_time_transform(rows, specification)
        self.likelihood = DiscreteTimeLikelihood(self.scale.panel, specification, complete=True)
        self.n = rows.n_persons
        #: for Hessians from dense moments; None with a stationary start, which has none
        self.units = compress_units(self.likelihood.rows, specification) if specification.start == Start.FREE else None

    def __call__(self, x: Array) -> tuple[float, Array]:
        # beyond this exponentials overflow
        if np.abs(x).max(initial=0.0) > 100.0:
            return np.inf, np.zeros_like(x)
        try:
            value, gradient = self.likelihood.value_and_gradient(self.scale.standard(x))
        except (ModelError, np.linalg.LinAlgError):
            return np.inf, np.zeros_like(x)
        return -value / self.n, -self.scale.pull_back(x, gradient) / self.n

    def log_likelihood(self, x: Array) -> float:
        return self.likelihood.value(self.scale.standard(x)) + self.scale.log_likelihood_shift

    def variances(self) -> dict[int, str]:
        """Return position in x → name for every log diagonal entry of a Cholesky factor."""
        spec = self.specification
        names = {}
        for block, (k, i) in diagonal_roots(self.scale):
            name, _, wave = block.name.partition(" ")
            construct = f"{spec.constructs[k]} {wave}" if wave else spec.constructs[k]
            names[i] = f"{name}[{construct},{construct}]"
        return names

    def first_curvature(self, current: Iterate) -> Array:
        """Approximate the Hessian by the expected information of complete persons with as many scores in total."""
        if self.specification.start != Start.FREE or len(current.x) < 12:
            return forward_difference_hessian(self, current)
        standard = self.scale.standard(current.x)
        D = self.specification.waves * self.specification.p
        persons = self.likelihood.panel.n_observations / D
        J = self.scale.standard_jacobian(current.x)
        information: Array = J.T @ complete_data_information(self.specification, standard, persons) @ J / self.n
        return information

    def curvature(self, x: Array, indices: Indices) -> Array:
        if self.units is None or not uses_dense_moments(self.units):
            return hessian(self, x, indices)
        H, gradient = observed_information(self.specification, self.scale.standard(x), self.units)
        J = self.scale.standard_jacobian(x)
        # chain rule: J' H J + Σ_k (∂ log L / ∂θ_k) ∂²θ_k / ∂x²
        whole = (J.T @ H @ J + self.scale.curvature_term(x, gradient)) / self.n
        return whole[np.ix_(indices, indices)]

    def expected(self, x: Array, indices: Indices) -> Array:
        """Return the expected information per person along `indices`. Raises ModelError where it is not available."""
        if self.units is None or not uses_dense_moments(self.units):
            raise ModelError(
                "the expected information is not available for this model and table",
                advice="Use the observed information, which every model has.",
            )
        J = self.scale.standard_jacobian(x)
        whole = J.T @ expected_information(self.specification, self.scale.standard(x), self.units) @ J / self.n
        return np.asarray(whole[np.ix_(indices, indices)])


def _maximise_from(objective: _DiscreteTimeObjective, persistence: float | None, progress: Progress | None) -> Optimum:
    """Maximise from start values with this persistence; None for moments of the data."""

    def report(step: int, value: float) -> None:
        if progress is not None:
            progress(step, -value * objective.n + objective.scale.log_likelihood_shift)

    start = initial_values(objective.scale.panel, objective.specification, persistence=persistence)
    return maximise(objective, objective.scale.internal(start), report)


def _build_fit(
    objective: _DiscreteTimeObjective, optimum: Optimum, information: Information, seconds: float
) -> DiscreteTimeFit:
    scale, x = objective.scale, optimum.iterate.x
    parameters = scale.natural(x)
    values = parameters.named(objective.specification)
    covariance = np.full((len(values), len(values)), np.nan)
    if optimum.kind in ("converged", "boundary"):
        per_person = optimum.hessian if information == "observed" else objective.expected(x, optimum.free)
        is_held = np.isin(list(values), list(optimum.held))
        covariance = delta_method_covariance(scale.jacobian(x)[:, optimum.free], per_person * objective.n, is_held)
    return DiscreteTimeFit(
        specification=objective.specification,
        parameters=parameters,
        standard_error_method=f"{information} information",
        estimates=with_standard_errors(values, covariance),
        log_likelihood=objective.log_likelihood(x),
        n_parameters=scale.size,
        n_persons=objective.n,
        n_observations=objective.likelihood.panel.n_observations,
        outcome=_advice(optimum),
        gradient_norm=float(np.abs(optimum.iterate.gradient[optimum.free]).max(initial=0.0)),
        hessian_eigenvalues=tuple(float(v) for v in np.linalg.eigvalsh(optimum.hessian)),
        iterations=optimum.iterations,
        kernel=kernel_name(),
        seconds=seconds,
        covariance=covariance,
        held=optimum.held,
        fingerprints=objective.fingerprints,
        notes=_notes(objective, information),
    )


def _notes(objective: _DiscreteTimeObjective, information: Information) -> tuple[str, ...]:
    spec = objective.specification
    notes = ["Waves count as equally far apart, and scores as free of error of measurement."]
    if spec.levels:
        notes.append("Lags are within persons: usual levels are taken out.")
    else:
        notes.append("No usual levels are taken out: lags mix what lies between persons with what lies within.")
    if spec.means == WaveConstraint.EQUAL:
        notes.append("Not adjusted for the common time course: means are equal over waves.")
    notes.append(f"Standard errors from the {information} information.")
    return tuple(notes)


def _advice(optimum: Optimum) -> Advice:
    match optimum.kind:
        case "converged":
            return Advice("converged", "The fit converged: flat gradient, positive-definite Hessian.")
        case "boundary":
            vanished = " and ".join(f"{name} went to zero" for name in optimum.held)
            return Advice(
                "boundary",
                f"The fit ended at a boundary: {vanished}. The other standard errors are conditional on this.",
                "Constrain lags or residual covariances to be equal over waves, use fewer constructs, or, where the "
                "variance of a random intercept went to zero, the model without random intercepts.",
            )
        case "indefinite":
            return Advice(
                "indefinite",
                "The data do not determine every parameter: in some direction the likelihood is flat or curves upward.",
                "Constrain lags, residual covariances or means to be equal over waves, use fewer constructs, or gather "
                "more data.",
            )
    return Advice(
        "not_converged",
        "The search ended before the gradient was zero; the estimates do not maximise the likelihood.",
        "Constrain lags, residual covariances or means to be equal over waves, or use fewer constructs. Check the "
        "table for outliers.",
    )
