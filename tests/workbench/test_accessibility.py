"""Every page in a real browser at desktop and phone width: accessibility, no horizontal scroll, no other host."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.urls import reverse
from django.utils import timezone

import pictures
from chromium import find_problems, problems_at_both_widths
from securebase.ipt.parsing import parse_values
from securebase.ipt.shelf import worksheet
from securebase.records.vocabulary import Moment
from securebase.workbench.check_ins.actions import record_check_in
from securebase.workbench.check_ins.models import CheckInMode
from securebase.workbench.measures.actions import rate_session, type_in_administration
from securebase.workbench.progress import match_pages
from securebase.workbench.therapy_sessions.actions import mark_rupture
from securebase.workbench.worksheets.actions import save_artefact
from workbench.browser import Browser
from workbench.cast import NOON, PASSWORD, Cast, answers, make_cast
from workbench.inventory.network_cast import add_people, draw_course

pytestmark = pytest.mark.django_db(transaction=True)


#: Worksheets that together have every kind of field.
WORKSHEETS_OF_EVERY_KIND = ("session_note", "communication_analysis", "contract", "formulation", "relationship")


@pytest.fixture
def full(live_server: Any) -> Cast:
    """Provide Carla with an open alert, an open rupture, a typed-in PHQ-9 and drawn circles."""
    cast = make_cast()
    stored = record_check_in(
        check_in=cast.invite(extras=["focus_week", "dispute_week"]).check_in,
        responses=answers("session_before", 5.0, 1.0),
        submission="s",
        at=NOON,
        extra={"focus_week": {1: 7.0}, "dispute_week": {1: 8.0, 2: 3.0}},
    )
    assert stored.alerts
    rate_session(session=cast.session, by=cast.alma, responses=answers("therapist_after", 6.0), submission="r", at=NOON)
    mark_rupture(session=cast.session, by=cast.alma, kind="withdrawal", at=NOON)
    for week in (0, 1):
        type_in_administration(
            episode=cast.episode,
            by=cast.alma,
            instrument="phq9",
            responses=dict.fromkeys(range(1, 9), 2.0 - week),
            at=timezone.now(),
            submission=str(week),
        )
    draw_course(cast, add_people(cast))
    return cast


def page_urls(cast: Cast) -> list[str]:
    """Return the URLs of the therapist's pages."""
    carla, session = cast.carla.id, cast.session.id
    administration = cast.episode.administrations.first()
    alert = cast.episode.safety_alerts.first()
    assert administration
    assert alert
    incident = save_artefact(
        id=uuid.uuid4(),
        episode=cast.episode,
        worksheet="incident",
        by=cast.alma,
        filled=parse_values(worksheet("incident"), {"what_happened": "She hung up", "mood_before": "4"}),
        revision=0,
        at=NOON,
        session=cast.session,
    )
    client_pages = (
        "course",
        "timeline",
        "formulation",
        "area-work",
        "ending",
        "relationships",
        "attachment",
        "relationship-new",
        "client-sessions",
        "session-new",
        "client-measures",
        "client-edit",
        "own-page-settings",
        "client-supervision",
        "client-portfolio",
        "client-matches",
    )
    return [
        *(
            reverse(name)
            for name in (
                "profile",
                "clinic",
                "clinic-lineage",
                "course-forms",
                "account-new",
                "clinic-calibration",
                "clinic-outcomes",
                "theory",
                "research-table",
                "theory-results",
                "client-new",
                "library",
            )
        ),
        reverse("library-instrument", args=["session_before"]),
        reverse("library-instrument", args=["phq9"]),
        *(reverse(name, args=[carla]) for name in client_pages),
        reverse("worksheet", args=[carla, "incident", incident.id]),
        reverse("worksheet-history", args=[carla, "incident", incident.id]),
        *(reverse("worksheet", args=[carla, name, uuid.uuid4()]) for name in WORKSHEETS_OF_EVERY_KIND),
        reverse("worksheet-paper", args=[carla, "contract"]),
        reverse("session", args=[carla, session]),
        reverse("session-work", args=[carla, session]),
        reverse("emotional-work", args=[carla]),
        reverse("ruptures", args=[carla]),
        reverse("check-in-paper", args=[carla, session, "after"]),
        reverse("check-in-type-in", args=[carla, session, "after"]),
        reverse("type-in", args=[carla, "phq9"]),
        reverse("administration", args=[carla, administration.id]),
        reverse("relationships", args=[carla]) + "?kind=wished",
        reverse("relationship", args=[carla, cast.episode.relationships.first().id]),
        reverse("circle-paper", args=[carla]),
        reverse("client-downloads", args=[carla]),
        *(reverse("client-report-choose", args=[carla, kind]) for kind in ("client", "referrer", "supervisor")),
        reverse("alert", args=[carla, alert.id]),
        "/nowhere/",
    ]


@pytest.fixture(params=[1280, 390])
def page(request: pytest.FixtureRequest, chromium: Any, live_server: Any) -> Iterator[Any]:
    page = chromium.new_page(viewport={"width": request.param, "height": 900}, reduced_motion="reduce")
    failures: list[str] = []
    page.on("request", lambda r: None if r.url.startswith(live_server.url) else failures.append(r.url))
    page.on("pageerror", lambda error: failures.append(str(error)))
    yield page
    page.close()
    assert failures == []


def sign_in(page: Any, live_server: Any, cast: Cast) -> None:
    browser = Browser()
    browser.force_login(cast.alma)
    name = django_settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": browser.cookies[name].value, "url": live_server.url}])


@pytest.mark.parametrize("page", [1280], indirect=True)
def test_therapist_pages_are_accessible(
    page: Any, live_server: Any, full: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(match_pages, "current_picture", lambda **_: pictures.full())
    page.goto(live_server.url + "/sign-in/")
    problems = problems_at_both_widths(page)
    sign_in(page, live_server, full)
    for url in page_urls(full):
        page.goto(live_server.url + url)
        problems += problems_at_both_widths(page)
    assert problems == []


def test_client_pages_are_accessible(page: Any, live_server: Any, full: Cast) -> None:
    """Contrast is measured on wide pages: `ui/test_styles.py` shows that narrow ones have the same colours."""
    path = full.invite(Moment.AFTER, CheckInMode.LINK, at=timezone.now(), extras=["expectation"]).path
    wide = page.viewport_size["width"] > 900
    page.goto(live_server.url + path)
    result = find_problems(page, contrast=wide)
    page.locator("#item_1").get_by_label("7", exact=True).check(force=True)
    page.get_by_role("link", name="Help now").click()
    result += find_problems(page, contrast=wide)
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("button", name="Send as it is").wait_for()
    result += find_problems(page, contrast=wide)
    page.get_by_role("button", name="Send as it is").click()
    page.wait_for_url("**/sent/")
    result += find_problems(page, contrast=wide)
    page.goto(live_server.url + path)
    assert result + find_problems(page, contrast=wide) == []


@pytest.mark.parametrize("page", [1280], indirect=True)
def test_sign_in_works_by_keyboard_alone(page: Any, live_server: Any, full: Cast) -> None:
    page.goto(live_server.url + "/sign-in/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("alma")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(live_server.url + "/")
