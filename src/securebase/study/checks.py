"""Checks of a fitted model: residuals, outlying persons, and posterior predictive checks.

Replicated tables have the same persons, times and missing scores; their parameters are drawn from the large-sample
distribution of the estimates. The model does not reproduce a statistic that lies outside the central 95% of
replicated tables.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from securebase.errors import ModelError
from securebase.model.distributions import chi2_tail
from securebase.model.fit import Fit, draw_parameters
from securebase.model.panel import Panel
from securebase.model.simulate import simulate_panel
from securebase.study.check_results import ModelChecks, PersonFit, PredictiveCheck, ResidualCheck
from securebase.study.prediction_errors import prediction_errors
from securebase.study.table_features import FeatureKey, Features

Array = NDArray[np.float64]


def check_fit(
    fitted: Fit,
    panel: Panel,
    rng: np.random.Generator,
    *,
    replicates: int = 100,
    labels: Mapping[str, str] | None = None,
) -> ModelChecks:
    """Check a fit against its panel; labels: column → name in sentences.

    Raises ModelError if the fit did not end well enough to draw its parameters (`draw_parameters`).
    """
    if fitted.parameters is None:
        raise ModelError(f"there is no fit to check: {fitted.outcome.sentence}", advice=fitted.outcome.what_to_do)
    errors = prediction_errors(panel, fitted.specification, fitted.parameters)
    names = tuple((labels or {}).get(name, name) for name in fitted.specification.scores)
    person = np.repeat(np.arange(panel.n_persons), np.diff(panel.starts))
    residuals = tuple(_residual_check(name, errors.z[:, k], person) for k, name in enumerate(names))
    predictive = _predictive_checks(fitted, panel, Features.from_panel(panel, names), rng, replicates=replicates)
    p = np.asarray(chi2_tail(errors.distance, np.maximum(errors.count, 1)))
    outlying = [int(i) for i in np.argsort(p) if errors.count[i] > 0 and p[i] < 0.05 / panel.n_persons]
    persons = tuple(
        PersonFit(panel.persons[i], float(errors.distance[i]), int(errors.count[i]), float(p[i])) for i in outlying
    )
    return ModelChecks(residuals, predictive, persons, replicates, panel.n_persons)


def _residual_check(name: str, z: Array, person: NDArray[np.intp]) -> ResidualCheck:
    observed = np.isfinite(z)
    residuals, row_person = z[observed], person[observed]
    n = len(residuals)
    same_person = row_person[1:] == row_person[:-1]
    earlier, later = residuals[:-1][same_person], residuals[1:][same_person]
    varies = len(earlier) > 2 and min(float(np.ptp(earlier)), float(np.ptp(later))) > 0
    autocorrelation = float(np.corrcoef(earlier, later)[0, 1]) if varies else None
    mean, sd = float(residuals.mean()), float(residuals.std(ddof=1)) if n > 1 else np.nan
    standardised = (residuals - mean) / residuals.std() if n > 1 and np.ptp(residuals) > 0 else np.zeros(n)
    skewness, kurtosis = float((standardised**3).mean()), float((standardised**4).mean() - 3.0)
    beyond = float((np.abs(residuals) > 3.0).mean())
    return ResidualCheck(name, n, len(earlier), mean, sd, autocorrelation, skewness, kurtosis, beyond)


def _predictive_checks(
    fitted: Fit, panel: Panel, features: Features, rng: np.random.Generator, *, replicates: int
) -> tuple[PredictiveCheck, ...]:
    observed = features(panel.scores)
    missing = np.isnan(panel.scores)
    times = [panel.times[panel.rows_of(i)] for i in range(panel.n_persons)]
    replicated: dict[FeatureKey, list[float]] = {key: [] for key in observed}
    for parameters in draw_parameters(fitted, panel, replicates, rng):
        table = simulate_panel(
            fitted.specification,
            parameters,
            times,
            rng,
            inputs=panel.inputs,
            covariates=panel.covariates,
            therapist=panel.therapist,
        )
        for key, value in features(np.where(missing, np.nan, table.scores)).items():
            replicated[key].append(value)
    return tuple(
        _predictive_check(key, value, np.array(replicated[key]))
        for key, value in observed.items()
        if np.isfinite(value)
    )


def _predictive_check(key: FeatureKey, observed: float, replicated: Array) -> PredictiveCheck:
    lower, median, upper = (float(v) for v in np.quantile(replicated, (0.025, 0.5, 0.975)))
    tail = min((replicated <= observed).sum(), (replicated >= observed).sum())
    # Monte Carlo p with the observed table counted among the replicates, both tails
    p = min(1.0, 2.0 * (float(tail) + 1.0) / (len(replicated) + 1.0))
    return PredictiveCheck(
        key.words, observed, median, lower, upper, p, measure=key.measure, columns=key.columns, is_share=key.is_share
    )
