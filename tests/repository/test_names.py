"""Names in the code: unique classes, nouns for variables, and docstrings that do not begin with a relative clause."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("src", "tests", "benchmarks", "docs", "examples", "tools")
#: Participles and a preposition that say nothing of what a variable holds.
EMPTY_NAMES = {"found", "made", "said", "told", "there", "kept"}
#: Pronouns, prepositions, participles and verbs that name nothing either; forbidden in src only.
ODD_NAMES = {
    *("another", "besides", "how", "it", "them", "these", "they", "this", "those", "we", "who", "whom", "whose", "you"),
    *("around", "beside", "into", "onto", "together", "under", "upon"),
    *("bound", "came", "come", "got", "lettered", "put", "stood", "taken", "went", "worded", "written"),
    *("has", "have", "lies", "stands", "wants", "was", "were", "would"),
}
#: Stored under this name: file → names that stay, because a database or a file that people have would change.
STORED = {
    "src/securebase/model/processes.py": {"kept"},  # key of [after_the_end] in scenario files
    "src/securebase/workbench/worksheets/models.py": {"said"},  # column of ArtefactVersion
}
#: A relative clause is not a summary.
FIRST_WORDS = {"what", "who", "where", "whether", "how", "which", "whose", "everything", "everybody", "nobody"}


@dataclass(frozen=True)
class Contents:
    """The part of a file that these tests read: its classes, the names that it binds, and openings of docstrings."""

    classes: list[str]
    names: list[tuple[int, str]]
    clauses: list[tuple[int, str]]


def read(text: str) -> Contents:
    tree = ast.parse(text)
    nodes = list(ast.walk(tree))
    classes = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    return Contents(classes, list(bound_names(nodes)), clauses(nodes))


@cache
def files() -> dict[str, Contents]:
    """Return every Python file by its path from the root; each is parsed once for all tests."""
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    return {str(path.relative_to(ROOT)): read(path.read_text(encoding="utf-8")) for path in paths}


def bound_names(nodes: list[ast.AST]) -> Iterator[tuple[int, str]]:
    """Yield line and name of everything that a file names: variables, parameters, attributes, functions, imports."""
    for node in nodes:
        match node:
            case ast.Name(ctx=ast.Store()):
                yield node.lineno, node.id
            case ast.Attribute(ctx=ast.Store()):
                yield node.lineno, node.attr
            case ast.arg():
                yield node.lineno, node.arg
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.lineno, node.name
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield node.lineno, name
            case ast.MatchMapping(rest=str(name)):
                yield node.lineno, name
            case ast.alias(asname=str(name)):
                yield node.lineno, name


def among(words: set[str], contents: Contents) -> list[tuple[int, str]]:
    """Return the names that are such a word; a leading underscore does not change that."""
    return [(line, name) for line, name in contents.names if name.strip("_") in words]


def clauses(nodes: list[ast.AST]) -> list[tuple[int, str]]:
    """Return line and first word of the docstrings that begin with a relative clause."""
    result = []
    for node in nodes:
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            words = (ast.get_docstring(node) or "").split()
            first = words[0].strip("“”\"'`(*,:;") if words else ""
            if first.lower() in FIRST_WORDS:
                result.append((getattr(node, "lineno", 1), first))
    return result


def test_class_names_are_unique_in_the_package() -> None:
    modules = defaultdict(list)
    for file, contents in files().items():
        if file.startswith("src/securebase/") and "/migrations/" not in file:
            for name in contents.classes:
                modules[name].append(file)
    assert len(modules) > 300
    repeated = {name: places for name, places in modules.items() if len(places) > 1}
    assert repeated == {}, "two classes have the same name: rename one of them"


def test_there_are_no_uninformative_names() -> None:
    names = {f: n for f, c in files().items() if (n := among(EMPTY_NAMES - STORED.get(f, set()), c))}
    assert names == {}, "use a noun for the content (file: line, name)"


def test_no_name_of_the_package_is_a_pronoun_a_preposition_or_a_participle() -> None:
    names = {f: n for f, c in files().items() if f.startswith("src/") and (n := among(ODD_NAMES, c))}
    assert names == {}, "use a noun for the content (file: line, name)"


def test_no_docstring_begins_with_a_relative_clause() -> None:
    openings = {f: c.clauses for f, c in files().items() if c.clauses}
    assert openings == {}, "begin with an imperative verb or a noun (file: line, first word)"


def test_stored_names_still_exist() -> None:
    for file, names in STORED.items():
        assert {name for _, name in files()[file].names} >= names


def test_every_kind_of_binding_is_detected() -> None:
    text = """
import json as kept
def f(found, /, made, *said, told=1, **there): pass
def _told(): pass
kept = 1
(made := 2)
for said in []: pass
with open("x") as there: pass
self.found = 1
[0 for told in []]
lambda kept: 0
try: pass
except ValueError as made: pass
match 1:
    case [found, *said]: pass
    case {"a": there, **kept}: pass
"""
    assert len(among(EMPTY_NAMES, read(text))) == 19


def test_a_relative_clause_is_detected() -> None:
    text = 'class A:\n    """What it is."""\n    def f(self):\n        """Return what it is."""\n'
    assert read(text).clauses == [(1, "What")]
