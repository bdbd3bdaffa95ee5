"""Values that one worksheet passes on to the next."""

from __future__ import annotations

import pytest

from securebase.ipt.follow_up import follow_up_values
from securebase.ipt.shelf import worksheet, worksheets
from securebase.ipt.worksheet import LINE_LENGTH, FieldKind


def test_an_incident_passes_on_its_event_as_one_line() -> None:
    values = follow_up_values(
        worksheet("incident"), {"what_happened": "She said\nno", "feeling": "hurt"}, worksheet("communication_analysis")
    )
    assert values == {"about_what": "She said no"}


def test_a_long_text_is_cut_at_a_word() -> None:
    text = "word " * 100
    values = follow_up_values(worksheet("incident"), {"what_happened": text}, worksheet("communication_analysis"))
    line = values["about_what"]
    assert isinstance(line, str)
    assert len(line) <= LINE_LENGTH
    assert set(line.removesuffix("…").split()) == {"word"}


@pytest.mark.parametrize(("first", "second"), [("incident", "telling"), ("contract", "gains")])
def test_unrelated_worksheets_pass_on_no_values(first: str, second: str) -> None:
    assert follow_up_values(worksheet(first), {"what_happened": "x", "story": "y"}, worksheet(second)) == {}


def test_fields_passed_on_are_texts() -> None:
    pairs = [(spec, follow_up) for spec in worksheets().values() for follow_up in spec.follows]
    assert len(pairs) == 5
    for target, follow_up in pairs:
        for name, origin in follow_up.fields.items():
            kinds = {f.kind for f in (target.field(name), worksheet(follow_up.worksheet).field(origin)) if f}
            assert kinds <= {FieldKind.LINE, FieldKind.TEXT}
