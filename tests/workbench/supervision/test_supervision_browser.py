"""The supervisor's pages and the therapist's side of supervision in a real browser, at a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from chromium import problems_at_both_widths
from securebase.records.artefact import Placement
from securebase.workbench.accounts.models import Account
from securebase.workbench.inventory.actions import add_relationship, draw_circle
from securebase.workbench.supervision.actions import comment, share_course
from securebase.workbench.supervision.models import Share, SharedPart
from securebase.workbench.therapy_sessions.actions import create_session
from workbench.browser import Browser
from workbench.cast import NOON, Cast, make_cast
from workbench.supervision.test_supervision import save_sheet

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people(live_server: Any) -> Cast:
    """Provide Carla with six rated sessions, a circle and a formulation."""
    cast = make_cast()
    first = cast.session
    for n in range(2, 7):
        create_session(episode=cast.episode, by=cast.alma, number=n, held_at=NOON + timedelta(weeks=n - 1))
    for n, session in enumerate(cast.episode.therapy_sessions.order_by("number")):
        cast.session = session
        extents = {name: str((n + k) % 4) for k, name in enumerate(("time_limit", "area_kept", "affect", "action"))}
        save_sheet(cast, "fidelity_checklist", extents | {"childhood_work": "yes" if n == 3 else "no"})
        agenda = [{"topic": "Ana", "kept": "yes"}, {"topic": "work", "kept": "no" if n % 2 else "yes"}]
        save_sheet(cast, "session_note", {"event": "a quarrel", "role_play": str(n % 4), "agenda": agenda})
    cast.session = first
    save_sheet(cast, "formulation", {"narrative": "When Ana left, there was nobody to lean on."})
    at = timezone.now()
    ana = add_relationship(episode=cast.episode, by=cast.alma, name_shown="Ana", relation="sister", at=at)
    ben = add_relationship(episode=cast.episode, by=cast.alma, name_shown="Ben", relation="friend", at=at)
    places = [Placement(str(ana.id), 0.9, 40.0, tension=True), Placement(str(ben.id), 0.5, 200.0, gives=True)]
    draw_circle(episode=cast.episode, by=cast.alma, placements=places, at=at)
    return cast


@pytest.fixture
def share(people: Cast) -> Share:
    share = share_course(
        episode=people.episode,
        by=people.alma,
        supervisor=people.bruno,
        label="the harbour case",
        until=timezone.now() + timedelta(weeks=4),
        parts=list(SharedPart),
        worksheets=["formulation", "session_note"],
        at=timezone.now(),
        agreed=False,
        consent_note="She agreed aloud",
    )
    comment(share=share, by=people.bruno, text="What would she say to Ana now?", at=timezone.now())
    return share


@pytest.fixture
def page(chromium: Any, live_server: Any) -> Iterator[Any]:
    page = chromium.new_page(reduced_motion="reduce")
    complaints: list[str] = []
    page.on("request", lambda r: None if r.url.startswith(live_server.url) else complaints.append(r.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if "Content Security" in message.text else None)
    yield page
    page.close()
    assert complaints == []


def sign_in(page: Any, live_server: Any, account: Account) -> None:
    browser = Browser()
    browser.force_login(account)
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": browser.cookies[name].value, "url": live_server.url}])


def test_supervision_from_share_to_comment(page: Any, live_server: Any, people: Cast, share: Share) -> None:
    problems = []
    sign_in(page, live_server, people.bruno)
    page.goto(live_server.url)  # a supervisor starts at the list of shares
    page.get_by_role("heading", name="Supervision").wait_for()
    problems += problems_at_both_widths(page)
    page.get_by_role("link", name="the harbour case").click()
    page.get_by_role("heading", name="the harbour case").wait_for()
    problems += problems_at_both_widths(page)
    page.get_by_role("link", name="Formulation").click()
    page.get_by_label("Comment").fill("Whose word is “lean”?")
    page.get_by_role("button", name="Send").click()
    page.get_by_text("Whose word is").first.wait_for()
    problems += problems_at_both_widths(page)
    sign_in(page, live_server, people.alma)
    page.goto(live_server.url + reverse("course", args=[people.carla.id]))
    assert page.get_by_text("2 new comments").is_visible()
    for name in ("client-supervision", "client-portfolio"):
        page.goto(live_server.url + reverse(name, args=[people.carla.id]))
        problems += problems_at_both_widths(page)
    assert problems == []
