r"""M with a bend of each person's own beside the line: whether a direction rests on the straight lines.

Scores gain c exp(−t / T) with T the longest course and c ~ N(0, κ²) for each person and column, κ so large that c is
unknown. Less its own line, this is a parabola (r > .99) that is slightly steeper at first. The kernel integrates levels
and slopes out; the bend e is a state without shocks, e_t = exp(−u / T) e_{t−1} over a gap u, and the states of the
filter are η + e of y and x, then e of both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from securebase.study.verdicts import dynamics
from securebase.study.verdicts.course import Array, Pair, usual_gap
from securebase.study.verdicts.dynamics import Matrices
from securebase.study.verdicts.likelihood_ratio import ratio_test
from securebase.study.verdicts.panel import StateLikelihood
from securebase.study.verdicts.within import LagDirection, WithinFit

#: κ in within-person standard deviations: bends depart from their chord by up to 75 of these
_DIFFUSE = 1000.0
#: statistic below which nothing of a direction is left beside bends
_MIN_LEFT = 1.0


@dataclass(frozen=True, slots=True)
class BesideBends:
    """Statistic of an effect without and with bends. holds: the second has the same sign and is at least 1."""

    z_of_lines: float
    z: float
    p: float
    regular: bool

    @property
    def holds(self) -> bool:
        """Return whether the direction does not rest on the straight lines."""
        return self.regular and bool(np.sign(self.z_of_lines) * self.z >= _MIN_LEFT)


class Bends:
    """Shared dynamics beside a bend of each person and column, for `panel.StateLikelihood`. span: T."""

    n_states = 4

    def __init__(self, span: float, *, discrete: bool) -> None:
        self._span, self.discrete = span, discrete

    def matrices(self, theta: Array, gaps: Array) -> Matrices:
        """Return the matrices of a batch; in discrete time every gap is one step."""
        m = dynamics.matrices(theta, gaps, discrete=self.discrete)
        fades = np.exp(-(np.ones(1) if self.discrete else gaps) / self._span)[:, None, None] * np.eye(2)
        transition, shocks = np.zeros((2, *m.transition.shape[:2], 4, 4))
        transition[..., :2, :2], transition[..., :2, 2:] = m.transition, fades - m.transition
        transition[..., 2:, 2:] = fades
        shocks[..., :2, :2] = m.shocks
        stationary = np.tile(_DIFFUSE**2 * np.eye(2), (len(theta), 2, 2))
        stationary[:, :2, :2] += m.stationary
        return Matrices(transition, shocks, stationary, m.error, m.drift)

    def penalty(self, theta: Array) -> Array:
        """Return the penalties of the shared dynamics (m,)."""
        return dynamics.penalty(theta, discrete=self.discrete)


def beside_bends(pair: Pair, direction: LagDirection, within: WithinFit) -> BesideBends:
    """Test an effect of a pair without its common course beside bends; within: its M."""
    likelihood = bends_likelihood(pair)
    starts = [dynamics.start(discrete=pair.discrete), within.theta]
    test = ratio_test(likelihood.objective, starts, direction.position)
    return BesideBends(within.tests[direction].z, test.z, test.p, test.regular)


def bends_likelihood(pair: Pair) -> StateLikelihood:
    """Return the likelihood of the shared dynamics beside bends."""
    known = np.isfinite(pair.times) & (np.isfinite(pair.y) | np.isfinite(pair.x))
    last = np.max(np.where(known, pair.times, -np.inf), axis=1, initial=-np.inf)
    first = np.min(np.where(known, pair.times, np.inf), axis=1, initial=np.inf)
    span = float(np.max(last - first, initial=0.0)) / (1.0 if pair.discrete else usual_gap(pair))
    return StateLikelihood(pair, Bends(max(span, 1.0), discrete=pair.discrete))
