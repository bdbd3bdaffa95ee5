"""Where a fit begins: start values from simple moments of standardised scores."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from securebase.model.equations import share_of_change
from securebase.model.fit.transforms import Transform
from securebase.model.panel import Panel
from securebase.model.parameters import Array, Parameters, Trend

#: rate · planned end at the beginning of a fit (trend apart)
_INITIAL_BEND = 1.5


def initial_values(scale: Transform, *, persistence: float | None = None) -> Array:
    """Internal start values. `persistence`: share of a movement that is left after one median gap; default: from the
    data. Levels by persons' means, movements and noise by how far neighbouring rows still resemble each other; of
    several indicators the first tells, and the others begin with as much of it as they share."""
    specification = scale.specification
    p = specification.p
    # every construct by its first column
    panel = replace(scale.panel, scores=scale.panel.scores[:, scale.leading], indicators=())
    level, mean, trend = _trend(panel, scale)
    residual = panel.scores - mean
    own = _person_means(panel, residual)
    within = residual - own[np.repeat(np.arange(panel.n_persons), np.diff(panel.starts))]
    W = np.clip(np.nanmean(within**2, axis=0), 1e-3, None)
    left = np.array([_lag_one_correlation(panel, within[:, k]) for k in range(p)])
    kept = np.clip(left + 0.2, 0.15, 0.85) if persistence is None else np.full(p, persistence)
    share = np.clip((left + 0.2) / kept, 0.3, 0.8) if persistence is None else np.full(p, 0.6)
    state, rate = share * W, -np.log(kept)
    levels = _level_covariance(own, W, panel)
    noise, loading = _indicator_values(scale, (1.0 - share) * W)
    if specification.trend == Trend.CARRIED:
        # an effect that would lead, through each construct's own decay alone, to the change seen by the last rows
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
    """(noise (q,), loading (q,)): further columns begin with what they share with their construct's first."""
    of, scores = scale.specification, scale.panel.scores
    loading = np.ones(len(of.scores))
    noises = noise[np.array(of.construct_of)]
    for k, c in enumerate(of.construct_of):
        lead = int(scale.leading[c])
        if k != lead:
            both = np.isfinite(scores[:, k]) & np.isfinite(scores[:, lead])
            shared = float((scores[both, k] * scores[both, lead]).mean()) if both.sum() > 2 else 0.5
            loading[k] = np.copysign(np.clip(abs(shared) / 0.7, 0.3, 1.2), shared)
            noises[k] = np.clip(1.0 - abs(shared), 0.2, 0.8)
    return noises, loading


def _slope_reach(panel: Panel, scale: Transform) -> Array:
    if scale.specification.trend in (Trend.NONE, Trend.LINEAR):
        return panel.times
    return np.ones(1)


def _trend(panel: Panel, scale: Transform) -> tuple[Array, Array, dict[str, Array]]:
    """(level (p,), mean of the rows (rows, p), the trend's own part) by least squares, construct by construct."""
    p, trend = panel.scores.shape[1], scale.specification.trend
    name = {Trend.LINEAR: "slope", Trend.APART: "change", Trend.CARRIED: "therapy_effect"}.get(trend)
    moved = _trend_regressor(panel, scale)
    design = np.column_stack([np.ones(len(moved)), moved])
    found = np.zeros((2, p))
    for k in range(p):
        there = np.isfinite(panel.scores[:, k])
        found[:, k] = np.linalg.lstsq(design[there], panel.scores[there, k], rcond=None)[0]
    return found[0], design @ found, {} if name is None else {name: found[1]}


def _trend_regressor(panel: Panel, scale: Transform) -> Array:
    """How far the trend has gone at each row (rows,), up to a factor that least squares finds."""
    match scale.specification.trend:
        case Trend.NONE:
            return np.zeros(len(panel.times))
        case Trend.LINEAR:
            return panel.times
        case Trend.APART:
            end = scale.specification.planned_end
            return share_of_change(_INITIAL_BEND / end, panel.times, end)
        case Trend.CARRIED:
            elapsed = _elapsed(panel)
            so_far: Array = -np.expm1(-3.0 * elapsed / max(float(elapsed.max(initial=0.0)), 1e-9))
            return so_far


def _elapsed(panel: Panel) -> Array:
    lengths = np.diff(panel.starts)
    return panel.times - np.repeat(panel.times[panel.starts[:-1][lengths > 0]], lengths[lengths > 0])


def _person_means(panel: Panel, residual: Array) -> Array:
    """Each person's mean residual (N, p), NaN where there is none."""
    there = np.isfinite(residual)
    person = np.repeat(np.arange(panel.n_persons), np.diff(panel.starts))
    total, count = np.zeros((panel.n_persons, residual.shape[1])), np.zeros((panel.n_persons, residual.shape[1]))
    np.add.at(total, person, np.where(there, residual, 0.0))
    np.add.at(count, person, there)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _lag_one_correlation(panel: Panel, within: Array) -> float:
    """Correlation of neighbouring rows of a person, after the person's mean is taken out."""
    pairs = within[1:] * within[:-1]
    pairs = pairs[panel.within_person & np.isfinite(pairs)]
    spread = float(np.nanmean(within**2))
    return float(np.clip(pairs.mean() / spread, -0.2, 0.9)) if len(pairs) and spread > 0 else 0.0


def _level_covariance(own: Array, within: Array, panel: Panel) -> Array:
    """Covariance of persons' means less what chance would give them, kept well inside the positive definite."""
    whole = own[np.isfinite(own).all(axis=1)]
    p = own.shape[1]
    rows = max(len(panel.times) / panel.n_persons, 1.0)
    spread = np.clip(np.nanvar(own, axis=0) - within / rows, 0.05, None)
    correlation = np.corrcoef(whole.T).reshape(p, p) if len(whole) > 2 else np.eye(p)
    correlation = 0.8 * np.nan_to_num(correlation) + 0.2 * np.eye(p)
    np.fill_diagonal(correlation, 1.0)
    covariance: Array = correlation * np.sqrt(np.multiply.outer(spread, spread))
    return covariance
