"""Moderation of the gain: whether persons who begin with more of something change more.

Two regressions over persons, with first rating y₁ and last rating y₂ of the outcome, x the first rating of the
moderator and w the time between both ratings:

    y₂      = a + b x + γ y₁ + δ w + e      adjusted for the first rating
    y₂ − y₁ = a + b x        + δ w + e      change

They are wrong in opposite directions if x goes with y₁: error in y₁ makes b of the first pass for moderation, change in
proportion to y₁ that of the second (Lord's paradox). Only what both show is stated. A mood that raises both first
ratings and passes distorts both alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from securebase.study.estimator import Array
from securebase.study.questions.question import Answer, AnswerInterval, QuestionData
from securebase.study.regression import regress
from securebase.study.table import SessionTable

#: persons with both ratings and the moderator below which nothing is estimated
MIN_PERSONS = 20


@dataclass(frozen=True, slots=True)
class GainAnswer(Answer):
    """Change of the outcome per SD of the moderator, in SDs of first ratings; None with too few persons.

    better: sign of a change for the better.
    """

    heading: ClassVar[str] = "Predictors of improvement"
    rule: ClassVar[str] = (
        "An effect is stated only if the coefficient adjusted for the first rating and that for the unadjusted change "
        "differ from 0 in the same direction (95% intervals, heteroskedasticity-robust errors). Without an untreated "
        "group, this shows who improves more; it does not show for whom therapy works better. A mood that raises both "
        "first ratings and then passes looks the same."
    )

    question: str
    moderator: str
    outcome: str
    better: int
    adjusted: AnswerInterval | None
    change: AnswerInterval | None
    n_persons: int

    @property
    def sign(self) -> int:
        """1 if persons with more of the moderator gain more, −1 if less, 0 if that is open."""
        if self.adjusted is None or self.change is None or self.adjusted.sign != self.change.sign:
            return 0
        return self.better * self.adjusted.sign

    def in_words(self, labels: Mapping[str, str]) -> str:
        """Return whether persons with more of the moderator gain more, without figures."""
        moderator, outcome = labels.get(self.moderator, self.moderator), labels.get(self.outcome, self.outcome)
        if self.adjusted is None or self.change is None:
            return (
                f"{moderator} and improvement in {outcome}: cannot be estimated here ({MIN_PERSONS} persons with two "
                f"ratings of the outcome are needed)."
            )
        if not self.sign:
            return f"{moderator} and improvement in {outcome}: inconclusive."
        return (
            f"Persons who begin with a higher {moderator} improve {'more' if self.sign > 0 else 'less'} in {outcome}."
        )

    def figures_in_words(self, labels: Mapping[str, str]) -> str:
        """Return both coefficients."""
        if self.adjusted is None or self.change is None:
            return ""
        return (
            f"Change per SD of {labels.get(self.moderator, self.moderator)}, in SDs of first ratings: adjusted for the "
            f"first rating {self.adjusted}, unadjusted {self.change}; {self.n_persons} persons."
        )


@dataclass(frozen=True, slots=True)
class GainModeration:
    """Ask whether persons who begin with more of a moderator gain more."""

    moderator: str

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.moderator,)

    def answer(self, data: QuestionData) -> GainAnswer:
        """Estimate both coefficients."""
        table, better = data.table, int(data.sign(data.outcome))
        first, last, days = first_and_last(table, data.outcome)
        trait = _first(table.values[self.moderator], table.person, table.n_persons)
        complete = np.isfinite(np.column_stack([first, last, trait])).all(axis=1) & (days > 0)
        n = int(complete.sum())
        spread = (float(trait[complete].std(ddof=1)), float(first[complete].std(ddof=1))) if n > 1 else (0.0, 0.0)
        if n < MIN_PERSONS or not all(spread):
            return GainAnswer("gain", self.moderator, data.outcome, better, None, None, n)
        x, first, last, time = (
            column[complete] for column in (trait / spread[0], first / spread[1], last / spread[1], days)
        )
        # all may be followed for the same time
        time = time[:, None] if time.std() > 1e-9 * time.mean() else np.empty((n, 0))
        adjusted = _coefficient(last, np.column_stack([x, first, time]))
        change = _coefficient(last - first, np.column_stack([x, time]))
        return GainAnswer("gain", self.moderator, data.outcome, better, adjusted, change, n)


def first_and_last(table: SessionTable, name: str) -> tuple[Array, Array, Array]:
    """Return first and last value of a column for each person, and the time between them; NaN where there is none."""
    values = table.values[name]
    times = np.where(np.isfinite(values), table.times, np.nan)
    backwards = table.person[::-1]
    first, last = _first(values, table.person, table.n_persons), _first(values[::-1], backwards, table.n_persons)
    days = _first(times[::-1], backwards, table.n_persons) - _first(times, table.person, table.n_persons)
    return first, last, days


def _first(values: Array, person: np.ndarray, n_persons: int) -> Array:
    """Return the first value of each person that is present, in the order of the rows."""
    result = np.full(n_persons, np.nan)
    present = np.flatnonzero(np.isfinite(values))
    persons, position = np.unique(person[present], return_index=True)
    result[persons] = values[present[position]]
    return result


def _coefficient(y: Array, X: Array) -> AnswerInterval | None:
    """Return the first coefficient; every person is a cluster of one row, which makes errors robust (HC1)."""
    regression = regress(y, X, np.arange(len(y)), len(y))
    if regression is None:
        return None
    return AnswerInterval.of_t(
        float(regression.coefficients[1]), float(regression.standard_errors[1]), len(y) - X.shape[1] - 1
    )
