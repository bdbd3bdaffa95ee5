"""Shares, numbers needed to treat and thresholds in words, the same for a table, a clinic and a client."""

from __future__ import annotations

from collections.abc import Mapping
from math import isinf
from types import MappingProxyType

from securebase.measurement.change import ChangeRules
from securebase.measurement.constructs import Direction
from securebase.measurement.course_outcome import ChangeCategory, OutcomeStatement
from securebase.study.outcomes.groups import GroupOutcomes
from securebase.study.outcomes.shares import NumberNeeded, PersonShare

#: The limits of every panel of outcomes, once a page or report.
NO_COMPARISON = (
    "These figures have no comparison group: people also improve without therapy, and those who begin at their worst "
    "tend to improve anyway."
)
CATEGORIES: Mapping[ChangeCategory, str] = MappingProxyType(
    {
        ChangeCategory.RECOVERED: "recovered (reliably better, now in the healthy range)",
        ChangeCategory.IMPROVED: "improved (reliably better)",
        ChangeCategory.UNCHANGED: "unchanged (within measurement error)",
        ChangeCategory.DETERIORATED: "deteriorated (reliably worse)",
        ChangeCategory.HARMED: "“harmed” (reliably worse, now in the clinical range)",
    }
)


def percent_share(share: PersonShare) -> str:
    """Return a share with its interval, such as “60% (45 to 74), 24 of 40”."""
    return (
        f"{share.estimate * 100:.0f}% ({share.lower * 100:.0f} to {share.upper * 100:.0f}), "
        f"{share.count:,} of {share.total:,}"
    )


def number_needed(needed: NumberNeeded) -> str:
    """Return a number needed to treat with its interval, such as “benefit 6.3 (benefit 3.1 to ∞ to harm 40)”.

    An interval that contains no difference passes through infinity (Altman 1998).
    """
    side = "benefit" if needed.estimate > 0 else "harm"
    estimate = "∞" if isinf(needed.estimate) else f"{side} {_whole(abs(needed.estimate))}"
    if needed.benefit and needed.harm:
        return f"{estimate} (benefit {_whole(needed.benefit[0])} to ∞ to harm {_whole(needed.harm[0])})"
    limits = needed.benefit or needed.harm
    return estimate if limits is None else f"{estimate} ({_whole(limits[0])} to {_whole(limits[1])})"


def _whole(number: float) -> str:
    if isinf(number):
        return "∞"
    return f"{number:.1f}" if number < 10 else f"{number:,.0f}"


def threshold_sentences(rules: ChangeRules) -> tuple[str, ...]:
    """Return the thresholds that are known, one sentence each."""
    sentences = []
    if rules.response_fraction is not None:
        sentences.append(f"Response: the score fell by at least {rules.response_fraction:.0%}.")
    if rules.remission_below is not None:
        sentences.append(f"Remission: the last score is below {_points(rules.remission_below)}.")
    if rules.reliable_change is not None:
        sentences.append(f"Reliable change: at least {_points(rules.reliable_change)} points ({rules.basis}).")
    if rules.cutoff is not None:
        worse = rules.direction is Direction.HIGHER_IS_WORSE
        sentences.append(
            f"Clinical range: {_points(rules.cutoff)} or {'more' if worse else 'more is healthy, less clinical'}."
        )
    return tuple(sentences)


def missing_sentences(rules: ChangeRules, *, instrument_known: bool) -> tuple[str, ...]:
    """Return which statements the thresholds leave open, and what would give them."""
    if rules.direction is Direction.UNKNOWN:
        return ("Not stated: every outcome (name the instrument, or say whether a higher score is worse or better).",)
    sentences = []
    ends = [
        name
        for name, known in (("response", rules.response_fraction), ("remission", rules.remission_below))
        if known is None
    ]
    if ends:
        why = "the catalogue has no rule for this scale" if instrument_known else "no instrument is known: name it"
        sentences.append(f"Not stated: {' and '.join(ends)} ({why}).")
    if rules.reliable_change is None:
        sentences.append("Not stated: reliable change and sudden gains (give the reliability of the scale).")
    if rules.cutoff is None:
        sentences.append("Not stated: clinically significant change (give the cut-off of the clinical range).")
    return tuple(sentences)


def start_sentence(group: GroupOutcomes, rules: ChangeRules, noun: str = "persons") -> str:
    """Return to whom the shares refer, and who began in the healthy range."""
    cut = rules.cutoff if rules.cutoff is not None else rules.remission_below
    missing = group.began - group.rated
    left = f" Without a later rating: {missing:,}." if missing else ""
    if cut is None:
        return f"{group.rated:,} of {group.began:,} {noun} have a first and a later rating."
    sentence = f"Shares refer to the {group.began_clinical:,} {noun} who began in the clinical range.{left}"
    apart = group.healthy_start
    if apart is None:
        return sentence
    sentence = f"{sentence} Not included: {apart.persons:,} who began in the healthy range"
    if rules.reliable_change is None:
        return f"{sentence}."
    harmed = f" ({apart.harmed:,} into the clinical range)" if apart.deteriorated and rules.cutoff else ""
    improved, deteriorated = f"{apart.improved:,} reliably improved", f"{apart.deteriorated:,} reliably deteriorated"
    return f"{sentence}, of whom {improved} and {deteriorated}{harmed}."


def _points(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def statement_label(statement: OutcomeStatement) -> str:
    """Return the label of a row; a sudden loss is explained, because the term alone reads as a bereavement."""
    label = statement.value.capitalize()
    return f"{label} (worsening)" if statement is OutcomeStatement.SUDDEN_LOSS else label
