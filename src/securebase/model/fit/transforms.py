"""The internal scale of the continuous-time model.

Time is in median gaps. The drift is untransformed, and the rate of a trend (apart) enters by a logit that keeps
rate · planned end between 0.1 and 10.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from securebase.model.equations import join_levels_and_slopes, person_covariance, require
from securebase.model.estimation.blocks import CovarianceBlock, ParameterBlock, VarianceBlock
from securebase.model.estimation.scale import InternalScale
from securebase.model.panel import Panel
from securebase.model.parameters import Array, Parameters
from securebase.model.specification import Specification, Start, Trend

#: bounds of rate · planned end: from a nearly linear trend to one that is complete in the first tenth
MIN_BEND, MAX_BEND = 0.1, 10.0


class FixedBlock(ParameterBlock):
    """A block held at zero: it is reported, but not estimated."""

    def __init__(self, name: str, p: int) -> None:
        super().__init__(name, (p,))
        self.size = 0

    def value(self, x: Array) -> Array:
        return np.zeros(self.shape)

    def internal(self, value: Array) -> Array:
        return np.empty(0)

    def pull_back(self, x: Array, bar: Array) -> Array:
        return np.empty(0)

    def jacobian(self, x: Array) -> Array:
        return np.zeros((self.entries, 0))


class DriftBlock(ParameterBlock):
    """The drift, whose entries outside the specification's effects are held at zero."""

    def __init__(self, specification: Specification) -> None:
        super().__init__("drift", (specification.p, specification.p))
        self.free: NDArray[np.intp] = np.flatnonzero(specification.free_drift)
        self.size = len(self.free)

    def value(self, x: Array) -> Array:
        value = np.zeros(self.entries)
        value[self.free] = x
        return value.reshape(self.shape)

    def internal(self, value: Array) -> Array:
        return super().internal(value)[self.free]

    def pull_back(self, x: Array, bar: Array) -> Array:
        return super().pull_back(x, bar)[self.free]

    def jacobian(self, x: Array) -> Array:
        return np.eye(self.entries)[:, self.free]


class ColumnBlock(ParameterBlock):
    """One number per column of scores (q,), free except at each construct's leading column, which is fixed."""

    def __init__(self, name: str, specification: Specification, leading: float) -> None:
        super().__init__(name, (len(specification.scores),))
        self.free: NDArray[np.intp] = np.flatnonzero(~np.array(specification.is_reference))
        self.size = self.entries = len(self.free)
        self.leading = leading

    def value(self, x: Array) -> Array:
        value = np.full(self.shape, self.leading)
        value[self.free] = x
        return value

    def internal(self, value: Array) -> Array:
        return self.in_named_order(value)

    def pull_back(self, x: Array, bar: Array) -> Array:
        return self.in_named_order(bar)

    def in_named_order(self, values: Array) -> Array:
        listed: Array = values[self.free]
        return listed


class LevelAndChangeBlock(CovarianceBlock):
    """The joint covariance (2p, 2p) of levels and random slopes, which the parameters hold in three parts.

    span: time over which a slope counts internally, the planned end for slopes per time. Its variance is then that of
    the change by the end, as large as a variance of levels: per week it would seem to vanish.
    """

    def __init__(self, p: int, span: float) -> None:
        super().__init__("level_covariance", 2 * p, units=np.repeat([1.0, 1.0 / span], p))

    def read(self, parameters: Parameters) -> Array:
        return person_covariance(parameters)

    def read_gradient(self, gradient: Parameters) -> Array:
        # each entry of level_change_covariance occurs twice in the joint covariance
        both = 0.5 * require(gradient.level_change_covariance, "level_change_covariance")
        change = require(gradient.change_covariance, "change_covariance")
        return join_levels_and_slopes(gradient.level_covariance, both, change)

    def write(self, value: Array) -> dict[str, Array]:
        p = self.p // 2
        return {
            "level_covariance": value[:p, :p],
            "change_covariance": value[p:, p:],
            "level_change_covariance": value[:p, p:],
        }

    def in_named_order(self, values: Array) -> Array:
        p = self.p // 2
        lower = np.tril_indices(p)
        return np.concatenate([values[:p, :p][lower], values[p:, p:][lower], values[:p, p:].ravel()])

    def jacobian(self, x: Array) -> Array:
        rows: Array = super().jacobian(x)[self.named_positions()]
        return rows


class RateBlock(ParameterBlock):
    """The rate of a trend: log(rate · planned end) runs between its bounds along a logistic curve of x."""

    def __init__(self, planned_end: float) -> None:
        super().__init__("rate", ())
        self.planned_end, self.range = planned_end, float(np.log(MAX_BEND / MIN_BEND))

    def write(self, value: Array) -> dict[str, float]:
        return {"rate": float(value)}

    def value(self, x: Array) -> Array:
        return np.asarray(MIN_BEND * np.exp(self.range / (1 + np.exp(-x[0]))) / self.planned_end)

    def internal(self, value: Array) -> Array:
        share = np.log(np.clip(value * self.planned_end, 1.01 * MIN_BEND, 0.99 * MAX_BEND) / MIN_BEND) / self.range
        return np.array([np.log(share / (1 - share))])

    def pull_back(self, x: Array, bar: Array) -> Array:
        gradient: Array = np.atleast_1d(bar) * self.jacobian(x)[0]
        return gradient

    def jacobian(self, x: Array) -> Array:
        share = 1 / (1 + np.exp(-x[0]))
        return np.array([[self.value(x) * self.range * share * (1 - share)]])


@dataclass(frozen=True, eq=False)
class Transform(InternalScale[Parameters]):
    """The internal scale of a panel and specification, both standardised.

    unit: time units per internal one. centre: time at which the internal level is defined (trend linear).
    covariate_location, covariate_spread (c,): mean and SD. input_spread (k,): largest absolute input.
    """

    specification: Specification
    unit: float
    centre: float
    covariate_location: Array
    covariate_spread: Array
    input_spread: Array

    @property
    def reference_columns(self) -> NDArray[np.intp]:
        """Column of each construct's reference indicator (p,), whose points are the construct's unit."""
        construct_of = self.specification.construct_of
        return np.array([construct_of.index(c) for c in range(self.specification.p)], dtype=np.intp)

    def relocate(self, scaled: Parameters) -> Parameters:
        level = scaled.level_mean + self.location[self.reference_columns]
        if scaled.slope is not None:
            level = level - self.centre * scaled.slope
        if scaled.covariate_effect is not None:
            level = level - scaled.covariate_effect @ self.covariate_location
        if scaled.intercept is None or scaled.loading is None:
            return replace(scaled, level_mean=level)
        return replace(scaled, level_mean=level, intercept=scaled.intercept + self._intercept_shift(scaled.loading))

    def standardised(self, natural: Parameters) -> Array:
        """Return the internal numbers of parameters in points and the panel's time unit (the inverse of `natural`)."""
        level = natural.level_mean - self.location[self.reference_columns]
        if natural.slope is not None:
            level = level + self.centre * natural.slope
        if natural.covariate_effect is not None:
            level = level + natural.covariate_effect @ self.covariate_location
        centred = replace(natural, level_mean=level)
        if centred.intercept is not None and centred.loading is not None:
            centred = replace(centred, intercept=centred.intercept - self._intercept_shift(centred.loading))
        return np.concatenate([b.internal(b.read(centred) / self.factor(b.name)) for b in self.blocks])

    def _intercept_shift(self, loading: Array) -> Array:
        """Return the intercepts (q,) that centring removed: location − loading · location of the leading column."""
        lead = self.reference_columns[np.array(self.specification.construct_of)]
        shift: Array = self.location - loading * self.location[lead]
        return shift

    def jacobian(self, x: Array) -> Array:
        whole = super().jacobian(x)
        ends = np.cumsum([b.entries for b in self.blocks])
        rows = {b.name: slice(end - b.entries, end) for b, end in zip(self.blocks, ends, strict=True)}
        if "slope" in rows:
            whole[rows["level_mean"]] -= self.centre * whole[rows["slope"]]
        if "covariate_effect" in rows:
            effects = whole[rows["covariate_effect"]].reshape(self.specification.p, -1, self.size)
            whole[rows["level_mean"]] -= np.einsum("c,pcx->px", self.covariate_location, effects)
        if "intercept" in rows:
            spec = self.specification
            free = np.flatnonzero(~np.array(spec.is_reference))
            lead = self.reference_columns[np.array(spec.construct_of)][free]
            whole[rows["intercept"]] -= self.location[lead][:, None] * whole[rows["loading"]]
        return whole

    def factor(self, name: str) -> Array:
        d, u = self.spread[self.reference_columns], self.unit
        dd = np.multiply.outer(d, d)
        factors: dict[str, Array] = {
            "drift": np.divide.outer(d, d) / u,
            "diffusion": dd / u,
            "start_covariance": dd,
            "level_covariance": self._person_factor(d),
            "therapist_covariance": dd,
            "slope": d / u,
            "rate": np.asarray(1 / u),
            "therapy_effect": d / u,
            "covariate_effect": np.divide.outer(d, self.covariate_spread),
            "input_effect": np.divide.outer(d, self.input_spread) / u,
            "loading": self.spread / d[np.array(self.specification.construct_of)],
            "intercept": self.spread,
            "measurement_noise": self.spread**2,
        }
        return factors.get(name, d)

    def _person_factor(self, d: Array) -> Array:
        """Return the factor of the joint level and slope covariance.

        Random slopes are per time unit with no or a linear trend, else shares of the change by the planned end.
        """
        if self.specification.random_slopes:
            d = np.concatenate([d, d / self.unit if self.specification.slopes_per_time else d])
        return np.multiply.outer(d, d)


def build_transform(panel: Panel, specification: Specification) -> Transform:
    """Return the internal scale of a panel, in which every column must have scores that differ."""
    location, spread = np.nanmean(panel.scores, axis=0), np.nanstd(panel.scores, axis=0)
    gaps = np.diff(panel.times)
    unit = float(np.median(gaps[gaps > 0])) if (gaps > 0).any() else 1.0
    # with random slopes the level is defined at time 0, so time is not centred
    centred = specification.trend == Trend.LINEAR and not specification.random_slopes
    centre = float(panel.times.mean()) if centred else 0.0
    x, u = panel.covariates, panel.inputs
    x = x if x is not None and specification.covariates else np.zeros((panel.n_persons, 0))
    u = u if u is not None and specification.inputs else np.zeros((len(panel.times), 0))
    x_location, x_spread, u_spread = x.mean(axis=0), _positive(x.std(axis=0)), _positive(np.abs(u).max(axis=0))
    standard = replace(
        panel,
        times=(panel.times - centre) / unit,
        scores=(panel.scores - location) / spread,
        covariates=(x - x_location) / x_spread if specification.covariates else panel.covariates,
        inputs=u / u_spread if specification.inputs else panel.inputs,
    )
    return Transform(
        panel=standard,
        specification=replace(specification, planned_end=specification.planned_end / unit),
        parameters=Parameters,
        blocks=parameter_blocks(specification, specification.planned_end / unit),
        location=location,
        spread=spread,
        unit=unit,
        centre=centre,
        covariate_location=x_location,
        covariate_spread=x_spread,
        input_spread=u_spread,
    )


def _positive(spread: Array) -> Array:
    return np.where(spread > 0, spread, 1.0)


def parameter_blocks(spec: Specification, planned_end: float) -> tuple[ParameterBlock, ...]:
    """Return the blocks of a specification's parameters in the order of Parameters.named."""
    p = spec.p
    parts: list[ParameterBlock] = [DriftBlock(spec), CovarianceBlock("diffusion", p)]
    if spec.start == Start.FREE:
        parts.append(CovarianceBlock("start_covariance", p))
    span = planned_end if spec.slopes_per_time else 1.0
    parts.append(LevelAndChangeBlock(p, span) if spec.random_slopes else CovarianceBlock("level_covariance", p))
    if spec.therapists:
        parts.append(CovarianceBlock("therapist_covariance", p))
    parts.append(ParameterBlock("level_mean", (p,)))
    if spec.covariates:
        parts.append(ParameterBlock("covariate_effect", (p, len(spec.covariates))))
    if spec.trend == Trend.LINEAR:
        parts.append(ParameterBlock("slope", (p,)))
    if spec.trend == Trend.APART:
        parts.append(ParameterBlock("change", (p,)))
    if spec.trend == Trend.APART or (spec.trend == Trend.CARRIED and spec.random_slopes):
        parts.append(RateBlock(planned_end))
    if spec.free_start_mean:
        parts.append(ParameterBlock("start_mean", (p,)))
    elif spec.trend == Trend.CARRIED:
        parts.append(FixedBlock("start_mean", p))
    if spec.trend == Trend.CARRIED:
        parts.append(ParameterBlock("therapy_effect", (p,)))
    if spec.inputs:
        parts.append(ParameterBlock("input_effect", (p, len(spec.inputs))))
    if not spec.is_plain:
        parts += [ColumnBlock("loading", spec, 1.0), ColumnBlock("intercept", spec, 0.0)]
    return (*parts, VarianceBlock("measurement_noise", (len(spec.scores),)))
