"""One client, followed with the literature's parameter set: filter, smoother and forecast, and from a cold process."""

from __future__ import annotations

import resource
import subprocess
import sys
from dataclasses import dataclass

import numpy as np

from benchmarks.page import Mark, Part, seconds, table
from benchmarks.timing import least
from securebase.model.observations import panel
from securebase.model.parameter_set import parameter_set
from securebase.model.simulate import simulate
from securebase.model.track import track

#: seconds that the prototype of the core needed, warm and from a cold process
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
class Followed:
    """Processor seconds for one client of six constructs."""

    sessions: int
    warm: float
    cold: float


def measure_tracking() -> list[Followed]:
    literature = parameter_set()
    specification, parameters = literature.specification, literature.parameters
    out = []
    for sessions in (4, 16, 50):
        cohort = simulate("default", n_clients=1, rng=np.random.default_rng(5), sessions=sessions, dropout=0.0)
        rows = panel(cohort, specification.constructs)
        until = float(rows.times[-1]) + 4.0
        warm = least(lambda rows=rows, until=until: track(rows, specification, parameters, until=until), _RUNS)
        out.append(Followed(sessions, warm, _cold_start_seconds()))
    return out


def _cold_start_seconds() -> float:
    taken = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", _COLD], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(taken)


def section(results: list[Followed]) -> list[str]:
    return [
        "## One client",
        "",
        "Six constructs, the literature’s parameter set: filter, smoother, forecast four weeks ahead and the expected "
        f"course, processor time, least of {_RUNS}. A new process that imports, reads the parameter set and tracks 16 "
        f"sessions takes {seconds(min(f.cold for f in results))}.",
        "",
        *table(["sessions", "ms"], [(f.sessions, f"{1000 * f.warm:.2f}") for f in results]),
        "",
    ]


def marks(results: list[Followed]) -> list[Mark]:
    usual = next(f for f in results if f.sessions == 16)
    warm, cold = PROTOTYPE
    return [
        Mark(
            "one client, six constructs, 16 sessions: filter, smoother, forecast",
            f"about {seconds(warm)}, as the prototype",
            seconds(usual.warm),
            usual.warm / warm,
        ),
        Mark("the same from a cold process", f"about {seconds(cold)}", seconds(usual.cold), usual.cold / cold),
    ]


PART = Part("client", Followed, measure_tracking, section, marks)
