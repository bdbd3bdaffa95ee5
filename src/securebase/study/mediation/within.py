"""Mediation within persons over successive occasions: process, mediators, outcome, each at a later occasion.

With x at row t, the mediators are at the first row that comes later (t + 1, or t for a process rated before the session
and a mediator rated after it), and the outcome at the first row after them. All columns are within-person centred, or
adjusted for the common time course and then detrended. Every regression is adjusted for all columns of the study as
they were when its causes were measured, among them the past of its target, so that b does not contain the lag of the
outcome on itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from securebase.records.vocabulary import Moment
from securebase.study.detrending import Detrending, detrend
from securebase.study.estimator import Array, LagStep, shortest_link
from securebase.study.mediation.paths import PathEstimate, Stages, build_equations, earlier, estimate_paths
from securebase.study.table import SessionTable


def estimate_within(table: SessionTable, stages: Stages, detrending: Detrending) -> PathEstimate | None:
    """Estimate a path model within persons; all columns of the table are adjusted for."""
    columns = {name: _deviations(table, values, detrending) for name, values in table.values.items()}
    offsets = stage_offsets(table, stages)

    def at(name: str, offset: int) -> Array:
        return _shift(columns[name], table, offset)

    def controls(target: str, k: int) -> Mapping[str, Array]:
        used = {(name, offsets[j]) for j in range(k + 1) for name in stages[j]}
        values = {}
        for name in columns:
            # as it was when the causes of this regression were measured
            offset = offsets[k] - _is_later(table, name, stages[k][0])
            if (name, offset) not in used:
                values[earlier(name)] = at(name, offset)
        return values

    equations = build_equations(stages, lambda name, k: at(name, offsets[k]), controls)
    return estimate_paths(stages, equations, table.person, table.n_persons, scales=None)


def _deviations(table: SessionTable, values: Array, detrending: Detrending) -> Array:
    """Return a column within persons; before detrending, less its mean over persons at each occasion number.

    A course that bends alike for all would remain after each person's line, and move all columns together.
    """
    if detrending is Detrending.DETRENDED:
        first = np.searchsorted(table.person, table.person)
        occasion = np.arange(table.n_rows) - first
        seen = np.isfinite(values)
        size = int(occasion.max(initial=0)) + 1
        count = np.bincount(occasion[seen], minlength=size)
        sums = np.bincount(occasion[seen], weights=values[seen], minlength=size)
        values = values - (sums / np.maximum(count, 1))[occasion]
    return detrend(detrending, values, table.times, table.person)


def stage_offsets(table: SessionTable, stages: Stages) -> tuple[int, ...]:
    """Return the row of each stage, counted from that of the process."""
    offsets = [0]
    for before, after in pairwise(stages):
        steps = [shortest_link(table, a, b).step is LagStep.NEXT_SESSION for a in before for b in after]
        offsets.append(offsets[-1] + max(steps))
    return tuple(offsets)


def _is_later(table: SessionTable, name: str, than: str) -> bool:
    """Return whether a column is measured after another one of the same row."""
    return table.moments[name] is Moment.AFTER and table.moments[than] is not Moment.AFTER


def _shift(values: Array, table: SessionTable, offset: int) -> Array:
    """Return the value `offset` rows on of the same person; NaN where there is none."""
    rows = np.arange(table.n_rows) + offset
    inside = (rows >= 0) & (rows < table.n_rows)
    rows = np.clip(rows, 0, table.n_rows - 1)
    return np.where(inside & (table.person[rows] == table.person), values[rows], np.nan)
