"""The bars of outcomes: one for each statement and group, with figures, on a page and on a phone."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from securebase.charts.outcome_bars import describe_bars, outcome_bars
from securebase.charts.render import svg
from securebase.charts.style import FULL_WIDTH, PHONE_WIDTH
from securebase.measurement.course_outcome import OutcomeStatement
from securebase.study.outcomes.shares import PersonShare


def shares(**counts: int) -> dict[OutcomeStatement, PersonShare]:
    return {
        OutcomeStatement[name]: share for name, count in counts.items() if (share := PersonShare.of_count(count, 40))
    }


@pytest.mark.parametrize("width", [FULL_WIDTH, PHONE_WIDTH])
@pytest.mark.parametrize("names", [("All",), ("ipt", "waiting list")])
def test_every_statement_has_a_bar_for_each_group(width: int, names: tuple[str, ...]) -> None:
    groups = {name: shares(RESPONSE=24, DETERIORATION=2 + i) for i, name in enumerate(names)}
    drawing = svg(outcome_bars(groups, width=width))
    root = ElementTree.fromstring(drawing)
    texts = [element.text or "" for element in root.iter()]
    assert texts.count("60% (45 to 74), 24 of 40") == len(names)
    assert texts.count("Response") == texts.count("Reliable deterioration") == 1
    assert (len(names) > 1) is ("waiting list" in texts)
    assert not any("Remission" in text for text in texts[1:])
    assert float((root.get("viewBox") or "").split()[2]) == pytest.approx(width, abs=20)
    assert "8% (3 to 20), 3 of 40" in describe_bars(groups) or len(names) == 1
