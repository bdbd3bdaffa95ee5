"""The readable kernel: exact log-likelihood and its reverse, all persons side by side, one row after another.

Filter of the state-like part with extra columns for what belongs to the person (de Jong 1991): column 0 carries the
data's residual, column 1 + k what one point more of the usual level of construct k would change, and, where people
have a change of their own, column 1 + p + k what one point more of that would. Scores enter one at a time, missing ones
are skipped, so no matrix is inverted. The reverse pass gives the exact gradient (hand adjoint).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase.model.parameters import Array

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Layout:
    """Rows of many persons as the kernels read them: p constructs, q columns of scores.

    starts (N + 1,): rows of person i are starts[i]:starts[i + 1]. order (n,): persons to walk over, most rows first.
    gap_index (rows,): which table entry leads to a row, −1 at a person's first row. construct (q,): which construct a
    column belongs to. weights (N, 3): how often a person counts in the quadratic form and in the log-determinants, and
    1 where the start's mean is theirs (0 for the rows of a compressed pattern that hold deviations from its mean).
    """

    starts: Integers
    order: Integers
    gap_index: Integers
    construct: Integers
    weights: Array


@dataclass(frozen=True, eq=False)
class Inputs:
    """What the kernels are given: residual (rows, q), NaN where missing; push (rows, p) on the state-like part at a
    row, or (0, p); bend (rows,): how far own change has gone at a row, or (0,); tables (g, p, p); start mean (p,) and
    covariance (p, p) of the state-like part; loading and noise (q,); a root (d, d) of the covariance of what belongs
    to a person: root root'. d is 0, p (levels) or 2p (levels, then change)."""

    residual: Array
    input_increment: Array
    slope_basis: Array
    transition: Array
    shock_covariance: Array
    start_mean: Array
    start_covariance: Array
    loading: Array
    noise: Array
    level_root: Array


@dataclass(frozen=True, eq=False)
class GroupShift:
    """What several persons share (a therapist): mean (N, d) and covariance (N, d, d) of the shift of their own values,
    given all scores. With it the gradient is that of the likelihood with the shift integrated out (Fisher's identity).
    """

    mean: Array
    covariance: Array


@dataclass(frozen=True, eq=False)
class Outputs:
    """Log-likelihood of each person (N,) and the gradient of their sum along every input, of the same shapes.

    Gradients along symmetric matrices are symmetric and full; `level_covariance` is along root root'. Only with a
    shift: pull (N, d) and precision (N, d, d), the log-likelihood being pull'v − v' precision v / 2 along a shift v.
    """

    log_likelihood: Array
    residual: Array
    input_increment: Array
    slope_basis: Array
    transition: Array
    shock_covariance: Array
    start_mean: Array
    start_covariance: Array
    loading: Array
    noise: Array
    level_covariance: Array
    shift_score: Array
    shift_information: Array


def empty_outputs(layout: Layout, inputs: Inputs, *, shifted: bool) -> Outputs:
    N, d = len(layout.weights), len(inputs.level_root)
    along = {
        name: np.zeros(getattr(inputs, name).shape)
        for name in (
            "residual",
            "input_increment",
            "slope_basis",
            "transition",
            "shock_covariance",
            "start_mean",
            "start_covariance",
            "loading",
            "noise",
        )
    }
    return Outputs(
        log_likelihood=np.zeros(N),
        level_covariance=np.zeros((d, d)),
        shift_score=np.zeros((N if shifted else 0, d)),
        shift_information=np.zeros((N if shifted else 0, d, d)),
        **along,
    )


#: one score of many persons: there or not (n,), innovation e (n, 1 + d), its variance f (n,), gain K (n, p)
_Scored = tuple[Array, Array, Array, Array]
#: one row of many persons: row numbers, Phi, Phi P before, C before, one entry for each column of scores
_Tape = list[tuple[Integers, Array, Array, Array, list[_Scored]]]


def evaluate(layout: Layout, inputs: Inputs, *, gradient: bool = True, shift: GroupShift | None = None) -> Outputs:
    """Symbols as in the module's text: C (n, p, 1 + d), P (n, p, p), M = Σ e e' / f (n, 1 + d, 1 + d)."""
    out = empty_outputs(layout, inputs, shifted=shift is not None)
    order = layout.order
    tape, M, log_f = _forward(layout, inputs)
    d = len(inputs.level_root)
    weight, of_log = layout.weights[order, 0], layout.weights[order, 1]
    L, c, s, S = inputs.level_root, M[:, 0, 0], M[:, 0, 1:], M[:, 1:, 1:]
    B = np.eye(d) + L.T @ S @ L
    Omega = L @ np.linalg.solve(B, np.broadcast_to(L.T, B.shape))
    own = np.einsum("nij,nj->ni", Omega, s)
    with np.errstate(invalid="ignore"):
        quadratic = c - np.einsum("ni,ni->n", s, own)
        out.log_likelihood[order] = -0.5 * (of_log * (log_f + np.log(np.linalg.det(B))) + weight * quadratic)
    h, H = s - np.einsum("nij,nj->ni", S, own), S - S @ Omega @ S
    if shift is not None:
        out.shift_score[order], out.shift_information[order] = h, H
    if gradient:
        spread = h[:, :, None] * h[:, None, :]
        if shift is not None:
            v, V = shift.mean[order], shift.covariance[order]
            left = np.eye(d) - Omega @ S
            h = h - np.einsum("nij,nj->ni", H, v)
            own = own + np.einsum("nij,nj->ni", left, v)
            Omega = Omega + left @ V @ left.transpose(0, 2, 1)
            spread = h[:, :, None] * h[:, None, :] + H @ V @ H
        out.level_covariance[:] = 0.5 * (np.einsum("n,nij->ij", weight, spread) - np.einsum("n,nij->ij", of_log, H))
        w = np.concatenate([np.ones((len(c), 1)), -own], axis=1)
        M_bar = weight[:, None, None] * w[:, :, None] * w[:, None, :]
        M_bar[:, 1:, 1:] += of_log[:, None, None] * Omega
        _backward(tape, inputs, -0.5 * M_bar, out, layout)
    return out


def _forward(layout: Layout, inputs: Inputs) -> tuple[_Tape, Array, Array]:
    order, p, d = layout.order, len(inputs.start_mean), len(inputs.level_root)
    N, D = len(order), 1 + d
    first, rows_of = layout.starts[order], np.diff(layout.starts)[order]
    C = np.zeros((N, p, D))
    C[:, :, 0] = layout.weights[order, 2:] * inputs.start_mean
    P = np.broadcast_to(inputs.start_covariance, (N, p, p)).copy()
    M, log_f = np.zeros((N, D, D)), np.zeros(N)
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
            P = T1 @ Phi.transpose(0, 2, 1) + inputs.shock_covariance[step]
            C = Phi @ C
        if len(inputs.input_increment):
            C = C.copy()
            C[:, :, 0] += inputs.input_increment[rows]
        scored = []
        for q, k in enumerate(layout.construct):
            y, load = inputs.residual[rows, q], inputs.loading[q]
            there = np.isfinite(y).astype(np.float64)
            e = -load * C[:, k, :]
            e[:, 0] += np.where(there, y, 0.0)
            if d:
                e[:, 1 + k] += load
            if d > p:
                e[:, 1 + p + k] += load * inputs.slope_basis[rows]
            e *= there[:, None]
            g = load * P[:, :, k]
            f = load * g[:, k] + inputs.noise[q]
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
    p, d = len(inputs.start_mean), len(inputs.level_root)
    of_log = layout.weights[layout.order, 1]
    all_C, all_P = np.zeros((len(M_bar), p, 1 + d)), np.zeros((len(M_bar), p, p))
    for j in reversed(range(len(tape))):
        rows, Phi, T1, C_before, scored = tape[j]
        n = len(rows)
        C_bar, P_bar = all_C[:n], all_P[:n]
        for q in reversed(range(len(scored))):
            there, e, f, K = scored[q]
            k, load, y = layout.construct[q], inputs.loading[q], np.nan_to_num(inputs.residual[rows, q])
            pull = np.einsum("ni,nij->nj", e, M_bar[:n]) / f[:, None]
            e_bar = 2.0 * pull + np.einsum("ni,nij->nj", K, C_bar)
            z = np.einsum("nij,nj->ni", P_bar, K)
            c = np.einsum("nij,nj->ni", C_bar, e) / f[:, None]
            f_bar = of_log[:n] * there * (-0.5 / f) - np.einsum("ni,ni->n", pull, e) / f
            f_bar += np.einsum("ni,ni->n", K, z - c)
            half_g = 0.5 * c - z
            # e = y + load (design − C), g = load P h and f = load g + noise, each told by what it is, not stored anew
            along = np.einsum("ni,ni->n", e_bar, e) - there * e_bar[:, 0] * y
            along += 2.0 * f * (np.einsum("ni,ni->n", half_g, K) + f_bar * load * K[:, k])
            out.loading[q] += along.sum() / load
            C_bar[:, k, :] -= load * e_bar
            P_bar[:, k, :] += load * half_g
            P_bar[:, :, k] += load * half_g
            P_bar[:, k, k] += load**2 * f_bar
            out.noise[q] += f_bar.sum()
            out.residual[rows, q] = e_bar[:, 0]
            if d > p:
                out.slope_basis[rows] += there * load * e_bar[:, 1 + p + k]
        if len(inputs.input_increment):
            out.input_increment[rows] = C_bar[:, :, 0]
        if j == 0:
            out.start_mean[:] = layout.weights[layout.order[:n], 2] @ C_bar[:, :, 0]
            out.start_covariance[:] = P_bar.sum(axis=0)
            break
        step = layout.gap_index[rows]
        np.add.at(out.shock_covariance, step, P_bar)
        np.add.at(out.transition, step, C_bar @ C_before.transpose(0, 2, 1) + 2.0 * P_bar @ T1)
        C_bar[:] = Phi.transpose(0, 2, 1) @ C_bar
        P_bar[:] = Phi.transpose(0, 2, 1) @ P_bar @ Phi
