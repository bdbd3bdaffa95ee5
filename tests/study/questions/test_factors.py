"""Common factors side by side: against correlations and standard errors by hand, and against known truths."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from question_truths import draw_factors, question_data
from securebase.charts.render import svg
from securebase.charts.study_factors import factors_chart
from securebase.errors import InputError
from securebase.model.distributions import t_quantile
from securebase.study.questions.factors import FactorComparison, FactorDifference, FactorRelation, FactorsAnswer
from securebase.study.questions.question import QuestionData

FACTORS = ("x0", "x1", "x2", "x3")
LABELS = {"x0": "Alliance", "x1": "Empathy", "x2": "Regard", "x3": "Hope", "y": "Symptoms"}


def answer(data: QuestionData) -> FactorsAnswer:
    return FactorComparison(FACTORS).answer(data)


def relation(result: FactorsAnswer, factor: str, level: str) -> FactorRelation:
    row = result.relation(factor, level)
    assert row is not None
    return row


def partial_correlation(data: QuestionData, factor: str, persons: np.ndarray) -> float:
    """Return the correlation of early ratings with the last y, sign turned, in residuals of the first y."""
    x, y = (data.table.values[name].reshape(data.table.n_persons, -1)[persons] for name in (factor, "y"))
    early, first, last = x[:, :3].mean(axis=1), y[:, 0], -y[:, -1]
    residuals = [column - np.polyval(np.polyfit(first, column, 1), first) for column in (early, last)]
    return float(np.corrcoef(residuals)[0, 1])


def jackknife_error(statistic: Callable[[np.ndarray], float], n: int) -> float:
    values = np.array([statistic(np.delete(np.arange(n), i)) for i in range(n)])
    return float(np.sqrt((n - 1) / n * ((values - values.mean()) ** 2).sum()))


def test_between_persons_it_is_the_partial_correlation_of_early_ratings() -> None:
    data = draw_factors(1, n=80)
    result, everybody = answer(data), np.arange(80)
    for factor in FACTORS:
        row = relation(result, factor, "between")
        assert row.relation.estimate == pytest.approx(partial_correlation(data, factor, everybody))
        error = jackknife_error(lambda persons, name=factor: partial_correlation(data, name, persons), 80)
        assert row.relation.standard_error == pytest.approx(error, rel=1e-6)
        assert row.n_persons == 80


def test_the_error_of_a_difference_is_that_of_paired_estimates() -> None:
    """A jackknife that leaves a person out of both correlations at once."""
    data = draw_factors(2, n=80)
    row = next(d for d in answer(data).differences if (d.first, d.second, d.level) == ("x0", "x2", "between"))
    error = jackknife_error(
        lambda persons: partial_correlation(data, "x0", persons) - partial_correlation(data, "x2", persons), 80
    )
    assert row.difference.standard_error == pytest.approx(error, rel=1e-6)


def lag_by_dummies(data: QuestionData, factor: str) -> tuple[float, float]:
    """Return the standardised lag and its error: columns for every person, line and session, then pairs of rows."""
    n, sessions = data.table.n_persons, len(data.table.times) // data.table.n_persons
    person, session = np.eye(n)[data.table.person], np.eye(sessions)[data.table.times.astype(int)]
    nuisance = np.column_stack([person, person * data.table.times[:, None], session])
    x, y = (
        (
            data.table.values[name] - nuisance @ np.linalg.lstsq(nuisance, data.table.values[name], rcond=None)[0]
        ).reshape(n, sessions)
        for name in (factor, "y")
    )
    later, X = y[:, 1:].ravel(), np.column_stack([np.ones(n * (sessions - 1)), x[:, :-1].ravel(), y[:, :-1].ravel()])
    coefficients = np.linalg.lstsq(X, later, rcond=None)[0]
    scores = (X * (later - X @ coefficients)[:, None]).reshape(n, sessions - 1, 3).sum(axis=1)
    bread = np.linalg.inv(X.T @ X)
    factor_of_cr1 = n / (n - 1) * (len(X) - 1) / (len(X) - 3)
    error = np.sqrt(factor_of_cr1 * (bread @ scores.T @ scores @ bread)[1, 1])
    scale = X[:, 1].std(ddof=1) / later.std(ddof=1)
    return float(coefficients[1] * scale), float(error * scale)


def test_within_persons_it_is_the_lag_adjusted_for_the_common_time_course() -> None:
    data = draw_factors(3, n=30, sessions=8)
    lag, error = lag_by_dummies(data, "x1")
    row = relation(answer(data), "x1", "within").relation
    assert row.estimate == pytest.approx(-lag, abs=1e-6)
    assert row.standard_error == pytest.approx(error, rel=1e-4)


def test_simultaneous_intervals_are_wider_than_single_ones_and_no_wider_than_bonferroni() -> None:
    data = draw_factors(4)
    rows = answer(data).differences
    assert len(rows) == 12
    widths = {round((d.difference.upper - d.difference.estimate) / d.difference.standard_error, 6) for d in rows}
    assert len(widths) == 1
    assert t_quantile(0.975, 59) < widths.pop() < t_quantile(1 - 0.025 / 12, 59)
    for row in rows:
        assert (row.p_adjusted < 0.05) is bool(row.difference.sign)


def test_factors_that_act_alike_are_not_ranked() -> None:
    """All relations are equal: of 60 tables, 3 may name a larger one; 7 are three standard errors more."""
    assert sum(bool(answer(draw_factors(seed)).larger) for seed in range(60)) <= 7


@pytest.mark.parametrize("truth", [{"between": (1.2, 0.1)}, {"within": (0.4, 0.05)}])
def test_a_factor_that_acts_more_is_named_and_no_other(truth: dict[str, tuple[float, ...]]) -> None:
    named = [answer(draw_factors(seed, n=200, **truth)).larger for seed in range(10)]  # type: ignore[arg-type]
    assert sum(bool(larger) for larger in named) >= 9
    # 3 of 10 tables with a wrong name would be six times as many as there should be
    assert sum(any((d.first, d.difference.sign) != ("x0", 1) for d in larger) for larger in named) <= 2


def test_measurement_error_that_would_explain_a_difference_is_named() -> None:
    """Correlations of .6 and .3 are equal if the second rating has a quarter of the reliability of the first."""
    result = answer(draw_factors(1, n=200, within=(0.4, 0.05)))
    row = result.larger[0]
    weak, strong = (relation(result, name, row.level).relation.estimate for name in (row.second, row.first))
    assert row.equal_reliability == pytest.approx((weak / strong) ** 2)
    assert f"if the reliability of Empathy were {row.equal_reliability:.0%} of that of Alliance" in (
        result.figures_in_words(LABELS)
    )


def test_a_factor_that_never_changes_has_no_relation_within_persons() -> None:
    data = draw_factors(1)
    data.table.values["x3"][:] = np.repeat(data.table.values["x3"].reshape(60, -1)[:, 0], 16)  # type: ignore[index]
    result = answer(data)
    assert result.relation("x3", "within") is None
    assert result.relation("x3", "between") is not None
    table = result.tables(LABELS)[0]
    assert table.rows[3][0] == "Hope"
    assert table.rows[3][3:] == ("–", "–")


def test_a_factor_without_variance_is_named() -> None:
    data = draw_factors(1)
    assert "Not estimated" not in answer(data).in_words(LABELS)
    data.table.values["x3"][:] = 3.0  # type: ignore[index]
    expected = "Not estimated, because it hardly varies or has too few ratings: Hope."
    assert expected in answer(data).in_words(LABELS)


def test_too_few_persons_have_no_relation() -> None:
    result = answer(draw_factors(1, n=4))
    assert (result.relations, result.differences, result.tables(LABELS)) == ((), (), ())
    assert "cannot be estimated here" in result.in_words(LABELS)


def test_ratings_after_the_last_outcome_do_not_count() -> None:
    data = draw_factors(1)
    values = {name: column.reshape(60, -1).copy() for name, column in data.table.values.items()}
    values["y"][:30, 3:] = np.nan  # the third rating of a factor is at the last rating of y
    assert relation(answer(question_data(values)), "x0", "between").n_persons == 30


def test_one_factor_or_the_same_twice_is_refused() -> None:
    for names in (("x0",), ("x0", "x0")):
        with pytest.raises(InputError, match="two or more different columns"):
            FactorComparison(names)


def test_the_sentences_name_relations_and_differences_but_no_order_of_factors() -> None:
    result = answer(draw_factors(1, n=200, within=(0.4, 0.05)))
    words = result.in_words(LABELS)
    assert "Within persons, ratings of Alliance" in words
    assert "above a person’s usual ones precede improvement in Symptoms." in words
    assert "The relation is larger for Alliance than for Hope." in words
    open_result = replace(result, differences=tuple(d for d in result.differences if not d.difference.sign))
    assert open_result.in_words(LABELS).endswith(
        "The intervals of all differences include 0: the data do not show which relation is larger."
    )
    for phrase in ("strongest", "most important", "best", "first among"):
        assert phrase not in words


def test_the_chart_holds_every_relation_and_difference_at_both_widths() -> None:
    result = answer(draw_factors(1, n=60))
    for width in (820, 350):
        picture = svg(factors_chart(result, LABELS, width=width))
        assert "Alliance − Empathy" in picture
        assert "Between persons, 95% intervals" in picture
        assert "Differences, simultaneous intervals" in picture


def test_a_pair_without_a_difference_is_no_row() -> None:
    """Two columns with the same values have the same estimates, and no interval of their difference."""
    data = draw_factors(1)
    data.table.values["x1"][:] = data.table.values["x0"]  # type: ignore[index]
    rows: tuple[FactorDifference, ...] = answer(data).differences
    assert ("x0", "x1") not in {(d.first, d.second) for d in rows}
    assert len(rows) == 10
