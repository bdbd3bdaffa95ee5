"""Findings in plain sentences. Verbs are *tends to come before* and *moves with*; none says what brings about what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from securebase.study.agreement import IntervalSide, effect_of, misfits, sides, usable
from securebase.study.estimator import LagEstimate, LagStep
from securebase.study.reciprocal import AssociationVerdict, LagFinding, LagPair, LeavingOne
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


def when(step: LagStep) -> str:
    return "later in the same session" if step is LagStep.SAME_SESSION else "at the next session"


def finding_in_words(finding: LagFinding, labels: Mapping[str, str]) -> str:
    """What the leading estimate says, as a sentence or two without figures; those are `figures_in_words`."""
    link, pair = finding.link, finding.main
    earlier, later = labels.get(link.earlier, link.earlier), labels.get(link.later, link.later)
    if pair.centred is None or pair.detrended is None:
        return f"{earlier} and later {later}: cannot be estimated here ({pair.note})."
    words = _verdict(pair, pair.centred, pair.detrended, earlier, f"{later} {when(link.step)}")
    return words if pair.verdict is not AssociationVerdict.STAYS else f"{words}{_guard(finding)}"


def _verdict(pair: LagPair, centred: LagEstimate, detrended: LagEstimate, earlier: str, later: str) -> str:
    tends = f"Higher {earlier} than usual tends to come before {_direction(centred)} {later}"
    if pair.verdict is AssociationVerdict.FADES:
        how = "turns round" if centred.raw * detrended.raw < 0 else "fades"
        rests = "much of it rests" if detrended.told_from_zero else "it rests"
        return f"{tends}. This {how} when each person’s own line is taken out: {rests} on a shared trend."
    if pair.verdict is AssociationVerdict.STAYS:
        return f"{tends}. This stays when each person’s own line is taken out"
    if pair.verdict is AssociationVerdict.APPEARS:
        return (
            f"Higher {earlier} than the own line tends to come before {_direction(detrended)} {later}. With only the "
            "own mean taken out this is not seen."
        )
    if centred.told_from_zero:
        return (
            f"{tends}. With each person’s own line taken out it can no longer be told from zero, without losing more "
            "than half of its size: cannot tell."
        )
    return (
        f"Whether {earlier} tends to come before {later} cannot be told, neither with the own mean taken out nor with "
        "the own line taken out."
    )


def _guard(finding: LagFinding) -> str:
    """The end of a sentence on what stays: does it stand when the common course is taken out too?"""
    if finding.guard.detrended is None:
        return "; the common course of all persons could not be taken out as well."
    too = "when the common course of all persons is taken out too"
    if finding.verdict is AssociationVerdict.FADES:
        return f", but fades {too}: it rests on a shared trend."
    if finding.verdict is AssociationVerdict.CANNOT_TELL:
        return f", but cannot be told from zero {too}: cannot tell."
    return f", and {too}."


def figures_in_words(finding: LagFinding) -> str:
    """The figures that the sentence rests on; nothing where there are none."""
    pair, guard, left = finding.main, finding.guard.detrended, finding.main.without_one
    if pair.centred is None or pair.detrended is None:
        return ""
    lost = "" if pair.lost is None else f"; {_lost(pair.lost)}"
    said = [
        f"Own mean out {number(pair.centred.estimate)} ({_error(pair.centred)})",
        f"own line out {number(pair.detrended.estimate)} ({_error(pair.detrended)}{lost})",
    ]
    if guard is not None:
        said.append(f"common course out too {number(guard.estimate)} ({_error(guard)})")
    words = f"{'; '.join(said)}."
    if finding.by_therapist is not None:
        shared = finding.by_therapist
        words = (
            f"{words} Errors clustered by {shared.n_therapists} therapists: own line out SE "
            f"{number(shared.standard_error, 3)}, {p_value(shared.p_value)}."
        )
    if left is None:
        return words
    least = number(left.lowest), number(left.highest)
    return f"{words} One person left out: own line out {least[0]} to {least[1]}, {_at_most(left.largest_p)}."


def _at_most(p: float) -> str:
    return "p always < .001" if p < 0.001 else f"p at most {number(p, 3)}"


def _error(lag: LagEstimate) -> str:
    return f"SE {number(lag.standard_error, 3)}, {p_value(lag.p_value)}"


def caveats_in_words(finding: LagFinding, models: Sequence[ModelSummary | NotFitted]) -> str:
    """What stands beside a verdict, for or against it: the fitted model, and how much one person decides."""
    if finding.verdict is AssociationVerdict.CANNOT_TELL:
        return ""
    said = sides(finding, models)
    if not said:
        words = "There is no fitted model to compare it with."
    else:
        looks = ", which looks from one session to the next," if finding.link.step is LagStep.SAME_SESSION else ""
        words = f"The fitted model{looks} {_stands(finding, said)}."
    return " ".join(part for part in (words, _one_person(finding.without_one), _therapists(finding)) if part)


def _therapists(finding: LagFinding) -> str:
    """Only where likeness of a therapist's clients takes away what a verdict rests on."""
    shared = finding.by_therapist
    if (
        shared is None
        or finding.verdict not in (AssociationVerdict.STAYS, AssociationVerdict.APPEARS)
        or shared.told_from_zero
    ):
        return ""
    return f"With errors clustered by {shared.n_therapists} therapists it can no longer be told from zero."


def flags_in_words(finding: LagFinding, models: Sequence[ModelSummary | NotFitted]) -> str:
    """Only what stands against a verdict, in as few words as fit beside it."""
    if finding.verdict is AssociationVerdict.CANNOT_TELL:
        return ""
    said, left = sides(finding, models), finding.without_one
    expected = IntervalSide.NOT_SHOWN if finding.verdict is AssociationVerdict.FADES else IntervalSide.SHOWN
    flags = [f"the fitted model {_stands(finding, said)}"] if said and {*said.values()} != {expected} else []
    if left is not None and left.deciding:
        flags.append(f"one person {'decides' if left.deciding == 1 else 'can decide'} it")
    if _therapists(finding):
        flags.append("not told from zero with errors clustered by therapist")
    return "; ".join(flags)


def _stands(finding: LagFinding, said: Mapping[str, IntervalSide]) -> str:
    """shows it too; does not show it; shows it with trend carried only; …"""
    fades = finding.verdict is AssociationVerdict.FADES
    words = {
        IntervalSide.SHOWN: "shows it all the same" if fades else "shows it too",
        IntervalSide.NOT_SHOWN: "does not show it either" if fades else "does not show it",
        IntervalSide.OPPOSED: "says the opposite",
    }
    if len({*said.values()}) == 1:
        return words[next(iter(said.values()))]
    by_side = {side: [trend for trend, own in said.items() if own is side] for side in IntervalSide}
    if not by_side[IntervalSide.OPPOSED]:
        return f"shows it with trend {' and '.join(by_side[IntervalSide.SHOWN])} only"
    plainly = words | {IntervalSide.SHOWN: "shows it", IntervalSide.NOT_SHOWN: "does not show it"}
    order = (IntervalSide.OPPOSED, IntervalSide.SHOWN, IntervalSide.NOT_SHOWN)
    parts = [f"{plainly[side]} with trend {' and '.join(by_side[side])}" for side in order if by_side[side]]
    return ", and ".join(parts)


def _one_person(left: LeavingOne | None) -> str:
    if left is None:
        return ""
    if not left.deciding:
        return "No single person decides this."
    several = len(left.otherwise) > 1
    instead = " or ".join(f"“{v.label}”{f' ({count})' if several else ''}" for v, count in left.otherwise)
    if left.deciding == 1:
        return f"One person decides this: without one of the {left.n_persons} persons it is {instead}."
    return (
        f"One person can decide this: without any one of {left.deciding} of the {left.n_persons} persons it is "
        f"{instead}."
    )


def _direction(lag: LagEstimate) -> str:
    return "higher" if lag.estimate > 0 else "lower"


def _lost(lost: float) -> str:
    """The share of its size, in points, that goes with the lines."""
    if lost > 1:
        return "in points its sign changes"
    return f"in points {abs(lost):.0%} {'of its size lost' if lost >= 0 else 'larger'}"


def others_in_words(finding: LagFinding) -> str:
    """How many of the other ways of computing it come to the same verdict, and which do not."""
    against = [
        f"{o.label}: {o.verdict.label}" for o in finding.estimable_others if o.verdict is not finding.main.verdict
    ]
    return counted_in_words(finding) + (f"; others say: {'; '.join(against)}." if against else ".")


def counted_in_words(finding: LagFinding) -> str:
    """How many of the other ways agree; they stop before the common course is taken out, and are compared there."""
    total, agree = len(finding.estimable_others), finding.agreeing_others
    if not total:
        return "No other way of computing it could be tried"
    before = "" if finding.verdict is finding.main.verdict else f" that it {finding.main.verdict.label} until then"
    return f"{f'All {total}' if agree == total else f'{agree} of {total}'} other ways of computing it agree{before}"


def model_in_words(finding: LagFinding, models: Sequence[ModelSummary | NotFitted], labels: Mapping[str, str]) -> str:
    """What the fitted models say of the same direction over the usual distance of two sessions."""
    said = []
    for model in models:
        if not isinstance(model, ModelSummary):
            continue
        if not usable(model):
            said.append(f"{model.outcome.replace('_', ' ')} with trend {model.trend}")
        elif (effect := effect_of(finding, model)) is not None:
            said.append(f"{_effect(effect)} with trend {model.trend}")
    if not said:
        return "No model could be fitted."
    doubts = [
        f" Its residuals of {labels.get(name, name)} follow each other ({', '.join(number(r) for _, r in found)}): a "
        "reason to doubt it there."
        for name in (finding.link.earlier, finding.link.later)
        if (found := misfits(models, name))
    ]
    return f"Fitted model: {', '.join(said)}.{''.join(doubts)}"


def misfits_in_words(models: Sequence[ModelSummary | NotFitted], labels: Mapping[str, str]) -> tuple[str, ...]:
    """What the check of the residuals says against the models, one sentence a column."""
    names = dict.fromkeys(r.construct for m in models if isinstance(m, ModelSummary) for r in m.residuals)
    sentences = []
    for name in names:
        found = [f"{number(r)} with trend {trend}" for trend, r in misfits(models, name)]
        if found:
            sentences.append(
                f"{labels.get(name, name)}: the autocorrelation of {' and '.join(found)} is more than chance would "
                "leave, and speaks against the model for this column: what it says of it may be the fault of its form."
            )
    return tuple(sentences)


def _effect(effect: EffectRow) -> str:
    if effect.lower is None or effect.upper is None:
        return f"{number(effect.estimate)} (no interval)"
    return f"{number(effect.estimate)} ({number(effect.lower)} to {number(effect.upper)})"
