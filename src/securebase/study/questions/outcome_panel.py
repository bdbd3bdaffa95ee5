"""Outcomes of the courses of a table: shares of persons by the thresholds of an instrument, for all and by arm.

A person counts from the first to the last rating of the outcome. Shares have score intervals (Wilson 1927), differences
between arms hybrid score intervals (Newcombe 1998, method 10), and 1 ÷ difference is the number needed to treat, whose
interval passes through infinity where the difference may be 0 (Altman 1998). Change is classified after Jacobson &
Truax (1991), sudden gains after Tang & DeRubeis (1999).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np

from securebase.errors import InputError
from securebase.measurement.change import ChangeRules
from securebase.measurement.constructs import Direction
from securebase.measurement.course_outcome import OutcomeStatement
from securebase.study.outcomes import phrases
from securebase.study.outcomes.groups import (
    REACHED_AT_THE_END,
    GroupOutcomes,
    RatedCourse,
    summarise_courses,
)
from securebase.study.outcomes.measure import find_measure, outcome_measure
from securebase.study.outcomes.shares import NumberNeeded, PersonShare, ShareDifference
from securebase.study.questions.question import Answer, AnswerTable, QuestionData
from securebase.study.trial.visits import PlannedCourse, planned_course

#: Name of the column of all persons
ALL = "All"
#: Statements in which arms are compared
COMPARED = (*REACHED_AT_THE_END, OutcomeStatement.DETERIORATION)


@dataclass(frozen=True, slots=True)
class ArmDifference:
    """Difference of a share between two arms, and the number needed to treat for one more person to benefit."""

    difference: ShareDifference
    number_needed: NumberNeeded

    @classmethod
    def between(cls, arm: PersonShare, reference: PersonShare, statement: OutcomeStatement) -> ArmDifference:
        """Return arm − reference; where the statement is bad for a person, fewer of them are a benefit."""
        d = ShareDifference.between(arm, reference)
        benefit = d if statement.sign > 0 else ShareDifference(-d.estimate, -d.upper, -d.lower)
        return cls(d, NumberNeeded.of_difference(benefit))


@dataclass(frozen=True, slots=True)
class OutcomeContrast:
    """Comparison of an arm with the reference: as observed, and of all who began (None for deterioration)."""

    statement: OutcomeStatement
    arm: str
    reference: str
    observed: ArmDifference
    began: ArmDifference | None

    @property
    def sign(self) -> int:
        """1 or −1 if both intervals of the difference lie on one side of 0, else 0."""
        signs = {d.difference.sign for d in (self.observed, self.began) if d is not None}
        return signs.pop() if len(signs) == 1 else 0


@dataclass(frozen=True, slots=True)
class OutcomePanelAnswer(Answer):
    """The outcomes of all persons and of each arm.

    instrument: name of the scale, empty if none is known. planned_end: such as “session 16”, empty without one.
    arms: in the order of their names; the first is the reference of `contrasts`.
    """

    heading: ClassVar[str] = "Outcomes"
    rule: ClassVar[str] = (
        "Change counts from the first to the last rating of each person, whenever that was. Shares have 95% score "
        "intervals (Wilson), differences hybrid score intervals (Newcombe); both treat persons as independent. Change "
        "is classified by the criteria of Jacobson and Truax (1991), sudden gains and losses by those of Tang and "
        "DeRubeis (1999)."
    )

    question: str
    column: str
    instrument: str
    rules: ChangeRules
    planned_end: str
    everyone: GroupOutcomes
    arms: Mapping[str, GroupOutcomes]
    contrasts: tuple[OutcomeContrast, ...]

    @property
    def on_first_page(self) -> bool:
        return bool(self.arms)

    def in_words(self, labels: Mapping[str, str]) -> str:
        """Return whether most persons improved reliably, or which shares differ between arms, without figures."""
        label = labels.get(self.column, self.column)
        if not self.everyone.shares:
            return f"{label}: no outcome can be stated. {self._missing}".strip()
        if self.arms:
            return self._contrast_sentence(label)
        share = self.everyone.shares.get(OutcomeStatement.IMPROVEMENT)
        if share is None:
            return f"{label}: shares of persons who reached the thresholds that are known."
        return f"{label}: {_majority(share)} improved reliably. {phrases.NO_COMPARISON}"

    def _contrast_sentence(self, label: str) -> str:
        clauses = []
        for arm in list(self.arms)[1:]:
            own = [c for c in self.contrasts if c.arm == arm]
            for sign, words in ((1, "more frequent in {} than in {}"), (-1, "less frequent in {} than in {}"), (0, "")):
                names = [c.statement.value for c in own if c.sign == sign]
                if names:
                    listed = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
                    verb = "are" if len(names) > 1 else "is"
                    difference = f"{verb} {words.format(arm, own[0].reference)}"
                    pair = f" ({arm}, {own[0].reference})" if len(self.arms) > 2 else ""
                    clauses.append(f"{listed} {difference}" if sign else f"{listed}: inconclusive{pair}")
        return f"{label}: {'; '.join(clauses) or 'arms cannot be compared here'}."

    @property
    def _missing(self) -> str:
        return " ".join(phrases.missing_sentences(self.rules, instrument_known=bool(self.instrument)))

    def figures_in_words(self, labels: Mapping[str, str]) -> str:
        """Return whom the shares are about, the thresholds, and what is not known."""
        measure = [f"Scale: {self.instrument}."] if self.instrument else []
        dropout = (
            [f"Dropout: no rating near the planned end ({self.planned_end}). Later ratings do not count."]
            if self.planned_end
            else []
        )
        reversed_gains = self.everyone.gains_reversed
        sudden = (
            [f"Sudden gains that were reversed: {phrases.percent_share(reversed_gains)}."] if reversed_gains else []
        )
        parts = (
            *measure,
            phrases.start_sentence(self.everyone, self.rules),
            *phrases.threshold_sentences(self.rules),
            self._missing if self.everyone.shares else "",
            *dropout,
            *sudden,
        )
        return " ".join(part for part in parts if part)

    @property
    def groups(self) -> dict[str, GroupOutcomes]:
        """Outcomes of all persons, then of each arm."""
        return {ALL: self.everyone, **self.arms}

    def tables(self, labels: Mapping[str, str]) -> tuple[AnswerTable, ...]:
        """Return shares as observed, shares of all who began, the categories of change, and the contrasts of arms."""
        groups = self.groups
        persons = "persons who began in the clinical range" if self._has_start else "persons with two ratings"
        shares = (
            f"Share of {persons} (95% interval), by the last rating as observed. “All who began” includes those "
            "without a later rating, and counts them and all dropouts as not improved. Dropout refers to all persons"
        )
        tables = (
            AnswerTable(
                shares if self.everyone.shares else "Dropout, of all persons (95% interval)",
                ("", *groups),
                tuple(_share_rows(groups)),
            ),
            AnswerTable(
                "Categories of change (Jacobson and Truax), all persons with two ratings",
                ("", *groups),
                tuple(_category_rows(groups)),
            ),
            AnswerTable(
                "Difference in percentage points and number needed to treat (95% intervals)",
                ("", "difference", "number needed to treat", "the same, all who began"),
                tuple(map(_contrast_row, self.contrasts)),
            ),
        )
        return tuple(table for table in tables if table.rows)

    @property
    def _has_start(self) -> bool:
        return self.rules.cutoff is not None or self.rules.remission_below is not None


def _majority(share: PersonShare) -> str:
    if share.lower > 0.5:
        return "most persons"
    return "fewer than half of the persons" if share.upper < 0.5 else "about half of the persons"


def _share_rows(groups: Mapping[str, GroupOutcomes]) -> Iterator[tuple[str, ...]]:
    """Yield the row of each statement, followed by that of all who began."""
    for statement in OutcomeStatement:
        label = phrases.statement_label(statement)
        rows = {
            label: [group.shares.get(statement) for group in groups.values()],
            f"{label}, all who began": [group.worst.get(statement) for group in groups.values()],
        }
        yield from ((name, *map(_share_cell, shares)) for name, shares in rows.items() if any(shares))
    dropout = [group.dropout for group in groups.values()]
    if any(dropout):
        yield ("Dropout", *map(_share_cell, dropout))


def _share_cell(share: PersonShare | None) -> str:
    return "–" if share is None else phrases.percent_share(share)


def _category_rows(groups: Mapping[str, GroupOutcomes]) -> Iterator[tuple[str, ...]]:
    totals = [sum(group.categories.values()) for group in groups.values()]
    if not any(totals):
        return
    for category, label in phrases.CATEGORIES.items():
        counts = (group.categories.get(category, 0) for group in groups.values())
        cells = (
            f"{n / total:.0%}, {n:,} of {total:,}" if total else "–" for n, total in zip(counts, totals, strict=True)
        )
        yield (label, *cells)


def _contrast_row(contrast: OutcomeContrast) -> tuple[str, ...]:
    d, began = contrast.observed.difference, contrast.began
    return (
        f"{phrases.statement_label(contrast.statement)}, {contrast.arm} − {contrast.reference}",
        f"{_signed(d.estimate)} ({_signed(d.lower)} to {_signed(d.upper)})",
        phrases.number_needed(contrast.observed.number_needed),
        "–" if began is None else phrases.number_needed(began.number_needed),
    )


def _signed(share: float) -> str:
    points = f"{abs(share) * 100:.0f}"
    return points if points == "0" or share > 0 else f"−{points}"


@dataclass(frozen=True, slots=True)
class OutcomePanel:
    """Ask how the courses ended, by the thresholds of the outcome's instrument.

    instrument: ID or ID:SCALE of the catalogue; by default that of the scores, or the one that the column is named
    after. reliability, cutoff: for a column without an instrument, or instead of the catalogue's thresholds.
    higher_is: “worse” or “better”, for a column whose direction nothing else says. planned: time of the planned end,
    as in `TreatmentArms`, which finds it in a table with arms; who has no rating near it dropped out, and later ratings
    are follow-ups, which do not count. reference: the arm that others are compared with, by default the first by
    alphabet.
    """

    instrument: str = ""
    reliability: float | None = None
    cutoff: float | None = None
    higher_is: str = ""
    planned: float | None = None
    reference: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        return ()

    def answer(self, data: QuestionData) -> OutcomePanelAnswer:
        """Classify every person of the table, and compare arms if it has any."""
        return outcome_panel(data, self)


def outcome_panel(
    data: QuestionData, question: OutcomePanel | None = None, arms: Mapping[str, str] | None = None
) -> OutcomePanelAnswer:
    """Return the outcomes of the persons of a table, and of each arm.

    arms: person → arm; by default those of the cohort. Raises InputError for an unknown reference.
    """
    question = question or OutcomePanel()
    if arms is None:
        arms = {episode.person: episode.arm for episode in data.cohort.episodes if episode.arm}
    column, values = data.outcome, data.table.values[data.outcome]
    observed = values[np.isfinite(values)].tolist()
    has_end = bool(arms) or question.planned is not None
    planned = planned_course(data.table, column, question.planned) if has_end else None
    courses = _courses(data, planned)
    firsts = [first for c in courses if (first := next((v for v in c.values if v is not None), None)) is not None]
    scale = find_measure(data.cohort, column, observed, question.instrument)
    direction = Direction(question.higher_is) if question.higher_is else data.directions.get(column, Direction.UNKNOWN)
    measure = outcome_measure(
        scale, direction=direction, first_values=firsts, reliability=question.reliability, cutoff=question.cutoff
    )
    by_arm: dict[str, list[RatedCourse]] = {name: [] for name in _arm_names(arms, question.reference)}
    for person, course in zip(data.persons, courses, strict=True):
        if person in arms:
            by_arm[arms[person]].append(course)
    groups = {name: summarise_courses(own, measure.rules) for name, own in by_arm.items()}
    return OutcomePanelAnswer(
        "outcomes",
        column,
        measure.name,
        measure.rules,
        "" if planned is None else f"{data.table.time_unit.replace('file', 'time')} {planned.end:.3g}",
        summarise_courses(courses, measure.rules),
        groups,
        _contrasts(groups),
    )


def _arm_names(arms: Mapping[str, str], reference: str | None) -> list[str]:
    """Return the names of the arms, the reference first."""
    names = sorted(set(arms.values()))
    if reference is not None and reference not in names:
        raise InputError(f"unknown arm “{reference}”", advice=f"The arms are {', '.join(names) or 'not given'}.")
    return sorted(names, key=lambda name: name != reference)


def _courses(data: QuestionData, planned: PlannedCourse | None) -> list[RatedCourse]:
    """Return one course per person, in the order of `data.persons`."""
    table, values = data.table, data.table.values[data.outcome]
    if planned is not None:
        values = np.where(table.times <= planned.end_until, values, np.nan)
    ends = np.searchsorted(table.person, np.arange(table.n_persons + 1))
    courses = []
    for start, end in pairwise(ends):
        own, rated = values[start:end], np.isfinite(values[start:end])
        last = table.times[start:end][rated].max() if rated.any() else None
        dropped_out = None if planned is None or last is None else bool(last < planned.end_from)
        courses.append(
            RatedCourse(tuple(float(v) if ok else None for v, ok in zip(own, rated, strict=True)), dropped_out)
        )
    return courses


def _contrasts(groups: Mapping[str, GroupOutcomes]) -> tuple[OutcomeContrast, ...]:
    """Compare each arm with the first."""
    if len(groups) < 2:
        return ()
    (reference, base), *others = groups.items()
    contrasts = []
    for arm, group in others:
        for statement in COMPARED:
            observed = _arm_difference(group.shares, base.shares, statement)
            if observed is not None:
                began = _arm_difference(group.worst, base.worst, statement)
                contrasts.append(OutcomeContrast(statement, arm, reference, observed, began))
    return tuple(contrasts)


def _arm_difference(
    arm: Mapping[OutcomeStatement, PersonShare],
    reference: Mapping[OutcomeStatement, PersonShare],
    statement: OutcomeStatement,
) -> ArmDifference | None:
    if statement not in arm or statement not in reference:
        return None
    return ArmDifference.between(arm[statement], reference[statement], statement)
