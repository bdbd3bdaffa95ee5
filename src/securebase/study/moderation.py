"""Moderation of a lag: by another column (product), or by the process itself (curvature: levelling off, inverted U).

y(t′) on x, own past, m and the product x·m: within-person centred, then detrended within person, then also adjusted for
the common time course. The product of two deviations has a mean and a trend of its own in every person; it is
detrended once more, so that differences between persons cannot pass for moderation within them (Giesselmann &
Schmidt-Catran 2022). A moderator that is constant within persons moderates the lag between persons (cross-level
interaction) and enters as its distance from the mean of all persons.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase.model.distributions import normal_quantile, t_quantile, t_tail
from securebase.records.vocabulary import Moment
from securebase.study.detrending import Detrending, detrend
from securebase.study.estimator import Array, LagStep, Link, shortest_link
from securebase.study.estimators.common_time_course import remove_common_course, time_steps
from securebase.study.regression import Regression, regress
from securebase.study.table import SessionTable

#: an interaction needs more data than a lag: below this nothing is estimated
MIN_PERSONS, MIN_PAIRS = 10, 40

RULE = (
    "Stated only if significant (p < .05) with the same sign within-person centred, detrended, and adjusted for the "
    "common time course; inconclusive otherwise. The last step adjusts a product also for the squares of its two "
    "parts, because curvature of one of two correlated columns looks like an interaction. p values are not "
    "corrected for the number of questions."
)


@dataclass(frozen=True, slots=True)
class ModerationQuestion:
    """Does `moderator` moderate the lag from process to outcome? The process itself as moderator asks for curvature.

    `between_persons`: the moderator is constant within persons (cross-level interaction).
    """

    link: Link
    moderator: str
    between_persons: bool = False

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
    """Standardised lag where the moderator is `at` standard deviations from its usual value, with 95% interval."""

    at: float
    slope: float
    standard_error: float
    lower: float
    upper: float

    @property
    def significant(self) -> bool:
        return self.lower > 0 or self.upper < 0


@dataclass(frozen=True, slots=True)
class ModerationEstimate:
    """One interaction under one method of detrending.

    estimate: change of the standardised lag per standard deviation of the moderator; raw: coefficient of the product
    (or square) in points. lag: standardised lag at the usual value of the moderator. covariance: of (lag, estimate),
    standardised: var(lag), covariance, var(estimate). slopes: one SD below, at and one SD above the usual value; for
    curvature at the 5th percentile, the mean and the 95th. Intervals are 95%, t with persons − 1 degrees of freedom,
    clustered by person.
    """

    detrending: Detrending
    time_adjusted: bool
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
    def significant(self) -> bool:
        return self.p_value < 0.05

    @property
    def changes_sign(self) -> bool:
        """Significant lags of opposite sign at low and at high values (Lind & Mehlum 2010)."""
        low, _, high = self.slopes
        return low.significant and high.significant and low.slope * high.slope < 0


@dataclass(frozen=True, slots=True)
class ModerationFinding:
    """One question: centred, detrended and time-adjusted estimate. supported: they fulfil `RULE`.

    min_detectable: smallest change per SD that the detrended estimate detects with 80% power.
    """

    question: ModerationQuestion
    centred: ModerationEstimate | None
    detrended: ModerationEstimate | None
    time_adjusted: ModerationEstimate | None
    supported: bool
    min_detectable: float | None = None


def moderation_findings(
    table: SessionTable, outcome: str, processes: Sequence[str], moderators: Sequence[str], *, curvature: bool = False
) -> tuple[ModerationFinding, ...]:
    """Estimate every process with every other moderator, and with `curvature` every process with itself."""
    findings = []
    for process in processes:
        candidates = [m for m in moderators if m not in (process, outcome)]
        for moderator in (*candidates, *((process,) if curvature else ())):
            link = shortest_link(table, process, outcome)
            question = ModerationQuestion(link, moderator, not varies_within_persons(table, moderator))
            findings.append(moderation_finding(table, question))
    return tuple(findings)


def varies_within_persons(table: SessionTable, name: str) -> bool:
    """Return whether this column ever changes within a person."""
    centred = detrend(Detrending.CENTRED, table.values[name], table.times, table.person)
    sd = float(np.nanstd(table.values[name])) if np.isfinite(table.values[name]).any() else 0.0
    return bool((np.abs(centred[np.isfinite(centred)]) > 1e-9 * max(sd, 1e-300)).any())


def moderation_finding(table: SessionTable, question: ModerationQuestion) -> ModerationFinding:
    """Estimate one question in the three ways of `RULE`."""
    centred = estimate_moderation(table, question, Detrending.CENTRED)
    detrended = estimate_moderation(table, question, Detrending.DETRENDED)
    adjusted = estimate_moderation(table, question, Detrending.DETRENDED, time_adjusted=True)
    if centred is None or detrended is None:
        return ModerationFinding(question, centred, detrended, adjusted, supported=False)
    estimates = (centred, detrended, adjusted)
    supported = all(e is not None and e.significant and e.estimate * detrended.estimate > 0 for e in estimates)
    # minimum detectable effect at 80% power: (t.975 + z.80) standard errors
    multiplier = t_quantile(0.975, detrended.n_persons - 1) + normal_quantile(0.8)
    return ModerationFinding(question, centred, detrended, adjusted, supported, multiplier * detrended.standard_error)


@dataclass(frozen=True, eq=False)
class _ModerationRows:
    """Columns of the regression, each (pairs,); covariates (pairs, k)."""

    later: Array
    process: Array
    own_past: Array
    product: Array
    moderator: Array
    covariates: Array
    person: NDArray[np.int64]


def estimate_moderation(
    table: SessionTable, question: ModerationQuestion, detrending: Detrending, *, time_adjusted: bool = False
) -> ModerationEstimate | None:
    """Estimate the interaction by least squares clustered by person; None with too little data or no variation."""
    rows = _rows(table, question, detrending, time_adjusted=time_adjusted)
    if rows is None or len(rows.later) < MIN_PAIRS or len(np.unique(rows.person)) < MIN_PERSONS:
        return None
    X = np.column_stack([rows.process, rows.product, rows.own_past, rows.covariates])
    regression = regress(rows.later, X, rows.person, table.n_persons)
    if regression is None:
        return None
    return _standardise(regression, rows, question, detrending, time_adjusted=time_adjusted)


def _rows(
    table: SessionTable, question: ModerationQuestion, detrending: Detrending, *, time_adjusted: bool
) -> _ModerationRows | None:
    first, second = table.successive()
    step = time_steps(table) if time_adjusted else None
    if not len(first) or (time_adjusted and step is None):
        return None

    def transform(values: Array) -> Array:
        adjusted = values if step is None else remove_common_course(detrending, values, table, step)
        return detrend(detrending, adjusted, table.times, table.person)

    x, y = transform(table.values[question.process]), transform(table.values[question.outcome])
    m = x if question.curvature else _moderator(table, question, transform)
    # a factor that is constant within persons changes no mean and no trend: its product with x has none either
    product = x * m if question.between_persons else transform(x * m)
    covariates = [] if question.curvature or question.between_persons else [m]
    if time_adjusted and not question.curvature:
        covariates += [transform(x * x)] if question.between_persons else [transform(x * x), transform(m * m)]
    earlier = second if question.link.step is LagStep.SAME_SESSION else first
    columns = [y[second], x[earlier], y[first], product[earlier], m[earlier], *(c[earlier] for c in covariates)]
    complete = np.isfinite(np.column_stack(columns)).all(axis=1)
    y_later, x_earlier, own_past, product, m, *further = (column[complete] for column in columns)
    further_columns = np.column_stack(further) if further else np.empty((len(y_later), 0))
    return _ModerationRows(y_later, x_earlier, own_past, product, m, further_columns, table.person[second][complete])


def _moderator(table: SessionTable, question: ModerationQuestion, transform: Callable[[Array], Array]) -> Array:
    """Return the moderator (rows,) that belongs to each value of the process.

    It is of the same session, or of the session before where it was measured no earlier than the outcome. Between
    persons it is the person's value less the mean of all persons.
    """
    values = table.values[question.moderator]
    if question.between_persons:
        observed = np.isfinite(values)
        person = table.person[observed]
        count = np.bincount(person, minlength=table.n_persons)
        with np.errstate(invalid="ignore", divide="ignore"):
            means = np.bincount(person, weights=values[observed], minlength=table.n_persons) / count
        return np.asarray((means - np.nanmean(means))[table.person])
    m = transform(values)
    if question.link.step is LagStep.SAME_SESSION and table.moments[question.moderator] is not Moment.BEFORE:
        first, second = table.successive()
        session_before = np.full(len(m), np.nan)
        session_before[second] = m[first]
        return session_before
    return m


def _standardise(
    regression: Regression,
    rows: _ModerationRows,
    question: ModerationQuestion,
    detrending: Detrending,
    *,
    time_adjusted: bool,
) -> ModerationEstimate:
    """Standardise the coefficients of process and product, and add the simple slopes that follow from them."""
    sx, sy = float(np.std(rows.process, ddof=1)), float(np.std(rows.later, ddof=1))
    sm = _sd_between(rows) if question.between_persons else float(np.std(rows.moderator, ddof=1))
    # the lag is the derivative with respect to x: d(βx + δx²)/dx = β + 2δx
    scale = np.array([sx / sy, (2.0 if question.curvature else 1.0) * sx * sm / sy])
    lag, change = regression.coefficients[1:3] * scale
    covariance = regression.covariance[1:3, 1:3] * np.outer(scale, scale)
    t = t_quantile(0.975, regression.n_clusters - 1)
    at_values = (-1.0, 0.0, 1.0)
    if question.curvature:
        low, high = np.percentile(rows.process, (5, 95)) / sx
        at_values = (float(low), 0.0, float(high))
    se = float(np.sqrt(covariance[1, 1]))
    p = 2 * t_tail(abs(change) / se, regression.n_clusters - 1) if se > 0 else float(change == 0)
    low_slope, middle, high_slope = (_slope(at, float(lag), float(change), covariance, t) for at in at_values)
    return ModerationEstimate(
        detrending=detrending,
        time_adjusted=time_adjusted,
        estimate=float(change),
        standard_error=se,
        lower=float(change) - t * se,
        upper=float(change) + t * se,
        p_value=float(p),
        raw=float(regression.coefficients[2]),
        raw_standard_error=float(regression.standard_errors[2]),
        lag=float(lag),
        covariance=(float(covariance[0, 0]), float(covariance[0, 1]), float(covariance[1, 1])),
        slopes=(low_slope, middle, high_slope),
        n_pairs=regression.n,
        n_persons=regression.n_clusters,
    )


def _slope(at: float, lag: float, change: float, covariance: Array, t: float) -> SimpleSlope:
    slope = lag + change * at
    se = float(np.sqrt(max(covariance[0, 0] + 2 * at * covariance[0, 1] + at**2 * covariance[1, 1], 0.0)))
    return SimpleSlope(at, slope, se, slope - t * se, slope + t * se)


def _sd_between(rows: _ModerationRows) -> float:
    """Return the standard deviation of the moderator over persons, each counted once."""
    _, once = np.unique(rows.person, return_index=True)
    return float(np.std(rows.moderator[once], ddof=1))
