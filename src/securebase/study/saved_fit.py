"""A fit that `securebase fit --out FILE` wrote, read again: the model and its estimates, to follow somebody with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from securebase.errors import Advice, InputError
from securebase.model.fit import Estimate, Fit
from securebase.model.panel import Panel
from securebase.model.parameters import Parameters, Specification, Start, Trend

_HOW = "Write one with: securebase fit TABLE … --out FILE."


def read_fit(file: Path) -> Fit:
    """Specification, parameters, estimates and outcome; what a file does not hold, such as the covariance of estimates,
    stays empty. Raises InputError naming the file where it is no fit in continuous time, or one that was refused."""
    try:
        read = json.loads(file.read_text("utf-8"))
        found = {name: row["estimate"] for name, row in read["parameters"].items()}
        of = _specification(read["model"])
        if not found:
            raise InputError(f"this fit was refused: {read['advice']}", where=str(file), advice="Take another.")
        parameters = Parameters.from_named(found, of)
        return Fit(
            specification=of,
            parameters=parameters,
            estimates={n: Estimate(float(r["estimate"]), r["standard_error"]) for n, r in read["parameters"].items()},
            log_likelihood=read["log_likelihood"],
            n_parameters=read["n_parameters"],
            n_persons=read["n_persons"],
            n_observations=read["n_observations"],
            outcome=Advice(read["outcome_of_fit"], read["advice"]),
            kernel=read["diagnostics"]["kernel"],
            held=tuple(read["diagnostics"]["held"]),
            notes=tuple(read["diagnostics"]["notes"]),
        )
    except OSError as problem:
        raise InputError(f"cannot be read ({problem.strerror})", where=str(file)) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError("is not what a fit in continuous time writes", where=str(file), advice=_HOW) from None


#: key that earlier versions wrote → key now
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
    )


def check_same(rows: Panel, of: Specification) -> None:
    """Raises InputError where a table does not hold what the model reads, in the same unit of time."""
    pairs = (
        ("constructs", rows.constructs, of.constructs),
        ("columns of scores", tuple(n for n, _ in rows.indicators) or rows.constructs, of.scores),
        ("inputs", rows.input_names, of.inputs),
        ("covariates", rows.covariate_names, of.covariates),
        ("unit of time", (rows.time_unit,), (of.time_unit,)),
    )
    for what, here, there in pairs:
        if tuple(here) != tuple(there):
            raise InputError(
                f"the fit has the {what} {', '.join(there) or 'none'}, and the table {', '.join(here) or 'none'}",
                advice="Name the columns as they were named for the fit.",
            )
