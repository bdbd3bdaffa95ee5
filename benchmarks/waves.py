"""Discrete-time panel models compared with lavaan: same simulated tables and model, processor seconds in one run.

Where Rscript or lavaan is not installed its columns stay empty and the page says so. `python -m benchmarks.waves`
prints this part alone.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.page import Mark, Part, seconds
from securebase.model.discrete_time import (
    DiscreteTimeFit,
    DiscreteTimeSpecification,
    discrete_time_specification,
    fit_discrete_time,
)
from securebase.model.panel import Panel

#: constructs, waves, persons, share of scores missing
CASES = ((2, 5, 1000, 0.0), (2, 20, 1000, 0.15), (6, 5, 1000, 0.15))
_RUNS = 5

_Theirs = dict[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Beside:
    """One random-intercept cross-lagged panel model with standard errors, all parameters free over waves.

    apart: difference of the log-likelihoods; further: largest difference of an estimate; errors: largest relative
    difference of a standard error. All of them, and the times of lavaan, are None where lavaan is not installed.
    """

    constructs: int
    waves: int
    persons: int
    missing: float
    parameters: int
    outcome: str
    seconds: float
    lavaan_seconds: float | None
    lavaan_version: str | None
    apart: float | None
    further: float | None
    errors: float | None


def compare_with_lavaan() -> list[Beside]:
    version = _lavaan_version()
    return [_compare(*case, version=version) for case in CASES]


def _compare(p: int, waves: int, persons: int, missing: float, *, version: str | None) -> Beside:
    data = simulate_table(p, waves, persons, missing)
    of = discrete_time_specification(data, "ri-clpm")
    taken = []
    for _ in range(_RUNS):
        began = time.process_time()
        result = fit_discrete_time(data, of, information="observed" if missing else "expected")
        taken.append(time.process_time() - began)
    theirs = None if version is None else _in_lavaan(data, of, missing)
    differences = None if theirs is None else _largest_differences(result, theirs[2])
    return Beside(
        constructs=p,
        waves=waves,
        persons=persons,
        missing=missing,
        parameters=result.n_parameters,
        outcome=result.outcome.kind,
        seconds=min(taken),
        lavaan_seconds=None if theirs is None else theirs[0],
        lavaan_version=version,
        apart=None if theirs is None or result.log_likelihood is None else abs(result.log_likelihood - theirs[1]),
        further=None if differences is None else differences[0],
        errors=None if differences is None else differences[1],
    )


def simulate_table(p: int, waves: int, persons: int, missing: float) -> Panel:
    """Simulate random intercepts, autoregressions of .3, cross-lags within ±.1, and scores missing at random."""
    rng = np.random.default_rng([p, waves])
    lags = 0.3 * np.eye(p) + rng.uniform(-0.1, 0.1, (p, p))
    shocks, nothing = 0.7 * np.eye(p) + 0.15, np.zeros(p)
    level = rng.multivariate_normal(nothing, 0.5 * np.eye(p) + 0.25, persons)
    x = rng.multivariate_normal(nothing, 1.2 * shocks, persons)
    Y = np.empty((persons, waves, p))
    for t in range(waves):
        if t:
            x = x @ lags.T + rng.multivariate_normal(nothing, shocks, persons)
        Y[:, t] = level + x + 0.1 * t
    Y[rng.random(Y.shape) < missing] = np.nan
    wave = np.tile(np.arange(1, waves + 1), persons)
    return Panel(
        tuple(str(i) for i in range(persons)),
        tuple("abcdef"[:p]),
        np.arange(persons + 1, dtype=np.int64) * waves,
        wave.astype(np.float64),
        Y.reshape(-1, p),
        wave,
    )


def lavaan_model(constructs: tuple[str, ...], waves: int) -> str:
    """Write the model in lavaan syntax: random intercepts `RIa`, within-person parts `wa3` of scores `a3`."""
    steps = range(1, waves + 1)
    lines = [f"RI{c} =~ " + " + ".join(f"1*{c}{t}" for t in steps) for c in constructs]
    lines += [f"w{c}{t} =~ 1*{c}{t}" for c in constructs for t in steps]
    lines += [
        f"w{c}{t} ~ " + " + ".join(f"w{d}{t - 1}" for d in constructs) for t in steps if t > 1 for c in constructs
    ]
    for within in [*([f"w{c}{t}" for c in constructs] for t in steps), [f"RI{c}" for c in constructs]]:
        lines += [f"{b} ~~ {a}" for i, a in enumerate(within) for b in within[: i + 1]]
    return "\n".join(lines)


_SCRIPT = """
suppressMessages(library(lavaan))
given <- read.csv("table.csv")
words <- paste(readLines("model.txt"), collapse = "\\n")
asked <- list(model = words, data = given, meanstructure = TRUE, int.ov.free = TRUE)
if (anyNA(given)) asked$missing <- "fiml"
taken <- system.time(found <- do.call(lavaan, asked))
cat(sprintf("%.6g %.15g\\n", sum(taken[1:2]), as.numeric(logLik(found))))
all <- parTable(found)
cat(sprintf("%s %s %s %.12g %.12g\\n", all$lhs, all$op, ifelse(all$rhs == "", ".", all$rhs), all$est, all$se), sep = "")
"""


def _in_lavaan(data: Panel, of: DiscreteTimeSpecification, missing: float) -> tuple[float, float, _Theirs]:
    """Return processor seconds of the call, log-likelihood, and “left operator right” → (estimate, SE)."""
    assert (missing > 0) == bool(np.isnan(data.scores).any())
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        names = [f"{c}{t}" for t in range(1, of.waves + 1) for c in of.constructs]
        rows = data.scores.reshape(data.n_persons, -1)
        lines = [",".join("NA" if np.isnan(v) else repr(float(v)) for v in row) for row in rows]
        (directory / "table.csv").write_text("\n".join([",".join(names), *lines]) + "\n")
        (directory / "model.txt").write_text(lavaan_model(of.constructs, of.waves) + "\n")
        (directory / "fit.R").write_text(_SCRIPT)
        process = subprocess.run(["Rscript", "fit.R"], cwd=directory, capture_output=True, text=True, check=True)
    first, *rest = process.stdout.splitlines()
    seconds, log_likelihood = (float(word) for word in first.split())
    return (
        seconds,
        log_likelihood,
        {" ".join(w[:3]): (float(w[3]), float(w[4])) for w in (line.split() for line in rest)},
    )


def _largest_differences(result: DiscreteTimeFit, theirs: _Theirs) -> tuple[float, float]:
    differences, errors = [], []
    for name, estimate in result.estimates.items():
        block, inside = name.rstrip("]").split("[")
        parts = [part.replace(" ", "") for part in inside.split(",")]
        if block == "mean":
            words = [f"{parts[0]} ~1 ."]
        elif block == "lags":
            words = [f"w{parts[0]} ~ w{parts[1]}"]
        else:
            a, b = ("RI" + x if block.startswith("level") else f"w{x}{'1' * block.startswith('start')}" for x in parts)
            words = [f"{a} ~~ {b}", f"{b} ~~ {a}"]
        value, error = next(theirs[word] for word in words if word in theirs)
        differences.append(abs(estimate.value - value))
        errors.append(abs((estimate.standard_error or 0.0) / error - 1.0))
    return max(differences), max(errors)


def _lavaan_version() -> str | None:
    if shutil.which("Rscript") is None:
        return None
    command = ["Rscript", "-e", 'cat(as.character(packageVersion("lavaan")))']
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    return process.stdout.strip() if process.returncode == 0 else None


def section(results: list[Beside]) -> list[str]:
    """Return the lines of this part of the page."""
    version = results[0].lavaan_version
    program = (
        f"lavaan {version}" if version else "lavaan, which is not installed where this ran (its columns are empty)"
    )
    lines = [
        "## Models that count waves",
        "",
        "Random-intercept cross-lagged panel model, everything free over waves, with standard errors, beside "
        f"{program}, on the same simulated table in one run. Processor time: ours the least of {_RUNS} whole fits, "
        "lavaan's of its one call. The last three columns say how far log-likelihoods, estimates and (as a share) "
        "standard errors "
        "lie apart at most.",
        "",
        "| constructs | waves | persons | missing | parameters | ended | seconds | lavaan, s | ratio | logl "
        "| estimates | errors |",
        "| ---: | ---: | ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for b in results:
        theirs = "– | – | – | – | –"
        if b.lavaan_seconds is not None:
            ratio = b.lavaan_seconds / b.seconds
            theirs = f"{b.lavaan_seconds:.2f} | {ratio:,.0f} | {b.apart:.0e} | {b.further:.0e} | {b.errors:.0e}"
        lines.append(
            f"| {b.constructs} | {b.waves} | {b.persons:,} | {b.missing:.0%} | {b.parameters} | {b.outcome} | "
            f"{b.seconds:.3f} | {theirs} |"
        )
    return lines


#: constructs, waves, missing → (seconds allowed or None, times as fast as lavaan or None, recorded times)
MARKS = {
    (2, 20, 0.15): (0.2, 300.0, "lavaan recorded: 62 s"),
    (6, 5, 0.15): (None, 100.0, "recorded: lavaan 60 s, psychonetrics 10 s"),
    (2, 5, 0.0): (0.05, None, "recorded: lavaan 90 ms, psychonetrics 55 ms, semopy 9 ms"),
}


def marks(results: list[Beside]) -> list[Mark]:
    out = []
    for b in results:
        most, times, beside = MARKS[b.constructs, b.waves, b.missing]
        missing = f"{b.missing:.0%} missing" if b.missing else "complete"
        what = f"RI-CLPM, {missing}, {b.constructs} constructs, {b.waves} waves, {b.persons:,} persons"
        targets = [] if most is None else [f"at most {seconds(most)}"]
        targets += [] if times is None else [f"{times:.0f} times as fast as lavaan"]
        measured, ratio = seconds(b.seconds), None if most is None else b.seconds / most
        if b.lavaan_seconds is not None:
            faster = b.lavaan_seconds / b.seconds
            measured += f", {faster:.0f} times as fast as lavaan; estimates {b.further:.0e} apart"
            beside = f"lavaan {seconds(b.lavaan_seconds)} in the same run; {beside}"
            if most is None and times is not None:
                ratio = times / faster
        elif most is None:
            measured += " (lavaan is not installed here)"
        out.append(Mark(what, ": ".join(targets), measured, ratio, beside, timed=most is not None))
    return out


def gist(results: list[Beside]) -> list[str]:
    times = [b.lavaan_seconds / b.seconds for b in results if b.lavaan_seconds is not None and b.missing]
    whole = [b.lavaan_seconds / b.seconds for b in results if b.lavaan_seconds is not None and not b.missing]
    further = [b.further for b in results if b.further is not None]
    if not times or not whole:
        return []
    return [
        f"**Beside lavaan**, in one run on the same tables: {min(times):.0f} to {max(times):.0f} times as fast where "
        f"scores are missing, {min(whole):.0f} times where none is; estimates differ by {max(further):.0e} at most."
    ]


PART = Part("waves", Beside, compare_with_lavaan, section, marks, gist)
