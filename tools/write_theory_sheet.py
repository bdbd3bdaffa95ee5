"""Write the style sheet of the graph of the theory for the workbench: that of the page of `securebase theory`."""

from __future__ import annotations

from pathlib import Path

from securebase.model.theory import theory
from securebase.reports.theory_view import view_sheet

SHEET = Path(__file__).parents[1] / "src" / "securebase" / "workbench" / "exports" / "static" / "exports" / "theory.css"


def sheet() -> str:
    """Return the style sheet as a file."""
    return f"/* Written by tools/write_theory_sheet.py: do not edit. */\n\n{view_sheet(len(theory().edges))}"


if __name__ == "__main__":
    SHEET.write_text(sheet(), encoding="utf-8")
