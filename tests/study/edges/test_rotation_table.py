"""A clinic's table with the rotation of rare questions: which edges have an estimate, and what is published of them."""

from __future__ import annotations

import json
import sys
from datetime import date
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from securebase.exchange.data_dictionary import dictionary_path, format_dictionary
from securebase.exchange.simulated_table import build_simulated_table
from securebase.model.simulate import simulate_table
from securebase.model.theory import EdgeLocation, theory
from securebase.study.edges import lags
from securebase.study.edges.estimates import estimate_edges
from securebase.study.edges.reading import read_edge_table
from securebase.study.estimators.ct_sparse import SparseEstimate

ROOT = Path(__file__).parents[3]
sys.path.append(str(ROOT))
rotation: ModuleType = import_module("benchmarks.rotation")
STUDY_EDGES = theory().select(place=EdgeLocation.STUDY)
PERSONS = 200


@pytest.fixture(scope="module")
def rotated(tmp_path_factory):
    drawn = simulate_table(n_clients=PERSONS, rng=np.random.default_rng(1), missing=0.08, dropout=0.0, asked="rotation")
    table = build_simulated_table(drawn.columns, made_on=date(2026, 1, 1))
    path = tmp_path_factory.mktemp("rotation") / "table.csv"
    path.write_bytes(table.csv)
    dictionary_path(path).write_text(format_dictionary(table.dictionary), "utf-8")
    return read_edge_table(path, STUDY_EDGES)


def test_most_edges_of_studies_have_an_estimate(rotated, monkeypatch):
    """The fits of lags, which take seconds, are replaced: the ratings of the table decide."""
    for name in ("estimate_plain", "estimate_sparse"):
        monkeypatch.setattr(lags, name, lambda *_: SparseEstimate(-0.1, 0.04, 0.1, PERSONS, 900))
    results = estimate_edges(rotated, STUDY_EDGES).results
    own = [r for r in results if r.estimate is not None and not r.reason]
    # most others have an end that no check-in asks, or need clients without therapy
    assert (len(own), len(STUDY_EDGES)) == (117, 145)
    assert {r.reason.partition(":")[0] for r in results if r.edge.id.startswith("therapy_")} == {
        "Needs clients without therapy"
    }


def test_the_columns_of_items_are_read_and_removed(rotated):
    """The two items of a construct have means one point apart; in the table that is estimated they have one."""
    assert rotated.dictionary.column("wellbeing_item") is not None
    assert not any(name.endswith("_item") for name in rotated.rows.values)


def test_a_weekly_lag_is_detected_and_a_rare_one_has_an_interval(rotated):
    chosen = [e for e in theory().edges if e.id in {"alliance_symptoms_week", "regulation_symptoms_week"}]
    weekly, rare = sorted(estimate_edges(rotated, chosen).results, key=lambda r: r.edge.id)
    assert (weekly.estimate.method, rare.estimate.method) == ("lag", "ct_sparse")
    assert weekly.estimate.upper < 0
    assert rare.estimate.upper - rare.estimate.lower > 2 * (weekly.estimate.upper - weekly.estimate.lower)


def stored_results() -> list[Any]:
    stored = json.loads((ROOT / "docs" / "benchmarks.json").read_text("utf-8"))["rotation"]
    return [rotation.RotationLags(**result) for result in stored["results"]]


def test_the_published_tables_are_those_of_the_benchmark():
    assert {(r.case, r.cohorts) for r in stored_results()} == set(rotation.COHORTS.items())


def test_a_quarter_of_the_lags_is_detected_and_few_are_wrong():
    """Without edges fewer than 5% have p < .05; the readings of the command are corrected."""
    results = stored_results()
    assert rotation.detected_share(results) >= rotation.DETECTED
    assert rotation.wrong_share(results) <= 0.01
    assert rotation.wrong_share(results, "no edge") <= rotation.WRONG
    assert rotation.misread_share(results, "no edge") <= rotation.WRONG
    (sentence,) = rotation.highlights(results)
    assert "3.4% have p < .05 (target at most 5%: met)" in sentence
