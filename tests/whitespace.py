"""Whitespace of pages as people see it: runs are one space, and none is left where a browser shows none."""

from __future__ import annotations

import re

_KEPT = re.compile(r"(<(textarea|pre|script|style)\b.*?</\2>)", re.DOTALL | re.IGNORECASE)
_BLOCK = (
    "html|head|body|title|meta|link|base|main|header|footer|nav|section|article|aside|div|p|h[1-6]|ul|ol|li|dl|dt|dd|table"
    "|thead|tbody|tfoot|tr|td|th|caption|form|fieldset|legend|details|summary|figure|figcaption|blockquote|hr|option|br"
)
_AROUND_BLOCK = re.compile(rf" ?(</?(?:{_BLOCK})\b(?:[^>\"]|\"[^\"]*\")*>) ?")
_IN_BUTTON = re.compile(r"(<(?:button|select)\b(?:[^>\"]|\"[^\"]*\")*>) | (?=</(?:button|select)>)")
_AFTER_SPACE = re.compile(
    rf"((?: |<(?:{_BLOCK})\b(?:[^>\"]|\"[^\"]*\")*>)(?:<(?:a|b|q|small|span)\b(?:[^>\"]|\"[^\"]*\")*>)+) "
)


def collapse_whitespace(html: str) -> str:
    """Return `html` without the whitespace that a browser does not show. Text areas and scripts stay as they are."""
    parts = _KEPT.split(html)  # text, then a kept element and its name, then text …
    for i in range(0, len(parts), 3):
        text = _AROUND_BLOCK.sub(r"\1", re.sub(r"\s+", " ", parts[i]))
        parts[i] = _AFTER_SPACE.sub(r"\1", _IN_BUTTON.sub(r"\1", text))
    return "".join(part for i, part in enumerate(parts) if i % 3 != 2)
