"""Findings in plain sentences. Verbs are *tends to come before* and *moves with*; none says what brings about what."""

from __future__ import annotations

from collections.abc import Mapping

from securebase.study.estimator import LagEstimate, Step
from securebase.study.reciprocal import LagFinding, LagPair, Verdict


def number(x: float, decimals: int = 2) -> str:
    """A standardised figure as papers print it: −.13, .05, 1.20."""
    text = f"{abs(x):.{decimals}f}"
    if float(text) == 0:
        return f".{'0' * decimals}"
    text = text.removeprefix("0")
    return f"−{text}" if x < 0 else text


def p_value(p: float) -> str:
    return "p < .001" if p < 0.001 else f"p = {number(p, 3)}"


def estimate_in_words(lag: LagEstimate) -> str:
    """−.13, SE .03, p < .001"""
    return f"{number(lag.estimate)}, SE {number(lag.standard_error)}, {p_value(lag.p_value)}"


def finding_in_words(finding: LagFinding, labels: Mapping[str, str]) -> str:
    """One sentence for the verdict, one for what the other ways of computing it say."""
    link, pair = finding.link, finding.main
    earlier, later = labels.get(link.earlier, link.earlier), labels.get(link.later, link.later)
    if pair.centred is None or pair.detrended is None:
        return f"{earlier} and later {later}: cannot be estimated here ({pair.note})."
    sentence = _verdict(pair, pair.centred, pair.detrended, earlier, f"{later} {when(link.step)}")
    return f"{sentence} {_others(finding)}".strip()


def when(step: Step) -> str:
    return "later in the same session" if step is Step.SAME_SESSION else "at the next session"


def _verdict(pair: LagPair, centred: LagEstimate, detrended: LagEstimate, earlier: str, later: str) -> str:
    first, second = estimate_in_words(centred), estimate_in_words(detrended)
    direction = "higher" if centred.estimate > 0 else "lower"
    if pair.verdict is Verdict.FADES:
        how = "turns round" if centred.raw * detrended.raw < 0 else "fades"
        return (
            f"Higher {earlier} than usual tends to come before {direction} {later} ({first}), but this {how} when each "
            f"person’s own line is taken out ({second}): it rests on a shared trend."
        )
    if pair.verdict is Verdict.STAYS:
        return (
            f"Higher {earlier} than usual tends to come before {direction} {later} ({first}), and this stays when each "
            f"person’s own line is taken out ({second})."
        )
    if pair.verdict is Verdict.APPEARS:
        direction = "higher" if detrended.estimate > 0 else "lower"
        return (
            f"Higher {earlier} than the own line tends to come before {direction} {later} ({second}); with only the "
            f"own mean taken out this is not seen ({first})."
        )
    if centred.told_from_zero:
        return (
            f"Higher {earlier} than usual tends to come before {direction} {later} ({first}). With each person’s own "
            f"line taken out it is of similar size but can no longer be told from zero ({second}): cannot tell."
        )
    return (
        f"Whether {earlier} tends to come before {later} cannot be told from zero, neither with the own mean taken out "
        f"({first}) nor with the own line taken out ({second}): cannot tell."
    )


def _others(finding: LagFinding) -> str:
    total, agree = len(finding.estimable_others), finding.agreeing_others
    if not total:
        return ""
    if agree == total:
        return f"All {total} other ways of computing it agree."
    against = [
        f"{o.label}: {o.verdict.label}" for o in finding.estimable_others if o.verdict is not finding.main.verdict
    ]
    return f"{agree} of {total} other ways of computing it agree ({'; '.join(against)})."
