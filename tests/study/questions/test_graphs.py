"""Rival graphs against the likelihoods of single fits, and against scenarios with known edges."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from securebase.model.fit import fit
from securebase.model.observations import panel
from securebase.model.simulate import simulate
from securebase.study.models import specification_for
from securebase.study.questions.graphs import Graph, GraphFit, GraphsAnswer, RivalGraphs
from securebase.study.questions.question import QuestionData
from securebase.study.table import session_table

LABELS = {"symptoms": "Symptoms"}


def data(scenario: str, seed: int, n: int = 60) -> QuestionData:
    cohort = simulate(scenario, n_clients=n, rng=np.random.default_rng(seed))
    rows = panel(cohort, ("symptoms", "alliance"))
    return QuestionData(session_table(cohort, rows), rows, "symptoms", ("alliance",), {})


def test_each_graph_is_the_model_with_only_its_edges() -> None:
    rows = data("alliance_sufficient", 1, n=30)
    answer = RivalGraphs().answer(rows)
    full = specification_for(rows.panel, "apart", random_slopes=True)
    forward = fit(rows.panel, replace(full, effects=(("alliance", "symptoms"),)))
    both = fit(rows.panel, full)
    by_graph = {g.graph: g for g in answer.graphs}
    assert by_graph[Graph.FORWARD].log_likelihood == pytest.approx(forward.log_likelihood, abs=1e-4)
    assert by_graph[Graph.BOTH].log_likelihood == pytest.approx(both.log_likelihood, abs=1e-4)
    assert by_graph[Graph.FORWARD].aic == pytest.approx(forward.aic, abs=1e-3)
    assert sum(g.weight or 0.0 for g in answer.graphs) == pytest.approx(1.0)
    assert by_graph[Graph.BOTH].p is None


def test_the_data_contradict_graphs_without_the_edges_that_act() -> None:
    """60 clients. `alliance_sufficient` has both edges, the first larger; `reverse_only` lacks the first."""
    first, second = (RivalGraphs().answer(data(name, 1)) for name in ("alliance_sufficient", "reverse_only"))
    assert {Graph.BACKWARD, Graph.NEITHER} <= {*first.contradicted}
    assert (Graph.FORWARD in second.contradicted, Graph.BACKWARD in second.possible) == (True, True)


def test_a_shared_trend_contradicts_no_graph() -> None:
    """Of 30 tests in ten tables of this scenario, none was below .05."""
    assert RivalGraphs().answer(data("co_trend_only", 1)).contradicted == ()


def test_a_graph_that_cannot_be_fitted_says_why() -> None:
    failed = tuple(GraphFit(graph, 0, reason="Too few rows.") for graph in Graph)
    answer = GraphsAnswer("graphs", "symptoms", ("alliance",), failed)
    assert answer.in_words(LABELS) == "Rival graphs: cannot be compared here. Too few rows."
    assert answer.figures_in_words(LABELS).startswith("Edges in both directions: Too few rows.")


def test_the_sentences_name_graphs_by_their_edges() -> None:
    rows = tuple(
        GraphFit(graph, 10, -100.0, 220.0, 240.0, 0.25, None if graph is Graph.BOTH else p)
        for graph, p in zip(Graph, (1.0, 0.4, 0.01, 0.001), strict=True)
    )
    answer = GraphsAnswer("graphs", "symptoms", ("alliance",), rows)
    assert answer.in_words(LABELS) == (
        "The data contradict: Symptoms → processes only; no edge between them. Possible: edges in both directions; "
        "processes → Symptoms only; a hidden cause of both."
    )
    assert "Processes → Symptoms only: AIC 220.0 (weight .25), BIC 240.0, p = .400." in answer.figures_in_words(LABELS)
