"""Update the screenshots in this folder from the demo clinic. Run: make screenshots (needs Chromium)."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from playwright.sync_api import Page

from browser.conftest import run_server
from browser.test_demo_clinic import sign_in
from chromium import PHONE, run_chromium

HERE = Path(__file__).parent


def shoot(page: Page, name: str, height: int) -> None:
    page.screenshot(path=HERE / f"{name}.png", clip={"x": 0, "y": 0, "width": 1280, "height": height})


def shoot_course(page: Page, name: str) -> None:
    """Take pictures of a recorded course: its state, the relationships, one session."""
    page.get_by_role("link", name="Caseload").first.click()
    page.get_by_role("link", name=name).first.click()
    for tab, picture, height in (("Course", "course", 1100), ("Relationships", "relationships", 1250)):
        page.get_by_role("link", name=tab, exact=True).first.click()
        page.wait_for_load_state("networkidle")
        shoot(page, picture, height)
    page.get_by_role("link", name="Overview", exact=True).click()
    page.get_by_role("link", name=re.compile(r"^Session \d+$")).click()
    page.wait_for_load_state("networkidle")
    shoot(page, "session", 1250)


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        run_server("demo", Path(folder) / "data") as home,
        run_chromium() as browser,
    ):
        page = browser.new_page(viewport={"width": 1280, "height": 1700})
        page.goto(home)
        sign_in(page)
        shoot(page, "caseload", 900)
        page.locator("main tbody tr").nth(0).get_by_role("link").first.click()
        page.wait_for_load_state("networkidle")
        shoot(page, "client", 1500)
        shoot_course(page, "Tomasz W.")
        page.goto(home)
        page.locator("main tbody tr").nth(0).get_by_role("link").first.click()
        page.get_by_role("link", name="Check-in for").click()
        page.get_by_role("button", name="Hand over this device").first.click()
        page.set_viewport_size(PHONE)
        page.screenshot(path=HERE / "check-in.png")


if __name__ == "__main__":
    main()
