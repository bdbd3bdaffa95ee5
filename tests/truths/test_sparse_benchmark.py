"""The checked-in results of sparse columns: what they cover, and the share that `theory --data` states."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from securebase.study.edges.phrases import DETECTED, what_to_expect
from truths.sparse import SESSIONS, WEEKLY, SparsePair, every_fifth, one_in_four, rare

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT))
sparse: ModuleType = import_module("benchmarks.sparse")


def stored_results() -> list[Any]:
    stored = json.loads((ROOT / "docs" / "benchmarks.json").read_text("utf-8"))["sparse"]
    return [sparse.SparseRecovery(**result) for result in stored["results"]]


def test_every_cell_is_measured_and_covered() -> None:
    results = stored_results()
    assert [(r.cell, r.direction) for r in results] == [(c, d) for c in sparse.CELLS for d in ("x → y", "y → x")]
    for result in results:
        assert result.replications == sparse.REPLICATIONS
        assert result.estimates >= 0.98 * result.replications, result.cell
        # two ratings of each client are the minimum that the estimator accepts
        assert result.coverage >= (0.88 if "two" in result.cell else sparse.COVERAGE), result.cell
        if "rare" in result.cell and "two" not in result.cell:
            assert result.sd < result.plain_sd, result.cell


def test_one_rare_column_hardly_ever_rests_on_the_prior_and_two_often_do() -> None:
    for result in stored_results():
        if "and weekly" in result.cell:
            assert result.refused <= (0.20 if "two" in result.cell else 0.10), result.cell
        elif "both rare" in result.cell:
            assert 0.2 < result.refused < 0.6, result.cell


def test_the_command_states_the_shares_that_were_measured() -> None:
    assert sparse.shares_detected(stored_results()) == DETECTED
    assert all(f"{share:.0%}" in what_to_expect(200) for shares in DETECTED.values() for share in shares)


def test_the_page_states_where_the_target_is_missed() -> None:
    covered = [replace(r, coverage=0.95) for r in stored_results()]
    assert ": met." in sparse.highlights(covered)[0]
    covered[3] = replace(covered[3], coverage=0.89)
    assert f"**not met** in 1 of {len(covered)} rows" in sparse.highlights(covered)[0]


def test_the_simulator_draws_the_stated_effects_and_ratings() -> None:
    """Regression on the states of a large cohort without error, levels or change; one session in each four is asked."""
    pure = {"reliability": 1.0, "level_share": 0.0, "change": 0.0}
    pair = SparsePair(WEEKLY._replace(**pure), WEEKLY._replace(persistence=0.8, **pure), 0.10, 0.06, change_sd=0.0)
    x, y = pair.draw(20_000, np.random.default_rng(1))
    X = np.column_stack([x[:, :-1].ravel(), y[:, :-1].ravel()])
    for later, expected in ((x, [0.5, 0.06]), (y, [0.10, 0.8])):
        assert np.abs(np.linalg.lstsq(X, later[:, 1:].ravel())[0] - expected).max() < 0.01
    rotated, _ = SparsePair(rare(one_in_four), rare(every_fifth)).draw(50, np.random.default_rng(2))
    assert (np.isfinite(rotated).reshape(50, SESSIONS // 4, 4).sum(axis=2) == 1).all()
