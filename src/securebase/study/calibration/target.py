"""Calibration targets: a published figure, the band in which it counts as met, and its statistic in a simulated cohort.

A row of the table (`C17`) may hold several figures; each is a separate target with its own key (`C17 start`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from securebase.study.calibration.samples import CohortSample

Interval = tuple[float, float]
#: one replication: arm → its sample
Arms = Mapping[str, CohortSample]
Statistic = Callable[[Arms], float]


class Basis(StrEnum):
    """Verification status of a published figure; the values are the codes of the tables."""

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
    """met: the median over cohorts lies in the band. not simulated: the simulator does not produce the figure."""

    MET = "met"
    FAILED = "failed"
    NOT_SIMULATED = "not simulated"


@dataclass(frozen=True, slots=True)
class Target:
    """One published figure that simulated cohorts should reproduce.

    `id`: row of the table (C1 … C35); `part`: figure within the row. `aspect`: aspect of the model that the target
    constrains. `published`: the figure as text; `value`: as a number, None if only a direction is published;
    `interval`: of the source, if it gives one. `band`: range of the median over cohorts that counts as met, limits
    included. `own_band`: the band is a judgement of this project, not derived from a published interval. `persons`:
    clients per cohort (per arm), comparable to the source; the first ones of the design are used. `statistic`: None if
    the simulator does not produce the figure. `remark`: missing part of the simulator, or reason of a failure.
    `percent`, `decimals`: format of the figures.
    """

    id: str
    label: str
    published: str
    band: Interval
    aspect: str
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
    """Values of one target, one per cohort (NaN where it is undefined)."""

    target: Target
    values: np.ndarray[tuple[int], np.dtype[np.float64]]

    @property
    def valid(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Values of the cohorts in which the target is defined."""
        valid: np.ndarray[tuple[int], np.dtype[np.float64]] = self.values[np.isfinite(self.values)]
        return valid

    @property
    def median(self) -> float:
        return float(np.median(self.valid)) if len(self.valid) else float("nan")

    @property
    def range_95(self) -> Interval:
        """Central 95% of the cohorts."""
        return self._quantiles(0.025, 0.975)

    @property
    def range_50(self) -> Interval:
        """Central half of the cohorts."""
        return self._quantiles(0.25, 0.75)

    def _quantiles(self, lower: float, upper: float) -> Interval:
        if not len(self.valid):
            return float("nan"), float("nan")
        low, high = np.quantile(self.valid, [lower, upper])
        return float(low), float(high)

    @property
    def verdict(self) -> TargetVerdict:
        if self.target.statistic is None:
            return TargetVerdict.NOT_SIMULATED
        low, high = self.target.band
        return TargetVerdict.MET if low <= self.median <= high else TargetVerdict.FAILED

    @property
    def covers(self) -> bool | None:
        """True if the central 95% of the cohorts includes the source's interval, or its figure if it gives no interval.

        None if the source gives neither, or if nothing was simulated.
        """
        low, high = self.range_95
        published = self.target.interval or (None if self.target.value is None else (self.target.value,) * 2)
        if published is None or not len(self.valid):
            return None
        return low <= published[0] and published[1] <= high
