"""Fixtures that start a real server for the tests in a real browser."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from chromium import WIDE
from shared_folder import copy_shared_folder


class Visit:
    """A browser context that records every requested URL and every console error."""

    def __init__(self, context: BrowserContext, home: str) -> None:
        self.context, self.home = context, home
        self.requested_urls: list[str] = []
        self.errors: list[str] = []
        context.on("request", lambda request: self.requested_urls.append(request.url))
        context.on("console", lambda m: self.errors.append(f"{m.text} {m.location}") if m.type == "error" else None)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))

    def page(self, path: str = "/") -> Page:
        page = self.context.new_page()
        page.goto(self.home + path)
        return page

    def assert_no_foreign_request(self) -> None:
        foreign = [u for u in self.requested_urls if not u.startswith((self.home, "data:", "blob:", "about:"))]
        assert self.requested_urls
        assert foreign == []


def own_environment() -> dict[str, str]:
    """Return the environment without the settings of the tests."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("SECUREBASE_", "DJANGO_"))}


@contextlib.contextmanager
def run_server(command: str, data_dir: Path, *options: str) -> Iterator[str]:
    """Run `securebase COMMAND` in a separate process and yield its address once it has printed one."""
    arguments = [command, "--port", "0", "--data-dir", str(data_dir), *options]
    log = data_dir.parent / f"{command}.log"
    with log.open("w") as log_file:
        server = subprocess.Popen(
            [sys.executable, "-u", "-m", "securebase", *arguments],
            stdout=subprocess.PIPE,
            stderr=log_file,
            env=own_environment(),
            text=True,
        )
        try:
            assert server.stdout is not None
            address = next(filter(None, map(re.compile(r"http://localhost:(\d+)/").search, server.stdout)), None)
            if address is None:
                pytest.fail(f"the server ended with {server.wait()}:\n{log.read_text()}")
            yield f"http://127.0.0.1:{address[1]}"
        finally:
            server.terminate()
            server.communicate()


def build_demo_clinic(data_dir: Path) -> None:
    command = [sys.executable, "-m", "securebase", "demo", "--no-serve", "--data-dir", str(data_dir)]
    subprocess.run(command, env=own_environment(), stdout=subprocess.DEVNULL, check=True)


@pytest.fixture(scope="session")
def demo(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a copy of the demo clinic; depends on Chromium so that no server starts without one."""
    with run_server("demo", copy_shared_folder(tmp_path_factory, "demo-clinic", build_demo_clinic)) as home:
        yield home


@pytest.fixture(scope="session")
def empty_clinic(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with run_server("serve", tmp_path_factory.mktemp("own") / "data") as home:
        yield home


@contextlib.contextmanager
def open_visit(chromium: Browser, home: str, size: dict[str, int] = WIDE, *, phone: bool = False) -> Iterator[Visit]:
    context = chromium.new_context(viewport=size, has_touch=phone, is_mobile=phone, reduced_motion="reduce")  # type: ignore[arg-type]
    yield Visit(context, home)
    context.close()


def answer_check_in(page: Page, *, levels: int = 6, safety: int = 0) -> None:
    """Choose a level of every question and a safety answer, as a client would."""
    for level in page.locator(f".rating-keys input[value='{levels}']").all():
        level.check()
    choices = page.locator("fieldset.safety input[type=radio]")
    if choices.count():
        choices.nth(safety).check()
