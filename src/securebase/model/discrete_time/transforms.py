"""The internal scale of a model of waves: the same blocks, with all covariances turned side by side.

Scores are standardised by construct, not by wave, so that parameters that are equal over waves stay so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from securebase.model.discrete_time.specification import DiscreteTimeParameters, DiscreteTimeSpecification
from securebase.model.fit.optimise import Indices
from securebase.model.fit.transforms import CovarianceBlock, ParameterBlock
from securebase.model.panel import Panel
from securebase.model.parameters import Array, Start


@dataclass(frozen=True, eq=False)
class DiscreteTimeTransform:
    """Standardised panel and the blocks: lags, then every covariance (of the residuals wave by wave, of the start, of
    the levels), then means. location, spread: (p,) in points."""

    panel: Panel
    specification: DiscreteTimeSpecification
    blocks: tuple[ParameterBlock, ...]
    location: Array
    spread: Array

    @property
    def size(self) -> int:
        return sum(b.size for b in self.blocks)

    @property
    def log_likelihood_shift(self) -> float:
        """What to add to the log-likelihood of standardised scores to have that of the scores."""
        return -float(np.isfinite(self.panel.scores).sum(axis=0) @ np.log(self.spread))

    @property
    def covariances(self) -> list[CovarianceBlock]:
        return [b for b in self.blocks if isinstance(b, CovarianceBlock)]

    def where(self, name: str) -> Indices:
        """Positions of a block's numbers in x."""
        at = 0
        for block in self.blocks:
            if block.name == name:
                return np.arange(at, at + block.size)
            at += block.size
        return np.arange(0)

    def standard(self, x: Array) -> DiscreteTimeParameters:
        """Parameters in standard units."""
        lags, own, mean = self._split(x)
        L = self._roots(own)
        return self._gathered(lags, L @ L.transpose(0, 2, 1), mean)

    def internal(self, standard: DiscreteTimeParameters) -> Array:
        own = [b.internal(V) for b, V in zip(self.covariances, self._every_covariance(standard), strict=True)]
        return np.concatenate([standard.lags.ravel(), *own, standard.mean.ravel()])

    def pull(self, x: Array, gradient: DiscreteTimeParameters) -> Array:
        """∂x from the gradient along parameters in standard units, whose covariances are full and symmetric."""
        L = self._roots(self._split(x)[1])
        pulled = (2.0 * self._every_covariance(gradient) @ L)[:, *self._lower]
        own = np.where(self._on_diagonal, pulled * L[:, *self._lower], pulled)
        return np.concatenate([gradient.lags.ravel(), own.ravel(), gradient.mean.ravel()])

    def natural(self, x: Array) -> DiscreteTimeParameters:
        """Parameters in points."""
        own, d = self.standard(x), self.spread
        both = np.multiply.outer(d, d)
        return DiscreteTimeParameters(
            lags=own.lags * np.divide.outer(d, d),
            residual_covariance=own.residual_covariance * both,
            mean=self.location + own.mean * d,
            start_covariance=None if own.start_covariance is None else own.start_covariance * both,
            level_covariance=None if own.level_covariance is None else own.level_covariance * both,
        )

    def jacobian(self, x: Array) -> Array:
        """(named natural estimates, internal numbers)."""
        d = self.spread
        both = np.multiply.outer(d, d)[self._lower]
        factor = np.concatenate(
            [
                np.tile(np.divide.outer(d, d).ravel(), self.specification.n_lags),
                np.tile(both, len(self.covariances)),
                np.tile(d, self.specification.n_means),
            ]
        )
        return factor[:, None] * self.standard_jacobian(x)

    def standard_jacobian(self, x: Array) -> Array:
        """(named estimates in standard units, internal numbers)."""
        whole, at = np.zeros((self.size, self.size)), 0
        for block in self.blocks:
            own = slice(at, at + block.size)
            whole[own, own] = block.jacobian(x[own])
            at += block.size
        return whole

    def bent(self, x: Array, gradient: DiscreteTimeParameters) -> Array:
        """What the curves of the scale add to second derivatives along x (n, n): Σ gradient · ∂²covariance/∂x²."""
        whole = np.zeros((self.size, self.size))
        r, c = self._lower
        for block, bar in zip(self.covariances, self._every_covariance(gradient), strict=True):
            own = self.where(block.name)
            L = block.root(x[own])
            move = np.where(block.on_diagonal, L[block.lower], 1.0)
            bend = 2.0 * bar[r[:, None], r] * (c[:, None] == c) * np.multiply.outer(move, move)
            bend[np.diag_indices(block.size)] += np.where(block.on_diagonal, 2.0 * ((bar @ L) * L)[block.lower], 0.0)
            whole[np.ix_(own, own)] = bend
        return whole

    @property
    def _lower(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        rows, columns = np.tril_indices(self.specification.p)
        return rows, columns

    @property
    def _on_diagonal(self) -> NDArray[np.bool_]:
        rows, columns = self._lower
        on: NDArray[np.bool_] = rows == columns
        return on

    def _split(self, x: Array) -> tuple[Array, Array, Array]:
        of, p = self.specification, self.specification.p
        first, last = of.n_lags * p * p, len(x) - of.n_means * p
        return (
            x[:first].reshape(of.n_lags, p, p),
            x[first:last].reshape(of.n_covariances, -1),
            x[last:].reshape(of.n_means, p),
        )

    def _roots(self, own: Array) -> Array:
        L = np.zeros((len(own), self.specification.p, self.specification.p))
        on = self._on_diagonal
        L[:, *self._lower] = np.where(on, np.exp(np.where(on, own, 0.0)), own)
        return L

    def _gathered(self, lags: Array, covariances: Array, mean: Array) -> DiscreteTimeParameters:
        of = self.specification
        n = of.n_residuals
        return DiscreteTimeParameters(
            lags=lags,
            residual_covariance=covariances[:n],
            mean=mean,
            start_covariance=covariances[n] if of.start == Start.FREE else None,
            level_covariance=covariances[-1] if of.levels else None,
        )

    def _every_covariance(self, parameters: DiscreteTimeParameters) -> Array:
        more = [V for V in (parameters.start_covariance, parameters.level_covariance) if V is not None]
        return np.concatenate([parameters.residual_covariance, *(V[None] for V in more)])


def build_discrete_time_transform(panel: Panel, of: DiscreteTimeSpecification) -> DiscreteTimeTransform:
    """The internal scale for a panel of every wave; every construct must have scores that differ."""
    location, spread = np.nanmean(panel.scores, axis=0), np.nanstd(panel.scores, axis=0)
    numbers = [f" {of.first_wave + 1 + w}" for w in range(of.n_residuals)] if of.n_residuals > 1 else [""]
    names = [f"residual_covariance{n}" for n in numbers]
    names += ["start_covariance"] * (of.start == Start.FREE) + ["level_covariance"] * of.levels
    return DiscreteTimeTransform(
        panel=replace(panel, scores=(panel.scores - location) / spread),
        specification=of,
        blocks=(
            ParameterBlock("lags", (of.n_lags, of.p, of.p)),
            *(CovarianceBlock(name, of.p) for name in names),
            ParameterBlock("mean", (of.n_means, of.p)),
        ),
        location=location,
        spread=spread,
    )
