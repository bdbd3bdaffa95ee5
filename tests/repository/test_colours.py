"""Style sheets, scripts, templates and drawings take colours and sizes of text from the tokens."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "securebase"
#: Files that hold values of colours, with the reason.
WITH_COLOURS = {
    "charts/tokens.toml": "the source",
    "workbench/ui/static/ui/tokens.css": "written from the source",
    "workbench/ui/static/ui/mark.svg": "the icon of a tab, which no style sheet reaches; test_tokens compares it",
}
_HEX = re.compile(r"(?<![&\w/])#(?:[0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3,4})\b(?!-)", re.IGNORECASE)
_FUNCTION = re.compile(r"\b(?:rgba?|hsla?|oklch|oklab)\(", re.IGNORECASE)
_NAMED = re.compile(
    r"(?:(?:color|colour|background|border|outline|shadow|fill|stroke)[\w-]*\s*[:=][^;{}\n]*?[\s\"':=])"
    r"(?:white|black|red|green|blue|gr[ae]y|silver|orange|gold|teal|navy|maroon)\b(?!-)",
    re.IGNORECASE,
)


def _literals(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    literals = []
    for number, line in enumerate(lines, 1):
        code = re.sub(r"""(?:href|action)=["'][^"']*["']|\{#.*?#\}""", "", line)
        if _HEX.search(code) or _FUNCTION.search(code.replace("rgb(colours", "")) or _NAMED.search(code):
            literals.append(f"{path.relative_to(SOURCE)}:{number}: {line.strip()}")
    return literals


def test_colours_stand_in_the_tokens_only() -> None:
    """A colour written elsewhere would miss the dark scheme and the measurement of contrast."""
    drawn = [p for kind in ("css", "js", "html", "typ", "svg") for p in SOURCE.rglob(f"*.{kind}")]
    drawn += [p for room in ("charts", "reports", "workbench") for p in (SOURCE / room).rglob("*.py")]
    literals = [
        literal for path in drawn if str(path.relative_to(SOURCE)) not in WITH_COLOURS for literal in _literals(path)
    ]
    assert literals == []


def test_sizes_of_text_come_from_the_tokens() -> None:
    """Sizes in px belong to a drawing or a field of fixed height, sizes in em to the text around them."""
    sheets = [path for path in (SOURCE / "workbench").rglob("*.css") if path.name != "tokens.css"]
    own = [
        f"{path.relative_to(SOURCE)}: {size}"
        for path in sheets
        for size in re.findall(r"font(?:-size)?: [^;]*?[0-9.]rem[^;]*", path.read_text(encoding="utf-8"))
    ]
    assert own == []
