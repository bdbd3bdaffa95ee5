"""`SessionTable`: a cohort as rows of sessions, the input of every estimator of a study."""

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
    """One row per session, person after person, times ascending within a person.

    person: (rows,) index of the person; times: (rows,) in `time_unit`s; values: construct → (rows,), NaN where nothing
    was recorded; moments: construct → moment of measurement relative to the session. A session at which nothing was
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
        """Return row numbers (earlier, later) of all pairs of successive sessions of one person."""
        earlier = np.flatnonzero(self.person[1:] == self.person[:-1])
        return earlier, earlier + 1

    def select(self, mask: NDArray[np.bool_]) -> SessionTable:
        """Return the rows where `mask` is true; the next session is then the next one among these."""
        values = {name: column[mask] for name, column in self.values.items()}
        return replace(self, person=self.person[mask], times=self.times[mask], values=values)


def session_inputs(panel: Panel) -> dict[str, Array]:
    """Return the time-varying inputs in the rows of the table: name → (rows,), the largest value of a session."""
    if panel.inputs is None:
        return {}
    columns = zip(panel.input_names, panel.inputs.T, strict=True)
    return {name: np.maximum.reduceat(values, _session_starts(panel)) for name, values in columns}


def session_table(cohort: Cohort, panel: Panel) -> SessionTable:
    """Return the rows of the model's panel, one per session; times in the cohort's own unit.

    Rows of one person with the same session number are one session, at the time of the first of them: measures before
    and measures after it.
    """
    person, first = _person_of_rows(panel), _session_starts(panel)
    values = {
        name: _first_value(panel.scores[:, k], first)
        for k, name in zip(panel.reference_columns, panel.constructs, strict=True)
    }
    return SessionTable(panel.n_persons, person[first], panel.times[first], values, _moments(cohort), panel.time_unit)


def _person_of_rows(panel: Panel) -> Indices:
    return np.repeat(np.arange(panel.n_persons), np.diff(panel.starts))


def _session_starts(panel: Panel) -> Indices:
    """Return the first row of each session."""
    person = _person_of_rows(panel)
    begins = np.ones(len(person), dtype=bool)
    begins[1:] = (person[1:] != person[:-1]) | (panel.wave[1:] < 0) | (panel.wave[1:] != panel.wave[:-1])
    return np.flatnonzero(begins)


def _first_value(column: Array, first: Indices) -> Array:
    """Return the first observed value of each run of rows, NaN where there is none; runs begin at `first`."""
    position = np.arange(len(column))
    beyond = len(column)
    earliest = np.minimum.reduceat(np.where(np.isfinite(column), position, beyond), first) if len(first) else first
    return np.append(column, np.nan)[earliest]


def _moments(cohort: Cohort) -> dict[str, Moment]:
    """Return the most frequent moment of measurement of each construct."""
    counts: dict[str, Counter[Moment]] = {construct.name: Counter() for construct in cohort.constructs}
    for record in cohort.episodes:
        for administration in record.administrations:
            for score in administration.scores:
                if score.construct in counts:
                    counts[score.construct][score.moment] += 1
    return {name: count.most_common(1)[0][0] for name, count in counts.items() if count}
