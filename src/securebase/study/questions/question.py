"""A further question of a study: the data that it needs, and its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

from securebase.measurement.constructs import Direction
from securebase.model.distributions import t_quantile
from securebase.model.panel import Panel
from securebase.records.cohort import Cohort
from securebase.study.labels import lower_labels
from securebase.study.phrases import number
from securebase.study.table import SessionTable


def _ignore(_sentence: str) -> None:
    """Ignore a progress message."""


@dataclass(frozen=True, eq=False)
class QuestionData:
    """Rows of a study for its further questions. directions: of every column; panel: rows of the fitted models.

    persons: names in the order of `table.person`; cohort: with arms and therapists, and persons without any score.
    progress: called with a sentence about the step being computed.
    """

    cohort: Cohort
    persons: tuple[str, ...]
    table: SessionTable
    panel: Panel
    outcome: str
    processes: tuple[str, ...]
    directions: Mapping[str, Direction]
    progress: Callable[[str], None] = _ignore

    def sign(self, name: str) -> float:
        """Return −1 for a column where higher is worse, else 1."""
        return -1.0 if self.directions.get(name) is Direction.HIGHER_IS_WORSE else 1.0


@dataclass(frozen=True, slots=True)
class AnswerTable:
    """A table of an answer in words: the first column names the rows."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Answer(Protocol):
    """Numbers that answer a question, and the sentences computed from them. rule: in words, for reports."""

    __slots__ = ()
    heading: ClassVar[str]
    rule: ClassVar[str]

    @property
    def on_first_page(self) -> bool:
        """Return whether a report shows it before the verdicts on which column comes first."""
        return False

    def in_words(self, labels: Mapping[str, str]) -> str:
        """Return the answer without figures."""

    def figures_in_words(self, labels: Mapping[str, str]) -> str:
        """Return the figures behind the answer; empty if there are none."""

    def tables(self, labels: Mapping[str, str]) -> tuple[AnswerTable, ...]:
        """Return the tables of the answer, the most important first."""
        return ()

    def sentences(self, labels: Mapping[str, str]) -> str:
        """Return the answer as reports print it, with labels in lower case within a sentence."""
        return lower_labels(self.in_words(labels), labels)

    def figure_sentences(self, labels: Mapping[str, str]) -> str:
        """Return the figures as reports print them, with labels in lower case within a sentence."""
        return lower_labels(self.figures_in_words(labels), labels)


class Question(Protocol):
    """A further question. columns: those it needs besides the outcome and the processes."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""

    def answer(self, data: QuestionData) -> Answer:
        """Compute the answer."""


@dataclass(frozen=True, slots=True)
class AnswerInterval:
    """An estimate with its standard error and 95% interval (t)."""

    estimate: float
    standard_error: float
    lower: float
    upper: float

    @classmethod
    def of_t(cls, estimate: float, standard_error: float, df: float) -> AnswerInterval:
        """Return the interval of an estimate with t degrees of freedom."""
        half_width = t_quantile(0.975, df) * standard_error
        return cls(float(estimate), float(standard_error), float(estimate - half_width), float(estimate + half_width))

    @property
    def sign(self) -> int:
        """1 or −1 if the interval lies on one side of 0, else 0."""
        return int(self.lower > 0) - int(self.upper < 0)

    def __str__(self) -> str:
        return f"{number(self.estimate)} ({number(self.lower)} to {number(self.upper)})"
