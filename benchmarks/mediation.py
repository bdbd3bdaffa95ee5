"""Mediation of a treatment effect in simulated trials: coverage of the share, and mediators that carry nothing."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from benchmarks.page import Part, table
from benchmarks.stored import as_text, replications
from mediated_trials import END, draw_trial, true_share
from securebase.model.panel import Panel
from securebase.study.mediation.between import ARM, estimate_trial
from securebase.study.mediation.joint import estimate_joint

PERSONS = 200
#: cohorts in which a share is to be recovered, and in which there is none
REPLICATIONS, WITHOUT = 1000, 200
#: scenario, mediators, and the one that is scored
CELLS: Mapping[str, tuple[str, tuple[str, ...], str]] = {
    "support carries the whole effect": ("one_mechanism", ("social_support",), "social_support"),
    "the arm does not move skills": ("one_mechanism", ("interpersonal_skills",), "interpersonal_skills"),
    "the arm moves support through symptoms": ("reverse_only", ("social_support",), "social_support"),
    "the arm moves support through the alliance": ("alliance_sufficient", ("social_support",), "social_support"),
}


@dataclass(frozen=True, slots=True)
class ShareRecovery:
    """One mediator in one scenario.

    shares: joint models with a share. coverage, regression_coverage: of its 95% interval. reported: by both analyses
    together, as `study` does. joint, regression: share of cohorts in which each alone differs from zero.
    """

    cell: str
    scenario: str
    mediator: str
    truth: float
    replications: int
    shares: int
    mean: float
    median: float
    sd: float
    coverage: float
    below: float
    above: float
    regression_coverage: float
    reported: float
    joint: float
    regression: float
    seconds: float


def estimate_one(cell: str, replication: int) -> dict[str, Any]:
    """Simulate one trial and estimate it in both ways: plain values."""
    scenario, mediators, scored = CELLS[cell]
    rng = np.random.default_rng([replication, list(CELLS).index(cell), 1])
    rows, arm = draw_trial(scenario, ("symptoms", *mediators), n=PERSONS, rng=rng)
    started = time.process_time()
    starts = np.searchsorted(rows.person, np.arange(PERSONS + 1)).astype(np.int64)
    scores = np.column_stack([rows.values[c] for c in ("symptoms", *mediators)])
    persons = tuple(map(str, range(PERSONS)))
    panel = Panel(persons, ("symptoms", *mediators), starts, rows.times, scores, np.full(rows.n_rows, -1))
    joint = estimate_joint(panel, arm, END)
    paths = estimate_trial(rows, ((ARM,), mediators, ("symptoms",)), arm, END)
    position = mediators.index(scored)
    through = joint.mediators[position] if joint.mediators else None
    share = None if through is None or through.share is None else through.share
    by_regression = paths.share if paths is not None and len(mediators) == 1 else None
    return {
        "share": None if share is None else [share.estimate, share.lower, share.upper],
        "joint": 0 if through is None else through.indirect.sign,
        "regression": 0 if paths is None else paths.routes[position].effect.sign,
        "regression share": None if by_regression is None else [by_regression.lower, by_regression.upper],
        "seconds": time.process_time() - started,
    }


def recovery(cell: str) -> ShareRecovery:
    scenario, _, scored = CELLS[cell]
    results = replications(
        "mediation",
        partial(estimate_one, cell),
        REPLICATIONS if true_share(scenario, scored) > 0.5 else WITHOUT,
        depends_on=as_text({"cell": cell}),
        modules=("benchmarks.mediation",),
    )
    truth = true_share(scenario, scored)
    shares = np.array([r["share"] for r in results if r["share"] is not None])
    regression = np.array([r["regression share"] for r in results if r["regression share"] is not None])
    joint, paths = (np.array([r[name] for r in results]) for name in ("joint", "regression"))
    below, above = float((shares[:, 2] < truth).mean()), float((shares[:, 1] > truth).mean())
    return ShareRecovery(
        cell=cell,
        scenario=scenario,
        mediator=scored,
        truth=truth,
        replications=len(results),
        shares=len(shares),
        mean=float(shares[:, 0].mean()),
        median=float(np.median(shares[:, 0])),
        sd=float(shares[:, 0].std(ddof=1)),
        coverage=1.0 - below - above,
        below=below,
        above=above,
        regression_coverage=float(((regression[:, 0] <= truth) & (truth <= regression[:, 1])).mean()),
        reported=float(((joint == paths) & (joint != 0)).mean()),
        joint=float((joint != 0).mean()),
        regression=float((paths != 0).mean()),
        seconds=float(np.median([r["seconds"] for r in results])),
    )


def measure() -> list[ShareRecovery]:
    return [recovery(cell) for cell in CELLS]


def section(results: list[ShareRecovery]) -> list[str]:
    n, without = results[0].replications, results[-1].replications
    return [
        "## Mediation of a treatment effect",
        "",
        "`study --arm COL --mediator COL` asks which share of a treatment effect passes through a mediator. Each cell "
        f"is {n:,} simulated trials, or {without:,} if the share is zero, of {PERSONS} clients, half of them on "
        "a waiting list, with 16 weekly ratings and the floor and ceiling of the items. The true share is solved "
        "from the equations of all constructs (`tests/mediated_trials.py`); the joint model has two of them. Share: "
        "mean (SD) of the joint model, and the coverage of its 95% interval, which chance alone moves by "
        f"{1.96 * np.sqrt(0.95 * 0.05 / n):.1%} in {n:,} trials; in brackets intervals below and above the truth. "
        "Regression: coverage of the share by regression on ratings in the middle of the course. Reported: trials in "
        "which both analyses differ from zero in one direction, as the report asks, and in which each alone does. "
        "Repeat with `python -m benchmarks mediation`.",
        "",
        *table(
            ["truth", "mediator", "true share", "share", "coverage", "regression", "reported", "joint", "regression"],
            [
                (
                    f"{r.cell} (`{r.scenario}`)",
                    f"`{r.mediator}`",
                    f"{round(r.truth, 2) + 0.0:.2f}",
                    f"{round(r.mean, 2) + 0.0:.2f} ({r.sd:.2f})",
                    f"{r.coverage:.1%} ({r.below:.1%}, {r.above:.1%})",
                    f"{r.regression_coverage:.0%}",
                    f"{r.reported:.1%}",
                    f"{r.joint:.1%}",
                    f"{r.regression:.1%}",
                )
                for r in results
            ],
            align="ll",
        ),
        "",
    ]


PART = Part("mediation", ShareRecovery, measure, section)
