"""Write the style sheet of the pages' colours, type, spacing and shape from tokens.toml."""

from __future__ import annotations

from pathlib import Path

from securebase.charts.tokens import token_file

SHEET = Path(__file__).parents[1] / "src" / "securebase" / "workbench" / "ui" / "static" / "ui" / "tokens.css"

if __name__ == "__main__":
    SHEET.write_text(token_file(), encoding="utf-8")
