"""The formulation from its parts: the client's words, in order, and nothing else but connectives."""

from __future__ import annotations

import random

import pytest

from securebase.ipt.formulation import CLASSIC, TRIAD, add_draft, formulation_parts, write_narrative
from securebase.ipt.shelf import worksheet

BOTH = [("triad", TRIAD), ("classic", CLASSIC)]


@pytest.mark.parametrize(("form", "parts"), BOTH)
def test_every_part_is_a_field_of_the_worksheet_for_that_form(form: str, parts: tuple) -> None:
    fields = {f.id for f in worksheet("formulation").fields_for(form)}
    assert {p.field for p in parts} <= fields
    assert formulation_parts(form) == parts


def test_a_triad_is_said_in_one_piece() -> None:
    values = {
        "stressor": "we moved in March",
        "vulnerability": "I never ask for help",
        "support": "my sister is far away now.",
        "symptoms": "I cannot sleep",
    }
    assert write_narrative(values, "triad") == (
        "We moved in March. All the more because: I never ask for help. And at the same time: my sister is far "
        "away now. And so: I cannot sleep."
    )


@pytest.mark.parametrize(("form", "parts"), BOTH)
def test_nothing_stands_in_it_but_the_words_that_were_said_and_connectives(form: str, parts: tuple) -> None:
    rng = random.Random(4)
    said = ["ich", "mother’s", "work", "no", "never.", "why?", "<b>bold</b>", "{{ x }}", "“so”", "a\nb", "2019", "é"]
    for _ in range(200):
        values = {p.field: " ".join(rng.choices(said, k=rng.randint(0, 6))) for p in parts}
        joins = {w for p in parts for w in p.joins.split()}
        kept = [w for w in write_narrative(values, form).split() if w not in joins]
        wanted = [w for p in parts for w in str(values[p.field]).split()]
        assert [w.rstrip(".").casefold() for w in kept] == [w.rstrip(".").casefold() for w in wanted]


def test_what_looks_like_a_page_or_a_formula_stays_plain_text() -> None:
    values = {"stressor": "<script>alert(1)</script>", "symptoms": "=1+1"}
    assert write_narrative(values, "triad") == "<script>alert(1)</script>. And so: =1+1."


@pytest.mark.parametrize(
    "values", [{}, {"stressor": "  \n "}, {"stressor": None}, {"stressor": 3.0}, {"narrative": "x"}]
)
def test_without_parts_there_is_nothing_to_say(values: dict) -> None:
    assert write_narrative(values, "triad") == ""


def test_an_only_part_needs_no_connective() -> None:
    assert write_narrative({"support": "Nobody was there!"}, "triad") == "Nobody was there!"


def test_a_draft_replaces_nothing_that_was_written() -> None:
    assert add_draft("", "New.") == "New."
    assert add_draft("Old.\n", "New.") == "Old.\n\nNew."
    assert add_draft("Old. New. More.", "New.") == "Old. New. More."
    assert add_draft("Old.", "") == "Old."
