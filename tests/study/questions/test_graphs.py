"""Rival graphs against single fits and densities built entry by entry, and against scenarios with known edges."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.stats import multivariate_normal

from securebase.charts.render import svg
from securebase.charts.study_graphs import graphs_chart
from securebase.model.fit import fit
from securebase.model.observations import panel
from securebase.model.panel import Panel
from securebase.model.parameters import Parameters
from securebase.model.simulate import simulate
from securebase.model.specification import Specification
from securebase.study.models import specification_for
from securebase.study.questions.graphs import Graph, GraphFit, GraphsAnswer, RivalGraphs, graph_edges
from securebase.study.questions.held_out import (
    GraphPrediction,
    compare_predictions,
    first_occasions,
    occasion_numbers,
)
from securebase.study.questions.question import AnswerInterval, QuestionData
from securebase.study.table import session_table

LABELS = {"symptoms": "Symptoms", "alliance": "Alliance"}


@cache
def answered(scenario: str, seed: int, n: int = 60) -> GraphsAnswer:
    return RivalGraphs().answer(data(scenario, seed, n))


def data(scenario: str, seed: int, n: int = 60) -> QuestionData:
    cohort = simulate(scenario, n_clients=n, rng=np.random.default_rng(seed))
    rows = panel(cohort, ("symptoms", "alliance"))
    return QuestionData(cohort, rows.persons, session_table(cohort, rows), rows, "symptoms", ("alliance",), {})


def test_each_graph_is_the_model_with_only_its_edges() -> None:
    rows, answer = data("alliance_sufficient", 1, n=30), answered("alliance_sufficient", 1, n=30)
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
    """`alliance_sufficient` has both edges, the first larger; `reverse_only` lacks the first."""
    first, second = answered("alliance_sufficient", 1, n=240), answered("reverse_only", 1)
    assert {Graph.BACKWARD, Graph.NEITHER} <= {*first.contradicted}
    assert (Graph.FORWARD in second.contradicted, Graph.BACKWARD in second.possible) == (True, True)


def test_a_shared_trend_contradicts_no_graph() -> None:
    """Of 30 tests in ten tables of this scenario, none was below .05."""
    assert answered("co_trend_only", 1).contradicted == ()


def test_a_graph_that_cannot_be_fitted_says_why() -> None:
    failed = tuple(GraphFit(graph, 0, reason="Too few rows.") for graph in list(Graph)[:4])
    answer = GraphsAnswer("graphs", "symptoms", ("alliance",), failed)
    assert answer.in_words(LABELS) == "Rival graphs: cannot be compared here. Too few rows."
    assert answer.tables(LABELS) == ()
    assert answer.figures_in_words(LABELS).startswith("edges in both directions: Too few rows.")
    fitted = replace(answer.graphs[0], aic=-9.5, bic=1.0, reason="")
    partly = replace(answer, graphs=(fitted, *answer.graphs[1:]))
    assert "Not judged, because it could not be fitted: Alliance → Symptoms only;" in partly.in_words(LABELS)
    assert [row[2] for row in partly.tables(LABELS)[0].rows] == ["–", *["not fitted"] * 3]
    assert partly.tables(LABELS)[0].rows[0][4] == "−9.5"


def interval(estimate: float, half_width: float) -> AnswerInterval:
    return AnswerInterval(estimate, half_width / 2, estimate - half_width, estimate + half_width)


def test_the_sentences_name_graphs_by_their_edges() -> None:
    predictions = (
        GraphPrediction(None, None, None),
        GraphPrediction(interval(-1.0, 3.0), None, 900),
        GraphPrediction(interval(-2.0, 3.0), None, None),
        GraphPrediction(interval(-9.0, 3.0), Graph.BOTH, None),
    )
    rows = tuple(
        GraphFit(graph, 10, -100.0, 220.0, 240.0, 0.25, None if graph is Graph.BOTH else p, prediction=prediction)
        for graph, p, prediction in zip(Graph, (1.0, 0.4, 0.01, 0.001), predictions, strict=False)
    )
    answer = GraphsAnswer("graphs", "symptoms", ("alliance",), rows, 60, 900)
    assert answer.in_words(LABELS) == (
        "Prediction of held-out occasions excludes: common cause (no edge). Possible: edges in both directions; "
        "Alliance → Symptoms only; Symptoms → Alliance only; a hidden cause of both. The likelihood ratio, which a "
        "hidden cause misleads more often, also rejects: Symptoms → Alliance only. A graph that remains "
        "possible is not thereby confirmed."
    )
    assert answer.figures_in_words(LABELS).startswith(
        "900 ratings of 60 persons were held out. Persons needed to exclude a graph with 80% power, if the "
        "difference is as estimated: Alliance → Symptoms only 900."
    )
    assert [row[1:] for row in answer.tables(LABELS)[0].rows] == [
        ("0 (best)", "possible", "–", "220.0 (weight .25)"),
        ("−1.0 (−4.0 to 2.0)", "possible", "p = .400", "220.0 (weight .25)"),
        ("−2.0 (−5.0 to 1.0)", "possible", "p = .010", "220.0 (weight .25)"),
        ("−9.0 (−12.0 to −6.0)", "excluded", "p = .001", "220.0 (weight .25)"),
    ]
    assert len(answer.tables(LABELS)[0].columns) == len(answer.tables(LABELS)[0].rows[0])
    unpredicted = replace(answer, graphs=tuple(replace(row, prediction=None) for row in rows))
    assert "cannot be compared by prediction here" in unpredicted.in_words(LABELS)


def test_with_two_columns_every_graph_has_other_edges_and_with_three_all_eight_differ() -> None:
    two = graph_edges(("alliance",), "symptoms")
    assert list(two) == [Graph.BOTH, Graph.FORWARD, Graph.BACKWARD, Graph.NEITHER]
    three = graph_edges(("alliance", "support"), "symptoms")
    assert list(three) == list(Graph)
    assert len({frozenset(edges) for edges in three.values()}) == 8
    assert set(three[Graph.MECHANISM_CHAIN]) == {("alliance", "support"), ("support", "symptoms")}
    assert set(three[Graph.ALLIANCE_FIRST]) == {*three[Graph.MECHANISM_CHAIN], ("alliance", "symptoms")}


def predictive_density(rows: Panel, specification: Specification, parameters: Parameters, cut: int) -> np.ndarray:
    """Return log p(later occasions | the first `cut`) of each person as a difference of two Gaussian densities.

    Means and covariances of all scores of a person come from simulating no one: the model’s own moments, built entry
    by entry from exp(A Δt), without a filter.
    """
    densities = []
    for i in range(rows.n_persons):
        at = rows.rows_of(i)
        times, scores = rows.times[at], rows.scores[at]
        values = []
        for last in (len(times), min(cut, len(times))):
            t, y = times[:last], scores[:last].ravel()
            mean, covariance = moments(specification, parameters, t)
            seen = np.isfinite(y)
            values.append(multivariate_normal(mean[seen], covariance[np.ix_(seen, seen)]).logpdf(y[seen]))
        densities.append(values[0] - values[1])
    return np.array(densities)


def moments(specification: Specification, p: Parameters, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and covariance of the scores of one person at these times, time after time."""
    k = specification.p
    assert p.rate is not None
    assert p.change is not None
    assert p.change_covariance is not None
    assert p.level_change_covariance is not None
    share = (1 - np.exp(-p.rate * times)) / (1 - np.exp(-p.rate * specification.planned_end))
    mean = np.concatenate([p.level_mean + p.change * s for s in share])
    drift_sum = np.kron(np.eye(k), p.drift) + np.kron(p.drift, np.eye(k))
    stationary = np.linalg.solve(drift_sum, -p.diffusion.ravel()).reshape(k, k)
    transition = cache(lambda gap: expm(p.drift * gap))
    covariance = np.zeros((k * len(times), k * len(times)))
    for a, s in enumerate(times):
        for b, u in enumerate(times):
            block = p.level_covariance + share[a] * share[b] * p.change_covariance
            block = block + share[b] * p.level_change_covariance + share[a] * p.level_change_covariance.T
            turned = transition(round(abs(s - u), 9))
            block = block + (turned @ stationary if s >= u else stationary @ turned.T)
            if a == b:
                block = block + np.diag(p.measurement_noise)
            covariance[k * a : k * a + k, k * b : k * b + k] = block
    return mean, covariance


def test_held_out_density_is_that_of_the_later_scores_given_the_earlier_ones() -> None:
    rows, answer = data("alliance_sufficient", 1, n=30), answered("alliance_sufficient", 1, n=30)
    occasion = occasion_numbers(rows.panel)
    assert int(np.median(np.diff(rows.panel.starts))) == 16
    total = {}
    for graph in (Graph.FORWARD, Graph.NEITHER):
        specification = replace(
            specification_for(rows.panel, "apart", random_slopes=True),
            effects=graph_edges(("alliance",), "symptoms")[graph],
        )
        total[graph] = np.zeros(30)
        for cut, until in ((8, 12), (12, 99)):
            known, more = (first_occasions(rows.panel, occasion, k) for k in (cut, until))
            fitted = fit(known, specification)
            assert fitted.parameters is not None
            total[graph] += predictive_density(more, specification, fitted.parameters, cut)
    by_graph = {g.graph: g.prediction for g in answer.graphs}
    forward, neither = by_graph[Graph.FORWARD], by_graph[Graph.NEITHER]
    assert forward is not None
    assert neither is not None
    difference = total[Graph.NEITHER] - total[Graph.FORWARD]
    sums = [0.0 if p.difference is None else p.difference.estimate for p in (neither, forward)]
    assert sums[0] - sums[1] == pytest.approx(difference.sum(), abs=0.02)
    assert answer.n_persons == 30


def test_rows_of_one_session_are_one_occasion() -> None:
    panel_of_two = Panel(
        ("a", "b"),
        ("x",),
        np.array([0, 4, 6]),
        np.array([0.0, 0.5, 1.0, 2.0, 0.0, 1.0]),
        np.arange(6.0)[:, None],
        np.array([1, 1, 2, -1, 1, 2]),
    )
    occasion = occasion_numbers(panel_of_two)
    assert occasion.tolist() == [0, 0, 1, 2, 0, 1]
    earlier = first_occasions(panel_of_two, occasion, 1)
    assert (earlier.starts.tolist(), earlier.scores.ravel().tolist()) == ([0, 2, 3], [0.0, 1.0, 4.0])


def density(mean: float, seed: int, spread: float = 1.0) -> np.ndarray:
    return mean + spread * np.random.default_rng(seed).normal(size=100)


def test_a_graph_is_excluded_only_by_one_with_an_edge_that_it_lacks() -> None:
    """NEITHER predicts best by far: FORWARD and BOTH contain it, so that nothing speaks against their further edges."""
    edges = graph_edges(("alliance",), "symptoms")
    common = density(0.0, 1, 5.0)
    densities = {
        Graph.BOTH: common - 1.0 + density(0.0, 2, 0.1),
        Graph.FORWARD: common - 1.0 + density(0.0, 3, 0.1),
        Graph.NEITHER: common,
    }
    held = compare_predictions(densities, edges)
    assert [p.excluded_by for p in held.values()] == [None, None, None]
    densities[Graph.NEITHER] = common - 2.0 + density(0.0, 4, 0.1)
    excluded = compare_predictions(densities, edges)
    assert excluded[Graph.NEITHER].excluded_by in (Graph.BOTH, Graph.FORWARD)
    assert excluded[Graph.FORWARD].excluded_by is None


def test_the_persons_that_would_exclude_a_graph_follow_from_its_paired_difference() -> None:
    edges = {Graph.FORWARD: (("a", "y"),), Graph.NEITHER: ()}
    common, difference = density(0.0, 1, 5.0), density(0.0, 2)
    difference = (difference - difference.mean()) / difference.std(ddof=1) + 0.1  # t = 1 with 100 persons
    row = compare_predictions({Graph.FORWARD: common + difference, Graph.NEITHER: common}, edges)[Graph.NEITHER]
    assert row.difference is not None
    assert row.difference.estimate == pytest.approx(-10.0)
    assert row.difference.standard_error == pytest.approx(10.0)
    # one pair: its interval is that of t with 99 degrees of freedom
    assert row.difference.upper == pytest.approx(-10.0 + 1.984 * 10.0, abs=0.3)
    assert row.would_exclude == pytest.approx(100 * (1.984 + 0.84) ** 2, rel=0.02)


def test_common_cause_and_alliance_first_are_told_apart() -> None:
    """One table of 240 clients each; `docs/benchmarks.md` has the shares of many."""
    acts = answered("alliance_sufficient", 1, n=240)
    assert Graph.NEITHER in acts.excluded
    assert not {Graph.BOTH, Graph.FORWARD} & {*acts.excluded}
    assert answered("common_cause_only", 1, n=240).excluded == ()


def test_too_few_occasions_are_not_predicted() -> None:
    cohort = simulate("alliance_sufficient", n_clients=60, sessions=3, rng=np.random.default_rng(1))
    rows = panel(cohort, ("symptoms", "alliance"))
    question = QuestionData(cohort, rows.persons, session_table(cohort, rows), rows, "symptoms", ("alliance",), {})
    answer = RivalGraphs().answer(question)
    assert (answer.n_persons, {g.prediction for g in answer.graphs}) == (0, {None})


def test_the_chart_draws_every_graph_at_both_widths() -> None:
    rows = tuple(
        GraphFit(
            graph,
            10,
            -100.0,
            220.0,
            240.0,
            0.1,
            edges=edges,
            prediction=GraphPrediction(interval(-3.0, 2.0), None, None),
        )
        for graph, edges in graph_edges(("alliance", "support"), "symptoms").items()
    )
    answer = GraphsAnswer("graphs", "symptoms", ("alliance", "support"), rows, 60, 900)
    for width in (820, 350):
        picture = svg(graphs_chart(answer, {**LABELS, "support": "Support"}, width=width))
        assert picture.count(">Sup<") == 8
        assert "Alliance first, through Support" in picture
        assert "log predictive density" in picture
        assert "not fitted" not in picture
    failed = replace(answer, graphs=(*rows[:1], replace(rows[1], reason="Too few rows.", prediction=None)))
    assert "Symptoms only: not fitted" in svg(graphs_chart(failed, {**LABELS, "support": "Support"}, width=820))
