"""`SessionTable`: a cohort as rows of sessions, the shape that every estimator of a study reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from securebase.model.panel import Panel
from securebase.records.cohort import Cohort
from securebase.records.vocabulary import Moment

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SessionTable:
    """One row a session, persons one after another, times ascending within a person.

    person: (rows,) which person; times: (rows,) in `time_unit`s; values: construct → (rows,), NaN where nothing was
    recorded; moments: when, relative to the session, each construct was asked. A session at which nothing was
    recorded keeps its row, because it decides which session is the next one.
    """

    n_persons: int
    person: Indices
    times: Array
    values: Mapping[str, Array]
    moments: Mapping[str, Moment]
    time_unit: str

    @property
    def n_rows(self) -> int:
        return len(self.times)

    def successive(self) -> tuple[Indices, Indices]:
        """Row numbers (earlier, later) of every two sessions of one person that follow each other in the table."""
        earlier = np.flatnonzero(self.person[1:] == self.person[:-1])
        return earlier, earlier + 1

    def only(self, rows: NDArray[np.bool_]) -> SessionTable:
        """The same table with some rows only; which session is the next one is decided among these."""
        values = {name: column[rows] for name, column in self.values.items()}
        return replace(self, person=self.person[rows], times=self.times[rows], values=values)


def session_table(cohort: Cohort, rows: Panel) -> SessionTable:
    """The rows that the model reads, one a session; times in the cohort's own unit.

    Rows of one person that bear the same session number are one session: what was asked before it and what was asked
    after it, at the time of the first of them.
    """
    person = np.repeat(np.arange(rows.n_persons), np.diff(rows.starts))
    begins = np.ones(len(person), dtype=bool)
    begins[1:] = (person[1:] != person[:-1]) | (rows.wave[1:] < 0) | (rows.wave[1:] != rows.wave[:-1])
    first = np.flatnonzero(begins)
    values = {
        name: _first_there(rows.scores[:, k], first) for k, name in zip(rows.leading, rows.constructs, strict=True)
    }
    return SessionTable(rows.n_persons, person[first], rows.times[first], values, _moments(cohort), rows.time_unit)


def _first_there(column: Array, first: Indices) -> Array:
    """The first value that is there in each run of rows, NaN where there is none; runs begin at `first`."""
    place = np.arange(len(column))
    beyond = len(column)
    earliest = np.minimum.reduceat(np.where(np.isfinite(column), place, beyond), first) if len(first) else first
    return np.append(column, np.nan)[earliest]


def _moments(cohort: Cohort) -> dict[str, Moment]:
    """When each construct was asked, as most of its scores say."""
    counts: dict[str, Counter[Moment]] = {name: Counter() for name in (cohort.outcome, *cohort.processes)}
    for record in cohort.episodes:
        for administration in record.administrations:
            for score in administration.scores:
                if score.construct in counts:
                    counts[score.construct][score.moment] += 1
    return {name: count.most_common(1)[0][0] for name, count in counts.items() if count}
