"""TOML files are read, and objects become plain data, by the functions of `schema.py`, not by hand.

Counted are functions outside `schema.py` that read TOML or list a folder of TOML files, that call a converter of the
standard library or of msgspec, or that copy at least `COPIED` attributes into a dictionary under their own names. Rows
of charts and contexts of templates are no data to be read back: their rooms are left out of the last count.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "securebase"
COPIED = 6
CONVERTERS = {"asdict", "astuple", "msgspec.to_builtins", "msgspec.convert"}
DRAWN = ("charts/", "workbench/")

#: settings of clinics are read leniently: a value that does not fit has its default
#: or reads what others wrote: a FHIR Questionnaire has fields without number
LENIENT = {"ipt/course_format.py: _load_format", "measurement/wording_sources.py: read_wording_file"}
#: written as TOML, for which neither msgspec nor the standard library has a writer
TOML_WRITERS = {"model/fitted_set.py: write_fitted_set"}


def functions(root: Path, pattern: str) -> Iterator[tuple[str, ast.AST]]:
    """Yield every function outside `schema.py`, and the rest of each module, by file and name, if its text matches."""
    for path in sorted(root.rglob("*.py")):
        file, text = str(path.relative_to(root)), path.read_text("utf-8")
        if file != "schema.py" and re.search(pattern, text):
            module = ast.parse(text)
            nested = [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)]
            yield from ((f"{file}: {node.name}", node) for node in nested)
            module.body = [node for node in module.body if not isinstance(node, ast.FunctionDef | ast.ClassDef)]
            yield f"{file}: (module)", module


def reads_toml(node: ast.AST) -> bool:
    text = ast.unparse(node)
    return "tomllib" in text or "endswith('.toml')" in text or (".toml'" in text and "glob(" in text)


def calls_converter(node: ast.AST) -> bool:
    names = {ast.unparse(call.func) for call in ast.walk(node) if isinstance(call, ast.Call)}
    return bool(names & CONVERTERS) or any(name.startswith("msgspec.json.") for name in names)


def copies_attributes(node: ast.AST) -> bool:
    """Return whether a dictionary holds attributes under their own names, as in `{"name": person.name, …}`."""
    return any(
        sum(
            isinstance(key, ast.Constant)
            and any(isinstance(part, ast.Attribute) and part.attr == key.value for part in ast.walk(value))
            for key, value in zip(literal.keys, literal.values, strict=True)
        )
        >= COPIED
        for literal in ast.walk(node)
        if isinstance(literal, ast.Dict)
    )


def toml_readers(root: Path) -> set[str]:
    return {name for name, node in functions(root, "toml") if reads_toml(node)}


def converters(root: Path) -> set[str]:
    called = "|".join(name.rpartition(".")[2] for name in CONVERTERS)
    copied = {name for name, node in functions(root, "{") if not name.startswith(DRAWN) and copies_attributes(node)}
    return copied | {name for name, node in functions(root, rf"{called}|msgspec\.json") if calls_converter(node)}


def test_no_toml_file_is_read_by_hand() -> None:
    assert toml_readers(SOURCE) == set()


def test_no_object_is_converted_by_hand() -> None:
    assert converters(SOURCE) == LENIENT | TOML_WRITERS


def test_the_count_finds_what_it_looks_for(tmp_path: Path) -> None:
    copied = ", ".join(f'"{name}": x.{name}' for name in "abcdef")
    (tmp_path / "by_hand.py").write_text(
        "def shelf(folder):\n    return [f for f in folder.iterdir() if f.name.endswith('.toml')]\n"
        f"def plain(x):\n    return {{{copied}}}\n"
        "def stored(x):\n    return asdict(x)\n"
        "def few(x):\n    return {'a': x.a, 'b': x.b}\n",
        encoding="utf-8",
    )
    assert toml_readers(tmp_path) == {"by_hand.py: shelf"}
    assert converters(tmp_path) == {"by_hand.py: plain", "by_hand.py: stored"}
