"""Likelihood-ratio tests of nested models fitted to the same scores, for any kind of model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from securebase.errors import ModelError
from securebase.model.distributions import chi2_tail
from securebase.model.estimation.result import FitResult

#: a larger model whose log-likelihood falls short of its special case by more than this missed its maximum
_LOG_LIKELIHOOD_TOLERANCE = 1e-3
NOT_NESTED = "Compare AIC or BIC, which do not require nested models."


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


def likelihood_ratio_test(smaller: FitResult, larger: FitResult, at_zero: tuple[str, ...]) -> Comparison:
    """Test two fits of nested models. at_zero: names of the variances that are zero in the smaller model."""
    check_same_data(smaller, larger)
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


def check_nested(conditions: Mapping[str, bool]) -> None:
    """Raise ModelError for the first part of a model that the smaller one frees and the larger one does not.

    conditions: name of a part → True if the larger model is at least as free there.
    """
    for name, holds in conditions.items():
        if not holds:
            raise ModelError(
                f"the models are not nested: the smaller one frees parameters in “{name}” that the larger one does not",
                advice=NOT_NESTED,
            )


def check_same_data(smaller: FitResult, larger: FitResult) -> None:
    """Raise ModelError where two fits are of different data."""
    first, second = smaller.fingerprints, larger.fingerprints
    differing = [name for name in first.keys() & second.keys() if first[name] != second[name]]
    if differing:
        raise ModelError(
            f"the two fits use different data: they differ in {', '.join(sorted(differing))}",
            advice="Fit both models to the same rows.",
        )


def _regular_log_likelihood(fitted: FitResult, which: str, may_vanish: tuple[str, ...]) -> float:
    """Return the log-likelihood of a regular fit; in the larger model a tested variance may be zero."""
    kind = fitted.outcome.kind
    tested_only = kind == "boundary" and bool(may_vanish) and set(fitted.held) <= set(may_vanish)
    if fitted.log_likelihood is None or not (fitted.is_regular or tested_only):
        raise ModelError(
            f"a likelihood-ratio test needs two fits that converged. The {which} model: {fitted.outcome.sentence}",
            advice=fitted.outcome.what_to_do,
        )
    return fitted.log_likelihood


def _chi2_tail(statistic: float, df: int) -> float:
    return float(chi2_tail(statistic, df)) if df else float(statistic <= 0.0)
