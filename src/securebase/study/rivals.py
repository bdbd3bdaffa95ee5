"""Two rival processes compared: which of them precedes more improvement in the same outcomes.

Each outcome at the next session is regressed on both rivals and its own past, all as deviations within persons. Both
rivals are those of one session before, whenever within it they were rated, so that neither is closer to the outcome.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import numpy as np

from securebase.measurement.constructs import Direction
from securebase.model.distributions import t_quantile
from securebase.study.detrending import Array, Detrending, detrend
from securebase.study.estimator import MIN_PAIRS, MIN_PERSONS
from securebase.study.estimators.common_time_course import remove_common_course, time_steps
from securebase.study.regression import regress
from securebase.study.table import SessionTable
from securebase.study.verdicts.identifying import MAX_CORRELATION

#: difference that simulated clinics show although the second rival helps as much as the first: ruptures move the
#: alliance further than ordinary weeks move anything else (`python -m benchmarks web`)
REFERENCES: Mapping[tuple[str, str], float] = MappingProxyType({("alliance", "social_support"): 0.06})

#: the rule in words, for reports
RULE = (
    "Standardised lags on each outcome, adjusted for the other rival and for own past, with the sign of improvement, "
    "averaged over outcomes. One rival is said to precede more improvement only if the 95% interval of the difference "
    "lies beyond the reference, centred and adjusted for the common time course. The detrended difference must lie "
    "beyond it too. If no reference is known, its 95% interval must lie beyond 0. Measurement error makes a rival look "
    "weaker than it is."
)


class Stronger(StrEnum):
    """Rival that precedes more improvement."""

    FIRST = "first"
    SECOND = "second"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class RivalLags:
    """Standardised lags of both rivals on one outcome; positive means improvement."""

    outcome: str
    first: float
    second: float


@dataclass(frozen=True, slots=True)
class RivalEstimate:
    """Difference between first and second rival, averaged over outcomes, with its 95% interval clustered by person."""

    detrending: Detrending
    outcomes: tuple[RivalLags, ...]
    difference: float
    standard_error: float
    lower: float
    upper: float
    n_persons: int


@dataclass(frozen=True, slots=True)
class RivalFinding:
    """Comparison of two rivals, adjusted for the common time course; None where it cannot be estimated.

    reference: the difference that has to be exceeded in either direction.
    """

    first: str
    second: str
    reference: float
    centred: RivalEstimate | None
    detrended: RivalEstimate | None

    @property
    def stronger(self) -> Stronger:
        """Return the rival that `RULE` names."""
        if self.centred is None or self.detrended is None:
            return Stronger.UNDECIDED
        # a course that a rival shares with the outcome shifts the centred estimate. A reference contains that shift;
        # without one the detrended interval has to lie beyond 0 too
        difference = self.detrended.difference
        lower, upper = (difference, difference) if self.reference else (self.detrended.lower, self.detrended.upper)
        if min(self.centred.lower, lower) > self.reference:
            return Stronger.FIRST
        if max(self.centred.upper, upper) < -self.reference:
            return Stronger.SECOND
        return Stronger.UNDECIDED


def rival_finding(
    table: SessionTable, rivals: tuple[str, str], outcomes: Sequence[str], directions: Mapping[str, Direction]
) -> RivalFinding:
    """Compare two rivals over all outcomes. directions: of every column; an unknown one counts as better if higher."""
    first, second = rivals
    backwards = REFERENCES.get((second, first), 0.0)
    centred, detrended = (estimate_rivals(table, rivals, outcomes, directions, method) for method in Detrending)
    return RivalFinding(first, second, REFERENCES.get(rivals, backwards), centred, detrended)


def estimate_rivals(
    table: SessionTable,
    rivals: tuple[str, str],
    outcomes: Sequence[str],
    directions: Mapping[str, Direction],
    detrending: Detrending,
) -> RivalEstimate | None:
    """Estimate both lags on every outcome by least squares; None with too little data, or if one rival is a copy."""
    earlier, later = table.successive()
    step = time_steps(table)
    if step is None:
        return None
    signs = {name: -1.0 if directions.get(name) is Direction.HIGHER_IS_WORSE else 1.0 for name in (*rivals, *outcomes)}

    def deviations(name: str) -> Array:
        adjusted = remove_common_course(detrending, table.values[name], table, step)
        return signs[name] * detrend(detrending, adjusted, table.times, table.person)

    x, z = (deviations(name)[earlier] for name in rivals)
    lags, influences, clusters = [], [], []
    for outcome in outcomes:
        y = deviations(outcome)
        columns = np.column_stack([y[later], x, z, y[earlier]])
        rows = np.isfinite(columns).all(axis=1)
        columns, person = columns[rows], table.person[later][rows]
        if len(columns) < MIN_PAIRS or len(np.unique(person)) < MIN_PERSONS:
            return None
        sds = columns.std(axis=0, ddof=1)
        if not sds.all() or abs(np.corrcoef(columns[:, 1], columns[:, 2])[0, 1]) > MAX_CORRELATION:
            return None
        regression = regress(columns[:, 0], columns[:, 1:], person, table.n_persons)
        if regression is None:
            return None
        scale = sds[1:3] / sds[0]
        lag = regression.coefficients[1:3] * scale
        lags.append(RivalLags(outcome, float(lag[0]), float(lag[1])))
        influences.append(regression.influence[:, 1:3] @ (scale * [1.0, -1.0]))
        clusters.append(regression.n_clusters)
    difference = float(np.mean([lag.first - lag.second for lag in lags]))
    influence, n = np.mean(influences, axis=0), min(clusters)
    error = float(np.sqrt(influence @ influence))
    half_width = t_quantile(0.975, n - 1) * error
    return RivalEstimate(
        detrending, tuple(lags), difference, error, difference - half_width, difference + half_width, n
    )
