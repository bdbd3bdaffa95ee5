"""Search every tracked text file for the phrases in `relapses.txt`. Needs only Python and git."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PHRASES = Path(__file__).with_name("relapses.txt")
#: Between two words of a phrase: white space, a new line of a comment, or the quotes between two parts of a text.
_GAP = r"""(?:[\s*_#>/|-]|[frb]*["'“”‘’])+"""
_ANY_WORDS = rf"(?:[^\W_][\w’'-]*{_GAP}){{0,6}}"


def pattern(phrase: str) -> re.Pattern[str]:
    """Return the expression that finds a phrase of the list."""
    expression = ""
    for word in phrase.split():
        if word == "…":
            expression += _ANY_WORDS
        else:
            expression += "(?:" + "|".join(map(re.escape, word.split("/"))) + r")\b" + _GAP
    return re.compile(rf"\b{expression.removesuffix(_GAP)}", re.IGNORECASE)


def phrases() -> list[str]:
    """Return the lines of the list without its comments."""
    lines = PHRASES.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def find(text: str, wanted: list[str] | None = None) -> Iterator[tuple[int, str]]:
    """Yield the line number and the words of every relapse in a text."""
    for phrase in phrases() if wanted is None else wanted:
        for match in pattern(phrase).finditer(text):
            yield text.count("\n", 0, match.start()) + 1, " ".join(match[0].split())


def tracked_texts() -> Iterator[tuple[str, str]]:
    """Yield name and text of every tracked text file except the list itself."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in filter(None, names.split("\0")):
        file = ROOT / name
        if file == PHRASES or not file.is_file():
            continue
        try:
            yield name, file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def main() -> int:
    """Print every relapse as file:line and return 1 if there is one."""
    count = 0
    for name, text in tracked_texts():
        for line, words in sorted(find(text)):
            sys.stdout.write(f"{name}:{line}: {words}\n")
            count += 1
    if count:
        sys.stdout.write(f"Phrases listed in {PHRASES.relative_to(ROOT)}: {count}. Use the field's own terms.\n")
    return int(count > 0)


if __name__ == "__main__":
    sys.exit(main())
