"""The Chromium of the browser tests, and what it reports of an open page."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

#: The shell is the same browser without windows of its own, and takes half the processor time of the others.
EXECUTABLES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
#: No sandbox, because containers run as root; no request of the browser's own.
OPTIONS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]

#: Milliseconds after which something that has not happened counts as never; Playwright's own limit for actions.
TIMEOUT = 30_000


def find_chromium() -> str | None:
    return os.environ.get("SECUREBASE_CHROMIUM") or next(filter(None, map(shutil.which, EXECUTABLES)), None)


@contextlib.contextmanager
def run_chromium() -> Iterator[Browser]:
    """Yield a running Chromium; without one skip the test, or fail it if SECUREBASE_REQUIRE_BROWSER is set."""
    path = find_chromium()
    if path is None:
        give_up = pytest.fail if os.environ.get("SECUREBASE_REQUIRE_BROWSER") else pytest.skip
        give_up("no Chromium found: install one, or name it in SECUREBASE_CHROMIUM")
    expect.set_options(timeout=TIMEOUT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        yield browser
        browser.close()


def wait_until(page: Page, happened: Callable[[], bool]) -> None:
    """Wait for what no element shows: a row of the database, a value in the browser's storage."""
    for _ in range(TIMEOUT // 100):
        if happened():
            return
        page.wait_for_timeout(100)
    pytest.fail(f"the condition was not met within {TIMEOUT // 1000} s")


def serious_violations(page: Page, *, contrast: bool = True) -> list[str]:
    """Return axe's serious and critical findings on the open page; `contrast` takes as long as all else together."""
    result = _run_axe(page, rules={"color-contrast": {"enabled": contrast}})
    assert len(result["passes"]) > 5, "axe checked too little of the page"
    return _serious(page, result)


def colour_violations(page: Page) -> list[str]:
    """Return the findings of the rules that read colours, for a second scheme of a page whose other rules passed."""
    result = _run_axe(page, runOnly=["color-contrast", "link-in-text-block"])
    assert "color-contrast" in {rule["id"] for kind in ("passes", "violations") for rule in result[kind]}
    return _serious(page, result)


def _run_axe(page: Page, **options: Any) -> dict[str, Any]:
    return dict(Axe().run(page, options={"resultTypes": ["violations"], **options}).response)


def _serious(page: Page, result: dict[str, Any]) -> list[str]:
    return [
        f"{page.url} {v['id']}, {v['help']}: {v['nodes'][0]['html'][:150]}"
        for v in result["violations"]
        if v["impact"] in {"serious", "critical"}
    ]


def fits_width(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def find_problems(page: Page, *, contrast: bool = True) -> list[str]:
    """Return the serious violations of the open page, and whether it is wider than the window."""
    return serious_violations(page, contrast=contrast) + (
        [] if fits_width(page) else [f"{page.url} is wider than the window"]
    )
