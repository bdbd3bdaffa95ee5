"""Fitted continuous-time models of a cohort: the requested one, the same with another trend, and random slopes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

from securebase.errors import InputError, ModelError
from securebase.model.equations import UnstableDriftError, stationary_covariance
from securebase.model.fit import Fit, fit
from securebase.model.panel import Panel
from securebase.model.parameters import Parameters
from securebase.model.specification import Specification, Start, Trend
from securebase.study.check_results import ModelChecks
from securebase.study.checks import check_fit
from securebase.study.parts import EffectRow, ModelSummary, NotFitted, ParameterRow, ResidualRow
from securebase.study.prediction_errors import prediction_errors
from securebase.study.trajectories import Residual

Array = NDArray[np.float64]
Progress = Callable[[str], None]

#: name of the reading with a linear mean trend and a random slope for each person, the usual way of detrending
RANDOM_SLOPES = "random slopes"

_SINGULAR = (
    "The covariance of the scores is singular at the estimates. Two columns may be nearly identical: leave one out."
)

#: trend → the trend that attributes less (or more) of the common change to within-person movement
ALTERNATIVE_TREND = {
    Trend.CARRIED: Trend.APART,
    Trend.APART: Trend.NONE,
    Trend.LINEAR: Trend.NONE,
    Trend.NONE: Trend.LINEAR,
}


def specification_for(
    panel: Panel,
    trend: Trend | str = Trend.CARRIED,
    start: Start | str = Start.STATIONARY,
    *,
    random_slopes: bool = False,
    free_start_mean: bool = False,
) -> Specification:
    """Return the specification of a panel, with all covariates, inputs, therapists and indicators that it holds.

    The planned end T of the trend is max(q.₉₀, 1), with q.₉₀ the 90th percentile of the persons' last times, because
    a table does not record plans.

    Parameters
    ----------
    panel : Panel
        n rows with q columns of scores, as `securebase.panel` builds them from a cohort.
    trend : Trend or str
        Mean trend m(t): "none", "linear", "apart" or "carried" (default).
    start : Start or str
        Distribution of the initial states: "stationary" (default) or "free".
    random_slopes : bool
        True for a random slope of each person around the mean trend.
    free_start_mean : bool
        True for a free initial-state mean.

    Returns
    -------
    Specification
        In the panel's unit of time; `planned_end` is in the same unit.

    Raises
    ------
    InputError
        If the trend or the start is unknown, the parts do not fit together, or `panel` is not a Panel.

    Examples
    --------
    >>> import numpy as np
    >>> import securebase as sb
    >>> cohort = sb.simulate("alliance_sufficient", n_clients=10, rng=np.random.default_rng(1))
    >>> specification = sb.specification_for(sb.panel(cohort, ("symptoms", "alliance")), trend="linear")
    >>> specification.constructs
    ('symptoms', 'alliance')
    >>> specification.trend.value
    'linear'
    """
    if not isinstance(panel, Panel):
        raise InputError(
            f"panel must be a Panel (got {type(panel).__name__})",
            advice="Build one from a cohort with securebase.panel(cohort).",
        )
    last_times = panel.times[panel.starts[1:] - 1]
    return Specification(
        panel.constructs,
        trend=Trend(trend),
        start=Start(start),
        time_unit=panel.time_unit,
        days_per_unit=panel.days_per_unit,
        planned_end=max(float(np.quantile(last_times, 0.9)), 1.0),
        random_slopes=random_slopes,
        free_start_mean=free_start_mean,
        indicators=panel.indicators,
        inputs=panel.input_names,
        covariates=panel.covariate_names,
        therapists=panel.therapist is not None,
    )


def fit_models(
    panel: Panel,
    trend: Trend,
    start: Start,
    progress: Progress,
    step: float = 1.0,
    *,
    rng: np.random.Generator | None = None,
    labels: Mapping[str, str] | None = None,
) -> tuple[tuple[ModelSummary | NotFitted, ...], dict[str, tuple[Residual, ...]], ModelChecks | None]:
    """Fit the requested model, the same with the alternative trend, and the one with random slopes.

    Effects are over `step` units of time. Residuals and checks are those of the requested model; checks need `rng`. A
    fit that did not end regularly, or whose drift is unstable, has no numbers here, only its reason.
    """
    summaries: list[ModelSummary | NotFitted] = []
    residuals: dict[str, tuple[Residual, ...]] = {}
    checks: ModelChecks | None = None
    specifications = {t.value: specification_for(panel, t, start) for t in (trend, ALTERNATIVE_TREND[trend])}
    specifications[RANDOM_SLOPES] = specification_for(panel, Trend.LINEAR, start, random_slopes=True)
    for name, specification in specifications.items():
        progress(f"Fitting the model, trend {name}")
        try:
            fitted = fit(panel, specification)
            if fitted.parameters is None or fitted.log_likelihood is None or not fitted.ended_regularly:
                summaries.append(NotFitted(name, f"{fitted.outcome.sentence} {fitted.outcome.what_to_do}"))
                continue
            if fitted.instability:
                summaries.append(NotFitted(name, fitted.instability))
                continue
            by_column = standardised_residuals(panel, fitted.specification, fitted.parameters)
            summary = summarise(fitted, fitted.log_likelihood, residual_rows(by_column), step)
        except ModelError as error:
            summaries.append(NotFitted(name, str(error)))
            continue
        except np.linalg.LinAlgError:  # nearly identical columns: no residual variance is left
            summaries.append(NotFitted(name, _SINGULAR))
            continue
        summaries.append(replace(summary, trend=name))
        if name == trend.value:
            residuals = {
                column: tuple(r for values in persons for r in values) for column, persons in by_column.items()
            }
            if rng is not None:
                progress("Simulating tables from the model for posterior predictive checks")
                checks = check_fit(fitted, panel, rng, labels=labels)
    return tuple(summaries), residuals, checks


def summarise(
    fitted: Fit, log_likelihood: float, residuals: tuple[ResidualRow, ...] = (), step: float = 1.0
) -> ModelSummary:
    """Summarise a fit as the plain values that a report shows; BIC counts persons, the independent units."""
    log_n = float(np.log(max(fitted.n_persons, 1)))
    return ModelSummary(
        trend=fitted.specification.trend.value,
        start=fitted.specification.start.value,
        time_unit=fitted.specification.time_unit,
        constructs=fitted.specification.constructs,
        outcome=fitted.outcome.kind,
        sentence=fitted.outcome.sentence,
        what_to_do=fitted.outcome.what_to_do,
        log_likelihood=log_likelihood,
        n_parameters=fitted.n_parameters,
        n_persons=fitted.n_persons,
        n_observations=fitted.n_observations,
        aic=2 * fitted.n_parameters - 2 * log_likelihood,
        bic=log_n * fitted.n_parameters - 2 * log_likelihood,
        gradient_norm=fitted.gradient_norm,
        smallest_eigenvalue=min(fitted.hessian_eigenvalues, default=None),
        iterations=fitted.iterations,
        kernel=fitted.kernel,
        notes=fitted.notes,
        parameters=tuple(ParameterRow(k, e.value, e.standard_error) for k, e in fitted.estimates.items()),
        effect_step=step,
        effects=effects(fitted, step),
        residuals=residuals,
        indicators=fitted.specification.indicators,
    )


def effects(fitted: Fit, step: float = 1.0) -> tuple[EffectRow, ...]:
    """Return standardised effects over `step` units of time, D^−½ exp(A·step) D^½.

    D is the diagonal of the stationary covariance, A the drift. Intervals by the delta method, with derivatives by
    central differences in the natural parameters.
    """
    names = list(fitted.estimates)
    values = np.array([fitted.estimates[n].value for n in names])
    constructs = fitted.specification.constructs
    relevant = [i for i, n in enumerate(names) if n.startswith(("drift[", "diffusion["))]

    def compute(vector: Array) -> Array:
        return standardised_effects(*_matrices(dict(zip(names, vector, strict=True)), constructs), step)

    estimates = compute(values)
    errors = None
    if fitted.ended_regularly:
        # parameters held at a boundary count as known, as in the fit's own standard errors
        covariance = np.nan_to_num(fitted.covariance)
        gradient = np.zeros((len(relevant), *estimates.shape))
        for row, i in enumerate(relevant):
            h = 1e-5 * max(abs(values[i]), 1e-3)
            up, down = values.copy(), values.copy()
            up[i] += h
            down[i] -= h
            try:
                gradient[row] = (compute(up) - compute(down)) / (2 * h)
            except UnstableDriftError:  # at the edge of stability there is no derivative, and no interval
                gradient[row] = np.nan
        # var g(θ̂) ≈ ∇g′ Σ ∇g
        variance = np.einsum("ikl,ij,jkl->kl", gradient, covariance[np.ix_(relevant, relevant)], gradient)
        errors = np.sqrt(np.where(variance >= 0, variance, np.nan))
    rows = []
    for k, later in enumerate(constructs):
        for j, earlier in enumerate(constructs):
            estimate, error = float(estimates[k, j]), None if errors is None else float(errors[k, j])
            if error is None or not np.isfinite(error):
                rows.append(EffectRow(earlier, later, estimate, None, None, None))
            else:
                rows.append(
                    EffectRow(earlier, later, estimate, error, estimate - 1.96 * error, estimate + 1.96 * error)
                )
    return tuple(rows)


def standardised_effects(drift: Array, diffusion: Array, step: float = 1.0) -> Array:
    """Return (p, p) standardised effects; row k, column l: effect of construct l on k `step` units of time later."""
    sd = np.sqrt(np.diag(stationary_covariance(drift, diffusion)))
    standardised: Array = expm(drift * step) * sd[None, :] / sd[:, None]
    return standardised


def _matrices(named: dict[str, float], constructs: tuple[str, ...]) -> tuple[Array, Array]:
    p = len(constructs)
    drift = np.array([[named[f"drift[{r},{c}]"] for c in constructs] for r in constructs])
    diffusion = np.zeros((p, p))
    for i, r in enumerate(constructs):
        for j, c in enumerate(constructs[: i + 1]):
            diffusion[i, j] = diffusion[j, i] = named[f"diffusion[{r},{c}]"]
    return drift, diffusion


def standardised_residuals(
    panel: Panel, specification: Specification, parameters: Parameters
) -> dict[str, list[tuple[Residual, ...]]]:
    """Return column → for each person its standardised one-step-ahead residuals, in order of time."""
    return residuals_by_person(panel, specification, prediction_errors(panel, specification, parameters).z)


def residuals_by_person(panel: Panel, specification: Specification, z: Array) -> dict[str, list[tuple[Residual, ...]]]:
    """Return column → for each person the observed entries of z (rows, columns), in order of time."""
    residuals: dict[str, list[tuple[Residual, ...]]] = {name: [] for name in specification.scores}
    for i in range(panel.n_persons):
        times, z_person = panel.times[panel.rows_of(i)], z[panel.rows_of(i)]
        for k, name in enumerate(specification.scores):
            observed = np.isfinite(z_person[:, k])
            pairs = zip(times[observed].tolist(), z_person[observed, k].tolist(), strict=True)
            residuals[name].append(tuple(Residual(t, v) for t, v in pairs))
    return residuals


def single_person(panel: Panel, person: int) -> Panel:
    """Return the rows of one person as a panel."""
    return panel.select_persons(np.array([person], dtype=np.int64))


def residual_rows(residuals: dict[str, list[tuple[Residual, ...]]]) -> tuple[ResidualRow, ...]:
    """Return mean, SD, lag-1 autocorrelation within persons and share beyond ±1.96, by column."""
    rows = []
    for name, persons in residuals.items():
        z = np.array([r.value for series in persons for r in series])
        if len(z) < 2:
            continue
        earlier = np.array([r.value for series in persons for r in series[:-1]])
        later = np.array([r.value for series in persons for r in series[1:]])
        autocorrelation = float(np.corrcoef(earlier, later)[0, 1]) if len(earlier) > 2 else None
        beyond = float((np.abs(z) > 1.96).mean())
        rows.append(ResidualRow(name, len(z), float(z.mean()), float(z.std(ddof=1)), autocorrelation, beyond))
    return tuple(rows)
