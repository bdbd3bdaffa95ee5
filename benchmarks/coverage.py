"""Coverage of 95% intervals in simulated cohorts. Irregular fits are counted, never dropped.

The coverage of every parameter is compared with the range that chance alone exceeds once in 1,000 cases, the mean of
every block of parameters (drift, diffusion, …) with 93 to 97%.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from scipy import stats

from benchmarks.cohorts import TRUTHS, specification, truth
from benchmarks.page import Part, table
from benchmarks.stored import as_text, replications
from securebase.model.fit import fit
from securebase.model.panel import Panel
from securebase.model.parameters import Parameters
from securebase.model.simulate import simulate_panel
from securebase.model.specification import Specification, Trend

#: the mean coverage of a block over the cohorts should lie here
BAND = (0.93, 0.97)
_SEED = 20250701


@dataclass(frozen=True)
class Case:
    """One simulated and fitted model. `part` names its extension of the plain model."""

    name: str
    part: str
    specification: Specification
    truth: Parameters
    persons: int
    rows: int
    cohorts: int

    def panel(self, i: int) -> Panel:
        """Simulate cohort number i."""
        rng = np.random.default_rng([_SEED, i])
        model, n, rows = self.specification, self.persons, self.rows
        return simulate_panel(
            model,
            self.truth,
            [np.arange(rows)] * n,
            rng,
            inputs=rng.normal(size=(n * rows, len(model.inputs))) if model.inputs else None,
            covariates=rng.normal(size=(n, len(model.covariates))) if model.covariates else None,
            therapist=np.arange(n) // 6 if model.therapists else None,
        )


@dataclass(frozen=True, slots=True)
class Coverage:
    """Coverage of one case.

    parameters: name → share of cohorts whose interval contains the true value; a missing interval counts as a miss.
    blocks: their means. outcomes: outcome of the fit → number of fits. Seconds are processor time of a fit with
    standard errors.
    """

    name: str
    part: str
    constructs: int
    cohorts: int
    persons: int
    rows: int
    n_parameters: int
    blocks: dict[str, float]
    parameters: dict[str, float]
    outcomes: dict[str, int]
    median_seconds: float
    slowest_seconds: float

    @property
    def by_chance(self) -> tuple[float, float]:
        """99.9% range of the share for a parameter whose intervals have their nominal coverage."""
        low, high = stats.binom.ppf([0.0005, 0.9995], self.cohorts, 0.95)
        return float(low / self.cohorts), float(high / self.cohorts)

    @property
    def outside(self) -> dict[str, float]:
        low, high = self.by_chance
        return {name: share for name, share in self.parameters.items() if not low <= share <= high}

    @property
    def blocks_outside(self) -> dict[str, float]:
        return {name: share for name, share in self.blocks.items() if not BAND[0] <= round(share, 4) <= BAND[1]}


def _extensions() -> list[Case]:
    """Return one case for each extension of the model: two constructs, 240 persons with 9 rows."""
    base = replace(TRUTHS[Trend.NONE])
    names = ("c1", "c2")

    def case(part: str, options: dict[str, Any], parameters: dict[str, Any]) -> Case:
        specification = Specification(names, planned_end=8.0, **options)
        return Case(part.replace(" ", "-"), part, specification, replace(base, **parameters), 240, 9, 100)

    return [
        case(
            "random slopes",
            {"random_slopes": True, "trend": Trend.APART},
            {
                "change": np.array([-1.5, 0.8]),
                "rate": 0.2,
                "change_covariance": np.array([[1.0, -0.3], [-0.3, 0.8]]),
                "level_change_covariance": np.array([[-0.2, 0.1], [0.0, 0.1]]),
            },
        ),
        case("initial-state mean", {"free_start_mean": True}, {"start_mean": np.array([1.5, -1.0])}),
        case(
            "indicators",
            {"indicators": (("a1", "c1"), ("b1", "c2"), ("a2", "c1"), ("b2", "c2"))},
            {
                "loading": np.array([1.0, 1.0, 1.7, -0.6]),
                "intercept": np.array([0.0, 0.0, 4.0, 2.0]),
                "measurement_noise": np.array([0.3, 0.3, 0.5, 0.2]),
            },
        ),
        case("inputs", {"inputs": ("homework",)}, {"input_effect": np.array([[-0.5], [0.3]])}),
        case("covariates", {"covariates": ("avoidance",)}, {"covariate_effect": np.array([[0.4], [-0.5]])}),
        case("therapists", {"therapists": True}, {"therapist_covariance": np.array([[0.5, -0.2], [-0.2, 0.4]])}),
    ]


def cases() -> list[Case]:
    two = [
        Case(f"p2-{trend.value}", f"trend {trend.value}", specification(2, trend, end=9.0), TRUTHS[trend], 200, 10, 300)
        for trend in Trend
    ]
    six = Case("p6-none", "trend none", specification(6), truth(6), 300, 16, 300)
    return [*two, six, *_extensions()]


def coverage(case: Case, limit: int | None = None) -> Coverage:
    """Estimate the coverage of a case over at most `most` cohorts."""
    cohorts = min(case.cohorts, limit or case.cohorts)
    signature = as_text(
        {"specification": asdict(case.specification), "truth": asdict(case.truth), "size": [case.persons, case.rows]}
    )
    results = replications(f"coverage-{case.name}", partial(_fit_cohort, case), cohorts, depends_on=signature)
    shares = {name: float(np.mean([f["covered"][name] for f in results])) for name in results[0]["covered"]}
    blocks: dict[str, list[float]] = {}
    for name, share in shares.items():
        blocks.setdefault(name.split("[", maxsplit=1)[0], []).append(share)
    seconds = [f["seconds"] for f in results]
    return Coverage(
        name=case.name,
        part=case.part,
        constructs=case.specification.p,
        cohorts=cohorts,
        persons=case.persons,
        rows=case.rows,
        n_parameters=results[0]["n_parameters"],
        blocks={block: float(np.mean(members)) for block, members in blocks.items()},
        parameters=shares,
        outcomes=dict(Counter(f["outcome"] for f in results)),
        median_seconds=float(np.median(seconds)),
        slowest_seconds=float(np.max(seconds)),
    )


def _fit_cohort(case: Case, i: int) -> dict[str, Any]:
    panel = case.panel(i)
    start = time.process_time()
    result = fit(panel, case.specification)
    seconds = time.process_time() - start
    covered = {}
    for name, value in case.truth.named(case.specification).items():
        if name.startswith("start_mean") and not case.specification.free_start_mean:
            continue  # fixed at zero by definition, not estimated
        interval = result.interval(name) if name in result.estimates else None
        covered[name] = bool(interval is not None and interval[0] < value < interval[1])
    return {
        "covered": covered,
        "outcome": result.outcome.kind,
        "seconds": seconds,
        "n_parameters": result.n_parameters,
        "sentence": "" if result.is_regular else result.outcome.sentence,
    }


def section(results: list[Coverage]) -> list[str]:
    blocks = [block for block in results[0].blocks if all(block in c.blocks for c in results)]
    rows = []
    for c in results:
        shares = [_share(c, block) for block in blocks]
        shares.append(", ".join(f"{b.replace('_', ' ')} {_share(c, b)}" for b in c.blocks if b not in blocks))
        size = f"{c.constructs} / {c.persons} / {c.rows}"
        rows.append(
            (
                c.part,
                size,
                c.n_parameters,
                c.cohorts,
                *shares,
                _describe_outcomes(c.outcomes),
                f"{c.median_seconds:.3f}",
            )
        )
    head = [
        "model",
        "constructs / persons / rows",
        "parameters",
        "cohorts",
        *[b.replace("_", " ") for b in blocks],
        "other blocks",
    ]
    lines = [
        "## Coverage of confidence intervals",
        "",
        "![Coverage of 95% intervals, by block of parameters](images/coverage.svg)",
        "",
        "Cohorts are simulated from known parameters and fitted from the default start values. Each figure is the "
        "share of 95% intervals that contain the true value, averaged over a block of parameters (intervals of "
        f"variances on the log scale). Over 300 cohorts a block should lie between {BAND[0]:.0%} and {BAND[1]:.0%}; "
        "others are marked “!” (over 100 cohorts chance alone can move a block of two parameters outside). Irregular "
        "fits are included, and a parameter without an interval counts as a miss.",
        "",
        *table([*head, "outcomes of the fits", "median fit, s"], rows, "lrrr" + "r" * len(blocks) + "ll"),
        "",
        "Each parameter is also compared with the range that would contain 999 of 1,000 parameters with exact 95% "
        "coverage:",
        "",
    ]
    for low, high, group in _group_by_cohorts(results):
        every = sum(len(c.parameters) for c in group)
        outside = [f"{name} in “{title(c)}” ({share:.1%})" for c in group for name, share in c.outside.items()]
        verdict = (
            f"{len(outside)} of {every} lie outside: {', '.join(outside)}"
            if outside
            else f"none of {every} lies outside"
        )
        lines.append(f"- {group[0].cohorts} cohorts, {low:.1%} to {high:.1%}: {verdict}.")
    return [*lines, ""]


def _share(c: Coverage, block: str) -> str:
    return f"{c.blocks[block]:.1%}{' !' if block in c.blocks_outside else ''}"


def _group_by_cohorts(results: list[Coverage]) -> list[tuple[float, float, list[Coverage]]]:
    sizes = sorted({c.cohorts for c in results}, reverse=True)
    groups = [[c for c in results if c.cohorts == size] for size in sizes]
    return [(*group[0].by_chance, group) for group in groups]


def title(c: Coverage) -> str:
    return f"{c.constructs} constructs, {c.part}"


def _describe_outcomes(outcomes: dict[str, int]) -> str:
    return ", ".join(
        f"{count} {kind.replace('_', ' ')}" for kind, count in sorted(outcomes.items(), key=lambda o: -o[1])
    )


def highlights(results: list[Coverage]) -> list[str]:
    cohorts = max(c.cohorts for c in results)
    blocks = [share for c in results if c.cohorts == cohorts for share in c.blocks.values()]
    irregular = sum(count for c in results for kind, count in c.outcomes.items() if kind != "converged")
    outside = sum(len(c.outside) for c in results)
    parameters = sum(len(c.parameters) for c in results)
    return [
        f"**Intervals.** Over {cohorts} cohorts per model, the coverage of 95% intervals is {min(blocks):.1%} to "
        f"{max(blocks):.1%} by block of parameters. {outside} of {parameters} single parameters lie outside the range "
        f"of chance. {irregular} of {sum(c.cohorts for c in results):,} fits were irregular; they are included."
    ]


PART = Part("coverage", Coverage, lambda: [coverage(case) for case in cases()], section, highlights=highlights)


if __name__ == "__main__":
    for case in cases():
        if len(sys.argv) < 2 or case.name in sys.argv[1:]:
            print(coverage(case), flush=True)
