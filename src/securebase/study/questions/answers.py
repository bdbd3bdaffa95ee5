"""Answers to the further questions of a study, from rows of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from securebase.model.observations import Measures, panel
from securebase.model.panel import Panel
from securebase.records.cohort import Cohort
from securebase.study.questions.question import Answer, Question, QuestionData
from securebase.study.suitability import unsuitable_columns
from securebase.study.table import SessionTable


def columns_of(questions: Sequence[Question]) -> tuple[str, ...]:
    """Return the columns that questions need besides outcome and processes, each once."""
    return tuple(dict.fromkeys(name for question in questions for name in question.columns))


def answer_questions(
    questions: Sequence[Question],
    cohort: Cohort,
    processes: Sequence[str],
    measures: Measures | None,
    build_table: Callable[[Panel], SessionTable],
    *,
    progress: Callable[[str], None],
) -> tuple[Answer, ...]:
    """Answer further questions in a table of their own, so that their rows leave all other findings unchanged."""
    if not questions:
        return ()
    names = (cohort.outcome, *processes)
    rows = panel(cohort, names, measures=measures)
    if unsuitable := unsuitable_columns(rows):
        rows = panel(cohort, tuple(name for name in names if name not in unsuitable), measures=measures)
    columns = tuple(dict.fromkeys((*names, *columns_of(questions))))
    table_rows = panel(cohort, columns, measures=measures)
    table = build_table(table_rows)
    directions = {name: cohort.construct(name).direction for name in columns}
    data = QuestionData(cohort, table_rows.persons, table, rows, cohort.outcome, tuple(processes), directions, progress)
    return tuple(question.answer(data) for question in questions)
