"""Format differences between scores with the rounding of the picture, so that two pages never disagree."""

from __future__ import annotations

from django import template

from securebase.picture import phrases

register = template.Library()


@register.simple_tag
def points_between(first: float, last: float) -> str:
    """Return the difference between both rounded scores, like “−4.4”."""
    return phrases.signed_number(phrases.shown_difference(first, last))


@register.filter
def whole_percent(value: float) -> str:
    """Return a whole percentage with its sign, like “−77%”."""
    text = phrases.number(value, 0)
    return f"{text if text == '0' or value < 0 else '+' + text}%"


@register.filter
def score(value: float) -> str:
    """Return a score with at most one decimal."""
    return phrases.number(value)


@register.filter
def threshold(value: float) -> str:
    """Return a threshold of change as every page and report writes it, with two decimals where it has them."""
    return phrases.number(value, 2)
