"""The internal scale of the optimisation, an unconstrained reparametrisation, and its inverse.

Scores are standardised and time is in median gaps, so that the units of the data do not matter. Drift and means are
untransformed, variances enter by their logarithm, covariances by their log-Cholesky factor, and the rate of a trend
(apart) by a logit that keeps rate · planned end between 0.1 and 10.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from securebase.model.panel import Panel
from securebase.model.parameters import Array, Parameters, Specification, Start, Trend

#: bounds of rate · planned end: from a nearly linear trend to one that is complete in the first tenth
MIN_BEND, MAX_BEND = 0.1, 10.0


class ParameterBlock:
    """One block of parameters: `size` internal numbers, and `entries` natural ones in the order of Parameters.named."""

    def __init__(self, name: str, shape: tuple[int, ...]) -> None:
        self.name, self.shape = name, shape
        self.size = self.entries = int(np.prod(shape))

    def read(self, parameters: Parameters) -> Array:
        """Return this block of the parameters."""
        return np.asarray(getattr(parameters, self.name), dtype=np.float64)

    def read_gradient(self, gradient: Parameters) -> Array:
        return self.read(gradient)

    def write(self, value: Array) -> dict[str, Array]:
        """Return the fields of the parameters that this block fills."""
        return {self.name: value}

    def value(self, x: Array) -> Array:
        return x.reshape(self.shape)

    def internal(self, value: Array) -> Array:
        return np.asarray(value, dtype=np.float64).ravel()

    def pull_back(self, x: Array, bar: Array) -> Array:
        """Return the gradient along x from the gradient `bar` along the natural value (reverse mode)."""
        return np.asarray(bar, dtype=np.float64).ravel()

    def jacobian(self, x: Array) -> Array:
        """Return ∂entries / ∂x (entries, size)."""
        return np.eye(self.size)

    def in_named_order(self, matrix: Array) -> Array:
        """Return the entries of a natural-scale array in the order of Parameters.named."""
        return np.asarray(matrix, dtype=np.float64).ravel()


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

    def in_named_order(self, matrix: Array) -> Array:
        listed: Array = matrix[self.free]
        return listed


class VarianceBlock(ParameterBlock):
    """Variances, by their logarithms."""

    def value(self, x: Array) -> Array:
        return np.exp(x)

    def internal(self, value: Array) -> Array:
        return np.log(value)

    def pull_back(self, x: Array, bar: Array) -> Array:
        return bar * np.exp(x)

    def jacobian(self, x: Array) -> Array:
        return np.diag(np.exp(x))


class CovarianceBlock(ParameterBlock):
    """A covariance L L', by the lower triangle of L row by row, with the logarithm of its diagonal (log-Cholesky)."""

    def __init__(self, name: str, p: int) -> None:
        super().__init__(name, (p, p))
        self.lower = np.tril_indices(p)
        self.on_diagonal: NDArray[np.bool_] = self.lower[0] == self.lower[1]
        self.diagonal = np.diag_indices(p)
        self.size = self.entries = len(self.lower[0])

    def root(self, x: Array) -> Array:
        L = np.zeros(self.shape)
        L[self.lower] = x
        L[self.diagonal] = np.exp(x[self.on_diagonal])
        return L

    def value(self, x: Array) -> Array:
        L = self.root(x)
        product: Array = L @ L.T
        return product

    def internal(self, value: Array) -> Array:
        entries = np.linalg.cholesky(value)[self.lower]
        return np.where(self.on_diagonal, np.log(np.where(self.on_diagonal, entries, 1.0)), entries)

    def pull_back(self, x: Array, bar: Array) -> Array:
        L = self.root(x)
        # ∂L = (V̄ + V̄') L, and ∂ log L_kk = L_kk ∂L_kk
        gradient: Array = ((bar + bar.T) @ L)[self.lower]
        gradient[self.on_diagonal] *= L[self.diagonal]
        return gradient

    def jacobian(self, x: Array) -> Array:
        L = self.root(x)
        columns = []
        for i, j, diagonal in zip(*self.lower, self.on_diagonal, strict=True):
            # dV = dL L' + L dL'
            half = np.zeros(self.shape)
            half[i] += (L[i, i] if diagonal else 1.0) * L[:, j]
            columns.append((half + half.T)[self.lower])
        return np.array(columns).T

    def in_named_order(self, matrix: Array) -> Array:
        listed: Array = matrix[self.lower]
        return listed


class LevelAndChangeBlock(CovarianceBlock):
    """The joint covariance (2p, 2p) of levels and random slopes, which the parameters hold in three parts."""

    def __init__(self, p: int) -> None:
        super().__init__("level_covariance", 2 * p)
        self.p = p

    def read(self, parameters: Parameters) -> Array:
        cross = np.asarray(parameters.level_change_covariance)
        return np.block([[parameters.level_covariance, cross], [cross.T, np.asarray(parameters.change_covariance)]])

    def read_gradient(self, gradient: Parameters) -> Array:
        # each entry of level_change_covariance occurs twice in the joint covariance
        return self.read(replace(gradient, level_change_covariance=0.5 * np.asarray(gradient.level_change_covariance)))

    def write(self, value: Array) -> dict[str, Array]:
        p = self.p
        return {
            "level_covariance": value[:p, :p],
            "change_covariance": value[p:, p:],
            "level_change_covariance": value[:p, p:],
        }

    def in_named_order(self, matrix: Array) -> Array:
        lower, p = np.tril_indices(self.p), self.p
        return np.concatenate([matrix[:p, :p][lower], matrix[p:, p:][lower], matrix[:p, p:].ravel()])

    def jacobian(self, x: Array) -> Array:
        whole = super().jacobian(x)
        position = np.zeros(self.shape, dtype=np.intp)
        position[self.lower] = np.arange(self.size)
        position = np.maximum(position, position.T)
        order: NDArray[np.intp] = self.in_named_order(position.astype(np.float64)).astype(np.intp)
        rows: Array = whole[order]
        return rows


class RateBlock(ParameterBlock):
    """The rate of a trend: log(rate · planned end) runs between its bounds along a logistic curve of x."""

    def __init__(self, planned_end: float) -> None:
        super().__init__("rate", ())
        self.planned_end, self.range = planned_end, float(np.log(MAX_BEND / MIN_BEND))

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
class Transform:
    """The standardised panel and specification, and the blocks of the internal scale.

    location, spread (q,): mean and SD of every column of scores, in points. unit: time units per internal one. centre:
    time at which the internal level is defined (trend linear). covariate_location, covariate_spread (c,): mean and SD.
    input_spread (k,): largest absolute input.
    """

    panel: Panel
    specification: Specification
    blocks: tuple[ParameterBlock, ...]
    location: Array
    spread: Array
    unit: float
    centre: float
    covariate_location: Array
    covariate_spread: Array
    input_spread: Array

    @property
    def size(self) -> int:
        return sum(b.size for b in self.blocks)

    @property
    def log_likelihood_shift(self) -> float:
        """Log Jacobian of the standardisation, to add to the log-likelihood of standardised scores."""
        return -float(np.isfinite(self.panel.scores).sum(axis=0) @ np.log(self.spread))

    @property
    def reference_columns(self) -> NDArray[np.intp]:
        """Column of each construct's reference indicator (p,), whose points are the construct's unit."""
        construct_of = self.specification.construct_of
        return np.array([construct_of.index(c) for c in range(self.specification.p)], dtype=np.intp)

    def parts(self, x: Array) -> list[tuple[ParameterBlock, Array]]:
        """Return every block with its numbers in x."""
        ends = np.cumsum([b.size for b in self.blocks])
        return [(b, x[end - b.size : end]) for b, end in zip(self.blocks, ends, strict=True)]

    def where(self, name: str) -> NDArray[np.intp]:
        """Return the positions of a block's numbers in x."""
        start = 0
        for block in self.blocks:
            if block.name == name:
                return np.arange(start, start + block.size)
            start += block.size
        return np.arange(0)

    def standard(self, x: Array) -> Parameters:
        """Return the parameters in standard units."""
        return _parameters([(b, b.value(part)) for b, part in self.parts(x)])

    def internal(self, standard: Parameters) -> Array:
        return np.concatenate([b.internal(b.read(standard)) for b in self.blocks])

    def pull_back(self, x: Array, gradient: Parameters) -> Array:
        return np.concatenate([b.pull_back(part, b.read_gradient(gradient)) for b, part in self.parts(x)])

    def natural(self, x: Array) -> Parameters:
        """Return the parameters in points and the panel's time unit."""
        natural = _parameters([(b, b.value(part) * self._factor(b.name)) for b, part in self.parts(x)])
        level = natural.level_mean + self.location[self.reference_columns]
        if natural.slope is not None:
            level = level - self.centre * natural.slope
        if natural.covariate_effect is not None:
            level = level - natural.covariate_effect @ self.covariate_location
        if natural.intercept is None or natural.loading is None:
            return replace(natural, level_mean=level)
        return replace(natural, level_mean=level, intercept=natural.intercept + self._intercept_shift(natural.loading))

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
        return np.concatenate([b.internal(b.read(centred) / self._factor(b.name)) for b in self.blocks])

    def _intercept_shift(self, loading: Array) -> Array:
        """Return the intercepts (q,) that centring removed: location − loading · location of the leading column."""
        lead = self.reference_columns[np.array(self.specification.construct_of)]
        shift: Array = self.location - loading * self.location[lead]
        return shift

    def jacobian(self, x: Array) -> Array:
        """Return ∂(named natural estimates) / ∂x (estimates, size), for the delta method."""
        whole = np.zeros((sum(b.entries for b in self.blocks), self.size))
        row, rows = 0, {}
        for block, part in self.parts(x):
            rows[block.name] = slice(row, row + block.entries)
            factor = block.in_named_order(np.broadcast_to(self._factor(block.name), block.shape))
            whole[rows[block.name], self.where(block.name)] = factor[:, None] * block.jacobian(part)
            row += block.entries
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

    def _factor(self, name: str) -> Array:
        """Return the factor from a block's standard value to its natural value."""
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
            per_time = self.specification.trend in (Trend.NONE, Trend.LINEAR)
            d = np.concatenate([d, d / self.unit if per_time else d])
        return np.multiply.outer(d, d)


def _parameters(parts: list[tuple[ParameterBlock, Array]]) -> Parameters:
    """Build parameters from blocks with their natural values."""
    values: dict[str, Array] = {}
    for block, value in parts:
        values |= block.write(value)
    rate = values.pop("rate", None)
    return Parameters(**values, rate=None if rate is None else float(rate))


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
    parts: list[ParameterBlock] = [ParameterBlock("drift", (p, p)), CovarianceBlock("diffusion", p)]
    if spec.start == Start.FREE:
        parts.append(CovarianceBlock("start_covariance", p))
    parts.append(LevelAndChangeBlock(p) if spec.random_slopes else CovarianceBlock("level_covariance", p))
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
