"""Restricted likelihood of the within-person dynamics, each person's lines integrated out, with its gradient.

The kernel of the model filters the state with the response to a person's constants (level and slope of both columns) as
extra columns. A prior of the constants with a huge variance κ² makes its likelihood the restricted one:

    ℓ_REML = ℓ_κ + ½ n log 2π + 4 log κ a person,  −2ℓ_REML = log|V| + log|D'V⁻¹D| + w'(V⁻¹ − V⁻¹D(D'V⁻¹D)⁻¹D'V⁻¹)w.
"""

from __future__ import annotations

import numpy as np

from securebase.model.kernel import compiled, readable
from securebase.model.kernel.readable import Inputs, Layout, Outputs
from securebase.model.likelihood import kernel_name
from securebase.study.verdicts import dynamics
from securebase.study.verdicts.course import Array, Indices, Pair, own_line_residuals, usual_gap

#: κ in within-person standard deviations: its error in the log-likelihood is of the order κ⁻²
_DIFFUSE = 1e6
#: step of the central differences of the map from parameters to matrices
_STEP = 1e-5
#: gaps that differ by less than this part of the usual gap are one gap; with too many gaps, a coarser part
_QUANTUM, _COARSE_QUANTUM, _MAX_GAPS = 1e-9, 0.02, 400


class RestrictedLikelihood:
    """Penalised restricted log-likelihood of one pair, laid out once and evaluated many times.

    scale (2,): within-person standard deviations of y and x, in units of which the parameters are. Persons without a
    line in both columns are left out; `persons` remain, `n_persons` in number. The common course must have been
    removed.
    """

    def __init__(self, pair: Pair, *, private: bool) -> None:
        self.private, self.discrete = private, pair.discrete
        lines = [own_line_residuals(values, pair.times) for values in (pair.y, pair.x)]
        both = np.isfinite(lines[0]).any(axis=1) & np.isfinite(lines[1]).any(axis=1)
        self.persons: Indices = np.flatnonzero(both)
        self.n_persons = len(self.persons)
        self.scale = np.array([_spread(line[both]) for line in lines])
        self.unit = 1.0 if pair.discrete else usual_gap(pair)
        rows = [self._rows(y, x, t) for y, x, t in zip(pair.y[both], pair.x[both], pair.times[both], strict=True)]
        scores = [np.column_stack([y, x]) / self.scale for y, x, _ in rows]
        times = [t / self.unit for _, _, t in rows]
        self._residual = np.concatenate(scores) if scores else np.zeros((0, 2))
        self._basis = np.concatenate([t - t.mean() for t in times]) if times else np.zeros(0)
        self._layout, self.gaps = _lay_out(times)
        self._root = _DIFFUSE * np.eye(4)
        self._p = 4 if private else 2
        self._kernel = compiled.evaluate if kernel_name() == "compiled" else readable.evaluate
        n = int(np.isfinite(self._residual).sum())
        self._constant = 0.5 * n * np.log(2.0 * np.pi) + 4.0 * self.n_persons * np.log(_DIFFUSE)
        self.n_parameters = dynamics.N_SHARED + (dynamics.N_PRIVATE if private else 0)

    def log_likelihood(self, theta: Array) -> float:
        """Return the restricted log-likelihood without penalties, of data in units of `scale`."""
        return self._evaluate(self._matrices(theta[None]), gradient=False)[0]

    def of_persons(self, theta: Array) -> Array:
        """Return the log-likelihood (persons,) of each person without penalties, up to constants."""
        return self._evaluate(self._matrices(theta[None]), gradient=False)[1].log_likelihood

    def objective(self, theta: Array) -> tuple[float, Array]:
        """Return minus the penalised log-likelihood and its gradient; (∞, zeros) where the dynamics are not stable.

        The kernel's gradient along the matrices is exact; central differences carry it to the parameters.
        """
        k, steps = len(theta), _STEP * np.eye(len(theta))
        points = np.concatenate([theta[None], theta + steps, theta - steps])
        # a long step of a line search may overflow: the value is then not finite
        with np.errstate(all="ignore"):
            priors = self._penalty(points)
            if not np.isfinite(priors).all():
                return np.inf, np.zeros(k)
            m = self._matrices(points)
            value, out = self._evaluate(m, gradient=True)
            total = priors + np.einsum("mgij,gij->m", m.transition, out.transition)
            total += np.einsum("mgij,gij->m", m.shocks, out.shock_covariance)
            total += np.einsum("mij,ij->m", m.stationary, out.start_covariance) + m.error @ out.noise
        if not np.isfinite(value) or not np.isfinite(total).all():
            return np.inf, np.zeros(k)
        return -(value + float(priors[0])), -(total[1 : 1 + k] - total[1 + k :]) / (2.0 * _STEP)

    def _penalty(self, theta: Array) -> Array:
        """Return the logarithms (m,) of the priors; −∞ where the dynamics are not stable."""
        return dynamics.penalty(theta, discrete=self.discrete)

    def _matrices(self, theta: Array) -> dynamics.Matrices:
        """Return the matrices of a batch of parameters."""
        return dynamics.matrices(theta, self.gaps, discrete=self.discrete)

    def _evaluate(self, m: dynamics.Matrices, *, gradient: bool) -> tuple[float, Outputs]:
        """Return the log-likelihood, and the kernel's outputs, at the first matrices of the batch."""
        inputs = Inputs(
            residual=self._residual,
            input_increment=np.zeros((0, self._p)),
            slope_basis=self._basis,
            transition=m.transition[0],
            shock_covariance=m.shocks[0],
            start_mean=np.zeros(self._p),
            start_covariance=m.stationary[0],
            loading=np.ones(self._residual.shape[1]),
            noise=m.error[0],
            level_root=self._root,
        )
        out = self._kernel(self._layout, inputs, gradient=gradient)
        return float(out.log_likelihood.sum()) + self._constant, out

    def _rows(self, y: Array, x: Array, times: Array) -> tuple[Array, Array, Array]:
        """Return a person's rows: in discrete time from the first known to the last, otherwise the known ones."""
        known = np.flatnonzero(np.isfinite(y) | np.isfinite(x))
        chosen = np.arange(known[0], known[-1] + 1) if self.discrete else known
        return y[chosen], x[chosen], times[chosen]


def _spread(line: Array) -> float:
    """Return the standard deviation around persons' lines, with two degrees of freedom a person spent."""
    known = np.isfinite(line)
    freedom = int(known.sum()) - 2 * int(known.any(axis=1).sum())
    return float(np.sqrt(np.nansum(line**2) / freedom)) if freedom > 0 and np.nansum(line**2) > 0 else 1.0


def _lay_out(times: list[Array]) -> tuple[Layout, Array]:
    lengths = np.array([len(t) for t in times], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    gaps = np.concatenate([np.concatenate([[0.0], np.diff(t)]) for t in times]) if times else np.zeros(0)
    is_first = np.zeros(len(gaps), dtype=bool)
    is_first[starts[:-1]] = True
    for quantum in (_QUANTUM, _COARSE_QUANTUM):
        unique, index = np.unique(np.rint(gaps[~is_first] / quantum).astype(np.int64), return_inverse=True)
        if len(unique) <= _MAX_GAPS:
            break
    gap_index: Indices = np.full(len(gaps), -1, dtype=np.int64)
    gap_index[~is_first] = index
    layout = Layout(
        starts=starts,
        order=np.argsort(-lengths, kind="stable").astype(np.int64),
        gap_index=gap_index,
        construct=np.array([0, 1], dtype=np.int64),
        weights=np.tile([1.0, 1.0, 0.0], (len(times), 1)),
    )
    lengths_of_gaps: Array = unique.astype(np.float64) * quantum
    return layout, lengths_of_gaps
