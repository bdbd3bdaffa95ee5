"""The exact likelihood of a panel and its gradient on the natural scale, and the choice of the kernel.

A panel is laid out once (times quantised, gaps tabulated); each evaluation makes the tables, runs a kernel over all
persons, and carries the kernel's gradient back to the parameters.
"""

from __future__ import annotations

import os
from collections.abc import Callable

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
from securebase.model.parameters import Array, Parameters, Specification, Start, Trend

#: gaps nearer to each other than this many time units are one gap (the first of them stands for all)
_QUANTUM = 1e-9

Kernel = Callable[..., Outputs]


def kernel_choice() -> tuple[str, str]:
    """(which kernel runs, why): the variable SECUREBASE_KERNEL decides; else the compiled one where it was built.

    Raises ModelError where the variable asks for something that is not there.
    """
    asked = os.environ.get("SECUREBASE_KERNEL", "")
    if asked not in ("", "readable", "compiled"):
        raise ModelError(
            f"there is no kernel called “{asked}”", where="SECUREBASE_KERNEL", advice="Use compiled or readable."
        )
    if asked == "compiled" and not compiled.AVAILABLE:
        raise ModelError(
            "the compiled kernel was asked for but is not built here",
            where="SECUREBASE_KERNEL",
            advice="Install with a C compiler at hand, or unset the variable.",
        )
    if asked:
        return asked, "asked for by SECUREBASE_KERNEL"
    if compiled.AVAILABLE:
        return "compiled", "built at installation"
    return "readable", "no compiled kernel was built at installation (there was no C compiler)"


def kernel_name() -> str:
    """“compiled” or “readable”: the kernel that the next evaluation uses."""
    return kernel_choice()[0]


def log_likelihood(panel: Panel, specification: Specification, parameters: Parameters) -> float:
    """Exact log-likelihood of every score in the panel, with all constants.

    Raises ModelError where the parameters are no valid model (unstable drift with a stationary start, a covariance
    that is not one, a missing part).
    """
    return Likelihood(panel, specification).value(parameters)


def log_likelihood_and_gradient(
    panel: Panel, specification: Specification, parameters: Parameters
) -> tuple[float, Parameters]:
    """The log-likelihood and its gradient, shaped like the parameters, on the natural scale.

    Gradients along covariances are full symmetric matrices: the change of the log-likelihood is the sum over all p²
    entries of gradient times change, so the derivative by an off-diagonal covariance is twice its entry.
    """
    return Likelihood(panel, specification).value_and_gradient(parameters)


class Likelihood:
    """The likelihood of one panel under one specification, laid out once and evaluated many times.

    Persons who share their times and their pattern of missing scores are compressed, exactly, to their mean and the
    rows of a QR factor of what is left (`compressed.py`). Clients of one therapist are independent given what they
    share, which is integrated out.
    """

    def __init__(self, panel: Panel, specification: Specification) -> None:
        _belong_together(panel, specification)
        self.panel, self.specification = panel, specification
        self._rows = compress_rows(panel) if _alike(specification) else expand_rows(panel)
        layout, self.gaps = _lay_out(self._rows, specification)
        self.layout = layout
        self._own_layout: Layout | None = layout if self._rows.is_uncompressed else None
        self._compiled = kernel_name() == "compiled"
        self._kernel: Kernel = compiled.evaluate if self._compiled else readable.evaluate

    @property
    def n_rows(self) -> int:
        """Rows that an evaluation walks over."""
        return len(self._rows.times)

    def value(self, parameters: Parameters) -> float:
        """Raises ModelError where the parameters are no valid model."""
        with np.errstate(all="ignore"):
            inputs = self._inputs(parameters, self._rows)[0]
            if self.specification.therapists:
                return self._with_therapists(parameters, inputs)[0]
            return float(require_finite(self._kernel(self.layout, inputs, gradient=False).log_likelihood).sum())

    def per_person(self, parameters: Parameters) -> Array:
        """Log-likelihood of each person (N,). Raises ModelError with therapists, whose clients are not independent."""
        if self.specification.therapists:
            raise ModelError("the clients of one therapist have no log-likelihood each of their own")
        rows = expand_rows(self.panel)
        if self._own_layout is None:
            self._own_layout = _lay_out(rows, self.specification)[0]
        with np.errstate(all="ignore"):
            out = self._kernel(self._own_layout, self._inputs(parameters, rows)[0], gradient=False)
        return require_finite(out.log_likelihood)

    def value_and_gradient(self, parameters: Parameters) -> tuple[float, Parameters]:
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
        of = self.specification
        _check(of, parameters)
        tables = discretise(parameters.drift, parameters.diffusion, self.gaps, compiled=self._compiled)
        start = tables.stationary() if parameters.start_covariance is None else parameters.start_covariance
        mean, start_mean = mean_of_rows(of, parameters, rows)
        residual = rows.scores.copy()
        residual[: rows.n_with_mean] -= mean
        inputs = Inputs(
            residual=residual,
            input_increment=input_increments(of, parameters, rows, self.layout.gap_index, tables.transition),
            slope_basis=slope_basis_of_rows(of, parameters, rows),
            transition=tables.transition,
            shock_covariance=tables.shock_covariance,
            start_mean=start_mean,
            start_covariance=start,
            loading=np.ones(len(of.scores)) if parameters.loading is None else parameters.loading,
            noise=parameters.measurement_noise,
            level_root=covariance_root(person_covariance(parameters)),
        )
        return inputs, tables

    def _with_therapists(self, parameters: Parameters, inputs: Inputs) -> tuple[float, GroupShift, Array]:
        """(log-likelihood, what each person shares with others given all scores, ∂therapist_covariance).

        A client's log-likelihood along a shift v is a parabola, so a therapist's clients add up to one: with h, H their
        summed pull and precision and v ~ N(0, T), log|I + T H| and h'Ωh follow as for a person's own level.
        """
        p, d = self.specification.p, len(inputs.level_root)
        who = require(self.panel.therapist, "therapist")
        nothing = GroupShift(np.zeros((self.panel.n_persons, d)), np.zeros((self.panel.n_persons, d, d)))
        out = self._kernel(self.layout, inputs, gradient=False, shift=nothing)
        n = int(who.max(initial=-1)) + 1
        h, H = np.zeros((n, p)), np.zeros((n, p, p))
        np.add.at(h, who, out.shift_score[:, :p])
        np.add.at(H, who, out.shift_information[:, :p, :p])
        L = covariance_root(require(parameters.therapist_covariance, "therapist_covariance"))
        B = np.eye(p) + L.T @ H @ L
        Omega = L @ np.linalg.solve(B, np.broadcast_to(L.T, B.shape))
        v = np.einsum("nij,nj->ni", Omega, h)
        more = -0.5 * (np.linalg.slogdet(B)[1] - np.einsum("ni,ni->n", h, v))
        left = h - np.einsum("nij,nj->ni", H, v)
        bar = 0.5 * (left.T @ left - (H - H @ Omega @ H).sum(axis=0))
        shift = GroupShift(np.zeros((self.panel.n_persons, d)), np.zeros((self.panel.n_persons, d, d)))
        shift.mean[:, :p], shift.covariance[:, :p, :p] = v[who], Omega[who]
        return float(require_finite(out.log_likelihood).sum() + more.sum()), shift, bar

    def _gradient(
        self, parameters: Parameters, inputs: Inputs, tables: Discretisation, out: Outputs, therapist_bar: Array | None
    ) -> Parameters:
        of, p, rows = self.specification, self.specification.p, self._rows
        pushed = reverse_input_increments(
            of, parameters, rows, self.layout.gap_index, transition=tables.transition, increment_bar=out.input_increment
        )
        transition = out.transition if pushed.transition is None else out.transition + pushed.transition
        stationary = parameters.start_covariance is None
        drift, diffusion = tables.reverse(
            transition, out.shock_covariance, out.start_covariance if stationary else None
        )
        drift = drift + pushed.drift
        own = out.level_covariance
        wide = parameters.change_covariance is not None
        so_far = Parameters(
            drift=drift,
            diffusion=diffusion,
            level_mean=np.zeros(p),
            level_covariance=own[:p, :p],
            measurement_noise=out.noise,
            start_covariance=None if stationary else out.start_covariance,
            change_covariance=own[p:, p:] if wide else None,
            # both triangles hold the same numbers, so a change of one entry moves two
            level_change_covariance=2.0 * own[:p, p:] if wide else None,
            input_effect=pushed.input_effect,
            therapist_covariance=therapist_bar,
            loading=None if parameters.loading is None else out.loading,
        )
        return reverse_mean(
            of,
            parameters,
            rows,
            mean=-out.residual[: rows.n_with_mean],
            start_mean=out.start_mean,
            slope_basis_bar=out.slope_basis,
            so_far=so_far,
        )


def _alike(specification: Specification) -> bool:
    """Whether persons with the same rows have the same mean, so that they may be compressed."""
    return not (specification.inputs or specification.covariates or specification.therapists)


def _belong_together(panel: Panel, specification: Specification) -> None:
    if panel.constructs != specification.constructs:
        raise ModelError(
            f"the panel has {', '.join(panel.constructs)}; the model is for {', '.join(specification.constructs)}"
        )
    if panel.scores.shape[1] != len(specification.scores):
        raise ModelError(
            f"the panel has {panel.scores.shape[1]} columns of scores; the model is for "
            f"{len(specification.scores)}: {', '.join(specification.scores)}"
        )
    for name, values, wanted in (
        ("inputs", panel.inputs, specification.inputs),
        ("covariates", panel.covariates, specification.covariates),
    ):
        if wanted and (values is None or values.shape[1] != len(wanted)):
            raise ModelError(f"the model has {len(wanted)} {name} ({', '.join(wanted)}), and the panel has not")
    if specification.therapists and panel.therapist is None:
        raise ModelError("the model has therapists, and the panel does not say who has which")


def _lay_out(rows: Rows, specification: Specification) -> tuple[Layout, Array]:
    """The layout of rows and their unique gaps (g,)."""
    count = len(rows.times)
    inside = np.ones(count, dtype=bool)
    inside[rows.starts[:-1][np.diff(rows.starts) > 0]] = False
    where = np.flatnonzero(inside)
    gaps = rows.times[where] - rows.times[where - 1]
    _, first, index = np.unique(np.round(gaps / _QUANTUM), return_index=True, return_inverse=True)
    gap_index: NDArray[np.int64] = np.full(count, -1, dtype=np.int64)
    gap_index[where] = index.ravel()
    layout = Layout(
        starts=np.ascontiguousarray(rows.starts, dtype=np.int64),
        order=np.argsort(-np.diff(rows.starts), kind="stable").astype(np.int64),
        gap_index=gap_index,
        construct=np.array(specification.construct_of, dtype=np.int64),
        weights=np.ascontiguousarray(rows.weights),
    )
    return layout, gaps[first]


def covariance_root(covariance: Array) -> Array:
    """R with R R' = covariance, which may be singular. Raises ModelError where it is no covariance."""
    try:
        root = np.asarray(np.linalg.cholesky(covariance), dtype=np.float64)
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(covariance)
        if values[0] < -1e-10 * max(values[-1], 0.0):
            raise ModelError("the level covariance is not positive semidefinite") from None
        root = vectors * np.sqrt(np.maximum(values, 0.0))
    return root


def require_finite(values: Array) -> Array:
    if not np.isfinite(values).all():
        raise ModelError("the likelihood has no finite value for these parameters")
    return values


_NEEDED = {
    Trend.NONE: (),
    Trend.LINEAR: ("slope",),
    Trend.APART: ("change", "rate"),
    Trend.CARRIED: ("start_mean", "therapy_effect"),
}


def _check(specification: Specification, parameters: Parameters) -> None:
    """Shapes and parts as the specification wants them, or ModelError."""
    needed = list(_NEEDED[specification.trend])
    if specification.random_slopes:
        needed += ["change_covariance", "level_change_covariance"]
        if specification.trend == Trend.CARRIED:
            needed.append("rate")
    if specification.free_start_mean:
        needed.append("start_mean")
    if specification.inputs:
        needed.append("input_effect")
    if specification.covariates:
        needed.append("covariate_effect")
    if specification.therapists:
        needed.append("therapist_covariance")
    if not specification.is_plain:
        needed += ["loading", "intercept"]
    if specification.start == Start.FREE:
        needed.append("start_covariance")
    elif parameters.start_covariance is not None:
        raise ModelError("a stationary start has no start covariance of its own", advice="Choose a free start.")
    for name in needed:
        if getattr(parameters, name) is None:
            raise ModelError(f"the parameters have no “{name}”, which this model needs")
    if parameters.drift.shape != (specification.p, specification.p):
        raise ModelError(f"the drift is {parameters.drift.shape}, the model has {specification.p} constructs")
    if not (np.isfinite(parameters.drift).all() and (parameters.measurement_noise >= 0).all()):
        raise ModelError("a measurement noise is negative, or the drift is not finite")
