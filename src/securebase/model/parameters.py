"""What is estimated: the specification of a model and its parameters by name, on the natural scale.

Natural scale everywhere: drift per time unit, covariances (not their roots or logs), named by construct.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from securebase.errors import InputError

Array = NDArray[np.float64]


class _Known(StrEnum):
    """A closed list: a text that is not on it is refused with those that are."""

    @classmethod
    def _missing_(cls, value: object) -> NoReturn:
        raise InputError(f"there is no {cls.__name__.lower()} “{value}”", advice=f"Known are: {', '.join(cls)}.")


class Trend(_Known):
    """How the mean of a course moves with time.

    none: constant means. linear: a straight line per construct. apart: each construct its own bounded exponential
    change by the planned end. carried: therapy is an input that pushes the constructs, which push each other.
    """

    NONE = "none"
    LINEAR = "linear"
    APART = "apart"
    CARRIED = "carried"


class Start(_Known):
    """Distribution of the state-like part at a person's first row: stationary, or a free covariance (mean 0)."""

    STATIONARY = "stationary"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class Specification:
    """Which model: constructs (order matters), trend, start, time unit, planned end (in time units; `apart` only).

    Trend and start may be given as texts. Raises InputError where there is none of that name.
    """

    constructs: tuple[str, ...]
    trend: Trend = Trend.NONE
    start: Start = Start.STATIONARY
    time_unit: str = "week"
    days_per_unit: float = 7.0
    planned_end: float = 16.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "constructs", tuple(self.constructs))
        object.__setattr__(self, "trend", Trend(self.trend))
        object.__setattr__(self, "start", Start(self.start))

    @property
    def p(self) -> int:
        return len(self.constructs)


@dataclass(frozen=True, eq=False)
class Parameters:
    """Parameters of one specification on the natural scale. Shapes: p = number of constructs.

    drift (p, p): row k column l is the push of construct l on construct k per time unit. diffusion (p, p): covariance
    of shocks per time unit. level_mean (p,): mean usual level. level_covariance (p, p): between persons.
    measurement_noise (p,): variance of a score's error. start_covariance (p, p) or None (stationary).
    slope (p,): trend linear. change (p,), rate: trend apart. start_mean (p,), therapy_effect (p,): trend carried.
    """

    drift: Array
    diffusion: Array
    level_mean: Array
    level_covariance: Array
    measurement_noise: Array
    start_covariance: Array | None = None
    slope: Array | None = None
    change: Array | None = None
    rate: float | None = None
    start_mean: Array | None = None
    therapy_effect: Array | None = None

    def named(self, constructs: tuple[str, ...]) -> dict[str, float]:
        """name → value, for example `drift[symptoms,alliance]`: the push of alliance on symptoms.

        Symmetric matrices give their lower triangle.
        """
        out: dict[str, float] = {}

        def vector(name: str, values: Array | None) -> None:
            if values is not None:
                out.update({f"{name}[{c}]": float(v) for c, v in zip(constructs, values, strict=True)})

        def lower(name: str, values: Array | None) -> None:
            if values is not None:
                for i, row in enumerate(constructs):
                    for j, column in enumerate(constructs[: i + 1]):
                        out[f"{name}[{row},{column}]"] = float(values[i, j])

        for i, row in enumerate(constructs):
            for j, column in enumerate(constructs):
                out[f"drift[{row},{column}]"] = float(self.drift[i, j])
        lower("diffusion", self.diffusion)
        lower("start_covariance", self.start_covariance)
        lower("level_covariance", self.level_covariance)
        vector("level_mean", self.level_mean)
        vector("slope", self.slope)
        vector("change", self.change)
        if self.rate is not None:
            out["rate"] = float(self.rate)
        vector("start_mean", self.start_mean)
        vector("therapy_effect", self.therapy_effect)
        vector("measurement_noise", self.measurement_noise)
        return out
