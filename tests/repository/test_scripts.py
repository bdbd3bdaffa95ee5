"""The scripts of the pages stay few and readable; what a page can do without a script, it does without one."""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "src").rglob("*.js"))
#: Lines of all scripts. Lower it when they become fewer. 250 of them seal drafts and open check-ins offline.
MOST_LINES = 1273
WIDTH = 120


def test_the_scripts_have_few_lines() -> None:
    lines = {script.name: len(script.read_text(encoding="utf-8").splitlines()) for script in SCRIPTS}
    assert SCRIPTS
    assert sum(lines.values()) <= MOST_LINES, f"take lines away elsewhere: {lines}"


def test_lines_of_scripts_are_not_wider_than_the_formatter_makes_them() -> None:
    assert json.loads((ROOT / ".oxfmtrc.json").read_text(encoding="utf-8")) == {"printWidth": WIDTH}
    lines = [(script.name, line) for script in SCRIPTS for line in script.read_text(encoding="utf-8").splitlines()]
    assert [(name, line) for name, line in lines if len(line) > WIDTH] == []
    # several statements on one line would evade the number of lines
    code = [(name, re.sub(r"`[^`]*`|\"[^\"]*\"", "", line).split("//")[0]) for name, line in lines]
    assert [(name, line) for name, line in code if line.count(";") > 1 and "for (" not in line] == []
