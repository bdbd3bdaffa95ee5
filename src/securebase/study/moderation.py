"""What bends a lag: a moderator (product), or the process itself (curvature: levelling off, an inverted U).

y(t′) on x, own past, m and the product x·m, with each person's own mean, then own line, then also the common course of
all taken out. The product of two deviations has a mean and a line of its own in every person; they are taken out of it
once more, so that differences between persons cannot pass for moderation within them (Giesselmann & Schmidt-Catran
2022). A moderator that never moves within a person bends the lag between persons (cross-level) and is taken as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from securebase.records.vocabulary import Moment
from securebase.study.detrending import Detrending, take_out
from securebase.study.estimator import Array, LagStep, Link, link
from securebase.study.estimators.common_course import less_course, steps_of
from securebase.study.reciprocal import AssociationVerdict, guarded_verdict, judge
from securebase.study.regression import Regression, regress
from securebase.study.table import SessionTable

#: a product takes more than a lag: below this nothing is estimated
FEWEST_PERSONS, FEWEST_PAIRS = 10, 40

RULE = (
    "The rule is that of the lags, asked of the product (or the square): stays, fades, appears, cannot tell. Its last "
    "step takes out the common course of all persons, and for a product also the bends of its two parts each by "
    "itself, because a bend of one of two columns that go together looks like a product."
)


@dataclass(frozen=True, slots=True)
class ModerationQuestion:
    """Does `moderator` bend the lag from `process` to `outcome`? The process itself as moderator asks for curvature.

    `between`: the moderator does not move within persons, so that it bends the lag between them.
    """

    link: Link
    moderator: str
    between: bool = False

    @property
    def process(self) -> str:
        return self.link.earlier

    @property
    def outcome(self) -> str:
        return self.link.later

    @property
    def curvature(self) -> bool:
        return self.moderator == self.process


@dataclass(frozen=True, slots=True)
class SimpleSlope:
    """The standardised lag where the moderator is `at` standard deviations from usual, with its 95% interval."""

    at: float
    slope: float
    standard_error: float
    lower: float
    upper: float

    @property
    def told_from_zero(self) -> bool:
        return self.lower > 0 or self.upper < 0


@dataclass(frozen=True, slots=True)
class BendEstimate:
    """One question in one form. `estimate` is how much the standardised lag changes when the moderator is one standard
    deviation higher; `raw` is the coefficient of the product (or square) in points.

    lag: the standardised lag at the usual value of the moderator. covariance: of (lag, estimate), standardised.
    slopes: at one SD below, at and one SD above the usual; of a curvature at the 5th percentile, the mean and the 95th.
    Intervals are 95%, t with persons − 1 degrees of freedom, robust to everything the rows of one person share.
    """

    form: Detrending
    guarded: bool
    estimate: float
    standard_error: float
    lower: float
    upper: float
    p_value: float
    raw: float
    raw_standard_error: float
    lag: float
    covariance: tuple[float, float, float]
    slopes: tuple[SimpleSlope, SimpleSlope, SimpleSlope]
    n_pairs: int
    n_persons: int

    @property
    def told_from_zero(self) -> bool:
        return self.p_value < 0.05

    @property
    def turns(self) -> bool:
        """The lag has opposite signs at low and at high values, each told from zero (Lind & Mehlum 2010)."""
        low, _, high = self.slopes
        return low.told_from_zero and high.told_from_zero and low.slope * high.slope < 0


@dataclass(frozen=True, slots=True)
class BendFinding:
    """One question with the own mean out, the own line out, and before the guard of `RULE`.

    least: the change for each SD that would be missed more often than one time in five, own line taken out.
    """

    question: ModerationQuestion
    centred: BendEstimate | None
    detrended: BendEstimate | None
    guard: BendEstimate | None
    verdict: AssociationVerdict
    least: float | None = None


def bends(
    table: SessionTable, outcome: str, processes: Sequence[str], moderators: Sequence[str], *, curvature: bool = False
) -> tuple[BendFinding, ...]:
    """Every process with every other moderator, and, where it is asked for, every process with itself."""
    found = []
    for process in processes:
        others = [m for m in moderators if m not in (process, outcome)]
        for moderator in (*others, *((process,) if curvature else ())):
            asked = ModerationQuestion(link(table, process, outcome), moderator, not moves_within(table, moderator))
            found.append(bend_finding(table, asked))
    return tuple(found)


def moves_within(table: SessionTable, name: str) -> bool:
    """Does this column ever change within a person?"""
    centred = take_out(Detrending.CENTRED, table.values[name], table.times, table.person)
    spread = float(np.nanstd(table.values[name])) if np.isfinite(table.values[name]).any() else 0.0
    return bool((np.abs(centred[np.isfinite(centred)]) > 1e-9 * max(spread, 1e-300)).any())


def bend_finding(table: SessionTable, asked: ModerationQuestion) -> BendFinding:
    """The three estimates and what they say together."""
    centred = estimate_bend(table, asked, Detrending.CENTRED)
    detrended = estimate_bend(table, asked, Detrending.DETRENDED)
    guard = estimate_bend(table, asked, Detrending.DETRENDED, guarded=True)
    if centred is None or detrended is None:
        return BendFinding(asked, centred, detrended, guard, AssociationVerdict.CANNOT_TELL)
    verdict = guarded_verdict(judge(centred, detrended), detrended, guard)
    reach = float(stats.t.ppf(0.975, detrended.n_persons - 1) + stats.norm.ppf(0.8))
    return BendFinding(asked, centred, detrended, guard, verdict, reach * detrended.standard_error)


@dataclass(frozen=True, eq=False)
class _Rows:
    """What enters the regression: y, x, own past, product, moderator (also alone), further columns; each (pairs,)."""

    later: Array
    process: Array
    own_past: Array
    product: Array
    moderator: Array
    further: Array
    person: NDArray[np.int64]


def estimate_bend(
    table: SessionTable, asked: ModerationQuestion, form: Detrending, *, guarded: bool = False
) -> BendEstimate | None:
    """Least squares with standard errors robust to persons; None where there is too little, or nothing that varies."""
    rows = _rows(table, asked, form, guarded=guarded)
    if rows is None or len(rows.later) < FEWEST_PAIRS or len(np.unique(rows.person)) < FEWEST_PERSONS:
        return None
    X = np.column_stack([rows.process, rows.product, rows.own_past, rows.further])
    fitted = regress(rows.later, X, rows.person, table.n_persons)
    return None if fitted is None else _read(fitted, rows, asked, form, guarded=guarded)


def _rows(table: SessionTable, asked: ModerationQuestion, form: Detrending, *, guarded: bool) -> _Rows | None:
    first, second = table.successive()
    step = steps_of(table) if guarded else None
    if not len(first) or (guarded and step is None):
        return None

    def out(values: Array) -> Array:
        """One column in this form, with the common course out as well where it is guarded."""
        left = values if step is None else less_course(form, values, table, step)
        return take_out(form, left, table.times, table.person)

    x, y = out(table.values[asked.process]), out(table.values[asked.outcome])
    m = x if asked.curvature else _moderator(table, asked, out)
    # a constant moderator changes no mean and no line: the product with it has none either
    product = x * m if asked.between else out(x * m)
    alone = [] if asked.curvature or asked.between else [m]
    if guarded and not asked.curvature:
        alone += [out(x * x)] if asked.between else [out(x * x), out(m * m)]
    at = second if asked.link.step is LagStep.SAME_SESSION else first
    columns = [y[second], x[at], y[first], product[at], m[at], *(column[at] for column in alone)]
    keep = np.isfinite(np.column_stack(columns)).all(axis=1)
    later, process, own_past, bent, moderator, *further = (column[keep] for column in columns)
    beside = np.column_stack(further) if further else np.empty((len(later), 0))
    return _Rows(later, process, own_past, bent, moderator, beside, table.person[second][keep])


def _moderator(table: SessionTable, asked: ModerationQuestion, out: Callable[[Array], Array]) -> Array:
    """(rows,) the moderator beside each value of the process: of the same session, or of the one before where it was
    asked no earlier than the outcome; between persons: the person's value less the mean of all persons."""
    values = table.values[asked.moderator]
    if asked.between:
        there = np.isfinite(values)
        count = np.bincount(table.person[there], minlength=table.n_persons)
        with np.errstate(invalid="ignore", divide="ignore"):
            own = np.bincount(table.person[there], weights=values[there], minlength=table.n_persons) / count
        return np.asarray((own - np.nanmean(own))[table.person])
    m = out(values)
    if asked.link.step is LagStep.SAME_SESSION and table.moments[asked.moderator] is not Moment.BEFORE:
        first, second = table.successive()
        before = np.full(len(m), np.nan)
        before[second] = m[first]
        return before
    return m


def _read(
    fitted: Regression, rows: _Rows, asked: ModerationQuestion, form: Detrending, *, guarded: bool
) -> BendEstimate:
    """Coefficients of process and product, standardised, with the slopes that follow from them."""
    sx, sy = float(np.std(rows.process, ddof=1)), float(np.std(rows.later, ddof=1))
    sm = _spread_between(rows) if asked.between else float(np.std(rows.moderator, ddof=1))
    # the lag is the derivative by x, which a square enters twice
    scale = np.array([sx / sy, (2.0 if asked.curvature else 1.0) * sx * sm / sy])
    lag, bend = fitted.coefficients[1:3] * scale
    v = fitted.covariance[1:3, 1:3] * np.outer(scale, scale)
    reach = float(stats.t.ppf(0.975, fitted.n_clusters - 1))
    ends = (-1.0, 0.0, 1.0)
    if asked.curvature:
        low, high = np.percentile(rows.process, (5, 95)) / sx
        ends = (float(low), 0.0, float(high))
    se = float(np.sqrt(v[1, 1]))
    raw_se = float(fitted.standard_errors[2])
    p = 2 * stats.t.sf(abs(bend) / se, fitted.n_clusters - 1) if se > 0 else float(bend == 0)
    low_slope, middle, high_slope = (_slope(at, float(lag), float(bend), v, reach) for at in ends)
    return BendEstimate(
        form=form,
        guarded=guarded,
        estimate=float(bend),
        standard_error=se,
        lower=float(bend) - reach * se,
        upper=float(bend) + reach * se,
        p_value=float(p),
        raw=float(fitted.coefficients[2]),
        raw_standard_error=raw_se,
        lag=float(lag),
        covariance=(float(v[0, 0]), float(v[0, 1]), float(v[1, 1])),
        slopes=(low_slope, middle, high_slope),
        n_pairs=fitted.n,
        n_persons=fitted.n_clusters,
    )


def _slope(at: float, lag: float, bend: float, v: Array, reach: float) -> SimpleSlope:
    slope = lag + bend * at
    se = float(np.sqrt(max(v[0, 0] + 2 * at * v[0, 1] + at**2 * v[1, 1], 0.0)))
    return SimpleSlope(at, slope, se, slope - reach * se, slope + reach * se)


def _spread_between(rows: _Rows) -> float:
    """Standard deviation of the moderator over persons, each counted once."""
    _, once = np.unique(rows.person, return_index=True)
    return float(np.std(rows.moderator[once], ddof=1))
