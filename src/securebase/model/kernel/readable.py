"""The readable kernel: exact log-likelihood and its adjoint, all persons side by side, one row after another.

Kalman filter of the p states with extra columns for the person's constants (de Jong 1991), in place of a filter with
2p or 3p states. C (p, D), D = 1 + d: column 0 filters the residual; column 1 + k is the response to one point more of
the usual level of construct k; with random slopes, column 1 + d/2 + k the response to one point more of that slope.

Per row: C ← Phi C, T1 = Phi P, P ← T1 Phi' + Q (not at the first row), then C₀ += input increment. Per observed score,
one at a time, so no matrix is inverted: e = [y, h'Z] − h'C, g = P h, f = h'g + r, K = g / f,
C += K e, P −= K g', M += e'e / f, l += log 2πf. At the end, with M = [[c, s'], [s, S]], the person's covariance L L',
B = I + L'S L and Ω = L B⁻¹ L':

    log-likelihood = −½ [l + log|B| + c − s'Ωs],   E(b | y) = Ωs,   Var(b | y) = Ω.

The backward pass is the hand-written adjoint of these steps: the exact gradient in one pass.
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

    starts (N + 1,): rows of person i are starts[i]:starts[i + 1]. order (n,): persons to filter, most rows first.
    gap_index (rows,): table entry that leads to a row, −1 at a person's first row. construct (q,): construct of each
    column. weights (N, 3): weight of the person in the quadratic form and in the log-determinants, and 1 if the
    initial-state mean applies (0 for the deviation rows of a compressed pattern).
    """

    starts: Integers
    order: Integers
    gap_index: Integers
    construct: Integers
    weights: Array


@dataclass(frozen=True, eq=False)
class Inputs:
    """Inputs of the kernels. g unique gaps; d is 0, p (levels) or 2p (levels, then random slopes).

    With random slopes d may be smaller: then the first d/2 constructs have both, and only these have scores.

    residual (rows, q): scores less their mean, NaN where missing. input_increment (rows, p), or (0, p) without inputs:
    added to the state at a row. slope_basis (rows,), or (0,) without random slopes: f at a row. transition,
    shock_covariance (g, p, p): Phi and Q. start_mean (p,), start_covariance (p, p): of the initial state. loading,
    noise (q,). level_root (d, d): L with L L' the covariance of the person's constants.
    """

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
    """Deviation v that several persons share (a therapist), given all scores: mean (N, d) and covariance (N, d, d).

    With it the gradient is that of the likelihood with v integrated out (Fisher's identity: the expectation over v | y
    of the complete-data score).
    """

    mean: Array
    covariance: Array


@dataclass(frozen=True, eq=False)
class Outputs:
    """Log-likelihood of each person (N,) and the gradient of their weighted sum along every input, of the same shapes.

    Gradients along symmetric matrices are symmetric and full; `level_covariance` is along L L'. Only with a shift:
    shift_score h (N, d) and shift_information H (N, d, d); a deviation v adds h'v − v'H v / 2 to the log-likelihood.
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
    """Return outputs filled with zeros."""
    N, d = len(layout.weights), len(inputs.level_root)
    gradients = {
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
        **gradients,
    )


#: one score of many persons: observed or not (n,), innovation e (n, 1 + d), its variance f (n,), gain K (n, p)
_Score = tuple[Array, Array, Array, Array]
#: one row of many persons: row numbers, Phi, Phi P before, C before, one entry for each column of scores
_Tape = list[tuple[Integers, Array, Array, Array, list[_Score]]]


def evaluate(layout: Layout, inputs: Inputs, *, gradient: bool = True, shift: GroupShift | None = None) -> Outputs:
    """Run the kernel; symbols as in the module docstring. C (n, p, D), P (n, p, p), M (n, D, D)."""
    out = empty_outputs(layout, inputs, shifted=shift is not None)
    order = layout.order
    tape, M, log_f = _forward(layout, inputs)
    d = len(inputs.level_root)
    weight, of_log = layout.weights[order, 0], layout.weights[order, 1]
    L, c, s, S = inputs.level_root, M[:, 0, 0], M[:, 0, 1:], M[:, 1:, 1:]
    B = np.eye(d) + L.T @ S @ L
    Omega = L @ np.linalg.solve(B, np.broadcast_to(L.T, B.shape))
    b_hat = np.einsum("nij,nj->ni", Omega, s)
    with np.errstate(invalid="ignore"):
        quadratic = c - np.einsum("ni,ni->n", s, b_hat)
        out.log_likelihood[order] = -0.5 * (of_log * (log_f + np.log(np.linalg.det(B))) + weight * quadratic)
    h, H = s - np.einsum("nij,nj->ni", S, b_hat), S - S @ Omega @ S
    if shift is not None:
        out.shift_score[order], out.shift_information[order] = h, H
    if gradient:
        # ∂(L L') = ½ (h h' − H)
        spread = h[:, :, None] * h[:, None, :]
        if shift is not None:
            # expectation over v ~ N(v̂, V): h − H v̂, b̂ + (I − ΩS) v̂, Ω + (I − ΩS) V (I − ΩS)', h h' + H V H
            v, V = shift.mean[order], shift.covariance[order]
            left = np.eye(d) - Omega @ S
            h = h - np.einsum("nij,nj->ni", H, v)
            b_hat = b_hat + np.einsum("nij,nj->ni", left, v)
            Omega = Omega + left @ V @ left.transpose(0, 2, 1)
            spread = h[:, :, None] * h[:, None, :] + H @ V @ H
        out.level_covariance[:] = 0.5 * (np.einsum("n,nij->ij", weight, spread) - np.einsum("n,nij->ij", of_log, H))
        # M̄ = −½ (w w' + diag(0, Ω)) with w = (1, −b̂)
        w = np.concatenate([np.ones((len(c), 1)), -b_hat], axis=1)
        M_bar = weight[:, None, None] * w[:, :, None] * w[:, None, :]
        M_bar[:, 1:, 1:] += of_log[:, None, None] * Omega
        _backward(tape, inputs, -0.5 * M_bar, out, layout)
    return out


def _forward(layout: Layout, inputs: Inputs) -> tuple[_Tape, Array, Array]:
    """Filter all persons; return the tape, M (n, D, D) and l (n,)."""
    order, p, d = layout.order, len(inputs.start_mean), len(inputs.level_root)
    N, D, slopes = len(order), 1 + d, len(inputs.slope_basis) > 0
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
            observed = np.isfinite(y).astype(np.float64)
            e = -load * C[:, k, :]
            e[:, 0] += np.where(observed, y, 0.0)
            if d:
                e[:, 1 + k] += load
            if slopes:
                e[:, 1 + d // 2 + k] += load * inputs.slope_basis[rows]
            e *= observed[:, None]
            g = load * P[:, :, k]
            f = load * g[:, k] + inputs.noise[q]
            K = g * (observed / f)[:, None]
            C = C + K[:, :, None] * e[:, None, :]
            P = P - K[:, :, None] * g[:, None, :]
            M[:n] += (e / f[:, None])[:, :, None] * e[:, None, :]
            with np.errstate(invalid="ignore"):
                log_f[:n] += observed * np.log(2.0 * np.pi * f)
            scored.append((observed, e, f, K))
        tape.append((rows, Phi, T1, C_before, scored))
    return tape, M, log_f


def _backward(tape: _Tape, inputs: Inputs, M_bar: Array, out: Outputs, layout: Layout) -> None:
    """Run the adjoint of the filter from M̄ and add the gradients to `out`.

    Per score, in reverse: ē = 2 e M̄ / f + K'C̄, z = P̄ K, c = C̄ e' / f, f̄ = −½/f − e M̄ e'/f² + K'(z − c),
    ḡ = c − 2z; C̄ −= h ē, P̄ += ½(ḡ h' + h ḡ') + f̄ h h'. Per row: ∂Q += P̄, ∂Phi += C̄ C' + 2 P̄ T1, C̄ ← Phi'C̄,
    P̄ ← Phi'P̄ Phi.
    """
    p, d = len(inputs.start_mean), len(inputs.level_root)
    of_log = layout.weights[layout.order, 1]
    all_C, all_P = np.zeros((len(M_bar), p, 1 + d)), np.zeros((len(M_bar), p, p))
    for j in reversed(range(len(tape))):
        rows, Phi, T1, C_before, scored = tape[j]
        n = len(rows)
        C_bar, P_bar = all_C[:n], all_P[:n]
        for q in reversed(range(len(scored))):
            observed, e, f, K = scored[q]
            k, load, y = layout.construct[q], inputs.loading[q], np.nan_to_num(inputs.residual[rows, q])
            eM = np.einsum("ni,nij->nj", e, M_bar[:n]) / f[:, None]
            e_bar = 2.0 * eM + np.einsum("ni,nij->nj", K, C_bar)
            z = np.einsum("nij,nj->ni", P_bar, K)
            c = np.einsum("nij,nj->ni", C_bar, e) / f[:, None]
            f_bar = of_log[:n] * observed * (-0.5 / f) - np.einsum("ni,ni->n", eM, e) / f
            f_bar += np.einsum("ni,ni->n", K, z - c)
            half_g = 0.5 * c - z
            # ∂load of e = y + load (design − C), g = load P h and f = load g + noise. The tape holds e, f and K only:
            # load ∂e/∂load = e − y, load ∂g/∂load = g = f K, load ∂f/∂load = 2 load g_k = 2 load f K_k
            loading_bar = np.einsum("ni,ni->n", e_bar, e) - observed * e_bar[:, 0] * y
            loading_bar += 2.0 * f * (np.einsum("ni,ni->n", half_g, K) + f_bar * load * K[:, k])
            out.loading[q] += loading_bar.sum() / load
            C_bar[:, k, :] -= load * e_bar
            P_bar[:, k, :] += load * half_g
            P_bar[:, :, k] += load * half_g
            P_bar[:, k, k] += load**2 * f_bar
            out.noise[q] += f_bar.sum()
            out.residual[rows, q] = e_bar[:, 0]
            if len(inputs.slope_basis):
                out.slope_basis[rows] += observed * load * e_bar[:, 1 + d // 2 + k]
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
