"""Query strings of links."""

from __future__ import annotations

import re

from django.template import Context, Template

from securebase.workbench.ui import kit
from securebase.workbench.ui.templatetags.links import query


def test_parameters_without_a_value_are_left_out() -> None:
    assert query(next="/clients/7/?zoom=life", about="", session=None) == "?next=/clients/7/%3Fzoom%3Dlife"
    assert query(about=None) == ""


def test_a_page_escapes_the_query() -> None:
    source = '<a href="{% query from=first next=second %}">'
    assert Template(source).render(Context({"first": 1, "second": "/a/"})) == '<a href="?from=1&amp;next=/a/">'


def test_no_template_writes_a_query_by_hand() -> None:
    by_hand = [
        f"{path.name}: {address}"
        for path in kit.FOLDER.parents[1].rglob("*.html")
        for address in re.findall(r'href="[^"]*\?\w+=[^"]*"', path.read_text(encoding="utf-8"))
    ]
    assert by_hand == []
