"""Maximum-likelihood estimation of the continuous-time model, with standard errors and a classified outcome.

BFGS on log-likelihood / persons with the exact gradient, Newton refinement, observed information by differences of the
gradient, and standard errors on the natural scale by the delta method. The outcome is a value with advice
(`Fit.outcome`), never an exception: converged, boundary, not_separable, indefinite, not_enough_data, regularised or
not_converged.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from scipy.linalg import expm

from securebase.errors import Advice, ModelError
from securebase.model.arguments import PANEL_ADVICE, check_generator, check_instance, check_number, check_whole_number
from securebase.model.equations import stationary_covariance
from securebase.model.fit import priors
from securebase.model.fit.boundary import Optimum, diagonal_roots, maximise
from securebase.model.fit.fingerprint import fingerprints
from securebase.model.fit.identifiability import identifiability_refusal, n_parameters
from securebase.model.fit.multistart import draw_starts, summarise_starts
from securebase.model.fit.optimise import Indices, Iterate, bfgs, forward_difference_hessian, hessian
from securebase.model.fit.priors import ShrinkagePrior
from securebase.model.fit.result import FitResult, delta_method_covariance, with_standard_errors
from securebase.model.fit.start_values import initial_values
from securebase.model.fit.summary import summarise, unit_of
from securebase.model.fit.transforms import FixedBlock, Transform, build_transform
from securebase.model.likelihood import Likelihood, kernel_name
from securebase.model.panel import Panel
from securebase.model.parameters import Array, Parameters, Specification, Trend

Progress = Callable[[int, float], None]

#: autocovariance of a construct's state at one median gap over its total variance (state and noise), below which the
#: state cannot be separated from noise and the drift is not identified
_MIN_PERSISTENCE = 0.02
#: absolute z score, and gap in median gaps, beyond which a value counts as an outlier
_FAR_SCORE, _FAR_GAP = 6.0, 100.0
#: rows of the subsample that gives the start of a large panel, and the gradient tolerance there
_SUBSAMPLE_ROWS, _SUBSAMPLE_TOLERANCE = 3000, 1e-3
#: SD of the weak normal prior on the internal scale of a trend's rate (apart), centred on the middle of its range
_RATE_SPREAD = 1.5
#: SD of the weak normal prior on the logarithm of a noise variance, where a reliability is given
_NOISE_SPREAD = 0.5


@dataclass(frozen=True, eq=False)
class InternalSolution:
    """The optimum on the internal scale: x, its free coordinates, and the observed information per person along those.

    The information is the negative Hessian of (log-likelihood + log-prior) / persons.
    """

    x: Array
    free: Indices
    hessian: Array


@dataclass(frozen=True, eq=False, kw_only=True)
class Fit(FitResult):
    """Result of a fit of the continuous-time model.

    Parameters
    ----------
    specification : Specification
        The model that was fitted.
    parameters : Parameters or None
        Estimates on the natural scale; None where the fit was refused for want of data.
    internal : InternalSolution or None
        The optimum on the internal scale.
    reliability : mapping of str to float
        Reliabilities that acted as priors on measurement noise.
    data_share : mapping of str to float
        With a shrinkage prior, the share of each estimate that comes from the data: 1 − posterior / prior variance.

    Notes
    -----
    `outcome.kind` says how the fit ended: converged, boundary, not_separable, indefinite, not_enough_data, regularised
    or not_converged. `estimates` maps names such as ``drift[y,x]`` to values with standard errors, `log_likelihood`
    excludes any prior, and `aic`, `bic` and `interval` derive from both.

    Examples
    --------
    >>> import numpy as np
    >>> import securebase
    >>> cohort = securebase.simulate("default", n_clients=60, rng=np.random.default_rng(1), sessions=12)
    >>> rows = securebase.panel(cohort, ("symptoms",))
    >>> result = securebase.fit(rows, securebase.Specification(("symptoms",), trend="linear"))
    >>> low, high = result.interval("drift[symptoms,symptoms]")
    >>> low < result.estimates["drift[symptoms,symptoms]"].value < high
    True
    """

    specification: Specification
    parameters: Parameters | None
    internal: InternalSolution | None = field(default=None, repr=False)
    reliability: Mapping[str, float] = field(default_factory=dict)
    data_share: Mapping[str, float] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        spec = self.specification
        title = (
            f"Continuous-time model of {', '.join(spec.constructs)}: trend {spec.trend.value}, start "
            f"{spec.start.value}, time in {spec.time_unit}s"
        )
        per_time = spec.trend in (Trend.NONE, Trend.LINEAR)
        return summarise(title, self, lambda name: unit_of(name, spec.time_unit, slopes_per_time=per_time))

    @property
    def is_regularised(self) -> bool:
        return bool(self.reliability) or super().is_regularised


def fit(
    panel: Panel,
    specification: Specification,
    *,
    progress: Progress | None = None,
    reliability: Mapping[str, float] | None = None,
    starts: int = 1,
    rng: np.random.Generator | None = None,
    prior: ShrinkagePrior | None = None,
) -> Fit:
    """Fit the continuous-time model to a panel by maximum likelihood.

    For person i of therapist h at time t, with p constructs and scores y in the points of their scales ::

        ds_i = (A s_i + E u_i) dt + G dW
        η_i(t) = μ + m(t) + b_i + f(t) c_i + g_h + Γ x_i + s_i(t)
        y_ij = ν_j + λ_j η_i,k(j)(t) + ε_ij,    ε_ij ~ N(0, r_j)

    with the state s_i, inputs u_i, trend m, random intercepts b_i and random slopes c_i (jointly normal), therapist
    effects g_h and covariates x_i. `Specification` defines every symbol and which options add which term.

    The Kalman filter gives the exact Gaussian likelihood, with Φ = exp(A Δt) and the covariance of shocks
    Q = ∫ exp(A v) GG' exp(A' v) dv over each gap Δt. BFGS with Newton refinement maximises it; standard errors come
    from the observed information by the delta method. Missing scores are left out (full information).

    Parameters
    ----------
    panel : Panel
        Scores (rows, q) of N persons at times (rows,), as from `securebase.panel`.
    specification : Specification
        Constructs, trend and further parts of the model, in the panel's time unit.
    progress : callable, optional
        Called with (iteration, log-likelihood so far).
    reliability : mapping of str to float, optional
        Score → reliability between 0 and 1, a weak prior on its measurement noise.
    starts : int
        Number of starting points; those after the first are drawn around it, and the best optimum is reported.
    rng : numpy.random.Generator, optional
        Source of the further starts.
    prior : ShrinkagePrior, optional
        Parameters towards which the estimates are shrunk where data are few. Such a fit counts as regularised, never
        as converged (decision 0010).

    Returns
    -------
    Fit
        Estimates, standard errors and the outcome with advice. Too little data give a refusal (`parameters` is None,
        outcome not_enough_data), not an exception.

    Raises
    ------
    ModelError
        If panel and specification differ in constructs, columns of scores or time unit, the panel lacks inputs,
        covariates or therapists of the specification, a reliability is unknown or outside 0 to 1, `starts` is below 1,
        or several starts come without `rng`.

    Notes
    -----
    Estimates are named after the fields of `Parameters`: ``drift[y,x]`` is the effect of the state of x on the rate of
    change of y, in points of y per point of x and time unit; ``diffusion[y,x]``, ``level_covariance[y,x]`` and other
    covariances give their lower triangle; ``level_mean[y]`` is in points; ``rate`` per time unit. ``print(result)``
    shows them with standard errors and units. The effect over a gap Δt is exp(A Δt), not A.

    With the trend carried, therapy acts in every row, so the level at the first row and the baseline are not identified
    apart: start_mean is held at 0 and level_mean is the mean at the first row (decision 0006).

    References
    ----------
    Kalman, R. E. (1960). A new approach to linear filtering and prediction problems. Journal of Basic Engineering,
    82(1), 35–45.
    Oud, J. H. L., & Jansen, R. A. R. G. (2000). Continuous time state space modeling of panel data by means of SEM.
    Psychometrika, 65(2), 199–215.
    Voelkle, M. C., Oud, J. H. L., Davidov, E., & Schmidt, P. (2012). An SEM approach to continuous time modeling of
    panel data: Relating authoritarianism and anomia. Psychological Methods, 17(2), 176–192.
    Driver, C. C., Oud, J. H. L., & Voelkle, M. C. (2017). Continuous time structural equation modeling with R package
    ctsem. Journal of Statistical Software, 77(5), 1–35.
    Lewis, A. S., & Overton, M. L. (2013). Nonsmooth optimization via quasi-Newton methods. Mathematical Programming,
    141, 135–163 (the line search).

    Examples
    --------
    >>> import numpy as np
    >>> import securebase
    >>> cohort = securebase.simulate("default", n_clients=60, rng=np.random.default_rng(1), sessions=12)
    >>> rows = securebase.panel(cohort, ("symptoms",))
    >>> result = securebase.fit(rows, securebase.Specification(("symptoms",), trend="linear"))
    >>> result.outcome.kind
    'converged'
    >>> result.estimates["drift[symptoms,symptoms]"].value < 0
    True
    """
    started = time.perf_counter()
    _check_arguments(panel, specification, starts, rng, prior)
    if panel.constructs != specification.constructs:
        raise ModelError(
            f"the panel has the constructs {', '.join(panel.constructs)}, "
            f"the specification {', '.join(specification.constructs)}",
            advice="Build both from the same constructs.",
        )
    if panel.scores.shape[1] != len(specification.scores):
        raise ModelError(
            f"the panel has {panel.scores.shape[1]} columns of scores, the specification {len(specification.scores)}: "
            f"{', '.join(specification.scores)}",
            advice="Build the panel with the same indicators as the specification.",
        )
    if panel.days_per_unit != specification.days_per_unit:
        raise ModelError(
            f"the panel counts time in units of {panel.days_per_unit:g} days, the specification in units of "
            f"{specification.days_per_unit:g}",
            advice="Give both the same time_unit and days_per_unit.",
        )
    _check_reliability(specification, reliability or {})
    refusal = identifiability_refusal(panel, specification, has_prior=prior is not None)
    if refusal is not None:
        return Fit(
            specification=specification,
            parameters=None,
            estimates={},
            log_likelihood=None,
            n_parameters=n_parameters(specification),
            n_persons=panel.n_persons,
            n_observations=panel.n_observations,
            outcome=refusal,
            kernel=kernel_name(),
            seconds=time.perf_counter() - started,
        )
    objective = _PanelObjective(panel, specification, reliability or {}, prior)
    first = _first_start(objective) if prior is None else objective.prior_mean
    optima = [_maximise_from(objective, first, progress)]
    if optima[0].kind != "converged" and prior is None:
        again = _maximise_from(objective, initial_values(objective.scale, persistence=0.7), progress)
        optima = [_best(objective, [optima[0], again])]
    if starts > 1 and rng is not None:
        optima += [_maximise_from(objective, x, progress) for x in draw_starts(objective, first, starts - 1, rng)]
    result = _build_fit(objective, _best(objective, optima), time.perf_counter() - started)
    if starts > 1:
        summary = summarise_starts([-e.iterate.value * objective.n for e in optima])
        result = replace(result, notes=(*result.notes, summary))
    return result


def _best(objective: _PanelObjective, optima: list[Optimum]) -> Optimum:
    """Return the optimum with the highest log-likelihood to 4 decimals, a converged one among equals."""
    return max(optima, key=lambda e: (round(-e.iterate.value * objective.n, 4), e.kind == "converged"))


def _check_arguments(
    panel: object, specification: object, starts: int, rng: np.random.Generator | None, prior: object
) -> None:
    """Raise ModelError for arguments of the wrong class, and for several starts without a random generator."""
    check_instance(panel, Panel, "panel", advice=PANEL_ADVICE)
    check_instance(
        specification,
        Specification,
        "specification",
        advice="Build one with securebase.Specification; discrete-time models are fitted by fit_discrete_time.",
    )
    check_whole_number(starts, "starts", minimum=1)
    if rng is not None:
        check_generator(rng)
    elif starts > 1:
        raise ModelError(f"starts is {starts}, but rng is missing", advice="Pass rng, a numpy.random.Generator.")
    if prior is not None:
        check_instance(
            prior, ShrinkagePrior, "prior", advice="Build one from a parameter set with securebase.prior_from_set."
        )


def _check_reliability(specification: Specification, reliability: Mapping[str, float]) -> None:
    check_instance(reliability, Mapping, "reliability", advice='Write {"symptoms": 0.85}.')
    for name, value in reliability.items():
        if name not in specification.scores:
            raise ModelError(
                f"a reliability is given for “{name}”, which is not a score of this model",
                advice=f"Its scores are {', '.join(specification.scores)}.",
            )
        check_number(value, f"the reliability of “{name}”")
        if not 0.0 < value < 1.0:
            raise ModelError(f"the reliability of “{name}” must lie between 0 and 1 (got {value:g})")


class _PanelObjective:
    """Minus (log-likelihood + log-prior) / persons as a function of the internal numbers x."""

    def __init__(
        self,
        panel: Panel,
        specification: Specification,
        reliability: Mapping[str, float],
        prior: ShrinkagePrior | None = None,
    ) -> None:
        self.panel = panel
        self.specification = specification
        self.scale: Transform = build_transform(panel, specification)
        self.likelihood = Likelihood(self.scale.panel, self.scale.specification)
        self.n = panel.n_persons
        self.prior_mean, self.prior_precision = np.zeros(self.scale.size), np.zeros(self.scale.size)
        self.reliability, self.prior = reliability, prior
        self.prior_precision[self.scale.where("rate")] = _RATE_SPREAD**-2
        if prior is not None:
            self.prior_mean, self.prior_precision = priors.prior_moments(self.scale, prior)
        for k, name in enumerate(specification.scores):
            if name in reliability:
                # scores have variance 1, so the noise variance is 1 − reliability
                i = self.scale.where("measurement_noise")[k]
                self.prior_mean[i] = np.log(max(1.0 - reliability[name], 1e-3))
                self.prior_precision[i] = _NOISE_SPREAD**-2

    def __call__(self, x: Array) -> tuple[float, Array]:
        # beyond this exponentials overflow
        if np.abs(x).max(initial=0.0) > 100.0:
            return np.inf, np.zeros_like(x)
        try:
            value, gradient = self.likelihood.value_and_gradient(self.scale.standard(x))
        except (ModelError, np.linalg.LinAlgError):
            return np.inf, np.zeros_like(x)
        deviation = x - self.prior_mean
        value -= 0.5 * float(self.prior_precision @ deviation**2)
        slope = self.scale.pull_back(x, gradient) - self.prior_precision * deviation
        return -value / self.n, -slope / self.n

    def log_likelihood(self, x: Array) -> float:
        return self.likelihood.value(self.scale.standard(x)) + self.scale.log_likelihood_shift

    def variances(self) -> dict[int, str]:
        """Return position in x → name for every log noise variance and every log diagonal entry of a Cholesky factor.

        The square of such an entry is a construct's variance given those before it.
        """
        spec = self.specification
        positions = self.scale.where("measurement_noise")
        names = {int(i): f"measurement_noise[{name}]" for i, name in zip(positions, spec.scores, strict=True)}
        for block, (k, i) in diagonal_roots(self.scale):
            name, row = ("change_covariance", k - spec.p) if k >= spec.p else (block.name, k)
            names[i] = f"{name}[{spec.constructs[row]},{spec.constructs[row]}]"
        return names

    def first_curvature(self, current: Iterate) -> Array:
        """Approximate the Hessian from the subsample, which is accurate enough to start BFGS."""
        few = self.subsample
        return forward_difference_hessian(few, Iterate(current.x, *few(current.x)))

    def curvature(self, x: Array, indices: Indices) -> Array:
        return hessian(self, x, indices, gradient=self(x)[1])

    @cached_property
    def subsample(self) -> _PanelObjective:
        """The same objective for evenly spaced persons with about `_SUBSAMPLE_ROWS` rows; itself for a small panel."""
        share = self.likelihood.n_rows / _SUBSAMPLE_ROWS
        if share < 2.0:
            return self
        few = copy(self)
        persons = np.unique(np.linspace(0, self.n - 1, max(int(self.n / share), 2)).astype(np.int64))
        few.likelihood = Likelihood(self.scale.panel.select_persons(persons), self.scale.specification)
        few.n = len(persons)
        # the prior keeps its weight relative to the fewer persons
        few.prior_precision = self.prior_precision * len(persons) / self.n
        return few


def _first_start(objective: _PanelObjective) -> Array:
    """Return the first start; for a large panel the optimum of its subsample, if that is better."""
    x, few = initial_values(objective.scale), objective.subsample
    if few is objective:
        return x
    end, _ = bfgs(few, x, tolerance=_SUBSAMPLE_TOLERANCE, curvature=lambda at: forward_difference_hessian(few, at))
    return end.x if objective(end.x)[0] < objective(x)[0] else x


def _maximise_from(objective: _PanelObjective, x: Array, progress: Progress | None) -> Optimum:
    """Maximise from one start, and name the constructs without persistence where that fails."""

    def report(step: int, value: float) -> None:
        if progress is not None:
            progress(step, -value * objective.n + objective.scale.log_likelihood_shift)

    optimum = maximise(objective, x, report)
    if optimum.kind in ("not_converged", "indefinite"):
        names = _constructs_without_persistence(objective, optimum.iterate)
        return replace(optimum, kind="not_separable" if names else optimum.kind, without_persistence=names)
    return optimum


def _constructs_without_persistence(objective: _PanelObjective, end: Iterate) -> tuple[str, ...]:
    """Return the constructs with almost no autocovariance at one median gap (internal time 1).

    With P = Cov(x) and noise R the lag-one autocorrelation of the scores is (exp(A) P)_kk / (P_kk + R_kk).
    """
    parameters = objective.scale.standard(end.x)
    try:
        P = stationary_covariance(parameters.drift, parameters.diffusion)
    except ModelError:
        return ()
    total = np.diag(P) + parameters.measurement_noise[objective.scale.reference_columns]
    persistence = np.diag(np.asarray(expm(parameters.drift)) @ P) / total
    constructs = objective.specification.constructs
    return tuple(c for c, r in zip(constructs, persistence, strict=True) if abs(r) < _MIN_PERSISTENCE)


def _build_fit(objective: _PanelObjective, optimum: Optimum, seconds: float) -> Fit:
    scale, x = objective.scale, optimum.iterate.x
    parameters = scale.natural(x)
    values = parameters.named(objective.specification)
    covariance = np.full((len(values), len(values)), np.nan)
    shares: dict[str, float] = {}
    outcome = _advice(objective, optimum)
    if optimum.kind in ("converged", "boundary"):
        # an estimate held at zero has no standard error
        is_held = np.isin(list(values), list(optimum.held))
        J = scale.jacobian(x)[:, optimum.free]
        covariance = delta_method_covariance(J, optimum.hessian * objective.n, is_held)
        if objective.prior is not None and optimum.kind == "converged":
            data_shares = priors.data_shares(J, covariance, objective.prior_precision[optimum.free])
            shares = {n: float(v) for n, v in zip(values, data_shares, strict=True) if np.isfinite(v)}
            outcome = priors.regularisation_advice(objective.prior, objective.n, scale.size, shares)
    return Fit(
        specification=objective.specification,
        parameters=parameters,
        estimates=with_standard_errors(values, covariance),
        log_likelihood=objective.log_likelihood(x),
        n_parameters=scale.size,
        n_persons=objective.panel.n_persons,
        n_observations=objective.panel.n_observations,
        outcome=outcome,
        gradient_norm=float(np.abs(optimum.iterate.gradient[optimum.free]).max(initial=0.0)),
        hessian_eigenvalues=tuple(float(v) for v in np.linalg.eigvalsh(optimum.hessian)),
        iterations=optimum.iterations,
        kernel=kernel_name(),
        seconds=seconds,
        covariance=covariance,
        held=optimum.held,
        notes=_notes(objective),
        internal=InternalSolution(x, optimum.free, optimum.hessian),
        fingerprints=fingerprints(objective.panel, objective.specification),
        reliability=dict(objective.reliability),
        data_share=shares,
    )


def _notes(objective: _PanelObjective) -> tuple[str, ...]:
    notes = []
    if len(objective.scale.where("rate")) and objective.prior is None:
        notes.append(
            f"The trend's rate has a weak normal prior, SD {_RATE_SPREAD}, on the logistic scale of log(rate × planned "
            "end) between 0.1 and 10."
        )
    if objective.reliability:
        notes.append(
            f"The logarithm of the measurement error variance has a normal prior from the stated reliability, SD "
            f"{_NOISE_SPREAD}. The log-likelihood at the estimates is not the maximum, so AIC and BIC are not given."
        )
    if any(isinstance(block, FixedBlock) for block in objective.scale.blocks):
        notes.append(
            "The long-run mean refers to the first row: therapy acts in every row, so the mean without therapy is not "
            "identified."
        )
    return tuple(notes)


def _advice(objective: _PanelObjective, optimum: Optimum) -> Advice:
    match optimum.kind:
        case "converged":
            return Advice("converged", "The fit converged: flat gradient, positive-definite Hessian.")
        case "boundary":
            return Advice(
                "boundary",
                f"The fit ended at a boundary: {' and '.join(_describe_boundary(name) for name in optimum.held)}. "
                "The other standard errors are conditional on this.",
                "Give the reliability of the scores, gather more rows for each person, or use fewer constructs.",
            )
        case "not_separable":
            names = " and ".join(f"“{c}”" for c in optimum.without_persistence)
            return Advice(
                "not_separable",
                f"Deviations of {names} from the long-run mean{_trend_clause(objective)} do not persist from one row "
                "to the next, so the state cannot be separated from measurement error and the drift is not identified.",
                "Leave the column out of the model, or gather rows that are closer together. Interpret long-run means "
                "and trend only, not drift, diffusion and measurement error.",
            )
        case "indefinite":
            return Advice(
                "indefinite",
                "The data do not determine every parameter: in some direction the likelihood is flat or curves upward.",
                "Use fewer constructs or a simpler trend or start, or gather more persons or rows.",
            )
    return Advice(
        "not_converged",
        "The search ended before the gradient was zero; the estimates do not maximise the likelihood.",
        f"Use fewer constructs, or a simpler trend or start.{_outlier_hint(objective)}",
    )


def _trend_clause(objective: _PanelObjective) -> str:
    return "" if objective.specification.trend == Trend.NONE else " and the trend"


def _outlier_hint(objective: _PanelObjective) -> str:
    """Return a hint at outliers, a common cause of failed convergence; empty without any."""
    panel = objective.scale.panel
    far = np.nanmax(np.abs(panel.scores), axis=0)
    names = [
        f"some scores of “{c}”" for c, z in zip(objective.specification.scores, far, strict=True) if z > _FAR_SCORE
    ]
    if (np.diff(panel.times)[panel.within_person] > _FAR_GAP).any():
        names.append("some times")
    return f" Check the table: {' and '.join(names)} lie far from all others." if names else ""


def _describe_boundary(name: str) -> str:
    if name.startswith("measurement_noise"):
        return f"{name} went to zero"
    block, construct = name.rstrip("]").split("[")[0], name.rstrip("]").split(",")[-1]
    return f"{block} became singular at “{construct}”"
