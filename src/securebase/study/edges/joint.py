"""The joint model for a question about edges, with random slopes for every construct."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from securebase.model.fit import Fit
from securebase.model.theory import label_of
from securebase.study.edges.columns import EdgeTable
from securebase.study.edges.lags import MAX_ERROR, MIN_CLIENTS
from securebase.study.edges.question import Edge, EdgeQuestion
from securebase.study.edges.result import NotEstimableError
from securebase.study.estimator import LagStep, Link
from securebase.study.estimators.ct_sparse import (
    MAX_SHIFT,
    MIN_RATINGS,
    MIN_RATINGS_RARE,
    LagFit,
    SparseEstimate,
    asked_often,
    fit_plain,
    fit_sparse,
    missing_data,
    session_panel,
)
from securebase.study.estimators.ct_sparse import (
    MIN_CLIENTS as MIN_CLIENTS_RARE,
)
from securebase.study.moderation import varies_within_persons
from securebase.study.phrases import number
from securebase.study.table import SessionTable


@dataclass(frozen=True, eq=False)
class Measures:
    """The usable columns of a table: construct → column, and construct → why its column is not usable."""

    rows: SessionTable
    columns: Mapping[str, str]
    unusable: Mapping[str, str]
    days_per_unit: float = 7.0


@dataclass(frozen=True, eq=False)
class JointFit:
    """The answer to a question. fit: None where no fit was tried.

    first: the outcome of a fit to these data alone that did not end regularly, after which priors on nuisances were
    used. effects: of the asked edges; reasons: why an asked edge has none.
    """

    question: EdgeQuestion
    columns: Mapping[str, str]
    fit: Fit | None
    effects: Mapping[Edge, SparseEstimate]
    reasons: Mapping[Edge, str] = field(default_factory=dict)
    first: str = ""


def measures_of(rows: SessionTable, columns: Mapping[str, str], days_per_unit: float) -> Measures:
    """Return which of these columns (construct → column) a model of weekly change can use."""
    reasons = {construct: _too_little(rows, column) for construct, column in columns.items()}
    return Measures(
        rows,
        {construct: column for construct, column in columns.items() if not reasons[construct]},
        {construct: reason for construct, reason in reasons.items() if reason},
        days_per_unit,
    )


def measures_of_table(data: EdgeTable, constructs: Iterable[str]) -> Measures:
    """Return the usable columns of these constructs, by the data dictionary of the table."""
    columns, absent = {}, {}
    for construct in constructs:
        try:
            columns[construct] = data.column(construct)
        except NotEstimableError as error:
            absent[construct] = str(error)
    measures = measures_of(data.rows, columns, data.days_per_unit)
    return Measures(measures.rows, measures.columns, {**absent, **measures.unusable}, measures.days_per_unit)


def _too_little(rows: SessionTable, column: str) -> str:
    """Return why a column is not usable, as a sentence; empty if it is."""
    observed = np.isfinite(rows.values[column])
    counts = np.bincount(rows.person[observed], minlength=rows.n_persons)
    often = asked_often(rows, column)
    least, needed = (MIN_RATINGS, MIN_CLIENTS) if often else (MIN_RATINGS_RARE, MIN_CLIENTS_RARE)
    enough = int((counts >= least).sum())
    if enough < needed:
        return f"“{column}” has {least} ratings or more in {enough} clients; {needed} are needed."
    return "" if varies_within_persons(rows, column) else f"“{column}” never changes within a client."


def fit_question(question: EdgeQuestion, measures: Measures) -> JointFit:
    """Fit the model of a question, whose constructs must all be usable.

    If every column is rated often, fit to these data alone. If one is rated rarely, or such a fit does not end
    regularly, use priors on nuisances (decision 28). An edge then needs as many ratings as for `ct_sparse`, and has no
    result if it depends on the prior.
    """
    columns = {c.name: measures.columns[c.name] for c in question.constructs}
    panel = session_panel(measures.rows, columns, measures.days_per_unit)
    is_often = [asked_often(measures.rows, column) for column in columns.values()]
    plain = fit_plain(panel, question.effects) if all(is_often) else None
    if plain is not None and plain.effects:
        return _answer(question, columns, plain)
    first = f"{plain.fit.outcome.sentence} {plain.fit.instability}".strip() if plain else ""
    reasons = {}
    for edge in question.asked:
        link = Link(columns[edge[0]], columns[edge[1]], LagStep.NEXT_SESSION)
        if reason := missing_data(measures.rows, link, measures.days_per_unit):
            reasons[edge] = reason
    if len(reasons) == len(question.asked):
        return JointFit(question, columns, plain.fit if plain else None, {}, reasons, first)
    kinds = ["often" if often else "rare" for often in is_often]
    sparse = fit_sparse(panel, kinds, question.effects, asked=question.asked)
    return _answer(question, columns, sparse, reasons, first)


def _answer(
    question: EdgeQuestion,
    columns: Mapping[str, str],
    result: LagFit,
    reasons: Mapping[Edge, str] | None = None,
    first: str = "",
) -> JointFit:
    reasons = dict(reasons or {})
    for edge in question.asked:
        if edge not in reasons and (reason := _no_number(result.effects.get(edge))):
            reasons[edge] = reason
    effects = {edge: result.effects[edge] for edge in question.asked if edge not in reasons}
    return JointFit(question, columns, result.fit, effects, reasons, first)


def _no_number(estimate: SparseEstimate | None) -> str:
    """Return why an estimate is not shown; empty if it is."""
    if estimate is None:
        return "The fit gives no standard error."
    if estimate.standard_error > MAX_ERROR:
        return f"The standard error is more than {number(MAX_ERROR)}."
    if estimate.rests_on_prior:
        return f"The estimate depends on the prior: it moves by more than {number(MAX_SHIFT)} standard errors with it."
    return ""


def label(construct: str) -> str:
    """Return the label of a construct; a table can add one, which has its own name."""
    try:
        return label_of(construct)
    except KeyError:
        return construct
