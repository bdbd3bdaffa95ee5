"""The draft of a formulation: the client's words in order, joined by connectives and nothing else."""

from __future__ import annotations

import random

import pytest

from securebase.ipt.formulation import CLASSIC, TRIAD, add_draft, formulation_parts, write_narrative
from securebase.ipt.shelf import worksheet

BOTH = [("triad", TRIAD), ("classic", CLASSIC)]


@pytest.mark.parametrize(("kind", "parts"), BOTH)
def test_every_part_is_a_field_of_the_worksheet_for_that_kind(kind: str, parts: tuple) -> None:
    fields = {f.id for f in worksheet("formulation").fields_for(kind)}
    assert {p.field for p in parts} <= fields
    assert formulation_parts(kind) == parts


def test_a_triad_becomes_one_text() -> None:
    values = {
        "stressor": "we moved in March",
        "vulnerability": "I never ask for help",
        "support": "my sister is far away now.",
        "symptoms": "I cannot sleep",
    }
    assert write_narrative(values, "triad") == (
        "We moved in March. Why it hit so hard: I never ask for help. Support at the time: my sister is far away now. "
        "Since then: I cannot sleep."
    )


@pytest.mark.parametrize(("kind", "parts"), BOTH)
def test_the_text_holds_only_the_clients_words_and_connectives(kind: str, parts: tuple) -> None:
    rng = random.Random(4)
    words = ["ich", "mother’s", "work", "no", "never.", "why?", "<b>bold</b>", "{{ x }}", "“so”", "a\nb", "2019", "é"]
    for _ in range(200):
        values = {p.field: " ".join(rng.choices(words, k=rng.randint(0, 6))) for p in parts}
        connectives = {w for p in parts for w in p.connective.split()}
        narrative_words = [w for w in write_narrative(values, kind).split() if w not in connectives]
        expected = [w for p in parts for w in str(values[p.field]).split()]
        assert [w.rstrip(".").casefold() for w in narrative_words] == [w.rstrip(".").casefold() for w in expected]


def test_html_and_spreadsheet_formulas_stay_plain_text() -> None:
    values = {"stressor": "<script>alert(1)</script>", "symptoms": "=1+1"}
    assert write_narrative(values, "triad") == "<script>alert(1)</script>. Since then: =1+1."


@pytest.mark.parametrize(
    "values", [{}, {"stressor": "  \n "}, {"stressor": None}, {"stressor": 3.0}, {"narrative": "x"}]
)
def test_without_parts_the_text_is_empty(values: dict) -> None:
    assert write_narrative(values, "triad") == ""


def test_a_single_part_needs_no_connective() -> None:
    assert write_narrative({"support": "Nobody was there!"}, "triad") == "Nobody was there!"


def test_a_draft_replaces_no_existing_text() -> None:
    assert add_draft("", "New.") == "New."
    assert add_draft("Old.\n", "New.") == "Old.\n\nNew."
    assert add_draft("Old. New. More.", "New.") == "Old. New. More."
    assert add_draft("Old.", "") == "Old."
