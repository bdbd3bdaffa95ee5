"""Likelihood-ratio tests of continuous-time models, and their nested models."""

from __future__ import annotations

from dataclasses import fields, replace

from securebase.errors import ModelError
from securebase.model.arguments import check_instance
from securebase.model.estimation.comparison import (
    NOT_NESTED,
    Comparison,
    check_nested,
    check_same_data,
    likelihood_ratio_test,
)
from securebase.model.fit.result import Fit
from securebase.model.specification import Specification, Start, Trend


def compare(smaller: Fit, larger: Fit) -> Comparison:
    """Test the smaller model within the larger one by their likelihood ratio.

    Raises ModelError where the fits are of different data, the models are not nested, a trend's rate is not identified
    under the smaller model, or a fit is not regular.
    """
    for fitted, name in ((smaller, "smaller"), (larger, "larger")):
        check_instance(fitted, Fit, name, advice="Compare two results of securebase.fit.")
    _check_same_likelihood(smaller, larger)
    return likelihood_ratio_test(smaller, larger, _variances_at_zero(smaller.specification, larger.specification))


def compare_or_explain(smaller: Fit, larger: Fit) -> Comparison | str:
    """Return the test, or in words why there is none."""
    try:
        return compare(smaller, larger)
    except ModelError as problem:
        return str(problem)[0].upper() + str(problem)[1:]


def special_case(specification: Specification, case: str) -> Specification:
    """Return the model without a trend (“none”) or with a stationary start (“stationary”).

    Raises ModelError where the model is that already.
    """
    nested = (
        replace(specification, trend=Trend.NONE) if case == Trend.NONE else replace(specification, start=Start(case))
    )
    if nested == specification:
        raise ModelError(
            f"the model already has “{case}”, so there is no nested model to compare", advice="Request a larger model."
        )
    return nested


def _check_same_likelihood(smaller: Fit, larger: Fit) -> None:
    check_same_data(smaller, larger)
    if dict(smaller.reliability) != dict(larger.reliability):
        raise ModelError(
            "the two fits use different reliabilities, so they do not maximise the same likelihood",
            advice="Fit both with the same reliabilities.",
        )


def _variances_at_zero(smaller: Specification, larger: Specification) -> tuple[str, ...]:
    """Return the names of the variances that are zero in the smaller model.

    Raises ModelError where it is not nested in the larger one.
    """
    may_differ = {"trend", "start", "random_slopes", "free_start_mean", "covariates", "inputs", "therapists", "effects"}
    for part in fields(Specification):
        if part.name not in may_differ and getattr(smaller, part.name) != getattr(larger, part.name):
            raise ModelError(
                f"the models are not nested: they differ in {part.name.replace('_', ' ')}", advice=NOT_NESTED
            )
    _check_nested_trends(smaller, larger)
    check_nested(
        {
            "start": smaller.start is larger.start or larger.start is Start.FREE,
            "random slopes": larger.random_slopes or not smaller.random_slopes,
            "initial-state mean": larger.free_start_mean or not smaller.free_start_mean,
            "therapists": larger.therapists or not smaller.therapists,
            "covariates": set(smaller.covariates) <= set(larger.covariates),
            "inputs": set(smaller.inputs) <= set(larger.inputs),
            "effects": bool(larger.free_drift[smaller.free_drift].all()),
        }
    )
    new = [
        block
        for block, is_new in (
            ("change_covariance", larger.random_slopes and not smaller.random_slopes),
            ("therapist_covariance", larger.therapists and not smaller.therapists),
        )
        if is_new
    ]
    return tuple(f"{block}[{c},{c}]" for block in new for c in larger.constructs)


def _check_nested_trends(smaller: Specification, larger: Specification) -> None:
    nonlinear = (Trend.APART, Trend.CARRIED)
    gains_rate = larger.random_slopes and not smaller.random_slopes and larger.trend is Trend.CARRIED
    if smaller.trend is not larger.trend:
        if smaller.trend is not Trend.NONE or (smaller.random_slopes and larger.trend in nonlinear):
            raise ModelError(
                f"the trend “{smaller.trend.value}” is not a special case of “{larger.trend.value}”", advice=NOT_NESTED
            )
        gains_rate |= larger.trend is Trend.APART
    if gains_rate:
        raise ModelError(
            "the larger model's rate of change is undefined in the smaller one, so the test has no known distribution",
            advice=NOT_NESTED,
        )
