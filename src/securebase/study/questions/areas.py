"""Relief by problem area: change in SDs of the first ratings within an area, and the outcome that names the area.

Strain of the same size means different things in grief, disputes and transitions. Each person's change from first to
last rating is divided by the standard deviation of first ratings among persons of the same area, with the sign of
improvement. Areas are compared by Welch's test, which does not assume equal variances.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

import numpy as np

from securebase.errors import InputError
from securebase.model.distributions import f_tail
from securebase.records.vocabulary import ProblemArea
from securebase.study.estimator import Array
from securebase.study.phrases import p_value
from securebase.study.questions.gain import first_and_last
from securebase.study.questions.question import Answer, AnswerInterval, QuestionData
from securebase.study.verdicts.rule import holm

#: persons of an area with a first and a last rating below which nothing is estimated
MIN_PERSONS = 10
#: Problem area → construct in which its relief shows: mourning, tension, adjustment, time with others
OWN_OUTCOMES: Mapping[ProblemArea, str] = MappingProxyType(
    {
        ProblemArea.GRIEF: "grief_intensity",
        ProblemArea.ROLE_DISPUTE: "dispute",
        ProblemArea.ROLE_TRANSITION: "role_adjustment",
        ProblemArea.INTERPERSONAL_DEFICITS: "social_activity",
    }
)


@dataclass(frozen=True, slots=True)
class AreaRelief:
    """Relief of the persons of one area in one column.

    mean, spread: of first ratings in this area. relief: mean improvement in these SDs. own_outcome: whether the column
    names what relief means in this area.
    """

    area: str
    column: str
    own_outcome: bool
    mean: float
    spread: float
    relief: AnswerInterval
    n_persons: int


@dataclass(frozen=True, slots=True)
class AreaComparison:
    """Welch's test of equal relief in all areas; p_adjusted: after Holm's correction over the columns."""

    column: str
    p: float
    p_adjusted: float


@dataclass(frozen=True, slots=True)
class AreasAnswer(Answer):
    """Relief in every area and column, and the comparison of areas. n_several: persons in several areas, left out."""

    heading: ClassVar[str] = "Relief by problem area"
    rule: ClassVar[str] = (
        "Change from first to last rating in standard deviations of first ratings within the area; positive means "
        "improvement. Areas are said to differ if Welch's test is significant after Holm's correction over columns. "
        "Without an untreated group, relief includes what would have changed anyway."
    )

    question: str
    reliefs: tuple[AreaRelief, ...]
    comparisons: tuple[AreaComparison, ...]
    n_several: int

    def in_words(self, labels: Mapping[str, str]) -> str:
        """Return in which columns relief differs between areas, without figures."""
        if not self.reliefs:
            return f"Relief by problem area: cannot be estimated here ({MIN_PERSONS} persons of an area are needed)."
        parts = []
        for differs, words in ((True, "differs between problem areas"), (False, "is not shown to differ between them")):
            names = [labels.get(c.column, c.column) for c in self.comparisons if (c.p_adjusted < 0.05) is differs]
            parts += [f"Relief in {', '.join(names)} {words}."] if names else []
        return " ".join(parts) or "Relief by problem area: there is only one area, so there is nothing to compare."

    def figures_in_words(self, labels: Mapping[str, str]) -> str:
        """Return the relief in every area, own outcomes first, and the tests."""
        by_area: dict[str, list[AreaRelief]] = {}
        for relief in sorted(self.reliefs, key=lambda r: not r.own_outcome):
            by_area.setdefault(relief.area, []).append(relief)
        sentences = [_area_in_words(area, reliefs, labels) for area, reliefs in sorted(by_area.items())]
        tests = [f"{labels.get(c.column, c.column)} {p_value(c.p_adjusted)}" for c in self.comparisons]
        sentences += [f"Difference between areas, corrected: {', '.join(tests)}."] if tests else []
        several = f"{self.n_several} persons with several areas are left out." if self.n_several else ""
        return " ".join([*sentences, several]).strip()


def _area_label(column: str, labels: Mapping[str, str]) -> str:
    """Return the name of the problem area in a column such as `problem_area_grief`, else the label of the column."""
    return next((a.label for a in ProblemArea if column.endswith(a.value)), labels.get(column, column))


def _area_in_words(area: str, reliefs: Sequence[AreaRelief], labels: Mapping[str, str]) -> str:
    persons = max(relief.n_persons for relief in reliefs)
    parts = []
    for relief in reliefs:
        notes = ["its own outcome"] * relief.own_outcome
        notes += [f"{relief.n_persons} persons"] * (relief.n_persons < persons)
        note = f" ({', '.join(notes)})" if notes else ""
        parts.append(f"{labels.get(relief.column, relief.column)}{note} {relief.relief}")
    return f"{_area_label(area, labels)}, {persons} persons: {', '.join(parts)}."


@dataclass(frozen=True, slots=True)
class Areas:
    """Ask how much relief persons of each problem area have. areas: columns that are 1 for its persons, else 0."""

    areas: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return self.areas

    def answer(self, data: QuestionData) -> AreasAnswer:
        """Standardise change within areas. Raises InputError for a column with values other than 0 and 1."""
        members = self._members(data)
        several = members.sum(axis=0) > 1
        members &= ~several
        reliefs, comparisons = [], []
        for column in (data.outcome, *data.processes):
            first, last, time = first_and_last(data.table, column)
            samples = []
            for area, own in zip(self.areas, members, strict=True):
                rows = own & (time > 0)
                spread = float(first[rows].std(ddof=1)) if rows.sum() >= MIN_PERSONS else 0.0
                if spread > 0:
                    samples.append(pseudo_values(first[rows], data.sign(column) * (last - first)[rows]))
                    reliefs.append(_relief(area, column, first[rows], samples[-1]))
            if len(samples) > 1:
                comparisons.append((column, welch(samples)))
        adjusted = holm([p for _, p in comparisons])
        rows_of_tests = tuple(AreaComparison(c, p, q) for (c, p), q in zip(comparisons, adjusted, strict=True))
        return AreasAnswer("areas", tuple(reliefs), rows_of_tests, int(several.sum()))

    def _members(self, data: QuestionData) -> np.ndarray:
        """Return which persons belong to each area (areas, persons)."""
        members = np.zeros((len(self.areas), data.table.n_persons), dtype=bool)
        for row, area in enumerate(self.areas):
            values = data.table.values[area]
            wrong = values[np.isfinite(values) & ~np.isin(values, (0.0, 1.0))]
            if len(wrong):
                raise InputError(
                    f"the problem area “{area}” must be 0 or 1 in every row (got {wrong[0]:g})",
                    advice="Use one column for each area.",
                )
            members[row, data.table.person[values == 1.0]] = True
        return members


def pseudo_values(first: Array, improvement: Array) -> Array:
    """Return one value per person, with the mean of improvement / SD(first) and its variance by the jackknife.

    The SD is estimated too: its error would otherwise pass for a difference between areas.
    """
    n = len(first)
    without = np.array(
        [np.delete(improvement, i).mean() / max(np.delete(first, i).std(ddof=1), 1e-9) for i in range(n)]
    )
    return np.asarray(improvement.mean() / first.std(ddof=1) + (n - 1) * (without.mean() - without))


def _relief(area: str, column: str, first: Array, relief: Array) -> AreaRelief:
    n = len(relief)
    own = any(area.endswith(name.value) and column.startswith(outcome) for name, outcome in OWN_OUTCOMES.items())
    interval = AnswerInterval.of_t(float(relief.mean()), float(relief.std(ddof=1)) / np.sqrt(n), n - 1)
    return AreaRelief(area, column, own, float(first.mean()), float(first.std(ddof=1)), interval, n)


def welch(samples: Sequence[Array]) -> float:
    """Return p of Welch's test that all means are equal (Welch 1951)."""
    k = len(samples)
    n = np.array([len(s) for s in samples], dtype=float)
    weight = n / np.array([s.var(ddof=1) for s in samples])
    means, total = np.array([s.mean() for s in samples]), weight.sum()
    between = float((weight * (means - (weight * means).sum() / total) ** 2).sum()) / (k - 1)
    spread = float(((1 - weight / total) ** 2 / (n - 1)).sum())
    statistic = between / (1 + 2 * (k - 2) / (k**2 - 1) * spread)
    return float(f_tail(statistic, (k - 1.0, (k**2 - 1) / (3 * spread))))
