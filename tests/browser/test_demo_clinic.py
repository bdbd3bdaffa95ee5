"""The first walk: the demo clinic, who needs attention first and why, a check-in on a phone, the picture changes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.conftest import PHONE, WIDE, Visit, answer_check_in, fits, serious, visit


def sign_in(page: Page) -> None:
    """With the two words that the page itself shows."""
    told = page.locator("main").inner_text()
    found = re.search(r"User name\s+(\S+)\s+Password\s+(\S+)", told)
    assert found, f"the sign-in page does not tell how to sign in: {told}"
    page.get_by_label("User name").fill(found[1])
    page.get_by_label("Password", exact=True).fill(found[2])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Caseload")).to_be_visible()


def reported_symptoms(page: Page) -> list[str]:
    """The rows of the table beside the symptoms chart."""
    section = page.locator("section", has=page.get_by_role("heading", name="Symptoms"))
    details = section.locator("details").last
    if details.get_attribute("open") is None:
        details.locator("summary").click()
    return [row.inner_text() for row in details.locator("tbody tr").all()]


def drawing(page: Page) -> str:
    section = page.locator("section", has=page.get_by_role("heading", name="Symptoms"))
    image = section.locator("img.chart").first
    expect(image).to_have_js_property("complete", True)
    high, wide = image.evaluate("i => [i.naturalHeight * i.clientWidth, i.naturalWidth * i.clientHeight]")
    assert high > 0, "the chart was not drawn"
    assert high == pytest.approx(wide, rel=0.01), "the room kept free is not the room it takes"
    return str(page.request.get(page.url.split("/clients/")[0] + str(image.get_attribute("src"))).text())


def test_attention_check_in_picture(browser: Browser, demo: str) -> None:
    with visit(browser, demo) as there:
        page = there.page("/")
        assert serious(page) == []
        sign_in(page)
        expect(page.get_by_text("simulated").first).to_be_visible()
        rows = page.locator("main tbody tr")
        assert 22 <= rows.count() <= 26
        assert serious(page) == []

        first = rows.first.get_by_role("link").first
        name = first.inner_text()
        first.click()
        client_page = page.url
        expect(page.get_by_role("heading", name=name).first).to_be_visible()
        expect(page.get_by_role("heading", name=re.compile(r"Before session \d+"))).to_be_visible()
        page.get_by_text("Why this is said").first.click()
        assert serious(page) == []
        before, drawn = reported_symptoms(page), drawing(page)

        page.get_by_role("link", name=re.compile("^Check-in")).click()
        page.get_by_role("button", name="Hand over this device").first.click()
        page.set_viewport_size(PHONE)
        expect(page.get_by_role("heading", name="How have things been?")).to_be_visible()
        assert fits(page)
        assert name not in page.content()
        answer_check_in(page, levels=3)
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
        page.get_by_role("link", name="Therapist: sign in").click()
        sign_in(page)

        page.set_viewport_size(WIDE)
        page.goto(client_page)
        after = reported_symptoms(page)
        assert [row for row in after if row not in before], "the answered check-in is not in the table"
        assert drawing(page) != drawn
        there.assert_stayed_home()
        assert there.complaints == []


@pytest.fixture(scope="module")
def staff(browser: Browser, demo: str) -> Iterator[Visit]:
    with visit(browser, demo) as there:
        page = there.page("/")
        sign_in(page)
        page.close()
        yield there


@pytest.fixture
def signed_in(staff: Visit) -> Visit:
    """The same signed-in browser for every test, with what it asked and complained of counted anew."""
    staff.asked.clear()
    staff.complaints.clear()
    return staff


PAGES = ["", "sessions/", "sessions/new/", "measures/", "details/", "report/", "measures/type-in/phq9/"]


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["1280", "390"])
@pytest.mark.parametrize("path", PAGES)
def test_a_clients_pages_fit_and_are_accessible(signed_in: Visit, size: dict[str, int], path: str) -> None:
    page = signed_in.page("/")
    page.set_viewport_size(size)
    rows = page.locator("main tbody tr")
    # the client who needs attention first, and one in the middle of the list
    for at in (0, rows.count() // 2):
        page.goto(signed_in.home)
        page.locator("main tbody tr").nth(at).get_by_role("link").first.click()
        page.wait_for_load_state()
        home = page.url
        answer = page.goto(home + path)
        assert answer is not None
        assert answer.ok, f"{answer.status} at {page.url}"
        assert fits(page), page.url
        assert serious(page) == []
    page.close()
    signed_in.assert_stayed_home()
    assert signed_in.complaints == []


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["1280", "390"])
@pytest.mark.parametrize("path", ["/", "/library/", "/library/phq9/", "/clinic/", "/profile/", "/clients/new/"])
def test_the_clinics_pages_fit_and_are_accessible(signed_in: Visit, size: dict[str, int], path: str) -> None:
    page = signed_in.page("/")
    page.set_viewport_size(size)
    answer = page.goto(signed_in.home + path)
    assert answer is not None
    assert answer.ok
    assert fits(page)
    assert serious(page) == []
    page.close()
    assert signed_in.complaints == []
