"""Templates are laid out to be read: short lines, no markup on one line by hand."""

from __future__ import annotations

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
