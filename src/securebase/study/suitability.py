"""Columns that cannot serve in a study, with the reason; and tables of which nothing can be analysed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from securebase.errors import Advice, ModelError, NoEstimateError
from securebase.model.estimation.refusals import check_variation, refuse, uninformative_columns
from securebase.model.panel import Panel
from securebase.study.estimator import MIN_PERSONS
from securebase.study.parts import ModelSummary, NotFitted
from securebase.study.reciprocal import LagFinding

#: values that detrending needs of a person
_MIN_VALUES = 3


def unsuitable_columns(panel: Panel) -> dict[str, Advice]:
    """Return construct → reason why it cannot serve in a study, in the order of the panel's constructs.

    A construct needs five persons with three values, and five in whom it changes. It must not follow from time or from
    constructs before it.
    """
    columns = dict(zip(panel.constructs, panel.reference_columns, strict=True))
    reasons = {name: reason for name, k in columns.items() if (reason := _reason(name, panel, k)) is not None}
    rest = [name for name in columns if name not in reasons]
    scores = panel.scores[:, [columns[name] for name in rest]]
    reasons |= dict(uninformative_columns(rest, replace(panel, constructs=tuple(rest), scores=scores, indicators=())))
    return {name: reasons[name] for name in columns if name in reasons}


def _reason(name: str, panel: Panel, column: int) -> Advice | None:
    scores = panel.scores[:, column]
    by_person = [scores[rows][np.isfinite(scores[rows])] for rows in map(panel.rows_of, range(panel.n_persons))]
    n_long = sum(len(values) >= _MIN_VALUES for values in by_person)
    n_changing = sum(len(values) > 1 and np.ptp(values) > 0 for values in by_person)
    if (
        constant := next(check_variation(name, scores, "Leave it out: a constant cannot be analysed."), None)
    ) is not None:
        return constant
    if n_long < MIN_PERSONS:
        return refuse(
            f"Persons with three values or more of “{name}”: {n_long} of {panel.n_persons}; at least {MIN_PERSONS} are "
            "needed.",
            f"Gather more {'persons' if panel.n_persons < MIN_PERSONS else 'rows of each person'}, and check that the "
            "column of the person is the right one.",
        )
    if n_changing < MIN_PERSONS:
        return refuse(
            f"“{name}” changes within {n_changing or 'none'} of the {panel.n_persons} persons; at least {MIN_PERSONS} "
            "are needed.",
            "Leave it out, or use it as a covariate: a study over time needs change within persons.",
        )
    return None


def check_analysable(reasons: dict[str, Advice], outcome: str, processes: Sequence[str], file: str) -> None:
    """Raise ModelError where the outcome is unsuitable, or every process is."""
    refused = [outcome] if outcome in reasons else list(processes) if set(processes) <= set(reasons) else []
    if refused:
        first = reasons[refused[0]]
        others = f" Neither can {', '.join(f'“{name}”' for name in refused[1:])} be analysed." if refused[1:] else ""
        raise ModelError(f"{first.sentence}{others}", where=file, advice=first.what_to_do)


def check_estimated(lags: Sequence[LagFinding], models: Sequence[ModelSummary | NotFitted], file: str) -> None:
    """Raise NoEstimateError where there are lags to estimate, but none was, and no model ended regularly."""
    estimates = [x for lag in lags for x in (lag.main.centred, lag.main.detrended)]
    if lags and not any(estimates) and not any(isinstance(model, ModelSummary) for model in models):
        reason = next((model.reason for model in models if isinstance(model, NotFitted)), "")
        raise NoEstimateError(
            f"no association could be estimated ({lags[0].main.note}), and no model could be fitted",
            where=file,
            advice=reason,
        )
