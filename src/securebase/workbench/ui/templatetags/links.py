"""Tag for the query string of a link, and a filter that links the telephone numbers of a text."""

from __future__ import annotations

from urllib.parse import urlencode

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from securebase.workbench.ui.phone_numbers import PHONE_NUMBER, dial_string

register = template.Library()


@register.simple_tag
def query(**parameters: object) -> str:
    """Return "?name=value&…" of the parameters that have a value, in their order; nothing if none has."""
    given = {name: value for name, value in parameters.items() if value}
    return f"?{urlencode(given, safe='/')}" if given else ""


@register.filter
def phone_links(text: str) -> SafeString:
    """Return a text with its telephone numbers as links that a phone dials on a tap."""
    parts, end = [], 0
    for match in PHONE_NUMBER.finditer(text):
        link = format_html('<a class="phone-number" href="tel:{}">{}</a>', dial_string(match[0]), match[0])
        parts += [text[end : match.start()], link]
        end = match.end()
    return format_html_join("", "{}", ((part,) for part in (*parts, text[end:])))
