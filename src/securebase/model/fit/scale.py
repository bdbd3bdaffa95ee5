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
LEAST_BEND, MOST_BEND = 0.1, 10.0


class Block:
    """One part of the parameters: `size` internal numbers, `entries` natural ones (as Parameters.named lists them)."""

    def __init__(self, name: str, shape: tuple[int, ...]) -> None:
        self.name, self.shape = name, shape
        self.size = self.entries = int(np.prod(shape))

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


class Fixed(Block):
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


class Variances(Block):
    """Variances by their logarithm."""

    def value(self, x: Array) -> Array:
        return np.exp(x)

    def internal(self, value: Array) -> Array:
        return np.log(value)

    def pull(self, x: Array, bar: Array) -> Array:
        return bar * np.exp(x)

    def jacobian(self, x: Array) -> Array:
        return np.diag(np.exp(x))


class Covariance(Block):
    """A covariance L L' by the lower triangle of L, row by row, its diagonal by logarithms."""

    def __init__(self, name: str, p: int) -> None:
        super().__init__(name, (p, p))
        self.lower = np.tril_indices(p)
        self.on_diagonal: NDArray[np.bool_] = self.lower[0] == self.lower[1]
        self.size = self.entries = len(self.lower[0])

    def root(self, x: Array) -> Array:
        L = np.zeros(self.shape)
        L[self.lower] = np.where(self.on_diagonal, np.exp(np.where(self.on_diagonal, x, 0.0)), x)
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
        return np.where(self.on_diagonal, pulled * L[self.lower], pulled)

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


class Rate(Block):
    """log(rate · planned end) runs from its least to its most along a logistic curve of x."""

    def __init__(self, planned_end: float) -> None:
        super().__init__("rate", ())
        self.planned_end, self.range = planned_end, float(np.log(MOST_BEND / LEAST_BEND))

    def value(self, x: Array) -> Array:
        return np.asarray(LEAST_BEND * np.exp(self.range / (1 + np.exp(-x[0]))) / self.planned_end)

    def internal(self, value: Array) -> Array:
        share = np.log(np.clip(value * self.planned_end, 1.01 * LEAST_BEND, 0.99 * MOST_BEND) / LEAST_BEND) / self.range
        return np.array([np.log(share / (1 - share))])

    def pull(self, x: Array, bar: Array) -> Array:
        pulled: Array = np.atleast_1d(bar) * self.jacobian(x)[0]
        return pulled

    def jacobian(self, x: Array) -> Array:
        share = 1 / (1 + np.exp(-x[0]))
        return np.array([[self.value(x) * self.range * share * (1 - share)]])


@dataclass(frozen=True, eq=False)
class Scale:
    """Standardised panel and specification, and the blocks of the internal scale. location, spread: (p,) in points;
    unit: time units in one internal one; centre: the time at which the internal level is taken (trend linear)."""

    panel: Panel
    specification: Specification
    blocks: tuple[Block, ...]
    location: Array
    spread: Array
    unit: float
    centre: float

    @property
    def size(self) -> int:
        return sum(b.size for b in self.blocks)

    @property
    def log_likelihood_shift(self) -> float:
        """What to add to the log-likelihood of standardised scores to have that of the scores."""
        return -float(np.isfinite(self.panel.scores).sum(axis=0) @ np.log(self.spread))

    def parts(self, x: Array) -> list[tuple[Block, Array]]:
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
        return _parameters({b.name: b.value(part) for b, part in self.parts(x)})

    def internal(self, standard: Parameters) -> Array:
        return np.concatenate([b.internal(getattr(standard, b.name)) for b in self.blocks])

    def pull(self, x: Array, gradient: Parameters) -> Array:
        return np.concatenate([b.pull(part, getattr(gradient, b.name)) for b, part in self.parts(x)])

    def natural(self, x: Array) -> Parameters:
        """Parameters in points and the panel's own time unit."""
        values = {b.name: b.value(part) * self._factor(b.name) for b, part in self.parts(x)}
        values["level_mean"] = values["level_mean"] + self.location
        if "slope" in values:
            values["level_mean"] = values["level_mean"] - self.centre * values["slope"]
        return _parameters(values)

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
        return whole

    def _factor(self, name: str) -> Array:
        """Natural value / standard value."""
        d, u = self.spread, self.unit
        both = np.multiply.outer(d, d)
        return {
            "drift": np.divide.outer(d, d) / u,
            "diffusion": both / u,
            "start_covariance": both,
            "level_covariance": both,
            "slope": d / u,
            "rate": np.asarray(1 / u),
            "therapy_effect": d / u,
            "measurement_noise": d**2,
        }.get(name, d)


def _parameters(values: dict[str, Array]) -> Parameters:
    rate = values.pop("rate", None)
    return Parameters(**values, rate=None if rate is None else float(rate))


def scale(panel: Panel, specification: Specification) -> Scale:
    """The internal scale for a panel: every construct must have scores that differ."""
    location, spread = np.nanmean(panel.scores, axis=0), np.nanstd(panel.scores, axis=0)
    gaps = np.diff(panel.times)
    unit = float(np.median(gaps[gaps > 0])) if (gaps > 0).any() else 1.0
    centre = float(panel.times.mean()) if specification.trend == Trend.LINEAR else 0.0
    standard = replace(panel, times=(panel.times - centre) / unit, scores=(panel.scores - location) / spread)
    return Scale(
        panel=standard,
        specification=replace(specification, planned_end=specification.planned_end / unit),
        blocks=_blocks(specification, specification.planned_end / unit),
        location=location,
        spread=spread,
        unit=unit,
        centre=centre,
    )


def _blocks(specification: Specification, planned_end: float) -> tuple[Block, ...]:
    p = specification.p
    blocks: list[Block] = [Block("drift", (p, p)), Covariance("diffusion", p)]
    if specification.start == Start.FREE:
        blocks.append(Covariance("start_covariance", p))
    blocks += [Covariance("level_covariance", p), Block("level_mean", (p,))]
    match specification.trend:
        case Trend.LINEAR:
            blocks.append(Block("slope", (p,)))
        case Trend.APART:
            blocks += [Block("change", (p,)), Rate(planned_end)]
        case Trend.CARRIED:
            blocks += [Fixed("start_mean", p), Block("therapy_effect", (p,))]
        case Trend.NONE:
            pass
    return (*blocks, Variances("measurement_noise", (p,)))
