"""The fitted continuous-time model of a cohort, its twin under the other reading of the trend, and how well it fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

from securebase.errors import ModelError
from securebase.model.equations import UnstableDriftError, stationary_covariance
from securebase.model.fit import Fit, fit
from securebase.model.panel import Panel
from securebase.model.parameters import Parameters, Specification, Start, Trend
from securebase.study.checks import Checks, checks
from securebase.study.courses import Residual
from securebase.study.one_step import one_step
from securebase.study.result import EffectRow, ModelSummary, NotFitted, ParameterRow, ResidualRow

Array = NDArray[np.float64]
Progress = Callable[[str], None]

#: the field's own way of detrending: a mean line, and around it a straight line of each person's own (random slopes)
OWN_LINES = "own lines"

#: the reading that lets less (or more) of the common change count as movement
TWIN = {
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
    """The specification of a panel, with all the covariates, inputs, therapists and indicators that it holds. The
    planned end is the 90th percentile of persons' last times: a table says nothing of plans. Trend and start, texts or
    not, default to what the command line takes."""
    last = panel.times[panel.starts[1:] - 1]
    return Specification(
        panel.constructs,
        trend=Trend(trend),
        start=Start(start),
        time_unit=panel.time_unit,
        days_per_unit=panel.days_per_unit,
        planned_end=max(float(np.quantile(last, 0.9)), 1.0),
        random_slopes=random_slopes,
        free_start_mean=free_start_mean,
        indicators=panel.indicators,
        inputs=panel.input_names,
        covariates=panel.covariate_names,
        therapists=panel.therapist is not None,
    )


def models(
    panel: Panel,
    trend: Trend,
    start: Start,
    tell: Progress,
    step: float = 1.0,
    *,
    rng: np.random.Generator | None = None,
    labels: Mapping[str, str] | None = None,
) -> tuple[tuple[ModelSummary | NotFitted, ...], dict[str, tuple[Residual, ...]], Checks | None]:
    """The model asked for, its twin, and the one with a line of each person's own; residuals and checks are those of
    the model asked for, checks only where there are random numbers for them and the fit ended well. Effects are over
    `step` units of time."""
    summaries: list[ModelSummary | NotFitted] = []
    residuals: dict[str, tuple[Residual, ...]] = {}
    checked: Checks | None = None
    wanted = {reading.value: specification_for(panel, reading, start) for reading in (trend, TWIN[trend])}
    wanted[OWN_LINES] = specification_for(panel, Trend.LINEAR, start, random_slopes=True)
    for reading, specification in wanted.items():
        tell(f"Fitting the model, trend {reading}")
        try:
            fitted = fit(panel, specification)
        except ModelError as error:
            summaries.append(NotFitted(reading, str(error)))
            continue
        if fitted.parameters is None or fitted.log_likelihood is None:
            summaries.append(NotFitted(reading, f"{fitted.outcome.sentence} {fitted.outcome.what_to_do}"))
            continue
        found = standardised_residuals(panel, fitted.specification, fitted.parameters)
        summaries.append(replace(summary(fitted, fitted.log_likelihood, residual_rows(found), step), trend=reading))
        if reading == trend.value:
            residuals = {name: tuple(r for own in persons for r in own) for name, persons in found.items()}
            if rng is not None and fitted.outcome.kind in ("converged", "boundary"):
                tell("Simulating tables from the model, to see what it does not reproduce")
                checked = checks(fitted, panel, rng, labels=labels)
    return tuple(summaries), residuals, checked


def summary(
    fitted: Fit, log_likelihood: float, residuals: tuple[ResidualRow, ...] = (), step: float = 1.0
) -> ModelSummary:
    """A fit as the plain values that a report shows."""
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
    """Standardised effects over `step` units of time, D^-½ exp(A·step) D^½ with D the diagonal of the stationary
    covariance.

    Intervals by the delta method, with derivatives by central differences in the natural parameters.
    """
    names = list(fitted.estimates)
    values = np.array([fitted.estimates[n].value for n in names])
    constructs = fitted.specification.constructs
    own = [i for i, n in enumerate(names) if n.startswith(("drift[", "diffusion["))]

    def at(vector: Array) -> Array:
        return standardised_effects(*_matrices(dict(zip(names, vector, strict=True)), constructs), step)

    centre = at(values)
    errors = None
    if fitted.outcome.kind in ("converged", "boundary"):
        # what is held at a boundary is taken as given, as in the fit's own standard errors
        covariance = np.nan_to_num(fitted.covariance)
        slopes = np.zeros((len(own), *centre.shape))
        for row, i in enumerate(own):
            nudge = 1e-5 * max(abs(values[i]), 1e-3)
            up, down = values.copy(), values.copy()
            up[i] += nudge
            down[i] -= nudge
            try:
                slopes[row] = (at(up) - at(down)) / (2 * nudge)
            except UnstableDriftError:  # at the edge of stability there is no slope, and no interval
                slopes[row] = np.nan
        variance = np.einsum("ikl,ij,jkl->kl", slopes, covariance[np.ix_(own, own)], slopes)
        errors = np.sqrt(np.where(variance >= 0, variance, np.nan))
    rows = []
    for k, later in enumerate(constructs):
        for j, earlier in enumerate(constructs):
            estimate, error = float(centre[k, j]), None if errors is None else float(errors[k, j])
            if error is None or not np.isfinite(error):
                rows.append(EffectRow(earlier, later, estimate, None, None, None))
            else:
                rows.append(
                    EffectRow(earlier, later, estimate, error, estimate - 1.96 * error, estimate + 1.96 * error)
                )
    return tuple(rows)


def standardised_effects(drift: Array, diffusion: Array, step: float = 1.0) -> Array:
    """(p, p): row k column l is the effect of construct l on k `step` units of time later."""
    spread = np.sqrt(np.diag(stationary_covariance(drift, diffusion)))
    carried: Array = expm(drift * step) * spread[None, :] / spread[:, None]
    return carried


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
    """column → for each person its one-step-ahead residuals over their predicted spread, in order of time."""
    return by_person(panel, specification, one_step(panel, specification, parameters).z)


def by_person(panel: Panel, specification: Specification, z: Array) -> dict[str, list[tuple[Residual, ...]]]:
    """column → for each person the residuals that there are of z (rows, columns), in order of time."""
    found: dict[str, list[tuple[Residual, ...]]] = {name: [] for name in specification.scores}
    for i in range(panel.n_persons):
        times, own = panel.times[panel.rows_of(i)], z[panel.rows_of(i)]
        for k, name in enumerate(specification.scores):
            there = np.isfinite(own[:, k])
            pairs = zip(times[there].tolist(), own[there, k].tolist(), strict=True)
            found[name].append(tuple(Residual(t, v) for t, v in pairs))
    return found


def one_person(panel: Panel, person: int) -> Panel:
    """The rows of one person as a panel of their own."""
    return panel.only(np.array([person], dtype=np.int64))


def residual_rows(found: dict[str, list[tuple[Residual, ...]]]) -> tuple[ResidualRow, ...]:
    """Mean, spread, lag-1 autocorrelation within persons and share beyond 1.96, by construct."""
    rows = []
    for name, persons in found.items():
        z = np.array([r.value for own in persons for r in own])
        if len(z) < 2:
            continue
        first = np.array([r.value for own in persons for r in own[:-1]])
        second = np.array([r.value for own in persons for r in own[1:]])
        auto = float(np.corrcoef(first, second)[0, 1]) if len(first) > 2 else None
        beyond = float((np.abs(z) > 1.96).mean())
        rows.append(ResidualRow(name, len(z), float(z.mean()), float(z.std(ddof=1)), auto, beyond))
    return tuple(rows)
