"""Findings in plain sentences. Verbs are *tends to precede* and *is related to*; none claims a cause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from securebase.study.agreement import (
    IntervalSide,
    interval_sides,
    is_usable,
    matching_effect,
    residual_autocorrelations,
)
from securebase.study.estimator import LagEstimate, LagStep
from securebase.study.labels import describe_trend
from securebase.study.parts import EffectRow, ModelSummary, NotFitted
from securebase.study.reciprocal import AssociationVerdict, LagFinding, LagPair, LeaveOneOutSummary


def number(x: float, decimals: int = 2) -> str:
    """Format a standardised figure as papers print it: −.13, .05, 1.20."""
    text = f"{abs(x):.{decimals}f}"
    if float(text) == 0:
        return f".{'0' * decimals}"
    text = text.removeprefix("0")
    return f"−{text}" if x < 0 else text


def p_value(p: float) -> str:
    return "p < .001" if p < 0.001 else f"p = {number(p, 3)}"


def finding_in_words(finding: LagFinding, labels: Mapping[str, str]) -> str:
    """Return the leading estimate as a sentence or two without figures; those are `figures_in_words`."""
    link, pair = finding.link, finding.main
    earlier, later = labels.get(link.earlier, link.earlier), labels.get(link.later, link.later)
    if pair.centred is None or pair.detrended is None:
        return f"{earlier} and later {later}: cannot be estimated here ({pair.note})."
    words = _verdict(pair, pair.centred, pair.detrended, earlier, f"{later} {link.step.label}")
    return words if pair.verdict is not AssociationVerdict.PERSISTS else f"{words}{_time_adjusted(finding)}"


def _verdict(pair: LagPair, centred: LagEstimate, detrended: LagEstimate, earlier: str, later: str) -> str:
    tends = f"Above-average {earlier} tends to precede {_direction(centred)} {later}"
    if pair.verdict is AssociationVerdict.ATTENUATES:
        if centred.raw * detrended.raw < 0 and detrended.significant:
            return (
                f"{tends}. The association changes sign once each person’s linear trend is removed, so it may reflect "
                "a shared trend."
            )
        share = "much of it" if detrended.significant else "it"
        return (
            f"{tends}. The association attenuates once each person’s linear trend is removed, so {share} may reflect a "
            "shared trend."
        )
    if pair.verdict is AssociationVerdict.PERSISTS:
        return f"{tends}. The association persists once each person’s linear trend is removed"
    if pair.verdict is AssociationVerdict.EMERGES:
        return (
            f"{earlier} above the person’s own trend tends to precede {_direction(detrended)} {later}. The association "
            "emerges only after detrending; within-person centring alone does not show it."
        )
    if centred.significant:
        return (
            f"{tends}. Once each person’s linear trend is removed, it is no longer significant but keeps at least half "
            "its size: inconclusive."
        )
    return (
        f"Inconclusive: {earlier} is not significantly related to {later}, either within-person centred or detrended."
    )


def _time_adjusted(finding: LagFinding) -> str:
    """Return the end of a sentence on an association that persists: its response to the common time course."""
    if finding.time_adjusted.detrended is None:
        return "; adjustment for the common time course was not possible."
    adjustment = "after adjustment for the common time course"
    if finding.verdict is AssociationVerdict.ATTENUATES:
        return f", but attenuates {adjustment}, so it may reflect a shared trend."
    if finding.verdict is AssociationVerdict.INCONCLUSIVE:
        return f", but is no longer significant {adjustment}: inconclusive."
    return f", and {adjustment}."


def figures_in_words(finding: LagFinding) -> str:
    """Return the figures behind the sentence; nothing if there are none."""
    pair, adjusted, leave_one_out = finding.main, finding.time_adjusted.detrended, finding.main.leave_one_out
    if pair.centred is None or pair.detrended is None:
        return ""
    attenuation = "" if pair.attenuation is None else f"; {attenuation_in_words(pair.attenuation)}"
    figures = [
        f"Within-person centred {number(pair.centred.estimate)} ({_error(pair.centred)})",
        f"detrended {number(pair.detrended.estimate)} ({_error(pair.detrended)}{attenuation})",
    ]
    if adjusted is not None:
        figures.append(f"adjusted for the common time course {number(adjusted.estimate)} ({_error(adjusted)})")
    words = f"{'; '.join(figures)}."
    if finding.therapist_clustered is not None:
        clustered = finding.therapist_clustered
        words = (
            f"{words} Errors clustered by {clustered.n_therapists} therapists: detrended SE "
            f"{number(clustered.standard_error, 3)}, {p_value(clustered.p_value)}."
        )
    if leave_one_out is None:
        return words
    return (
        f"{words} Leaving out one person: detrended {number(leave_one_out.lowest)} to {number(leave_one_out.highest)}, "
        f"{_max_p(leave_one_out.max_p_value)}."
    )


def _max_p(p: float) -> str:
    return "p always < .001" if p < 0.001 else f"p at most {number(p, 3)}"


def _error(lag: LagEstimate) -> str:
    return f"SE {number(lag.standard_error, 3)}, {p_value(lag.p_value)}"


def caveats_in_words(finding: LagFinding, models: Sequence[ModelSummary | NotFitted]) -> str:
    """Return evidence for or against a verdict: the fitted model, single persons, and clustering by therapist."""
    if finding.verdict is AssociationVerdict.INCONCLUSIVE:
        return ""
    sides = interval_sides(finding, models)
    if not sides:
        words = "There is no fitted model to compare it with."
    else:
        step = ", which relates successive sessions," if finding.link.step is LagStep.SAME_SESSION else ""
        words = f"The fitted model{step} {_model_evidence(finding, sides)}."
    return " ".join(part for part in (words, _influence(finding.leave_one_out), _therapists(finding)) if part)


def _therapists(finding: LagFinding) -> str:
    """Return a sentence only where clustering by therapist contradicts the verdict."""
    clustered = finding.therapist_clustered
    if (
        clustered is None
        or finding.verdict not in (AssociationVerdict.PERSISTS, AssociationVerdict.EMERGES)
        or clustered.significant
    ):
        return ""
    return f"With errors clustered by {clustered.n_therapists} therapists it is no longer significant."


def flags_in_words(finding: LagFinding, models: Sequence[ModelSummary | NotFitted]) -> str:
    """Return only the evidence against a verdict, short enough to stand beside it."""
    if finding.verdict is AssociationVerdict.INCONCLUSIVE:
        return ""
    sides, leave_one_out = interval_sides(finding, models), finding.leave_one_out
    attenuates = finding.verdict is AssociationVerdict.ATTENUATES
    expected = IntervalSide.INCLUDES_ZERO if attenuates else IntervalSide.SAME_SIGN
    flags = []
    if sides and {*sides.values()} != {expected}:
        flags.append(f"the fitted model {_model_evidence(finding, sides)}")
    if leave_one_out is not None and leave_one_out.n_influential:
        flags.append("not robust to leaving out one person")
    if _therapists(finding):
        flags.append("not significant with errors clustered by therapist")
    return "; ".join(flags)


def _model_evidence(finding: LagFinding, sides: Mapping[str, IntervalSide]) -> str:
    """Return a predicate, such as “shows it too” or “shows it with trend carried only”."""
    attenuates = finding.verdict is AssociationVerdict.ATTENUATES
    words = {
        IntervalSide.SAME_SIGN: "shows it nevertheless" if attenuates else "shows it too",
        IntervalSide.INCLUDES_ZERO: "does not show it either" if attenuates else "does not show it",
        IntervalSide.OPPOSITE_SIGN: "contradicts it",
    }
    if len({*sides.values()}) == 1:
        return words[next(iter(sides.values()))]
    by_side = {
        side: [describe_trend(trend) for trend, position in sides.items() if position is side] for side in IntervalSide
    }
    if not by_side[IntervalSide.OPPOSITE_SIGN]:
        return f"shows it with {' and '.join(by_side[IntervalSide.SAME_SIGN])} only"
    words |= {IntervalSide.SAME_SIGN: "shows it", IntervalSide.INCLUDES_ZERO: "does not show it"}
    order = (IntervalSide.OPPOSITE_SIGN, IntervalSide.SAME_SIGN, IntervalSide.INCLUDES_ZERO)
    parts = [f"{words[side]} with {' and '.join(by_side[side])}" for side in order if by_side[side]]
    return ", and ".join(parts)


def _influence(summary: LeaveOneOutSummary | None) -> str:
    if summary is None:
        return ""
    if not summary.n_influential:
        return "It is robust to leaving out any one person."
    several = len(summary.alternative_verdicts) > 1
    verdicts = " or ".join(
        f"“{v.label}”{f' ({count})' if several else ''}" for v, count in summary.alternative_verdicts
    )
    subset = "one" if summary.n_influential == 1 else f"any one of {summary.n_influential}"
    return f"It is not robust: leaving out {subset} of the {summary.n_persons} persons makes it {verdicts}."


def _direction(lag: LagEstimate) -> str:
    return "higher" if lag.estimate > 0 else "lower"


def attenuation_in_words(attenuation: float) -> str:
    """Return the share of its size, in points, that an association loses by detrending."""
    if attenuation > 1:
        return "sign reversed"
    return f"{abs(attenuation):.0%} {'smaller' if attenuation >= 0 else 'larger'} in points"


def alternatives_in_words(finding: LagFinding) -> str:
    """Return how many sensitivity analyses agree with the verdict, and which do not."""
    dissenting = [
        f"{a.label} ({a.verdict.label})"
        for a in finding.estimable_alternatives
        if a.verdict is not finding.main.verdict
    ]
    return agreement_in_words(finding) + (f"; exceptions: {', '.join(dissenting)}." if dissenting else ".")


def agreement_in_words(finding: LagFinding) -> str:
    """Return how many sensitivity analyses agree; they are compared before adjustment for the common time course."""
    total, agree = len(finding.estimable_alternatives), finding.n_agreeing
    if not total:
        return "No sensitivity analysis was possible"
    stage = ""
    if finding.verdict is not finding.main.verdict:
        stage = f" that it {_predicate(finding.main.verdict)} before that adjustment"
    return f"{f'All {total}' if agree == total else f'{agree} of {total}'} sensitivity analyses agree{stage}"


def _predicate(verdict: AssociationVerdict) -> str:
    return "is inconclusive" if verdict is AssociationVerdict.INCONCLUSIVE else verdict.label


def model_in_words(finding: LagFinding, models: Sequence[ModelSummary | NotFitted], labels: Mapping[str, str]) -> str:
    """Return the fitted models' effects in the same direction over the usual distance of two sessions."""
    effects = []
    for model in models:
        if not isinstance(model, ModelSummary):
            continue
        if not is_usable(model):
            effects.append(f"{model.outcome.replace('_', ' ')} with {describe_trend(model.trend)}")
        elif (effect := matching_effect(finding, model)) is not None:
            effects.append(f"{_effect(effect)} with {describe_trend(model.trend)}")
    if not effects:
        return "No model could be fitted."
    doubts = [
        f" The residuals of {labels.get(name, name)} are autocorrelated ({', '.join(number(r) for _, r in values)}), "
        "which casts doubt on the model there."
        for name in (finding.link.earlier, finding.link.later)
        if (values := residual_autocorrelations(models, name))
    ]
    return f"Fitted model: {', '.join(effects)}.{''.join(doubts)}"


def autocorrelation_in_words(models: Sequence[ModelSummary | NotFitted], labels: Mapping[str, str]) -> tuple[str, ...]:
    """Return one sentence for each column whose residual autocorrelation speaks against the models."""
    names = dict.fromkeys(r.construct for m in models if isinstance(m, ModelSummary) for r in m.residuals)
    sentences = []
    for name in names:
        trends = dict.fromkeys(describe_trend(trend) for trend, _ in residual_autocorrelations(models, name))
        if trends:
            sentences.append(
                f"{labels.get(name, name)}: residual autocorrelation beyond chance ({', '.join(trends)}) speaks "
                "against the model for this column; its effects may be artefacts of misspecification."
            )
    return tuple(sentences)


def _effect(effect: EffectRow) -> str:
    if effect.lower is None or effect.upper is None:
        return f"{number(effect.estimate)} (no interval)"
    return f"{number(effect.estimate)} ({number(effect.lower)} to {number(effect.upper)})"
