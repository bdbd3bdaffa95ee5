"""The rows that the model reads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from securebase.errors import ModelError


@dataclass(frozen=True, eq=False)
class Panel:
    """Rows of many persons, one after another, times ascending within a person.

    scores: (rows, columns), NaN where missing, one column a construct, or one an indicator where a model has several;
    times: (rows,) in `time_unit`s since the episode began; starts: (persons + 1,), rows of person i are
    starts[i]:starts[i + 1]; wave: (rows,), session number or -1. inputs: (rows, k), what was done between the row
    before and this one (nothing counts at a person's first row). covariates: (persons, c). therapist: (persons,),
    which therapist each person has, numbered from 0. input_names, covariate_names: of their columns, and indicators:
    (name, construct) of every column of scores where a construct has several; empty where nobody told.
    """

    persons: tuple[str, ...]
    constructs: tuple[str, ...]
    starts: NDArray[np.int64]
    times: NDArray[np.float64]
    scores: NDArray[np.float64]
    wave: NDArray[np.int64]
    time_unit: str = "week"
    days_per_unit: float = 7.0
    inputs: NDArray[np.float64] | None = None
    covariates: NDArray[np.float64] | None = None
    therapist: NDArray[np.int64] | None = None
    input_names: tuple[str, ...] = ()
    covariate_names: tuple[str, ...] = ()
    indicators: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        rows = len(self.times)
        if len(self.scores) != rows or self.scores.ndim != 2 or self.wave.shape != (rows,):
            raise ModelError("times, scores and waves of a panel differ in length")
        if self.scores.shape[1] < len(self.constructs):
            raise ModelError("a panel has fewer columns of scores than constructs")
        for name, values, length in (("inputs", self.inputs, rows), ("covariates", self.covariates, self.n_persons)):
            if values is not None and (values.ndim != 2 or len(values) != length or not np.isfinite(values).all()):
                raise ModelError(f"the {name} of a panel need one row each, with nothing missing")
        if self.therapist is not None and (
            self.therapist.shape != (self.n_persons,) or self.therapist.min(initial=0) < 0
        ):
            raise ModelError("every person of a panel needs one therapist, numbered from 0")
        if len(self.starts) != len(self.persons) + 1 or self.starts[0] != 0 or self.starts[-1] != rows:
            raise ModelError("the persons of a panel do not cover its rows")
        for name, names, values in (
            ("inputs", self.input_names, self.inputs),
            ("covariates", self.covariate_names, self.covariates),
        ):
            if names and (values is None or values.shape[1] != len(names)):
                raise ModelError(f"the {name} of a panel and their names differ in number")
        if self.indicators and len(self.indicators) != self.scores.shape[1]:
            raise ModelError("the indicators of a panel and its columns of scores differ in number")
        if not np.isfinite(self.times).all():
            raise ModelError("a time in the panel is missing or not finite")
        gaps, inside = np.diff(self.times), self.within_person
        if (gaps[inside] <= 0).any():
            where = int(np.flatnonzero(inside & (gaps <= 0))[0])
            person = self.persons[int(np.searchsorted(self.starts, where, side="right")) - 1]
            raise ModelError(f"times of person “{person}” do not ascend", advice="Sort them and keep one row a time.")

    @property
    def leading(self) -> tuple[int, ...]:
        """Of each construct (p,): the column of scores that is its first, whose points it is in."""
        of = [construct for _, construct in self.indicators] or list(self.constructs)
        return tuple(of.index(construct) for construct in self.constructs)

    @property
    def n_persons(self) -> int:
        return len(self.persons)

    @property
    def n_observations(self) -> int:
        """Scores that are there (not rows)."""
        return int(np.isfinite(self.scores).sum())

    @property
    def within_person(self) -> NDArray[np.bool_]:
        """(rows - 1,): whether a row and the next are of one person."""
        inside = np.ones(max(len(self.times) - 1, 0), dtype=bool)
        between = self.starts[(self.starts > 0) & (self.starts < len(self.times))]
        inside[between - 1] = False
        return inside

    def only(self, persons: NDArray[np.int64]) -> Panel:
        """The panel of some persons, by number and in this order."""
        lengths = np.diff(self.starts)[persons]
        rows = np.concatenate([np.arange(self.starts[i], self.starts[i + 1]) for i in persons] or [np.empty(0)])
        rows = rows.astype(np.int64)
        return replace(
            self,
            persons=tuple(self.persons[i] for i in persons),
            starts=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            times=self.times[rows],
            scores=self.scores[rows],
            wave=self.wave[rows],
            inputs=None if self.inputs is None else self.inputs[rows],
            covariates=None if self.covariates is None else self.covariates[persons],
            therapist=None if self.therapist is None else self.therapist[persons],
        )

    def rows_of(self, person: int) -> slice:
        return slice(int(self.starts[person]), int(self.starts[person + 1]))

    @property
    def fingerprint(self) -> str:
        """Of the scores at their times, whoever they belong to."""
        digest = sha256("|".join(self.constructs).encode())
        for column in (self.starts, self.times, self.scores):
            digest.update(np.ascontiguousarray(column).tobytes())
        return digest.hexdigest()
