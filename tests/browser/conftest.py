"""A real browser on a real server: both are started here. Skipped, saying so, where there is no Chromium."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


def chromium() -> str | None:
    return os.environ.get("SECUREBASE_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = [item for item in items if Path(__file__).parent in item.path.parents]
    for item in here:
        item.add_marker(pytest.mark.browser)
        # one worker runs them all, so that the demo clinic is made once
        item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        if os.environ.get("SECUREBASE_REQUIRE_BROWSER"):
            pytest.fail("SECUREBASE_REQUIRE_BROWSER is set and no Chromium was found")
        pytest.skip("no Chromium found: install one, or name it in SECUREBASE_CHROMIUM")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        )
        yield launched
        launched.close()


class Visit:
    """A browser context that remembers every address it asked for and every error the console showed."""

    def __init__(self, context: BrowserContext, home: str) -> None:
        self.context, self.home = context, home
        self.asked: list[str] = []
        self.complaints: list[str] = []
        context.on("request", lambda request: self.asked.append(request.url))
        context.on("console", lambda m: self.complaints.append(f"{m.text} {m.location}") if m.type == "error" else None)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    def page(self, path: str = "/") -> Page:
        page = self.context.new_page()
        page.goto(self.home + path)
        return page

    def assert_stayed_home(self) -> None:
        strangers = [u for u in self.asked if not u.startswith((self.home, "data:", "blob:", "about:"))]
        assert self.asked
        assert strangers == []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def served(command: str, data_dir: Path, *more: str) -> Iterator[str]:
    """The address of `securebase COMMAND` running in a process of its own, once it answers."""
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("SECUREBASE_", "DJANGO_"))}
    arguments = [command, "--port", str(port), "--data-dir", str(data_dir), *more]
    log = data_dir.parent / f"{command}.log"
    with log.open("w") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", "securebase", *arguments], stdout=out, stderr=subprocess.STDOUT, env=environment
        )
        home = f"http://127.0.0.1:{port}"
        try:
            for _ in range(600):
                if server.poll() is not None:
                    pytest.fail(f"the server ended with {server.returncode}:\n{log.read_text()}")
                with contextlib.suppress(OSError):
                    urllib.request.urlopen(home + "/healthy/", timeout=5)
                    break
                time.sleep(0.1)
            else:
                pytest.fail(f"the server did not answer:\n{log.read_text()}")
            yield home
        finally:
            server.terminate()
            server.wait(timeout=20)


@pytest.fixture(scope="session")
def demo(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The demo clinic. Depends on the browser so that nothing is served where there is none."""
    with served("demo", tmp_path_factory.mktemp("demo") / "data") as home:
        yield home


@pytest.fixture(scope="session")
def empty_clinic(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served("serve", tmp_path_factory.mktemp("own") / "data") as home:
        yield home


@contextlib.contextmanager
def visit(browser: Browser, home: str, size: dict[str, int] = WIDE, *, phone: bool = False) -> Iterator[Visit]:
    context = browser.new_context(viewport=size, has_touch=phone, is_mobile=phone)  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    yield Visit(context, home)
    context.close()


def answer_check_in(page: Page, *, levels: int = 6, safety: int = 0) -> None:
    """Moves every slider by keyboard from its middle and picks a safety answer, as a client would."""
    for slider in page.get_by_role("slider").all():
        slider.focus()
        slider.press("Home")
        for _ in range(levels):
            slider.press("ArrowRight")
    choices = page.locator("fieldset.safety input[type=radio]")
    if choices.count():
        choices.nth(safety).check()


def serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {v['help']} ({page.url})" for v in found if v["impact"] in ("serious", "critical")]


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))
