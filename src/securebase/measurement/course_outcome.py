"""The outcome of one course on one scale: from its first to its last score, with sudden gains and losses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from securebase.measurement.change import (
    ChangeRules,
    ScoreChange,
    can_show_sudden_gain,
    classify_change,
    is_reversed,
    sudden_gains,
)
from securebase.measurement.constructs import Direction


class ChangeCategory(StrEnum):
    """The categories of Jacobson & Truax (1991), with the fifth that later authors added for the healthy range.

    Recovered: reliably better, and from the clinical to the healthy range. Harmed: reliably worse, and from the healthy
    to the clinical range; the word names a result, not its cause.
    """

    RECOVERED = "recovered"
    IMPROVED = "improved"
    UNCHANGED = "unchanged"
    DETERIORATED = "deteriorated"
    HARMED = "harmed"


class OutcomeStatement(StrEnum):
    """A statement about one course, in the order of reports."""

    RESPONSE = "response"
    REMISSION = "remission"
    IMPROVEMENT = "reliable improvement"
    RECOVERY = "clinically significant change"
    DETERIORATION = "reliable deterioration"
    SUDDEN_GAIN = "sudden gain"
    SUDDEN_LOSS = "sudden loss"

    @property
    def sign(self) -> int:
        """1 where the statement is good for the person, else −1."""
        return -1 if self in {OutcomeStatement.DETERIORATION, OutcomeStatement.SUDDEN_LOSS} else 1


@dataclass(frozen=True, slots=True)
class SuddenChanges:
    """Sudden gains and losses of a course. gain_reversed, loss_reversed: true if all of its gains or losses were."""

    gain: bool
    loss: bool
    gain_reversed: bool
    loss_reversed: bool


@dataclass(frozen=True, slots=True)
class CourseOutcome:
    """Change from the first to the last score of a course.

    began_clinical: None without a cut-off. category: None where reliable change or cut-off is not known. sudden: None
    without a reliable change, or with too few scores in a row for the criteria.
    """

    first: float
    last: float
    change: ScoreChange
    began_clinical: bool | None
    category: ChangeCategory | None
    sudden: SuddenChanges | None

    def holds(self, statement: OutcomeStatement) -> bool | None:
        """Return whether a statement holds of the course; None where no threshold says it."""
        change, sudden = self.change, self.sudden
        match statement:
            case OutcomeStatement.RESPONSE:
                return change.response
            case OutcomeStatement.REMISSION:
                return change.remission
            case OutcomeStatement.RECOVERY:
                return change.clinically_significant
            case OutcomeStatement.SUDDEN_GAIN:
                return None if sudden is None else sudden.gain
            case OutcomeStatement.SUDDEN_LOSS:
                return None if sudden is None else sudden.loss
            case OutcomeStatement.IMPROVEMENT | OutcomeStatement.DETERIORATION:
                better = statement is OutcomeStatement.IMPROVEMENT
                return None if change.verdict == "unknown" else change.verdict == ("improved" if better else "worse")


def course_outcome(values: Sequence[float | None], rules: ChangeRules) -> CourseOutcome | None:
    """Return the outcome of a course with one value a session in order, None if missing; None with under two values."""
    observed = [value for value in values if value is not None]
    if len(observed) < 2:
        return None
    first, last = observed[0], observed[-1]
    change = classify_change(rules, first, last)
    return CourseOutcome(
        first, last, change, began_clinical(first, rules), _category(first, last, change, rules), _sudden(values, rules)
    )


def began_clinical(first: float, rules: ChangeRules) -> bool | None:
    """Return whether a course began in the clinical range; without a cut-off, whether it began above remission."""
    if rules.cutoff is None and rules.remission_below is not None:
        return first >= rules.remission_below
    return rules.is_clinical(first)


def _category(first: float, last: float, change: ScoreChange, rules: ChangeRules) -> ChangeCategory | None:
    if change.verdict == "unknown" or rules.cutoff is None:
        return None
    if change.verdict == "within_error":
        return ChangeCategory.UNCHANGED
    sides = rules.is_clinical(first), rules.is_clinical(last)
    if None in sides:
        return None
    if change.verdict == "improved":
        return ChangeCategory.RECOVERED if sides == (True, False) else ChangeCategory.IMPROVED
    return ChangeCategory.HARMED if sides == (False, True) else ChangeCategory.DETERIORATED


def _sudden(values: Sequence[float | None], rules: ChangeRules) -> SuddenChanges | None:
    if rules.reliable_change is None or rules.direction is Direction.UNKNOWN or not can_show_sudden_gain(values):
        return None
    worse = rules.direction is Direction.HIGHER_IS_WORSE
    changes = sudden_gains(values, cutoff=rules.reliable_change, higher_is_worse=worse)
    gains, losses = ([c for c in changes if c.loss is loss] for loss in (False, True))
    gain_reversed, loss_reversed = (
        bool(kind) and all(is_reversed(c, values, higher_is_worse=worse) for c in kind) for kind in (gains, losses)
    )
    return SuddenChanges(bool(gains), bool(losses), gain_reversed, loss_reversed)
