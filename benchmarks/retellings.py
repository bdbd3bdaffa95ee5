"""Retellings with a known fall, return and learning: bias of the pooled estimates and coverage of their intervals.

The simulator shares nothing with the model (`tests/truths/stories.py`).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from benchmarks.page import Part, PerformanceTarget, seconds, table
from benchmarks.stored import as_text, replications
from securebase.model.retellings import RetellingRow, fit_retellings
from truths.stories import Stories

REPLICATIONS = 200
TRUTHS: Mapping[str, Stories] = {
    "stories differ (SD .4 on the logit)": Stories(),
    "stories are all alike": Stories(differs=0.0),
    "every pause one week": Stories(gaps=(1,)),
    "each peak also moves by 5 points for other reasons": Stories(wobble=5.0),
}
MAIN = "stories differ (SD .4 on the logit)"
CASES = (*((MAIN, n) for n in (60, 100, 200)), *((name, 100) for name in TRUTHS if name != MAIN))
#: coverage of 90% intervals that is asked for at 200 stories, and the largest bias
COVERAGE, BIAS = (0.84, 0.96), 0.01


@dataclass(frozen=True, slots=True)
class RetellingRecovery:
    """Estimates of one truth: name → mean, SD and coverage of 90% intervals; told_apart: share of the fits."""

    truth: str
    stories: int
    replications: int
    refused: int
    estimates: dict[str, dict[str, float]]
    told_apart: float
    seconds: float


def fit_one(name: str, stories: int, replication: int) -> dict[str, Any]:
    """Simulate one table of stories and fit it: plain values."""
    rng = np.random.default_rng([replication, stories, list(TRUTHS).index(name)])
    rows = [
        RetellingRow("", str(client), day, peak, end)
        for client, story in enumerate(TRUTHS[name].draw(stories, rng))
        for day, peak, end in zip(*story, strict=True)
    ]
    started = time.process_time()
    fit = fit_retellings(rows)
    result: dict[str, Any] = {"seconds": time.process_time() - started, "told_apart": not fit.not_told_apart}
    for parameter in ("within", "returns", "learned"):
        estimate = getattr(fit, parameter)
        result[parameter] = None if estimate is None else [estimate.value, estimate.low, estimate.high]
    return result


def recovery(name: str, stories: int) -> RetellingRecovery:
    truth = TRUTHS[name]
    results = replications(
        "retellings",
        partial(fit_one, name, stories),
        REPLICATIONS,
        depends_on=as_text({"truth": name, "stories": stories}),
        modules=("benchmarks.retellings",),
    )
    estimates = {}
    for parameter in ("within", "returns", "learned"):
        values = np.array([r[parameter] for r in results if r[parameter] is not None])
        covered = (values[:, 1] <= getattr(truth, parameter)) & (getattr(truth, parameter) <= values[:, 2])
        estimates[parameter] = {
            "truth": getattr(truth, parameter),
            "mean": float(values[:, 0].mean()),
            "sd": float(values[:, 0].std(ddof=1)),
            "coverage": float(covered.mean()),
        }
    return RetellingRecovery(
        truth=name,
        stories=stories,
        replications=len(results),
        refused=sum(r["within"] is None for r in results),
        estimates=estimates,
        told_apart=float(np.mean([r["told_apart"] for r in results])),
        seconds=float(np.median([r["seconds"] for r in results])),
    )


def measure() -> list[RetellingRecovery]:
    return [recovery(name, stories) for name, stories in CASES]


def section(results: list[RetellingRecovery]) -> list[str]:
    first = results[0]
    margin = 1.96 * np.sqrt(0.9 * 0.1 / first.replications)
    return [
        "## Retellings of stories",
        "",
        "`securebase.fit_retellings` estimates the fall of distress within a retelling, its return between two, and "
        "learning, pooled over stories ([decision 30](decisions/0030-retellings-are-fitted-with-moving-points.md)). "
        f"Each row is {first.replications} simulated tables; a simulator that shares nothing with the model "
        "(`tests/truths/stories.py`) draws three to six retellings per story, pauses of one to three weeks, and "
        "ratings with an SD of 4 that are whole and end at 0 and 100. Each cell is the mean estimate (SD over tables) "
        f"and the coverage of 90% intervals, which chance alone moves by {margin:.0%}. Told apart: tables in which "
        "habituation and learning may be told apart (at least 60 stories with a gap of two weeks or more, and an "
        "interval of learning without 1).",
        "",
        *table(
            ["truth", "stories", *(f"{name} {value['truth']:g}" for name, value in _named(first)), "told apart", "fit"],
            [
                (
                    r.truth,
                    r.stories,
                    *(f"{v['mean']:.3f} ({v['sd']:.3f}), {v['coverage']:.2f}" for _, v in _named(r)),
                    f"{r.told_apart:.0%}",
                    seconds(r.seconds),
                )
                for r in results
            ],
            "lr",
        ),
        "",
        f"Fits without estimates: {sum(r.refused for r in results)} of {sum(r.replications for r in results)}.",
        "",
    ]


def _named(result: RetellingRecovery) -> list[tuple[str, dict[str, float]]]:
    labels = {"within": "fall within", "returns": "return", "learned": "learning"}
    return [(labels[name], value) for name, value in result.estimates.items()]


def performance_targets(results: list[RetellingRecovery]) -> list[PerformanceTarget]:
    largest = max((r for r in results if r.truth == MAIN), key=lambda r: r.stories)
    return [
        PerformanceTarget(
            f"fit of retellings, {largest.stories} stories",
            "under 1 s",
            seconds(largest.seconds),
            largest.seconds,
        )
    ]


def highlights(results: list[RetellingRecovery]) -> list[str]:
    largest = max((r for r in results if r.truth == MAIN), key=lambda r: r.stories)
    bias = max(abs(v["mean"] - v["truth"]) for v in largest.estimates.values())
    coverage = sorted(v["coverage"] for v in largest.estimates.values())
    meets = bias < BIAS and coverage[0] >= COVERAGE[0] and coverage[-1] <= COVERAGE[1]
    return [
        f"**Retellings.** With {largest.stories} stories the largest bias of fall, return and learning is {bias:.3f}, "
        f"and 90% intervals cover {coverage[0]:.0%} to {coverage[-1]:.0%}; the targets are a bias below {BIAS:g} and "
        f"{COVERAGE[0]:.0%} to {COVERAGE[1]:.0%}: {'met' if meets else '**not met**'}."
    ]


PART = Part("retellings", RetellingRecovery, measure, section, performance_targets, highlights)
