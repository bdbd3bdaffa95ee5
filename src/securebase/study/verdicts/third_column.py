r"""Within-person dynamics of two columns beside a third one: η_t = A η_{t−1} + ε_t, with errors on all three.

A fourth state w is the trace of the third column z: w_t = z_{t−1}, in continuous time dw = (z − w) dt. Its effects on y
and x are needed although all columns are first-order: a column that is a part of its own plus an effect of z, each with
a persistence of its own, depends on two lags of z. Without them a rival that explains an effect away does not.

Correlated shocks ε ~ N(0, Q), stationary; in continuous time dη = 𝒜 η dt + shocks, with the usual gap as the unit.
Parameters on the working scale, in the order y, x, z: persistence (3; atanh φ, continuous: logit φ), effects of x and z
on y, of y and z on x, and of y and x on z, log standard deviations of the shocks (3), atanh of their correlations (y
with x, y with z, and x with z beside y), log standard deviations of the errors (3), and effects of w on y and x. Priors
are those of `dynamics`.
"""

from __future__ import annotations

import numpy as np

from securebase.study.verdicts.course import Array
from securebase.study.verdicts.dynamics import Matrices

#: position of the effect of x on y among the parameters
X_TO_Y = 3
#: position of every effect → (later, earlier) state
_EFFECTS = {3: (0, 1), 4: (0, 2), 5: (1, 0), 6: (1, 2), 7: (2, 0), 8: (2, 1), 18: (0, 3), 19: (1, 3)}
#: largest spectral radius over one unit of time, and weight of the barrier, as for two columns
_MAX_RADIUS, _BARRIER = 0.985, 0.01


class ThirdColumn:
    """Dynamics of a pair beside a third column, for `panel.StateLikelihood`."""

    n_states = 4

    def __init__(self, *, discrete: bool) -> None:
        self.discrete = discrete

    def start(self, pair: Array) -> Array:
        """Return start values (20,) from the parameters of two columns (9,); the third has no effects."""
        # unequal persistences: two equal ones with one effect have no basis of eigenvectors
        persistence = 0.5 if self.discrete else -0.3
        effects = [pair[2], 0.0, pair[3], 0.0, 0.0, 0.0]
        shocks = [*pair[4:6], np.log(0.7), pair[6], 0.0, 0.0]
        return np.array([*pair[:2], persistence, *effects, *shocks, *pair[7:9], np.log(0.5), 0.0, 0.0])

    def matrices(self, theta: Array, gaps: Array) -> Matrices:
        """Return the matrices of a batch; in discrete time every gap is one step."""
        A, Q = self._drift(theta), _shock_covariance(theta)
        P = np.linalg.solve(self._system(A), (Q if self.discrete else -Q).reshape(-1, 16, 1)).reshape(-1, 4, 4)
        if self.discrete:
            Phi, shocks = A[:, None], Q[:, None]
        else:
            Phi = _exponential(A, gaps)
            shocks = P[:, None] - Phi @ P[:, None] @ Phi.transpose(0, 1, 3, 2)
        return Matrices(Phi, shocks, np.asarray(P, dtype=np.float64), np.exp(2.0 * theta[:, 15:18]), A)

    def penalty(self, theta: Array) -> Array:
        """Return the logarithms (m,) of the priors and of the barrier, log |det(I − A ⊗ A)| inside the largest radius.

        −∞ where the dynamics are not stable.
        """
        total = _normal(theta[:, :3], 0.4, 1.5) if self.discrete else _normal(theta[:, :3], -0.4, 2.0)
        total += _normal(theta[:, 9:12], np.log(0.7), 3.0) + _normal(theta[:, 12:15], 0.0, 1.5)
        total += _normal(theta[:, 15:18], np.log(0.5), 1.5)
        A = self._drift(theta)
        if not np.isfinite(A).all():
            return np.full(len(theta), -np.inf)
        A = A / _MAX_RADIUS if self.discrete else A - np.log(_MAX_RADIUS) * np.eye(4)
        values = np.linalg.eigvals(A)
        is_stable = (np.abs(values) < 1.0 if self.discrete else values.real < 0.0).all(axis=1)
        return np.where(is_stable, total + _BARRIER * np.linalg.slogdet(self._system(A))[1], -np.inf)

    def effect_over_one_step(self, theta: Array) -> float:
        """Return the effect of x on y over the usual gap, in units of the likelihood."""
        return float(self.matrices(theta[None], np.ones(1)).transition[0, 0, 0, 1])

    def _drift(self, theta: Array) -> Array:
        A = np.zeros((len(theta), 4, 4))
        A[:, range(3), range(3)] = np.tanh(theta[:, :3]) if self.discrete else -np.logaddexp(0.0, -theta[:, :3])
        for position, (later, earlier) in _EFFECTS.items():
            A[:, later, earlier] = theta[:, position]
        A[:, 3, 2], A[:, 3, 3] = 1.0, 0.0 if self.discrete else -1.0
        return A

    def _system(self, A: Array) -> Array:
        """Return I − A ⊗ A, or A ⊗ I + I ⊗ A, of the equation for the stationary covariance."""
        if self.discrete:
            return np.eye(16) - _kronecker(A, A)
        identity = np.broadcast_to(np.eye(4), A.shape)
        return _kronecker(A, identity) + _kronecker(identity, A)


def _shock_covariance(theta: Array) -> Array:
    """Return Q (m, 4, 4) from standard deviations and partial correlations, which keep it positive semidefinite."""
    yx, yz, xz = np.tanh(theta[:, 12:15]).T
    rest = np.sqrt(1.0 - yz**2)
    root = np.zeros((len(theta), 4, 4))
    root[:, 0, 0] = 1.0
    root[:, 1, 0], root[:, 1, 1] = yx, np.sqrt(1.0 - yx**2)
    root[:, 2, 0], root[:, 2, 1], root[:, 2, 2] = yz, xz * rest, np.sqrt(1.0 - xz**2) * rest
    root[:, :3] *= np.exp(theta[:, 9:12])[:, :, None]
    return np.asarray(root @ root.transpose(0, 2, 1))


def _exponential(A: Array, gaps: Array) -> Array:
    """Return exp(A u) (m, g, 4, 4) by eigenvectors."""
    values, vectors = np.linalg.eig(A)
    powers = np.exp(values[:, None, :] * gaps[:, None])
    return np.asarray(((vectors[:, None] * powers[:, :, None, :]) @ np.linalg.inv(vectors)[:, None]).real)


def _kronecker(A: Array, B: Array) -> Array:
    product: Array = np.einsum("mij,mkl->mikjl", A, B).reshape(-1, 16, 16)
    return product


def _normal(values: Array, mean: float, sd: float) -> Array:
    total: Array = -0.5 * (((values - mean) / sd) ** 2).sum(axis=1)
    return total
