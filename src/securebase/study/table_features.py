"""Figures of a table that a model ought to reproduce: spread within and between persons, what goes with what, tails."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase.model.panel import Panel

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

#: a change from one row to the next further out than this many SDs of all such changes counts as a leap
_LEAP = 3.0


@dataclass(frozen=True, slots=True)
class Key:
    """Which figure, in words that stand at the head of a sentence."""

    words: str
    is_share: bool = False


@dataclass(frozen=True, eq=False)
class Features:
    """Every figure of scores that lie at one panel's times with its missing scores; called once for each table."""

    names: tuple[str, ...]
    person: Indices
    n_persons: int
    #: of each column: first and last row with a score of every person who has two or more
    first: tuple[Indices, ...]
    last: tuple[Indices, ...]
    #: of each column: (earlier, later) rows of successive scores, one and two steps apart; later half of a person's
    steps: tuple[tuple[Indices, Indices, NDArray[np.bool_]], ...]
    two: tuple[tuple[Indices, Indices], ...]
    lowest: Array
    highest: Array

    @classmethod
    def of(cls, panel: Panel, names: tuple[str, ...]) -> Features:
        person = np.repeat(np.arange(panel.n_persons), np.diff(panel.starts)).astype(np.intp)
        first, last, steps, two = [], [], [], []
        for k in range(len(names)):
            rows = np.flatnonzero(np.isfinite(panel.scores[:, k]))
            who = person[rows]
            begins = np.flatnonzero(np.diff(who, prepend=-1))
            ends = np.flatnonzero(np.diff(who, append=-1))
            several = ends > begins
            first.append(rows[begins[several]])
            last.append(rows[ends[several]])
            near, far = who[1:] == who[:-1], who[2:] == who[:-2]
            place = np.arange(len(rows)) - begins[np.cumsum(np.diff(who, prepend=-1) != 0) - 1]
            late = (place >= np.bincount(who, minlength=panel.n_persons)[who] / 2.0)[1:][near]
            steps.append((rows[:-1][near], rows[1:][near], late))
            two.append((rows[:-2][far], rows[2:][far]))
        return cls(
            names,
            person,
            panel.n_persons,
            tuple(first),
            tuple(last),
            tuple(steps),
            tuple(two),
            np.nanmin(panel.scores, axis=0),
            np.nanmax(panel.scores, axis=0),
        )

    def __call__(self, scores: Array) -> dict[Key, float]:
        own = self._deviations(scores)
        found: dict[Key, float] = {}
        for k, name in enumerate(self.names):
            column = scores[:, k]
            earlier, later, late = self.steps[k]
            change = column[later] - column[earlier]
            found[Key(f"Row-to-row spread of {name}, first half of a course")] = _rms(change[~late])
            found[Key(f"Row-to-row spread of {name}, second half")] = _rms(change[late])
            found[Key(f"Spread between persons of the first {name}")] = _spread(column[self.first[k]])
            found[Key(f"Spread between persons of the last {name}")] = _spread(column[self.last[k]])
            found[Key(f"Within persons, {name} with {name} a row later")] = _together(own[earlier, k], own[later, k])
            apart = self.two[k]
            found[Key(f"Within persons, {name} with {name} two rows later")] = _together(
                own[apart[0], k], own[apart[1], k]
            )
            leaps = float((np.abs(change) > _LEAP * change.std()).mean()) if len(change) > 1 else np.nan
            found[Key(f"Share of leaps in {name} (beyond 3 SDs of all changes)", is_share=True)] = leaps
            there = column[np.isfinite(column)]
            found[Key(f"Share of {name} at or below its lowest score", is_share=True)] = _share(there <= self.lowest[k])
            found[Key(f"Share of {name} at or above its highest score", is_share=True)] = _share(
                there >= self.highest[k]
            )
        found |= self._pairs(own)
        return found

    def _pairs(self, own: Array) -> dict[Key, float]:
        found: dict[Key, float] = {}
        next_row = np.flatnonzero(self.person[1:] == self.person[:-1])
        for a, one in enumerate(self.names):
            for b, other in enumerate(self.names):
                if a < b:
                    found[Key(f"Within persons, {one} with {other} in the same row")] = _together(own[:, a], own[:, b])
                if a != b:
                    found[Key(f"Within persons, {one} with {other} a row later")] = _together(
                        own[next_row, a], own[next_row + 1, b]
                    )
        return found

    def _deviations(self, scores: Array) -> Array:
        """From each person's own mean, NaN where there is no score."""
        there = np.isfinite(scores)
        total, count = np.zeros((2, self.n_persons, scores.shape[1]))
        np.add.at(total, self.person, np.where(there, scores, 0.0))
        np.add.at(count, self.person, there)
        return scores - (total / np.maximum(count, 1.0))[self.person]


def _rms(change: Array) -> float:
    """Spread of a score around its neighbour's, per row: root mean square of changes over √2."""
    return float(np.sqrt((change**2).mean() / 2.0)) if len(change) else np.nan


def _spread(values: Array) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else np.nan


def _together(one: Array, other: Array) -> float:
    both = np.isfinite(one) & np.isfinite(other)
    if both.sum() < 3 or np.ptp(one[both]) == 0 or np.ptp(other[both]) == 0:
        return np.nan
    return float(np.corrcoef(one[both], other[both])[0, 1])


def _share(which: NDArray[np.bool_]) -> float:
    return float(which.mean()) if len(which) else np.nan
