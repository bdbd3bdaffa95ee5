"""Discrete-time panel models compared with lavaan: same simulated tables and model, processor seconds in one run.

Without Rscript or lavaan the columns of lavaan stay empty and the page says so. `python -m benchmarks waves` measures
this part alone.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.page import Part, PerformanceTarget, seconds
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

LavaanEstimates = dict[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class WaveFit:
    """One random-intercept cross-lagged panel model with standard errors, all parameters free across waves.

    apart: difference of the log-likelihoods; further: largest difference of an estimate; errors: largest relative
    difference of a standard error. These and the times of lavaan are None where lavaan is not installed.
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


def compare_with_lavaan() -> list[WaveFit]:
    version = _lavaan_version()
    return [_compare(*case, version=version) for case in CASES]


def _compare(p: int, waves: int, persons: int, missing: float, *, version: str | None) -> WaveFit:
    data = simulate_table(p, waves, persons, missing)
    specification = discrete_time_specification(data, "ri-clpm")
    seconds_by_run = []
    for _ in range(_RUNS):
        start = time.process_time()
        result = fit_discrete_time(data, specification, information="observed" if missing else "expected")
        seconds_by_run.append(time.process_time() - start)
    lavaan_fit = None if version is None else _run_lavaan(data, specification, missing)
    differences = None if lavaan_fit is None else _largest_differences(result, lavaan_fit[2])
    return WaveFit(
        constructs=p,
        waves=waves,
        persons=persons,
        missing=missing,
        parameters=result.n_parameters,
        outcome=result.outcome.kind,
        seconds=min(seconds_by_run),
        lavaan_seconds=None if lavaan_fit is None else lavaan_fit[0],
        lavaan_version=version,
        apart=None
        if lavaan_fit is None or result.log_likelihood is None
        else abs(result.log_likelihood - lavaan_fit[1]),
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
    for factors in [*([f"w{c}{t}" for c in constructs] for t in steps), [f"RI{c}" for c in constructs]]:
        lines += [f"{b} ~~ {a}" for i, a in enumerate(factors) for b in factors[: i + 1]]
    return "\n".join(lines)


_SCRIPT = """
suppressMessages(library(lavaan))
scores <- read.csv("table.csv")
syntax <- paste(readLines("model.txt"), collapse = "\\n")
arguments <- list(model = syntax, data = scores, meanstructure = TRUE, int.ov.free = TRUE)
if (anyNA(scores)) arguments$missing <- "fiml"
seconds <- system.time(fitted <- do.call(lavaan, arguments))
cat(sprintf("%.6g %.15g\\n", sum(seconds[1:2]), as.numeric(logLik(fitted))))
estimates <- parTable(fitted)
right <- ifelse(estimates$rhs == "", ".", estimates$rhs)
cat(sprintf("%s %s %s %.12g %.12g\\n", estimates$lhs, estimates$op, right, estimates$est, estimates$se), sep = "")
"""


def _run_lavaan(
    data: Panel, specification: DiscreteTimeSpecification, missing: float
) -> tuple[float, float, LavaanEstimates]:
    """Return processor seconds of the call, log-likelihood, and “left operator right” → (estimate, SE)."""
    assert (missing > 0) == bool(np.isnan(data.scores).any())
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        names = [f"{c}{t}" for t in range(1, specification.waves + 1) for c in specification.constructs]
        rows = data.scores.reshape(data.n_persons, -1)
        lines = [",".join("NA" if np.isnan(v) else repr(float(v)) for v in row) for row in rows]
        (directory / "table.csv").write_text("\n".join([",".join(names), *lines]) + "\n")
        (directory / "model.txt").write_text(lavaan_model(specification.constructs, specification.waves) + "\n")
        (directory / "fit.R").write_text(_SCRIPT)
        process = subprocess.run(["Rscript", "fit.R"], cwd=directory, capture_output=True, text=True, check=True)
    first, *estimate_lines = process.stdout.splitlines()
    seconds, log_likelihood = (float(word) for word in first.split())
    return (
        seconds,
        log_likelihood,
        {" ".join(w[:3]): (float(w[3]), float(w[4])) for w in (line.split() for line in estimate_lines)},
    )


def _largest_differences(result: DiscreteTimeFit, theirs: LavaanEstimates) -> tuple[float, float]:
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


def section(results: list[WaveFit]) -> list[str]:
    """Return the lines of this part of the page."""
    version = results[0].lavaan_version
    program = (
        f"lavaan {version}" if version else "lavaan, which was not installed on the machine (its columns are empty)"
    )
    lines = [
        "## Discrete-time panel models",
        "",
        "Random-intercept cross-lagged panel model (RI-CLPM), all parameters free across waves, with standard errors, "
        f"compared with {program}, on the same simulated table in one run. Processor time: ours the minimum of {_RUNS} "
        "whole fits, lavaan's of its one call. The last three columns are the largest differences of log-likelihoods, "
        "estimates and (relative) standard errors.",
        "",
        "| constructs | waves | persons | missing | parameters | outcome | seconds | lavaan, s | ratio | logL "
        "| estimates | standard errors |",
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
    return [*lines, ""]


#: constructs, waves, missing → (seconds allowed or None, times as fast as lavaan or None, recorded times)
LIMITS = {
    (2, 20, 0.15): (0.2, 300.0, "lavaan recorded: 62 s"),
    (6, 5, 0.15): (None, 100.0, "recorded: lavaan 60 s, psychonetrics 10 s"),
    (2, 5, 0.0): (0.05, None, "recorded: lavaan 90 ms, psychonetrics 55 ms, semopy 9 ms"),
}


def performance_targets(results: list[WaveFit]) -> list[PerformanceTarget]:
    rows = []
    for b in results:
        limit, times, other_programs = LIMITS[b.constructs, b.waves, b.missing]
        missing = f"{b.missing:.0%} missing" if b.missing else "complete"
        label = f"RI-CLPM, {missing}, {b.constructs} constructs, {b.waves} waves, {b.persons:,} persons"
        targets = [] if limit is None else [f"at most {seconds(limit)}"]
        targets += [] if times is None else [f"{times:.0f} times as fast as lavaan"]
        measured, ratio = seconds(b.seconds), None if limit is None else b.seconds / limit
        if b.lavaan_seconds is not None:
            faster = b.lavaan_seconds / b.seconds
            measured += f", {faster:.0f} times as fast as lavaan; estimates differ by {b.further:.0e}"
            other_programs = f"lavaan {seconds(b.lavaan_seconds)} in the same run; {other_programs}"
            if limit is None and times is not None:
                ratio = times / faster
        elif limit is None:
            measured += " (lavaan is not installed)"
        rows.append(
            PerformanceTarget(label, ": ".join(targets), measured, ratio, other_programs, timed=limit is not None)
        )
    return rows


def highlights(results: list[WaveFit]) -> list[str]:
    missing = [b.lavaan_seconds / b.seconds for b in results if b.lavaan_seconds is not None and b.missing]
    complete = [b.lavaan_seconds / b.seconds for b in results if b.lavaan_seconds is not None and not b.missing]
    differences = [b.further for b in results if b.further is not None]
    if not missing or not complete:
        return []
    return [
        f"**Compared with lavaan**, in one run on the same tables: {min(missing):.0f} to {max(missing):.0f} times as "
        f"fast with missing scores, {min(complete):.0f} times without; estimates differ by at most "
        f"{max(differences):.0e}."
    ]


PART = Part("waves", WaveFit, compare_with_lavaan, section, performance_targets, highlights)
