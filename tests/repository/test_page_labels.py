"""Labels of pages that tutorials and how-to guides set in bold or in quotes exist in the workbench.

Bold text that ends with a full stop is a run-in heading or a sentence, not a label.
"""

from __future__ import annotations

import ast
import html
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "securebase"
PAGES = sorted(page for folder in ("tutorials", "how-to") for page in (ROOT / "docs" / folder).glob("*.md"))
#: Rooms whose text is shown on pages. What simulated clients write in the demo clinic is not a label.
ROOMS = [SOURCE / name for name in ("workbench", "ipt", "measurement", "picture", "charts")]
EXCLUDED = SOURCE / "workbench" / "demo"
#: Quoted or bold text that is not a label: document → phrases, each used there.
NOT_LABELS = {
    "first-client.md": {"conflict"},  # a word to search for
    "draw-the-closeness-circle.md": {"my boss"},  # a person in the inventory
    "after-a-session.md": {"not used", "74 seconds"},
}
NUMBER = "\x01"
BREAK = "\x00"


def labels(markdown: str) -> list[str]:
    """Return the labels that a document names, in order."""
    text = re.sub(r"```.*?```|`[^`\n]*`", "", markdown, flags=re.DOTALL)
    text = re.sub(r"\s+", " ", text)
    marked = re.findall(r"\*\*(.+?)\*\*|“([^”]+)”", text)
    return [label for bold, quote in marked if (label := (bold or quote).strip()) and not bold.endswith(".")]


def tidy(text: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(text)).strip(" .:,·+←→").replace("'", "’")


def elements(markup: str) -> Iterator[str]:
    """Return the text of every element and of attributes that are read; a number stands for each variable."""
    markup = re.sub(r"{#.*?#}|<!--.*?-->", "", markup, flags=re.DOTALL)
    markup = re.sub(r'{% translate "([^"]*)" %}', r"\1", markup)
    markup = re.sub(r"{{.*?}}", NUMBER, markup, flags=re.DOTALL)
    for replacement in ("", BREAK):  # a condition inside a label, and one around it
        plain = re.sub(r"{%.*?%}", replacement, markup, flags=re.DOTALL)
        yield from re.split(rf"<[^<>]*>|{BREAK}", plain)
        yield from re.findall(r'(?:aria-label|placeholder|title|value|alt)="([^"]*)"', plain)


def strings(source: str) -> Iterator[str]:
    """Return every string of a Python file, formatted ones with a number for each value."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            parts = (p.value if isinstance(p, ast.Constant) else NUMBER for p in node.values)
            yield from elements("".join(str(p) for p in parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from elements(node.value)


def values(table: Any) -> Iterator[str]:
    if isinstance(table, str):
        yield table
    elif isinstance(table, dict | list):
        for value in table.values() if isinstance(table, dict) else table:
            yield from values(value)


def script_strings(source: str) -> Iterator[str]:
    for double, single, template in re.findall(r'"([^"\n]*)"|\'([^\'\n]*)\'|`([^`]*)`', source):
        yield double or single or re.sub(r"\${.*?}", NUMBER, template)


@cache
def shown() -> tuple[frozenset[str], tuple[re.Pattern[str], ...]]:
    """Return every text of the workbench, and a pattern for each that contains a number."""
    readers = {".html": elements, ".py": strings, ".toml": lambda t: values(tomllib.loads(t)), ".js": script_strings}
    texts: set[str] = set()
    for path in (p for room in ROOMS for p in room.rglob("*") if p.suffix in readers):
        if EXCLUDED not in path.parents:
            texts |= {tidy(t) for t in readers[path.suffix](path.read_text(encoding="utf-8"))}
    numbered = [t for t in texts if NUMBER in t and re.search(r"[^\W\d_]{3}", t)]
    patterns = tuple(re.compile(re.escape(t).replace(NUMBER, r"\d+")) for t in sorted(numbered))
    return frozenset(t for t in texts if NUMBER not in t), patterns


def is_shown(label: str) -> bool:
    plain, patterns = shown()
    if label.endswith("…"):
        beginning = tidy(label.rstrip("…"))
        return any(
            text.startswith(f"{beginning} ") for text in (*plain, *(p.pattern.replace("\\", "") for p in patterns))
        )
    return tidy(label) in plain or any(p.fullmatch(tidy(label)) for p in patterns)


def missing(markdown: str) -> list[str]:
    return [label for label in labels(markdown) if not is_shown(label)]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_label_exists(page: Path) -> None:
    exempt = NOT_LABELS.get(page.name, set())
    assert [label for label in missing(page.read_text(encoding="utf-8")) if label not in exempt] == []


def test_exemptions_are_used() -> None:
    for name, phrases in NOT_LABELS.items():
        page = next(p for p in PAGES if p.name == name)
        assert phrases <= set(labels(page.read_text(encoding="utf-8"))), name


def test_documents_name_labels() -> None:
    assert sum(len(labels(page.read_text(encoding="utf-8"))) for page in PAGES) >= 60


def test_a_stale_label_is_reported() -> None:
    text = "Press **Launch the\nrocket**, then “Play the tuba”. **Not a label.** `**code**`\n```\n**code**\n```\n"
    assert missing(text) == ["Launch the rocket", "Play the tuba"]


def test_part_of_a_label_is_not_enough() -> None:
    assert missing("**Hand over this device**") == []
    assert missing("**Hand over this**, **Hand over this device now**") == [
        "Hand over this",
        "Hand over this device now",
    ]


def test_a_label_with_a_number_matches_any_number() -> None:
    assert missing("**Check-in for session 8**, **Check-in for session eight**") == ["Check-in for session eight"]
