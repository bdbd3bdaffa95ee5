"""Runs every measurement and writes what it found: docs/benchmarks.md for people, docs/benchmarks.json for programs."""

from __future__ import annotations

import argparse
import json
import os
import platform
from dataclasses import asdict
from pathlib import Path

import numpy as np
import scipy

from benchmarks.coverage import Coverage, coverage
from benchmarks.power import Replicated, replicated, section
from benchmarks.ranking import Ranking, ranking
from benchmarks.speed import Evaluation, Fitted, evaluations, fits
from benchmarks.waves import beside_lavaan, section_beside
from securebase import __version__
from securebase.model.likelihood import kernel_name
from securebase.model.parameters import Trend

DOCS = Path(__file__).parents[1] / "docs"
#: the mean coverage of a block over the cohorts should lie here
BAND = (0.93, 0.97)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--cohorts", type=int, default=300, help="simulated cohorts for each trend (default 300)")
    parser.add_argument("--to", type=Path, default=DOCS, help="folder to write into (default docs)")
    chosen = parser.parse_args()
    machine = {
        "command": "python -m benchmarks" + ("" if chosen.cohorts == 300 else f" --cohorts {chosen.cohorts}"),
        "securebase": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "processor": f"{platform.machine()}, {os.cpu_count()} cores",
        "kernel": kernel_name(),
    }
    print("Measuring speed …", flush=True)
    timed, fitted = evaluations(), fits()
    covered = []
    for trend in Trend:
        print(f"Fitting {chosen.cohorts} simulated cohorts, trend {trend.value} …", flush=True)
        covered.append(coverage(trend, cohorts=chosen.cohorts))
    ranked = [ranking(sessions) for sessions in (16, 50, 100)]
    print("Measuring a power analysis …", flush=True)
    many = replicated()
    print("Fitting models of waves, beside lavaan where it is installed …", flush=True)
    beside = beside_lavaan()
    text = page(machine, timed, fitted, covered, ranked, many) + "\n".join([*section_beside(beside), ""])
    chosen.to.mkdir(parents=True, exist_ok=True)
    (chosen.to / "benchmarks.md").write_text(text, encoding="utf-8")
    found = {
        "machine": machine,
        "evaluations": [asdict(e) for e in timed],
        "fits": [asdict(f) for f in fitted],
        "coverage": [asdict(c) for c in covered],
        "ranking": [asdict(r) for r in ranked],
        "power": asdict(many),
        "waves": [asdict(b) for b in beside],
    }
    (chosen.to / "benchmarks.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(text)


def page(
    machine: dict[str, str],
    timed: list[Evaluation],
    fitted: list[Fitted],
    covered: list[Coverage],
    ranked: list[Ranking],
    many: Replicated,
) -> str:
    lines = [
        "# Benchmarks",
        "",
        f"Written by `{machine['command']}` (or `make bench`); do not edit. Measured with Securebase "
        f"{machine['securebase']}, Python {machine['python']}, NumPy {machine['numpy']}, SciPy {machine['scipy']} on "
        f"{machine['processor']}, shared with other work; the {machine['kernel']} kernel ran where none is named.",
        "",
        "## Does it find what was simulated?",
        "",
        "Two constructs, 200 persons with 10 weekly rows each, simulated from known parameters and fitted from the "
        "default start. Each figure is the share of 95% intervals that hold the truth (intervals of variances on the "
        f"log scale); it should lie between {BAND[0]:.0%} and {BAND[1]:.0%}. Fits that ended irregularly are in the "
        "figures, and a parameter without an interval counts as not held.",
        "",
        *_coverage_table(covered),
        "",
        "## One log-likelihood with its gradient",
        "",
        "Whole call, processor time, least of nine.",
        "",
        "| constructs | rows | persons | gaps | compiled kernel, ms | readable kernel, ms | ratio |",
        "| ---: | ---: | ---: | --- | ---: | ---: | ---: |",
        *[
            f"| {e.constructs} | {e.rows} | {e.persons:,} | {'irregular' if e.irregular else 'weekly'} | "
            + (
                f"{e.compiled_ms:.2f} | {e.readable_ms:.1f} | {e.readable_ms / e.compiled_ms:.0f} |"
                if e.compiled_ms
                else f"– | {e.readable_ms:.1f} | – |"
            )
            for e in timed
        ],
        "",
        "## One fit with standard errors",
        "",
        "Irregular gaps, from the default start, processor time, least of three.",
        "",
        "| constructs | rows | persons | start | missing | parameters | seconds | ended |",
        "| ---: | ---: | ---: | --- | ---: | ---: | ---: | --- |",
        *[
            f"| {f.constructs} | {f.rows} | {f.persons:,} | {f.start} | {f.missing:.0%} | {f.parameters} | "
            f"{f.seconds:.3f} | {f.outcome.replace('_', ' ')} |"
            for f in fitted
        ],
        "",
        *section(many),
        "## Can one person's own course name the mechanism that matters?",
        "",
        "Four mechanisms, one of which moves the outcome (standardised effect −.15, reliability .8), ranked by each "
        "simulated person's own data. Chance is 25%.",
        "",
        "| sessions | persons | the right one ranked first | its sign wrong |",
        "| ---: | ---: | ---: | ---: |",
        *[f"| {r.sessions} | {r.persons:,} | {r.right:.0%} | {r.wrong_sign:.0%} |" for r in ranked],
        "",
    ]
    return "\n".join(lines)


def _coverage_table(covered: list[Coverage]) -> list[str]:
    blocks = list(dict.fromkeys(block for c in covered for block in c.blocks))
    head = ["trend", "cohorts", *[b.replace("_", " ") for b in blocks], "how the fits ended", "median fit, s"]
    rows = [f"| {' | '.join(head)} |", f"| --- | ---: |{' ---: |' * len(blocks)} --- | ---: |"]
    for c in covered:
        shares = []
        for block in blocks:
            share = c.blocks.get(block, (None, 0))[0]
            within = share is not None and BAND[0] <= share <= BAND[1]
            shares.append("" if share is None else f"{share:.1%}" + ("" if within else " (outside)"))
        ended = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in sorted(c.outcomes.items()))
        rows.append(f"| {c.trend} | {c.cohorts} | {' | '.join(shares)} | {ended} | {c.median_seconds:.3f} |")
    return rows


if __name__ == "__main__":
    main()
