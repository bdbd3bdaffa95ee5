"""Tracking one client with the literature's parameter set: filter, smoother, forecast; warm and from a cold start."""

from __future__ import annotations

import resource
import subprocess
import sys
from dataclasses import dataclass

import numpy as np

from benchmarks.page import Part, PerformanceTarget, seconds, table
from benchmarks.timing import minimum_seconds
from securebase.model.observations import panel
from securebase.model.parameter_set import parameter_set
from securebase.model.simulate import simulate
from securebase.model.track import track

#: seconds that the prototype of the core needed, warm and from a cold start
PROTOTYPE = (0.001, 0.13)
_RUNS = 50

_COLD = """
import numpy as np
from securebase.model.panel import Panel
from securebase.model.parameter_set import parameter_set
from securebase.model.track import track
literature = parameter_set()
rows = 16
scores = np.tile(literature.parameters.level_mean, (rows, 1))
client = Panel(
    ("p",), literature.specification.constructs, np.array([0, rows]), np.arange(float(rows)), scores, np.arange(rows)
)
track(client, literature.specification, literature.parameters, until=20.0)
"""


@dataclass(frozen=True, slots=True)
class Tracked:
    """Processor seconds for one client with six constructs."""

    sessions: int
    warm: float
    cold: float


def measure_tracking() -> list[Tracked]:
    literature = parameter_set()
    specification, parameters = literature.specification, literature.parameters
    results = []
    for sessions in (4, 16, 50):
        cohort = simulate("default", n_clients=1, rng=np.random.default_rng(5), sessions=sessions, dropout=0.0)
        rows = panel(cohort, specification.constructs)
        until = float(rows.times[-1]) + 4.0
        warm = minimum_seconds(
            lambda rows=rows, until=until: track(rows, specification, parameters, until=until), _RUNS
        )
        results.append(Tracked(sessions, warm, _cold_start_seconds()))
    return results


def _cold_start_seconds() -> float:
    seconds_by_run = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", _COLD], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds_by_run.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(seconds_by_run)


def section(results: list[Tracked]) -> list[str]:
    return [
        "## One client",
        "",
        "Six constructs, the literature’s parameter set: filter, smoother, forecast four weeks ahead and the expected "
        f"course; processor time, minimum of {_RUNS} runs. A new process that imports the package, reads the parameter "
        f"set and tracks 16 sessions takes {seconds(_result_of_16_sessions(results).cold)}.",
        "",
        *table(["sessions", "ms"], [(result.sessions, f"{1000 * result.warm:.2f}") for result in results]),
        "",
    ]


def _result_of_16_sessions(results: list[Tracked]) -> Tracked:
    """Return the result for 16 sessions, the length that the cold process tracks."""
    return next(result for result in results if result.sessions == 16)


def performance_targets(results: list[Tracked]) -> list[PerformanceTarget]:
    result = _result_of_16_sessions(results)
    warm, cold = PROTOTYPE
    return [
        PerformanceTarget(
            "one client, six constructs, 16 sessions: filter, smoother, forecast",
            f"about {seconds(warm)}, like the prototype",
            seconds(result.warm),
            result.warm / warm,
        ),
        PerformanceTarget(
            "the same from a cold start of Python", f"about {seconds(cold)}", seconds(result.cold), result.cold / cold
        ),
    ]


PART = Part("client", Tracked, measure_tracking, section, performance_targets)
