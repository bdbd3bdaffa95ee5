"""Generated pages are current: the code would write the same today."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

ROOT = Path(__file__).parents[2]


def load_script(name: str) -> ModuleType:
    """Load a script of the folder docs."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_instruments_is_current() -> None:
    module = load_script("make_instruments")
    assert module.PAGE.read_text(encoding="utf-8") == module.text(), "run python docs/make_instruments.py"


def test_the_page_of_the_theory_is_current() -> None:
    module = load_script("make_theory")
    assert module.PAGE.read_text(encoding="utf-8") == module.text(), "run python docs/make_theory.py"


def test_the_page_for_a_supervisor_of_ipt_is_current() -> None:
    module = load_script("make_ipt_content")
    assert module.PAGE.read_text(encoding="utf-8") == module.text(), "run python docs/make_ipt_content.py"


def test_the_pictures_of_the_theory_match_the_table() -> None:
    """Compare the words in order; the renderer decides where a line bends."""
    for file, picture in load_script("make_theory").pictures().items():
        stored = (ROOT / "docs" / "images" / file).read_text(encoding="utf-8")
        stored_words, words = (list(ElementTree.fromstring(text).itertext()) for text in (stored, picture))
        assert len(words) > 200
        assert stored_words == words, f"{file}: run python docs/make_theory.py"


def test_the_page_of_benchmarks_matches_the_stored_results(tmp_path: Path) -> None:
    shutil.copy(ROOT / "docs" / "benchmarks.json", tmp_path)
    command = [sys.executable, "-m", "benchmarks", "--write", "--to", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    generated = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    assert (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8") == generated, (
        "run python -m benchmarks --write"
    )
    for page in ("conclusions.md", "hand-over.md"):
        assert (ROOT / "docs" / page).read_text("utf-8") == (tmp_path / page).read_text("utf-8")
    for picture in (tmp_path / "images").iterdir():
        assert f"(images/{picture.name})" in generated
        assert (ROOT / "docs" / "images" / picture.name).exists()
