"""Comparison with nlme in one run: same model of real sessions, log-likelihood and processor seconds of both.

lme4 is not compared: it has no residual autocorrelation and can fit none of these models.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks import reference
from benchmarks.page import Part, PerformanceTarget, seconds, table
from benchmarks.timing import minimum_seconds
from securebase.model.fit import fit
from securebase.model.panel import Panel
from securebase.model.specification import Specification, Trend

FILE = "cbt_bdi_sessions.csv"
#: seconds allowed, their speed ratio to nlme, and tolerance of the log-likelihoods
MAX_SECONDS, MIN_SPEED_RATIO, LOG_LIKELIHOOD_TOLERANCE = 0.05, 70.0, 1e-6
_RUNS = 7

_SCRIPT = """
if (!requireNamespace("nlme", quietly = TRUE)) quit(status = 3)
library(nlme)
scores <- read.csv("table.csv")
scores$month <- scores$time / 30
cat(as.character(packageVersion("nlme")), "\\n")
errors <- corExp(form = ~ month | ID, nugget = TRUE)
time_fit <- function(random, control) {
  minimum <- Inf
  for (run in 1:RUNS) {
    seconds <- sum(system.time(fitted <- lme(
      BDI ~ month, random = random, correlation = errors, data = scores, method = "ML", control = control))[1:2])
    minimum <- min(minimum, seconds)
  }
  cat(minimum, sprintf("%.9f", as.numeric(logLik(fitted))), "\\n")
}
time_fit(~ 1 | ID, lmeControl())
time_fit(~ month | ID, lmeControl(opt = "optim", maxIter = 200, msMaxIter = 200))
"""
_NOT_INSTALLED = 3


@dataclass(frozen=True, slots=True)
class PeerFit:
    """Seconds and log-likelihood of one model with standard errors, ours and theirs (None without nlme)."""

    model: str
    persons: int
    rows: int
    outcome: str
    seconds: float
    log_likelihood: float
    program: str
    their_seconds: float | None
    their_log_likelihood: float | None


def compare_with_nlme() -> list[PeerFit]:
    data = reference.panel(FILE, "ID", "time", ("BDI",), ("day", 1.0))
    if data is None:
        return []
    version, *theirs = _run_nlme(data) or [""]
    results = []
    for k, (label, random_slopes) in enumerate(
        (
            ("random intercept, OU process, noise; linear mean", False),
            ("random intercept and slope, OU process, noise; linear mean", True),
        )
    ):
        model = Specification(("BDI",), Trend.LINEAR, time_unit="day", days_per_unit=1.0, random_slopes=random_slopes)
        result = fit(data, model)
        assert result.log_likelihood is not None
        their_seconds, their_log_likelihood = (float(word) for word in theirs[k].split()) if theirs else (None, None)
        results.append(
            PeerFit(
                model=label,
                persons=data.n_persons,
                rows=len(data.times),
                outcome=result.outcome.kind,
                seconds=minimum_seconds(lambda model=model: fit(data, model), _RUNS),
                log_likelihood=result.log_likelihood,
                program=f"nlme {version}" if version else "",
                their_seconds=their_seconds,
                their_log_likelihood=their_log_likelihood,
            )
        )
    return results


def _run_nlme(data: Panel, runs: int = 2) -> list[str] | None:
    """Return the version and “seconds log-likelihood” of each model, None where R or nlme is not installed."""
    if shutil.which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [
            f"{i},{float(data.times[row])!r},{float(data.scores[row, 0])!r}"
            for i in range(data.n_persons)
            for row in range(*data.rows_of(i).indices(len(data.times)))
        ]
        (folder / "table.csv").write_text("\n".join(["ID,time,BDI", *rows]) + "\n")
        (folder / "fit.R").write_text(_SCRIPT.replace("RUNS", str(runs)))
        process = subprocess.run(["Rscript", "fit.R"], cwd=folder, capture_output=True, text=True, check=False)
    if process.returncode == _NOT_INSTALLED:
        return None
    if process.returncode:
        raise RuntimeError(f"nlme is installed but failed: {process.stderr}")
    return [line.strip() for line in process.stdout.splitlines()]


def slowdown(results: list[PeerFit]) -> float | None:
    """Return the time of nlme's fit here divided by that on the idle core of the recorded times."""
    if not results or results[0].their_seconds is None:
        return None
    return results[0].their_seconds / reference.RECORDED["nlme"]


def section(results: list[PeerFit]) -> list[str]:
    if not results:
        return [
            "## Comparison with nlme",
            "",
            "Not measured: SECUREBASE_REFERENCE is not set, so there are no data.",
            "",
        ]
    if results[0].their_seconds is None:
        program = "R with nlme was not installed on the machine, so its columns are empty."
    else:
        program = (
            f"{results[0].program} was measured in the same run. Its fit of the first model took "
            f"{slowdown(results):.2f} times as long as on the idle core of the recorded times "
            f"({reference.RECORDED['nlme']:.1f} s)."
        )
    rows = []
    for b in results:
        theirs: tuple[str, ...] = ("–", "–", "–")
        if b.their_seconds is not None and b.their_log_likelihood is not None:
            theirs = (
                f"{b.their_seconds:.2f}",
                f"{b.their_seconds / b.seconds:.0f}",
                f"{b.their_log_likelihood:.6f}",
            )
        rows.append((b.model, b.outcome, f"{b.seconds:.3f}", *theirs, f"{b.log_likelihood:.6f}"))
    lines = [
        "## Comparison with nlme",
        "",
        f"Real sessions of cognitive therapy, `{FILE}`: {results[0].persons} patients, "
        f"{results[0].rows:,} rows. {program} "
        "Processor time, minimum of several fits. lme4 has no residual autocorrelation, so it can fit none of these "
        "models.",
        "",
        *table(["model", "our outcome", "ours, s", "nlme, s", "nlme / ours", "logL of nlme", "our logL"], rows, "ll"),
        "",
    ]
    richer = results[-1]
    first = results[0].their_log_likelihood
    if richer.their_log_likelihood is not None and first is not None and richer.their_log_likelihood < first:
        lines += [
            "The first model is nested in the second, so the second log-likelihood cannot be lower. nlme’s is lower by "
            f"{first - richer.their_log_likelihood:.4f}, without a warning.",
            "",
        ]
    return lines


def performance_targets(results: list[PeerFit]) -> list[PerformanceTarget]:
    label = "random intercept, OU process and noise, 557 patients, with standard errors"
    target = (
        f"at most {seconds(MAX_SECONDS)}: {MIN_SPEED_RATIO:.0f} times as fast as nlme; "
        f"log-likelihood within {LOG_LIKELIHOOD_TOLERANCE:g}"
    )
    if not results:
        return [PerformanceTarget(label, target, "not measured: SECUREBASE_REFERENCE is not set", None)]
    first = results[0]
    measured, ratio, other_programs = seconds(first.seconds), first.seconds / MAX_SECONDS, "nlme: not installed"
    if first.their_seconds is not None and first.their_log_likelihood is not None:
        apart = abs(first.their_log_likelihood - first.log_likelihood)
        measured += f", {first.their_seconds / first.seconds:.0f} times as fast as nlme; difference {apart:.0e}"
        other_programs = f"nlme {first.their_seconds:.1f} s in the same run"
        if apart > LOG_LIKELIHOOD_TOLERANCE:
            ratio = max(ratio, apart / LOG_LIKELIHOOD_TOLERANCE)
    return [PerformanceTarget(label, target, measured, ratio, other_programs)]


def highlights(results: list[PeerFit]) -> list[str]:
    if not results or results[0].their_seconds is None:
        return []
    times = [b.their_seconds / b.seconds for b in results if b.their_seconds is not None]
    return [
        f"**Compared with nlme**, in one run on the same real sessions: {times[0]:.0f} times as fast, with the same "
        "log-likelihood."
    ]


PART = Part("peers", PeerFit, compare_with_nlme, section, performance_targets, highlights)
