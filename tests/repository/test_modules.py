"""Size of the modules, and imports that go one way."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median

SRC = Path(__file__).parents[2] / "src"
MAX_LINES, MAX_MEDIAN = 400, 110


@cache
def texts() -> dict[str, str]:
    """Return every module of the package by its dotted name; a package has the name of its folder."""
    modules = {}
    for file in sorted((SRC / "securebase").rglob("*.py")):
        parts = file.relative_to(SRC).with_suffix("").parts
        modules[".".join(part for part in parts if part != "__init__")] = file.read_text(encoding="utf-8")
    return modules


def imported(text: str) -> Iterator[str]:
    """Yield the modules of the package that a text imports, wherever in it."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in texts() else node.module


def test_no_module_is_longer_than_a_reader_can_hold() -> None:
    lengths = {name: text.count("\n") for name, text in texts().items()}
    assert {name: n for name, n in lengths.items() if n > MAX_LINES} == {}
    assert median(n for n in lengths.values() if n > 1) <= MAX_MEDIAN


def test_no_two_modules_import_each_other() -> None:
    graph = {name: {other for other in imported(text) if other in texts()} for name, text in texts().items()}
    both_ways = [(a, b) for a, targets in graph.items() for b in targets if a < b and a in graph[b]]
    assert both_ways == []
    # the reading of imports itself is right
    assert "securebase.picture.series" in graph["securebase.picture.client"]
    assert "securebase.picture.phrases" in graph["securebase.picture.client"]
