"""The picture and the page of measures write one change in one way."""

from __future__ import annotations

import pytest
from django.template import Context, Template

from securebase.picture import phrases

SHOWN = Template(
    "{% load changes %}{{ first|score }} {{ last|score }} {% points_between first last %} {{ percent|whole_percent }}"
)


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        (8.0, 9.0, "8 9 +1 +13%"),
        (17 / 3, 4 / 3, "5.7 1.3 −4.4 −76%"),
        (6.0, 6.0, "6 6 0 0%"),
    ],
)
def test_a_change_reads_the_same_on_both_pages(first: float, last: float, text: str) -> None:
    percent = 100 * (last - first) / first
    assert SHOWN.render(Context({"first": first, "last": last, "percent": percent})) == text
    if last != first:
        sentence = phrases.change_sentence(phrases.shown_difference(first, last), percent, "within_error", None)
        shown, share = text.split()[2:]
        assert f"({share.lstrip('+−')})" in sentence
        assert sentence.startswith(shown.lstrip("+−"))


def test_no_hyphen_stands_for_a_minus() -> None:
    shown = SHOWN.render(Context({"first": 9.0, "last": 2.0, "percent": -77.8}))
    assert "-" not in shown
