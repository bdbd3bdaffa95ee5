"""Rival graphs: models that differ only in the edges between processes and outcome, fitted to one table and compared.

Each graph is the continuous-time model with the trend “apart” and random slopes; all other parts are the same. With a
linear trend, scores that level off would make edges significant that do not exist. A graph holds at zero the drift of
the edges that it lacks, so it is nested in the one with both directions and is tested by its likelihood ratio.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar

import numpy as np

from securebase.errors import ModelError
from securebase.model.distributions import chi2_tail
from securebase.model.fit import Fit, fit
from securebase.model.specification import Specification, Trend
from securebase.study.models import specification_for
from securebase.study.phrases import number, p_value
from securebase.study.questions.question import QuestionData


class Graph(StrEnum):
    """Edges between processes and outcome."""

    BOTH = "both"
    FORWARD = "forward"
    BACKWARD = "backward"
    NEITHER = "neither"

    def label(self, outcome: str) -> str:
        """Return the graph in words."""
        return {
            "both": "edges in both directions",
            "forward": f"processes → {outcome} only",
            "backward": f"{outcome} → processes only",
            "neither": "no edge between them",
        }[self.value]


@dataclass(frozen=True, slots=True)
class GraphFit:
    """Fit of one graph. weight: Akaike weight among the graphs. p: of the likelihood ratio against both directions.

    reason: why it could not be fitted; empty if it was.
    """

    graph: Graph
    n_parameters: int
    log_likelihood: float | None = None
    aic: float | None = None
    bic: float | None = None
    weight: float | None = None
    p: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class GraphsAnswer:
    """Four rival graphs on one table."""

    heading: ClassVar[str] = "Rival graphs"
    rule: ClassVar[str] = (
        "Each graph is fitted to the same rows, with a separate trend and random slopes for every column. The data "
        "contradict a graph if the one with edges in both directions fits better than chance allows (likelihood ratio, "
        "p < .05). Graphs that are not contradicted remain possible, and so do graphs with an unmeasured common cause, "
        "which none of these four has."
    )

    question: str
    outcome: str
    processes: tuple[str, ...]
    graphs: tuple[GraphFit, ...]

    @property
    def contradicted(self) -> tuple[Graph, ...]:
        return tuple(g.graph for g in self.graphs if g.p is not None and g.p < 0.05)

    @property
    def possible(self) -> tuple[Graph, ...]:
        """Graphs that were fitted and are not contradicted."""
        return tuple(g.graph for g in self.graphs if not g.reason and g.graph not in self.contradicted)

    def in_words(self, labels: Mapping[str, str]) -> str:
        """Return which graphs the data contradict, without figures."""
        outcome = labels.get(self.outcome, self.outcome)
        if not self.possible:
            return f"Rival graphs: cannot be compared here. {self.graphs[0].reason}"
        possible = "; ".join(g.label(outcome) for g in self.possible)
        against = "; ".join(g.label(outcome) for g in self.contradicted)
        if not against:
            return f"The data contradict none of the rival graphs. Possible: {possible}."
        # one hidden cause of both makes an edge where none is
        return f"The data contradict: {against}. Possible: {possible}; a hidden cause of both."

    def figures_in_words(self, labels: Mapping[str, str]) -> str:
        """Return AIC, its weight, BIC and p of every graph."""
        outcome = labels.get(self.outcome, self.outcome)
        return " ".join(_figures(g, outcome) for g in self.graphs)


def _figures(g: GraphFit, outcome: str) -> str:
    name = g.graph.label(outcome)
    name = name[0].upper() + name[1:] if g.graph in (Graph.BOTH, Graph.NEITHER, Graph.FORWARD) else name
    if g.aic is None or g.bic is None or g.weight is None:
        return f"{name}: {g.reason}"
    p = "" if g.p is None else f", {p_value(g.p)}"
    return f"{name}: AIC {g.aic:.1f} (weight {number(g.weight)}), BIC {g.bic:.1f}{p}."


@dataclass(frozen=True, slots=True)
class RivalGraphs:
    """Ask which graphs of processes and outcome a table contradicts."""

    @property
    def columns(self) -> tuple[str, ...]:
        return ()

    def answer(self, data: QuestionData) -> GraphsAnswer:
        """Fit and compare the four graphs."""
        names, outcome = data.panel.constructs, data.outcome
        full = specification_for(data.panel, Trend.APART, random_slopes=True)
        among = tuple((a, b) for a in names for b in names if a != b and outcome not in (a, b))
        forward = tuple((name, outcome) for name in names if name != outcome)
        backward = tuple((outcome, name) for name in names if name != outcome)
        edges = {
            Graph.BOTH: (*among, *forward, *backward),
            Graph.FORWARD: (*among, *forward),
            Graph.BACKWARD: (*among, *backward),
            Graph.NEITHER: among,
        }
        fits = {graph: _fit(data, replace(full, effects=effects)) for graph, effects in edges.items()}
        both = fits[Graph.BOTH]
        rows = [_compare(graph, fitted, both) for graph, fitted in fits.items()]
        lowest = min((row.aic for row in rows if row.aic is not None), default=0.0)
        likelihood = {row.graph: np.exp((lowest - row.aic) / 2) for row in rows if row.aic is not None}
        total = sum(likelihood.values())
        weighted = (
            replace(row, weight=float(likelihood[row.graph] / total)) if row.graph in likelihood else row
            for row in rows
        )
        return GraphsAnswer("graphs", outcome, tuple(n for n in names if n != outcome), tuple(weighted))


def _fit(data: QuestionData, specification: Specification) -> Fit | str:
    """Return the fit, or in words why there is none."""
    try:
        fitted = fit(data.panel, specification)
    except (ModelError, np.linalg.LinAlgError) as error:
        return str(error)
    if fitted.log_likelihood is None or not fitted.ended_regularly or fitted.instability:
        return fitted.instability or f"{fitted.outcome.sentence} {fitted.outcome.what_to_do}"
    return fitted


def _compare(graph: Graph, fitted: Fit | str, both: Fit | str) -> GraphFit:
    """Return a row with the likelihood-ratio test of a graph; a variance at zero in both models leaves it as it is."""
    if isinstance(fitted, str):
        return GraphFit(graph, 0, reason=fitted)
    row = GraphFit(graph, fitted.n_parameters, fitted.log_likelihood, fitted.aic, fitted.bic)
    if graph is Graph.BOTH or isinstance(both, str) or both.log_likelihood is None or fitted.log_likelihood is None:
        return row
    df = int(both.specification.free_drift.sum() - fitted.specification.free_drift.sum())
    statistic = max(2.0 * (both.log_likelihood - fitted.log_likelihood), 0.0)
    return replace(row, p=float(chi2_tail(statistic, df)))
