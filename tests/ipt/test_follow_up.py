"""What one worksheet hands on to the next."""

from __future__ import annotations

import pytest

from securebase.ipt import follow_up
from securebase.ipt.shelf import worksheet
from securebase.ipt.worksheet import LINE_LENGTH, FieldKind


def test_an_incident_hands_on_what_happened_as_one_line() -> None:
    found = follow_up.follow_up_values(
        worksheet("incident"), {"what_happened": "She said\nno", "feeling": "hurt"}, worksheet("communication_analysis")
    )
    assert found == {"about_what": "She said no"}


def test_a_long_text_is_cut_at_a_word() -> None:
    text = "word " * 100
    found = follow_up.follow_up_values(
        worksheet("incident"), {"what_happened": text}, worksheet("communication_analysis")
    )
    line = found["about_what"]
    assert isinstance(line, str)
    assert len(line) <= LINE_LENGTH
    assert set(line.removesuffix("…").split()) == {"word"}


@pytest.mark.parametrize(("first", "second"), [("incident", "telling"), ("contract", "gains")])
def test_two_that_do_not_meet_hand_nothing_on(first: str, second: str) -> None:
    assert follow_up.follow_up_values(worksheet(first), {"what_happened": "x", "story": "y"}, worksheet(second)) == {}


def test_what_is_handed_on_is_on_the_shelf() -> None:
    for (first, second), pairs in follow_up._HANDED_ON.items():
        for target, origin in pairs.items():
            of, source = worksheet(second).field(target), worksheet(first).field(origin)
            assert of is not None
            assert source is not None
            assert {of.kind, source.kind} <= {FieldKind.LINE, FieldKind.TEXT}
