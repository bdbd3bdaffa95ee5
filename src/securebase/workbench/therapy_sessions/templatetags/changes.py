"""Differences between scores as the picture writes them: one rounding rule, so that two pages never disagree."""

from __future__ import annotations

from django import template

from securebase.picture import phrases

register = template.Library()


@register.simple_tag
def points_between(first: float, last: float) -> str:
    """“−4.4”: the difference of both scores as they are shown."""
    return phrases.signed_number(phrases.shown_difference(first, last))


@register.filter
def whole_percent(value: float) -> str:
    """“−77%”, in whole percent."""
    text = phrases.number(value, 0)
    return f"{text if text == '0' or value < 0 else '+' + text}%"


@register.filter
def score(value: float) -> str:
    """A score with one decimal at most."""
    return phrases.number(value)
