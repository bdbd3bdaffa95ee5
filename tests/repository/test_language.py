"""The check of relapses finds planted phrases, and nothing in harmless sentences."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


def load_check() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_language", ROOT / "tools" / "check_language.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


check = load_check()
#: In pieces, so that this file holds none of them.
PLANTED = [
    "Who" "ever looks pulls.",
    "true in nine cha" "nces in ten",
    "The page had gro" "wn old.",
    "This is noth" "ing that one asks.",
    "reports of made-up cli" "ents",
    "reports of made up cli" "ents",
    "Wha" "t stands in a worksheet",
    "what is me" "ant to be measured",
    "a scale that has its tu" "rn",
    "it can be told fro" "m zero",
    "every person's own mean ta" "ken out",
    "own lines over time are ta" "ken out",
    "the common course of all persons is tak" "en out",
    "taken o" "ut of all the means",
]  # fmt: skip


@pytest.mark.parametrize("text", PLANTED)
def test_a_planted_phrase_is_found(text: str) -> None:
    assert len(list(check.find(text))) == 1
    assert len(list(check.find(text.upper()))) == 1


@pytest.mark.parametrize("text", [t for t in PLANTED if " " in t])
@pytest.mark.parametrize("gap", ["\n", "\n    # ", "\n> ", '"\n        f"', "* ", "\n *\t"])
def test_a_phrase_is_found_across_lines(text: str, gap: str) -> None:
    assert len(list(check.find(text.replace(" ", gap)))) == 1


def test_every_phrase_of_the_list_is_planted_here() -> None:
    for phrase in check.phrases():
        assert any(list(check.find(text, [phrase])) for text in PLANTED), phrase


def test_the_line_of_a_phrase_is_named() -> None:
    word = "who" + "ever"
    assert list(check.find(f"one\ntwo\nthe {word}\n")) == [(3, word)]


@pytest.mark.parametrize(
    "text",
    [
        "The old server was taken out of service.",
        "Lena is taken out of the inventory.",
        "This line ends here. The person was taken out.",
        "He grew old, and the mean is adjusted for the line over time.",
        "Say what: stands are for bicycles.",
        "told apart from zero",
    ],
)
def test_harmless_sentences_pass(text: str) -> None:
    assert list(check.find(text)) == []
