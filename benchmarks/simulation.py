"""Time to simulate the whole web of the theory, as a table with items and file, and as records."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from benchmarks.page import Part, PerformanceTarget, seconds, table
from benchmarks.timing import minimum_seconds
from securebase.exchange.simulated_table import build_simulated_table
from securebase.model.simulate import simulate, simulate_table

SCENARIO, SESSIONS = "pillars", 16
TABLE, RECORDS = "table with items and file", "records with the responses to questionnaires"
#: seconds allowed for the table of 1,000 clients
MAX_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class SimulationCost:
    """Processor time of simulating clients of the whole web with `SESSIONS` sessions each."""

    work: str
    clients: int
    seconds: float


def costs() -> list[SimulationCost]:
    with tempfile.TemporaryDirectory() as folder:
        return [
            SimulationCost(TABLE, 1_000, minimum_seconds(lambda: _write_table(1_000, Path(folder) / "table.csv"), 3)),
            SimulationCost(RECORDS, 100, minimum_seconds(lambda: _simulate_records(100), 1)),
        ]


def _write_table(clients: int, file: Path) -> None:
    simulated = simulate_table(SCENARIO, n_clients=clients, rng=np.random.default_rng(1), sessions=SESSIONS)
    file.write_bytes(build_simulated_table(simulated.columns, made_on=date(2026, 11, 30)).csv)


def _simulate_records(clients: int) -> None:
    simulate(SCENARIO, n_clients=clients, rng=np.random.default_rng(1), sessions=SESSIONS)


def section(results: list[SimulationCost]) -> list[str]:
    return [
        "## Simulation of the whole web",
        "",
        f"Clients of the scenario `{SCENARIO}` with {SESSIONS} sessions each. The table has all constructs and events; "
        "records have the responses to every questionnaire.",
        "",
        *table(
            ["work", "clients", "time", "per client"],
            [(c.work, f"{c.clients:,}", seconds(c.seconds), seconds(c.seconds / c.clients)) for c in results],
            "lrrr",
        ),
        "",
    ]


def performance_targets(results: list[SimulationCost]) -> list[PerformanceTarget]:
    cost = next(c for c in results if c.work == TABLE)
    return [
        PerformanceTarget(
            f"{cost.clients:,} × {SESSIONS} of the whole web with items and file",
            f"at most {MAX_SECONDS:g} s",
            seconds(cost.seconds),
            cost.seconds / MAX_SECONDS,
        )
    ]


PART = Part("simulation", SimulationCost, costs, section, performance_targets)
