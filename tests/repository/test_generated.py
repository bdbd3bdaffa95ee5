"""Generated pages are what the code would write now."""

from __future__ import annotations

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_of_instruments_is_current() -> None:
    path = ROOT / "docs" / "make_instruments.py"
    spec = importlib.util.spec_from_file_location("make_instruments", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.PAGE.read_text(encoding="utf-8") == module.text(), "run python docs/make_instruments.py"
