"""The JSON of a fit and its table, shared by the commands that fit."""

from __future__ import annotations

from typing import Any

from securebase.model.discrete_time import DiscreteTimeFit
from securebase.model.fit import Fit
from securebase.records.cohort import Cohort
from securebase.study.study import versions


def fit_summary(fitted: Fit | DiscreteTimeFit, cohort: Cohort) -> dict[str, Any]:
    """Return the outcome of the fit, its model, diagnostics, import report and versions."""
    return {
        "log_likelihood": fitted.log_likelihood,
        "aic": fitted.aic,
        "bic": fitted.bic,
        "n_parameters": fitted.n_parameters,
        "n_persons": fitted.n_persons,
        "n_observations": fitted.n_observations,
        "outcome_of_fit": fitted.outcome.kind,
        "advice": f"{fitted.outcome.sentence} {fitted.outcome.what_to_do}".strip(),
        "model": _model(fitted),
        "diagnostics": {
            "gradient_norm": fitted.gradient_norm,
            "hessian_eigenvalues": fitted.hessian_eigenvalues,
            "condition": fitted.condition,
            "standard_errors": fitted.standard_error_method,
            "iterations": fitted.iterations,
            "kernel": fitted.kernel,
            "held": fitted.held,
            "notes": fitted.notes,
        },
        "import_report": cohort.import_report,
        "versions": versions(),
    }


def _model(fitted: Fit | DiscreteTimeFit) -> dict[str, Any]:
    if isinstance(fitted, DiscreteTimeFit):
        waves = fitted.specification
        return {
            "constructs": waves.constructs,
            "first_wave": waves.first_wave,
            "waves": waves.waves,
            "levels": waves.levels,
            "lags": waves.lags,
            "residuals": waves.residuals,
            "means": waves.means,
            "start": waves.start,
        }
    specification = fitted.specification
    return {
        "constructs": specification.constructs,
        "trend": specification.trend,
        "start": specification.start,
        "time_unit": specification.time_unit,
        "days_per_unit": specification.days_per_unit,
        "planned_end": specification.planned_end,
        "random_slopes": specification.random_slopes,
        "free_start_mean": specification.free_start_mean,
        "indicators": specification.indicators,
        "inputs": specification.inputs,
        "covariates": specification.covariates,
        "therapists": specification.therapists,
    }
