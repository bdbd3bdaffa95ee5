"""The caseload, the client page and the report as the server sends them."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

import pictures
from securebase.records.vocabulary import Moment
from securebase.workbench.audit.models import Entry
from securebase.workbench.check_ins.actions import invite_check_in, record_check_in
from securebase.workbench.check_ins.models import CheckInMode
from securebase.workbench.clients.actions import create_client
from securebase.workbench.progress import drawings, queries
from securebase.workbench.progress.pages import format_time
from securebase.workbench.progress.tickets import read_ticket
from securebase.workbench.therapy_sessions.actions import create_session
from workbench.browser import Browser
from workbench.cast import NOON, Cast, answers


@pytest.fixture
def course(cast: Cast) -> Cast:
    """Provide Carla with seven sessions and their check-ins; the alliance falls in session 6 and 8 is planned."""
    start = timezone.now() - timedelta(days=45)
    cast.episode.began_on = timezone.localdate(start)
    cast.episode.save()
    cast.session.held_at = start
    cast.session.save()
    for number in range(1, 8):
        at = start + timedelta(days=7 * (number - 1))
        session = cast.session
        if number > 1:
            session = create_session(episode=cast.episode, by=cast.alma, number=number, held_at=at)
        for moment, value in ((Moment.BEFORE, 7.0), (Moment.AFTER, 8.0 if number < 6 else 3.0)):
            invitation = invite_check_in(session=session, by=cast.alma, moment=moment, mode=CheckInMode.LINK, at=at)
            responses = answers(invitation.check_in.instrument_id, value)
            record_check_in(check_in=invitation.check_in, responses=responses, submission=f"{number}{moment}", at=at)
            at += timedelta(hours=1)
    create_session(episode=cast.episode, by=cast.alma, number=8, held_at=timezone.now() + timedelta(hours=4))
    return cast


def soup(browser: Browser, name: str, *args: object) -> BeautifulSoup:
    response = browser.get(reverse(name, args=args))
    assert response.status_code == 200, name
    text = response.content.decode()
    assert " style=" not in text
    return BeautifulSoup(text, "html.parser")


def test_empty_caseload_says_how_to_begin(cast: Cast, browser: Browser) -> None:
    browser.force_login(cast.dario)
    page = soup(browser, "caseload")
    assert "Add your first client" in page.text
    assert page.find("a", href=reverse("client-new"))


def test_account_without_a_caseload_is_redirected_to_its_profile(cast: Cast, browser: Browser) -> None:
    browser.force_login(cast.rosa)
    assert browser.get("/").headers["Location"] == reverse("profile")


def test_row_shows_the_phase_and_what_to_know(course: Cast, alma: Browser) -> None:
    page = soup(alma, "caseload")
    row = page.select_one(".cases tbody tr")
    assert row is not None
    assert "Carla C." in row.text
    assert "7 of 16" in row.text
    assert re.search(r"Alliance [\d.]+ below expected", row.text)
    assert len(row.select("svg.spark[role=img]")) == 2
    assert page.select_one(".tally dd").text == "1"  # type: ignore[union-attr]


def test_client_page_has_points_charts_and_their_numbers(course: Cast, alma: Browser) -> None:
    page = soup(alma, "client", course.carla.id)
    before = page.select_one("#before-title")
    assert before is not None
    assert "Before session 8" in before.text
    points = page.select(".points > li")
    assert 1 <= len(points) <= 4
    assert "alliance fell" in points[0].text
    assert all(p.select_one("q") and p.select_one("details") for p in points)
    charts = page.select("picture img.chart[alt]")
    assert len(charts) == 3
    assert all(c["alt"] and c["width"] and c["height"] for c in charts)
    ids = [e["id"] for e in page.select("[id]")]
    assert len(ids) == len(set(ids))
    assert len(page.select("details.numbers table")) == 3
    assert "What this can and cannot tell you" in page.text
    assert "Unverified numbers" in page.text
    assert "What symptoms move with 12 complete sessions" in page.text
    assert "More weight on own data" in page.text
    assert page.select_one(".limits code").text  # type: ignore[union-attr]


def test_client_without_answers_is_offered_the_first_check_in(cast: Cast, alma: Browser) -> None:
    page = soup(alma, "client", cast.carla.id)
    assert "No check-in has been answered yet" in page.text
    assert page.find("a", href=reverse("session", args=(cast.carla.id, cast.session.id)))


def test_safety_answer_comes_first_until_it_is_acknowledged(course: Cast, alma: Browser) -> None:
    session = course.episode.therapy_sessions.get(number=8)
    invitation = invite_check_in(
        session=session, by=course.alma, moment=Moment.BEFORE, mode=CheckInMode.DEVICE, at=timezone.now()
    )
    responses = answers("session_before", 7.0, safety=2.0)
    record_check_in(check_in=invitation.check_in, responses=responses, submission="x", at=timezone.now())
    page = soup(alma, "client", course.carla.id)
    first = page.select_one("main section")
    assert first is not None
    assert "safety alert" in first.text
    form = first.select_one("form")
    assert form is not None
    assert alma.post(str(form["action"]), {"note": "Called; safe."}).status_code == 302
    assert "safety alert" not in soup(alma, "client", course.carla.id).text


def test_model_failure_is_reported_and_leaves_the_record(
    course: Cast, alma: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ArithmeticError("no root")

    monkeypatch.setattr("securebase.picture.course.track", broken)
    page = soup(alma, "client", course.carla.id)
    assert "The estimates are missing" in page.text
    assert "safe" in page.text
    assert len(page.select("details.numbers table")) == 3


def test_hypotheses_appear_once_the_gate_allows_them(
    course: Cast, alma: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = soup(alma, "client", course.carla.id)
    assert page.find(id="hypotheses-title") is None
    assert "After 12 complete sessions" in page.text
    monkeypatch.setattr(queries, "current_picture", lambda **_: replace(pictures.full(), answered=13))
    page = soup(alma, "client", course.carla.id)
    heading = page.find(id="hypotheses-title")
    assert heading is not None
    assert "What may be moving with symptoms" in heading.text
    card = heading.find_parent("section")
    assert card is not None
    assert len(card.select("picture source, picture img.chart")) == 2
    assert "with trend" in str(card.select_one("img.chart")["alt"])  # type: ignore[index]
    assert "cannot tell yet" in card.text
    assert "comes from other clients" in card.text
    assert "did your mood change before, after, or not at all?" in card.text
    assert card.select("details.numbers table")


def test_report_is_one_audited_file_with_versions(course: Cast, alma: Browser) -> None:
    response = alma.get(reverse("client-report", args=(course.carla.id,)))
    text = response.content.decode()
    assert not re.search(r'(src|href)="?https?:', text)
    assert "Data fingerprint" in text
    policy = response.headers["Content-Security-Policy"]
    for sheet in re.findall(r"<style>(.*?)</style>", text, flags=re.DOTALL):
        assert base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode() in policy
    assert "unsafe" not in policy
    assert (
        Entry.objects.filter(action="client.read", object_id="client-report", client=str(course.carla.id)).count() == 1
    )
    download = alma.get(reverse("client-report", args=(course.carla.id,)), {"save": 1})
    assert "attachment" in download.headers["Content-Disposition"]
    assert "Carla" not in download.headers["Content-Disposition"]


@pytest.mark.parametrize("name", ["client", "client-report"])
def test_client_of_another_therapist_is_not_found(name: str, course: Cast, browser: Browser) -> None:
    browser.force_login(course.dario)
    assert browser.get(reverse(name, args=(course.carla.id,))).status_code == 404
    assert Entry.objects.filter(action="denied", client=str(course.carla.id)).exists()


@pytest.mark.parametrize(
    ("hours", "text"), [(2, "Today"), (24, "Tomorrow"), (72, "Fri"), (24 * 8, "9 Sep"), (-48, "30 Aug")]
)
def test_times_are_formatted_by_distance(hours: int, text: str) -> None:
    now = datetime(2026, 9, 1, 9, tzinfo=UTC)
    assert format_time(now + timedelta(hours=hours), now).startswith(text)
    assert format_time(None, now) == ""


def test_caseload_needs_few_queries(course: Cast, alma: Browser, django_assert_max_num_queries: object) -> None:
    soup(alma, "caseload")
    with django_assert_max_num_queries(24):  # type: ignore[operator]
        soup(alma, "caseload")


def test_queries_do_not_grow_with_sessions(course: Cast) -> None:
    caseload = queries.caseload(account=course.alma, now=NOON + timedelta(days=400))
    assert len(caseload.rows) == 1


# ---- statements on the page ------------------------------------------------------------------------------------------
def send_partial_check_in(cast: Cast) -> None:
    """Answer only two items of the first check-in."""
    invitation = cast.invite(Moment.BEFORE, CheckInMode.LINK, at=timezone.now())
    everything = answers("session_before", 5.0)
    responses = {item: value if item <= 2 else None for item, value in everything.items()}
    record_check_in(check_in=invitation.check_in, responses=responses, submission="part", at=timezone.now())


def test_partial_check_in_is_not_shown_as_missing(cast: Cast, alma: Browser) -> None:
    send_partial_check_in(cast)
    page = soup(alma, "client", cast.carla.id)
    assert "No check-in has been answered yet" not in page.text
    assert "too few answers for a symptom score" in page.text
    row = soup(alma, "caseload").select_one(".cases tbody tr")
    assert row is not None
    assert "no score yet" in row.text
    assert "no report" not in row.text


def test_no_all_clear_appears_under_an_open_alert(cast: Cast, alma: Browser) -> None:
    invitation = cast.invite(Moment.BEFORE, CheckInMode.LINK, at=timezone.now())
    responses = answers("session_before", 5.0, safety=1.0)
    record_check_in(check_in=invitation.check_in, responses=responses, submission="x", at=timezone.now())
    page = soup(alma, "client", cast.carla.id)
    assert "Nothing needs your attention" not in page.text
    box = page.select_one(".callout.alert")
    assert box is not None
    assert "Safety question: “It crossed my mind”" in " ".join(box.text.split())
    report = alma.get(reverse("client-report", args=(cast.carla.id,))).content.decode()
    assert "Nothing needs your attention" not in report
    assert "“It crossed my mind”" in report


def test_callout_caseload_and_chart_report_the_same_fall(course: Cast, alma: Browser) -> None:
    page = soup(alma, "client", course.carla.id)
    callout = page.select(".points > li")[0].text
    match = re.search(r"Rated ([\d.]+) in session (\d+), ([\d.]+) points? below .*?\(([\d.]+)\)", callout)
    assert match
    rated, session, below, expected = match.groups()
    alliance = page.select_one("section[aria-labelledby=alliance-title]")
    assert alliance is not None
    words = " ".join(alliance.text.split())
    assert (
        f"The rupture of session {session} is open: rated {rated}, {below} points below the expected {expected}"
        in words
    )
    picture = alliance.select_one("img.chart")
    assert picture is not None
    assert f"rated {rated}, expected {expected}" in str(picture["alt"])
    chart = BeautifulSoup(alma.get(str(picture["src"])).content.decode(), "html.parser")
    assert f"expected {expected}" in [t.text for t in chart.select("svg text")]
    assert "left out" in words
    row = soup(alma, "caseload").select_one(".cases tbody tr")
    assert row is not None
    assert re.search(rf"Alliance {re.escape(below)} below expected in session {session}", row.text)


# ---- charts are images of their own ----------------------------------------------------------------------------------
def chart_sources(page: BeautifulSoup) -> dict[str, tuple[int, int]]:
    """Return the URL of every chart on the page with the pixels reserved for it."""
    elements = {str(e["srcset"]): e for e in page.select("picture source")}
    elements |= {str(e["src"]): e for e in page.select("picture img")}
    return {address: (int(str(e["width"])), int(str(e["height"]))) for address, e in elements.items()}


def test_chart_is_a_static_image_that_fits_its_reserved_size(course: Cast, alma: Browser) -> None:
    charts = chart_sources(soup(alma, "client", course.carla.id))
    assert len(charts) == 6
    reads = Entry.objects.filter(action="client.read").count()
    for address, (width, height) in charts.items():
        response = alma.get(address)
        assert response.headers["Content-Type"].startswith("image/svg+xml")
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert "no-store" in response.headers["Cache-Control"]
        text = response.content.decode()
        assert "<script" not in text
        assert "style=" not in text
        svg = ElementTree.fromstring(text)
        assert (svg.get("width"), svg.get("height")) == (str(width), str(height))
        _, _, drawn_width, drawn_height = (float(n) for n in svg.attrib["viewBox"].split())
        assert width / drawn_width == pytest.approx(height / drawn_height, rel=0.03)
    # the audit row of the page covers its charts
    assert Entry.objects.filter(action="client.read").count() == reads


def test_chart_with_a_title_has_a_card_of_its_own_at_the_end(
    course: Cast, alma: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    titled = replace(drawings._CHARTS["symptoms"], name="again", title="Symptoms again")
    monkeypatch.setattr(drawings, "_CHARTS", {**drawings._CHARTS, "again": titled})
    monkeypatch.setattr(drawings, "NAMES", (*drawings.NAMES, "again_wide", "again_phone"))
    page = soup(alma, "client", course.carla.id)
    cards = [card for card in page.select("section.card") if card.select_one("img.chart")]
    assert [card.select_one("h2").text for card in cards][-1] == "Symptoms again"  # type: ignore[union-attr]
    for address in chart_sources(page):
        assert alma.get(address).status_code == 200


def test_ticket_is_valid_for_one_account_client_and_picture_and_expires(
    course: Cast, alma: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first, *_) = chart_sources(soup(alma, "client", course.carla.id))
    assert alma.get(first).status_code == 200
    assert alma.get(first.replace("symptoms_phone", "hope_phone")).status_code == 404
    assert alma.get(first[:-4] + "xxx/").status_code == 404
    other_client = create_client(therapist=course.alma, name_shown="Otto", began_on=timezone.localdate())
    assert alma.get(first.replace(str(course.carla.id), str(other_client.id))).status_code == 404
    stranger = Browser()
    stranger.force_login(course.dario)
    assert stranger.get(first).status_code == 404
    assert Entry.objects.filter(action="denied", client=str(course.carla.id)).count() == 1
    create_session(episode=course.episode, by=course.alma, number=9, held_at=timezone.now() - timedelta(minutes=1))
    soup(alma, "client", course.carla.id)
    assert alma.get(first).status_code == 404
    (second, *_) = chart_sources(soup(alma, "client", course.carla.id))
    assert alma.get(second).status_code == 200
    monkeypatch.setattr(settings, "IDLE_MINUTES", -1)
    assert read_ticket(second.split("/")[-2], account=course.alma, client_id=course.carla.id) is None


def test_page_does_not_wait_for_charts(course: Cast, alma: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("drawn")

    monkeypatch.setattr(queries, "draw_chart", fail)
    assert len(chart_sources(soup(alma, "client", course.carla.id))) == 6
