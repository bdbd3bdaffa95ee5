"""The JSON of a fit and its table, shared by the commands that fit."""

from __future__ import annotations

from typing import Any

from securebase.model.discrete_time import DiscreteTimeFit
from securebase.model.fit import Fit
from securebase.records.cohort import Cohort
from securebase.schema import plain_fields
from securebase.study.study import versions


def fit_summary(fitted: Fit | DiscreteTimeFit, cohort: Cohort) -> dict[str, Any]:
    """Return the outcome of the fit, its model, diagnostics, import report and versions; instability comes first.

    A fit that did not end regularly has no log-likelihood here: it is not a maximum.
    """
    criteria = ("log_likelihood", "aic", "bic")
    return {
        "instability": fitted.instability or None,
        **(plain_fields(fitted, *criteria) if fitted.ended_regularly else dict.fromkeys(criteria)),
        **plain_fields(fitted, "n_parameters", "n_persons", "n_observations"),
        "outcome_of_fit": fitted.outcome.kind,
        "advice": f"{fitted.outcome.sentence} {fitted.outcome.what_to_do}".strip(),
        "model": _model(fitted),
        "diagnostics": {
            **plain_fields(fitted, "gradient_norm", "hessian_eigenvalues", "condition"),
            "standard_errors": fitted.standard_error_method,
            **plain_fields(fitted, "iterations", "kernel", "held", "notes"),
        },
        "import_report": cohort.import_report,
        "versions": versions(),
    }


def _model(fitted: Fit | DiscreteTimeFit) -> dict[str, Any]:
    if isinstance(fitted, DiscreteTimeFit):
        names = ("constructs", "first_wave", "waves", "levels", "lags", "residuals", "means", "start")
        return plain_fields(fitted.specification, *names)
    timing = ("constructs", "trend", "start", "time_unit", "days_per_unit", "planned_end", "random_slopes")
    further = ("free_start_mean", "indicators", "inputs", "covariates", "therapists", "effects")
    return plain_fields(fitted.specification, *timing, *further)
