"""The code defines every name in the second column of the glossary."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from each import each

ROOT = Path(__file__).parents[2]
ROWS = [
    line.split("|")[2]
    for line in (ROOT / "GLOSSARY.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith(("| ---", "| Term"))
]
NAMES = sorted({name for row in ROWS for name in re.findall(r"`([^`]+)`", row)})


def definitions(tree: ast.Module) -> Iterator[str]:
    """Yield the classes, functions and constants of a module, and `member` and `Class.member` of its classes."""
    for scope in ast.walk(tree):
        if not isinstance(scope, ast.Module | ast.ClassDef):
            continue
        for statement in scope.body:
            for name in defined_names(statement):
                yield name
                if isinstance(scope, ast.ClassDef):
                    yield f"{scope.name}.{name}"


def defined_names(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case ast.Assign(targets=targets):
            return [target.id for target in targets if isinstance(target, ast.Name)]
        case _:
            return []


@cache
def defined() -> set[str]:
    files = (ROOT / "src").rglob("*.py")
    return {name for file in files for name in definitions(ast.parse(file.read_text(encoding="utf-8")))}


def test_the_glossary_names_code() -> None:
    assert len(NAMES) > 30


@each(NAMES)
def test_every_name_in_the_glossary_is_defined_in_src(name: str) -> None:
    assert name in defined(), f"GLOSSARY.md names `{name}`, but src does not define it"


def test_a_word_in_quotes_or_a_parameter_is_no_definition() -> None:
    module = ast.parse("A = 'B'\ndef f(c):\n    d = 1\nclass E:\n    g: int\n    H = 1\n    def i(self): ...\n")
    assert {*definitions(module)} == {"A", "f", "E", "g", "E.g", "H", "E.H", "i", "E.i"}


def test_every_term_has_one_entry() -> None:
    lines = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8").splitlines()
    terms = [line.split("|")[1].strip() for line in lines if line.startswith("| ")]
    terms = [term for term in terms if term not in ("Term", "---")]
    assert [term for term in terms if terms.count(term) > 1] == []
