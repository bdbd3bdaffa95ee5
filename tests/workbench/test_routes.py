"""Every route, every role, and a record of another therapist."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from securebase.ipt.parsing import parse_values
from securebase.ipt.shelf import worksheet
from securebase.records.vocabulary import Moment
from securebase.workbench.accounts.actions import create_account
from securebase.workbench.accounts.models import Account, Role
from securebase.workbench.audit.models import Entry
from securebase.workbench.clients import actions as clients
from securebase.workbench.progress.queries import current_picture
from securebase.workbench.progress.tickets import sign_ticket
from securebase.workbench.supervision.actions import share_course
from securebase.workbench.supervision.models import Share, SharedPart
from securebase.workbench.therapy_sessions import actions
from securebase.workbench.therapy_sessions.models import CheckInMode, Rupture, SafetyAlert
from securebase.workbench.worksheets.actions import save_artefact
from workbench.cast import BEGAN, NOON, Cast, answers
from workbench.inventory.network_cast import add_people, draw_course

EVERYBODY = {"alma", "bruno", "dario", "rosa", "adam"}
#: Who may open a page that is about no single client. A page that is not named here, or is about a client, fails.
PAGES = {
    "caseload": EVERYBODY,  # an account without a caseload is redirected to its own start page
    "profile": EVERYBODY,
    "still-here": EVERYBODY,
    "sign-out": EVERYBODY,
    "library": EVERYBODY,
    "library-instrument": EVERYBODY,
    "client-new": {"alma", "dario"},
    "supervisees": {"bruno"},
    "clinic": {"alma", "adam"},
    "clinic-lineage": {"alma", "adam"},
    "course-forms": {"alma", "adam"},
    "account-new": {"alma", "adam"},
    "account-active": {"alma", "adam"},
    "account-password": {"alma", "adam"},
}
#: An incident of Carla’s.
ARTEFACT = uuid.UUID("5eed0000-0000-4000-8000-000000000001")
#: What needs no account: each is tested by itself.
OPEN = {"sign-in", "first-account", "healthy", "check-in", "check-in-sent"}
#: Reached by a ticket only, which a page hands out whose reading was written down.
PARTS_OF_A_PAGE = {"client-chart"}


def patterns(resolver: URLResolver, prefix: str = "") -> list[tuple[str, str]]:
    result = []
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            result.append((entry.name or route, route))
        else:
            result += patterns(entry, route)
    return result


ROUTES = dict(patterns(get_resolver()))
#: The client’s own page: opened with link and code, tested in tests/workbench/own_pages.
OWN = {name for name, route in ROUTES.items() if route.startswith(("own/", "p/"))}
#: What was shared with a supervisor, tested in tests/workbench/supervision.
SHARED = {"shared-course", "shared-sheet", "shared-comment", "comment-change"}
OF_A_CLIENT = sorted(name for name, route in ROUTES.items() if "client_id" in route)


@pytest.fixture
def full(cast: Cast) -> Cast:
    """Carla with everything a route can name, and a client of Dario's own."""
    check_in = cast.invite(Moment.BEFORE).check_in
    actions.record_check_in(check_in=check_in, responses=answers("session_before", 5.0, 1.0), submission="s", at=NOON)
    cast.invite(Moment.AFTER, CheckInMode.PAPER)
    actions.mark_rupture(session=cast.session, by=cast.alma, kind="withdrawal", at=NOON)
    actions.rate_session(
        session=cast.session, by=cast.alma, responses=answers("therapist_after"), submission="r", at=NOON
    )
    spec = worksheet("incident")
    save_artefact(
        id=ARTEFACT,
        episode=cast.episode,
        worksheet=spec.id,
        by=cast.alma,
        filled=parse_values(spec, {"what_happened": "She hung up"}),
        revision=0,
        at=NOON,
    )
    create_account(clinic=cast.alma.clinic, user_name="zoe", name_shown="Zoe", password=None, roles=[Role.RESEARCHER])
    share_course(
        episode=cast.episode,
        by=cast.alma,
        supervisor=cast.bruno,
        label="the harbour case",
        until=timezone.now() + timedelta(days=9),
        parts=[SharedPart.MEASURES],
        worksheets=[],
        at=timezone.now(),
        agreed=True,
    )
    clients.create_client(therapist=cast.dario, name_shown="Dario's own", began_on=BEGAN)
    draw_course(cast, add_people(cast))
    return cast


def address(cast: Cast, name: str, **other: object) -> str:
    values = {
        "client_id": cast.carla.id,
        "session_id": cast.session.id,
        "moment": "before",
        "rupture_id": Rupture.objects.visible_to(cast.alma).get().id,
        "alert_id": SafetyAlert.objects.visible_to(cast.alma).get().id,
        "administration_id": cast.episode.administrations.get(instrument="session_before").id,
        "width": "wide",
        "relationship_id": cast.episode.relationships.get(name_shown="Lena").id,
        "circle_id": cast.episode.circles.earliest("drawn_at").id,
        "instrument_id": "phq9",
        "name": {"client-chart": "symptoms_wide", "worksheet-about": "relationship"}.get(name, "incident"),
        "artefact_id": ARTEFACT,
        "kind": "client",
        "about_id": cast.episode.relationships.get(name_shown="Lena").id,
        "ticket": sign_ticket(
            account=cast.alma,
            client_id=cast.carla.id,
            fingerprint=current_picture(episode=cast.episode, as_of=timezone.now()).fingerprint,
        ),
        "share_id": Share.objects.visible_to(cast.alma).get().id,
        "account_id": Account.objects.get(user_name="zoe").id,
    } | other
    wanted = re.findall(r"<(?:\w+:)?(\w+)>", ROUTES[name])
    return reverse(name, kwargs={key: values[key] for key in wanted})


def both(browser: Browser, url: str) -> set[int]:
    """The answers to asking and to sending; a method that the page does not know counts for nothing."""
    return {browser.get(url).status_code, browser.post(url, {}).status_code} - {405}


def test_every_route_says_who_may_open_it() -> None:
    assert set(ROUTES) == set(PAGES) | OPEN | OWN | SHARED | set(OF_A_CLIENT)


@pytest.mark.parametrize("name", sorted(set(PAGES) - {"sign-out"}))
def test_a_page_opens_for_its_roles_only(full: Cast, name: str) -> None:
    url = address(full, name)
    for account in Account.objects.filter(user_name__in=EVERYBODY):
        browser = Browser()
        browser.force_login(account)
        statuses = both(browser, url)
        if account.user_name in PAGES[name]:
            assert statuses <= {200, 204, 302, 400}, account
        else:
            assert statuses == {403}, account
    assert Browser().get(url).headers.get("Location", "").startswith("/sign-in/")


@pytest.mark.parametrize("name", OF_A_CLIENT)
def test_a_clients_page_opens_for_her_therapist_only(full: Cast, name: str) -> None:
    url = address(full, name)
    # hers last: some of these pages change what they show
    for user_name, expected in (("dario", {404}), ("bruno", {403}), ("rosa", {403}), ("adam", {403})):
        browser = Browser()
        browser.force_login(Account.objects.get(user_name=user_name))
        before = Entry.objects.filter(action="denied").count()
        assert both(browser, url) == expected, user_name
        denied = Entry.objects.filter(action="denied").order_by("-sequence")
        assert denied.count() > before
        assert denied[0].client == str(full.carla.id)
        assert denied[0].actor_name.lower() == user_name
    assert Browser().get(url).headers["Location"].startswith("/sign-in/")
    browser = Browser()
    browser.force_login(full.alma)
    reads = Entry.objects.filter(action="client.read", client=str(full.carla.id)).count()
    assert both(browser, url) <= {200, 302, 400}
    written = Entry.objects.filter(action="client.read", client=str(full.carla.id)).count() > reads
    assert written is (name not in PARTS_OF_A_PAGE)


#: Addresses with more in them than the client that name no record: an instrument, an empty worksheet.
OF_NO_RECORD = {"type-in", "extra-choose", "worksheet-begin", "worksheet-paper", "client-report-choose"}


@pytest.mark.parametrize("name", [n for n in OF_A_CLIENT if ROUTES[n].count("<") > 1 and n not in OF_NO_RECORD])
def test_a_record_of_carla_cannot_be_reached_through_a_client_of_ones_own(full: Cast, name: str) -> None:
    own = clients.Client.objects.visible_to(full.dario).get()
    browser = Browser()
    browser.force_login(full.dario)
    assert both(browser, address(full, name, client_id=own.id)) == {404}


@pytest.mark.parametrize("name", OF_A_CLIENT)
def test_a_client_that_does_not_exist_answers_like_somebody_elses(full: Cast, name: str) -> None:
    browser = Browser()
    browser.force_login(full.dario)
    hers = browser.get(address(full, name))
    nobodys = browser.get(address(full, name, client_id="00000000-0000-4000-8000-000000000000"))
    assert hers.status_code == nobodys.status_code
    token = re.compile(rb'name="csrfmiddlewaretoken" value="\w+"')
    assert token.sub(b"", hers.content) == token.sub(b"", nobodys.content)


@pytest.mark.parametrize("name", sorted(set(PAGES) | set(OF_A_CLIENT)))
def test_nothing_is_written_without_the_forms_own_token(full: Cast, name: str) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(full.alma)
    answer = browser.post(address(full, name), {})
    assert answer.status_code in {403, 405}
    if answer.status_code == 403:
        assert "was out of date" in answer.content.decode()


def test_no_route_lets_a_session_be_made_for_somebody_elses_client(full: Cast) -> None:
    browser = Browser()
    browser.force_login(full.dario)
    typed = {"number": 9, "date": "2026-09-09", "time": "12:00", "phase": "initial"}
    assert browser.post(address(full, "session-new"), typed).status_code == 404
    assert full.episode.therapy_sessions.count() == 1


def test_monitoring_the_server_needs_no_account(db: None) -> None:
    assert Browser().get(reverse("healthy")).content == b"ok"


def test_times_on_pages_are_local(full: Cast) -> None:
    browser = Browser()
    browser.force_login(full.alma)
    shown = timezone.localtime(full.session.held_at).strftime("%H:%M")
    assert shown == "14:00"  # noon in Greenwich, in the tests' own time zone
    assert shown in browser.get(address(full, "client-sessions")).content.decode()
