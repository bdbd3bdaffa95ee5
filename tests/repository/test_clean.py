"""No file names a package host, contains a private path or an unfinished stub."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOSTS = re.compile(r"(py" r"pi|python" r"hosted|npm" r"js|deb" r"ian)\.(org|com)")
STUBS = re.compile(r"\b(Not" r"ImplementedError|TO" r"DO|FIX" r"ME|XX" r"X)\b|assert Tr" r"ue\b|pytest\.skip\(\)")


def tracked() -> list[Path]:
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("needs git and a checkout: the tracked files are the product")
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]


def text_files() -> list[tuple[Path, str]]:
    texts = []
    for path in tracked():
        try:
            texts.append((path.relative_to(ROOT), path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return texts


def test_nothing_is_left_over_from_a_merge() -> None:
    assert [str(p) for p in tracked() if p.suffix in {".orig", ".rej", ".bak"}] == []
    marker = re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE)
    assert [str(path) for path, text in text_files() if marker.search(text)] == []


def test_no_package_host_is_named() -> None:
    assert [str(path) for path, text in text_files() if HOSTS.search(text)] == []


def test_no_path_of_a_developers_machine() -> None:
    private = re.compile(r"(?<![\w.-])/(?:home|Users|wo" r"rk|fa" r"rm)/\w")
    assert [str(path) for path, text in text_files() if private.search(text)] == []


def test_no_unfinished_code() -> None:
    assert [str(path) for path, text in text_files() if path.suffix == ".py" and STUBS.search(text)] == []


def test_files_are_of_reasonable_size() -> None:
    large = {str(p.relative_to(ROOT)): p.stat().st_size for p in tracked() if p.stat().st_size > 600_000}
    # an encrypted database does not compress, and a smaller clinic would cover fewer kinds of work
    assert large.pop("tests/fixtures/clinic_2026_11/securebase.db", 0) < 1_600_000
    assert large == {}
