"""Treatment arms: do they differ at the planned end, or are they alike? Equations: `securebase.study.trial`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from securebase.errors import InputError
from securebase.study.questions.question import Answer, AnswerTable, QuestionData
from securebase.study.trial import phrases
from securebase.study.trial.chance import ArmBalance, arm_balance
from securebase.study.trial.dropout import DropoutDifference, DropoutRate, TippingPoint, tipping_points
from securebase.study.trial.effects import ArmEffect, ArmPair, ArmsConclusion, ColumnRatings
from securebase.study.trial.flow import ArmFlow
from securebase.study.trial.members import TrialArms
from securebase.study.trial.therapist_share import TherapistShare, therapist_share
from securebase.study.trial.visits import Array, PlannedCourse, planned_course
from securebase.study.verdicts.randomised import EQUIVALENT


@dataclass(frozen=True, slots=True)
class ArmsAnswer(Answer):
    """Comparison of treatment arms. effects: of the outcome, then of the secondary columns; each for every pair.

    arms: the reference first. tipping_points: of the outcome. therapists: empty if they are unknown. randomised:
    whether the request says that persons were randomly assigned to arms.
    """

    heading: ClassVar[str] = "Treatment arms"
    rule: ClassVar[str] = phrases.RULE

    question: str
    outcome: str
    arms: tuple[str, ...]
    course: PlannedCourse
    time_unit: str
    visits: int
    margin: float
    randomised: bool
    effects: tuple[ArmEffect, ...]
    balance: tuple[ArmBalance, ...]
    flow: tuple[ArmFlow, ...]
    dropout: tuple[DropoutRate, ...]
    dropout_differences: tuple[DropoutDifference, ...]
    tipping_points: tuple[TippingPoint, ...]
    therapists: tuple[TherapistShare, ...]

    @property
    def primary(self) -> tuple[ArmEffect, ...]:
        """Effects on the outcome, one for each pair."""
        return tuple(e for e in self.effects if e.column == self.outcome)

    @property
    def on_first_page(self) -> bool:
        return True

    def in_words(self, labels: Mapping[str, str]) -> str:
        """Return what each pair concludes, without figures of the difference."""
        pairs = zip(self.primary, self.balance, strict=True)
        sentences = [phrases.primary_in_words(e, b, labels, randomised=self.randomised) for e, b in pairs]
        secondary = [e for e in self.effects if e.column != self.outcome]
        return " ".join([*sentences, *phrases.secondary_in_words(secondary, labels)])

    def figures_in_words(self, labels: Mapping[str, str]) -> str:
        """Return the difference in the outcome with its tests, the planned end, and what dropout could change."""
        sentences = []
        for effect, balance in zip(self.primary, self.balance, strict=True):
            sentences.append(phrases.figures_in_words(effect, balance, labels))
            points = [p for p in self.tipping_points if (p.arm, p.reference) == (effect.arm, effect.reference)]
            if points and effect.conclusion is not ArmsConclusion.INCONCLUSIVE:
                sentences.append(phrases.tipping_in_words(effect, points))
        sentences.append(phrases.course_in_words(self.course, self.time_unit))
        sentences += [words for share in self.therapists if (words := phrases.therapists_in_words(share))]
        return " ".join(sentences)

    def tables(self, labels: Mapping[str, str]) -> tuple[AnswerTable, ...]:
        """Return differences, dropout, therapists, and rows for a meta-analysis."""
        tables = [
            phrases.effects_table(self.effects, labels),
            phrases.dropout_table(self.dropout, self.dropout_differences),
        ]
        tables += [phrases.therapists_table(self.therapists)] if self.therapists else []
        return (*tables, phrases.rows_table(self.effects, labels))


@dataclass(frozen=True, slots=True)
class TreatmentArms:
    """Ask whether treatment arms differ at the planned end, or are equivalent within a margin in SDs.

    secondary: further outcomes. planned: time of the planned end in the units of the table; by default, when most
    courses end. reference: the arm with which the others are compared, by default the first by alphabet. randomised:
    persons were randomly assigned to the arms.
    """

    equivalent: float = EQUIVALENT
    secondary: tuple[str, ...] = ()
    planned: float | None = None
    reference: str | None = None
    randomised: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        return self.secondary

    def answer(self, data: QuestionData) -> ArmsAnswer:
        """Compare the arms. Raises InputError where the table or the question does not allow it."""
        if not self.equivalent > 0:
            raise InputError(
                f"the margin of equivalence must be above 0 (got {self.equivalent:g})", advice="Use .20, for example."
            )
        if data.outcome in self.secondary:
            raise InputError(
                f"the secondary outcome “{data.outcome}” is the outcome", advice="Name other columns, or none."
            )
        arms = TrialArms.of(data, self.reference)
        course = planned_course(data.table, data.outcome, self.planned)
        concluded, primary = arms.compare(data, course, self.secondary, self.equivalent)
        rates, balance = _dropout(primary), _balance(primary, arms.pairs)
        by_arm = {rate.arm: rate for rate in rates}
        return ArmsAnswer(
            question="arms",
            outcome=data.outcome,
            arms=arms.names,
            course=course,
            time_unit=data.table.time_unit,
            visits=primary.rated.shape[1],
            margin=self.equivalent,
            randomised=self.randomised,
            effects=concluded,
            balance=balance,
            flow=_flow(data, arms, primary, course),
            dropout=rates,
            dropout_differences=tuple(
                DropoutDifference.of(by_arm[arms.names[p.arm]], by_arm[arms.names[0]]) for p in arms.pairs
            ),
            tipping_points=tuple(
                point
                for effect in concluded
                if effect.column == data.outcome and effect.directed
                for point in tipping_points(effect, by_arm[effect.arm], by_arm[effect.reference])
            ),
            therapists=_therapists(primary),
        )


def _dropout(ratings: ColumnRatings) -> tuple[DropoutRate, ...]:
    missing = np.isnan(ratings.rated[:, -1])
    return tuple(
        DropoutRate.of(name, int(missing[ratings.arm == k].sum()), int((ratings.arm == k).sum()))
        for k, name in enumerate(ratings.names)
    )


def _balance(ratings: ColumnRatings, pairs: Sequence[ArmPair]) -> tuple[ArmBalance, ...]:
    rows = []
    for pair in pairs:
        used = np.isin(ratings.arm, (pair.arm, pair.reference))
        in_arm: Array = (ratings.arm[used] == pair.arm).astype(float)
        rated = ratings.rated[used]
        therapist = None if ratings.therapist is None else ratings.therapist[used]
        names = ratings.names[pair.arm], ratings.names[pair.reference]
        rows.append(arm_balance(names, in_arm, rated[:, 0], np.isnan(rated[:, -1]).astype(float), therapist))
    return tuple(rows)


def _flow(data: QuestionData, arms: TrialArms, ratings: ColumnRatings, course: PlannedCourse) -> tuple[ArmFlow, ...]:
    table = data.table
    half = course.start + (course.end - course.start) / 2
    rows = np.isfinite(table.values[data.outcome]) & (table.times >= half) & (table.times <= course.end_until)
    halfway = np.zeros(table.n_persons, dtype=bool)
    halfway[table.person[rows]] = True
    flow = []
    for k, name in enumerate(arms.names):
        rated = ratings.rated[ratings.arm == k]
        flow.append(
            ArmFlow(
                name,
                in_table=sum(e.arm == name for e in data.cohort.episodes),
                first_rated=int(np.isfinite(rated[:, 0]).sum()),
                rated_halfway=int(halfway[arms.arm == k].sum()),
                rated_at_end=int(np.isfinite(rated[:, -1]).sum()),
                analysed=len(rated),
            )
        )
    return tuple(flow)


def _therapists(ratings: ColumnRatings) -> tuple[TherapistShare, ...]:
    if ratings.therapist is None:
        return ()
    shares = []
    for k, name in enumerate(ratings.names):
        members = ratings.arm == k
        rated = ratings.rated[members]
        shares.append(therapist_share(name, rated[:, 0], rated[:, -1], ratings.therapist[members]))
    return tuple(shares)
