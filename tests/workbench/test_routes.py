"""Access to every route by every role and by other therapists."""

from __future__ import annotations

import copy
import re
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from securebase.ipt.parsing import parse_values
from securebase.ipt.shelf import worksheet
from securebase.records.vocabulary import Moment
from securebase.workbench.accounts.actions import create_account
from securebase.workbench.accounts.models import Account, Role
from securebase.workbench.audit.models import Entry
from securebase.workbench.check_ins.actions import record_check_in
from securebase.workbench.check_ins.models import CheckInMode
from securebase.workbench.clients import actions as clients
from securebase.workbench.measures.actions import rate_session
from securebase.workbench.measures.models import SafetyAlert
from securebase.workbench.progress.queries import current_picture
from securebase.workbench.progress.tickets import sign_ticket
from securebase.workbench.requests.actions import add_plan
from securebase.workbench.requests.models import Request
from securebase.workbench.requests.occasions import When
from securebase.workbench.supervision.actions import share_course
from securebase.workbench.supervision.models import Share, SharedPart
from securebase.workbench.therapy_sessions.actions import mark_rupture
from securebase.workbench.therapy_sessions.models import Rupture
from securebase.workbench.worksheets.actions import save_artefact
from workbench.browser import Browser
from workbench.cast import BEGAN, NOON, Cast, answers, make_cast
from workbench.inventory.network_cast import add_people, draw_course

ALL_ACCOUNTS = {"alma", "bruno", "dario", "rosa", "adam"}
#: Accounts that may open each page that is not about one client. A new route must be added here or be about a client.
PAGES = {
    "caseload": ALL_ACCOUNTS,  # an account without a caseload is redirected to its own start page
    "profile": ALL_ACCOUNTS,
    "still-here": ALL_ACCOUNTS,
    "sign-out": ALL_ACCOUNTS,
    "library": ALL_ACCOUNTS,
    "library-instrument": ALL_ACCOUNTS,
    "client-new": {"alma", "dario"},
    "supervisees": {"bruno"},
    "clinic": {"alma", "adam"},
    "clinic-lineage": {"alma", "adam"},
    "course-forms": {"alma", "adam"},
    "clinic-alerts": {"alma", "adam"},
    "clinic-mail": {"alma", "adam"},
    "clinic-reminders": {"alma", "adam"},
    "late": {"alma", "dario"},
    "library-wording": {"alma", "dario", "adam"},
    "account-new": {"alma", "adam"},
    "clinic-calibration": {"alma", "adam", "rosa"},
    "clinic-outcomes": {"alma", "dario", "adam", "rosa"},
    "theory": ALL_ACCOUNTS,
    "research-table": {"alma", "adam", "rosa"},
    "research-table-download": {"alma", "adam", "rosa"},
    "theory-results": {"alma", "adam", "rosa"},
    "theory-estimate": {"alma", "adam", "rosa"},
    "theory-progress": {"alma", "adam", "rosa"},
    "account-active": {"alma", "adam"},
    "account-password": {"alma", "adam"},
    "library-wording-preview": {"alma", "dario", "adam"},
    "library-wording-withdraw": {"alma", "adam"},
}
#: Id of a worksheet about Carla.
ARTEFACT = uuid.UUID("5eed0000-0000-4000-8000-000000000001")
REQUEST = uuid.uuid4()
#: Routes that need no account; each has tests of its own.
PUBLIC_ROUTES = {"sign-in", "first-account", "healthy", "check-in", "check-in-sent", "reminders-stop"}
PUBLIC_ROUTES |= {"manifest", "icon", "offline", "worker"}
#: Routes of the demo clinic alone, tested in tests/workbench/ui.
DEMO_ROUTES = {"gallery"}
#: Routes reached only by the ticket of an audited page.
TICKET_ROUTES = {"client-chart"}


def route_patterns(resolver: URLResolver, prefix: str = "") -> list[tuple[str, str, Callable[..., object]]]:
    """Return name, route and view of every URL."""
    result = []
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            result.append((entry.name or route, route, entry.callback))
        else:
            result += route_patterns(entry, route)
    return result


ROUTES = {name: route for name, route, _ in route_patterns(get_resolver())}
VIEWS = {name: view for name, _, view in route_patterns(get_resolver())}
#: Routes of the client's own page, tested in tests/workbench/own_pages.
OWN_PAGE_ROUTES = {name for name, route in ROUTES.items() if route.startswith(("own/", "p/"))}
#: Routes of shared courses, tested in tests/workbench/supervision.
SHARED_ROUTES = {"shared-course", "shared-sheet", "shared-comment", "comment-change"}
CLIENT_ROUTES = sorted(name for name, route in ROUTES.items() if "client_id" in route)


@pytest.fixture(scope="module")
def saved(module_db: None) -> Cast:
    """Save, once for all routes, an object of Carla's for every parameter of a route, and a client of Dario's."""
    cast = make_cast()
    check_in = cast.invite(Moment.BEFORE).check_in
    record_check_in(check_in=check_in, responses=answers("session_before", 5.0, 1.0), submission="s", at=NOON)
    cast.invite(Moment.AFTER, CheckInMode.PAPER)
    mark_rupture(session=cast.session, by=cast.alma, kind="withdrawal", at=NOON)
    rate_session(session=cast.session, by=cast.alma, responses=answers("therapist_after"), submission="r", at=NOON)
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
    plan = add_plan(episode=cast.episode, by=cast.alma, at_time=NOON, when=When.AFTER)
    Request.objects.create(id=REQUEST, plan=plan, occasion="x", due_at=NOON, until=NOON, state="failed")
    return cast


@pytest.fixture
def full(saved: Cast, db: None) -> Cast:
    """Return the saved cast; what a test changes is taken back after it."""
    return copy.deepcopy(saved)


def build_url(cast: Cast, name: str, **overrides: object) -> str:
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
        "tag": "en-1",
        "choice": "expectation",
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
        "check_in_id": cast.session.check_ins.get(moment="before").id,
        "request_id": REQUEST,
        "plan_id": cast.episode.request_plans.get().id,
        "account_id": Account.objects.get(user_name="zoe").id,
    } | overrides
    parameters = re.findall(r"<(?:\w+:)?(\w+)>", ROUTES[name])
    return reverse(name, kwargs={key: values[key] for key in parameters})


def request_statuses(browser: Browser, url: str) -> set[int]:
    """Return the statuses of GET and POST without 405, the status of an unsupported method."""
    return {browser.get(url).status_code, browser.post(url, {}).status_code} - {405}


def test_every_page_of_a_client_is_opened_by_its_decorator() -> None:
    assert [name for name in CLIENT_ROUTES if not hasattr(VIEWS[name], "is_client_page")] == []


def test_every_route_has_declared_access() -> None:
    declared = set(PAGES) | PUBLIC_ROUTES | DEMO_ROUTES | OWN_PAGE_ROUTES | SHARED_ROUTES | set(CLIENT_ROUTES)
    assert set(ROUTES) == declared, "add a new route to PAGES with the accounts that may open it"


@pytest.mark.parametrize("name", sorted(set(PAGES) - {"sign-out"}))
def test_page_opens_for_its_roles_only(full: Cast, name: str) -> None:
    url = build_url(full, name)
    for account in Account.objects.filter(user_name__in=ALL_ACCOUNTS):
        browser = Browser()
        browser.force_login(account)
        statuses = request_statuses(browser, url)
        if account.user_name in PAGES[name]:
            assert statuses <= {200, 204, 302, 400}, account
        else:
            assert statuses == {403}, account
    assert Browser().get(url).headers.get("Location", "").startswith("/sign-in/")


@pytest.mark.parametrize("name", CLIENT_ROUTES)
def test_client_page_opens_for_its_therapist_only(full: Cast, name: str) -> None:
    url = build_url(full, name)
    # her own therapist last, because some of these requests change data
    for user_name, expected in (("dario", {404}), ("bruno", {403}), ("rosa", {403}), ("adam", {403})):
        browser = Browser()
        browser.force_login(Account.objects.get(user_name=user_name))
        before = Entry.objects.filter(action="denied").count()
        assert request_statuses(browser, url) == expected, user_name
        denied = Entry.objects.filter(action="denied").order_by("-sequence")
        assert denied.count() > before
        assert denied[0].client == str(full.carla.id)
        assert denied[0].actor_name.lower() == user_name
    assert Browser().get(url).headers["Location"].startswith("/sign-in/")
    browser = Browser()
    browser.force_login(full.alma)
    n_reads = Entry.objects.filter(action="client.read", client=str(full.carla.id)).count()
    assert request_statuses(browser, url) <= {200, 302, 400, 409}
    is_audited = Entry.objects.filter(action="client.read", client=str(full.carla.id)).count() > n_reads
    assert is_audited is (name not in TICKET_ROUTES)


#: Routes whose further parameters name no record, such as an instrument or a new worksheet.
ROUTES_WITHOUT_RECORD = {"type-in", "extra-choose", "worksheet-begin", "worksheet-paper", "client-report-choose"}


@pytest.mark.parametrize(
    "name", [n for n in CLIENT_ROUTES if ROUTES[n].count("<") > 1 and n not in ROUTES_WITHOUT_RECORD]
)
def test_record_cannot_be_reached_through_another_client(full: Cast, name: str) -> None:
    own_client = clients.Client.objects.visible_to(full.dario).get()
    browser = Browser()
    browser.force_login(full.dario)
    assert request_statuses(browser, build_url(full, name, client_id=own_client.id)) == {404}


@pytest.mark.parametrize("name", CLIENT_ROUTES)
def test_missing_client_is_answered_like_a_foreign_one(full: Cast, name: str) -> None:
    browser = Browser()
    browser.force_login(full.dario)
    foreign_response = browser.get(build_url(full, name))
    missing_response = browser.get(build_url(full, name, client_id="00000000-0000-4000-8000-000000000000"))
    assert foreign_response.status_code == missing_response.status_code
    token = re.compile(rb'name="csrfmiddlewaretoken" value="\w+"')
    assert token.sub(b"", foreign_response.content) == token.sub(b"", missing_response.content)


@pytest.mark.parametrize("name", sorted(set(PAGES) | set(CLIENT_ROUTES)))
def test_writes_need_the_csrf_token(full: Cast, name: str) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(full.alma)
    response = browser.post(build_url(full, name), {})
    assert response.status_code in {403, 405}
    if response.status_code == 403:
        assert "This form has expired" in response.content.decode()


def test_session_cannot_be_created_for_a_foreign_client(full: Cast) -> None:
    browser = Browser()
    browser.force_login(full.dario)
    typed = {"number": 9, "date": "2026-09-09", "time": "12:00", "phase": "initial"}
    assert browser.post(build_url(full, "session-new"), typed).status_code == 404
    assert full.episode.therapy_sessions.count() == 1


def test_health_check_needs_no_account(db: None) -> None:
    assert Browser().get(reverse("healthy")).content == b"ok"


def test_times_on_pages_are_local(full: Cast) -> None:
    browser = Browser()
    browser.force_login(full.alma)
    text = timezone.localtime(full.session.held_at).strftime("%H:%M")
    assert text == "14:00"  # noon UTC in the time zone of the tests
    assert text in browser.get(build_url(full, "client-sessions")).content.decode()
