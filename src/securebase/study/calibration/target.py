"""What a calibration target is: a published figure, the band that counts as met, and how a simulated cohort gives it.

One row of the design's table (`C17`) may hold several figures; each is a target of its own with a key (`C17 start`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from securebase.study.calibration.samples import CohortSample

Interval = tuple[float, float]
#: one replication: arm → what was drawn of it
Arms = Mapping[str, CohortSample]
Statistic = Callable[[Arms], float]


class Basis(StrEnum):
    """Where a published figure was seen. Short marks as in the tables."""

    SEEN = "V"
    SECOND_HAND = "V2"
    COMPUTED = "C"
    UNVERIFIED = "U"

    @property
    def label(self) -> str:
        return {
            "V": "seen in the source",
            "V2": "second-hand",
            "C": "computed from public data",
            "U": "unverified",
        }[self.value]


class TargetVerdict(StrEnum):
    """met: the median over cohorts lies in the band. not simulated: there is nothing yet to compute it from."""

    MET = "met"
    FAILED = "failed"
    NOT_SIMULATED = "not simulated"


@dataclass(frozen=True, slots=True)
class Target:
    """One figure to be met.

    `id`: row of the table (C1 … C35); `part`: which of its figures. `published` in words and `value` as a number (None
    where only a direction is published); `interval`: of the source, where it gives one. `band`: the median over
    cohorts must lie in it, limits included. `own_band`: the band is a judgement of this project, not derived from a
    published interval. `persons`: clients a cohort (an arm), comparable to the source; the first so many of the
    design's are taken. `statistic` is None where the simulator has nothing to compute it from, and `remark` then says
    what is missing; where the target fails, `remark` says why. `percent`, `decimals`: how its
    figures are written.
    """

    id: str
    what: str
    published: str
    band: Interval
    pins: str
    basis: Basis
    source: str
    design: str
    persons: int
    statistic: Statistic | None
    part: str
    value: float | None = None
    interval: Interval | None = None
    own_band: bool = False
    remark: str = ""
    percent: bool = False
    decimals: int = 2

    @property
    def key(self) -> str:
        return f"{self.id} {self.part}"

    @property
    def order(self) -> int:
        return int(self.id.removeprefix("C"))


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came out of one target: its value in each cohort (NaN where a cohort could not give it)."""

    target: Target
    values: np.ndarray[tuple[int], np.dtype[np.float64]]

    @property
    def given(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        kept: np.ndarray[tuple[int], np.dtype[np.float64]] = self.values[np.isfinite(self.values)]
        return kept

    @property
    def median(self) -> float:
        return float(np.median(self.given)) if len(self.given) else float("nan")

    @property
    def range_95(self) -> Interval:
        """Limits that 95 of 100 cohorts lie within."""
        return self._between(0.025, 0.975)

    @property
    def range_50(self) -> Interval:
        """Limits that half of the cohorts lie within."""
        return self._between(0.25, 0.75)

    def _between(self, lower: float, upper: float) -> Interval:
        if not len(self.given):
            return float("nan"), float("nan")
        low, high = np.quantile(self.given, [lower, upper])
        return float(low), float(high)

    @property
    def verdict(self) -> TargetVerdict:
        if self.target.statistic is None:
            return TargetVerdict.NOT_SIMULATED
        low, high = self.target.band
        return TargetVerdict.MET if low <= self.median <= high else TargetVerdict.FAILED

    @property
    def covers(self) -> bool | None:
        """Does the range of cohorts take in the source's interval, or its one figure where it gives no interval?
        None where it gives neither, and where nothing was simulated.
        """
        low, high = self.range_95
        wanted = self.target.interval or (None if self.target.value is None else (self.target.value,) * 2)
        if wanted is None or not len(self.given):
            return None
        return low <= wanted[0] and wanted[1] <= high
