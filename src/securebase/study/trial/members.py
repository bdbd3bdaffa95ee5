"""Arms and therapists of the persons of a table, and the ratings of its columns by arm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from securebase.errors import InputError, ModelError
from securebase.measurement.constructs import Direction
from securebase.records.vocabulary import Moment
from securebase.study.questions.question import QuestionData
from securebase.study.trial.effects import ArmEffect, ArmPair, ColumnRatings, apply_holm, column_effects
from securebase.study.trial.visits import Indices, PlannedCourse, trial_visits

#: persons of an arm with a first rating; fewer do not show how much persons of one arm differ, the unit of g
MIN_PERSONS = 10


@dataclass(frozen=True, eq=False)
class TrialArms:
    """Arms and therapists of the persons of a table; arm (persons,): −1 for none."""

    names: tuple[str, ...]
    arm: Indices
    therapist: Indices | None

    @classmethod
    def of(cls, data: QuestionData, reference: str | None) -> TrialArms:
        episodes = {e.person: e for e in data.cohort.episodes}
        texts = [episodes[person].arm for person in data.persons]
        names = sorted({e.arm for e in data.cohort.episodes if e.arm})
        if len(names) < 2:
            only = f"only “{names[0]}”" if names else "none"
            raise InputError(f"two or more treatment arms are needed (got {only})", advice="Name their column: --arm.")
        if reference is not None and reference not in names:
            raise InputError(f"unknown arm “{reference}”", advice=f"The arms are {', '.join(names)}.")
        if reference is not None:
            names = [reference, *(name for name in names if name != reference)]
        number = {name: k for k, name in enumerate(names)}
        therapists = [episodes[person].therapist for person in data.persons]
        therapist = None
        if any(therapists):
            # a person without a therapist is a cluster
            texts_of = [t or f"\0{k}" for k, t in enumerate(therapists)]
            therapist = np.unique(texts_of, return_inverse=True)[1].ravel().astype(np.int64)
        return cls(tuple(names), np.array([number.get(text, -1) for text in texts], dtype=np.int64), therapist)

    def ratings(self, data: QuestionData, column: str, course: PlannedCourse) -> ColumnRatings:
        """Return the ratings of persons with an arm and at least one rating. Raises InputError with too few."""
        adjusted = data.table.moments.get(column) is not Moment.AFTER
        rated = trial_visits(data.table, column, course, self.arm)
        first = np.isfinite(rated[:, 0])
        for k, name in enumerate(self.names):
            if (n := int((first & (self.arm == k)).sum())) < MIN_PERSONS:
                raise InputError(
                    f"the arm “{name}” has {n} persons with a first rating of “{column}” (by {course.first_until:g}); "
                    f"{MIN_PERSONS} are needed, because fewer do not show how much persons of an arm differ",
                    advice="Times count from each person's start. Leave this arm or column out, or add persons.",
                )
        used = (self.arm >= 0) & np.isfinite(rated).any(axis=1)
        therapist = None if self.therapist is None else self.therapist[used]
        return ColumnRatings(
            column,
            rated[used],
            self.arm[used],
            self.names,
            sign=data.sign(column),
            directed=data.directions.get(column, Direction.UNKNOWN) is not Direction.UNKNOWN,
            adjusted=adjusted,
            therapist=therapist,
        )

    def compare(
        self, data: QuestionData, course: PlannedCourse, secondary: Sequence[str], margin: float
    ) -> tuple[tuple[ArmEffect, ...], ColumnRatings]:
        """Return the effects on the outcome and secondary columns, corrected, and the ratings of the outcome."""
        if data.table.moments.get(data.outcome) is Moment.AFTER:
            raise InputError(
                f"“{data.outcome}” is first rated after the first session, so no rating precedes treatment",
                advice="Rate it before the first session (--asked-before).",
            )
        ratings = [self.ratings(data, column, course) for column in (data.outcome, *secondary)]
        effects: list[ArmEffect] = []
        for column in ratings:
            try:
                effects += column_effects(column, self.pairs, margin)
            except ModelError as error:
                raise InputError(
                    f"“{column.column}” cannot be compared between arms: {error.what}",
                    advice=error.advice or "Leave it out.",
                ) from None
        return apply_holm(effects), ratings[0]

    @property
    def pairs(self) -> tuple[ArmPair, ...]:
        """Each arm with the reference."""
        return tuple(ArmPair(k, 0) for k in range(1, len(self.names)))
