"""The calibration page shows the true coverage of simulated clinics: the checked-in results, and small ones again."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT))
benchmark: ModuleType = import_module("benchmarks.calibration_page")
MODEL, NOISE, RISE, JUMPS = benchmark.WORLDS


def stored_results() -> list[Any]:
    stored = json.loads((ROOT / "docs" / "benchmarks.json").read_text("utf-8"))["calibration_page"]
    return [benchmark.CalibrationResult(**result) for result in stored["results"]]


def test_clinics_of_a_hundred_clients_show_the_true_coverage_in_every_world() -> None:
    results = {r.world: r for r in stored_results()}
    assert list(results) == [MODEL, NOISE, RISE, JUMPS]
    for result in results.values():
        assert (result.clients, result.true_clients, len(result.clinics["in_90"])) == (100, 2000, benchmark.CLINICS)
        assert benchmark.share_within(result) >= benchmark.KEPT
        for level, clinics in result.clinics.items():
            assert abs(np.mean([value for value, _, _ in clinics]) - result.true[level]) < 0.015
    assert results[MODEL].unbounded == pytest.approx({"in_50": 0.5, "in_90": 0.9}, abs=0.01)
    # worlds that break the model are told from it
    certain = {world: sum(n for v, n in r.verdicts.items() if "certain" in v) for world, r in results.items()}
    assert certain[MODEL] == 0
    assert min(certain[world] for world in (NOISE, RISE, JUMPS)) > 0.9 * benchmark.CLINICS


def test_the_page_states_whether_the_target_is_met() -> None:
    results = stored_results()
    assert benchmark.highlights(results)[0].endswith(": met.")
    assert len(benchmark.section(results)) > 7
    results[0].clinics["in_90"][:4] = [[0.5, 0.4, 0.6]] * 4
    assert benchmark.highlights(results)[0].endswith("**not met**.")


def shares(hits: dict[str, int]) -> dict[str, float]:
    return {level.value: hits[level.value] / hits["forecasts"] for level in benchmark.LEVELS}


def test_without_ends_of_the_scale_forecasts_of_the_model_hold_as_often_as_they_say() -> None:
    true = shares(benchmark.true_hits(MODEL, 80, np.random.default_rng(4), ends=False))
    assert true == pytest.approx({"in_50": 0.5, "in_90": 0.9}, abs=0.05)


@pytest.mark.parametrize("world", [MODEL, JUMPS])
def test_a_small_clinic_shows_the_coverage_that_the_filter_of_its_panels_has(world: str) -> None:
    """The same clients twice: as records through the page's own function, and as panels without it."""
    drawn = benchmark.draw_panels(world, 30, np.random.default_rng(11))
    page = benchmark.clinic_coverage([benchmark.as_record(panel) for panel in drawn])
    true = shares(benchmark.true_hits(world, 30, np.random.default_rng(11)))
    for level in benchmark.LEVELS:
        assert page[level].clients == 30
        # in a record, answers after a session come two hours later, so single forecasts differ a little
        assert abs(page[level].value - true[level.value]) < 0.015


def test_a_clinic_of_a_hundred_shows_the_coverage_of_independent_clients_and_is_the_stored_one() -> None:
    result = next(r for r in stored_results() if r.world == NOISE)
    clinic = benchmark.one_clinic(NOISE, 0)
    for level, true in result.true.items():
        assert abs(clinic[level][0] - true) < benchmark.POINTS / 100
        assert clinic[level] == pytest.approx(result.clinics[level][0], abs=1e-6)
    assert "too certain" in clinic["verdict"]
