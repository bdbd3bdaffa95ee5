"""Calibration targets: a published figure, the band in which it counts as met, and its statistic in a simulated cohort.

The shelf is `targets/`, TOML files grouped by topic, with the figures of a row in one of them.
A row of the table (`C17`) may hold several figures; each is a separate target with its own key (`C17 start`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from math import inf
from typing import Annotated, Any

import numpy as np
from msgspec import Meta
from msgspec.structs import force_setattr

from securebase.errors import InputError
from securebase.schema import FieldError, Number, Place, ShelfStruct, Text, read_toml, toml_files
from securebase.study.calibration.designs import DESIGNS
from securebase.study.calibration.samples import Arms
from securebase.study.calibration.statistics import STATISTICS, convert_arguments

Interval = tuple[float, float]


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


class Target(ShelfStruct, frozen=True):
    """One published figure that simulated cohorts should reproduce.

    `id`: row of the table (C1 … C35); `part`: figure within the row. `published`: the figure as text; `value`: as a
    number, None if only a direction is published; `interval`: of the source, if it gives one. `at_least`, `at_most`:
    limits of the band. `own_band`: these limits are a judgement of this project, not derived from a published
    interval. `aspect`: aspect of the model that the target constrains. `persons`: clients per cohort (per arm),
    comparable to the source; the first ones of the design are used. `statistic`: name of its function in
    `statistics/`, with `arguments` besides the arms; empty if the figure is not simulated. `remark`: missing part of
    the simulator, or reason of a failure. `percent`: format of the figures.
    """

    id: Annotated[str, Meta(pattern=r"^C[1-9][0-9]*$", description="C and the number of the row")]
    part: Text
    label: Text
    published: Text
    aspect: Text
    basis: Basis
    source: Text
    design: Text
    persons: Annotated[int, Meta(ge=1)]
    statistic: str = ""
    arguments: Mapping[str, Any] = {}
    value: Number | None = None
    interval: tuple[Number, Number] | None = None
    at_least: Number | None = None
    at_most: Number | None = None
    own_band: bool = False
    remark: str = ""
    percent: bool = False

    def __post_init__(self) -> None:
        """Convert the arguments to the types of the statistic's parameters, and check design and band."""
        if self.statistic:
            force_setattr(self, "arguments", convert_arguments(self.statistic, self.arguments))
        elif self.arguments:
            raise FieldError("needs a statistic", "arguments")
        elif not self.remark:
            raise FieldError("is required where no statistic is named", "remark", "State what is not simulated.")
        if self.design not in DESIGNS:
            raise FieldError(f"unknown design “{self.design}”", "design", f"Known: {', '.join(DESIGNS)}.")
        low, high = self.band
        if not low < high:
            raise FieldError(f"must be below at_most (got {low:g} and {high:g})", "at_least")

    @property
    def simulated(self) -> bool:
        """True if the simulator produces the figure."""
        return bool(self.statistic)

    @property
    def band(self) -> Interval:
        """Range of the median over cohorts that counts as met, limits included."""
        return -inf if self.at_least is None else self.at_least, inf if self.at_most is None else self.at_most

    def compute(self, arms: Arms) -> float:
        """Return the figure in one replication."""
        return STATISTICS[self.statistic](arms, **self.arguments)

    @property
    def key(self) -> str:
        return f"{self.id} {self.part}"

    @property
    def order(self) -> int:
        return int(self.id.removeprefix("C"))


class TargetsFile(ShelfStruct, frozen=True):
    """A file of calibration targets."""

    target: tuple[Target, ...]


def read_targets(file: str, content: bytes | str) -> tuple[Target, ...]:
    """Read the targets of one file of the shelf. Raises InputError naming the invalid field."""
    return read_toml(content, TargetsFile, Place(file, InputError)).target


@cache
def calibration_targets() -> tuple[Target, ...]:
    """Return all targets in the order of the table. Raises InputError naming file and field if a file is invalid."""
    folder = resources.files("securebase.study.calibration") / "targets"
    targets = [target for file, content in toml_files(folder) for target in read_targets(file, content)]
    return tuple(sorted(targets, key=lambda target: target.order))


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
        if not self.target.simulated:
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
