"""Moderation findings in plain sentences without figures, and the figures behind them."""

from __future__ import annotations

from collections.abc import Mapping

from securebase.study.moderation import ModerationEstimate, ModerationFinding, SimpleSlope
from securebase.study.phrases import number, p_value

#: caveat of every moderation by another column
CANNOT_DISTINGUISH = "These data cannot distinguish a threshold from a gradual change."
_SLOPE_VALUES = {
    (True, False): "at the 5th and 95th percentile",
    (False, False): "where the moderator is one SD lower and higher than usual",
    (False, True): "in persons one SD below and above the mean of all",
}
SHARED_COURSE = "it may reflect a shared time course, or curvature of one of the columns."


def moderation_in_words(finding: ModerationFinding, labels: Mapping[str, str], occasion: str = "session") -> str:
    """Return what the three estimates of one question show, without figures."""
    question = finding.question
    x, y, m = (labels.get(name, name) for name in (question.process, question.outcome, question.moderator))
    later = f"{y} {question.link.step.describe(occasion)}"
    detrended = finding.detrended
    topic = f"Curvature of the lag from {x} to {y}" if question.curvature else f"{m} as moderator of {x} → {y}"
    if finding.centred is None or detrended is None:
        return f"{topic}: cannot be estimated here (too few pairs of {occasion}s, or no variation)."
    if not finding.supported:
        apparent = f" Centring alone shows it, so {SHARED_COURSE}" if finding.centred.significant else ""
        return f"{topic}: inconclusive.{apparent}"
    shape = (
        _curvature_sentence(detrended, x, later)
        if question.curvature
        else _moderation_sentence(detrended, x, later, m, between_persons=question.between_persons)
    )
    return f"{shape} {_robustness_sentence(finding)}"


def moderation_figures_in_words(finding: ModerationFinding) -> str:
    """Return the change of the lag under three adjustments, and the lag at low and high values of the moderator."""
    if finding.centred is None or finding.detrended is None:
        return ""
    adjusted = "adjusted for the common time course"
    if not finding.question.curvature:
        adjusted = f"{adjusted} and both squares"
    estimates = [
        f"within-person centred {_error(finding.centred)}",
        f"detrended within person {_error(finding.detrended)}",
    ]
    if finding.time_adjusted is not None:
        estimates.append(f"{adjusted} {_error(finding.time_adjusted)}")
    low, _, high = finding.detrended.slopes
    detectable = ""
    if finding.min_detectable is not None:
        detectable = f" Smallest change detectable with 80% power: about {number(finding.min_detectable)}."
    values = _SLOPE_VALUES[finding.question.curvature, finding.question.between_persons]
    return (
        f"Change of the standardised lag per SD: {'; '.join(estimates)}. The lag {values}, detrended within person: "
        f"{_slope(low)}; {_slope(high)}.{detectable}"
    )


def _moderation_sentence(estimate: ModerationEstimate, x: str, later: str, m: str, *, between_persons: bool) -> str:
    low, _, high = estimate.slopes
    start = f"In persons with higher {m}" if between_persons else f"Where {m} is higher than usual"
    end = f"in those with lower {m}" if between_persons else "where it is lower"
    if not (low.significant or high.significant):
        direction = "more positive" if estimate.estimate > 0 else "more negative"
        return f"{start}, the lag from {x} to {later} is {direction}; it is not significant at either end."
    return f"{start}, {_tends(high, x, later)}; {end}, {_tends(low, x, later)}."


def _curvature_sentence(estimate: ModerationEstimate, x: str, later: str) -> str:
    low, _, high = estimate.slopes
    if estimate.changes_sign:
        extreme = "highest" if estimate.estimate < 0 else "lowest"
        return f"The lag from {x} changes sign: {later} tends to be {extreme} after intermediate values of {x}."
    steeper = abs(high.slope) > abs(low.slope)
    change = "becomes steeper" if steeper else "levels off"
    return f"The lag from {x} to {later} is curved: it {change} with higher {x}."


def _tends(slope: SimpleSlope, x: str, later: str) -> str:
    if not slope.significant:
        return f"the lag from {x} to {later} is not significant"
    return f"above-average {x} tends to precede {'higher' if slope.slope > 0 else 'lower'} {later}"


def _robustness_sentence(finding: ModerationFinding) -> str:
    """Return how the finding responds to stricter adjustment."""
    caveat = "" if finding.question.curvature else f" {CANNOT_DISTINGUISH}"
    return f"This holds detrended within person and adjusted for the common time course too.{caveat}"


def _error(estimate: ModerationEstimate) -> str:
    return f"{number(estimate.estimate)} (SE {number(estimate.standard_error, 3)}, {p_value(estimate.p_value)})"


def _slope(slope: SimpleSlope) -> str:
    return f"{number(slope.slope)} ({number(slope.lower)} to {number(slope.upper)})"
