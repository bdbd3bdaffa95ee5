"""Likelihood-ratio tests of nested models fitted to the same scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from scipy.stats import chi2

from securebase.errors import ModelError
from securebase.model.arguments import check_instance
from securebase.model.fit.fitting import Fit
from securebase.model.fit.result import FitResult
from securebase.model.parameters import Specification, Start, Trend

#: a larger model whose log-likelihood falls short of its special case by more than this missed its maximum
_LOG_LIKELIHOOD_TOLERANCE = 1e-3
NOT_NESTED = "Compare AIC or BIC, which need no nesting."


@dataclass(frozen=True, slots=True)
class Comparison:
    """A likelihood-ratio test. statistic: 2 (log L_larger − log L_smaller).

    p: from χ² with `df`; with one variance tested at zero from ½ χ²(df − 1) + ½ χ²(df) (Self and Liang 1987; Stram and
    Lee 1994). is_upper_bound: with several variances tested at zero the mixture depends on the data, and p from χ² with
    all df is conservative. reference: the distribution, in words.
    """

    statistic: float
    df: int
    p: float
    reference: str
    is_upper_bound: bool
    sentence: str


def compare(smaller: Fit, larger: Fit) -> Comparison:
    """Test the smaller model within the larger one by their likelihood ratio.

    Raises ModelError where the fits are of different data, the models are not nested, a trend's rate is not identified
    under the smaller model, or a fit is not regular.
    """
    for fitted, name in ((smaller, "smaller"), (larger, "larger")):
        check_instance(fitted, Fit, name, advice="Compare two results of securebase.fit.")
    _check_same_likelihood(smaller, larger)
    return likelihood_ratio_test(smaller, larger, _variances_at_zero(smaller.specification, larger.specification))


def likelihood_ratio_test(smaller: FitResult, larger: FitResult, at_zero: tuple[str, ...]) -> Comparison:
    """Test two fits of nested models. at_zero: names of the variances that are zero in the smaller model."""
    _check_fingerprints(smaller, larger)
    low, high = _regular_log_likelihood(smaller, "smaller", ()), _regular_log_likelihood(larger, "larger", at_zero)
    df = larger.n_parameters - smaller.n_parameters
    if df < 1:
        raise ModelError(
            f"the larger model has {larger.n_parameters} parameters and the smaller one {smaller.n_parameters}",
            advice="Give the model with fewer parameters first.",
        )
    if high < low - _LOG_LIKELIHOOD_TOLERANCE:
        raise ModelError(
            f"the larger model's log-likelihood is {low - high:.3f} lower than that of the smaller model nested in it",
            advice="Fit it again with several starts.",
        )
    statistic = max(2.0 * (high - low), 0.0)
    if len(at_zero) == 1:
        p = 0.5 * (_chi2_tail(statistic, df - 1) + _chi2_tail(statistic, df))
        reference = f"½χ²({df - 1}) + ½χ²({df}), as one variance is tested at zero, the boundary of its range"
    else:
        p, reference = _chi2_tail(statistic, df), f"χ²({df})"
        if at_zero:
            reference += f", an upper bound: {len(at_zero)} variances are tested at zero, the boundary of their range"
    shown = f"p {'≤ ' if len(at_zero) > 1 else '= '}{p:.3f}" if p >= 0.001 else "p < 0.001"
    sentence = f"Likelihood-ratio statistic {statistic:.2f}, {df} degrees of freedom, {shown}."
    return Comparison(statistic, df, p, reference, len(at_zero) > 1, f"{sentence} Reference distribution: {reference}.")


def _check_fingerprints(smaller: FitResult, larger: FitResult) -> None:
    """Raise ModelError where two fits are of different data."""
    first, second = smaller.fingerprints, larger.fingerprints
    differing = [name for name in first.keys() & second.keys() if first[name] != second[name]]
    if differing:
        raise ModelError(
            f"the two fits use different data: they differ in {', '.join(sorted(differing))}",
            advice="Fit both models to the same rows.",
        )


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
    _check_fingerprints(smaller, larger)
    if dict(smaller.reliability) != dict(larger.reliability):
        raise ModelError(
            "the two fits use different reliabilities, so they do not maximise the same likelihood",
            advice="Fit both with the same reliabilities.",
        )


def _regular_log_likelihood(fitted: FitResult, which: str, may_vanish: tuple[str, ...]) -> float:
    """Return the log-likelihood of a regular fit; in the larger model a tested variance may be zero."""
    kind = fitted.outcome.kind
    tested_only = kind == "boundary" and bool(may_vanish) and set(fitted.held) <= set(may_vanish)
    if fitted.log_likelihood is None or not (fitted.is_regular or tested_only):
        raise ModelError(
            f"the {which} fit is not regular: {fitted.outcome.sentence}",
            advice=f"A likelihood ratio needs two fits that converged. {fitted.outcome.what_to_do}".strip(),
        )
    return fitted.log_likelihood


def _variances_at_zero(smaller: Specification, larger: Specification) -> tuple[str, ...]:
    """Return the names of the variances that are zero in the smaller model.

    Raises ModelError where it is not nested in the larger one.
    """
    may_differ = {"trend", "start", "random_slopes", "free_start_mean", "covariates", "inputs", "therapists"}
    for part in fields(Specification):
        if part.name not in may_differ and getattr(smaller, part.name) != getattr(larger, part.name):
            raise ModelError(
                f"the models are not nested: they differ in {part.name.replace('_', ' ')}", advice=NOT_NESTED
            )
    _check_nested_trends(smaller, larger)
    conditions: Mapping[str, bool] = {
        "start": smaller.start is larger.start or larger.start is Start.FREE,
        "random slopes": larger.random_slopes or not smaller.random_slopes,
        "initial-state mean": larger.free_start_mean or not smaller.free_start_mean,
        "therapists": larger.therapists or not smaller.therapists,
        "covariates": set(smaller.covariates) <= set(larger.covariates),
        "inputs": set(smaller.inputs) <= set(larger.inputs),
    }
    for name, holds in conditions.items():
        if not holds:
            raise ModelError(f"the models are not nested: the smaller one has more in “{name}”", advice=NOT_NESTED)
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


def _chi2_tail(statistic: float, df: int) -> float:
    return float(chi2.sf(statistic, df)) if df else float(statistic <= 0.0)
