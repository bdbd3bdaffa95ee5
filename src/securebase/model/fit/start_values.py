"""Start values from moments of standardised scores."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from securebase.model.equations import share_of_change
from securebase.model.fit.transforms import Transform
from securebase.model.panel import Panel
from securebase.model.parameters import Array, Parameters
from securebase.model.specification import Trend

#: start value of rate · planned end (trend apart)
_INITIAL_BEND = 1.5


def initial_values(scale: Transform, *, persistence: float | None = None) -> Array:
    """Return internal start values by the method of moments.

    Levels come from persons' means, state and noise variances from the lag-one autocorrelation within persons. Of
    several indicators the leading one is used. persistence: autocorrelation of the state at one median gap; by default
    from the data.
    """
    specification = scale.specification
    p = specification.p
    # each construct by its leading column
    panel = replace(scale.panel, scores=scale.panel.scores[:, scale.reference_columns], indicators=())
    level, mean, trend = _trend(panel, scale)
    residual = panel.scores - mean
    person_mean = _person_means(panel, residual)
    within = residual - person_mean[np.repeat(np.arange(panel.n_persons), np.diff(panel.starts))]
    W = np.clip(np.nanmean(within**2, axis=0), 1e-3, None)
    lag_one = np.array([_lag_one_correlation(panel, within[:, k]) for k in range(p)])
    # detrending within persons biases the autocorrelation downwards, hence + 0.2
    phi = np.clip(lag_one + 0.2, 0.15, 0.85) if persistence is None else np.full(p, persistence)
    state_share = np.clip((lag_one + 0.2) / phi, 0.3, 0.8) if persistence is None else np.full(p, 0.6)
    state, rate = state_share * W, -np.log(phi)
    levels = _level_covariance(person_mean, W, panel)
    noise, loading = _indicator_values(scale, (1.0 - state_share) * W)
    if specification.trend == Trend.CARRIED:
        # the effect that leads to the observed change through each construct's own decay alone
        trend["therapy_effect"] = rate * trend["therapy_effect"]
    reach = float(np.abs(_slope_reach(panel, scale)).max(initial=0.0))
    return scale.internal(
        Parameters(
            drift=-np.diag(rate),
            diffusion=np.diag(2.0 * rate * state),
            start_covariance=np.diag(state),
            level_covariance=levels,
            change_covariance=np.diag(0.2 * W / max(reach, 1e-3) ** 2),
            level_change_covariance=np.zeros((p, p)),
            therapist_covariance=0.1 * np.diag(np.diag(levels)),
            level_mean=level,
            covariate_effect=np.zeros((p, len(specification.covariates))),
            input_effect=np.zeros((p, len(specification.inputs))),
            start_mean=np.zeros(p),
            rate=_INITIAL_BEND / specification.planned_end,
            loading=loading,
            intercept=np.zeros(len(loading)),
            measurement_noise=noise,
            **trend,
        )
    )


def _indicator_values(scale: Transform, noise: Array) -> tuple[Array, Array]:
    """Return noise (q,) and loading (q,); further columns start from their correlation with the leading one."""
    spec, scores = scale.specification, scale.panel.scores
    loading = np.ones(len(spec.scores))
    noise_by_column = noise[np.array(spec.construct_of)]
    for k, c in enumerate(spec.construct_of):
        lead = int(scale.reference_columns[c])
        if k != lead:
            both = np.isfinite(scores[:, k]) & np.isfinite(scores[:, lead])
            correlation = float((scores[both, k] * scores[both, lead]).mean()) if both.sum() > 2 else 0.5
            loading[k] = np.copysign(np.clip(abs(correlation) / 0.7, 0.3, 1.2), correlation)
            noise_by_column[k] = np.clip(1.0 - abs(correlation), 0.2, 0.8)
    return noise_by_column, loading


def _slope_reach(panel: Panel, scale: Transform) -> Array:
    """Return the values of the random slopes' basis, up to their largest."""
    if scale.specification.slopes_per_time:
        return panel.times
    return np.ones(1)


def _trend(panel: Panel, scale: Transform) -> tuple[Array, Array, dict[str, Array]]:
    """Return level (p,), fitted mean (rows, p) and the trend's parameter by least squares, construct by construct."""
    p, trend = panel.scores.shape[1], scale.specification.trend
    name = {Trend.LINEAR: "slope", Trend.APART: "change", Trend.CARRIED: "therapy_effect"}.get(trend)
    regressor = _trend_regressor(panel, scale)
    design = np.column_stack([np.ones(len(regressor)), regressor])
    coefficients = np.zeros((2, p))
    for k in range(p):
        observed = np.isfinite(panel.scores[:, k])
        coefficients[:, k] = np.linalg.lstsq(design[observed], panel.scores[observed, k], rcond=None)[0]
    return coefficients[0], design @ coefficients, {} if name is None else {name: coefficients[1]}


def _trend_regressor(panel: Panel, scale: Transform) -> Array:
    """Return the trend at each row (rows,), up to a factor."""
    match scale.specification.trend:
        case Trend.NONE:
            return np.zeros(len(panel.times))
        case Trend.LINEAR:
            return panel.times
        case Trend.APART:
            end = scale.specification.planned_end
            return share_of_change(_INITIAL_BEND / end, panel.times, end)
        case Trend.CARRIED:
            elapsed = _elapsed_times(panel)
            approach: Array = -np.expm1(-3.0 * elapsed / max(float(elapsed.max(initial=0.0)), 1e-9))
            return approach


def _elapsed_times(panel: Panel) -> Array:
    """Return the time since each person's first row (rows,)."""
    lengths = np.diff(panel.starts)
    return panel.times - np.repeat(panel.times[panel.starts[:-1][lengths > 0]], lengths[lengths > 0])


def _person_means(panel: Panel, residual: Array) -> Array:
    """Return each person's mean residual (N, p), NaN without scores."""
    observed = np.isfinite(residual)
    person = np.repeat(np.arange(panel.n_persons), np.diff(panel.starts))
    total, count = np.zeros((panel.n_persons, residual.shape[1])), np.zeros((panel.n_persons, residual.shape[1]))
    np.add.at(total, person, np.where(observed, residual, 0.0))
    np.add.at(count, person, observed)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _lag_one_correlation(panel: Panel, within: Array) -> float:
    """Return the lag-one autocorrelation of within-person centred scores, bounded to −0.2 to 0.9."""
    pairs = within[1:] * within[:-1]
    pairs = pairs[panel.within_person & np.isfinite(pairs)]
    variance = float(np.nanmean(within**2))
    return float(np.clip(pairs.mean() / variance, -0.2, 0.9)) if len(pairs) and variance > 0 else 0.0


def _level_covariance(person_mean: Array, within: Array, panel: Panel) -> Array:
    """Return the covariance of persons' means less their sampling variance, shrunk to be safely positive definite."""
    complete = person_mean[np.isfinite(person_mean).all(axis=1)]
    p = person_mean.shape[1]
    rows = max(len(panel.times) / panel.n_persons, 1.0)
    variance = np.clip(np.nanvar(person_mean, axis=0) - within / rows, 0.05, None)
    correlation = np.corrcoef(complete.T).reshape(p, p) if len(complete) > 2 else np.eye(p)
    correlation = 0.8 * np.nan_to_num(correlation) + 0.2 * np.eye(p)
    np.fill_diagonal(correlation, 1.0)
    covariance: Array = correlation * np.sqrt(np.multiply.outer(variance, variance))
    return covariance
