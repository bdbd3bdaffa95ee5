"""Checks for too little data, shared by every kind of model. Only the first refusal of a check is reported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from securebase.errors import Advice
from securebase.model.panel import Panel
from securebase.model.parameters import Array

#: share of a variance that rounding can leave
_ROUNDING = 1e-3


def refuse(sentence: str, what_to_do: str) -> Advice:
    return Advice("not_enough_data", sentence, what_to_do)


def check_variation(name: str, scores: Array, remedy: str) -> Iterator[Advice]:
    """Refuse a column without variation. remedy: advice for a constant column."""
    observed = scores[np.isfinite(scores)]
    if not len(observed):
        yield refuse(f"There is no score for “{name}”.", "Leave it out, or check its column.")
    elif len(observed) == 1:
        yield refuse(f"There is only one score for “{name}”.", "Gather more rows.")
    elif np.ptp(observed) == 0:
        yield refuse(f"Every score of “{name}” is the same.", remedy)


def check_information(names: Sequence[str], panel: Panel) -> Iterator[Advice]:
    """Refuse a column that time alone or the columns before it determine: it leaves nothing to estimate."""
    yield from (advice for _, advice in uninformative_columns(names, panel))


def uninformative_columns(names: Sequence[str], panel: Panel) -> Iterator[tuple[str, Advice]]:
    """Yield the columns that time alone or the columns before them determine, with the reason.

    A column is refused if it leaves no residual around each person's line over time, around the course that all
    persons share, or beside the lines and the columns before it. A share of 1e-3 of the variance counts as none:
    tables are rounded.
    """
    if not names:
        return
    centred, residuals, n_persons, slot = _centred_and_detrended(panel)
    if len(centred) - 2 * n_persons <= 2 * len(names):
        return
    n_slots = len(np.unique(slot))
    before: list[int] = []
    for k, name in enumerate(names):
        change, size = float(centred[:, k] @ centred[:, k]), float(residuals[:, k] @ residuals[:, k])
        if size <= _ROUNDING * change:
            yield (
                name,
                refuse(
                    f"“{name}” is a straight line over time in every person.",
                    "Leave the column out: time alone determines it.",
                ),
            )
            continue
        own = centred[:, k] - (np.bincount(slot, centred[:, k]) / np.bincount(slot))[slot]
        if float(own @ own) <= _ROUNDING * change and len(centred) > n_persons + n_slots + 2 * len(names):
            yield (
                name,
                refuse(
                    f"“{name}” takes the same course in every person.",
                    "Leave the column out: time alone determines it.",
                ),
            )
            continue
        coefficients = np.linalg.lstsq(residuals[:, before], residuals[:, k], rcond=None)[0]
        rest = residuals[:, k] - residuals[:, before] @ coefficients
        if float(rest @ rest) <= _ROUNDING * size:
            shares = np.abs(coefficients) * np.linalg.norm(residuals[:, before], axis=0) / np.sqrt(size)
            sources = [f"“{names[j]}”" for j, share in zip(before, shares, strict=True) if share > np.sqrt(_ROUNDING)]
            yield (
                name,
                refuse(
                    f"“{name}” is a copy or a linear function of {' and '.join(sources)}.",
                    "Leave one of these columns out: it adds no information.",
                ),
            )
            continue
        before.append(k)


def _centred_and_detrended(panel: Panel) -> tuple[Array, Array, int, NDArray[np.intp]]:
    """Return the complete rows less each person's mean (rows, q), and less each person's line over time (rows, q).

    Persons with fewer than three complete rows are left out. The others follow: number of persons, index of each row's
    time among all times.
    """
    person = np.repeat(np.arange(panel.n_persons), np.diff(panel.starts))
    complete = np.isfinite(panel.scores).all(axis=1)
    complete &= np.bincount(person[complete], minlength=panel.n_persons)[person] >= 3
    times, scores = panel.times[complete], panel.scores[complete]
    persons, person = np.unique(person[complete], return_inverse=True)
    n = np.bincount(person)

    def means(values: Array) -> Array:
        """Return the mean of each person, on every row of the person."""
        mean: Array = (np.bincount(person, values) / n)[person]
        return mean

    t = times - means(times)
    centred = np.column_stack([column - means(column) for column in scores.T])
    lines = np.column_stack([t * means(t * column) / means(t**2) for column in centred.T])
    return centred, centred - lines, len(persons), np.unique(np.round(times, 6), return_inverse=True)[1]


def check_count(n_observations: int, n_parameters: int, remedy: str) -> Iterator[Advice]:
    if n_observations <= n_parameters:
        yield refuse(f"{n_observations} scores cannot determine {n_parameters} parameters.", remedy)
