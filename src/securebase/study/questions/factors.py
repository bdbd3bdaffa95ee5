"""Common factors side by side: how each relates to improvement, and whether the relations differ.

For each factor x and the outcome y, both with the sign of improvement of y:

    between persons   partial correlation of the mean of the first three ratings of x with the last rating of y that
                      follows them, given the first rating of y
    within persons    y(t + 1) = β x(t) + γ y(t) + e, detrended and adjusted for the common time course, β standardised

Every estimate has an influence per person, so that estimates on the same persons have a joint covariance: for a partial
correlation r, √((n − 1) / n) (mean of r₍ⱼ₎ − r₍ᵢ₎) with r₍ᵢ₎ the one without person i (the jackknife). Intervals of all
differences of both levels hold together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar

import numpy as np

from securebase.errors import InputError
from securebase.model.distributions import t_quantile, t_tail
from securebase.study.detrending import Detrending, detrend
from securebase.study.estimator import Array, LagStep, Link
from securebase.study.estimators import common_time_course
from securebase.study.phrases import p_value
from securebase.study.questions.gain import MIN_PERSONS, first_and_last
from securebase.study.questions.question import Answer, AnswerInterval, AnswerTable, QuestionData
from securebase.study.questions.simultaneous import draw_largest_t
from securebase.study.verdicts.rule import holm

#: ratings of a factor that count as early
EARLY_RATINGS = 3
LEVELS = ("between", "within")


@dataclass(frozen=True, slots=True)
class FactorRelation:
    """Relation of one factor with improvement on one level. p_adjusted: Holm over factors and levels."""

    factor: str
    level: str
    relation: AnswerInterval
    n_persons: int
    p_adjusted: float


@dataclass(frozen=True, slots=True)
class FactorDifference:
    """Relation of the first factor minus that of the second; the interval and p hold for all differences together.

    equal_reliability: reliability of the weaker rating, as a share of that of the stronger one, with which equal
    correlations without error would show as these two; None where they differ in sign.
    """

    first: str
    second: str
    level: str
    difference: AnswerInterval
    p_adjusted: float
    equal_reliability: float | None


@dataclass(frozen=True, slots=True)
class FactorsAnswer(Answer):
    """Relations of all factors with improvement, and all differences between them; without those not estimable."""

    heading: ClassVar[str] = "Common factors side by side"
    rule: ClassVar[str] = (
        f"Between persons: partial correlation of the mean of the first {EARLY_RATINGS} ratings of a factor with the "
        "last rating of the outcome after them, given the first rating of the outcome. Within persons: standardised "
        "lag to the outcome of the next row, given its past, detrended and adjusted for the common time course. "
        "Positive means improvement. Each factor is analysed alone, so factors that rise together can predict the "
        "same improvement. Intervals of relations are pointwise, those of differences simultaneous. A relation is "
        "named if it differs from 0 after Holm’s correction. Early improvement can raise early ratings of a factor. "
        "Measurement error makes a factor look weaker than it is."
    )

    question: str
    outcome: str
    factors: tuple[str, ...]
    relations: tuple[FactorRelation, ...]
    differences: tuple[FactorDifference, ...]

    def relation(self, factor: str, level: str) -> FactorRelation | None:
        """Return the relation of a factor on a level; None if it cannot be estimated."""
        return next((r for r in self.relations if (r.factor, r.level) == (factor, level)), None)

    @property
    def larger(self) -> tuple[FactorDifference, ...]:
        """Differences whose interval excludes 0."""
        return tuple(d for d in self.differences if d.difference.sign)

    def in_words(self, labels: Mapping[str, str]) -> str:
        """Return which factors relate to improvement and which relations differ, without figures."""
        if not self.relations:
            return (
                "Common factors: their relations with improvement cannot be estimated here (too few persons or rows)."
            )
        sentences = [part for level in LEVELS for part in self._level_in_words(level, labels)]
        if absent := [n for n in self.factors if not any(r.factor == n for r in self.relations)]:
            names = _join([labels.get(name, name) for name in absent])
            sentences.append(f"Not estimated, because it hardly varies or has too few ratings: {names}.")
        if self.differences and not self.larger:
            what = (
                "The intervals of all differences include 0"
                if len(self.differences) > 1
                else ("The interval of the difference includes 0")
            )
            sentences.append(f"{what}: the data do not show which relation is larger.")
        return " ".join(sentences)

    def _level_in_words(self, level: str, labels: Mapping[str, str]) -> list[str]:
        outcome = labels.get(self.outcome, self.outcome)
        shown = [r for r in self.relations if r.level == level]
        if not shown:
            return [f"{_LEVEL_LABELS[level]}: cannot be estimated here."]
        parts = []
        for sign in (1, -1):
            names = [labels.get(r.factor, r.factor) for r in shown if r.p_adjusted < 0.05 and r.relation.sign == sign]
            parts += [_RELATIONS[level, sign].format(factors=_join(names), outcome=outcome)] if names else []
        compared = [d for d in self.differences if d.level == level]
        sentences = [_larger_in_words(d, labels) for d in compared if d.difference.sign]
        if self.larger and (n_open := sum(not d.difference.sign for d in compared)):
            other = "other " if sentences else ""
            intervals = (
                f"intervals of {'the' if other else 'all'} {other}differences"
                if n_open > 1
                else (f"interval of the {other}difference")
            )
            sentences.append(f"The {intervals} includ{'e' if n_open > 1 else 'es'} 0.")
        relations = "; ".join(parts) or "no factor is shown to be related to improvement"
        return [f"{_LEVEL_LABELS[level]}, {relations}.", *sentences]

    def figures_in_words(self, labels: Mapping[str, str]) -> str:
        """Return how unequal measurement error would have to be to produce each difference that is stated."""
        sentences = []
        for d in self.larger:
            more, less = _by_size(d, labels)
            if d.equal_reliability is not None:
                sentences.append(
                    f"{_LEVEL_LABELS[d.level]}, measurement error alone would produce the difference of {more} and "
                    f"{less} if the reliability of {less} were {d.equal_reliability:.0%} of that of {more}."
                )
        return " ".join(sentences)

    def tables(self, labels: Mapping[str, str]) -> tuple[AnswerTable, ...]:
        """Return the relations of the factors, and their differences."""
        if not self.relations:
            return ()
        relations = tuple(
            (labels.get(name, name), *(cell for level in LEVELS for cell in _cells(self.relation(name, level))))
            for name in self.factors
        )
        pairs = list(dict.fromkeys((d.first, d.second) for d in self.differences))
        by_pair = {(d.first, d.second, d.level): d for d in self.differences}
        differences = tuple(
            (
                f"{labels.get(first, first)} − {labels.get(second, second)}",
                *(_difference_cell(by_pair.get((first, second, level))) for level in LEVELS),
            )
            for first, second in pairs
        )
        return (
            AnswerTable(
                "Relation of each factor with improvement (95% interval)",
                ("factor", "between persons", "persons", "within persons", "persons"),
                relations,
            ),
            AnswerTable(
                "Differences between relations (simultaneous 95% intervals)",
                ("difference", "between persons", "within persons"),
                differences,
            ),
        )


_LEVEL_LABELS: Mapping[str, str] = {"between": "Between persons", "within": "Within persons"}
#: (level, sign of the relation) → phrase
_RELATIONS: Mapping[tuple[str, int], str] = {
    ("between", 1): "higher early ratings of {factors} go with improvement in {outcome}",
    ("between", -1): "lower early ratings of {factors} go with improvement in {outcome}",
    ("within", 1): "ratings of {factors} above a person’s usual ones precede improvement in {outcome}",
    ("within", -1): "ratings of {factors} below a person’s usual ones precede improvement in {outcome}",
}


def _join(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _by_size(difference: FactorDifference, labels: Mapping[str, str]) -> tuple[str, str]:
    """Return the labels of the factors with the larger and with the smaller relation."""
    first, second = (labels.get(name, name) for name in (difference.first, difference.second))
    return (first, second) if difference.difference.estimate > 0 else (second, first)


def _larger_in_words(difference: FactorDifference, labels: Mapping[str, str]) -> str:
    more, less = _by_size(difference, labels)
    return f"The relation is larger for {more} than for {less}."


def _cells(relation: FactorRelation | None) -> tuple[str, str]:
    return ("–", "–") if relation is None else (str(relation.relation), f"{relation.n_persons:,}")


def _difference_cell(difference: FactorDifference | None) -> str:
    return "–" if difference is None else f"{difference.difference}, {p_value(difference.p_adjusted)}"


@dataclass(frozen=True, slots=True)
class FactorComparison:
    """Ask how several factors relate to improvement, and whether their relations differ.

    Raises InputError with fewer than two factors, or one named twice.
    """

    factors: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.factors) < 2 or len(set(self.factors)) < len(self.factors):
            raise InputError(
                f"factors must be two or more different columns (got {', '.join(self.factors) or 'none'})",
                advice="Name each factor once, for example alliance and empathy.",
            )

    @property
    def columns(self) -> tuple[str, ...]:
        return self.factors

    def answer(self, data: QuestionData) -> FactorsAnswer:
        """Estimate all relations, and all differences with their joint intervals."""
        estimates = [e for name in self.factors for e in (_between(data, name), _within(data, name)) if e is not None]
        p = holm([e.p for e in estimates])
        relations = tuple(
            FactorRelation(e.factor, e.level, e.interval, e.n_persons, value)
            for e, value in zip(estimates, p, strict=True)
        )
        return FactorsAnswer("factors", data.outcome, self.factors, relations, _differences(estimates))


@dataclass(frozen=True, eq=False)
class _Estimate:
    """An estimate with its influences (persons,), whose sum of squares is its variance."""

    factor: str
    level: str
    estimate: float
    influence: Array
    interval: AnswerInterval
    p: float
    n_persons: int


def _between(data: QuestionData, factor: str) -> _Estimate | None:
    table, values = data.table, data.table.values[factor]
    n_persons = table.n_persons
    rated = np.flatnonzero(np.isfinite(values))
    person = table.person[rated]
    # position of a rating among those of its person
    position = np.arange(len(rated)) - np.searchsorted(person, person)
    early = rated[position < EARLY_RATINGS]
    count = np.bincount(table.person[early], minlength=n_persons)
    with np.errstate(invalid="ignore"):
        x = np.bincount(table.person[early], values[early], n_persons) / count
    until = np.full(n_persons, np.nan)
    until[table.person[early]] = table.times[early]
    first, last, _ = first_and_last(data.table, data.outcome)
    outcome = np.isfinite(table.values[data.outcome])
    end = np.full(n_persons, -np.inf)
    end[table.person[outcome]] = table.times[outcome]
    complete = np.isfinite(np.column_stack([x, first, last])).all(axis=1) & (end > until)
    n = int(complete.sum())
    if n < MIN_PERSONS:
        return None
    columns = np.column_stack([x[complete], data.sign(data.outcome) * last[complete], first[complete]])
    r, left_out = _partial_correlations(columns)
    if not np.isfinite(left_out).all() or abs(r) > 1 - 1e-9:
        return None
    influence = np.zeros(n_persons)
    influence[complete] = np.sqrt((n - 1) / n) * (left_out.mean() - left_out)
    error, df = float(np.sqrt(influence @ influence)), n - 3
    if error == 0:
        return None
    # Fisher’s z, whose distribution is closer to normal
    z, half_width = np.arctanh(r), t_quantile(0.975, df) * error / (1 - r**2)
    interval = AnswerInterval(r, error, float(np.tanh(z - half_width)), float(np.tanh(z + half_width)))
    p = float(2 * t_tail(abs(z) * (1 - r**2) / error, df))
    return _Estimate(factor, "between", r, influence, interval, p, n)


def _partial_correlations(columns: Array) -> tuple[float, Array]:
    """Return the correlation of the first two columns given the third, and the same without each row in turn (n,).

    NaN where a column is constant, or follows from the third. Leaving out row i takes n / (n − 1) d d′ from the cross
    products, with d its distance from the means.
    """
    n = len(columns)
    distance = columns - columns.mean(axis=0)
    scale = np.sqrt((distance**2).mean(axis=0))
    if not (scale > 1e-9 * np.abs(columns).max(axis=0)).all():
        return float("nan"), np.full(n, np.nan)
    distance /= scale
    total = distance.T @ distance
    without = total - n / (n - 1) * distance[:, :, None] * distance[:, None, :]

    def given_third(cross: Array) -> Array:
        xx, yy, ww = (cross[..., k, k] for k in range(3))
        xy, xw, yw = cross[..., 0, 1], cross[..., 0, 2], cross[..., 1, 2]
        left = (xx - xw**2 / ww) * (yy - yw**2 / ww)
        result: Array = (xy - xw * yw / ww) / np.sqrt(np.where(left > 1e-12 * (xx * yy), left, np.nan))
        return result

    with np.errstate(invalid="ignore", divide="ignore"):
        return float(given_third(total)), given_third(without)


def _within(data: QuestionData, factor: str) -> _Estimate | None:
    values = data.table.values[factor]
    deviations = detrend(Detrending.CENTRED, values, data.table.times, data.table.person)
    # a column that is constant within persons leaves rounding errors, which would correlate with something
    if not np.nanmax(np.abs(deviations), initial=0.0) > 1e-9 * np.nanmax(np.abs(values), initial=0.0):
        return None
    result = common_time_course.estimate(
        data.table, Link(factor, data.outcome, LagStep.NEXT_SESSION), Detrending.DETRENDED
    )
    if result is None or not result.lag.standard_error:
        return None
    lag, sign = result.lag, data.sign(data.outcome)
    influence = sign * result.influence * (lag.standard_error / lag.raw_standard_error)
    interval = AnswerInterval.of_t(sign * lag.estimate, lag.standard_error, lag.n_persons - 1)
    return _Estimate(factor, "within", sign * lag.estimate, influence, interval, lag.p_value, lag.n_persons)


def _differences(estimates: Sequence[_Estimate]) -> tuple[FactorDifference, ...]:
    """Return all differences on both levels with intervals and p values that hold together."""
    pairs = [pair for level in LEVELS for pair in combinations([e for e in estimates if e.level == level], 2)]
    if not pairs:
        return ()
    influences = np.array([a.influence - b.influence for a, b in pairs])
    errors = np.sqrt((influences**2).sum(axis=1))
    usable = errors > 0
    if not usable.any():
        return ()
    pairs = [pair for pair, is_usable in zip(pairs, usable, strict=True) if is_usable]
    influences, errors = influences[usable], errors[usable]
    df = min(min(a.n_persons, b.n_persons) for a, b in pairs) - 1
    largest = draw_largest_t(influences, df)
    width = float(np.quantile(largest, 0.95))
    rows = []
    for (a, b), error in zip(pairs, errors, strict=True):
        value = a.estimate - b.estimate
        weak, strong = sorted((a.estimate, b.estimate), key=abs)
        interval = AnswerInterval(value, float(error), value - width * float(error), value + width * float(error))
        rows.append(
            FactorDifference(
                a.factor,
                b.factor,
                a.level,
                interval,
                float((largest >= abs(value) / error).mean()),
                (weak / strong) ** 2 if weak * strong > 0 else None,
            )
        )
    return tuple(rows)
