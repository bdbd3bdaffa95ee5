"""The checked-in results of mediation: the share holds the truth, and mediators that carry nothing are not reported."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from mediated_trials import true_share

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT))
mediation: ModuleType = import_module("benchmarks.mediation")


def stored_results() -> dict[str, Any]:
    stored = json.loads((ROOT / "docs" / "benchmarks.json").read_text("utf-8"))["mediation"]
    return {result["cell"]: mediation.ShareRecovery(**result) for result in stored["results"]}


def test_every_cell_is_measured() -> None:
    results = stored_results()
    assert list(results) == list(mediation.CELLS)
    for cell, (scenario, _, scored) in mediation.CELLS.items():
        assert results[cell].truth == pytest.approx(true_share(scenario, scored), abs=1e-6)


def test_the_share_holds_the_truth_in_95_percent_of_trials() -> None:
    result = stored_results()["support carries the whole effect"]
    assert result.replications == mediation.REPLICATIONS
    assert result.shares >= 0.98 * result.replications
    assert abs(result.coverage - 0.95) <= 0.015
    # regression on ratings in the middle of the course is attenuated
    assert result.regression_coverage < 0.75


def test_a_mediator_that_carries_nothing_is_reported_in_at_most_5_percent() -> None:
    without = [r for r in stored_results().values() if abs(r.truth) < 0.01]
    assert len(without) == 3
    assert all(result.reported <= 0.05 for result in without)
    # each analysis alone would not do
    assert max(result.regression for result in without) > 0.2
