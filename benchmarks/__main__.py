"""Measure part by part and write the results: docs/benchmarks.md for people, docs/benchmarks.json for programs.

Other parts keep their last results, with the day and the machine of that measurement.
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
    client,
    coverage,
    fits,
    growth,
    peers,
    power,
    ranking,
    reference,
    scenarios,
    server,
    speed,
    waves,
)
from benchmarks.page import Mark, table
from benchmarks.pictures import coverage_picture, scenarios_picture
from benchmarks.timing import load, processor
from securebase import __version__
from securebase.model.likelihood import kernel_name

DOCS = Path(__file__).parents[1] / "docs"
#: in the order of the page; one more part is one more line
PARTS = (
    coverage.PART,
    scenarios.PART,
    speed.PART,
    growth.PART,
    fits.PART,
    peers.PART,
    waves.PART,
    client.PART,
    server.PART,
    power.PART,
    ranking.PART,
)

#: part → its picture
PICTURES: Mapping[str, Callable[[list[Any]], str]] = {
    "coverage": coverage_picture,
    "scenarios": scenarios_picture,
}

Stored = dict[str, Any]


def main() -> None:
    names = [part.name for part in PARTS]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"what to measure again: {', '.join(names)} (all)")
    parser.add_argument("--to", type=Path, default=DOCS, help="folder to write into (default docs)")
    parser.add_argument("--write", action="store_true", help="measure nothing, write the page from the stored results")
    chosen = parser.parse_args()
    unknown = [name for name in chosen.parts if name not in names]
    if unknown:
        parser.error(f"there is no part called {', '.join(unknown)}; there are {', '.join(names)}")
    file = chosen.to / "benchmarks.json"
    stored: Stored = json.loads(file.read_text("utf-8")) if file.exists() else {}
    for part in PARTS:
        if chosen.write or (chosen.parts and part.name not in chosen.parts):
            continue
        print(f"Measuring: {part.name} …", flush=True)
        before = load()
        results = part.measure()
        stored[part.name] = {
            "measured": provenance(before),
            "results": [asdict(result) for result in results],
        }
        chosen.to.mkdir(parents=True, exist_ok=True)
        # after every part, so that a cut loses only what was being measured
        file.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
        write(stored, chosen.to)
    if chosen.write:
        write(stored, chosen.to)
    print(page(stored))


def write(stored: Stored, to: Path) -> None:
    """Write the page and its pictures."""
    (to / "benchmarks.md").write_text(page(stored), encoding="utf-8")
    (to / "images").mkdir(exist_ok=True)
    for name, draw in PICTURES.items():
        if name in stored:
            (to / "images" / f"{name}.svg").write_text(draw(_read(name, stored)), encoding="utf-8")


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
        "processor": processor(),
        "kernel": kernel_name(),
        "load": [round(before, 1), round(load(), 1)],
    }


def page(stored: Mapping[str, Any]) -> str:
    """Return docs/benchmarks.md, from the content of docs/benchmarks.json."""
    parts = [part for part in PARTS if part.name in stored]
    results = {part.name: _read(part.name, stored) for part in parts}
    marks = [mark for part in parts for mark in part.marks(results[part.name])]
    slower = peers.factor(results.get("peers", []))
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench` (`python -m benchmarks`); do not edit. Single parts are measured again by name, for "
        f"example `python -m benchmarks {parts[0].name} {parts[-1].name}`; the others keep their last results. "
        "[When and where](#when-and-where) each was measured is at the end.",
        "",
        "## What to make of it",
        "",
        *(f"- {sentence}" for sentence in gist(marks, slower)),
        *(f"- {sentence}" for part in parts for sentence in part.gist(results[part.name])),
        "",
        *_marks(marks, slower),
        *(line for part in parts for line in part.section(results[part.name])),
        *_when_and_where(stored),
    ]
    return "\n".join(lines)


def reached(mark: Mark, slower: float | None) -> str:
    """Return yes, yes at the pace of the recorded machine, no, or not measured.

    The pace counts only where this machine is the slower one.
    """
    if mark.ratio is None:
        return "not measured"
    if mark.ratio <= 1.0:
        return "yes"
    if mark.timed and slower is not None and mark.ratio <= slower:
        return "yes, at the recorded pace"
    return "**no**"


def gist(marks: Sequence[Mark], slower: float | None) -> list[str]:
    """Return how many marks are reached, and the names of the others."""
    ends = [(mark, reached(mark, slower)) for mark in marks]
    good = sum(end.startswith("yes") for _, end in ends)
    missed = [f"{mark.what} ({mark.ratio:.1f})" for mark, end in ends if end == "**no**"]
    sentence = f"**Speed.** {good} of {len(marks)} marks are reached."
    if missed:
        sentence += f" Missed, with how many times the mark: {'; '.join(missed)}."
    return [sentence]


def _marks(marks: Sequence[Mark], slower: float | None) -> list[str]:
    pace = (
        "How fast this machine is beside the idle core of the recorded times could not be measured here."
        if slower is None
        else f"This machine took {slower:.2f} times as long for nlme’s fit of the same real sessions as the idle core "
        f"whose times were recorded ({reference.RECORDED['nlme']:.1f} s). A time that misses its mark by no more than "
        "that is called reached “at the recorded pace”."
    )
    return [
        "## Marks",
        "",
        "What was to be reached, and what was measured: processor time on one core, least of several runs, on a "
        f"machine shared with other work. {pace} A ratio of 1 or less is a mark reached. Times of other programs are "
        "recorded ones where it does not say that they ran here.",
        "",
        *table(
            ["what", "mark", "measured", "ratio to the mark", "reached", "other programs"],
            [
                (
                    mark.what,
                    mark.mark,
                    mark.measured,
                    "–" if mark.ratio is None else f"{mark.ratio:.2f}",
                    reached(mark, slower),
                    mark.beside,
                )
                for mark in marks
            ],
            "lllrll",
        ),
        "",
    ]


def _when_and_where(stored: Mapping[str, Any]) -> list[str]:
    rows = []
    for part in PARTS:
        if part.name in stored:
            m = stored[part.name]["measured"]
            load = " to ".join(f"{value:g}" for value in m["load"])
            versions = f"{m['securebase']}, {m['python']}, {m['numpy']}, {m['scipy']}"
            rows.append((f"`{part.name}`", m["on"], load, m["processor"], m["kernel"], versions))
    return [
        "## When and where",
        "",
        "Load is how many processes wanted a processor when a part began and when it ended, averaged over a minute; "
        "more than there are cores means that times were taken beside other work.",
        "",
        *table(
            ["part", "on", "load", "processor", "kernel", "Securebase, Python, NumPy, SciPy"],
            rows,
            "llrllll",
        ),
        "",
    ]


if __name__ == "__main__":
    main()
