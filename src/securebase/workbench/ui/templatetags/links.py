"""Tag for the query string of a link."""

from __future__ import annotations

from urllib.parse import urlencode

from django import template

register = template.Library()


@register.simple_tag
def query(**parameters: object) -> str:
    """Return "?name=value&…" of the parameters that have a value, in their order."""
    return "?" + urlencode({name: value for name, value in parameters.items() if value}, safe="/")
