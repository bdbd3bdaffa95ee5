"""Tables over gaps for a drift given by its eigenvectors, and their reverse: in NumPy, and compiled where it was built.

A = V diag(values) V⁻¹ gives Phi_u = Σ_k exp(values_k u) V_k V⁻¹_k; with the stationary covariance P it is
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
    """The matrices (p, p, p) that p real functions of a gap are multiplied with: V_k V⁻¹_k for a real eigenvalue. A
    conjugate pair a ± ib at k and k + 1 has twice its real part for exp(a u) cos(b u), and twice its imaginary part for
    −exp(a u) sin(b u)."""
    each = V.T[:, :, None] * W[:, None, :]
    if not np.iscomplexobj(each):
        return np.ascontiguousarray(each)
    first, second = pairs(values)
    found = np.ascontiguousarray(each.real)
    found[first], found[second] = 2.0 * each[first].real, 2.0 * each[first].imag
    return found


def pairs(values: Eigen) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Positions of the first and of the second of every conjugate pair (NumPy lists the two one after the other)."""
    first = np.flatnonzero(values.imag > 0)
    return first, first + 1


@dataclass(frozen=True, eq=False)
class GapTables:
    """powers (g, p): the real functions at every gap. transition, shocks (g, p, p)."""

    powers: Array
    transition: Array
    shock_covariance: Array


def build(values: Eigen, split: Array, stationary: Array, gaps: Array, *, compiled: bool) -> GapTables:
    """From eigenvalues (p,), `spectral_components` and the stationary covariance (p, p)."""
    g, p = len(gaps), len(stationary)
    if _compiled is not None and compiled:
        made = GapTables(np.empty((g, p)), np.empty((g, p, p)), np.empty((g, p, p)))
        re, im = _halves(values)
        _compiled.make(p, gaps, re, im, split, stationary, made.powers, made.transition, made.shock_covariance)
        return made
    powers = _powers(values, gaps)
    # gap by gap and not as one large product: a product large enough for threads waits for them on a busy machine
    Phi = (powers[:, None, :] @ split.reshape(-1, p * p)).reshape(-1, p, p)
    Q = stationary - Phi @ stationary @ Phi.transpose(0, 2, 1)
    return GapTables(powers, Phi, 0.5 * (Q + Q.transpose(0, 2, 1)))


def reverse(
    values: Eigen,
    split: Array,
    stationary: Array,
    gaps: Array,
    *,
    made: GapTables,
    bars: tuple[Array, Array],
    compiled: bool,
) -> tuple[Array, Array, Eigen, Eigen]:
    """(∂Phi with what comes through Q, (g, p, p); ∂P (p, p); Σ_u e_k ∂Phi and Σ_u u e_k ∂Phi, each (p, p, p)).

    e_k = exp(values_k u); `bars` are ∂Phi and ∂Q, ∂Q symmetric.
    """
    p = len(stationary)
    if _compiled is not None and compiled:
        total, P_bar = bars[0].copy(), np.zeros((p, p))
        summed = np.zeros((2, p, p, p))
        tables = (made.powers, made.transition, made.shock_covariance)
        _compiled.reverse(p, gaps, *_halves(values), split, stationary, *tables, total, bars[1], P_bar, summed)
        once, by_gap = summed
    else:
        Phi = made.transition
        carried = bars[1] @ Phi
        P_bar = bars[1].sum(axis=0) - (Phi.transpose(0, 2, 1) @ carried).sum(axis=0)
        total = bars[0] - 2.0 * carried @ stationary
        once = np.einsum("gk,gij->kij", made.powers, total)
        by_gap = np.einsum("gk,gij->kij", gaps[:, None] * made.powers, total)
    return total, P_bar, _whole(values, once), _whole(values, by_gap)


def _whole(values: Eigen, sums: Array) -> Eigen:
    """From sums over the real functions (p, p, p) to sums over exp(values_k u)."""
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
    """The p real functions at every gap (g, p)."""
    e = np.exp(np.multiply.outer(gaps, values))
    if not np.iscomplexobj(e):
        return np.asarray(e, dtype=np.float64)
    first, second = pairs(values)
    found: Array = e.real.copy()
    found[:, second] = -e[:, first].imag
    return found
