"""Generated pages are what the code would write now."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

ROOT = Path(__file__).parents[2]


def _made_by(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_instruments_is_current() -> None:
    module = _made_by("make_instruments")
    assert module.PAGE.read_text(encoding="utf-8") == module.text(), "run python docs/make_instruments.py"


def test_the_page_of_the_theory_is_current() -> None:
    module = _made_by("make_theory")
    assert module.PAGE.read_text(encoding="utf-8") == module.text(), "run python docs/make_theory.py"


def test_the_page_for_a_supervisor_of_ipt_is_current() -> None:
    module = _made_by("make_ipt_content")
    assert module.PAGE.read_text(encoding="utf-8") == module.text(), "run python docs/make_ipt_content.py"


def test_the_pictures_of_the_theory_say_what_the_table_says() -> None:
    """Every word of them, in order; where a line bends is left to the renderer."""
    for file, picture in _made_by("make_theory").pictures().items():
        kept = (ROOT / "docs" / "images" / file).read_text(encoding="utf-8")
        kept_words, words = (list(ElementTree.fromstring(text).itertext()) for text in (kept, picture))
        assert len(words) > 200
        assert kept_words == words, f"{file}: run python docs/make_theory.py"


def test_the_page_of_benchmarks_says_what_was_kept(tmp_path: Path) -> None:
    shutil.copy(ROOT / "docs" / "benchmarks.json", tmp_path)
    asked = [sys.executable, "-m", "benchmarks", "--write", "--to", str(tmp_path)]
    subprocess.run(asked, cwd=ROOT, check=True, capture_output=True, text=True)
    written = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    assert (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8") == written, "run python -m benchmarks --write"
    for picture in (tmp_path / "images").iterdir():
        assert f"(images/{picture.name})" in written
        assert (ROOT / "docs" / "images" / picture.name).exists()


def test_the_page_of_where_the_claims_live_is_current() -> None:
    module = _made_by("make_places")
    assert module.PAGE.read_text(encoding="utf-8") == module.text(), "run python docs/make_places.py"
