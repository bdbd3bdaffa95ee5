"""The outcome panel of a group of courses: how many ended in which way, by the thresholds of one scale."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from securebase.measurement.change import ChangeRules
from securebase.measurement.course_outcome import (
    ChangeCategory,
    CourseOutcome,
    OutcomeStatement,
    began_clinical,
    course_outcome,
)
from securebase.study.outcomes.shares import PersonShare

#: Statements that a person who left without a last rating counts as not having reached.
REACHED_AT_THE_END = (
    OutcomeStatement.RESPONSE,
    OutcomeStatement.REMISSION,
    OutcomeStatement.IMPROVEMENT,
    OutcomeStatement.RECOVERY,
)


@dataclass(frozen=True, slots=True)
class RatedCourse:
    """Scores of one course, one a session in order, None if missing. dropped_out: None where nobody says."""

    values: tuple[float | None, ...]
    dropped_out: bool | None = None


@dataclass(frozen=True, slots=True)
class HealthyStart:
    """Persons who began in the healthy range and cannot remit: how many improved, deteriorated or were harmed."""

    persons: int
    improved: int
    deteriorated: int
    harmed: int


@dataclass(frozen=True, slots=True)
class GroupOutcomes:
    """Outcomes of a group of courses.

    began: persons with a first rating. rated: those with a later one too. began_clinical: of those rated, who began in
    the clinical range, or all where no cut-off is known; `shares` are of them. worst: the shares of all who began,
    without those in the healthy range; those who dropped out or have no later rating count as not improved. categories:
    of all rated. dropout: of all who began; None where nobody says who dropped out. gains_reversed: of persons with
    sudden gains, those who lost at least half of each again. mean_first, mean_last: over `began_clinical`.
    """

    began: int
    rated: int
    began_clinical: int
    shares: Mapping[OutcomeStatement, PersonShare]
    worst: Mapping[OutcomeStatement, PersonShare]
    categories: Mapping[ChangeCategory, int]
    healthy_start: HealthyStart | None
    dropout: PersonShare | None
    gains_reversed: PersonShare | None
    losses_reversed: PersonShare | None
    mean_first: float | None
    mean_last: float | None


def summarise_courses(courses: Sequence[RatedCourse], rules: ChangeRules) -> GroupOutcomes:
    """Return the outcomes of courses; those without any rating did not begin."""
    begun = [(course, next(v for v in course.values if v is not None)) for course in courses if _has_begun(course)]
    results = [(course, course_outcome(course.values, rules)) for course, _ in begun]
    rated = [(course, outcome) for course, outcome in results if outcome is not None]
    # without a cut-off, nobody began in the healthy range
    main = [(course, outcome) for course, outcome in rated if outcome.began_clinical is not False]
    healthy = [outcome for _, outcome in rated if outcome.began_clinical is False]
    n_worst = sum(began_clinical(first, rules) is not False for _, first in begun)
    outcomes = [outcome for _, outcome in main]
    stayed = [outcome for course, outcome in main if not course.dropped_out]
    shares = {statement: share for statement in OutcomeStatement if (share := _share(outcomes, statement))}
    worst = {
        statement: share
        for statement in REACHED_AT_THE_END
        if statement in shares and (share := PersonShare.of_count(_count(stayed, statement), n_worst))
    }
    n_known = sum(course.dropped_out is not None for course, _ in begun)
    sudden = [outcome.sudden for outcome in outcomes if outcome.sudden is not None]
    return GroupOutcomes(
        began=len(begun),
        rated=len(rated),
        began_clinical=len(main),
        shares=shares,
        worst=worst,
        categories=Counter(o.category for _, o in rated if o.category is not None),
        healthy_start=_healthy_start(healthy) if healthy else None,
        dropout=PersonShare.of_count(sum(bool(course.dropped_out) for course, _ in begun), n_known),
        gains_reversed=PersonShare.of_count(sum(s.gain_reversed for s in sudden), sum(s.gain for s in sudden)),
        losses_reversed=PersonShare.of_count(sum(s.loss_reversed for s in sudden), sum(s.loss for s in sudden)),
        mean_first=_mean([o.first for o in outcomes]),
        mean_last=_mean([o.last for o in outcomes]),
    )


def _has_begun(course: RatedCourse) -> bool:
    return any(value is not None for value in course.values)


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _healthy_start(outcomes: Sequence[CourseOutcome]) -> HealthyStart:
    verdicts = Counter(o.change.verdict for o in outcomes)
    harmed = sum(o.category is ChangeCategory.HARMED for o in outcomes)
    return HealthyStart(len(outcomes), verdicts["improved"], verdicts["worse"], harmed)


def _share(outcomes: Sequence[CourseOutcome], statement: OutcomeStatement) -> PersonShare | None:
    known = [holds for o in outcomes if (holds := o.holds(statement)) is not None]
    return PersonShare.of_count(sum(known), len(known))


def _count(outcomes: Sequence[CourseOutcome], statement: OutcomeStatement) -> int:
    return sum(bool(o.holds(statement)) for o in outcomes)
