"""The requirement files pin every requested package by hash and without an address."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
REQUESTED = {
    "core": PROJECT["dependencies"] + EXTRAS["test"],
    "workbench": PROJECT["dependencies"] + EXTRAS["workbench"],
    "dev": PROJECT["dependencies"]
    + EXTRAS["workbench"]
    + EXTRAS["cluster"]
    + [d for d in EXTRAS["dev"] if not d.startswith("securebase")],
}


def plain(requirement: str) -> str:
    return re.split(r"[\[<>=!; ]", requirement)[0].lower().replace("_", "-")


@pytest.mark.parametrize("name", sorted(REQUESTED))
def test_the_lock_file_contains_every_dependency(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    assert "://" not in text
    entries = re.split(r"\n(?=\S)", text.strip())
    pinned = {plain(entry): entry for entry in entries}
    assert [entry for entry in entries if "--hash=sha256:" not in entry or "==" not in entry] == []
    assert [r for r in REQUESTED[name] if plain(r) not in pinned] == []
    assert {"setuptools", "wheel"} <= set(pinned)


def test_the_core_has_no_web_dependency() -> None:
    text = (ROOT / "requirements" / "core.txt").read_text(encoding="utf-8").lower()
    assert "django" not in text
    assert "sqlcipher" not in text
