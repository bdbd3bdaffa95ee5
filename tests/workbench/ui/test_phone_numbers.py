"""Telephone numbers in a text: which digits are one, and the link that dials it."""

from __future__ import annotations

import pytest

from securebase.workbench.ui.phone_numbers import PHONE_NUMBER, dial_string, names_a_number
from securebase.workbench.ui.templatetags.links import phone_links


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("call 112 now", ["112"]),
        ("TelefonSeelsorge: 0800 111 0 111.", ["0800 111 0 111"]),
        ("Samaritans 116 123, day and night", ["116 123"]),
        ("+44 (0)20 7946 0958 or 020-7946-0959", ["+44 (0)20 7946 0958", "020-7946-0959"]),
        ("(988)", ["988"]),
        ("open from 18:00 to 20:30, 24/7", []),
        ("since 3.141 we ask 50 % of 1,200 people", []),
        ("room B204", []),
        ("", []),
    ],
)
def test_finds_numbers_of_three_digits_or_more(text: str, numbers: list[str]) -> None:
    assert [m[0] for m in PHONE_NUMBER.finditer(text)] == numbers
    assert names_a_number(text) is bool(numbers)


def test_dials_digits_and_keeps_the_country_code() -> None:
    assert dial_string("0800 111 0 111") == "08001110111"
    assert dial_string("+44 (0)20 7946 0958") == "+442079460958"


def test_links_numbers_and_escapes_the_rest() -> None:
    assert phone_links("<b>Call</b> 116 123 & rest") == (
        '&lt;b&gt;Call&lt;/b&gt; <a class="phone-number" href="tel:116123">116 123</a> &amp; rest'
    )
