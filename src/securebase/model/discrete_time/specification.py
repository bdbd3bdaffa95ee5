"""Specification and parameters of discrete-time panel models.

y_it = mean_t + level_i + s_it and s_i,t+1 = lags_t s_it + residual, residual ~ N(0, Q_t), without measurement error.
With levels (random intercepts) and parameters free over waves this is the random-intercept cross-lagged panel model
(RI-CLPM; Hamaker, Kuiper and Grasman 2015), without levels the cross-lagged panel model (CLPM). With parameters equal
over waves and a stationary start it is the multilevel vector autoregression (VAR) with lags common to all persons. Gaps
between waves count as equal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from securebase.errors import ModelError
from securebase.model.arguments import PANEL_ADVICE, check_instance, check_names, check_whole_number
from securebase.model.panel import Panel
from securebase.model.parameters import Array
from securebase.model.specification import Start, Vocabulary


class WaveConstraint(Vocabulary):
    """Equality constraint on parameters over waves."""

    FREE = "free"
    EQUAL = "equal"

    def add_up(self, by_wave: Array) -> Array:
        """Return derivatives along the parameters (w, …) from those along every wave."""
        return by_wave.sum(axis=0, keepdims=True) if self is WaveConstraint.EQUAL else by_wave


class DiscreteTimeModel(Vocabulary):
    """Discrete-time panel models, by their usual abbreviations."""

    RI_CLPM = "ri-clpm"
    CLPM = "clpm"
    VAR = "var"


@dataclass(frozen=True, slots=True)
class DiscreteTimeSpecification:
    """Specification of a discrete-time panel model; `discrete_time_specification` builds the common ones.

    Parameters
    ----------
    constructs : tuple of str
        The p constructs, in the order of every array.
    waves : int
        Number of waves, at least 2.
    levels : bool
        True for random intercepts (RI-CLPM, multilevel VAR), False without them (CLPM).
    lags, residuals, means : WaveConstraint
        Free or equal over waves.
    start : Start
        Covariance at the first wave: free, or the stationary covariance of the lags. The latter needs lags and
        residuals that are equal over waves.
    first_wave : int
        Number of the first wave.

    Raises
    ------
    ModelError
        If there are fewer than 2 waves, or the start is stationary with lags or residuals free over waves.

    Examples
    --------
    >>> import securebase
    >>> model = securebase.DiscreteTimeSpecification(("symptoms", "alliance"), waves=4, levels=False)
    >>> model.waves, model.levels
    (4, False)
    """

    constructs: tuple[str, ...]
    waves: int
    levels: bool = True
    lags: WaveConstraint = WaveConstraint.FREE
    residuals: WaveConstraint = WaveConstraint.FREE
    means: WaveConstraint = WaveConstraint.FREE
    start: Start = Start.FREE
    first_wave: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "constructs", check_names(self.constructs, "constructs"))
        for name in ("lags", "residuals", "means"):
            object.__setattr__(self, name, WaveConstraint(getattr(self, name)))
        object.__setattr__(self, "start", Start(self.start))
        check_whole_number(self.waves, "waves", minimum=2)
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
        """Number of residual, start and level covariances."""
        return self.n_residuals + int(self.start == Start.FREE) + int(self.levels)

    @property
    def n_parameters(self) -> int:
        p = self.p
        return self.n_lags * p * p + self.n_covariances * p * (p + 1) // 2 + self.n_means * p


@dataclass(frozen=True, eq=False)
class DiscreteTimeParameters:
    """Parameters of a discrete-time panel model.

    lags (w, p, p): entry t leads from wave t to t + 1; w = 1 where equal over waves. residual_covariance (w, p, p).
    start_covariance (p, p): within persons at the first wave, None where stationary. level_covariance (p, p) or None.
    mean (waves, p) or (1, p).
    """

    lags: Array
    residual_covariance: Array
    mean: Array
    start_covariance: Array | None = None
    level_covariance: Array | None = None

    def named(self, specification: DiscreteTimeSpecification) -> dict[str, float]:
        """Return every estimate by name; covariances by their lower triangle.

        `lags[y 3,x 2]` leads from x at wave 2 to y at wave 3; names of estimates equal over waves have no numbers.
        """
        spec = specification
        lower = [(k, j) for k in range(spec.p) for j in range(k + 1)]
        estimates: dict[str, float] = {}
        for w in range(spec.n_lags):
            for k, j in np.ndindex(spec.p, spec.p):
                to, since = _wave_label(spec, k, w + 1, spec.lags), _wave_label(spec, j, w, spec.lags)
                estimates[f"lags[{to},{since}]"] = float(self.lags[w, k, j])
        for w in range(spec.n_residuals):
            for k, j in lower:
                row, column = _wave_label(spec, k, w + 1, spec.residuals), _wave_label(spec, j, w + 1, spec.residuals)
                estimates[f"residual_covariance[{row},{column}]"] = float(self.residual_covariance[w, k, j])
        for name, matrix in (("start_covariance", self.start_covariance), ("level_covariance", self.level_covariance)):
            if matrix is not None:
                for k, j in lower:
                    estimates[f"{name}[{spec.constructs[k]},{spec.constructs[j]}]"] = float(matrix[k, j])
        for w in range(spec.n_means):
            for k in range(spec.p):
                estimates[f"mean[{_wave_label(spec, k, w, spec.means)}]"] = float(self.mean[w, k])
        return estimates


def _wave_label(spec: DiscreteTimeSpecification, construct: int, wave: int, constraint: WaveConstraint) -> str:
    name = spec.constructs[construct]
    return name if constraint == WaveConstraint.EQUAL else f"{name} {spec.first_wave + wave}"


def discrete_time_specification(
    panel: Panel,
    model: DiscreteTimeModel | str,
    *,
    equal_lags: bool = False,
    equal_residuals: bool = False,
    equal_means: bool = False,
) -> DiscreteTimeSpecification:
    """Return the specification of a discrete-time panel model for the waves of a panel.

    Parameters
    ----------
    panel : Panel
        Scores with a wave (or session) number in every row.
    model : {"ri-clpm", "clpm", "var"}
        Random-intercept cross-lagged panel model, cross-lagged panel model, or multilevel vector autoregression. In the
        VAR all parameters are equal over waves and the start is stationary.
    equal_lags, equal_residuals, equal_means : bool
        Constrain lags, residual covariances or means to be equal over waves.

    Returns
    -------
    DiscreteTimeSpecification
        For `fit_discrete_time`.

    Raises
    ------
    ModelError
        If the model is unknown, rows of the panel have no wave number, or the panel has fewer than 2 waves.

    References
    ----------
    Hamaker, E. L., Kuiper, R. M., & Grasman, R. P. P. P. (2015). A critique of the cross-lagged panel model.
    Psychological Methods, 20(1), 102–116.

    Examples
    --------
    >>> import numpy as np
    >>> import securebase
    >>> cohort = securebase.simulate("default", n_clients=5, rng=np.random.default_rng(1), sessions=4, dropout=0.0)
    >>> rows = securebase.panel(cohort, ("symptoms", "alliance"))
    >>> model = securebase.discrete_time_specification(rows, "ri-clpm", equal_lags=True)
    >>> model.waves, model.levels, model.n_lags
    (4, True, 1)
    """
    check_instance(panel, Panel, "panel", advice=PANEL_ADVICE)
    model = DiscreteTimeModel(model)
    first, last = wave_range(panel)
    if model == DiscreteTimeModel.VAR:
        equal_lags = equal_residuals = equal_means = True

    def constraint(equal: bool) -> WaveConstraint:
        return WaveConstraint.EQUAL if equal else WaveConstraint.FREE

    return DiscreteTimeSpecification(
        panel.constructs,
        waves=last - first + 1,
        levels=model != DiscreteTimeModel.CLPM,
        lags=constraint(equal_lags),
        residuals=constraint(equal_residuals),
        means=constraint(equal_means),
        start=Start.STATIONARY if model == DiscreteTimeModel.VAR else Start.FREE,
        first_wave=first,
    )


def wave_range(panel: Panel) -> tuple[int, int]:
    """Return the first and last wave of a panel. Raises ModelError where rows have no number."""
    if not len(panel.wave) or panel.wave.min() < 0:
        raise ModelError(
            "a discrete-time model needs a wave or session number in every row",
            advice='Read the table with time_unit="session" (--time-unit session), or use the continuous-time model, '
            "which takes any times.",
        )
    return int(panel.wave.min()), int(panel.wave.max())
