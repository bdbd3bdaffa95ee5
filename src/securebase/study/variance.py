"""Variance of each column between and within persons, and correlations of columns on both levels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase.model.distributions import normal_quantile, t_quantile
from securebase.study.detrending import Detrending, detrend
from securebase.study.regression import regress
from securebase.study.table import SessionTable

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class VarianceRow:
    """Variance components of one construct.

    Shares are of variance: `between_share` of the whole (the intraclass correlation), `trend_share` of the part within
    persons that is explained by each person's linear trend (never below 0). `between_share_detrended` is the
    intraclass correlation after detrending within person (the person's mean is kept). None if it cannot be computed.
    """

    construct: str
    label: str
    n_values: int
    n_persons: int
    n_missing: int
    lowest: float
    highest: float
    mean: float
    sd_between: float | None
    sd_within: float | None
    sd_around_trend: float | None
    between_share: float | None
    between_share_detrended: float | None
    trend_share: float | None
    mean_slope: float | None


@dataclass(frozen=True, slots=True)
class Correlation:
    """A correlation with its 95% interval; n counts persons (between) or pairs of values (within)."""

    estimate: float
    lower: float
    upper: float
    n: int
    n_persons: int


@dataclass(frozen=True, slots=True)
class ConstructCorrelations:
    """Correlations of two constructs: of persons' means, within-person centred, and detrended within person."""

    first: str
    second: str
    between: Correlation | None
    within: Correlation | None
    within_detrended: Correlation | None


def variance_row(table: SessionTable, construct: str, label: str) -> VarianceRow:
    """Decompose variance by one-way random-effects ANOVA for unequal numbers of values (Searle 1971, ch. 10).

    With SSB, SSW the sums of squares between and within G persons and N values, n0 = (N − Σ n_i² / N) / (G − 1):
    within variance w = SSW / (N − G), between variance b = max(0, (SSB / (G − 1) − w) / n0), share b / (b + w).
    Around linear trends, w' = SSE / (N' − 2 G') over the G' persons with at least three values.
    """
    values = table.values[construct]
    observed = np.isfinite(values)
    x, person = values[observed], table.person[observed]
    count = np.bincount(person, minlength=table.n_persons).astype(float)
    between, within = _components(x, person, count)
    around_trend = _variance_around_trend(table, values)
    between_share_detrended = None
    if between is not None and around_trend is not None:
        between_share_detrended = _share(_between_component(x, person, count, around_trend), around_trend)
    return VarianceRow(
        construct=construct,
        label=label,
        n_values=len(x),
        n_persons=int((count > 0).sum()),
        n_missing=int((~observed).sum()),
        lowest=float(x.min()) if len(x) else float("nan"),
        highest=float(x.max()) if len(x) else float("nan"),
        mean=float(x.mean()) if len(x) else float("nan"),
        sd_between=None if between is None else float(np.sqrt(between)),
        sd_within=None if within is None else float(np.sqrt(within)),
        sd_around_trend=None if around_trend is None else float(np.sqrt(around_trend)),
        between_share=None if between is None or within is None else _share(between, within),
        between_share_detrended=between_share_detrended,
        trend_share=None if not within or around_trend is None else max(0.0, 1.0 - around_trend / within),
        mean_slope=_mean_slope(table, values),
    )


def _components(x: Array, person: NDArray[np.int64], count: Array) -> tuple[float | None, float | None]:
    """Return between and within variance; None if there is one person only, or one value per person."""
    n_persons = int((count > 0).sum())
    if n_persons < 2 or len(x) <= n_persons:
        return None, None
    means = _means(x, person, count)
    within = float(((x - means[person]) ** 2).sum() / (len(x) - n_persons))
    return _between_component(x, person, count, within), within


def _between_component(x: Array, person: NDArray[np.int64], count: Array, within: float) -> float:
    """Return the between variance for a given within variance."""
    n_persons = int((count > 0).sum())
    n0 = (len(x) - float((count**2).sum()) / len(x)) / (n_persons - 1)
    ssb = float((count * np.nan_to_num(_means(x, person, count) - x.mean()) ** 2).sum())
    return max(0.0, (ssb / (n_persons - 1) - within) / n0)


def _means(x: Array, person: NDArray[np.int64], count: Array) -> Array:
    with np.errstate(invalid="ignore"):
        means: Array = np.bincount(person, weights=x, minlength=len(count)) / count
    return means


def _share(between: float, within: float) -> float | None:
    return between / (between + within) if between + within > 0 else None


def _variance_around_trend(table: SessionTable, values: Array) -> float | None:
    """Return the variance around each person's linear trend, which costs two degrees of freedom a person."""
    deviations = detrend(Detrending.DETRENDED, values, table.times, table.person)
    usable = np.isfinite(deviations)
    df = int(usable.sum()) - 2 * len(np.unique(table.person[usable]))
    return float((deviations[usable] ** 2).sum() / df) if df > 0 else None


def _mean_slope(table: SessionTable, values: Array) -> float | None:
    """Return the common slope per unit of time within persons (values and times within-person centred)."""
    observed = np.isfinite(values)
    times = np.where(observed, table.times, np.nan)
    y = detrend(Detrending.CENTRED, values, table.times, table.person)
    t = detrend(Detrending.CENTRED, times, table.times, table.person)
    usable = np.isfinite(y) & np.isfinite(t)
    time_squares = float((t[usable] ** 2).sum())
    return float((t[usable] * y[usable]).sum()) / time_squares if time_squares > 0 else None


def correlate(table: SessionTable, first: str, second: str) -> ConstructCorrelations:
    """Correlate two constructs on both levels, over sessions at which both were recorded.

    Between: persons' means, interval by Fisher's z. Within: deviations at the same session, interval clustered by
    person. Means of few values contain within-person variation, which biases the first towards the second.
    """
    observed = np.isfinite(table.values[first]) & np.isfinite(table.values[second])
    complete = table.select(observed)
    return ConstructCorrelations(
        first,
        second,
        _between(complete, first, second),
        _within(complete, first, second, Detrending.CENTRED),
        _within(complete, first, second, Detrending.DETRENDED),
    )


def _between(table: SessionTable, first: str, second: str) -> Correlation | None:
    count = np.bincount(table.person, minlength=table.n_persons).astype(float)
    present = count > 0
    n = int(present.sum())
    if n < 5:
        return None
    means = [_means(table.values[name], table.person, count)[present] for name in (first, second)]
    if not (np.std(means[0]) > 0 and np.std(means[1]) > 0):
        return None
    r = float(np.clip(np.corrcoef(means[0], means[1])[0, 1], -1.0, 1.0))
    # Fisher's z: arctanh(r) is about normal with SE 1/√(n − 3)
    z, half_width = np.arctanh(np.clip(r, -0.999999, 0.999999)), normal_quantile(0.975) / np.sqrt(n - 3)
    return Correlation(r, float(np.tanh(z - half_width)), float(np.tanh(z + half_width)), n, n)


def _within(table: SessionTable, first: str, second: str, detrending: Detrending) -> Correlation | None:
    x, y = (detrend(detrending, table.values[name], table.times, table.person) for name in (first, second))
    usable = np.isfinite(x) & np.isfinite(y)
    x, y, person = x[usable], y[usable], table.person[usable]
    n_persons = len(np.unique(person))
    if n_persons < 5 or len(x) < 20 or not (np.std(x) > 0 and np.std(y) > 0):
        return None
    regression = regress(y / np.std(y), (x / np.std(x))[:, None], person, table.n_persons)
    if regression is None:
        return None
    r = float(regression.coefficients[1])
    half_width = float(t_quantile(0.975, n_persons - 1) * regression.standard_errors[1])
    return Correlation(r, max(-1.0, r - half_width), min(1.0, r + half_width), len(x), n_persons)
