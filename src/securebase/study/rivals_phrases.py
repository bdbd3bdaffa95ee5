"""Sentences on the comparison of two rivals, and the figures behind it."""

from __future__ import annotations

from collections.abc import Mapping

from securebase.study.phrases import number
from securebase.study.rivals import RivalEstimate, RivalFinding, Stronger


def rivals_in_words(finding: RivalFinding, labels: Mapping[str, str]) -> str:
    """Return which of two rivals precedes more improvement, without figures."""
    first, second = (labels.get(name, name) for name in (finding.first, finding.second))
    if finding.centred is None or finding.detrended is None:
        return f"{first} and {second} compared: cannot be estimated here (too few pairs, no variation, or a copy)."
    if finding.stronger is Stronger.UNDECIDED:
        return f"{first} and {second} compared: inconclusive. This is no evidence that their effects are equal."
    more, less = (first, second) if finding.stronger is Stronger.FIRST else (second, first)
    outcomes = ", ".join(labels.get(lag.outcome, lag.outcome) for lag in finding.centred.outcomes)
    beyond = " by more than in simulated clinics where both help as much" if finding.reference else ""
    return (
        f"{more} precedes more improvement in {outcomes} than {less} does{beyond}. A hidden cause of {more} and these "
        f"outcomes, or more measurement error in {less}, would give the same result."
    )


def rivals_figures_in_words(finding: RivalFinding, labels: Mapping[str, str]) -> str:
    """Return the difference under both adjustments, and the lags behind it."""
    if finding.centred is None or finding.detrended is None:
        return ""
    lags = "; ".join(
        f"{labels.get(lag.outcome, lag.outcome)} {number(lag.first)} and {number(lag.second)}"
        for lag in finding.centred.outcomes
    )
    reference = f", whose interval must lie beyond {number(finding.reference)}" if finding.reference else ""
    return (
        f"Difference, averaged over outcomes: within-person centred {_figure(finding.centred)}{reference}; detrended "
        f"within person {_figure(finding.detrended)}. Standardised lags of both, positive if improvement follows: "
        f"{lags}."
    )


def _figure(estimate: RivalEstimate) -> str:
    return f"{number(estimate.difference, 3)} ({number(estimate.lower, 3)} to {number(estimate.upper, 3)})"
