"""The picture and the Measures page format a change alike."""

from __future__ import annotations

import pytest
from django.template import Context, Template

from securebase.picture import phrases

TEMPLATE = Template(
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
def test_change_is_formatted_alike_on_both_pages(first: float, last: float, text: str) -> None:
    percent = 100 * (last - first) / first
    assert TEMPLATE.render(Context({"first": first, "last": last, "percent": percent})) == text
    if last != first:
        sentence = phrases.change_sentence(phrases.shown_difference(first, last), percent, "within_error", None)
        points, percentage = text.split()[2:]
        assert f"({percentage.lstrip('+−')})" in sentence
        assert sentence.startswith(points.lstrip("+−"))


def test_negative_numbers_have_a_minus_sign() -> None:
    text = TEMPLATE.render(Context({"first": 9.0, "last": 2.0, "percent": -77.8}))
    assert "-" not in text
