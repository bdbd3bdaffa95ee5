"""An empty clinic in a browser: first account, client, session, check-in and picture."""

from __future__ import annotations

from datetime import date, timedelta

from playwright.sync_api import Browser, Page, expect

from browser.conftest import Visit, answer_check_in, open_visit
from chromium import PHONE, WIDE, fits_width, serious_violations

PASSWORD = "a kettle on the quiet stove"


def create_clinic(clinic_visit: Visit) -> Page:
    page = clinic_visit.page("/")
    expect(page.get_by_role("heading", name="Welcome")).to_be_visible()
    assert serious_violations(page) == []
    page.get_by_label("Display name").fill("Alma Reyes")
    page.get_by_label("Name of the practice or clinic").fill("Practice Reyes")
    page.get_by_label("User name").fill("alma")
    for field in page.locator("input[type=password]").all():
        field.fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", name="Caseload")).to_be_visible()
    return page


def test_empty_clinic_gets_a_client_a_check_in_and_a_picture(chromium: Browser, empty_clinic: str) -> None:
    with open_visit(chromium, empty_clinic) as clinic_visit:
        page = create_clinic(clinic_visit)
        assert serious_violations(page) == []

        page.get_by_role("main").get_by_role("link", name="Add your first client").click()
        assert serious_violations(page) == []
        page.get_by_label("Display name").fill("Carla M.")
        page.get_by_label("Role dispute").check()
        page.get_by_role("button", name="Add client").click()
        expect(page.get_by_role("heading", name="Carla M.").first).to_be_visible()
        assert serious_violations(page) == []

        page.get_by_role("link", name="Sessions", exact=True).click()
        page.get_by_role("main").get_by_role("link", name="session").first.click()
        # the form proposes a session that has just begun; the check-in before it needs one that lies ahead
        page.get_by_label("Date").fill((date.today() + timedelta(days=1)).isoformat())
        page.get_by_role("button", name="Add session").click()
        expect(page.get_by_role("heading", name="Session 1 of 16")).to_be_visible()
        assert serious_violations(page) == []
        page.get_by_role("link", name="Check-ins and date").click()
        assert serious_violations(page) == []
        session_page = page.url

        # handing over the laptop signs the staff account out, and only the check-in can be opened
        page.get_by_role("button", name="Hand over this device").first.click()
        page.set_viewport_size(PHONE)
        expect(page.get_by_role("heading", name="How have things been?")).to_be_visible()
        assert fits_width(page)
        assert serious_violations(page) == []
        second_page = clinic_visit.page("/")
        expect(second_page.get_by_role("button", name="Sign in")).to_be_visible()
        assert "Carla" not in second_page.content()
        second_page.close()

        answer_check_in(page)
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
        page.go_back()
        assert "How low" not in page.locator("main").inner_text()

        page.goto(session_page)
        page.set_viewport_size(WIDE)
        page.get_by_label("User name").fill("alma")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.goto(session_page)
        expect(page.get_by_text("answered").first).to_be_visible()

        page.get_by_role("link", name="Overview", exact=True).click()
        symptoms = page.locator("section[aria-labelledby=symptoms-title]")
        chart = symptoms.locator("img.chart").first
        expect(chart).to_have_js_property("complete", True)
        assert chart.evaluate("i => i.naturalHeight") > 0, "the chart was not drawn"
        # five scales at 6 of 10 give a score of 6 in the chart and its text
        expect(symptoms).to_contain_text("6")
        assert serious_violations(page) == []
        page.set_viewport_size(PHONE)
        assert fits_width(page)
        clinic_visit.assert_no_foreign_request()
        assert clinic_visit.errors == []
