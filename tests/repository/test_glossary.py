"""Every name in the glossary's second column is defined somewhere in the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = [
    line.split("|")[2]
    for line in (ROOT / "GLOSSARY.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith(("| ---", "| Word"))
]
NAMES = sorted({name for row in ROWS for name in re.findall(r"`(\w+)`", row)})
CODE = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "src").rglob("*.py"))


def test_the_glossary_has_rows() -> None:
    assert len(NAMES) > 30


@pytest.mark.parametrize("name", NAMES)
def test_the_name_is_defined(name: str) -> None:
    defined = re.search(rf"(class|def) {name}\b|^\s*{name}\s*[:=]|\"{name}\"", CODE, flags=re.MULTILINE)
    assert defined, f"GLOSSARY.md names `{name}`, but nothing in src defines it"
