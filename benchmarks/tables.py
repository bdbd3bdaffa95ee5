"""Cost of reading a table and of leaving out each person, by number of persons; both should grow linearly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.growth import MAX_GROWTH
from benchmarks.page import Part, PerformanceTarget, table
from benchmarks.timing import minimum_seconds
from securebase.exchange.csv_tables import read_cohort
from securebase.study.influence import leave_one_out

READING, LEAVING_OUT = "reading a table with two scores a row", "leaving out each person, three predictors"
#: Rows of each person.
ROWS = 20


@dataclass(frozen=True, slots=True)
class TableCost:
    """Processor time of one piece of work on a table of `persons` times `ROWS` rows."""

    work: str
    persons: int
    milliseconds: float

    @property
    def microseconds_per_row(self) -> float:
        return 1000.0 * self.milliseconds / (self.persons * ROWS)


def costs() -> list[TableCost]:
    return [measure(n) for measure in (_reading, _leaving_out) for n in (500, 5_000)]


def _reading(persons: int) -> TableCost:
    rows = "".join(f"p{i // ROWS},{i % ROWS},{i % 37}.{i % 10},{i % 11}\n" for i in range(persons * ROWS))
    content = f"id,t,y,x\n{rows}".encode()
    seconds = minimum_seconds(lambda: read_cohort(content, person="id", time="t", outcome="y", processes=["x"]), 3)
    return TableCost(READING, persons, 1000.0 * seconds)


def _leaving_out(persons: int) -> TableCost:
    rng, cluster = np.random.default_rng(3), np.repeat(np.arange(persons), ROWS)
    X, y = rng.normal(size=(len(cluster), 3)), rng.normal(size=len(cluster))
    return TableCost(LEAVING_OUT, persons, 1000.0 * minimum_seconds(lambda: leave_one_out(y, X, cluster, persons), 9))


def section(results: list[TableCost]) -> list[str]:
    return [
        "## Cost of a table by number of persons",
        "",
        f"{ROWS} rows of each person. A closed form leaves out each person in turn without a new fit.",
        "",
        *table(
            ["work", "persons", "ms", "µs per row"],
            [(c.work, f"{c.persons:,}", f"{c.milliseconds:,.1f}", f"{c.microseconds_per_row:.2f}") for c in results],
            "lrrr",
        ),
        "",
    ]


def performance_targets(results: list[TableCost]) -> list[PerformanceTarget]:
    targets = []
    for work in dict.fromkeys(c.work for c in results):
        small, *_, large = (c for c in results if c.work == work)
        times = large.microseconds_per_row / small.microseconds_per_row
        targets.append(
            PerformanceTarget(
                f"{work}: {small.persons:,} to {large.persons:,} persons",
                f"linear: at most {MAX_GROWTH:g} times the cost per row",
                f"{times:.2f} times the time per row",
                times / MAX_GROWTH,
                timed=False,
            )
        )
    return targets


PART = Part("tables", TableCost, costs, section, performance_targets)
