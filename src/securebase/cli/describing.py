"""A fit and the table behind it as JSON, the same for every command that fits."""

from __future__ import annotations

from typing import Any

from securebase.model.fit import Fit
from securebase.records.cohort import Cohort
from securebase.study.study import versions


def described(fitted: Fit, cohort: Cohort) -> dict[str, Any]:
    """How the fit ended, which model it is, its diagnostics, what was read, and what computed it."""
    specification = fitted.specification
    return {
        "log_likelihood": fitted.log_likelihood,
        "n_parameters": fitted.n_parameters,
        "n_persons": fitted.n_persons,
        "n_observations": fitted.n_observations,
        "outcome_of_fit": fitted.outcome.kind,
        "advice": f"{fitted.outcome.sentence} {fitted.outcome.what_to_do}".strip(),
        "model": {
            "constructs": specification.constructs,
            "trend": specification.trend,
            "start": specification.start,
            "time_unit": specification.time_unit,
            "planned_end": specification.planned_end,
        },
        "diagnostics": {
            "gradient_norm": fitted.gradient_norm,
            "hessian_eigenvalues": fitted.hessian_eigenvalues,
            "iterations": fitted.iterations,
            "kernel": fitted.kernel,
            "held": fitted.held,
            "notes": fitted.notes,
        },
        "reading": cohort.reading,
        "versions": versions(),
    }
