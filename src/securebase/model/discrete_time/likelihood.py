"""The exact likelihood of models that count waves, by the same kernel and the same compression of patterns.

The kernel reads a table of transitions and shocks; here its entries are waves (or one entry for all of them) where in
continuous time they are gaps. Measurement noise is zero. A wave at which a person was not seen is a row without scores.
"""

from __future__ import annotations

import numpy as np

from securebase.errors import ModelError
from securebase.model.compression import Rows, compress_rows, expand_rows
from securebase.model.discrete_time.specification import (
    DiscreteTimeParameters,
    DiscreteTimeSpecification,
    WaveConstraint,
    wave_range,
)
from securebase.model.kernel import compiled, readable
from securebase.model.kernel.readable import Inputs, Integers, Layout, Outputs
from securebase.model.likelihood import Kernel, covariance_root, kernel_name, require_finite
from securebase.model.panel import Panel
from securebase.model.parameters import Array, Start


def expand_waves(panel: Panel, specification: DiscreteTimeSpecification) -> Panel:
    """A row for every wave from the first one (with a stationary start: the first at which a person was seen) to the
    last at which a person was seen. Rows of one person with the same number are one wave; the first score counts.

    Raises ModelError where panel and specification do not belong together.
    """
    of, N = specification, panel.n_persons
    if panel.constructs != of.constructs or panel.scores.shape[1] != of.p:
        raise ModelError("the panel and the specification name different constructs")
    first, last = wave_range(panel)
    if first < of.first_wave or last >= of.first_wave + of.waves:
        raise ModelError(f"the panel has waves {first} to {last}, which are more than the model has")
    person, wave = np.repeat(np.arange(N), np.diff(panel.starts)), panel.wave - of.first_wave
    table = np.full((N, of.waves, of.p), np.nan)
    for k in range(of.p):
        there = np.flatnonzero(np.isfinite(panel.scores[:, k]))[::-1]  # of two, the earlier is written last
        table[person[there], wave[there], k] = panel.scores[there, k]
    seen = np.isfinite(table).any(axis=2)
    kept = np.logical_or.accumulate(seen[:, ::-1], axis=1)[:, ::-1]
    if of.start == Start.STATIONARY:
        kept &= np.logical_or.accumulate(seen, axis=1)
    kept[~kept.any(axis=1), 0] = True  # a person without scores keeps one empty row
    waves = np.broadcast_to(np.arange(of.waves), kept.shape)[kept]
    return Panel(
        persons=panel.persons,
        constructs=of.constructs,
        starts=np.concatenate([[0], np.cumsum(kept.sum(axis=1))]).astype(np.int64),
        times=waves.astype(np.float64),
        scores=table[kept],
        wave=waves.astype(np.int64) + of.first_wave,
        time_unit="wave",
        days_per_unit=panel.days_per_unit,
    )


class DiscreteTimeLikelihood:
    """The likelihood of one panel under one specification, laid out once and evaluated many times. `complete`: the
    panel comes from `expand_waves` already."""

    def __init__(self, panel: Panel, specification: DiscreteTimeSpecification, *, complete: bool = False) -> None:
        self.specification = specification
        self.panel = panel if complete else expand_waves(panel, specification)
        self.rows = compress_rows(self.panel)
        self.wave, self.layout = _build_layout(self.rows, specification)
        self._kernel: Kernel = compiled.evaluate if kernel_name() == "compiled" else readable.evaluate

    def value(self, parameters: DiscreteTimeParameters) -> float:
        """Raises ModelError where the parameters are no valid model."""
        with np.errstate(all="ignore"):
            inputs = self._inputs(parameters, self.rows, self.wave)
            return float(require_finite(self._kernel(self.layout, inputs, gradient=False).log_likelihood).sum())

    def per_person(self, parameters: DiscreteTimeParameters) -> Array:
        """Log-likelihood of each person (N,)."""
        rows = expand_rows(self.panel)
        wave, layout = _build_layout(rows, self.specification)
        with np.errstate(all="ignore"):
            out = self._kernel(layout, self._inputs(parameters, rows, wave), gradient=False)
        return require_finite(out.log_likelihood)

    def value_and_gradient(self, parameters: DiscreteTimeParameters) -> tuple[float, DiscreteTimeParameters]:
        """Gradients along covariances are full symmetric matrices, as in the likelihood in continuous time."""
        with np.errstate(all="ignore"):
            inputs = self._inputs(parameters, self.rows, self.wave)
            out = self._kernel(self.layout, inputs, gradient=True)
            return float(require_finite(out.log_likelihood).sum()), self._gradient(inputs, out)

    def _inputs(self, parameters: DiscreteTimeParameters, rows: Rows, wave: Integers) -> Inputs:
        of = self.specification
        check_shapes(of, parameters)
        shape = (max(of.n_lags, of.n_residuals), of.p, of.p)
        residual = rows.scores.copy()
        n = rows.n_with_mean
        residual[:n] -= parameters.mean.take(wave[:n], axis=0) if of.n_means > 1 else parameters.mean
        return Inputs(
            residual=residual,
            input_increment=np.zeros((0, of.p)),
            slope_basis=np.zeros(0),
            transition=np.broadcast_to(parameters.lags, shape),
            shock_covariance=np.broadcast_to(parameters.residual_covariance, shape),
            start_mean=np.zeros(of.p),
            start_covariance=start_covariance(parameters),
            loading=np.ones(of.p),
            noise=np.zeros(of.p),
            level_root=np.zeros((0, 0))
            if parameters.level_covariance is None
            else covariance_root(parameters.level_covariance),
        )

    def _gradient(self, inputs: Inputs, out: Outputs) -> DiscreteTimeParameters:
        of, n = self.specification, self.rows.n_with_mean
        along = -out.residual[:n]
        if of.means == WaveConstraint.EQUAL:
            mean = along.sum(axis=0, keepdims=True)
        else:
            each = [np.bincount(self.wave[:n], weights=along[:, k], minlength=of.waves) for k in range(of.p)]
            mean = np.column_stack(each)
        lags = out.transition if of.lags == WaveConstraint.FREE else out.transition.sum(axis=0, keepdims=True)
        residual = (
            out.shock_covariance
            if of.residuals == WaveConstraint.FREE
            else out.shock_covariance.sum(axis=0, keepdims=True)
        )
        if of.start == Start.STATIONARY:
            more = _stationary_adjoint(inputs.transition[0], inputs.start_covariance, out.start_covariance)
            lags, residual = lags + more[0], residual + more[1]
        return DiscreteTimeParameters(
            lags=lags,
            residual_covariance=residual,
            mean=mean,
            start_covariance=out.start_covariance if of.start == Start.FREE else None,
            level_covariance=out.level_covariance if of.levels else None,
        )


def start_covariance(parameters: DiscreteTimeParameters) -> Array:
    """Covariance within persons at the first wave; where it has none of its own, P = Phi P Phi' + Q.

    Raises ModelError where the lags lead nowhere in the long run (spectral radius of one or more).
    """
    if parameters.start_covariance is not None:
        return parameters.start_covariance
    Phi, Q = parameters.lags[0], parameters.residual_covariance[0]
    if not np.abs(np.linalg.eigvals(Phi)).max(initial=0.0) < 1.0:
        raise ModelError("the lags are not stable, so there is no stationary start", advice="Choose a free start.")
    p = len(Phi)
    P = np.linalg.solve(np.eye(p * p) - np.kron(Phi, Phi), Q.ravel()).reshape(p, p)
    symmetric: Array = 0.5 * (P + P.T)
    return symmetric


def _stationary_adjoint(Phi: Array, P: Array, P_bar: Array) -> tuple[Array, Array]:
    """(∂Phi, ∂Q) from ∂P for P = Phi P Phi' + Q: X = Phi' X Phi + ∂P, ∂Q = X, ∂Phi = 2 X Phi P."""
    p = len(Phi)
    X = np.linalg.solve(np.eye(p * p) - np.kron(Phi.T, Phi.T), P_bar.ravel()).reshape(p, p)
    X = 0.5 * (X + X.T)
    return 2.0 * X @ Phi @ P, X


def check_shapes(of: DiscreteTimeSpecification, parameters: DiscreteTimeParameters) -> None:
    """Shapes and parts as the specification wants them, or ModelError."""
    p = of.p
    wanted = {
        "lags": (of.n_lags, p, p),
        "residual_covariance": (of.n_residuals, p, p),
        "mean": (of.n_means, p),
        "start_covariance": (p, p) if of.start == Start.FREE else None,
        "level_covariance": (p, p) if of.levels else None,
    }
    for name, shape in wanted.items():
        value = getattr(parameters, name)
        if (None if value is None else value.shape) != shape:
            raise ModelError(f"“{name}” has not the shape that this model of waves needs ({shape or 'none at all'})")


def _build_layout(rows: Rows, of: DiscreteTimeSpecification) -> tuple[Integers, Layout]:
    """Which wave each row is, counted from 0, and the kernel's layout."""
    wave = np.round(rows.times).astype(np.int64)
    entry = wave - 1 if max(of.n_lags, of.n_residuals) > 1 else np.zeros_like(wave)
    entry[rows.starts[:-1][np.diff(rows.starts) > 0]] = -1
    layout = Layout(
        starts=np.ascontiguousarray(rows.starts, dtype=np.int64),
        order=np.argsort(-np.diff(rows.starts), kind="stable").astype(np.int64),
        gap_index=entry,
        construct=np.arange(of.p, dtype=np.int64),
        weights=np.ascontiguousarray(rows.weights),
    )
    return wave, layout
