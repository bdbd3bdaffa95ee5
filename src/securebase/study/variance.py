"""How much of each column lies between persons and how much within, and what moves together on which level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from securebase.study.detrending import Detrending, take_out
from securebase.study.regression import regress
from securebase.study.table import SessionTable

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class VarianceRow:
    """One construct. Shares are of variance: `between_share` of the whole (the intraclass correlation), `line_share`
    of the part within persons that goes with each person's own straight line over time (never below 0).

    `between_share_detrended` is the intraclass correlation once each person's own line is taken out (the person's
    mean stays in). None where it cannot be computed.
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
    sd_around_line: float | None
    between_share: float | None
    between_share_detrended: float | None
    line_share: float | None
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
class MovesWith:
    """How two constructs go together: persons' means, movements around the own mean, movements around the own line."""

    first: str
    second: str
    between: Correlation | None
    within: Correlation | None
    within_detrended: Correlation | None


def variance_row(table: SessionTable, construct: str, label: str) -> VarianceRow:
    """Shares by one-way random-effects analysis of variance for unequal numbers of values (Searle 1971, ch. 10).

    With SSB, SSW the sums of squares between and within G persons and N values, n0 = (N − Σ n_i² / N) / (G − 1):
    within variance w = SSW / (N − G), between variance b = max(0, (SSB / (G − 1) − w) / n0), share b / (b + w).
    Around the own lines, w' = SSE / (N' − 2 G') over the G' persons with at least three values.
    """
    values = table.values[construct]
    there = np.isfinite(values)
    x, who = values[there], table.person[there]
    count = np.bincount(who, minlength=table.n_persons).astype(float)
    present = count > 0
    between, within = _components(x, who, count)
    around = _around_line(table, values)
    detrended = None if between is None or around is None else _share(*_with_within(x, who, count, around))
    line_share = None if not within or around is None else max(0.0, 1.0 - around / within)
    return VarianceRow(
        construct=construct,
        label=label,
        n_values=len(x),
        n_persons=int(present.sum()),
        n_missing=int((~there).sum()),
        lowest=float(x.min()) if len(x) else float("nan"),
        highest=float(x.max()) if len(x) else float("nan"),
        mean=float(x.mean()) if len(x) else float("nan"),
        sd_between=None if between is None else float(np.sqrt(between)),
        sd_within=None if within is None else float(np.sqrt(within)),
        sd_around_line=None if around is None else float(np.sqrt(around)),
        between_share=None if between is None or within is None else _share(between, within),
        between_share_detrended=detrended,
        line_share=line_share,
        mean_slope=_mean_slope(table, values),
    )


def _components(x: Array, who: NDArray[np.int64], count: Array) -> tuple[float | None, float | None]:
    """Between and within variance; None where there is one person only, or one value a person."""
    persons = int((count > 0).sum())
    if persons < 2 or len(x) <= persons:
        return None, None
    means = _means(x, who, count)
    within = float(((x - means[who]) ** 2).sum() / (len(x) - persons))
    return _with_within(x, who, count, within)


def _with_within(x: Array, who: NDArray[np.int64], count: Array, within: float) -> tuple[float, float]:
    """Between variance for a given variance within, with that variance."""
    persons = int((count > 0).sum())
    n0 = (len(x) - float((count**2).sum()) / len(x)) / (persons - 1)
    ssb = float((count * np.nan_to_num(_means(x, who, count) - x.mean()) ** 2).sum())
    return max(0.0, (ssb / (persons - 1) - within) / n0), within


def _means(x: Array, who: NDArray[np.int64], count: Array) -> Array:
    with np.errstate(invalid="ignore"):
        means: Array = np.bincount(who, weights=x, minlength=len(count)) / count
    return means


def _share(between: float, within: float) -> float | None:
    return between / (between + within) if between + within > 0 else None


def _around_line(table: SessionTable, values: Array) -> float | None:
    """Variance around each person's own line, with two degrees of freedom spent a person."""
    left = take_out(Detrending.DETRENDED, values, table.times, table.person)
    there = np.isfinite(left)
    freedom = int(there.sum()) - 2 * len(np.unique(table.person[there]))
    return float((left[there] ** 2).sum() / freedom) if freedom > 0 else None


def _mean_slope(table: SessionTable, values: Array) -> float | None:
    """Common change per unit of time within persons (own means taken out of values and times)."""
    there = np.isfinite(values)
    times = np.where(there, table.times, np.nan)
    y = take_out(Detrending.CENTRED, values, table.times, table.person)
    t = take_out(Detrending.CENTRED, times, table.times, table.person)
    usable = np.isfinite(y) & np.isfinite(t)
    spread = float((t[usable] ** 2).sum())
    return float((t[usable] * y[usable]).sum()) / spread if spread > 0 else None


def moves_with(table: SessionTable, first: str, second: str) -> MovesWith:
    """Correlation of two constructs on both levels, over sessions at which both were recorded.

    Between: persons' means, interval by Fisher's z. Within: deviations at the same session, interval robust to
    persons. Means of few values are themselves uncertain, which pulls the first towards the second.
    """
    both = np.isfinite(table.values[first]) & np.isfinite(table.values[second])
    shared = table.only(both)
    return MovesWith(
        first,
        second,
        _between(shared, first, second),
        _within(shared, first, second, Detrending.CENTRED),
        _within(shared, first, second, Detrending.DETRENDED),
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
    z, half = np.arctanh(np.clip(r, -0.999999, 0.999999)), stats.norm.ppf(0.975) / np.sqrt(n - 3)
    return Correlation(r, float(np.tanh(z - half)), float(np.tanh(z + half)), n, n)


def _within(table: SessionTable, first: str, second: str, form: Detrending) -> Correlation | None:
    x, y = (take_out(form, table.values[name], table.times, table.person) for name in (first, second))
    usable = np.isfinite(x) & np.isfinite(y)
    x, y, who = x[usable], y[usable], table.person[usable]
    n_persons = len(np.unique(who))
    if n_persons < 5 or len(x) < 20 or not (np.std(x) > 0 and np.std(y) > 0):
        return None
    fitted = regress(y / np.std(y), (x / np.std(x))[:, None], who, table.n_persons)
    if fitted is None:
        return None
    r = float(fitted.coefficients[1])
    half = float(stats.t.ppf(0.975, n_persons - 1) * fitted.standard_errors[1])
    return Correlation(r, max(-1.0, r - half), min(1.0, r + half), len(x), n_persons)
