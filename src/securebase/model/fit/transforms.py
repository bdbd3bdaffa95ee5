"""The internal scale on which a fit climbs, and the way back to the natural one.

Scores are standardised and time is counted in median gaps, so that days or points make no difference. Then the drift
and the means are taken as they are, variances by their logarithm, covariances by their log-Cholesky factor, and the
rate of a trend (apart) so that rate · planned end stays between 0.1 and 10.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from securebase.model.panel import Panel
from securebase.model.parameters import Array, Parameters, Specification, Start, Trend

#: rate · planned end lies between these: from almost a straight line to all change in the first tenth
MIN_BEND, MAX_BEND = 0.1, 10.0


class ParameterBlock:
    """One part of the parameters: `size` internal numbers, `entries` natural ones (as Parameters.named lists them)."""

    def __init__(self, name: str, shape: tuple[int, ...]) -> None:
        self.name, self.shape = name, shape
        self.size = self.entries = int(np.prod(shape))

    def read(self, parameters: Parameters) -> Array:
        """This part of the parameters."""
        return np.asarray(getattr(parameters, self.name), dtype=np.float64)

    def read_gradient(self, gradient: Parameters) -> Array:
        return self.read(gradient)

    def write(self, value: Array) -> dict[str, Array]:
        """The parameters' fields that this part fills."""
        return {self.name: value}

    def value(self, x: Array) -> Array:
        return x.reshape(self.shape)

    def internal(self, value: Array) -> Array:
        return np.asarray(value, dtype=np.float64).ravel()

    def pull(self, x: Array, bar: Array) -> Array:
        """∂x from ∂value."""
        return np.asarray(bar, dtype=np.float64).ravel()

    def jacobian(self, x: Array) -> Array:
        """(entries, size): how the natural entries move with x."""
        return np.eye(self.size)

    def listed(self, matrix: Array) -> Array:
        """The entries of a natural-scale array in the order of Parameters.named."""
        return np.asarray(matrix, dtype=np.float64).ravel()


class FixedBlock(ParameterBlock):
    """Held at zero: entries to report, nothing to estimate."""

    def __init__(self, name: str, p: int) -> None:
        super().__init__(name, (p,))
        self.size = 0

    def value(self, x: Array) -> Array:
        return np.zeros(self.shape)

    def internal(self, value: Array) -> Array:
        return np.empty(0)

    def pull(self, x: Array, bar: Array) -> Array:
        return np.empty(0)

    def jacobian(self, x: Array) -> Array:
        return np.zeros((self.entries, 0))


class ColumnBlock(ParameterBlock):
    """A number for every column of scores (q,), free for all but each construct's first, which has `leading`."""

    def __init__(self, name: str, of: Specification, leading: float) -> None:
        super().__init__(name, (len(of.scores),))
        self.free: NDArray[np.intp] = np.flatnonzero(~np.array(of.leading))
        self.size = self.entries = len(self.free)
        self.leading = leading

    def value(self, x: Array) -> Array:
        value = np.full(self.shape, self.leading)
        value[self.free] = x
        return value

    def internal(self, value: Array) -> Array:
        return self.listed(value)

    def pull(self, x: Array, bar: Array) -> Array:
        return self.listed(bar)

    def listed(self, matrix: Array) -> Array:
        listed: Array = matrix[self.free]
        return listed


class VarianceBlock(ParameterBlock):
    """Variances by their logarithm."""

    def value(self, x: Array) -> Array:
        return np.exp(x)

    def internal(self, value: Array) -> Array:
        return np.log(value)

    def pull(self, x: Array, bar: Array) -> Array:
        return bar * np.exp(x)

    def jacobian(self, x: Array) -> Array:
        return np.diag(np.exp(x))


class CovarianceBlock(ParameterBlock):
    """A covariance L L' by the lower triangle of L, row by row, its diagonal by logarithms."""

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

    def pull(self, x: Array, bar: Array) -> Array:
        L = self.root(x)
        pulled: Array = ((bar + bar.T) @ L)[self.lower]
        pulled[self.on_diagonal] *= L[self.diagonal]
        return pulled

    def jacobian(self, x: Array) -> Array:
        L = self.root(x)
        columns = []
        for i, j, diagonal in zip(*self.lower, self.on_diagonal, strict=True):
            moved = np.zeros(self.shape)
            moved[i] += (L[i, i] if diagonal else 1.0) * L[:, j]
            columns.append((moved + moved.T)[self.lower])
        return np.array(columns).T

    def listed(self, matrix: Array) -> Array:
        listed: Array = matrix[self.lower]
        return listed


class LevelAndChangeBlock(CovarianceBlock):
    """The joint covariance (2p, 2p) of level and change of one's own, which the parameters hold in three parts."""

    def __init__(self, p: int) -> None:
        super().__init__("level_covariance", 2 * p)
        self.p = p

    def read(self, parameters: Parameters) -> Array:
        both = np.asarray(parameters.level_change_covariance)
        return np.block([[parameters.level_covariance, both], [both.T, np.asarray(parameters.change_covariance)]])

    def read_gradient(self, gradient: Parameters) -> Array:
        # an entry of level_change_covariance stands for two of the joint one
        return self.read(replace(gradient, level_change_covariance=0.5 * np.asarray(gradient.level_change_covariance)))

    def write(self, value: Array) -> dict[str, Array]:
        p = self.p
        return {
            "level_covariance": value[:p, :p],
            "change_covariance": value[p:, p:],
            "level_change_covariance": value[:p, p:],
        }

    def listed(self, matrix: Array) -> Array:
        own, p = np.tril_indices(self.p), self.p
        return np.concatenate([matrix[:p, :p][own], matrix[p:, p:][own], matrix[:p, p:].ravel()])

    def jacobian(self, x: Array) -> Array:
        whole = super().jacobian(x)
        place = np.zeros(self.shape, dtype=np.intp)
        place[self.lower] = np.arange(self.size)
        place = np.maximum(place, place.T)
        order: NDArray[np.intp] = self.listed(place.astype(np.float64)).astype(np.intp)
        rows: Array = whole[order]
        return rows


class RateBlock(ParameterBlock):
    """log(rate · planned end) runs from its least to its most along a logistic curve of x."""

    def __init__(self, planned_end: float) -> None:
        super().__init__("rate", ())
        self.planned_end, self.range = planned_end, float(np.log(MAX_BEND / MIN_BEND))

    def value(self, x: Array) -> Array:
        return np.asarray(MIN_BEND * np.exp(self.range / (1 + np.exp(-x[0]))) / self.planned_end)

    def internal(self, value: Array) -> Array:
        share = np.log(np.clip(value * self.planned_end, 1.01 * MIN_BEND, 0.99 * MAX_BEND) / MIN_BEND) / self.range
        return np.array([np.log(share / (1 - share))])

    def pull(self, x: Array, bar: Array) -> Array:
        pulled: Array = np.atleast_1d(bar) * self.jacobian(x)[0]
        return pulled

    def jacobian(self, x: Array) -> Array:
        share = 1 / (1 + np.exp(-x[0]))
        return np.array([[self.value(x) * self.range * share * (1 - share)]])


@dataclass(frozen=True, eq=False)
class Transform:
    """Standardised panel and specification, and the blocks of the internal scale.

    location, spread (q,): of every column of scores, in points. unit: time units in one internal one. centre: the time
    at which the internal level is taken (trend linear). covariate_location, covariate_spread (c,); input_spread (k,).
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
        """What to add to the log-likelihood of standardised scores to have that of the scores."""
        return -float(np.isfinite(self.panel.scores).sum(axis=0) @ np.log(self.spread))

    @property
    def leading(self) -> NDArray[np.intp]:
        """The column of scores in whose points each construct is (p,)."""
        of = self.specification.construct_of
        return np.array([of.index(c) for c in range(self.specification.p)], dtype=np.intp)

    def parts(self, x: Array) -> list[tuple[ParameterBlock, Array]]:
        ends = np.cumsum([b.size for b in self.blocks])
        return [(b, x[end - b.size : end]) for b, end in zip(self.blocks, ends, strict=True)]

    def where(self, name: str) -> NDArray[np.intp]:
        """Positions of a block's numbers in x."""
        at = 0
        for block in self.blocks:
            if block.name == name:
                return np.arange(at, at + block.size)
            at += block.size
        return np.arange(0)

    def standard(self, x: Array) -> Parameters:
        """Parameters in standard units."""
        return _parameters([(b, b.value(part)) for b, part in self.parts(x)])

    def internal(self, standard: Parameters) -> Array:
        return np.concatenate([b.internal(b.read(standard)) for b in self.blocks])

    def pull(self, x: Array, gradient: Parameters) -> Array:
        return np.concatenate([b.pull(part, b.read_gradient(gradient)) for b, part in self.parts(x)])

    def natural(self, x: Array) -> Parameters:
        """Parameters in points and the panel's own time unit."""
        own = _parameters([(b, b.value(part) * self._factor(b.name)) for b, part in self.parts(x)])
        level = own.level_mean + self.location[self.leading]
        if own.slope is not None:
            level = level - self.centre * own.slope
        if own.covariate_effect is not None:
            level = level - own.covariate_effect @ self.covariate_location
        if own.intercept is None or own.loading is None:
            return replace(own, level_mean=level)
        return replace(own, level_mean=level, intercept=own.intercept + self._base(own.loading))

    def standardised(self, natural: Parameters) -> Array:
        """Internal numbers of parameters in points and the panel's own time unit: the reverse of `natural`."""
        level = natural.level_mean - self.location[self.leading]
        if natural.slope is not None:
            level = level + self.centre * natural.slope
        if natural.covariate_effect is not None:
            level = level + natural.covariate_effect @ self.covariate_location
        own = replace(natural, level_mean=level)
        if own.intercept is not None and own.loading is not None:
            own = replace(own, intercept=own.intercept - self._base(own.loading))
        return np.concatenate([b.internal(b.read(own) / self._factor(b.name)) for b in self.blocks])

    def _base(self, loading: Array) -> Array:
        """What a column's intercept gains from columns having been centred (q,)."""
        lead = self.leading[np.array(self.specification.construct_of)]
        base: Array = self.location - loading * self.location[lead]
        return base

    def jacobian(self, x: Array) -> Array:
        """(named natural estimates, internal numbers)."""
        whole = np.zeros((sum(b.entries for b in self.blocks), self.size))
        row, rows = 0, {}
        for block, part in self.parts(x):
            rows[block.name] = slice(row, row + block.entries)
            factor = block.listed(np.broadcast_to(self._factor(block.name), block.shape))
            whole[rows[block.name], self.where(block.name)] = factor[:, None] * block.jacobian(part)
            row += block.entries
        if "slope" in rows:
            whole[rows["level_mean"]] -= self.centre * whole[rows["slope"]]
        if "covariate_effect" in rows:
            effects = whole[rows["covariate_effect"]].reshape(self.specification.p, -1, self.size)
            whole[rows["level_mean"]] -= np.einsum("c,pcx->px", self.covariate_location, effects)
        if "intercept" in rows:
            of = self.specification
            free = np.flatnonzero(~np.array(of.leading))
            lead = self.leading[np.array(of.construct_of)][free]
            whole[rows["intercept"]] -= self.location[lead][:, None] * whole[rows["loading"]]
        return whole

    def _factor(self, name: str) -> Array:
        """Natural value / standard value."""
        d, u = self.spread[self.leading], self.unit
        both = np.multiply.outer(d, d)
        factors: dict[str, Array] = {
            "drift": np.divide.outer(d, d) / u,
            "diffusion": both / u,
            "start_covariance": both,
            "level_covariance": self._person_factor(d),
            "therapist_covariance": both,
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
        """Change of one's own is per time unit where there is no share of change by the planned end."""
        if self.specification.random_slopes:
            per_time = self.specification.trend in (Trend.NONE, Trend.LINEAR)
            d = np.concatenate([d, d / self.unit if per_time else d])
        return np.multiply.outer(d, d)


def _parameters(parts: list[tuple[ParameterBlock, Array]]) -> Parameters:
    values: dict[str, Array] = {}
    for block, value in parts:
        values |= block.write(value)
    rate = values.pop("rate", None)
    return Parameters(**values, rate=None if rate is None else float(rate))


def build_transform(panel: Panel, specification: Specification) -> Transform:
    """The internal scale for a panel: every column must have scores that differ."""
    location, spread = np.nanmean(panel.scores, axis=0), np.nanstd(panel.scores, axis=0)
    gaps = np.diff(panel.times)
    unit = float(np.median(gaps[gaps > 0])) if (gaps > 0).any() else 1.0
    # a level of one's own is taken at time 0 where there is change of one's own, so nothing is centred there
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


def parameter_blocks(of: Specification, planned_end: float) -> tuple[ParameterBlock, ...]:
    """The parts of a specification's parameters in the order of Parameters.named."""
    p = of.p
    parts: list[ParameterBlock] = [ParameterBlock("drift", (p, p)), CovarianceBlock("diffusion", p)]
    if of.start == Start.FREE:
        parts.append(CovarianceBlock("start_covariance", p))
    parts.append(LevelAndChangeBlock(p) if of.random_slopes else CovarianceBlock("level_covariance", p))
    if of.therapists:
        parts.append(CovarianceBlock("therapist_covariance", p))
    parts.append(ParameterBlock("level_mean", (p,)))
    if of.covariates:
        parts.append(ParameterBlock("covariate_effect", (p, len(of.covariates))))
    if of.trend == Trend.LINEAR:
        parts.append(ParameterBlock("slope", (p,)))
    if of.trend == Trend.APART:
        parts.append(ParameterBlock("change", (p,)))
    if of.trend == Trend.APART or (of.trend == Trend.CARRIED and of.random_slopes):
        parts.append(RateBlock(planned_end))
    if of.free_start_mean:
        parts.append(ParameterBlock("start_mean", (p,)))
    elif of.trend == Trend.CARRIED:
        parts.append(FixedBlock("start_mean", p))
    if of.trend == Trend.CARRIED:
        parts.append(ParameterBlock("therapy_effect", (p,)))
    if of.inputs:
        parts.append(ParameterBlock("input_effect", (p, len(of.inputs))))
    if not of.is_plain:
        parts += [ColumnBlock("loading", of, 1.0), ColumnBlock("intercept", of, 0.0)]
    return (*parts, VarianceBlock("measurement_noise", (len(of.scores),)))
