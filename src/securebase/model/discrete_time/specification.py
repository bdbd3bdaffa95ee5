"""Models that count waves: which one, and its parameters.

y_it = mean_t + level_i + x_it and x_i,t+1 = lags_t x_it + residual, residual ~ N(0, Q_t), with no error of measurement.
With levels and everything free over waves this is the random-intercept cross-lagged panel model (Hamaker, Kuiper and
Grasman 2015); without levels the cross-lagged panel model; with everything equal over waves and a stationary start the
multilevel vector autoregression with equal lags for all persons. Gaps between waves count as equal, whatever they were.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from securebase.errors import ModelError
from securebase.model.panel import Panel
from securebase.model.parameters import Array, Start


class WaveConstraint(StrEnum):
    """What happens to a part of the parameters over waves."""

    FREE = "free"
    EQUAL = "equal"


class DiscreteTimeModel(StrEnum):
    """The models by the names that they go by."""

    RI_CLPM = "ri-clpm"
    CLPM = "clpm"
    VAR = "var"


@dataclass(frozen=True, slots=True)
class DiscreteTimeSpecification:
    """waves: how many, numbered from `first_wave`. start: spread at the first wave, of its own (free) or the one that
    the lags lead to in the long run (stationary, which needs lags and residuals that are equal over waves)."""

    constructs: tuple[str, ...]
    waves: int
    levels: bool = True
    lags: WaveConstraint = WaveConstraint.FREE
    residuals: WaveConstraint = WaveConstraint.FREE
    means: WaveConstraint = WaveConstraint.FREE
    start: Start = Start.FREE
    first_wave: int = 1

    def __post_init__(self) -> None:
        if self.waves < 2:
            raise ModelError("a model of waves needs two waves or more")
        if self.start == Start.STATIONARY and WaveConstraint.FREE in (self.lags, self.residuals):
            raise ModelError(
                "a stationary start needs lags and residual covariances that are equal over waves",
                advice="Hold both equal, or choose a free start.",
            )

    @property
    def p(self) -> int:
        return len(self.constructs)

    @property
    def n_lags(self) -> int:
        return self.waves - 1 if self.lags == WaveConstraint.FREE else 1

    @property
    def n_residuals(self) -> int:
        return self.waves - 1 if self.residuals == WaveConstraint.FREE else 1

    @property
    def n_means(self) -> int:
        return self.waves if self.means == WaveConstraint.FREE else 1

    @property
    def n_covariances(self) -> int:
        """Residual covariances, that of the start and that of the levels."""
        return self.n_residuals + int(self.start == Start.FREE) + int(self.levels)

    @property
    def n_parameters(self) -> int:
        p = self.p
        return self.n_lags * p * p + self.n_covariances * p * (p + 1) // 2 + self.n_means * p


@dataclass(frozen=True, eq=False)
class DiscreteTimeParameters:
    """lags (w, p, p): entry t leads from wave t to t + 1, or the one entry does for all; residual_covariance (w, p, p);
    start_covariance (p, p) within persons at the first wave, None where stationary; level_covariance (p, p) or None;
    mean (waves, p) or (1, p)."""

    lags: Array
    residual_covariance: Array
    mean: Array
    start_covariance: Array | None = None
    level_covariance: Array | None = None

    def named(self, specification: DiscreteTimeSpecification) -> dict[str, float]:
        """Every estimate by name: `lags[y 3,x 2]` leads from x at wave 2 to y at wave 3; without numbers where it is
        equal over waves. Of a covariance the lower triangle."""
        of = specification
        lower = [(k, j) for k in range(of.p) for j in range(k + 1)]
        found: dict[str, float] = {}
        for w in range(of.n_lags):
            for k, j in np.ndindex(of.p, of.p):
                to, since = _wave_label(of, k, w + 1, of.lags), _wave_label(of, j, w, of.lags)
                found[f"lags[{to},{since}]"] = float(self.lags[w, k, j])
        for w in range(of.n_residuals):
            for k, j in lower:
                row, column = _wave_label(of, k, w + 1, of.residuals), _wave_label(of, j, w + 1, of.residuals)
                found[f"residual_covariance[{row},{column}]"] = float(self.residual_covariance[w, k, j])
        for name, matrix in (("start_covariance", self.start_covariance), ("level_covariance", self.level_covariance)):
            if matrix is not None:
                for k, j in lower:
                    found[f"{name}[{of.constructs[k]},{of.constructs[j]}]"] = float(matrix[k, j])
        for w in range(of.n_means):
            for k in range(of.p):
                found[f"mean[{_wave_label(of, k, w, of.means)}]"] = float(self.mean[w, k])
        return found


def _wave_label(of: DiscreteTimeSpecification, construct: int, wave: int, over: WaveConstraint) -> str:
    name = of.constructs[construct]
    return name if over == WaveConstraint.EQUAL else f"{name} {of.first_wave + wave}"


def discrete_time_specification(
    panel: Panel,
    model: DiscreteTimeModel | str,
    *,
    equal_lags: bool = False,
    equal_residuals: bool = False,
    equal_means: bool = False,
) -> DiscreteTimeSpecification:
    """The specification of a panel's waves. In the VAR everything is equal over waves and the start stationary.

    Raises ModelError where the rows of the panel are not numbered.
    """
    first, last = wave_range(panel)
    model = DiscreteTimeModel(model)
    if model == DiscreteTimeModel.VAR:
        equal_lags = equal_residuals = equal_means = True

    def over(equal: bool) -> WaveConstraint:
        return WaveConstraint.EQUAL if equal else WaveConstraint.FREE

    return DiscreteTimeSpecification(
        panel.constructs,
        waves=last - first + 1,
        levels=model != DiscreteTimeModel.CLPM,
        lags=over(equal_lags),
        residuals=over(equal_residuals),
        means=over(equal_means),
        start=Start.STATIONARY if model == DiscreteTimeModel.VAR else Start.FREE,
        first_wave=first,
    )


def wave_range(panel: Panel) -> tuple[int, int]:
    """(first, last) wave of a panel, or ModelError."""
    if not len(panel.wave) or panel.wave.min() < 0:
        raise ModelError(
            "a model that counts waves needs a wave, or session, number in every row",
            advice="Number the rows, or use the continuous-time model, which takes any times.",
        )
    return int(panel.wave.min()), int(panel.wave.max())
