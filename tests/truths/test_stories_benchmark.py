"""The checked-in results of retellings meet what they promise, and the page shows it."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from truths.stories import Stories

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT))
retellings: ModuleType = import_module("benchmarks.retellings")


def stored_results() -> list[Any]:
    stored = json.loads((ROOT / "docs" / "benchmarks.json").read_text("utf-8"))["retellings"]
    return [retellings.RetellingRecovery(**result) for result in stored["results"]]


def test_fall_return_and_learning_are_recovered_at_200_stories() -> None:
    results = {r.stories: r for r in stored_results() if r.truth == retellings.MAIN}
    assert results.keys() == {60, 100, 200}
    for result in results.values():
        assert (result.replications, result.refused) == (200, 0)
        assert {name: v["truth"] for name, v in result.estimates.items()} == {
            "within": 0.35,
            "returns": 0.6,
            "learned": 0.8,
        }
    for name, value in results[200].estimates.items():
        assert abs(value["mean"] - value["truth"]) < retellings.BIAS, name
        assert retellings.COVERAGE[0] <= value["coverage"] <= retellings.COVERAGE[1], name
    assert results[200].seconds < 1.0


def test_the_page_states_whether_the_targets_are_met() -> None:
    results = stored_results()
    assert retellings.highlights(results)[0].endswith(": met.")
    next(r for r in results if r.stories == 200).estimates["learned"]["coverage"] = 0.80
    assert retellings.highlights(results)[0].endswith("**not met**.")


def test_a_replication_is_a_fit_of_the_simulated_stories() -> None:
    result = retellings.fit_one(retellings.MAIN, 25, 3)
    assert result == {**retellings.fit_one(retellings.MAIN, 25, 3), "seconds": result["seconds"]}
    assert all(low < value < high for value, low, high in (result["within"], result["returns"], result["learned"]))


def test_a_story_without_error_or_differences_follows_the_equations() -> None:
    (story,) = Stories(differs=0.0, error=0.0, gaps=(2,)).draw(1, np.random.default_rng(1))
    peak = story.peaks[0]
    for k, (day, rated, end) in enumerate(zip(*story, strict=True)):
        assert (day, rated, end) == (14.0 * k, round(peak), round(0.65 * peak))
        peak = 0.65 * peak + 0.6 * 0.8**k * 0.35 * peak * (1 - np.exp(-2.0))
