"""Charts encode their columns with channel objects.

For a text such as “high:Q” Altair builds a table of all its classes, which takes a hundred times longer.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "securebase"


def texts_as_channels(code: str) -> Iterator[str]:
    """Yield line and channel of every column that is encoded by a text."""
    for call in ast.walk(ast.parse(code)):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "encode":
            for argument in call.keywords:
                if isinstance(argument.value, ast.JoinedStr | ast.Constant):
                    yield f"{argument.value.lineno}: {argument.arg}"


def test_no_column_is_encoded_by_a_text() -> None:
    charts = sorted((SOURCE / "charts").rglob("*.py"))
    assert len(charts) > 30
    assert {str(p): lines for p in charts if (lines := list(texts_as_channels(p.read_text("utf-8"))))} == {}


def test_a_planted_text_is_reported() -> None:
    code = 'base.encode(x=alt.X("a:Q"), x2="b:Q",\n y2=f"{c}:Q")\n"text".encode("utf-8")'
    assert list(texts_as_channels(code)) == ["1: x2", "2: y2"]
