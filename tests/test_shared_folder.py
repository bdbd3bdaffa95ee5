"""A folder is filled once a run, and each copy of it is a worker's own."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shared_folder import copy_shared_folder


def fill_with_a_line(folder: Path) -> None:
    folder.mkdir()
    (folder / "file").write_text("filled")


def test_a_folder_is_filled_once_and_copies_are_apart(tmp_path_factory: pytest.TempPathFactory) -> None:
    def fail(folder: Path) -> None:
        folder.mkdir()
        raise OSError("no space")

    name = f"shared-{os.getpid()}"
    with pytest.raises(OSError, match="no space"):
        copy_shared_folder(tmp_path_factory, name, fail)
    first = copy_shared_folder(tmp_path_factory, name, fill_with_a_line)
    (first / "file").write_text("changed")
    second = copy_shared_folder(tmp_path_factory, name, fail)
    assert (second / "file").read_text() == "filled"
    assert (first / "file").read_text() == "changed"


def test_workers_wait_until_the_folder_is_full(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Threads stand for workers, because the lock belongs to the opened file."""
    started, finish = threading.Event(), threading.Event()
    fills: list[Path] = []

    def fill(folder: Path) -> None:
        fills.append(folder)
        fill_with_a_line(folder)
        started.set()
        assert finish.wait(60)
        (folder / "last").touch()

    name = f"waited-{os.getpid()}"
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(copy_shared_folder, tmp_path_factory, name, fill)
        assert started.wait(60)
        second = pool.submit(copy_shared_folder, tmp_path_factory, name, fill)
        finish.set()
        assert all((copy.result() / "last").exists() for copy in (first, second))
    assert len(fills) == 1
