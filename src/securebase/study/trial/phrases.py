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
    "Hedges’ g is the between-group difference at the planned end, adjusted for the first rating, in pooled SDs within "
    "arms at the planned end. All persons with any rating are analysed in the arm that the table names (intention to "
    "treat, if that is the arm as assigned). A mixed model for repeated measures with unstructured covariance uses all "
    "their ratings and assumes that others are missing at random, given earlier ratings and the arm. Standard errors "
    "are robust, and clustered by therapist where therapists are named. Better or worse: p < .05. Equivalent: two "
    "one-sided tests (TOST) reject differences beyond the margin, p < .05. Holm’s method corrects both over pairs and "
    "outcomes. Positive means better."
)


def primary_in_words(effect: ArmEffect, balance: ArmBalance, labels: Labels, *, randomised: bool) -> str:
    """Return the conclusion about the outcome of one pair."""
    arm, reference, outcome = effect.arm, effect.reference, labels.get(effect.column, effect.column)
    if balance.p_first < NOT_CHANCE:
        return (
            f"{arm} and {reference}: not compared, because first ratings of {outcome} differ by more than chance "
            "explains. A difference at the planned end may reflect this baseline imbalance."
        )
    condition = "" if randomised else ", if persons were randomly assigned to arms"
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
                f"{arm} and {reference}: inconclusive. The data show neither a difference in {outcome} at the planned "
                f"end nor equivalence within {margin} SDs.{_would_settle(effect)}"
            )
        case _:
            words = f"At the planned end, {arm} is {effect.conclusion} than {reference} in {outcome}{condition}."
    return f"{words}{therapists}"


def _would_settle(effect: ArmEffect) -> str:
    parts = []
    if effect.persons_for_difference is not None:
        parts.append(f"about {effect.persons_for_difference:,} persons per arm to show the estimated difference")
    if effect.persons_for_equivalence is not None:
        each = "" if parts else " persons per arm"
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
            preposition = "for" if conclusion is ArmsConclusion.INCONCLUSIVE else "in"
            parts += [f"{conclusion} {preposition} {', '.join(names)}"] if names else []
        sentences.append(f"Secondary outcomes, {arm} compared with {reference}: {'; '.join(parts)}.")
    return sentences


def figures_in_words(effect: ArmEffect, balance: ArmBalance, labels: Labels) -> str:
    """Return the effect on the outcome in SDs and points, and the tests of balance; the table has the other tests."""
    outcome = labels.get(effect.column, effect.column)
    points = f"{effect.points.estimate:.1f} ({effect.points.lower:.1f} to {effect.points.upper:.1f})"
    return (
        f"{outcome}, {effect.arm} compared with {effect.reference}: g = {effect.g}, {points.replace('-', '−')} points "
        f"on the scale (positive: higher). With the 90% interval of both one-sided tests: g = {effect.tost_interval}. "
        f"Balance of the arms: first ratings {p_value(balance.p_first)}, missing last ratings "
        f"{p_value(balance.p_missing)}."
    )


def course_in_words(course: PlannedCourse, time_unit: str) -> str:
    """Return the planned end and its source."""
    unit = "time" if time_unit == "file" else time_unit
    source = "" if course.given else ", when most courses in the table end"
    return (
        f"Planned end: {unit} {course.end:.3g}{source}. Ratings from {unit} {course.end_from:.3g} to "
        f"{course.end_until:.3g} count as ratings at the end."
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
            f"Tipping point: none. “{effect.conclusion.capitalize()}” holds even if persons without a last rating are "
            "1 SD worse than the model predicts, in either arm or in both."
        )
    parts = [
        f"{point.becomes} if they are {number(point.delta or 0.0)} SDs worse "
        f"{_WHERE[point.worse_in].format(arm=effect.arm, ref=effect.reference)}"
        for point in change
    ]
    holds = [
        _WHERE[point.worse_in].format(arm=effect.arm, ref=effect.reference) for point in points if point.delta is None
    ]
    rest = f" It holds up to 1 SD {', or '.join(holds)}." if holds else ""
    return (
        f"Tipping point, for persons without a last rating who are worse than the model predicts: "
        f"“{effect.conclusion}” becomes {'; '.join(parts)}.{rest}"
    )


def therapists_in_words(share: TherapistShare) -> str:
    """Return a sentence where the share of therapists cannot be estimated or is imprecise; otherwise nothing."""
    if share.share is not None:
        return ""
    needed = (
        ""
        if share.needed is None
        else f" About {share.needed:,} therapists with {share.clients:.0f} clients each are needed for ± .05."
    )
    return (
        f"{share.arm}: the therapist effect (ICC) cannot be estimated from {share.n_therapists} therapists; at least "
        f"{MIN_THERAPISTS} with two clients each are needed.{needed}"
    )


def effects_table(effects: Sequence[ArmEffect], labels: Labels) -> AnswerTable:
    """Return the table of differences, one row for each outcome and pair."""
    pairs = list(dict.fromkeys((e.arm, e.reference) for e in effects))
    several = len(pairs) > 1
    compared = "" if several else f", {pairs[0][0]} compared with {pairs[0][1]}"
    caption = f"Between-group effect sizes at the planned end{compared}: Hedges’ g (95% interval), positive is better."
    if any(not e.directed for e in effects):
        caption += " Positive is higher where the direction of a column is unknown."
    if any(not e.adjusted for e in effects):
        caption += " † Not adjusted, because the first rating follows the first session."
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
    return AnswerTable(
        "Persons without a rating at the planned end.", ("arm", "persons", "share (95% interval)"), tuple(rows)
    )


def therapists_table(shares: Sequence[TherapistShare]) -> AnswerTable:
    """Return the table of therapists' shares in the outcome."""
    rows = []
    for s in shares:
        known = s.share is not None and s.lower is not None and s.upper is not None
        share = str(AnswerInterval(s.share, 0.0, s.lower, s.upper)) if known else "not estimable"  # type: ignore[arg-type]
        effect = "–" if s.design_effect is None else f"{s.design_effect:.2f}"
        needed = "–" if s.needed is None else f"{s.needed:,}"
        rows.append((s.arm, f"{s.n_therapists:,}", f"{s.clients:.1f}", share, effect, needed))
    caption = (
        "Therapist effect: share of the variance of the outcome at the planned end that lies between therapists (ICC), "
        "given the first rating."
    )
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
