"""Templates are laid out to be read: short lines, no markup on one line by hand."""

from __future__ import annotations

import re
from pathlib import Path

SRC = Path(__file__).parents[2] / "src"
MAX_COLUMNS = 140


def _find_long_lines(folder: Path) -> list[str]:
    return [
        f"{path.relative_to(folder)}:{number} has {len(line)} characters"
        for path in sorted(folder.rglob("*.html"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > MAX_COLUMNS
    ]


def test_no_template_line_is_longer_than_140_characters() -> None:
    assert len(list(SRC.rglob("*.html"))) > 100
    assert _find_long_lines(SRC) == []


def test_a_long_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<p>\n" + "x" * 141 + "\n</p>\n", encoding="utf-8")
    assert _find_long_lines(tmp_path) == ["page.html:2 has 141 characters"]


#: Places where templates still put a sentence together; wording belongs in Python, where a test reads it.
MAX_COMPOSED = 106
_COMMENT = re.compile(r"\{#.*?#\}")
_ELEMENT = re.compile(r"<[a-zA-Z/!](?:\{%.*?%\}|\{\{.*?\}\}|\"(?:\{%.*?%\}|\{\{.*?\}\}|[^\"])*\"|[^>\"])*>", re.DOTALL)
_TAG = re.compile(r"\{%.*?%\}", re.DOTALL)


def count_composed(template: str) -> int:
    """Count plurals, and conditions that stand behind text in the same element."""
    text = _ELEMENT.sub("\0", _COMMENT.sub("", template))
    plurals = text.count("|pluralize")
    behind = (_TAG.sub("", text[: m.start()].rpartition("\0")[2]) for m in re.finditer(r"\{% if [^%]*%\}", text))
    return plurals + sum(bool(re.search(r"[A-Za-z}]", words)) for words in behind)


def test_sentences_put_together_in_templates_become_fewer() -> None:
    workbench = SRC / "securebase" / "workbench"
    counts = {path: count_composed(path.read_text(encoding="utf-8")) for path in workbench.rglob("*.html")}
    assert sum(counts.values()) <= MAX_COMPOSED


def test_plurals_and_conditions_inside_a_sentence_are_counted() -> None:
    assert count_composed('<p>{% if a %}Yes{% else %}No{% endif %} <b class="x{% if b %} y{% endif %}">z</b></p>') == 0
    assert count_composed("<p>Ended{% if a %} in session {{ n }}{% endif %}</p>") == 1
    assert count_composed("<p>{{ n }} day{{ n|pluralize }}{% if a %} later{% endif %}</p>") == 2
