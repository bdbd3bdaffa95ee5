"""Measure one part after the other and write docs/benchmarks.md, and docs/benchmarks.json for programs.

Parts that are not measured keep their last results, with date and machine.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import scipy

from benchmarks import (
    calibration_page,
    client,
    coverage,
    fits,
    graphs,
    growth,
    hand_over,
    mediation,
    peers,
    power,
    questions,
    ranking,
    reference,
    retellings,
    rotation,
    scenarios,
    scheduler,
    server,
    simulation,
    sparse,
    speed,
    tables,
    trials,
    type_one,
    verdicts,
    waves,
    web,
)
from benchmarks.page import PerformanceTarget, table
from benchmarks.pictures import coverage_picture, scenarios_picture
from benchmarks.timing import load_average, processor_name
from securebase import __version__
from securebase.model.likelihood import kernel_name

DOCS = Path(__file__).parents[1] / "docs"
#: in the order of the page
PARTS = (
    coverage.PART,
    scenarios.PART,
    verdicts.PART,
    speed.PART,
    growth.PART,
    tables.PART,
    simulation.PART,
    fits.PART,
    peers.PART,
    waves.PART,
    retellings.PART,
    sparse.PART,
    questions.PART,
    mediation.PART,
    graphs.PART,
    trials.PART,
    rotation.PART,
    web.PART,
    hand_over.PART,
    calibration_page.PART,
    client.PART,
    server.PART,
    scheduler.PART,
    power.PART,
    type_one.PART,
    ranking.PART,
)

#: name of a part → function that draws its chart
PICTURES: Mapping[str, Callable[[list[Any]], str]] = {
    "coverage": coverage_picture,
    "scenarios": scenarios_picture,
}

#: name of a part → file and function of a page of its own, from the results, and when and where they were measured
PAGES: Mapping[str, tuple[str, Callable[[list[Any], Mapping[str, Any]], str]]] = {
    "verdicts": (verdicts.PAGE, verdicts.page),
    "hand_over": (hand_over.PAGE, hand_over.page),
}

#: cohorts of `--small`
SMALL = 10

Stored = dict[str, Any]


def main() -> None:
    names = [part.name for part in PARTS]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"what to measure: {', '.join(names)} (all)")
    parser.add_argument("--to", type=Path, default=DOCS, help="folder to write into (default docs)")
    parser.add_argument("--write", action="store_true", help="write the page from the stored results only")
    parser.add_argument("--cohorts", type=int, metavar="N", help="cohorts of each truth (verdicts)")
    parser.add_argument("--sets", nargs="+", metavar="SET", default=(), help="sets of analyses (verdicts; default all)")
    parser.add_argument("--truths", nargs="+", metavar="TRUTH", default=(), help="truths (verdicts; default all)")
    parser.add_argument("--clients", nargs="+", type=int, metavar="N", default=(), help="sizes (verdicts; default all)")
    parser.add_argument("--small", action="store_const", const=SMALL, dest="cohorts", help=f"--cohorts {SMALL}")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.parts if name not in names]
    if unknown:
        parser.error(f"unknown part: {', '.join(unknown)}; choose from {', '.join(names)}")
    try:
        selection = verdicts.Selection(
            arguments.cohorts or verdicts.COHORTS, arguments.sets, arguments.truths, arguments.clients
        )
    except ValueError as error:
        parser.error(str(error))
    file = arguments.to / "benchmarks.json"
    stored: Stored = json.loads(file.read_text("utf-8")) if file.exists() else {}
    if arguments.write and not stored:
        parser.error(f"no stored results in {file}; run python -m benchmarks --to {arguments.to} without --write first")
    for part in PARTS:
        if arguments.write or (arguments.parts and part.name not in arguments.parts):
            continue
        print(f"Measuring: {part.name} …", flush=True)
        before = load_average()
        if part.measure_cohorts is not None:
            earlier = _read(part.name, stored) if part.name in stored else []
            results = part.measure_cohorts(selection, earlier)
        else:
            results = part.measure()
        stored[part.name] = {
            "measured": provenance(before),
            "results": [asdict(result) for result in results],
        }
        arguments.to.mkdir(parents=True, exist_ok=True)
        # after every part, so that an interruption loses only the current one
        file.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
        write(stored, arguments.to)
    if arguments.write:
        write(stored, arguments.to)
    print(page(stored))


def write(stored: Stored, folder: Path) -> None:
    """Write the page, the pages of single parts and the charts."""
    (folder / "benchmarks.md").write_text(page(stored), encoding="utf-8")
    for name, (file, text) in PAGES.items():
        if name in stored:
            (folder / file).write_text(text(_read(name, stored), stored[name]["measured"]), encoding="utf-8")
    (folder / "images").mkdir(exist_ok=True)
    for name, draw in PICTURES.items():
        if name in stored:
            (folder / "images" / f"{name}.svg").write_text(draw(_read(name, stored)), encoding="utf-8")


def _read(name: str, stored: Mapping[str, Any]) -> list[Any]:
    part = next(part for part in PARTS if part.name == name)
    return [part.kind(**result) for result in stored[name]["results"]]


def provenance(before: float) -> dict[str, Any]:
    """Return when and where a part was measured, with the load average before and after."""
    return {
        "on": time.strftime("%Y-%m-%d", time.gmtime()),
        "securebase": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "processor": processor_name(),
        "kernel": kernel_name(),
        "load": [round(before, 1), round(load_average(), 1)],
    }


def page(stored: Mapping[str, Any]) -> str:
    """Return docs/benchmarks.md, from the content of docs/benchmarks.json."""
    parts = [part for part in PARTS if part.name in stored]
    results = {part.name: _read(part.name, stored) for part in parts}
    targets = [target for part in parts for target in part.performance_targets(results[part.name])]
    slower = peers.slowdown(results.get("peers", []))
    lines = [
        "# Benchmarks",
        "",
        "Generated by `make bench` (`python -m benchmarks`); do not edit. To repeat single parts, name them: "
        f"`python -m benchmarks {parts[0].name} {parts[-1].name}`; the others keep their last results. "
        "[When and where](#when-and-where) lists date and machine of each part.",
        "",
        "## Summary",
        "",
        *(f"- {sentence}" for sentence in highlights(targets, slower)),
        *(f"- {sentence}" for part in parts for sentence in part.highlights(results[part.name])),
        "",
        *_target_table(targets, slower),
        *(line for part in parts for line in part.section(results[part.name])),
        *_when_and_where(stored),
    ]
    return "\n".join(lines)


def verdict(target: PerformanceTarget, slower: float | None) -> str:
    """Return yes, yes at the recorded speed, no, or not measured.

    slower: time of this machine relative to that of the recorded times; it excuses only a slower machine.
    """
    if target.ratio is None:
        return "not measured"
    if target.ratio <= 1.0:
        return "yes"
    if target.timed and slower is not None and target.ratio <= slower:
        return "yes, at the recorded speed"
    return "**no**"


def highlights(targets: Sequence[PerformanceTarget], slower: float | None) -> list[str]:
    """Return a sentence on the targets met and missed."""
    verdicts = [(target, verdict(target, slower)) for target in targets]
    met = sum(word.startswith("yes") for _, word in verdicts)
    missed = [f"{target.label} ({target.ratio:.1f})" for target, word in verdicts if word == "**no**"]
    sentence = f"**Speed.** {met} of {len(targets)} targets are met."
    if missed:
        sentence += f" Missed (measured / target): {'; '.join(missed)}."
    return [sentence]


def _target_table(targets: Sequence[PerformanceTarget], slower: float | None) -> list[str]:
    pace = (
        "The speed of this machine relative to the idle core of the recorded times could not be measured here."
        if slower is None
        else f"nlme’s fit of the same real sessions took {slower:.2f} times as long on this machine as on the idle "
        f"core of the recorded times ({reference.RECORDED['nlme']:.1f} s). A time that misses its target by no more "
        "than this factor counts as met “at the recorded speed”."
    )
    return [
        "## Targets",
        "",
        "Processor time on one core, minimum of several runs, on a machine shared with other work. "
        f"{pace} A ratio of at most 1 meets the target. Times of other programs are recorded ones unless the table "
        "says that they were measured in the same run.",
        "",
        *table(
            ["measurement", "target", "measured", "measured / target", "met", "other programs"],
            [
                (
                    target.label,
                    target.target,
                    target.measured,
                    "–" if target.ratio is None else f"{target.ratio:.2f}",
                    verdict(target, slower),
                    target.other_programs,
                )
                for target in targets
            ],
            "lllrll",
        ),
        "",
    ]


def _when_and_where(stored: Mapping[str, Any]) -> list[str]:
    rows = []
    for part in PARTS:
        if part.name in stored:
            measured = stored[part.name]["measured"]
            load_range = " to ".join(f"{value:g}" for value in measured["load"])
            versions = f"{measured['securebase']}, {measured['python']}, {measured['numpy']}, {measured['scipy']}"
            rows.append(
                (f"`{part.name}`", measured["on"], load_range, measured["processor"], measured["kernel"], versions)
            )
    return [
        "## When and where",
        "",
        "Load is the one-minute load average at the start and the end of a part. A load above the number of cores "
        "means that other programs were running.",
        "",
        *table(
            ["part", "date", "load", "processor", "kernel", "Securebase, Python, NumPy, SciPy"],
            rows,
            "llrllll",
        ),
        "",
    ]


if __name__ == "__main__":
    main()
