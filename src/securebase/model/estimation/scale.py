"""The internal scale of the optimisation, an unconstrained reparametrisation, and its inverse.

Scores are standardised, so that the units of the data do not matter. A kind of model states its blocks, the factor from
each block's standard value to its natural one, and the shift of its means.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from securebase.model.estimation.blocks import CovarianceBlock, ParameterBlock, VarianceBlock, block_diagonal
from securebase.model.estimation.names import is_variance
from securebase.model.estimation.optimise import Indices
from securebase.model.panel import Panel
from securebase.model.parameters import Array


class NamedParameters(Protocol):
    """The parameters of a kind of model: fields that blocks read and write, and every estimate by name."""

    def named(self, specification: Any) -> dict[str, float]: ...


ParametersT = TypeVar("ParametersT", bound=NamedParameters)


@dataclass(frozen=True, eq=False)
class InternalScale(ABC, Generic[ParametersT]):
    """The standardised panel and specification, and the blocks of the internal numbers x in the order of their names.

    parameters: class of the natural parameters. location, spread (q,): mean and SD of every column of scores, in
    points.
    """

    panel: Panel
    specification: Any
    parameters: type[ParametersT]
    blocks: tuple[ParameterBlock, ...]
    location: Array
    spread: Array

    @abstractmethod
    def factor(self, name: str) -> Array:
        """Return the factor from a block's standard value to its natural value."""

    @abstractmethod
    def relocate(self, scaled: ParametersT) -> ParametersT:
        """Return parameters in points with their means shifted to the natural origin."""

    @property
    def size(self) -> int:
        return sum(b.size for b in self.blocks)

    @property
    def log_likelihood_shift(self) -> float:
        """Log Jacobian of the standardisation, to add to the log-likelihood of standardised scores."""
        return -float(np.isfinite(self.panel.scores).sum(axis=0) @ np.log(self.spread))

    @cached_property
    def _ends(self) -> list[int]:
        return list(accumulate(b.size for b in self.blocks))

    def parts(self, x: Array) -> list[tuple[ParameterBlock, Array]]:
        """Return every block with its numbers in x."""
        return [(b, x[end - b.size : end]) for b, end in zip(self.blocks, self._ends, strict=True)]

    def where(self, name: str) -> Indices:
        """Return the positions of a block's numbers in x; none without such a block."""
        for block, end in zip(self.blocks, self._ends, strict=True):
            if block.name == name:
                return np.arange(end - block.size, end)
        return np.arange(0)

    @cached_property
    def roots(self) -> tuple[NDArray[np.intp], ...]:
        """Positions in x of the entries of every Cholesky factor (p, p), mirrored above the diagonal."""
        covariances = (b for b in self.blocks if isinstance(b, CovarianceBlock))
        return tuple(at for block in covariances for at in self.where(block.name)[block.positions])

    @cached_property
    def variances(self) -> dict[int, str]:
        """Position in x → name for every log variance and every log diagonal entry of a Cholesky factor.

        The square of such an entry is a construct's variance given those before it. Variances of their own come first.
        """
        names = iter(self.natural(np.zeros(self.size)).named(self.specification))
        of_block = {block: [next(names) for _ in range(block.entries)] for block in self.blocks}
        ordered = sorted(self.blocks, key=lambda block: not isinstance(block, VarianceBlock))
        return {
            int(i): name
            for block in ordered
            for i, name in zip(self.where(block.name)[block.named_positions()], of_block[block], strict=False)
            if is_variance(name)
        }

    def standard(self, x: Array) -> ParametersT:
        """Return the parameters in standard units."""
        return self._assemble([(b, b.value(part)) for b, part in self.parts(x)])

    def internal(self, standard: ParametersT) -> Array:
        return np.concatenate([b.internal(b.read(standard)) for b in self.blocks])

    def pull_back(self, x: Array, gradient: ParametersT) -> Array:
        """Return the gradient along x from that along standard parameters, whose covariances are full and symmetric."""
        return np.concatenate([b.pull_back(part, b.read_gradient(gradient)) for b, part in self.parts(x)])

    def natural(self, x: Array) -> ParametersT:
        """Return the parameters in points and the panel's time unit."""
        return self.relocate(self._assemble([(b, b.value(part) * self.factor(b.name)) for b, part in self.parts(x)]))

    def jacobian(self, x: Array) -> Array:
        """Return ∂(named natural estimates) / ∂x (estimates, size), for the delta method."""
        factors = [b.in_named_order(np.broadcast_to(self.factor(b.name), b.shape)) for b in self.blocks]
        scaled: Array = np.concatenate(factors)[:, None] * self.standard_jacobian(x)
        return scaled

    def standard_jacobian(self, x: Array) -> Array:
        """Return ∂(named estimates in standard units) / ∂x (estimates, size)."""
        return block_diagonal([b.jacobian(part) for b, part in self.parts(x)])

    def _assemble(self, parts: list[tuple[ParameterBlock, Array]]) -> ParametersT:
        fields: dict[str, Any] = {}
        for block, value in parts:
            fields |= block.write(value)
        return self.parameters(**fields)
