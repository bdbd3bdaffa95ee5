"""Blocks of parameters, each with an unconstrained internal form.

Means and effects are untransformed, variances enter by their logarithm, covariances by their log-Cholesky factor.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from securebase.model.parameters import Array


def block_diagonal(matrices: Sequence[Array]) -> Array:
    """Return matrices along the diagonal of zeros; faster than SciPy's for the small ones of a fit."""
    whole = np.zeros((sum(len(m) for m in matrices), sum(m.shape[1] for m in matrices)))
    row = column = 0
    for matrix in matrices:
        rows, columns = matrix.shape
        whole[row : row + rows, column : column + columns] = matrix
        row, column = row + rows, column + columns
    return whole


class ParameterBlock:
    """One block of parameters: `size` internal numbers, and `entries` natural ones in the order of their names."""

    def __init__(self, name: str, shape: tuple[int, ...]) -> None:
        self.name, self.shape = name, shape
        self.size = self.entries = int(np.prod(shape))

    def read(self, parameters: Any) -> Array:
        """Return this block of the parameters."""
        return np.asarray(getattr(parameters, self.name), dtype=np.float64)

    def read_gradient(self, gradient: Any) -> Array:
        return self.read(gradient)

    def write(self, value: Array) -> dict[str, Any]:
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

    def in_named_order(self, values: Array) -> Array:
        """Return the entries of a natural-scale array in the order of their names."""
        return np.asarray(values, dtype=np.float64).ravel()

    def named_positions(self) -> NDArray[np.intp]:
        """Return the position among the internal numbers that mainly sets each named entry; empty if held."""
        return np.arange(self.size)


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
    """Covariances L L', by the lower triangle of L row by row, with the logarithm of its diagonal (log-Cholesky).

    One covariance (p, p), or `count` of them (count, p, p). units (p,): standard units per internal unit of each row,
    so that a small log diagonal entry means a small variance in every row.
    """

    def __init__(self, name: str, p: int, count: int | None = None, *, units: Array | None = None) -> None:
        super().__init__(name, (p, p) if count is None else (count, p, p))
        self.p, self.units = p, np.ones(p) if units is None else units
        self.lower = np.tril_indices(p)
        self.on_diagonal: NDArray[np.bool_] = self.lower[0] == self.lower[1]
        self.size = self.entries = len(self.lower[0]) * (count or 1)
        # of every L, by one index: its entries row by row, and its diagonal
        self._entries, self._diagonal = (..., *self.lower), (..., np.arange(p), np.arange(p))

    @property
    def positions(self) -> NDArray[np.intp]:
        """Position of every entry of every L among the internal numbers (count, p, p), mirrored above the diagonal."""
        whole = np.zeros((self.size // len(self.lower[0]), self.p, self.p), dtype=np.intp)
        whole[:, *self.lower] = np.arange(self.size).reshape(len(whole), -1)
        return np.maximum(whole, whole.transpose(0, 2, 1))

    def root(self, x: Array) -> Array:
        """Return L, or all of them."""
        L, entries = np.zeros(self.shape), x.reshape(*self.shape[:-2], -1)
        L[self._entries] = entries
        L[self._diagonal] = np.exp(entries[..., self.on_diagonal])
        return self.units[:, None] * L

    def value(self, x: Array) -> Array:
        L = self.root(x)
        product: Array = L @ np.swapaxes(L, -1, -2)
        return product

    def internal(self, value: Array) -> Array:
        L = np.asarray(np.linalg.cholesky(value), dtype=np.float64) / self.units[:, None]
        L[self._diagonal] = np.log(L[self._diagonal])
        return L[self._entries].ravel()

    def pull_back(self, x: Array, bar: Array) -> Array:
        L = self.root(x)
        # ∂L = (V̄ + V̄') L, and ∂ log L_kk = L_kk ∂L_kk
        along_root: Array = self.add_triangles(bar) @ L
        diagonal = along_root[self._diagonal] * L[self._diagonal]
        along_root *= self.units[:, None]
        along_root[self._diagonal] = diagonal
        return along_root[self._entries].ravel()

    def add_triangles(self, bar: Array) -> Array:
        """Return V̄ + V̄'."""
        both: Array = bar + np.swapaxes(bar, -1, -2)
        return both

    def jacobian(self, x: Array) -> Array:
        return block_diagonal([self._jacobian_of(L) for L in self.root(x).reshape(-1, self.p, self.p)])

    def _jacobian_of(self, L: Array) -> Array:
        columns = []
        for i, j, diagonal in zip(*self.lower, self.on_diagonal, strict=True):
            # dV = dL L' + L dL'
            half = np.zeros(L.shape)
            half[i] += (L[i, i] if diagonal else self.units[i]) * L[:, j]
            columns.append((half + half.T)[self.lower])
        return np.array(columns).T

    def curvature(self, x: Array, bar: Array) -> Array:
        """Return Σ_k bar_k ∂²V_k / ∂x² (size, size) over all entries k; bar: full and symmetric, in `shape`."""
        roots, bars = (values.reshape(-1, self.p, self.p) for values in (self.root(x), bar))
        return block_diagonal([self._curvature_of(*pair) for pair in zip(roots, bars, strict=True)])

    def hessian(self, x: Array, bar: Array, form: Array) -> Array:
        """Return the Hessian along x of a function of one covariance V from its first and second derivatives along V.

        bar (p, p): gradient. form (p², p²): Hessian as a bilinear form of symmetric changes of V.
        """
        J = self._jacobian_of(self.root(x))[self.positions.ravel()]
        second: Array = J.T @ form @ J + self.curvature(x, bar)
        return second

    def _curvature_of(self, L: Array, bar: Array) -> Array:
        r, c = self.lower
        slope = np.where(self.on_diagonal, L[self.lower], self.units[r])
        second: Array = 2.0 * bar[r[:, None], r] * (c[:, None] == c) * np.multiply.outer(slope, slope)
        second[np.diag_indices(len(r))] += np.where(self.on_diagonal, 2.0 * ((bar @ L) * L)[self.lower], 0.0)
        return second

    def in_named_order(self, values: Array) -> Array:
        listed: Array = values[self._entries].ravel()
        return listed

    def named_positions(self) -> NDArray[np.intp]:
        return self.in_named_order(self.positions.reshape(self.shape).astype(np.float64)).astype(np.intp)
