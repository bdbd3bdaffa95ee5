"""Findings in plain sentences. Verbs are *tends to come before* and *moves with*; none says what brings about what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from securebase.study.estimator import LagEstimate, Step
from securebase.study.reciprocal import LagFinding, LagPair, Verdict
from securebase.study.result import EffectRow, ModelSummary, NotFitted


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
    """−.13, SE .035, p < .001"""
    return f"{number(lag.estimate)}, SE {number(lag.standard_error, 3)}, {p_value(lag.p_value)}"


def when(step: Step) -> str:
    return "later in the same session" if step is Step.SAME_SESSION else "at the next session"


def finding_in_words(finding: LagFinding, labels: Mapping[str, str]) -> str:
    """What the leading estimate says, as a sentence or two."""
    link, pair = finding.link, finding.main
    earlier, later = labels.get(link.earlier, link.earlier), labels.get(link.later, link.later)
    if pair.centred is None or pair.detrended is None:
        return f"{earlier} and later {later}: cannot be estimated here ({pair.note})."
    words = _verdict(pair, pair.centred, pair.detrended, earlier, f"{later} {when(link.step)}")
    return words if pair.verdict is not Verdict.STAYS else f"{words}{_guard(finding)}"


def _verdict(pair: LagPair, centred: LagEstimate, detrended: LagEstimate, earlier: str, later: str) -> str:
    first, second = estimate_in_words(centred), estimate_in_words(detrended)
    tends = f"Higher {earlier} than usual tends to come before {_direction(centred)} {later} ({first})"
    lost = "" if pair.lost is None else _lost(pair.lost)
    if pair.verdict is Verdict.FADES:
        how = "turns round" if centred.raw * detrended.raw < 0 else "fades"
        rests = "much of it rests" if detrended.told_from_zero else "it rests"
        taken = f"when each person’s own line is taken out ({second}; {lost})"
        return f"{tends}. This {how} {taken}: {rests} on a shared trend."
    if pair.verdict is Verdict.STAYS:
        return f"{tends}. This stays when each person’s own line is taken out ({second}; {lost})"
    if pair.verdict is Verdict.APPEARS:
        return (
            f"Higher {earlier} than the own line tends to come before {_direction(detrended)} {later} ({second}). With "
            f"only the own mean taken out this is not seen ({first})."
        )
    if centred.told_from_zero:
        return (
            f"{tends}. With each person’s own line taken out it can no longer be told from zero, without losing more "
            f"than half of its size ({second}; {lost}): cannot tell."
        )
    return (
        f"Whether {earlier} tends to come before {later} cannot be told, neither with the own mean taken out ({first}) "
        f"nor with the own line taken out ({second})."
    )


def _guard(finding: LagFinding) -> str:
    """The end of a sentence on what stays: does it stand when the common course is taken out too?"""
    guard = finding.guard.detrended
    if guard is None:
        return "; the common course of all persons could not be taken out as well."
    too = f"when the common course of all persons is taken out too ({estimate_in_words(guard)})"
    if finding.verdict is Verdict.FADES:
        return f", but fades {too}: it rests on a shared trend."
    if finding.verdict is Verdict.CANNOT_TELL:
        return f", but cannot be told from zero {too}: cannot tell."
    return f", and {too}."


def _direction(lag: LagEstimate) -> str:
    return "higher" if lag.estimate > 0 else "lower"


def _lost(lost: float) -> str:
    """The share of its size, in points, that goes with the lines."""
    if lost > 1:
        return "in points its sign changes"
    return f"in points {abs(lost):.0%} {'of its size lost' if lost >= 0 else 'larger'}"


def others_in_words(finding: LagFinding) -> str:
    """How many of the other ways of computing it come to the same verdict, and which do not."""
    total, agree = len(finding.estimable_others), finding.agreeing_others
    if not total:
        return "No other way of computing it could be tried."
    if agree == total:
        return f"All {total} other ways of computing it agree."
    against = [
        f"{o.label}: {o.verdict.label}" for o in finding.estimable_others if o.verdict is not finding.main.verdict
    ]
    return f"{agree} of {total} other ways of computing it agree; others say: {'; '.join(against)}."


def model_in_words(finding: LagFinding, models: Sequence[ModelSummary | NotFitted]) -> str:
    """What the fitted models say of the same direction over the usual distance of two sessions."""
    said = []
    for model in models:
        if not isinstance(model, ModelSummary):
            continue
        if model.outcome not in ("converged", "boundary"):
            said.append(f"{model.outcome.replace('_', ' ')} with trend {model.trend}")
            continue
        for effect in model.effects:
            if (effect.earlier, effect.later) == (finding.link.earlier, finding.link.later):
                said.append(f"{_effect(effect)} with trend {model.trend}")
    return f"Fitted model: {', '.join(said)}." if said else "No model could be fitted."


def _effect(effect: EffectRow) -> str:
    if effect.lower is None or effect.upper is None:
        return f"{number(effect.estimate)} (no interval)"
    return f"{number(effect.estimate)} ({number(effect.lower)} to {number(effect.upper)})"
