"""Tag for the query string of a link."""

from __future__ import annotations

from urllib.parse import urlencode

from django import template

register = template.Library()


@register.simple_tag
def query(**parameters: object) -> str:
    """Return "?name=value&…" of the parameters that have a value, in their order; nothing if none has."""
    given = {name: value for name, value in parameters.items() if value}
    return f"?{urlencode(given, safe='/')}" if given else ""
