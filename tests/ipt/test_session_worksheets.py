"""Session worksheets as dialogues, options and rating shifts."""

from __future__ import annotations

import pytest

from securebase.ipt.parsing import parse_values
from securebase.ipt.rating_shift import RatingShift, rating_shift
from securebase.ipt.shelf import worksheet
from securebase.ipt.worksheets.communication_analysis.behaviour import Turn, dialogue
from securebase.ipt.worksheets.decision_analysis.behaviour import weighed_options


def test_a_dialogue_keeps_its_lines_in_order_with_labelled_faults() -> None:
    typed = {
        "lines": [
            {"speaker": "client", "said": "You are late", "heard": "You are bad", "faults": ["indirect", "attack"]},
            {"speaker": "silence", "said": "Nobody spoke"},
            {"said": "I was worried", "better": "Call me next time"},
        ]
    }
    turns = dialogue(parse_values(worksheet("communication_analysis"), typed).values)
    assert turns == (
        Turn("client", "You are late", heard="You are bad", faults=("Indirect", "Sounded like an attack")),
        Turn("silence", "Nobody spoke"),
        Turn("client", "I was worried", better="Call me next time"),
    )
    assert dialogue({}) == ()


def test_the_chosen_option_matches_in_any_case_and_spacing() -> None:
    typed = {"options": [{"option": "Stay", "rating": "0"}, {"option": "Move out"}], "chosen": " move  OUT"}
    options = weighed_options(parse_values(worksheet("decision_analysis"), typed).values)
    assert [(o.option, o.rating, o.chosen) for o in options] == [("Stay", 0.0, False), ("Move out", None, True)]
    unchosen = weighed_options({"options": ({"good": "something"},)})
    assert [o.chosen for o in unchosen] == [False]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"a": 3.0, "b": 7.0}, "3 → 7"),
        ({"a": 0.0, "b": 7.0}, "0 → 7"),
        ({"b": 7.0}, "? → 7"),
    ],
)
def test_a_rating_shift_in_words(values: dict[str, float], words: str) -> None:
    shift = rating_shift(values, "a", "b")
    assert isinstance(shift, RatingShift)
    assert shift.words == words


def test_without_ratings_there_is_no_shift() -> None:
    assert rating_shift({"a": True, "b": "7"}, "a", "b") is None
