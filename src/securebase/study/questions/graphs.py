"""Rival graphs: models that differ only in the edges between columns, fitted to one table, compared by prediction.

Each graph is the continuous-time model with the trend “apart”, random slopes and correlated shocks; all other parts are
the same. With a linear trend, scores that level off would make edges significant that do not exist. A graph holds at
zero the drift of the edges that it lacks, so it is nested in the one with both directions and is tested by its
likelihood ratio.

`held_out` compares what they predict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import permutations
from typing import ClassVar

import numpy as np

from securebase.model.distributions import chi2_tail
from securebase.model.fit import Fit
from securebase.model.specification import Trend
from securebase.study.models import specification_for
from securebase.study.phrases import number, p_value
from securebase.study.questions.held_out import (
    Edges,
    GraphPrediction,
    compare_predictions,
    fit_or_reason,
    predict_held_out,
)
from securebase.study.questions.question import Answer, AnswerInterval, AnswerTable, QuestionData

#: the process that comes first where it is in the table; otherwise the first process does
RELATIONSHIP = "alliance"


class Graph(StrEnum):
    """Edges between processes and outcome. With one process, the last four are among the first four."""

    BOTH = "both"
    FORWARD = "forward"
    BACKWARD = "backward"
    NEITHER = "neither"
    ALLIANCE_FIRST = "alliance_first"
    MECHANISM_CHAIN = "mechanism_chain"
    RELATIONSHIP_ONLY = "relationship_only"
    COMMON_CAUSE = "common_cause"

    def label(self, outcome: str, processes: Sequence[str]) -> str:
        """Return the graph in words, from labels; the relationship is the first process."""
        first, *others = processes
        process = "processes" if others else first
        mechanism = others[0] if len(others) == 1 else "other processes"
        return {
            "both": "edges in both directions",
            "forward": f"{process} → {outcome} only",
            "backward": f"{outcome} → {process} only",
            "neither": f"no edge between processes and {outcome}" if others else "common cause (no edge)",
            "alliance_first": f"{first} first, through {mechanism} and directly",
            "mechanism_chain": f"{first} first, through {mechanism} only",
            "relationship_only": f"{first} → {outcome} alone",
            "common_cause": "common cause (no edge at all)",
        }[self.value]


@dataclass(frozen=True, slots=True)
class GraphFit:
    """Fit of one graph. weight: Akaike weight among the graphs. p: of the likelihood ratio against both directions.

    edges: (from, to) of all. prediction: None where some graph could not be fitted to the earlier occasions.
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
    edges: Edges = ()
    prediction: GraphPrediction | None = None


@dataclass(frozen=True, slots=True)
class GraphsAnswer(Answer):
    """Rival graphs on one table. processes: the relationship first. n_persons, n_scores: held out for prediction."""

    heading: ClassVar[str] = "Rival graphs"
    rule: ClassVar[str] = (
        "Each graph is fitted to the same rows, with a separate trend, random slopes and correlated shocks for every "
        "column. Prediction: fitted to the first half of occasions, and again to the first three quarters, each graph "
        "predicts the next occasions of the same persons. A graph is excluded if one with an edge that it lacks "
        "predicts better (interval of the difference in log density above 0, simultaneous over all pairs of graphs). "
        "A graph that contains the best predicting one is never excluded, because its further edges may be 0. "
        "Likelihood ratio: of all rows, against edges in both directions; it has more power. A hidden cause that "
        "reaches one column before another, or has a pace of its own, looks like an edge."
    )

    question: str
    outcome: str
    processes: tuple[str, ...]
    graphs: tuple[GraphFit, ...]
    n_persons: int = 0
    n_scores: int = 0

    @property
    def contradicted(self) -> tuple[Graph, ...]:
        """Graphs that the likelihood ratio contradicts."""
        return tuple(g.graph for g in self.graphs if g.p is not None and g.p < 0.05)

    @property
    def excluded(self) -> tuple[Graph, ...]:
        """Graphs that held-out prediction excludes."""
        return tuple(g.graph for g in self.graphs if g.prediction and g.prediction.excluded_by)

    @property
    def possible(self) -> tuple[Graph, ...]:
        """Graphs that were fitted and are not excluded by prediction."""
        return tuple(g.graph for g in self.graphs if not g.reason and g.graph not in self.excluded)

    def label(self, graph: Graph, labels: Mapping[str, str]) -> str:
        """Return a graph in words."""
        return graph.label(labels.get(self.outcome, self.outcome), [labels.get(n, n) for n in self.processes])

    def in_words(self, labels: Mapping[str, str]) -> str:
        """Return which graphs held-out prediction excludes and the likelihood ratio rejects, without figures."""
        if all(g.reason for g in self.graphs):
            return f"Rival graphs: cannot be compared here. {self.graphs[0].reason}"

        def names(graphs: Sequence[Graph]) -> str:
            return "; ".join(self.label(graph, labels) for graph in graphs)

        possible = f"Possible: {names(self.possible)}; a hidden cause of both."
        if not any(g.prediction for g in self.graphs):
            sentences = ["The graphs cannot be compared by prediction here: too few occasions to fit the earlier ones."]
        elif self.excluded:
            sentences = [f"Prediction of held-out occasions excludes: {names(self.excluded)}. {possible}"]
        else:
            sentences = [
                "Prediction of held-out occasions excludes none of the rival graphs. All remain possible, and so does "
                "a hidden cause of both."
            ]
        against = [graph for graph in self.contradicted if graph not in self.excluded]
        also = "also " if self.excluded else ""
        if against:
            sentences.append(
                f"The likelihood ratio, which a hidden cause misleads more often, {also}rejects: {names(against)}."
            )
        elif not self.contradicted:
            sentences.append("The likelihood ratio rejects none of them.")
        if failed := [g.graph for g in self.graphs if g.reason]:
            sentences.append(f"Not judged, because it could not be fitted: {names(failed)}.")
        if len(self.possible) > 1:
            sentences.append("A graph that remains possible is not thereby confirmed.")
        return " ".join(sentences)

    def figures_in_words(self, labels: Mapping[str, str]) -> str:
        """Return what was held out, and how many persons would exclude more."""
        reasons = [f"{self.label(g.graph, labels)}: {g.reason}" for g in self.graphs if g.reason]
        return " ".join([*reasons, *self._held_out_in_words(labels)])

    def _held_out_in_words(self, labels: Mapping[str, str]) -> list[str]:
        if not self.n_persons:
            return []
        needed = [(g, g.prediction.would_exclude) for g in self.graphs if g.prediction and g.prediction.would_exclude]
        parts = [f"{self.label(g.graph, labels)} {persons:,}" for g, persons in needed]
        more = (
            " Persons needed to exclude a graph with 80% power, if the difference is as estimated: "
            f"{'; '.join(parts)}. Ratings of all columns before and after each session would settle an order that "
            "ratings at intervals leave open."
            if parts
            else ""
        )
        return [f"{self.n_scores:,} ratings of {self.n_persons:,} persons were held out.{more}"]

    def tables(self, labels: Mapping[str, str]) -> tuple[AnswerTable, ...]:
        """Return prediction and fit of every graph."""
        if all(g.reason for g in self.graphs):
            return ()
        rows = tuple((self.label(g.graph, labels), *_cells(g)) for g in self.graphs)
        return (
            AnswerTable(
                "Graphs compared by prediction and by fit",
                (
                    "graph",
                    "log predictive density minus that of the best (95% interval)",
                    "prediction",
                    "likelihood ratio",
                    "AIC",
                ),
                rows,
            ),
        )


def _cells(g: GraphFit) -> tuple[str, ...]:
    if g.aic is None:
        return ("–", "not fitted", "–", "–")
    prediction = g.prediction
    if prediction is None:
        difference, status = "–", "–"
    else:
        difference = "0 (best)" if prediction.difference is None else _in_units(prediction.difference)
        status = "excluded" if prediction.excluded_by else "possible"
    p = "–" if g.p is None else p_value(g.p)
    weight = "" if g.weight is None else f" (weight {number(g.weight)})"
    return (difference, status, p, f"{_one(g.aic)}{weight}")


def _in_units(interval: AnswerInterval) -> str:
    return f"{_one(interval.estimate)} ({_one(interval.lower)} to {_one(interval.upper)})"


def _one(value: float) -> str:
    return f"{value:.1f}".replace("-", "−")


@dataclass(frozen=True, slots=True)
class RivalGraphs:
    """Ask which graphs of processes and outcome do not fit a table."""

    @property
    def columns(self) -> tuple[str, ...]:
        return ()

    def answer(self, data: QuestionData) -> GraphsAnswer:
        """Fit and compare the graphs."""
        outcome = data.outcome
        processes = tuple(
            sorted((n for n in data.panel.constructs if n != outcome), key=lambda name: name != RELATIONSHIP)
        )
        full = specification_for(data.panel, Trend.APART, random_slopes=True)
        graphs = {graph: replace(full, effects=edges) for graph, edges in graph_edges(processes, outcome).items()}
        fits: dict[Graph, Fit | str] = {}
        for graph, specification in graphs.items():
            data.progress(f"Fitting rival graphs, {len(fits) + 1} of {len(graphs)}")
            fits[graph] = fit_or_reason(data.panel, specification)
        both = fits[Graph.BOTH]
        rows = [_compare(graph, fitted, both) for graph, fitted in fits.items()]
        lowest = min((row.aic for row in rows if row.aic is not None), default=0.0)
        likelihood = {row.graph: np.exp((lowest - row.aic) / 2) for row in rows if row.aic is not None}
        total = sum(likelihood.values())
        fitted_graphs = {graph: graphs[graph] for graph in likelihood}
        densities, held_out = predict_held_out(data.panel, fitted_graphs, data.progress)
        predictions = compare_predictions(densities, {graph: graphs[graph].effects or () for graph in densities})
        rows = [
            replace(
                row,
                weight=float(likelihood[row.graph] / total) if row.graph in likelihood else None,
                edges=graphs[row.graph].effects or (),
                prediction=predictions.get(row.graph),
            )
            for row in rows
        ]
        n_persons = len(next(iter(densities.values()))) if predictions else 0
        return GraphsAnswer("graphs", outcome, processes, tuple(rows), n_persons, held_out if predictions else 0)


def graph_edges(processes: Sequence[str], outcome: str) -> dict[Graph, Edges]:
    """Return the edges of every graph; of two with the same edges, the first. The first process is the relationship."""
    first, *mechanisms = processes
    among: Edges = tuple(permutations(processes, 2))
    forward: Edges = tuple((name, outcome) for name in processes)
    backward: Edges = tuple((outcome, name) for name in processes)
    chain: Edges = tuple(edge for name in mechanisms for edge in ((first, name), (name, outcome)))
    edges = {
        Graph.BOTH: (*among, *forward, *backward),
        Graph.FORWARD: (*among, *forward),
        Graph.BACKWARD: (*among, *backward),
        Graph.NEITHER: among,
        Graph.ALLIANCE_FIRST: (*chain, (first, outcome)),
        Graph.MECHANISM_CHAIN: chain,
        Graph.RELATIONSHIP_ONLY: ((first, outcome),),
        Graph.COMMON_CAUSE: (),
    }
    different: dict[frozenset[tuple[str, str]], Graph] = {}
    for graph, pairs in edges.items():
        different.setdefault(frozenset(pairs), graph)
    return {graph: edges[graph] for graph in different.values()}


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
