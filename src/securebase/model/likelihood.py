"""Exact log-likelihood of a panel and its gradient on the natural scale, and the choice of the kernel.

A panel is laid out once (times quantised, gaps tabulated). Each evaluation discretises the drift over the unique gaps
(`equations.discretise`), runs a kernel (Kalman filter with extra columns) over all persons, and carries the kernel's
adjoints back to the parameters by the chain rule.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from securebase.errors import ModelError
from securebase.model.compression import Rows, compress_rows, expand_rows
from securebase.model.equations import Discretisation, discretise, person_covariance, require
from securebase.model.kernel import compiled, readable
from securebase.model.kernel.readable import GroupShift, Inputs, Layout, Outputs
from securebase.model.means import (
    input_increments,
    mean_of_rows,
    reverse_input_increments,
    reverse_mean,
    slope_basis_of_rows,
)
from securebase.model.panel import Panel
from securebase.model.parameters import Array, Parameters
from securebase.model.specification import Specification, Start, Trend

#: gaps closer than this many time units count as one gap, with the length of the first
_QUANTUM = 1e-9

Kernel = Callable[..., Outputs]


def kernel_choice() -> tuple[str, str]:
    """Return (kernel, reason): the variable SECUREBASE_KERNEL decides, else the compiled kernel if it was built.

    Raises ModelError if the variable names an unknown kernel or one that was not built.
    """
    requested = os.environ.get("SECUREBASE_KERNEL", "")
    if requested not in ("", "readable", "compiled"):
        raise ModelError(f"unknown kernel “{requested}”", where="SECUREBASE_KERNEL", advice="Use compiled or readable.")
    if requested == "compiled" and not compiled.AVAILABLE:
        raise ModelError(
            "the compiled kernel is not built here",
            where="SECUREBASE_KERNEL",
            advice="Reinstall where a C compiler is available, or unset the variable.",
        )
    if requested:
        return requested, "asked for by SECUREBASE_KERNEL"
    if compiled.AVAILABLE:
        return "compiled", "built at installation"
    return "readable", "no compiled kernel was built at installation (there was no C compiler)"


def kernel_name() -> str:
    """Return “compiled” or “readable”: the kernel of the next evaluation."""
    return kernel_choice()[0]


def log_likelihood(panel: Panel, specification: Specification, parameters: Parameters) -> float:
    """Return the exact log-likelihood of all scores in the panel, with all constants.

    Raises ModelError if the parameters are not a valid model (unstable drift with a stationary start, an invalid
    covariance, a missing part).
    """
    return Likelihood(panel, specification).value(parameters)


def log_likelihood_and_gradient(
    panel: Panel, specification: Specification, parameters: Parameters
) -> tuple[float, Parameters]:
    """Return the log-likelihood and its gradient on the natural scale, shaped like the parameters.

    Gradients along covariances are full symmetric matrices: the change of the log-likelihood is the sum over all p²
    entries of gradient times change, so the derivative by an off-diagonal covariance is twice its entry.
    """
    return Likelihood(panel, specification).value_and_gradient(parameters)


class Likelihood:
    """Likelihood of one panel under one specification, laid out once and evaluated many times.

    Persons who share their times and their pattern of missing scores are compressed exactly (`compression`). Clients of
    one therapist are independent given the therapist's deviation, which is integrated out.
    """

    def __init__(self, panel: Panel, specification: Specification) -> None:
        _check_panel(panel, specification)
        self.panel, self.specification = panel, specification
        self._rows = compress_rows(panel) if _is_compressible(specification) else expand_rows(panel)
        layout, self.gaps = _lay_out(self._rows, specification)
        self.layout = layout
        self._own_layout: Layout | None = layout if self._rows.is_uncompressed else None
        self._compiled = kernel_name() == "compiled"
        self._kernel: Kernel = compiled.evaluate if self._compiled else readable.evaluate

    @property
    def n_rows(self) -> int:
        """Number of rows that one evaluation filters."""
        return len(self._rows.times)

    def value(self, parameters: Parameters) -> float:
        """Return the log-likelihood. Raises ModelError if the parameters are not a valid model."""
        with np.errstate(all="ignore"):
            inputs = self._inputs(parameters, self._rows)[0]
            if self.specification.therapists:
                return self._with_therapists(parameters, inputs)[0]
            return float(require_finite(self._kernel(self.layout, inputs, gradient=False).log_likelihood).sum())

    def per_person(self, parameters: Parameters) -> Array:
        """Return the log-likelihood of each person (N,).

        Raises ModelError with a therapist level, under which clients of one therapist are dependent.
        """
        if self.specification.therapists:
            raise ModelError("with a therapist level, single clients have no log-likelihood of their own")
        with np.errstate(all="ignore"):
            layout, inputs = self.uncompressed(parameters)
            out = self._kernel(layout, inputs, gradient=False)
        return require_finite(out.log_likelihood)

    def along_person_covariance(self, parameters: Parameters) -> tuple[Array, Array]:
        """Return gradient (d, d) and Hessian (d², d²) of the log-likelihood along the covariance Σ of person effects.

        The Hessian is a bilinear form of symmetric changes V, W of Σ. With h and H the score and the information of a
        person's effects and the weights w, o of quadratic form and log-determinants: ∂l = ½ Σ (w hh' − o H), and
        ∂h = −H V h, ∂H = −H V H give ∂²l[V, W] = Σ tr((½ o H − w hh') W H V). The filter need not run again for each
        entry of Σ. Not for a model with therapists, whose deviations depend on Σ.
        """
        with np.errstate(all="ignore"):
            inputs = self._inputs(parameters, self._rows)[0]
            out = self._kernel(self.layout, inputs, gradient=False, shift=_no_shift(self.layout, inputs))
        H, d = require_finite(out.shift_information), len(inputs.level_root)
        hh = out.shift_score[:, :, None] * out.shift_score[:, None, :]
        w, o = (self.layout.weights[:, k, None, None] for k in (0, 1))
        # Σ (…)_ab H_cd, with V_da and W_bc
        products = (0.5 * o * H - w * hh).reshape(-1, d * d).T @ H.reshape(-1, d * d)
        form = products.reshape(d, d, d, d).transpose(3, 0, 1, 2).reshape(d * d, d * d)
        return 0.5 * (w * hh - o * H).sum(axis=0), form

    def uncompressed(self, parameters: Parameters) -> tuple[Layout, Inputs]:
        """Return the rows of every person in full, as the kernel reads them. Raises ModelError as `value` does."""
        rows = expand_rows(self.panel)
        if self._own_layout is None:
            self._own_layout = _lay_out(rows, self.specification)[0]
        return self._own_layout, self._inputs(parameters, rows)[0]

    def value_and_gradient(self, parameters: Parameters) -> tuple[float, Parameters]:
        """Return the log-likelihood and its gradient; see `log_likelihood_and_gradient`."""
        with np.errstate(all="ignore"):
            inputs, tables = self._inputs(parameters, self._rows)
            therapist_bar: Array | None = None
            if self.specification.therapists:
                value, shift, therapist_bar = self._with_therapists(parameters, inputs)
                out = self._kernel(self.layout, inputs, gradient=True, shift=shift)
            else:
                out = self._kernel(self.layout, inputs, gradient=True)
                value = float(require_finite(out.log_likelihood).sum())
            return value, self._gradient(parameters, inputs, tables, out, therapist_bar)

    def _inputs(self, parameters: Parameters, rows: Rows) -> tuple[Inputs, Discretisation]:
        """Return the kernel's inputs and the tables behind them."""
        specification = self.specification
        _check(specification, parameters)
        tables = discretise(parameters.drift, parameters.diffusion, self.gaps, compiled=self._compiled)
        start = tables.stationary() if parameters.start_covariance is None else parameters.start_covariance
        mean, start_mean = mean_of_rows(specification, parameters, rows)
        residual = rows.scores.copy()
        residual[: rows.n_with_mean] -= mean
        inputs = Inputs(
            residual=residual,
            input_increment=input_increments(specification, parameters, rows, self.layout.gap_index, tables.transition),
            slope_basis=slope_basis_of_rows(specification, parameters, rows),
            transition=tables.transition,
            shock_covariance=tables.shock_covariance,
            start_mean=start_mean,
            start_covariance=start,
            loading=np.ones(len(specification.scores)) if parameters.loading is None else parameters.loading,
            noise=parameters.measurement_noise,
            level_root=covariance_root(person_covariance(parameters)),
        )
        return inputs, tables

    def _with_therapists(self, parameters: Parameters, inputs: Inputs) -> tuple[float, GroupShift, Array]:
        """Return (log-likelihood, posterior of the therapist's deviation for each person, ∂therapist_covariance).

        Given a deviation v of the levels, a client's log-likelihood changes by h_i'v − v'H_i v / 2, so the clients of
        one therapist add up to h = Σ h_i, H = Σ H_i. With v ~ N(0, T), T = L L', B = I + L'H L and Ω = L B⁻¹ L':
        log-likelihood += −½ (log|B| − h'Ωh), E(v|y) = Ωh, Var(v|y) = Ω, and
        ∂T = ½ [(h − HΩh)(h − HΩh)' − (H − HΩH)].
        """
        p = self.specification.p
        therapist = require(self.panel.therapist, "therapist")
        out = self._kernel(self.layout, inputs, gradient=False, shift=_no_shift(self.layout, inputs))
        n = int(therapist.max(initial=-1)) + 1
        h, H = np.zeros((n, p)), np.zeros((n, p, p))
        np.add.at(h, therapist, out.shift_score[:, :p])
        np.add.at(H, therapist, out.shift_information[:, :p, :p])
        L = covariance_root(require(parameters.therapist_covariance, "therapist_covariance"))
        B = np.eye(p) + L.T @ H @ L
        Omega = L @ np.linalg.solve(B, np.broadcast_to(L.T, B.shape))
        v = np.einsum("nij,nj->ni", Omega, h)
        more = -0.5 * (np.linalg.slogdet(B)[1] - np.einsum("ni,ni->n", h, v))
        left = h - np.einsum("nij,nj->ni", H, v)
        bar = 0.5 * (left.T @ left - (H - H @ Omega @ H).sum(axis=0))
        shift = _no_shift(self.layout, inputs)
        shift.mean[:, :p], shift.covariance[:, :p, :p] = v[therapist], Omega[therapist]
        return float(require_finite(out.log_likelihood).sum() + more.sum()), shift, bar

    def _gradient(
        self, parameters: Parameters, inputs: Inputs, tables: Discretisation, out: Outputs, therapist_bar: Array | None
    ) -> Parameters:
        """Carry the kernel's adjoints to the parameters."""
        specification, p, rows = self.specification, self.specification.p, self._rows
        pushed = reverse_input_increments(
            specification,
            parameters,
            rows,
            self.layout.gap_index,
            transition=tables.transition,
            increment_bar=out.input_increment,
        )
        transition = out.transition if pushed.transition is None else out.transition + pushed.transition
        stationary = parameters.start_covariance is None
        drift, diffusion = tables.reverse(
            transition, out.shock_covariance, out.start_covariance if stationary else None
        )
        drift = drift + pushed.drift
        person_bar = out.level_covariance  # along [[level, level_change], [level_change', change]]
        has_slopes = parameters.change_covariance is not None
        so_far = Parameters(
            drift=drift,
            diffusion=diffusion,
            level_mean=np.zeros(p),
            level_covariance=person_bar[:p, :p],
            measurement_noise=out.noise,
            start_covariance=None if stationary else out.start_covariance,
            change_covariance=person_bar[p:, p:] if has_slopes else None,
            # the block occurs in both triangles of the symmetric matrix, so its derivative counts twice
            level_change_covariance=2.0 * person_bar[:p, p:] if has_slopes else None,
            input_effect=pushed.input_effect,
            therapist_covariance=therapist_bar,
            loading=None if parameters.loading is None else out.loading,
        )
        return reverse_mean(
            specification,
            parameters,
            rows,
            mean=-out.residual[: rows.n_with_mean],
            start_mean=out.start_mean,
            slope_basis_bar=out.slope_basis,
            so_far=so_far,
        )


def _no_shift(layout: Layout, inputs: Inputs) -> GroupShift:
    """Return the shift 0 of every person."""
    N, d = len(layout.weights), len(inputs.level_root)
    return GroupShift(np.zeros((N, d)), np.zeros((N, d, d)))


def _is_compressible(specification: Specification) -> bool:
    """Return True if persons with the same rows have the same mean, as compression requires."""
    return not (specification.inputs or specification.covariates or specification.therapists)


def _check_panel(panel: Panel, specification: Specification) -> None:
    if panel.constructs != specification.constructs:
        raise ModelError(
            f"the panel has {', '.join(panel.constructs)}; the model is for {', '.join(specification.constructs)}"
        )
    if panel.scores.shape[1] != len(specification.scores):
        raise ModelError(
            f"the panel has {panel.scores.shape[1]} columns of scores; the model is for "
            f"{len(specification.scores)}: {', '.join(specification.scores)}"
        )
    for name, values, names in (
        ("inputs", panel.inputs, specification.inputs),
        ("covariates", panel.covariates, specification.covariates),
    ):
        if names and (values is None or values.shape[1] != len(names)):
            raise ModelError(
                f"the model has the {name} {', '.join(names)}; the panel has "
                f"{'none' if values is None else values.shape[1]}",
                advice=f"Build the panel with {name}={list(names)}.",
            )
    if specification.therapists and panel.therapist is None:
        raise ModelError(
            "the model has a therapist level, but the panel has no therapists",
            advice="Build the panel with therapists=True, or fit the model without them.",
        )


def _lay_out(rows: Rows, specification: Specification) -> tuple[Layout, Array]:
    """Return the layout of rows and their unique gaps (g,)."""
    count = len(rows.times)
    inside = np.ones(count, dtype=bool)
    inside[rows.starts[:-1][np.diff(rows.starts) > 0]] = False
    later = np.flatnonzero(inside)
    gaps = rows.times[later] - rows.times[later - 1]
    _, first, index = np.unique(np.round(gaps / _QUANTUM), return_index=True, return_inverse=True)
    gap_index: NDArray[np.int64] = np.full(count, -1, dtype=np.int64)
    gap_index[later] = index.ravel()
    return build_layout(rows, gap_index, specification.construct_of), gaps[first]


def build_layout(rows: Rows, gap_index: NDArray[np.int64], construct_of: Sequence[int]) -> Layout:
    """Return the kernel's layout of rows. gap_index (rows,): entry of the tables that leads to a row, −1 at a first."""
    return Layout(
        starts=np.ascontiguousarray(rows.starts, dtype=np.int64),
        order=np.argsort(-np.diff(rows.starts), kind="stable").astype(np.int64),
        gap_index=gap_index,
        construct=np.array(construct_of, dtype=np.int64),
        weights=np.ascontiguousarray(rows.weights),
    )


def covariance_root(covariance: Array) -> Array:
    """Return R with R R' = covariance, which may be singular. Raises ModelError if it is not a covariance."""
    try:
        root = np.asarray(np.linalg.cholesky(covariance), dtype=np.float64)
    except np.linalg.LinAlgError:
        # singular: R = V diag(√λ); eigenvalues within rounding of 0 count as 0
        values, vectors = np.linalg.eigh(covariance)
        if values[0] < -1e-10 * max(values[-1], 0.0):
            raise ModelError("the level covariance is not positive semidefinite") from None
        root = vectors * np.sqrt(np.maximum(values, 0.0))
    return root


def require_finite(values: Array) -> Array:
    """Return the values; raise ModelError if one is not finite."""
    if not np.isfinite(values).all():
        raise ModelError("the log-likelihood is not finite for these parameters")
    return values


_REQUIRED = {
    Trend.NONE: (),
    Trend.LINEAR: ("slope",),
    Trend.APART: ("change", "rate"),
    Trend.CARRIED: ("start_mean", "therapy_effect"),
}


def _check(specification: Specification, parameters: Parameters) -> None:
    """Raise ModelError unless the parameters have the parts and shapes that the specification requires."""
    required = list(_REQUIRED[specification.trend])
    if specification.random_slopes:
        required += ["change_covariance", "level_change_covariance"]
        if specification.trend == Trend.CARRIED:
            required.append("rate")
    if specification.free_start_mean:
        required.append("start_mean")
    if specification.inputs:
        required.append("input_effect")
    if specification.covariates:
        required.append("covariate_effect")
    if specification.therapists:
        required.append("therapist_covariance")
    if not specification.is_plain:
        required += ["loading", "intercept"]
    if specification.start == Start.FREE:
        required.append("start_covariance")
    elif parameters.start_covariance is not None:
        raise ModelError("a stationary start takes no start_covariance", advice="Use a free start, or leave it out.")
    for name in required:
        if getattr(parameters, name) is None:
            raise ModelError(f"the parameters have no “{name}”, which this model needs")
    if parameters.drift.shape != (specification.p, specification.p):
        raise ModelError(f"the drift has shape {parameters.drift.shape}; the model has {specification.p} constructs")
    if not (np.isfinite(parameters.drift).all() and (parameters.measurement_noise >= 0).all()):
        raise ModelError("a measurement noise is negative, or the drift is not finite")
