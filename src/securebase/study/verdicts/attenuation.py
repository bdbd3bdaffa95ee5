r"""Test of attenuation (T3): an association that weakens without trends by more than detrending does by itself.

Detrending shrinks a true lagged association even where nobody has a trend, so the plain difference of the detrended and
the centred coefficient does not have mean zero. With V the trend-free covariance that M implies and H_q a person's
residual maker (q = 0 mean, 1 line), the pooled regression of y_t on x_{t−1} and y_{t−1} tends to

    b_q = [Σ (x̃x̃ x̃ỹ; x̃ỹ ỹỹ)(t−1, t−1)]⁻¹ Σ (ỹ_t x̃_{t−1}, ỹ_t ỹ_{t−1}),  S = H_q V H_q,

and the statistic is ((b̂₁ − b̂₀) − (b₁ − b₀)) / ‖influence₁ − influence₀‖, t with N − 1 degrees of freedom.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from securebase.study.verdicts import dynamics
from securebase.study.verdicts.course import MIN_VALUES, Array, Pair, usual_gap
from securebase.study.verdicts.within import WithinFit


@dataclass(frozen=True, slots=True)
class Attenuation:
    """Coefficients of the earlier x beside y's own past, within-person centred and detrended per person.

    expected_difference: of detrended and centred without any trend. weaker: the centred coefficient differs from zero
    and the detrended one is weaker than expected. nothing_left: at most half of it can be left (95%, one-sided).
    """

    centred: float
    detrended: float
    expected_difference: float
    statistic: float
    p: float
    weaker: bool
    nothing_left: bool


def attenuation(pair: Pair, within: WithinFit) -> Attenuation | None:
    """Test the pair as observed, with its common course; None where too few persons have rows.

    within: M of the same pair without its course.
    """
    residuals = [_deviations(pair, degree) for degree in (0, 1)]
    centred, detrended = (_regress(y, x) for y, x in residuals)
    used = np.isfinite(residuals[0][0][:, 1:] * residuals[0][0][:, :-1] * residuals[0][1][:, :-1])
    n = int(used.any(axis=1).sum())
    if centred is None or detrended is None or n < 3:
        return None
    expected = _expected_difference(pair, within, used)
    difference = detrended[0] - centred[0]
    error = float(np.sqrt(((detrended[1] - centred[1]) ** 2).sum()))
    if not error > 0 or not np.isfinite(expected):
        return None
    statistic = (difference - expected) / error
    told = abs(centred[0]) > float(student.ppf(0.975, n - 1)) * float(np.sqrt((centred[1] ** 2).sum()))
    p = 2.0 * float(student.sf(abs(statistic), n - 1))
    weaker = told and p < 0.05 and statistic * centred[0] < 0
    left = abs(detrended[0]) + 1.645 * float(np.sqrt((detrended[1] ** 2).sum()))
    return Attenuation(
        centred=centred[0],
        detrended=detrended[0],
        expected_difference=expected,
        statistic=float(statistic),
        p=p,
        weaker=bool(weaker),
        nothing_left=bool(weaker and left < 0.5 * abs(centred[0])),
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


def _residual_makers(known: np.ndarray, times: Array, degree: int) -> Array:
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


def _expected_difference(pair: Pair, within: WithinFit, used: np.ndarray) -> float:
    """Return b₁ − b₀ in units of the columns."""
    yy, yx, xx = _trend_free_covariances(pair, within)
    coefficients = []
    for degree in (0, 1):
        Hy, Hx = (_residual_makers(np.isfinite(v), pair.times, degree) for v in (pair.y, pair.x))
        # a row beyond a person's known ones has no time; its covariances are multiplied by zero
        Syy, Sxx = Hy @ yy @ Hy, Hx @ xx @ Hx
        Syx = Hy @ yx @ Hx
        before, after = np.arange(used.shape[1]), np.arange(used.shape[1]) + 1
        own = np.array(
            [
                [(Sxx[:, before, before] * used).sum(), (Syx[:, before, before] * used).sum()],
                [(Syx[:, before, before] * used).sum(), (Syy[:, before, before] * used).sum()],
            ]
        )
        lagged = np.array([(Syx[:, after, before] * used).sum(), (Syy[:, after, before] * used).sum()])
        coefficients.append(float(np.linalg.solve(own, lagged)[0]))
    return (coefficients[1] - coefficients[0]) * float(within.scale[0] / within.scale[1])


def _trend_free_covariances(pair: Pair, within: WithinFit) -> tuple[Array, Array, Array]:
    """Return Cov(y_s, y_t), Cov(y_s, x_t) and Cov(x_s, x_t) (N, T, T) of M, in units of the within-person spread."""
    times = np.where(np.isfinite(pair.times), pair.times, 0.0) / (1.0 if pair.discrete else usual_gap(pair))
    gaps = times[:, :, None] - times[:, None, :]
    unique, index = np.unique(np.rint(np.abs(gaps) * 1e9).astype(np.int64), return_inverse=True)
    theta = within.theta[None]
    if pair.discrete:
        m = dynamics.matrices(theta, np.ones(1), discrete=True)
        powers = np.stack([np.linalg.matrix_power(m.drift[0], round(float(u) * 1e-9)) for u in unique])
    else:
        m = dynamics.matrices(theta, np.asarray(unique * 1e-9, dtype=np.float64), discrete=False)
        powers = m.transition[0]
    lagged = (powers @ m.stationary[0])[index.reshape(gaps.shape)]
    # Cov(η_s, η_t) = Γ(s − t) for s ≥ t, otherwise its transpose
    lagged = np.where((gaps >= 0)[..., None, None], lagged, lagged.transpose(0, 1, 2, 4, 3))
    eye = np.eye(gaps.shape[1])
    error = m.error[0]
    return lagged[..., 0, 0] + error[0] * eye, lagged[..., 0, 1], lagged[..., 1, 1] + error[1] * eye
