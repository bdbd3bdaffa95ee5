"""Tables over gaps for a drift given by its eigenvectors, and their adjoint: in NumPy, and compiled if built.

A = V diag(values) V⁻¹ gives Phi_u = Σ_k exp(values_k u) V_k V⁻¹_k; with the stationary covariance P,
Q_u = P − Phi_u P Phi_u'.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from securebase.model.parameters import Array

Eigen = NDArray[np.float64] | NDArray[np.complex128]

_compiled: ModuleType | None
try:
    _compiled = import_module("securebase.model.kernel._tables")
except ImportError:
    _compiled = None

AVAILABLE = _compiled is not None


def spectral_components(values: Eigen, V: Eigen, W: Eigen) -> Array:
    """Return the matrices (p, p, p) that multiply the p real functions of a gap in Phi_u.

    A real eigenvalue has V_k V⁻¹_k for exp(value u). A conjugate pair a ± ib at k and k + 1 has twice its real part for
    exp(a u) cos(b u), and twice its imaginary part for −exp(a u) sin(b u).
    """
    each = V.T[:, :, None] * W[:, None, :]
    if not np.iscomplexobj(each):
        return np.ascontiguousarray(each)
    first, second = pairs(values)
    components = np.ascontiguousarray(each.real)
    components[first], components[second] = 2.0 * each[first].real, 2.0 * each[first].imag
    return components


def pairs(values: Eigen) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the positions of first and second members of all conjugate pairs (NumPy lists them next to each other)."""
    first = np.flatnonzero(values.imag > 0)
    return first, first + 1


@dataclass(frozen=True, eq=False)
class GapTables:
    """Tables over g gaps: powers (g, p), the real functions; transition and shock_covariance (g, p, p)."""

    powers: Array
    transition: Array
    shock_covariance: Array


def build(values: Eigen, split: Array, stationary: Array, gaps: Array, *, compiled: bool) -> GapTables:
    """Build the tables from eigenvalues (p,), `spectral_components` and the stationary covariance (p, p)."""
    g, p = len(gaps), len(stationary)
    if _compiled is not None and compiled:
        built = GapTables(np.empty((g, p)), np.empty((g, p, p)), np.empty((g, p, p)))
        re, im = _halves(values)
        _compiled.make(p, gaps, re, im, split, stationary, built.powers, built.transition, built.shock_covariance)
        return built
    powers = _powers(values, gaps)
    # one product per gap: BLAS would thread one large product, and threads wait on a busy machine
    Phi = (powers[:, None, :] @ split.reshape(-1, p * p)).reshape(-1, p, p)
    Q = stationary - Phi @ stationary @ Phi.transpose(0, 2, 1)
    return GapTables(powers, Phi, 0.5 * (Q + Q.transpose(0, 2, 1)))


def reverse(
    values: Eigen,
    split: Array,
    stationary: Array,
    gaps: Array,
    *,
    tables: GapTables,
    bars: tuple[Array, Array],
    compiled: bool,
) -> tuple[Array, Array, Eigen, Eigen]:
    """Return the adjoints of the tables.

    `bars` are ∂Phi and ∂Q (symmetric). Returned: ∂Phi completed by the part through Q, ∂Phi − 2 ∂Q Phi P (g, p, p);
    ∂P = Σ_u ∂Q − Phi' ∂Q Phi (p, p); Σ_u e_k ∂Phi and Σ_u u e_k ∂Phi, each (p, p, p), with e_k = exp(values_k u).
    """
    p = len(stationary)
    if _compiled is not None and compiled:
        total, P_bar = bars[0].copy(), np.zeros((p, p))
        summed = np.zeros((2, p, p, p))
        buffers = (tables.powers, tables.transition, tables.shock_covariance)
        _compiled.reverse(p, gaps, *_halves(values), split, stationary, *buffers, total, bars[1], P_bar, summed)
        once, by_gap = summed
    else:
        Phi = tables.transition
        carried = bars[1] @ Phi
        P_bar = bars[1].sum(axis=0) - (Phi.transpose(0, 2, 1) @ carried).sum(axis=0)
        total = bars[0] - 2.0 * carried @ stationary
        once = np.einsum("gk,gij->kij", tables.powers, total)
        by_gap = np.einsum("gk,gij->kij", gaps[:, None] * tables.powers, total)
    return total, P_bar, _sums_over_exponentials(values, once), _sums_over_exponentials(values, by_gap)


def _sums_over_exponentials(values: Eigen, sums: Array) -> Eigen:
    """Convert sums over the real functions (p, p, p) to sums over exp(values_k u)."""
    if not np.iscomplexobj(values):
        return sums
    first, second = pairs(values)
    whole: NDArray[np.complex128] = sums.astype(np.complex128)
    whole[first] = sums[first] - 1j * sums[second]
    whole[second] = sums[first] + 1j * sums[second]
    return whole


def _halves(values: Eigen) -> tuple[Array, Array]:
    return np.ascontiguousarray(values.real, dtype=np.float64), np.ascontiguousarray(values.imag, dtype=np.float64)


def _powers(values: Eigen, gaps: Array) -> Array:
    """Return the p real functions at every gap (g, p)."""
    e = np.exp(np.multiply.outer(gaps, values))
    if not np.iscomplexobj(e):
        return np.asarray(e, dtype=np.float64)
    first, second = pairs(values)
    powers: Array = e.real.copy()
    powers[:, second] = -e[:, first].imag
    return powers
