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

from text_styles import pick_texts

#: The shell is the same browser without windows of its own, and takes half the processor time of the others.
EXECUTABLES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
#: No sandbox, because containers run as root; no request of the browser's own.
OPTIONS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]

WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}

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


#: The rules that axe runs by itself and whose findings are serious or critical, without the slowest: contrast.
_RULES = """axe._audit.rules.filter(({ id, enabled, impact, tags }) => enabled && id !== "color-contrast"
  && ["serious", "critical"].includes(impact) && !tags.includes("experimental")).map(rule => rule.id)"""


def serious_violations(page: Page, *, contrast: bool = True) -> list[str]:
    """Return axe's serious and critical findings on the open page."""
    passed, violations = run_axe(page)
    assert {"document-title", "html-has-lang"} <= {*passed}, "axe did not check the page"
    return violations + (_contrast_violations(page) if contrast else [])


def colour_violations(page: Page) -> list[str]:
    """Return the findings of the rules that read colours, for a second scheme of a page whose other rules passed."""
    return _contrast_violations(page) + run_axe(page, "link-in-text-block")[1]


def _contrast_violations(page: Page) -> list[str]:
    passed, violations = run_axe(page, "color-contrast", elements=pick_texts(page))
    assert passed or violations, "axe checked no text"
    return violations


def run_axe(page: Page, *rules: str, elements: Any = None) -> tuple[list[str], list[str]]:
    """Run these rules of axe (none: all that are serious, but contrast) on these elements or on the whole page.

    The result is the rules that passed and one line for each that did not.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    script = f"""([rules, elements]) => axe.run(elements ?? document, {{
        resultTypes: ["violations"], runOnly: rules.length ? rules : {_RULES}
    }}).then(({{ passes, violations }}) => [
        passes.map(rule => rule.id),
        violations.map(({{ id, help, nodes }}) => `${{id}}, ${{help}}: ${{nodes[0].html.slice(0, 150)}}`)
    ])"""
    passed, violations = page.evaluate(script, [list(rules), elements])
    return passed, [f"{page.url} {violation}" for violation in violations]


def fits_width(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def find_problems(page: Page, *, contrast: bool = True) -> list[str]:
    """Return the serious violations of the open page, and whether it is wider than the window."""
    return serious_violations(page, contrast=contrast) + _width_problems(page)


def _width_problems(page: Page) -> list[str]:
    return [] if fits_width(page) else [f"{page.url} is wider than {page.viewport_size}"]


def problems_at_both_widths(page: Page, *, dark: bool = False) -> list[str]:
    """Check the open page, loaded wide, in the dark too if asked to; then load and check it as narrow as a phone.

    What does not depend on width is checked once. `workbench/ui/test_styles.py` shows that a narrow page has the
    colours of the wide one. Most pages show the same elements at both widths; then only sizes differ for axe.
    The window is wide again afterwards.
    """
    assert page.viewport_size
    assert page.viewport_size["width"] == WIDE["width"]
    problems = find_problems(page)
    if dark:
        page.emulate_media(color_scheme="dark")
        problems += colour_violations(page)
        page.emulate_media(color_scheme="light")
    shown, _ = _shown_and_scrolled(page)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.reload()
    shown_narrow, scrolled = _shown_and_scrolled(page)
    if shown_narrow != shown:
        problems += serious_violations(page, contrast=False)
    elif scrolled:
        problems += run_axe(page, "scrollable-region-focusable")[1]
    problems += _width_problems(page)
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    return problems


def _shown_and_scrolled(page: Page) -> list[Any]:
    """Return a hash of the start tags of all elements that the page shows, and whether one of them can be scrolled."""
    return list(
        page.evaluate("""() => {
            let hash = 0, scrolled = false
            for (const element of document.querySelectorAll("body *")) {
                if (!element.checkVisibility()) continue
                const attributes = [...element.attributes].map(({ name, value }) => ` ${name}=${value}`)
                const tag = element.tagName + attributes.join("")
                for (let n = 0; n < tag.length; n++) hash = Math.imul(hash, 31) + tag.charCodeAt(n) | 0
                const { overflowX, overflowY } = getComputedStyle(element)
                scrolled ||= overflowX !== "visible" && element.scrollWidth > element.clientWidth
                scrolled ||= overflowY !== "visible" && element.scrollHeight > element.clientHeight
            }
            return [hash, scrolled]
        }""")
    )
