"""Restricted likelihood of two columns, or of these and a third one, under any linear dynamics of their states.

The first states are those of the columns: a score is its state plus the person's line plus error, as in `likelihood`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import numpy as np
from scipy.linalg import block_diag

from securebase.study.verdicts.course import Array, Pair, own_line_residuals
from securebase.study.verdicts.dynamics import Matrices
from securebase.study.verdicts.likelihood import RestrictedLikelihood

#: step of the central differences of the map from parameters to matrices
_STEP = 1e-5


class Dynamics(Protocol):
    """Dynamics of p states; functions take a batch of parameters (m, k)."""

    n_states: int

    def matrices(self, theta: Array, gaps: Array) -> Matrices:
        """Return the matrices of the states over gaps, and the error variances (m, q) of the columns."""
        ...

    def penalty(self, theta: Array) -> Array:
        """Return the logarithms (m,) of the priors; −∞ where the dynamics are not stable."""
        ...


class StateLikelihood(RestrictedLikelihood):
    """Penalised restricted log-likelihood of q columns, up to a constant.

    third: values (N, T) in the cells of the pair, without their common course. Persons are those who have a line in
    both columns of the pair; scale (q,): as in `RestrictedLikelihood`.
    """

    def __init__(self, pair: Pair, dynamics: Dynamics, third: Array | None = None) -> None:
        super().__init__(pair, private=False)
        self._dynamics, self._p = dynamics, dynamics.n_states
        if third is not None:
            self._add(pair, third)

    def _penalty(self, theta: Array) -> Array:
        return self._dynamics.penalty(theta)

    def _matrices(self, theta: Array) -> Matrices:
        return self._dynamics.matrices(theta, self.gaps)

    def _add(self, pair: Pair, third: Array) -> None:
        line = own_line_residuals(third, pair.times)
        # without a line of their own, a person's values say nothing
        third = np.where(np.isfinite(line), third, np.nan)
        lines = [own_line_residuals(values, pair.times) for values in (pair.y, pair.x)]
        both = np.flatnonzero(np.isfinite(lines[0]).any(axis=1) & np.isfinite(lines[1]).any(axis=1))
        rows = [self._rows(pair.y[i], pair.x[i], third[i])[2] for i in both]
        known = np.isfinite(line[both])
        freedom = int(known.sum()) - 2 * int(known.any(axis=1).sum())
        spread = float(np.sqrt(np.nansum(line[both] ** 2) / max(freedom, 1))) or 1.0
        self.scale = np.append(self.scale, spread)
        self._residual = np.column_stack([self._residual, np.concatenate(rows) / spread])
        self._root = block_diag(self._root, self._root[:2, :2])
        self._layout = replace(self._layout, construct=np.arange(3))
