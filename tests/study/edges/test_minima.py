"""The minima of the estimators, which a page prints, are those that the documentation names."""

from __future__ import annotations

import re
from pathlib import Path

from securebase.study.edges.minima import MINIMA

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "estimate-the-theory.md"


def test_the_documentation_has_every_minimum() -> None:
    table = PAGE.read_text(encoding="utf-8").split("Prints a number from")[1].split("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    in_documents = {re.sub(r" \(\[.*", "", name): minimum for name, _, minimum in rows}
    assert in_documents == MINIMA
