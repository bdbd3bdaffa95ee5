r"""Badge of a direction (F): its effect is needed also beside a hidden cause that is a mixture.

Time reversal excludes hidden autoregressive causes of both columns at once, M excludes shared shocks that carry over
unequally. A mixture of both is excluded only here: with a factor f of unit variance that loads on both columns,

    scores = line + η + Λf + error,   η_t = A η_{t−1} + ε_t,   f_t = ψ f_{t−1} + ξ_t,

A has the one effect and is otherwise diagonal. The test is one-sided at .05. It has little power (the mixture mimics
most effects), so that its absence says nothing. States of the filter: η + Λf of y and x, then f.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from securebase.model.distributions import normal_tail
from securebase.study.verdicts import dynamics
from securebase.study.verdicts.course import Array, Pair
from securebase.study.verdicts.dynamics import Matrices
from securebase.study.verdicts.likelihood_ratio import ratio_test
from securebase.study.verdicts.panel import StateLikelihood
from securebase.study.verdicts.within import LagDirection, WithinFit

#: position of the one effect among the parameters
EFFECT = 2
_LEVEL = 0.05
#: starts: loadings of y and x, persistence of the factor, part of the shocks' and errors' variance that is left
_STARTS = (
    (0.5, 0.6, 0.8),
    (0.7, 0.85, 0.6),
    (0.7, 0.3, 0.6),
    (0.3, 0.9, 0.9),
    (0.9, 0.6, 0.4),
    (0.1, 0.5, 1.0),
)
_LOADING, _PERSISTENCE = (0.0, 1.0), (0.4, 1.5)


@dataclass(frozen=True, slots=True)
class BesideMixedCause:
    """Statistic of an effect beside a factor and correlated shocks, and its one-sided p in the sign of M."""

    z: float
    p: float
    regular: bool

    @property
    def holds(self) -> bool:
        """Return whether the effect is significant also beside a mixed hidden cause."""
        return self.regular and self.p < _LEVEL


class Factor:
    """Correlated shocks, one effect and a factor, for `panel.StateLikelihood`.

    Parameters: the shared ones without the effect of the other direction (8), loadings of y and x, logit ψ.
    """

    n_states = 3

    def __init__(self, direction: LagDirection, *, discrete: bool) -> None:
        self._missing, self.discrete = direction.reversed.position, discrete

    def shared(self, theta: Array) -> Array:
        """Return the shared parameters (m, 9), the other effect 0."""
        return np.insert(theta[:, :8], self._missing, 0.0, axis=1)

    def matrices(self, theta: Array, gaps: Array) -> Matrices:
        """Return the matrices of a batch; in discrete time every gap is one step."""
        m = dynamics.matrices(self.shared(theta), gaps, discrete=self.discrete)
        loading = theta[:, 8:10, None]
        psi = 1.0 / (1.0 + np.exp(-theta[:, 10]))
        keep = (psi[:, None] ** (np.ones(1) if self.discrete else gaps))[..., None, None]
        transition, shocks = np.zeros((2, *m.transition.shape[:2], 3, 3))
        transition[..., :2, :2], transition[..., 2:, 2:] = m.transition, keep
        transition[..., :2, 2:] = keep * loading[:, None] - m.transition @ loading[:, None]
        column = np.concatenate([loading, np.ones((len(theta), 1, 1))], axis=1)
        square = column @ column.transpose(0, 2, 1)
        shocks += (1.0 - keep**2) * square[:, None]
        shocks[..., :2, :2] += m.shocks
        stationary = square.copy()
        stationary[:, :2, :2] += m.stationary
        return Matrices(transition, shocks, stationary, m.error, m.drift)

    def penalty(self, theta: Array) -> Array:
        """Return the penalties of the shared dynamics and weak priors of loadings and persistence (m,)."""
        total = dynamics.penalty(self.shared(theta), discrete=self.discrete)
        for values, (mean, sd) in ((theta[:, 8:10], _LOADING), (theta[:, 10:], _PERSISTENCE)):
            total = total - 0.5 * (((values - mean) / sd) ** 2).sum(axis=1)
        return total


def beside_mixed_cause(pair: Pair, direction: LagDirection, within: WithinFit) -> BesideMixedCause:
    """Test an effect of a pair without its common course beside a mixed cause, from six starts; within: its M."""
    likelihood = StateLikelihood(pair, Factor(direction, discrete=pair.discrete))
    test = ratio_test(likelihood.objective, _starts(within, direction), EFFECT)
    return BesideMixedCause(test.z, float(normal_tail(np.sign(within.tests[direction].z) * test.z)), test.regular)


def _starts(within: WithinFit, direction: LagDirection) -> list[Array]:
    theta = np.delete(within.theta, direction.reversed.position)
    # the factor takes over what the shocks share
    sign = -1.0 if theta[5] < 0 else 1.0
    starts = []
    for loading, persistence, left in _STARTS:
        start = np.concatenate([theta, [loading, sign * loading, np.log(persistence / (1.0 - persistence))]])
        start[[3, 4, 6, 7]] += 0.5 * np.log(left)
        start[5] *= left
        starts.append(start)
    return starts
