"""The readable kernel: exact log-likelihood and its reverse, all persons side by side, one row after another.

Filter of the state-like part with extra columns for the person's level (de Jong 1991): column 0 carries the data's
residual, column 1 + k what one point more of the usual level of construct k would change. Scores enter one at a time,
missing ones are skipped, so no matrix is inverted. The reverse pass gives the exact gradient (hand adjoint).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase.model.parameters import Array


@dataclass(frozen=True, eq=False)
class Layout:
    """Rows of many persons as the kernels read them, p constructs.

    starts (N + 1,): rows of person i are starts[i]:starts[i + 1]. order (N,): persons, most rows first.
    gap_index (rows,): which unique gap lies before a row, −1 at a person's first row.
    """

    starts: NDArray[np.int64]
    order: NDArray[np.int64]
    gap_index: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Inputs:
    """What the kernels are given: residual (rows, p), NaN where missing; tables (g, p, p); start mean (p,) and
    covariance (p, p) of the state-like part; noise (p,); a root of the level covariance (p, p): root root'."""

    residual: Array
    transition: Array
    shocks: Array
    start_mean: Array
    start_covariance: Array
    noise: Array
    level_root: Array


@dataclass(frozen=True, eq=False)
class Outputs:
    """Log-likelihood of each person (N,) and the gradient of their sum along every input, of the same shapes.

    Gradients along symmetric matrices are symmetric and full; `level_covariance` is along root root'.
    """

    log_likelihood: Array
    residual: Array
    transition: Array
    shocks: Array
    start_mean: Array
    start_covariance: Array
    noise: Array
    level_covariance: Array


def blank_outputs(layout: Layout, inputs: Inputs) -> Outputs:
    p = len(inputs.noise)
    return Outputs(
        log_likelihood=np.zeros(len(layout.order)),
        residual=np.zeros(inputs.residual.shape),
        transition=np.zeros(inputs.transition.shape),
        shocks=np.zeros(inputs.shocks.shape),
        start_mean=np.zeros(p),
        start_covariance=np.zeros((p, p)),
        noise=np.zeros(p),
        level_covariance=np.zeros((p, p)),
    )


#: one score of many persons: there or not (n,), innovation e (n, 1 + p), its variance f (n,), gain K (n, p)
_Scored = tuple[Array, Array, Array, Array]
#: one row of many persons: row numbers, Phi, Phi P before, C before, one entry for each construct
_Tape = list[tuple[NDArray[np.int64], Array, Array, Array, list[_Scored]]]


def evaluate(layout: Layout, inputs: Inputs, *, gradient: bool = True) -> Outputs:
    """Symbols as in the module's text: C (N, p, 1 + p), P (N, p, p), M = Σ e e' / f (N, 1 + p, 1 + p)."""
    out = blank_outputs(layout, inputs)
    tape, M, log_f = _forward(layout, inputs)
    p = len(inputs.noise)
    L, c, s, S = inputs.level_root, M[:, 0, 0], M[:, 0, 1:], M[:, 1:, 1:]
    B = np.eye(p) + L.T @ S @ L
    Omega = L @ np.linalg.solve(B, np.broadcast_to(L.T, B.shape))
    level = np.einsum("nij,nj->ni", Omega, s)
    with np.errstate(invalid="ignore"):
        out.log_likelihood[layout.order] = -0.5 * (
            log_f + np.log(np.linalg.det(B)) + c - np.einsum("ni,ni->n", s, level)
        )
    if gradient:
        h = s - np.einsum("nij,nj->ni", S, level)
        out.level_covariance[:] = 0.5 * (h.T @ h - (S - S @ Omega @ S).sum(axis=0))
        w = np.concatenate([np.ones((len(c), 1)), -level], axis=1)
        M_bar = w[:, :, None] * w[:, None, :]
        M_bar[:, 1:, 1:] += Omega
        _backward(tape, inputs, -0.5 * M_bar, out, layout)
    return out


def _forward(layout: Layout, inputs: Inputs) -> tuple[_Tape, Array, Array]:
    N, p = len(layout.order), len(inputs.noise)
    first, rows_of = layout.starts[layout.order], np.diff(layout.starts)[layout.order]
    C = np.zeros((N, p, 1 + p))
    C[:, :, 0] = inputs.start_mean
    P = np.broadcast_to(inputs.start_covariance, (N, p, p)).copy()
    M, log_f = np.zeros((N, 1 + p, 1 + p)), np.zeros(N)
    tape: _Tape = []
    for j in range(int(rows_of.max(initial=0))):
        n = int(np.searchsorted(-rows_of, -j))  # persons that still have a row
        rows = first[:n] + j
        C, P = C[:n], P[:n]
        Phi, T1, C_before = C, P, C
        if j > 0:
            step = layout.gap_index[rows]
            Phi, C_before = inputs.transition[step], C
            T1 = Phi @ P
            P = T1 @ Phi.transpose(0, 2, 1) + inputs.shocks[step]
            C = Phi @ C
        scored = []
        for k in range(p):
            y = inputs.residual[rows, k]
            there = np.isfinite(y).astype(np.float64)
            e = -C[:, k, :]
            e[:, 0] += np.where(there, y, 0.0)
            e[:, 1 + k] += 1.0
            e *= there[:, None]
            g = P[:, :, k]
            f = g[:, k] + inputs.noise[k]
            K = g * (there / f)[:, None]
            C = C + K[:, :, None] * e[:, None, :]
            P = P - K[:, :, None] * g[:, None, :]
            M[:n] += (e / f[:, None])[:, :, None] * e[:, None, :]
            with np.errstate(invalid="ignore"):
                log_f[:n] += there * np.log(2.0 * np.pi * f)
            scored.append((there, e, f, K))
        tape.append((rows, Phi, T1, C_before, scored))
    return tape, M, log_f


def _backward(tape: _Tape, inputs: Inputs, M_bar: Array, out: Outputs, layout: Layout) -> None:
    N, p = len(M_bar), len(inputs.noise)
    all_C, all_P = np.zeros((N, p, 1 + p)), np.zeros((N, p, p))
    for j in reversed(range(len(tape))):
        rows, Phi, T1, C_before, scored = tape[j]
        n = len(rows)
        C_bar, P_bar = all_C[:n], all_P[:n]
        for k in reversed(range(p)):
            there, e, f, K = scored[k]
            pull = np.einsum("ni,nij->nj", e, M_bar[:n]) / f[:, None]
            e_bar = 2.0 * pull + np.einsum("ni,nij->nj", K, C_bar)
            z = np.einsum("nij,nj->ni", P_bar, K)
            c = np.einsum("nij,nj->ni", C_bar, e) / f[:, None]
            f_bar = there * (-0.5 / f) - np.einsum("ni,ni->n", pull, e) / f + np.einsum("ni,ni->n", K, z - c)
            half_g = 0.5 * c - z
            C_bar[:, k, :] -= e_bar
            P_bar[:, k, :] += half_g
            P_bar[:, :, k] += half_g
            P_bar[:, k, k] += f_bar
            out.noise[k] += f_bar.sum()
            out.residual[rows, k] = e_bar[:, 0]
        if j == 0:
            out.start_mean[:] = C_bar[:, :, 0].sum(axis=0)
            out.start_covariance[:] = P_bar.sum(axis=0)
            break
        step = layout.gap_index[rows]
        np.add.at(out.shocks, step, P_bar)
        np.add.at(out.transition, step, C_bar @ C_before.transpose(0, 2, 1) + 2.0 * P_bar @ T1)
        C_bar[:] = Phi.transpose(0, 2, 1) @ C_bar
        P_bar[:] = Phi.transpose(0, 2, 1) @ P_bar @ Phi
