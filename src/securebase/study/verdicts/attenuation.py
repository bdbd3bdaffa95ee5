r"""Test of attenuation (T3): an association that weakens without trends by more than detrending does by itself.

Trends are each person's line and the common course. Detrending shrinks a true lagged association even where nobody has
a trend, so the plain difference of the detrended and the centred coefficient does not have mean zero. With V the
trend-free covariance that M implies and H_q a person's residual maker (q = 0 mean, 1 line), the pooled regression of
y_t on x_{t−1} and y_{t−1} tends to

    b_q = [Σ (x̃x̃ x̃ỹ; x̃ỹ ỹỹ)(t−1, t−1)]⁻¹ Σ (ỹ_t x̃_{t−1}, ỹ_t ỹ_{t−1}),  S = H_q V H_q,

and the statistic is ((b̂₁ − b̂₀) − (b₁ − b₀)) / ‖influence₁ − influence₀‖, t with N − 1 degrees of freedom.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from securebase.model.distributions import t_quantile, t_tail
from securebase.study.verdicts import dynamics
from securebase.study.verdicts.course import MIN_VALUES, Array, Pair
from securebase.study.verdicts.within import WithinFit

_LEVEL = 0.05
#: normal quantile of a one-sided 95% limit, and the share that it may reach of an association that attenuates
_ONE_SIDED, _MOST_LEFT = 1.645, 2 / 3


class Persistence(StrEnum):
    """Remainder of a within-person association without trends."""

    PERSISTS = "persists"
    ATTENUATES = "attenuates"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Coefficient:
    """Coefficient of the earlier x beside y's own past, with its standard error (clusters are persons)."""

    estimate: float
    standard_error: float


@dataclass(frozen=True, slots=True)
class Attenuation:
    """A lagged association within-person centred, and detrended (without lines and common course).

    expected_difference: of the two without any trend. statistic, p: of T3, with n_persons − 1 degrees of freedom.
    """

    centred: Coefficient
    detrended: Coefficient
    expected_difference: float
    statistic: float
    p: float
    n_persons: int

    @property
    def weaker(self) -> bool:
        """Return whether the centred coefficient differs from zero and the detrended one is weaker than expected."""
        return self._is_significant(self.centred) and self.p < _LEVEL and self.statistic * self.centred.estimate < 0

    @property
    def persistence(self) -> Persistence:
        """Return what remains without trends.

        Persists: both coefficients differ from zero with the same sign, which does not exclude that it is weaker.
        Attenuates: weaker, what is left of this sign does not differ from zero, and at most two thirds can be left
        (95%, one-sided): with few persons, a true lag that is partly due to a common course often fails the first two.
        """
        same_sign = self.centred.estimate * self.detrended.estimate > 0
        if same_sign and self._is_significant(self.centred) and self._is_significant(self.detrended):
            return Persistence.PERSISTS
        left = float(np.sign(self.centred.estimate)) * self.detrended.estimate
        can_be_left = left + _ONE_SIDED * self.detrended.standard_error
        attenuates = self.weaker and can_be_left < _MOST_LEFT * abs(self.centred.estimate)
        return Persistence.ATTENUATES if attenuates else Persistence.INCONCLUSIVE

    def _is_significant(self, coefficient: Coefficient) -> bool:
        quantile = t_quantile(1.0 - 0.5 * _LEVEL, self.n_persons - 1)
        return abs(coefficient.estimate) > quantile * coefficient.standard_error


def attenuation(pair: Pair, adjusted: Pair, within: WithinFit) -> Attenuation | None:
    """Test the pair as observed against the same pair without its common course; None with too few persons or rows.

    within: M of the adjusted pair.
    """
    centred, detrended = _deviations(pair, 0), _deviations(adjusted, 1)
    used = np.isfinite(centred[0][:, 1:] * centred[0][:, :-1] * centred[1][:, :-1])
    n = int(used.any(axis=1).sum())
    first, second = _regress(*centred), _regress(*detrended)
    if first is None or second is None or n < 3:
        return None
    expected = _expected_difference(pair, within, used)
    error = float(np.sqrt(((second[1] - first[1]) ** 2).sum()))
    if not error > 0 or not np.isfinite(expected):
        return None
    statistic = (second[0] - first[0] - expected) / error
    return Attenuation(
        centred=Coefficient(first[0], float(np.sqrt((first[1] ** 2).sum()))),
        detrended=Coefficient(second[0], float(np.sqrt((second[1] ** 2).sum()))),
        expected_difference=expected,
        statistic=float(statistic),
        p=2.0 * float(t_tail(abs(statistic), n - 1)),
        n_persons=n,
    )


def _deviations(pair: Pair, degree: int) -> tuple[Array, Array]:
    """Return H_q applied to the known values of each column; persons with too few in either are left out."""
    enough = (np.isfinite(pair.y).sum(axis=1) >= MIN_VALUES) & (np.isfinite(pair.x).sum(axis=1) >= MIN_VALUES)
    columns = []
    for values in (pair.y, pair.x):
        makers = _residual_makers(np.isfinite(values), pair.times, degree)
        deviations = np.einsum("nst,nt->ns", makers, np.where(np.isfinite(values), values, 0.0))
        columns.append(np.where(np.isfinite(values) & enough[:, None], deviations, np.nan))
    return columns[0], columns[1]


def _residual_makers(known: NDArray[np.bool_], times: Array, degree: int) -> Array:
    """Return H_q of every person (N, T, T), zero outside the known rows."""
    N, T = known.shape
    count = np.maximum(known.sum(axis=1), 1)[:, None]
    H: Array = np.zeros((N, T, T))
    H[:, np.arange(T), np.arange(T)] = known
    level = known / np.sqrt(count)
    H -= level[:, :, None] * level[:, None, :]
    if degree:
        t = np.where(known, times, 0.0)
        t = np.where(known, t - t.sum(axis=1, keepdims=True) / count, 0.0)
        slope = t / np.sqrt(np.maximum((t**2).sum(axis=1, keepdims=True), np.finfo(float).tiny))
        H -= slope[:, :, None] * slope[:, None, :]
    return H


def _regress(y: Array, x: Array) -> tuple[float, Array] | None:
    """Return the coefficient of x_{t−1} beside y_{t−1}, pooled without intercept, and its influence by person (N,)."""
    later, earlier, past = y[:, 1:], x[:, :-1], y[:, :-1]
    used = np.isfinite(later) & np.isfinite(earlier) & np.isfinite(past)
    X = np.column_stack([earlier[used], past[used]])
    moments = X.T @ X
    if not len(X) or np.linalg.matrix_rank(moments) < 2:
        return None
    bread = np.linalg.inv(moments)
    b = bread @ (X.T @ later[used])
    residual = later[used] - X @ b
    scores: Array = np.bincount(np.nonzero(used)[0], weights=(X @ bread[0]) * residual, minlength=len(y)).astype(float)
    return float(b[0]), scores


def _expected_difference(pair: Pair, within: WithinFit, used: NDArray[np.bool_]) -> float:
    """Return b₁ − b₀ in units of the columns."""
    makers = [
        [_residual_makers(np.isfinite(values), pair.times, degree) for values in (pair.y, pair.x)] for degree in (0, 1)
    ]
    own, lagged = np.zeros((2, 2, 2)), np.zeros((2, 2))
    for i in np.flatnonzero(used.any(axis=1)):
        yy, yx, xx = _trend_free_covariances(pair.times[i], within, pair)
        t = np.flatnonzero(used[i])
        for degree in (0, 1):
            Hy, Hx = makers[degree][0][i], makers[degree][1][i]
            Syy, Syx, Sxx = Hy @ yy @ Hy, Hy @ yx @ Hx, Hx @ xx @ Hx
            cross = Syx[t, t].sum()
            own[degree] += [[Sxx[t, t].sum(), cross], [cross, Syy[t, t].sum()]]
            lagged[degree] += [Syx[t + 1, t].sum(), Syy[t + 1, t].sum()]
    b = np.linalg.solve(own, lagged[:, :, None])[:, 0, 0]
    return float((b[1] - b[0]) * within.scale[0] / within.scale[1])


def _trend_free_covariances(times: Array, within: WithinFit, pair: Pair) -> tuple[Array, Array, Array]:
    """Return Cov(y_s, y_t), Cov(y_s, x_t) and Cov(x_s, x_t) (T, T) of M for one person, in units of `scale`.

    Rows without a time have no known values, so that their covariances count for nothing.
    """
    since = np.where(np.isfinite(times), times, 0.0) / within.unit
    gaps = since[:, None] - since[None, :]
    if pair.discrete:
        m = dynamics.matrices(within.theta[None], np.ones(1), discrete=True)
        powers = [np.eye(2)]
        for _ in range(len(times) - 1):
            powers.append(powers[-1] @ m.drift[0])
        transition = np.stack(powers)[np.rint(np.abs(gaps)).astype(np.int64)]
    else:
        m = dynamics.matrices(within.theta[None], np.abs(gaps).ravel(), discrete=False)
        transition = m.transition[0].reshape(*gaps.shape, 2, 2)
    covariance = transition @ m.stationary[0]
    # Cov(η_s, η_t) = Γ(s − t) for s ≥ t, otherwise its transpose
    covariance = np.where((gaps >= 0)[..., None, None], covariance, covariance.transpose(0, 1, 3, 2))
    eye, error = np.eye(len(times)), m.error[0]
    return covariance[..., 0, 0] + error[0] * eye, covariance[..., 0, 1], covariance[..., 1, 1] + error[1] * eye
