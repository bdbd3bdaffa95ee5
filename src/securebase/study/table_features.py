"""Statistics of a table for posterior predictive checks: spread, correlations within persons, tails of scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase.model.panel import Panel

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

#: a change from one row to the next beyond this many SDs of all such changes counts as a jump
_JUMP_SDS = 3.0

#: statistic → its name in tables that name the columns elsewhere
MEASURES = {
    "row_sd_first_half": "row-to-row SD, first half",
    "row_sd_second_half": "row-to-row SD, second half",
    "sd_first": "SD between persons, first score",
    "sd_last": "SD between persons, last score",
    "autocorrelation_1": "autocorrelation, lag 1",
    "autocorrelation_2": "autocorrelation, lag 2",
    "jumps": "share of jumps beyond 3 SDs",
    "lowest": "share at the lowest score",
    "highest": "share at the highest score",
    "same_row": "same row",
    "next_row": "next row",
}
_SHARES = frozenset(("jumps", "lowest", "highest"))


@dataclass(frozen=True, slots=True)
class FeatureKey:
    """Name of a statistic, in words that begin a sentence; `measure` is the name without its columns."""

    words: str
    measure: str
    columns: tuple[str, ...]
    is_share: bool = False


@dataclass(frozen=True, eq=False)
class Features:
    """Statistics of scores at one panel's times with its missing scores; call it once for each table of scores."""

    names: tuple[str, ...]
    person: Indices
    n_persons: int
    #: of each column: first and last row with a score of every person who has two or more
    first: tuple[Indices, ...]
    last: tuple[Indices, ...]
    #: of each column: (earlier, later) rows of successive scores, one and two steps apart; later half of a person's
    steps: tuple[tuple[Indices, Indices, NDArray[np.bool_]], ...]
    double_steps: tuple[tuple[Indices, Indices], ...]
    lowest: Array
    highest: Array

    @classmethod
    def from_panel(cls, panel: Panel, names: tuple[str, ...]) -> Features:
        person = np.repeat(np.arange(panel.n_persons), np.diff(panel.starts)).astype(np.intp)
        first, last, steps, double_steps = [], [], [], []
        for k in range(len(names)):
            rows = np.flatnonzero(np.isfinite(panel.scores[:, k]))
            row_person = person[rows]
            begins = np.flatnonzero(np.diff(row_person, prepend=-1))
            ends = np.flatnonzero(np.diff(row_person, append=-1))
            several = ends > begins
            first.append(rows[begins[several]])
            last.append(rows[ends[several]])
            same_person, same_person_2 = row_person[1:] == row_person[:-1], row_person[2:] == row_person[:-2]
            position = np.arange(len(rows)) - begins[np.cumsum(np.diff(row_person, prepend=-1) != 0) - 1]
            late = position >= np.bincount(row_person, minlength=panel.n_persons)[row_person] / 2.0
            steps.append((rows[:-1][same_person], rows[1:][same_person], late[1:][same_person]))
            double_steps.append((rows[:-2][same_person_2], rows[2:][same_person_2]))
        return cls(
            names,
            person,
            panel.n_persons,
            tuple(first),
            tuple(last),
            tuple(steps),
            tuple(double_steps),
            np.nanmin(panel.scores, axis=0),
            np.nanmax(panel.scores, axis=0),
        )

    def __call__(self, scores: Array) -> dict[FeatureKey, float]:
        deviations = self._deviations(scores)
        values: dict[FeatureKey, float] = {}
        for k, name in enumerate(self.names):
            column, deviation = scores[:, k], deviations[:, k]
            earlier, later, late = self.steps[k]
            earlier_2, later_2 = self.double_steps[k]
            change = column[later] - column[earlier]
            observed = column[np.isfinite(column)]
            jumps = float((np.abs(change) > _JUMP_SDS * change.std()).mean()) if len(change) > 1 else np.nan
            statistics = {
                ("row_sd_first_half", f"Row-to-row SD of {name}, first half of a course"): _row_sd(change[~late]),
                ("row_sd_second_half", f"Row-to-row SD of {name}, second half"): _row_sd(change[late]),
                ("sd_first", f"SD between persons of the first {name}"): _sd(column[self.first[k]]),
                ("sd_last", f"SD between persons of the last {name}"): _sd(column[self.last[k]]),
                ("autocorrelation_1", f"Autocorrelation of {name} within persons, lag 1"): _correlation(
                    deviation[earlier], deviation[later]
                ),
                ("autocorrelation_2", f"Autocorrelation of {name} within persons, lag 2"): _correlation(
                    deviation[earlier_2], deviation[later_2]
                ),
                ("jumps", f"Share of jumps in {name} (beyond 3 SDs of all changes)"): jumps,
                ("lowest", f"Share of {name} at the lowest observed score"): _share(observed <= self.lowest[k]),
                ("highest", f"Share of {name} at the highest observed score"): _share(observed >= self.highest[k]),
            }
            values |= {
                FeatureKey(words, MEASURES[key], (name,), is_share=key in _SHARES): value
                for (key, words), value in statistics.items()
            }
        return values | self._pairs(deviations)

    def _pairs(self, deviations: Array) -> dict[FeatureKey, float]:
        """Return correlations of different columns within persons, in the same row and one row later."""
        values: dict[FeatureKey, float] = {}
        earlier = np.flatnonzero(self.person[1:] == self.person[:-1])
        for a, first in enumerate(self.names):
            for b, second in enumerate(self.names):
                x, y = deviations[:, a], deviations[:, b]
                if a < b:
                    key = FeatureKey(
                        f"Correlation of {first} and {second} within persons", MEASURES["same_row"], (first, second)
                    )
                    values[key] = _correlation(x, y)
                if a != b:
                    key = FeatureKey(
                        f"Correlation of {first} with the next {second} within persons",
                        MEASURES["next_row"],
                        (first, second),
                    )
                    values[key] = _correlation(x[earlier], y[earlier + 1])
        return values

    def _deviations(self, scores: Array) -> Array:
        """Return within-person centred scores, NaN where there is no score."""
        observed = np.isfinite(scores)
        total, count = np.zeros((2, self.n_persons, scores.shape[1]))
        np.add.at(total, self.person, np.where(observed, scores, 0.0))
        np.add.at(count, self.person, observed)
        return scores - (total / np.maximum(count, 1.0))[self.person]


def _row_sd(change: Array) -> float:
    """Return the SD of a score around its neighbour: root mean square of changes over √2."""
    return float(np.sqrt((change**2).mean() / 2.0)) if len(change) else np.nan


def _sd(values: Array) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else np.nan


def _correlation(x: Array, y: Array) -> float:
    complete = np.isfinite(x) & np.isfinite(y)
    if complete.sum() < 3 or np.ptp(x[complete]) == 0 or np.ptp(y[complete]) == 0:
        return np.nan
    return float(np.corrcoef(x[complete], y[complete])[0, 1])


def _share(mask: NDArray[np.bool_]) -> float:
    return float(mask.mean()) if len(mask) else np.nan
