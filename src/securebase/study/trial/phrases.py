"""Comparison of treatment arms in words and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from securebase.study.phrases import number, p_value
from securebase.study.questions.question import AnswerInterval, AnswerTable
from securebase.study.trial.chance import ArmBalance
from securebase.study.trial.dropout import DropoutDifference, DropoutRate, TippingPoint, WorseIn
from securebase.study.trial.effects import ArmEffect, ArmsConclusion
from securebase.study.trial.therapist_share import MIN_THERAPISTS, TherapistShare
from securebase.study.trial.visits import PlannedCourse
from securebase.study.verdicts.randomised import NOT_CHANCE

Labels = Mapping[str, str]

RULE = (
    "Hedges’ g is the difference at the planned end, adjusted for the first rating, in pooled standard deviations "
    "within arms at the planned end. A mixed model for repeated measures with unstructured covariance uses all ratings "
    "of everybody and assumes that ratings are missing at random, given earlier ones and the arm. Errors are robust, "
    "and clustered by therapist where therapists are named. Better or worse: p < .05. Equivalent: two one-sided tests "
    "exclude differences beyond the margin, p < .05. Both are corrected by Holm’s method over pairs and outcomes. "
    "Positive means better."
)


def primary_in_words(effect: ArmEffect, balance: ArmBalance, labels: Labels, *, randomised: bool) -> str:
    """Return the conclusion about the outcome of one pair."""
    arm, reference, outcome = effect.arm, effect.reference, labels.get(effect.column, effect.column)
    if balance.p_first < NOT_CHANCE:
        return (
            f"{arm} and {reference}: not compared, because first ratings of {outcome} differ more than chance allows. "
            "A difference at the planned end may stem from how persons began."
        )
    condition = "" if randomised else ", if persons were assigned to arms by chance"
    therapists = (
        " Each therapist treats in one arm only, so this may also be a difference between therapists."
        if balance.by_therapist
        else ""
    )
    margin = number(effect.margin)
    match effect.conclusion:
        case ArmsConclusion.EQUIVALENT:
            words = f"{arm} and {reference}: equivalent in {outcome} within {margin} SDs at the planned end{condition}."
            if effect.differs:
                first = arm if effect.g.estimate > 0 else reference
                words = f"{words} {first} is {'better' if effect.directed else 'higher'}, by less than this margin."
        case ArmsConclusion.INCONCLUSIVE:
            words = (
                f"{arm} and {reference}: inconclusive. {outcome} at the planned end is shown neither to differ nor to "
                f"be equivalent within {margin} SDs.{_would_settle(effect)}"
            )
        case _:
            words = f"{outcome} at the planned end is {effect.conclusion} in {arm} than in {reference}{condition}."
    return f"{words}{therapists}"


def _would_settle(effect: ArmEffect) -> str:
    parts = []
    if effect.persons_for_difference is not None:
        parts.append(f"about {effect.persons_for_difference:,} persons in each arm to show the estimated difference")
    if effect.persons_for_equivalence is not None:
        each = "" if parts else " persons in each arm"
        parts.append(f"about {effect.persons_for_equivalence:,}{each} to show equivalence if there is no difference")
    if not parts:
        return ""
    return f" Needed for 80% power: {'; '.join(parts)}."


def secondary_in_words(effects: Sequence[ArmEffect], labels: Labels) -> list[str]:
    """Return a sentence for each pair, with the secondary outcomes by conclusion."""
    sentences = []
    for arm, reference in dict.fromkeys((e.arm, e.reference) for e in effects):
        own = [e for e in effects if (e.arm, e.reference) == (arm, reference)]
        parts = []
        for conclusion in ArmsConclusion:
            names = [labels.get(e.column, e.column) for e in own if e.conclusion is conclusion]
            parts += [f"{conclusion}: {', '.join(names)}"] if names else []
        sentences.append(f"Secondary outcomes, {arm} compared with {reference}: {'; '.join(parts)}.")
    return sentences


def figures_in_words(effect: ArmEffect, balance: ArmBalance, labels: Labels) -> str:
    """Return the effect on the outcome in SDs and points, with both tests and those of assignment by chance."""
    outcome = labels.get(effect.column, effect.column)
    points = f"{effect.points.estimate:.1f} ({effect.points.lower:.1f} to {effect.points.upper:.1f})"
    return (
        f"{outcome}, {effect.arm} compared with {effect.reference}: g = {effect.g}, {points.replace('-', '−')} points "
        f"on the scale; difference {p_value(effect.p_adjusted)}, equivalence within {number(effect.margin)} "
        f"{p_value(effect.p_equivalence_adjusted)}. Tests of assignment by chance: first ratings "
        f"{p_value(balance.p_first)}, numbers without a last rating {p_value(balance.p_missing)}."
    )


def course_in_words(course: PlannedCourse, time_unit: str) -> str:
    """Return the planned end and its source."""
    unit = "time" if time_unit == "file" else time_unit
    source = "" if course.given else ", when most courses in the table end"
    return (
        f"Planned end: {unit} {course.end:.3g}{source}; a rating from {course.end_from:.3g} to {course.end_until:.3g} "
        "counts as at the end."
    )


_WHERE: Mapping[WorseIn, str] = {
    WorseIn.ARM: "in {arm} only",
    WorseIn.REFERENCE: "in {ref} only",
    WorseIn.BOTH: "in both",
}


def tipping_in_words(effect: ArmEffect, points: Sequence[TippingPoint]) -> str:
    """Return up to which δ the conclusion holds if persons without a last rating are worse than predicted."""
    change = [point for point in points if point.delta is not None]
    if not change:
        return (
            f"“{effect.conclusion.capitalize()}” holds even if persons without a last rating are 1 SD worse than the "
            "model predicts, in either arm or in both."
        )
    parts = [
        f"{number(point.delta or 0.0)} SDs worse {_WHERE[point.worse_in].format(arm=effect.arm, ref=effect.reference)} "
        f"({point.becomes})"
        for point in change
    ]
    holds = [
        _WHERE[point.worse_in].format(arm=effect.arm, ref=effect.reference) for point in points if point.delta is None
    ]
    rest = f"; it holds up to 1 SD {', or '.join(holds)}" if holds else ""
    return (
        f"“{effect.conclusion.capitalize()}” changes if persons without a last rating are, compared with what the "
        f"model predicts, {', or '.join(parts)}{rest}."
    )


def therapists_in_words(share: TherapistShare) -> str:
    """Return a sentence where the share of therapists cannot be estimated or is imprecise; otherwise nothing."""
    if share.share is not None:
        return ""
    needed = "" if share.needed is None else f" About {share.needed:,} with {share.clients:.0f} clients each would do."
    return (
        f"{share.arm}: the share of therapists in the outcome cannot be told from {share.n_therapists} therapists "
        f"({MIN_THERAPISTS} with two clients are needed for any estimate).{needed}"
    )


def effects_table(effects: Sequence[ArmEffect], labels: Labels) -> AnswerTable:
    """Return the table of differences, one row for each outcome and pair."""
    pairs = list(dict.fromkeys((e.arm, e.reference) for e in effects))
    several = len(pairs) > 1
    compared = "" if several else f", {pairs[0][0]} compared with {pairs[0][1]}"
    caption = f"Differences at the planned end{compared}: Hedges’ g (95% interval), positive is better."
    if any(not e.directed for e in effects):
        caption += " Positive is higher where the direction of a column is unknown."
    if any(not e.adjusted for e in effects):
        caption += " † First rated after the first session, so not adjusted."
    columns = ("outcome", "conclusion", "g, adjusted", "unadjusted", "completers", "p", "p, TOST")
    rows = []
    for e in effects:
        name = labels.get(e.column, e.column) + ("" if e.adjusted else " †")
        rows.append(
            (
                f"{name}, {e.arm} – {e.reference}" if several else name,
                str(e.conclusion),
                str(e.g),
                str(e.unadjusted),
                "–" if e.completers is None else str(e.completers),
                _p(e.p_adjusted),
                _p(e.p_equivalence_adjusted),
            )
        )
    return AnswerTable(caption, columns, tuple(rows))


def dropout_table(rates: Sequence[DropoutRate], differences: Sequence[DropoutDifference]) -> AnswerTable:
    """Return the table of persons without a rating at the planned end."""
    rows = [(r.arm, f"{r.n_missing:,} of {r.n:,}", _percent(r.rate, r.lower, r.upper)) for r in rates]
    rows += [(f"{d.arm} – {d.reference}", "", _percent(d.difference, d.lower, d.upper)) for d in differences]
    return AnswerTable("Without a rating at the planned end.", ("arm", "persons", "share (95% interval)"), tuple(rows))


def therapists_table(shares: Sequence[TherapistShare]) -> AnswerTable:
    """Return the table of therapists' shares in the outcome."""
    rows = []
    for s in shares:
        known = s.share is not None and s.lower is not None and s.upper is not None
        share = str(AnswerInterval(s.share, 0.0, s.lower, s.upper)) if known else "cannot be told"  # type: ignore[arg-type]
        effect = "–" if s.design_effect is None else f"{s.design_effect:.2f}"
        needed = "–" if s.needed is None else f"{s.needed:,}"
        rows.append((s.arm, f"{s.n_therapists:,}", f"{s.clients:.1f}", share, effect, needed))
    caption = "Share of therapists in the variance of the outcome at the planned end, given the first rating (ICC)."
    columns = ("arm", "therapists", "clients each", "ICC (95% interval)", "design effect", "therapists for ± .05")
    return AnswerTable(caption, columns, tuple(rows))


def rows_table(effects: Sequence[ArmEffect], labels: Labels) -> AnswerTable:
    """Return the effects as rows of a meta-analysis."""
    columns = ("outcome", "arm", "reference", "n1", "n2", "g", "variance", "adjusted", "margin")
    rows = tuple(
        (
            labels.get(e.column, e.column),
            e.arm,
            e.reference,
            str(e.n_arm),
            str(e.n_reference),
            number(e.g.estimate, 3),
            number(e.g.standard_error**2, 5),
            "yes" if e.adjusted else "no",
            number(e.margin),
        )
        for e in effects
    )
    return AnswerTable("Rows for a meta-analysis; --effects writes them to a file.", columns, rows)


def _percent(value: float, lower: float, upper: float) -> str:
    return f"{value:.0%} ({lower:.0%} to {upper:.0%})".replace("-", "−")


def _p(p: float) -> str:
    return p_value(p).removeprefix("p ").removeprefix("= ")
