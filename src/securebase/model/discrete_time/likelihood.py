"""The exact likelihood of discrete-time panel models, by the kernel and compression of the continuous-time model.

The kernel reads a table of transitions and shock covariances. Its entries are waves here (or one entry for all waves)
and gaps in continuous time. Measurement noise is zero. A wave that a person missed is a row without scores.
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
from securebase.model.likelihood import Kernel, build_layout, covariance_root, kernel_name, require_finite
from securebase.model.panel import Panel
from securebase.model.parameters import Array
from securebase.model.specification import Start


def expand_waves(panel: Panel, specification: DiscreteTimeSpecification) -> Panel:
    """Return a panel with a row for every wave up to each person's last observed one.

    It starts at the first wave, with a stationary start at the person's first observed one. Rows of one person with the
    same number are merged; the first score counts. Raises ModelError where panel and specification do not match.
    """
    spec, N = specification, panel.n_persons
    if panel.constructs != spec.constructs or panel.scores.shape[1] != spec.p:
        raise ModelError(
            f"the panel has the constructs {', '.join(panel.constructs)}, "
            f"the specification {', '.join(spec.constructs)}",
            advice="Build both from the same constructs.",
        )
    first, last = wave_range(panel)
    if first < spec.first_wave or last >= spec.first_wave + spec.waves:
        raise ModelError(
            f"the panel has waves {first} to {last}, the model {spec.first_wave} to {spec.first_wave + spec.waves - 1}"
        )
    person, wave = np.repeat(np.arange(N), np.diff(panel.starts)), panel.wave - spec.first_wave
    table = np.full((N, spec.waves, spec.p), np.nan)
    for k in range(spec.p):
        # in reverse order, so that of two scores the earlier is written last
        rows = np.flatnonzero(np.isfinite(panel.scores[:, k]))[::-1]
        table[person[rows], wave[rows], k] = panel.scores[rows, k]
    observed = np.isfinite(table).any(axis=2)
    included = np.logical_or.accumulate(observed[:, ::-1], axis=1)[:, ::-1]
    if spec.start == Start.STATIONARY:
        included &= np.logical_or.accumulate(observed, axis=1)
    included[~included.any(axis=1), 0] = True  # a person without scores has one empty row
    waves = np.broadcast_to(np.arange(spec.waves), included.shape)[included]
    return Panel(
        persons=panel.persons,
        constructs=spec.constructs,
        starts=np.concatenate([[0], np.cumsum(included.sum(axis=1))]).astype(np.int64),
        times=waves.astype(np.float64),
        scores=table[included],
        wave=waves.astype(np.int64) + spec.first_wave,
        time_unit="wave",
        days_per_unit=panel.days_per_unit,
    )


class DiscreteTimeLikelihood:
    """The likelihood of one panel under one specification, laid out once and evaluated many times.

    complete: the panel already has every wave (`expand_waves`).
    """

    def __init__(self, panel: Panel, specification: DiscreteTimeSpecification, *, complete: bool = False) -> None:
        self.specification = specification
        self.panel = panel if complete else expand_waves(panel, specification)
        self.rows = compress_rows(self.panel)
        self.wave, self.layout = _build_layout(self.rows, specification)
        self._kernel: Kernel = compiled.evaluate if kernel_name() == "compiled" else readable.evaluate

    def value(self, parameters: DiscreteTimeParameters) -> float:
        """Return the log-likelihood. Raises ModelError for invalid parameters."""
        with np.errstate(all="ignore"):
            inputs = self._inputs(parameters, self.rows, self.wave)
            return float(require_finite(self._kernel(self.layout, inputs, gradient=False).log_likelihood).sum())

    def per_person(self, parameters: DiscreteTimeParameters) -> Array:
        """Return the log-likelihood of each person (N,)."""
        rows = expand_rows(self.panel)
        wave, layout = _build_layout(rows, self.specification)
        with np.errstate(all="ignore"):
            out = self._kernel(layout, self._inputs(parameters, rows, wave), gradient=False)
        return require_finite(out.log_likelihood)

    def value_and_gradient(self, parameters: DiscreteTimeParameters) -> tuple[float, DiscreteTimeParameters]:
        """Return log-likelihood and gradient; covariances have full symmetric gradients, as in continuous time."""
        with np.errstate(all="ignore"):
            inputs = self._inputs(parameters, self.rows, self.wave)
            out = self._kernel(self.layout, inputs, gradient=True)
            return float(require_finite(out.log_likelihood).sum()), self._gradient(inputs, out)

    def _inputs(self, parameters: DiscreteTimeParameters, rows: Rows, wave: Integers) -> Inputs:
        spec = self.specification
        check_shapes(spec, parameters)
        shape = (max(spec.n_lags, spec.n_residuals), spec.p, spec.p)
        residual = rows.scores.copy()
        n = rows.n_with_mean
        residual[:n] -= parameters.mean.take(wave[:n], axis=0) if spec.n_means > 1 else parameters.mean
        return Inputs(
            residual=residual,
            input_increment=np.zeros((0, spec.p)),
            slope_basis=np.zeros(0),
            transition=np.broadcast_to(parameters.lags, shape),
            shock_covariance=np.broadcast_to(parameters.residual_covariance, shape),
            start_mean=np.zeros(spec.p),
            start_covariance=start_covariance(parameters),
            loading=np.ones(spec.p),
            noise=np.zeros(spec.p),
            level_root=np.zeros((0, 0))
            if parameters.level_covariance is None
            else covariance_root(parameters.level_covariance),
        )

    def _gradient(self, inputs: Inputs, out: Outputs) -> DiscreteTimeParameters:
        spec, n = self.specification, self.rows.n_with_mean
        mean_gradient = -out.residual[:n]
        if spec.means == WaveConstraint.EQUAL:
            mean = mean_gradient.sum(axis=0, keepdims=True)
        else:
            columns = [
                np.bincount(self.wave[:n], weights=mean_gradient[:, k], minlength=spec.waves) for k in range(spec.p)
            ]
            mean = np.column_stack(columns)
        lags, residual = spec.lags.add_up(out.transition), spec.residuals.add_up(out.shock_covariance)
        if spec.start == Start.STATIONARY:
            through_start = _stationary_adjoint(inputs.transition[0], inputs.start_covariance, out.start_covariance)
            lags, residual = lags + through_start[0], residual + through_start[1]
        return DiscreteTimeParameters(
            lags=lags,
            residual_covariance=residual,
            mean=mean,
            start_covariance=out.start_covariance if spec.start == Start.FREE else None,
            level_covariance=out.level_covariance if spec.levels else None,
        )


def start_covariance(parameters: DiscreteTimeParameters) -> Array:
    """Return the covariance within persons at the first wave, if stationary the solution of P = Phi P Phi' + Q.

    Raises ModelError for a stationary start with lags whose spectral radius is 1 or more.
    """
    if parameters.start_covariance is not None:
        return parameters.start_covariance
    Phi, Q = parameters.lags[0], parameters.residual_covariance[0]
    if not np.abs(np.linalg.eigvals(Phi)).max(initial=0.0) < 1.0:
        raise ModelError("the lags are unstable, so there is no stationary start", advice="Choose a free start.")
    p = len(Phi)
    P = np.linalg.solve(np.eye(p * p) - np.kron(Phi, Phi), Q.ravel()).reshape(p, p)
    symmetric: Array = 0.5 * (P + P.T)
    return symmetric


def _stationary_adjoint(Phi: Array, P: Array, P_bar: Array) -> tuple[Array, Array]:
    """Return (∂Phi, ∂Q) from ∂P for P = Phi P Phi' + Q: X = Phi' X Phi + ∂P, ∂Q = X, ∂Phi = 2 X Phi P."""
    p = len(Phi)
    X = np.linalg.solve(np.eye(p * p) - np.kron(Phi.T, Phi.T), P_bar.ravel()).reshape(p, p)
    X = 0.5 * (X + X.T)
    return 2.0 * X @ Phi @ P, X


def check_shapes(spec: DiscreteTimeSpecification, parameters: DiscreteTimeParameters) -> None:
    """Raise ModelError where parameters do not have the parts and shapes of the specification."""
    p = spec.p
    shapes = {
        "lags": (spec.n_lags, p, p),
        "residual_covariance": (spec.n_residuals, p, p),
        "mean": (spec.n_means, p),
        "start_covariance": (p, p) if spec.start == Start.FREE else None,
        "level_covariance": (p, p) if spec.levels else None,
    }
    for name, shape in shapes.items():
        value = getattr(parameters, name)
        actual = None if value is None else value.shape
        if actual != shape:
            raise ModelError(f"“{name}” must have the shape {shape} in this model (got {actual})")


def _build_layout(rows: Rows, spec: DiscreteTimeSpecification) -> tuple[Integers, Layout]:
    """Return the wave of each row, counted from 0, and the kernel's layout."""
    wave = np.round(rows.times).astype(np.int64)
    entry = wave - 1 if max(spec.n_lags, spec.n_residuals) > 1 else np.zeros_like(wave)
    entry[rows.starts[:-1][np.diff(rows.starts) > 0]] = -1
    return wave, build_layout(rows, entry, range(spec.p))
