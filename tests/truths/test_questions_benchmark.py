"""The checked-in results of the further questions of a study, and the figures that the commands' page quotes."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[2]
questions: ModuleType = import_module("benchmarks.questions")


def stored_results() -> list[Any]:
    stored = json.loads((ROOT / "docs" / "benchmarks.json").read_text("utf-8"))["questions"]
    return [questions.QuestionRate(**result) for result in stored["results"]]


def test_no_answer_states_an_effect_too_often_where_there_is_none() -> None:
    results = stored_results()
    assert [(r.option, r.truth, r.replications) for r in results] == [
        (c.option, c.truth, c.replications) for c in questions.CELLS
    ]
    assert [r.truth for r in results if not r.has_effect and r.stated > questions.limit(r)] == []
    assert {r.option for r in results if r.has_effect and r.stated > 0.8} >= {"--agreement", "--gain", "--factor"}


def test_the_page_of_the_commands_quotes_the_power_of_every() -> None:
    stated = {r.truth: r.stated for r in stored_results()}
    fifth, three_tenths = (
        stated[name] for name in ("a fifth of persons have the opposite association", "three tenths have it")
    )
    text = " ".join((ROOT / "docs" / "commands.md").read_text("utf-8").split())
    quoted = (
        f"in {fifth:.0%} of tables if a fifth of the persons have the opposite association, and in {three_tenths:.0%}"
    )
    assert quoted in text


def test_a_rate_above_the_target_is_said_first() -> None:
    results = stored_results()
    assert questions.highlights(results)[0].endswith(": met.")
    worse = [replace(results[0], stated=0.2), *results[1:]]
    assert "**not met** in 1 of" in questions.highlights(worse)[0]


def test_a_cell_states_what_its_answer_does() -> None:
    """One table of each kind that fits no model."""
    assert [questions.CELLS[i].states(1) for i in (0, 3, 4, 8, 9, 13, 15, 18)] == [
        *(False, True, False, True, False, False, False, True)
    ]
