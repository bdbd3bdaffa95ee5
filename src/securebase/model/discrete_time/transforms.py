"""The internal scale of a discrete-time panel model.

Scores are standardised by construct, not by wave, which preserves equality constraints over waves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from securebase.model.discrete_time.specification import DiscreteTimeParameters, DiscreteTimeSpecification
from securebase.model.estimation.blocks import CovarianceBlock, ParameterBlock, block_diagonal
from securebase.model.estimation.scale import InternalScale
from securebase.model.panel import Panel
from securebase.model.parameters import Array
from securebase.model.specification import Start


class SymmetricBlock(CovarianceBlock):
    """Covariances whose gradient is symmetric except for rounding, which is not evened out."""

    def add_triangles(self, bar: Array) -> Array:
        return 2.0 * bar


@dataclass(frozen=True, eq=False)
class DiscreteTimeTransform(InternalScale[DiscreteTimeParameters]):
    """The internal scale of a panel with a row for every wave."""

    specification: DiscreteTimeSpecification

    def factor(self, name: str) -> Array:
        d = self.spread
        if name == "mean":
            return d
        return np.asarray(np.divide.outer(d, d) if name == "lags" else np.multiply.outer(d, d))

    def relocate(self, scaled: DiscreteTimeParameters) -> DiscreteTimeParameters:
        return replace(scaled, mean=self.location + scaled.mean)

    def curvature_term(self, x: Array, gradient: DiscreteTimeParameters) -> Array:
        """Return Σ_k gradient_k ∂²V_k / ∂x² (size, size), the part of the Hessian due to the log-Cholesky map."""
        curvatures = [
            block.curvature(part, block.read(gradient))
            if isinstance(block, CovarianceBlock)
            else np.zeros((block.size, block.size))
            for block, part in self.parts(x)
        ]
        return block_diagonal(curvatures)


def build_discrete_time_transform(panel: Panel, spec: DiscreteTimeSpecification) -> DiscreteTimeTransform:
    """Build the transform for a panel with a row for every wave; the scores of every construct must vary."""
    location, spread = np.nanmean(panel.scores, axis=0), np.nanstd(panel.scores, axis=0)
    start = [SymmetricBlock("start_covariance", spec.p)] if spec.start == Start.FREE else []
    levels = [SymmetricBlock("level_covariance", spec.p)] if spec.levels else []
    return DiscreteTimeTransform(
        panel=replace(panel, scores=(panel.scores - location) / spread),
        specification=spec,
        parameters=DiscreteTimeParameters,
        blocks=(
            ParameterBlock("lags", (spec.n_lags, spec.p, spec.p)),
            SymmetricBlock("residual_covariance", spec.p, spec.n_residuals),
            *start,
            *levels,
            ParameterBlock("mean", (spec.n_means, spec.p)),
        ),
        location=location,
        spread=spread,
    )
