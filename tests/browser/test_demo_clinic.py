"""The demo clinic in a browser: the caseload order and its reasons, a check-in on a phone, and the updated picture."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.conftest import Visit, answer_check_in, open_visit
from chromium import PHONE, WIDE, fits_width, problems_at_both_widths, serious_violations


def sign_in(page: Page) -> None:
    """Sign in with the credentials that the page shows."""
    page_text = page.locator("main").inner_text()
    credentials = re.search(r"User name\s+(\S+)\s+Password\s+(\S+)", page_text)
    assert credentials, f"the sign-in page shows no user name and password: {page_text}"
    page.get_by_label("User name").fill(credentials[1])
    page.get_by_label("Password", exact=True).fill(credentials[2])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Caseload")).to_be_visible()


def symptom_rows(page: Page) -> list[str]:
    """Return the rows of the table beside the symptoms chart."""
    section = page.locator("section", has=page.get_by_role("heading", name="Symptoms"))
    details = section.locator("details").last
    if details.get_attribute("open") is None:
        details.locator("summary").click()
    return [row.inner_text() for row in details.locator("tbody tr").all()]


def chart_svg(page: Page) -> str:
    section = page.locator("section", has=page.get_by_role("heading", name="Symptoms"))
    image = section.locator("img.chart").first
    expect(image).to_have_js_property("complete", True)
    high, wide = image.evaluate("i => [i.naturalHeight * i.clientWidth, i.naturalWidth * i.clientHeight]")
    assert high > 0, "the chart was not drawn"
    assert high == pytest.approx(wide, rel=0.01), "the reserved space does not match the size of the chart"
    return str(page.request.get(page.url.split("/clients/")[0] + str(image.get_attribute("src"))).text())


def test_check_in_of_the_first_client_updates_the_picture(chromium: Browser, demo: str) -> None:
    with open_visit(chromium, demo) as demo_visit:
        page = demo_visit.page("/")
        assert serious_violations(page) == []
        sign_in(page)
        expect(page.get_by_text("simulated").first).to_be_visible()
        rows = page.locator("main tbody tr")
        assert 22 <= rows.count() <= 26
        assert serious_violations(page) == []

        first_link = rows.first.get_by_role("link").first
        name = first_link.inner_text()
        first_link.click()
        client_page = page.url
        expect(page.get_by_role("heading", name=name).first).to_be_visible()
        expect(page.get_by_role("heading", name=re.compile(r"Before session \d+"))).to_be_visible()
        page.get_by_text("Why am I seeing this?").first.click()
        assert serious_violations(page) == []
        rows_before, svg_before = symptom_rows(page), chart_svg(page)

        page.get_by_role("link", name=re.compile("^Check-in")).click()
        page.get_by_role("button", name="Hand over this device").first.click()
        page.set_viewport_size(PHONE)
        expect(page.get_by_role("heading", name="How have things been?")).to_be_visible()
        assert fits_width(page)
        assert name not in page.content()
        answer_check_in(page, levels=3)
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
        page.get_by_role("link", name="Therapist: sign in").click()
        sign_in(page)

        page.set_viewport_size(WIDE)
        page.goto(client_page)
        rows_after = symptom_rows(page)
        assert [row for row in rows_after if row not in rows_before], "the table lacks the answered check-in"
        assert chart_svg(page) != svg_before
        demo_visit.assert_no_foreign_request()
        assert demo_visit.errors == []


@pytest.fixture(scope="module")
def staff_visit(chromium: Browser, demo: str) -> Iterator[Visit]:
    with open_visit(chromium, demo) as demo_visit:
        page = demo_visit.page("/")
        sign_in(page)
        page.close()
        yield demo_visit


@pytest.fixture
def signed_in(staff_visit: Visit) -> Visit:
    """Return the shared signed-in browser with its recorded requests and errors cleared."""
    staff_visit.requested_urls.clear()
    staff_visit.errors.clear()
    return staff_visit


@pytest.fixture(scope="module")
def client_urls(staff_visit: Visit) -> list[str]:
    """Return the pages of the client who needs attention first, and of another from the middle of the list."""
    page = staff_visit.page("/")
    rows = page.locator("main tbody tr")
    links = [rows.nth(n).get_by_role("link").first.get_attribute("href") for n in (0, rows.count() // 2)]
    addresses = [f"{staff_visit.home}{link}" for link in links]
    page.close()
    return addresses


CLIENT_PATHS = ("", "sessions/", "sessions/new/", "measures/", "details/", "report/", "measures/type-in/phq9/")
CLINIC_PATHS = ("/", "/library/", "/library/phq9/", "/clinic/", "/profile/", "/clients/new/")


def find_problems_at(page: Page, url: str) -> list[str]:
    """Check one page at both widths and in both schemes."""
    response = page.goto(url)
    assert response is not None
    assert response.ok, f"{response.status} at {page.url}"
    return problems_at_both_widths(page, dark=True)


def test_client_pages_fit_and_are_accessible(signed_in: Visit, client_urls: list[str]) -> None:
    page = signed_in.context.new_page()
    addresses = [url + path for path in CLIENT_PATHS for url in client_urls]
    assert [problem for address in addresses for problem in find_problems_at(page, address)] == []
    page.close()
    signed_in.assert_no_foreign_request()
    assert signed_in.errors == []


def test_clinic_pages_fit_and_are_accessible(signed_in: Visit) -> None:
    page = signed_in.context.new_page()
    assert [problem for path in CLINIC_PATHS for problem in find_problems_at(page, signed_in.home + path)] == []
    page.close()
    assert signed_in.errors == []
