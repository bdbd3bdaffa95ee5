"""The checked-in results of rival graphs: none that holds is excluded too often, and what the page says of them."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from securebase.study.questions.graphs import Graph

ROOT = Path(__file__).parents[2]
graphs: ModuleType = import_module("benchmarks.graphs")


def stored_results() -> list[Any]:
    stored = json.loads((ROOT / "docs" / "benchmarks.json").read_text("utf-8"))["graphs"]
    return [graphs.GraphRate(**result) for result in stored["results"]]


def test_no_graph_that_holds_is_excluded_too_often() -> None:
    results = stored_results()
    assert [(r.source, r.persons, r.true) for r in results] == [
        (c.source, c.persons, c.true.value) for c in graphs.CELLS
    ]
    above = [r.source for r in results if r.false > graphs.limit(r)]
    # a hidden factor, which no graph has, may look like an edge: the page says how often
    assert set(above) <= {graphs.HIDDEN_CAUSE}
    assert "a hidden factor with a pace of its own" in graphs.highlights(results)[0]


def test_common_cause_and_alliance_first_are_told_apart() -> None:
    excluded = {(r.source, r.persons): r.excluded for r in stored_results()}
    assert excluded["alliance_sufficient", 240][Graph.NEITHER] >= 0.8
    assert excluded["alliance_sufficient", 240][Graph.FORWARD] <= 0.2
    assert excluded["common_cause_only", 240][Graph.NEITHER] <= graphs.LARGEST


def test_a_rate_above_the_target_is_said_first() -> None:
    results = stored_results()
    assert ": met." in graphs.highlights(results)[0]
    worse = [replace(results[0], false=0.4), *results[1:]]
    assert "**not met** in `common_cause_only`" in graphs.highlights(worse)[0]


def test_a_table_of_the_independent_simulator_is_read_row_by_row() -> None:
    cell = graphs.GraphCell("same_week_factor", 5, Graph.NEITHER)
    data = graphs.question_data(cell, 1)
    columns = graphs.draw_cohort(graphs.TRUTHS["same_week_factor"], 5, 1)
    assert data.panel.constructs == ("symptoms", "alliance")
    rows = data.panel.scores.reshape(5, 16, 2)
    np.testing.assert_array_equal(rows[..., 0], columns["symptoms"])
    np.testing.assert_array_equal(rows[..., 1], columns["alliance"])
