"""The internal scale of a discrete-time panel model: the blocks of `fit.transforms`, with vectorised covariances.

Scores are standardised by construct, not by wave, which preserves equality constraints over waves.
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
    """The standardised panel and the blocks of the internal scale.

    Blocks: lags, covariances (residual by wave, start, level), means. location, spread (p,): mean and SD in points.
    """

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
        """Log Jacobian of the standardisation, to add to the log-likelihood of standardised scores."""
        return -float(np.isfinite(self.panel.scores).sum(axis=0) @ np.log(self.spread))

    @property
    def covariances(self) -> list[CovarianceBlock]:
        return [b for b in self.blocks if isinstance(b, CovarianceBlock)]

    def where(self, name: str) -> Indices:
        """Return the positions of a block's numbers in x."""
        start = 0
        for block in self.blocks:
            if block.name == name:
                return np.arange(start, start + block.size)
            start += block.size
        return np.arange(0)

    def standard(self, x: Array) -> DiscreteTimeParameters:
        """Return the parameters in standard units."""
        lags, own, mean = self._split(x)
        L = self._roots(own)
        return self._assemble(lags, L @ L.transpose(0, 2, 1), mean)

    def internal(self, standard: DiscreteTimeParameters) -> Array:
        own = [b.internal(V) for b, V in zip(self.covariances, self._every_covariance(standard), strict=True)]
        return np.concatenate([standard.lags.ravel(), *own, standard.mean.ravel()])

    def pull_back(self, x: Array, gradient: DiscreteTimeParameters) -> Array:
        """Return the gradient along x from that along standard parameters, whose covariances are full and symmetric.

        ∂L = 2 V̄ L, and ∂ log L_kk = L_kk ∂L_kk.
        """
        L = self._roots(self._split(x)[1])
        gradient_L = (2.0 * self._every_covariance(gradient) @ L)[:, *self._lower]
        own = np.where(self._on_diagonal, gradient_L * L[:, *self._lower], gradient_L)
        return np.concatenate([gradient.lags.ravel(), own.ravel(), gradient.mean.ravel()])

    def natural(self, x: Array) -> DiscreteTimeParameters:
        """Return the parameters in points."""
        standard, d = self.standard(x), self.spread
        both = np.multiply.outer(d, d)
        return DiscreteTimeParameters(
            lags=standard.lags * np.divide.outer(d, d),
            residual_covariance=standard.residual_covariance * both,
            mean=self.location + standard.mean * d,
            start_covariance=None if standard.start_covariance is None else standard.start_covariance * both,
            level_covariance=None if standard.level_covariance is None else standard.level_covariance * both,
        )

    def jacobian(self, x: Array) -> Array:
        """Return ∂(named natural estimates) / ∂x (estimates, size)."""
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
        """Return ∂(named estimates in standard units) / ∂x (estimates, size)."""
        whole, start = np.zeros((self.size, self.size)), 0
        for block in self.blocks:
            own = slice(start, start + block.size)
            whole[own, own] = block.jacobian(x[own])
            start += block.size
        return whole

    def curvature_term(self, x: Array, gradient: DiscreteTimeParameters) -> Array:
        """Return Σ_k gradient_k ∂²V_k / ∂x² (size, size), the part of the Hessian due to the log-Cholesky map."""
        whole = np.zeros((self.size, self.size))
        r, c = self._lower
        for block, bar in zip(self.covariances, self._every_covariance(gradient), strict=True):
            own = self.where(block.name)
            L = block.root(x[own])
            slope = np.where(block.on_diagonal, L[block.lower], 1.0)
            second = 2.0 * bar[r[:, None], r] * (c[:, None] == c) * np.multiply.outer(slope, slope)
            second[np.diag_indices(block.size)] += np.where(block.on_diagonal, 2.0 * ((bar @ L) * L)[block.lower], 0.0)
            whole[np.ix_(own, own)] = second
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
        spec, p = self.specification, self.specification.p
        first, last = spec.n_lags * p * p, len(x) - spec.n_means * p
        return (
            x[:first].reshape(spec.n_lags, p, p),
            x[first:last].reshape(spec.n_covariances, -1),
            x[last:].reshape(spec.n_means, p),
        )

    def _roots(self, own: Array) -> Array:
        L = np.zeros((len(own), self.specification.p, self.specification.p))
        on = self._on_diagonal
        L[:, *self._lower] = np.where(on, np.exp(np.where(on, own, 0.0)), own)
        return L

    def _assemble(self, lags: Array, covariances: Array, mean: Array) -> DiscreteTimeParameters:
        spec = self.specification
        n = spec.n_residuals
        return DiscreteTimeParameters(
            lags=lags,
            residual_covariance=covariances[:n],
            mean=mean,
            start_covariance=covariances[n] if spec.start == Start.FREE else None,
            level_covariance=covariances[-1] if spec.levels else None,
        )

    def _every_covariance(self, parameters: DiscreteTimeParameters) -> Array:
        more = [V for V in (parameters.start_covariance, parameters.level_covariance) if V is not None]
        return np.concatenate([parameters.residual_covariance, *(V[None] for V in more)])


def build_discrete_time_transform(panel: Panel, spec: DiscreteTimeSpecification) -> DiscreteTimeTransform:
    """Build the transform for a panel with a row for every wave; the scores of every construct must vary."""
    location, spread = np.nanmean(panel.scores, axis=0), np.nanstd(panel.scores, axis=0)
    numbers = [f" {spec.first_wave + 1 + w}" for w in range(spec.n_residuals)] if spec.n_residuals > 1 else [""]
    names = [f"residual_covariance{n}" for n in numbers]
    names += ["start_covariance"] * (spec.start == Start.FREE) + ["level_covariance"] * spec.levels
    return DiscreteTimeTransform(
        panel=replace(panel, scores=(panel.scores - location) / spread),
        specification=spec,
        blocks=(
            ParameterBlock("lags", (spec.n_lags, spec.p, spec.p)),
            *(CovarianceBlock(name, spec.p) for name in names),
            ParameterBlock("mean", (spec.n_means, spec.p)),
        ),
        location=location,
        spread=spread,
    )
