"""Saved fits: read the model and its estimates from a file of `securebase fit --out FILE`, to track a person."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from securebase.errors import Advice, InputError
from securebase.model.fit import Estimate, Fit
from securebase.model.panel import Panel
from securebase.model.parameters import Parameters
from securebase.model.specification import Specification, Start, Trend

_ADVICE = "Write one with: securebase fit TABLE … --out FILE."


def read_fit(file: Path) -> Fit:
    """Read specification, parameters, estimates and outcome; the covariance of estimates is not saved.

    Raises InputError naming the file if it is not a continuous-time fit, or one without estimates.
    """
    try:
        saved = json.loads(file.read_text("utf-8"))
        rows = saved["parameters"]
        specification = _specification(saved["model"])
        if not rows:
            raise InputError(
                f"the fit has no estimates: {saved['advice']}", where=str(file), advice="Use a fit that converged."
            )
        parameters = Parameters.from_named({name: row["estimate"] for name, row in rows.items()}, specification)
        return Fit(
            specification=specification,
            parameters=parameters,
            estimates={n: Estimate(float(r["estimate"]), r["standard_error"]) for n, r in rows.items()},
            log_likelihood=saved["log_likelihood"],
            n_parameters=saved["n_parameters"],
            n_persons=saved["n_persons"],
            n_observations=saved["n_observations"],
            outcome=Advice(saved["outcome_of_fit"], saved["advice"]),
            kernel=saved["diagnostics"]["kernel"],
            held=tuple(saved["diagnostics"]["held"]),
            notes=tuple(saved["diagnostics"]["notes"]),
        )
    except OSError as problem:
        raise InputError(f"cannot read the file ({problem.strerror})", where=str(file)) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError("not a saved continuous-time fit", where=str(file), advice=_ADVICE) from None


#: key of earlier versions → present key
_EARLIER_KEYS = {"own_change": "random_slopes", "start_deviation": "free_start_mean"}


def _specification(stored: dict[str, Any]) -> Specification:
    model = {_EARLIER_KEYS.get(key, key): value for key, value in stored.items()}
    return Specification(
        tuple(model["constructs"]),
        trend=Trend(model["trend"]),
        start=Start(model["start"]),
        time_unit=model["time_unit"],
        days_per_unit=float(model["days_per_unit"]),
        planned_end=float(model["planned_end"]),
        random_slopes=model["random_slopes"],
        free_start_mean=model["free_start_mean"],
        indicators=tuple((name, construct) for name, construct in model["indicators"]),
        inputs=tuple(model["inputs"]),
        covariates=tuple(model["covariates"]),
        therapists=model["therapists"],
        effects=None if model.get("effects") is None else tuple((a, b) for a, b in model["effects"]),
    )


def check_same(rows: Panel, specification: Specification) -> None:
    """Check that a table has the columns and the unit of time of the model; raises InputError otherwise."""
    pairs = (
        ("constructs", rows.constructs, specification.constructs),
        ("columns of scores", tuple(n for n, _ in rows.indicators) or rows.constructs, specification.scores),
        ("inputs", rows.input_names, specification.inputs),
        ("covariates", rows.covariate_names, specification.covariates),
        ("unit of time", (rows.time_unit,), (specification.time_unit,)),
    )
    for part, in_table, in_fit in pairs:
        if tuple(in_table) != tuple(in_fit):
            raise InputError(
                f"the fit has the {part} {', '.join(in_fit) or 'none'}, and the table {', '.join(in_table) or 'none'}",
                advice="Name the same columns as for the fit.",
            )
