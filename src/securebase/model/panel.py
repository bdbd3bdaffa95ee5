"""Panel: the rows of many persons as arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from securebase.errors import ModelError


@dataclass(frozen=True, eq=False)
class Panel:
    """Rows of many persons, one person after another, times ascending within a person.

    Attributes
    ----------
    persons : tuple of str
        Identifiers of the N persons.
    constructs : tuple of str
        Names of the p constructs.
    starts : (N + 1,) array of int
        Rows of person i are ``starts[i]:starts[i + 1]``.
    times : (rows,) array, time units
        Time since the episode began.
    scores : (rows, q) array, points of each column's scale
        One column per construct, or one per indicator; NaN where missing.
    wave : (rows,) array of int
        Session number, or −1.
    time_unit, days_per_unit : str, float
        Name of the time unit, and its length in days.
    inputs : (rows, k) array, optional
        Time-varying inputs between the previous row and this one; ignored at a person's first row.
    covariates : (N, c) array, optional
        Time-invariant covariates.
    therapist : (N,) array of int, optional
        Number of each person's therapist, from 0.
    input_names, covariate_names : tuple of str
        Names of their columns; empty if unknown.
    indicators : tuple of (str, str)
        (name, construct) of every column of scores where a construct has several; otherwise empty.

    Raises
    ------
    ModelError
        If the arrays differ in length, times do not ascend, or an input, covariate or therapist is missing.
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
            raise ModelError(
                f"times ({rows}), scores {self.scores.shape} and waves {self.wave.shape} of a panel differ in length"
            )
        if self.scores.shape[1] < len(self.constructs):
            raise ModelError(
                f"a panel needs a column of scores for each construct "
                f"(got {self.scores.shape[1]} for {len(self.constructs)})"
            )
        for name, values, length in (("inputs", self.inputs, rows), ("covariates", self.covariates, self.n_persons)):
            if values is not None and (values.ndim != 2 or len(values) != length or not np.isfinite(values).all()):
                raise ModelError(
                    f"the {name} of a panel must be a finite array of {length} rows (got shape {values.shape})"
                )
        if self.therapist is not None and (
            self.therapist.shape != (self.n_persons,) or self.therapist.min(initial=0) < 0
        ):
            raise ModelError(
                f"therapist must number the therapist of each of the {self.n_persons} persons from 0 "
                f"(got shape {self.therapist.shape}, minimum {self.therapist.min(initial=0)})"
            )
        if len(self.starts) != len(self.persons) + 1 or self.starts[0] != 0 or self.starts[-1] != rows:
            raise ModelError(
                f"starts must lead from 0 to {rows} in {len(self.persons) + 1} entries "
                f"(got {len(self.starts)} entries, {self.starts[:1]} to {self.starts[-1:]})"
            )
        for name, names, values in (
            ("inputs", self.input_names, self.inputs),
            ("covariates", self.covariate_names, self.covariates),
        ):
            if names and (values is None or values.shape[1] != len(names)):
                raise ModelError(
                    f"the {name} of a panel have {len(names)} names for "
                    f"{0 if values is None else values.shape[1]} columns"
                )
        if self.indicators and len(self.indicators) != self.scores.shape[1]:
            raise ModelError(
                f"a panel needs an indicator for each column of scores "
                f"(got {len(self.indicators)} for {self.scores.shape[1]})"
            )
        if not np.isfinite(self.times).all():
            row = int(np.flatnonzero(~np.isfinite(self.times))[0])
            raise ModelError(f"every time of a panel must be finite (got {self.times[row]} in row {row})")
        gaps, same_person = np.diff(self.times), self.within_person
        if (gaps[same_person] <= 0).any():
            row = int(np.flatnonzero(same_person & (gaps <= 0))[0])
            person = self.persons[int(np.searchsorted(self.starts, row, side="right")) - 1]
            raise ModelError(
                f"the times of person “{person}” do not ascend", advice="Sort the rows and keep one per time."
            )

    @property
    def reference_columns(self) -> tuple[int, ...]:
        """Column of scores of each construct's reference indicator (p,)."""
        construct_of = [construct for _, construct in self.indicators] or list(self.constructs)
        return tuple(construct_of.index(construct) for construct in self.constructs)

    @property
    def n_persons(self) -> int:
        """Number of persons N."""
        return len(self.persons)

    @property
    def n_observations(self) -> int:
        """Number of scores that are not missing (not rows)."""
        return int(np.isfinite(self.scores).sum())

    @property
    def within_person(self) -> NDArray[np.bool_]:
        """Mask (rows − 1,): True where a row and the next belong to one person."""
        mask = np.ones(max(len(self.times) - 1, 0), dtype=bool)
        first_rows = self.starts[(self.starts > 0) & (self.starts < len(self.times))]
        mask[first_rows - 1] = False
        return mask

    def select_persons(self, persons: NDArray[np.int64]) -> Panel:
        """Return the panel of some persons, by number and in this order."""
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
        """Return the slice of rows of a person, by number."""
        return slice(int(self.starts[person]), int(self.starts[person + 1]))

    @property
    def fingerprint(self) -> str:
        """SHA-256 of constructs, times and scores; names of persons do not count."""
        digest = sha256("|".join(self.constructs).encode())
        for column in (self.starts, self.times, self.scores):
            digest.update(np.ascontiguousarray(column).tobytes())
        return digest.hexdigest()
