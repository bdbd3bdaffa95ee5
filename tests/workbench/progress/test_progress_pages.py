"""The caseload, the client page and the report, as a browser gets them."""

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
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

import pictures
from securebase.records.vocabulary import Moment
from securebase.workbench.audit.models import Entry
from securebase.workbench.clients.actions import create_client
from securebase.workbench.progress import queries
from securebase.workbench.progress.pages import when
from securebase.workbench.progress.tickets import fingerprint_of
from securebase.workbench.therapy_sessions.actions import create_session, invite_check_in, record_check_in
from securebase.workbench.therapy_sessions.models import CheckInMode
from workbench.cast import NOON, Cast, answers


@pytest.fixture
def course(cast: Cast) -> Cast:
    """Seven sessions of Carla's with both check-ins, the last ones with a fallen alliance; the eighth is planned."""
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
            invited = invite_check_in(session=session, by=cast.alma, moment=moment, mode=CheckInMode.LINK, at=at)
            given = answers(invited.check_in.instrument_id, value)
            record_check_in(check_in=invited.check_in, responses=given, submission=f"{number}{moment}", at=at)
            at += timedelta(hours=1)
    create_session(episode=cast.episode, by=cast.alma, number=8, held_at=timezone.now() + timedelta(hours=4))
    return cast


def soup(browser: Browser, name: str, *args: object) -> BeautifulSoup:
    response = browser.get(reverse(name, args=args))
    assert response.status_code == 200, name
    text = response.content.decode()
    assert " style=" not in text
    return BeautifulSoup(text, "html.parser")


def test_an_empty_caseload_teaches(cast: Cast, browser: Browser) -> None:
    browser.force_login(cast.dario)
    page = soup(browser, "caseload")
    assert "Add your first client" in page.text
    assert page.find("a", href=reverse("client-new"))


def test_an_account_without_a_caseload_is_redirected_to_its_profile(cast: Cast, browser: Browser) -> None:
    browser.force_login(cast.rosa)
    assert browser.get("/").headers["Location"] == reverse("profile")


def test_a_row_says_where_a_client_is_and_what_to_know(course: Cast, alma: Browser) -> None:
    page = soup(alma, "caseload")
    row = page.select_one(".cases tbody tr")
    assert row is not None
    assert "Carla C." in row.text
    assert "7 of 16" in row.text
    assert "Alliance fell" in row.text
    assert len(row.select("svg.spark[role=img]")) == 2
    assert page.select_one(".tally dd").text == "1"  # type: ignore[union-attr]


def test_the_client_page_tells_before_charts_and_beside_them_the_numbers(course: Cast, alma: Browser) -> None:
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
    assert "not verified" in page.text or "nobody has checked" in page.text
    assert "What symptoms move with 12 paired sessions" in page.text
    assert "Less borrowed from other clients" in page.text
    assert page.select_one(".limits code").text  # type: ignore[union-attr]


def test_a_client_without_answers_is_shown_what_to_do(cast: Cast, alma: Browser) -> None:
    page = soup(alma, "client", cast.carla.id)
    assert "Nothing has been answered yet" in page.text
    assert page.find("a", href=reverse("session", args=(cast.carla.id, cast.session.id)))


def test_a_safety_answer_stands_first_with_its_form_and_goes_when_acknowledged(course: Cast, alma: Browser) -> None:
    session = course.episode.therapy_sessions.get(number=8)
    invited = invite_check_in(
        session=session, by=course.alma, moment=Moment.BEFORE, mode=CheckInMode.DEVICE, at=timezone.now()
    )
    given = answers("session_before", 7.0, safety=2.0)
    record_check_in(check_in=invited.check_in, responses=given, submission="x", at=timezone.now())
    page = soup(alma, "client", course.carla.id)
    first = page.select_one("main section")
    assert first is not None
    assert "safety answer" in first.text
    form = first.select_one("form")
    assert form is not None
    assert alma.post(str(form["action"]), {"note": "Called; safe."}).status_code == 302
    assert "safety answer" not in soup(alma, "client", course.carla.id).text


def test_a_broken_model_leaves_the_record_and_says_so(
    course: Cast, alma: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ArithmeticError("no root")

    monkeypatch.setattr("securebase.picture.course.track", broken)
    page = soup(alma, "client", course.carla.id)
    assert "The estimates are missing" in page.text
    assert "safe" in page.text
    assert len(page.select("details.numbers table")) == 3


def test_hypotheses_stand_on_the_page_where_the_gate_allows_and_wait_where_not(
    course: Cast, alma: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = soup(alma, "client", course.carla.id)
    assert page.find(id="hypotheses-title") is None
    assert "waits for 12 paired sessions" in page.text
    monkeypatch.setattr(queries, "current_picture", lambda **_: replace(pictures.full(), answered=13))
    page = soup(alma, "client", course.carla.id)
    heading = page.find(id="hypotheses-title")
    assert heading is not None
    assert "Working hypotheses about change" in heading.text
    card = heading.find_parent("section")
    assert card is not None
    assert len(card.select("picture source, picture img.chart")) == 2
    assert "carried" in str(card.select_one("img.chart")["alt"])  # type: ignore[index]
    assert "cannot tell yet" in card.text
    assert "Borrowed from other clients" in card.text
    assert "For the session" in card.text
    assert card.select("details.numbers table")


def test_the_report_is_one_file_with_versions_and_is_audited(course: Cast, alma: Browser) -> None:
    response = alma.get(reverse("client-report", args=(course.carla.id,)))
    text = response.content.decode()
    assert not re.search(r'(src|href)="?https?:', text)
    assert "Fingerprint of the data" in text
    policy = response.headers["Content-Security-Policy"]
    for sheet in re.findall(r"<style>(.*?)</style>", text, flags=re.DOTALL):
        assert base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode() in policy
    assert "unsafe" not in policy
    assert (
        Entry.objects.filter(action="client.read", object_id="client-report", client=str(course.carla.id)).count() == 1
    )
    saved = alma.get(reverse("client-report", args=(course.carla.id,)), {"save": 1})
    assert "attachment" in saved.headers["Content-Disposition"]
    assert "Carla" not in saved.headers["Content-Disposition"]


@pytest.mark.parametrize("name", ["client", "client-report"])
def test_somebody_elses_client_does_not_exist(name: str, course: Cast, browser: Browser) -> None:
    browser.force_login(course.dario)
    assert browser.get(reverse(name, args=(course.carla.id,))).status_code == 404
    assert Entry.objects.filter(action="denied", client=str(course.carla.id)).exists()


@pytest.mark.parametrize(
    ("hours", "text"), [(2, "Today"), (24, "Tomorrow"), (72, "Fri"), (24 * 8, "9 Sep"), (-48, "30 Aug")]
)
def test_when_reads_well(hours: int, text: str) -> None:
    now = datetime(2026, 9, 1, 9, tzinfo=UTC)
    assert when(now + timedelta(hours=hours), now).startswith(text)
    assert when(None, now) == ""


def test_a_caseload_is_quick(course: Cast, alma: Browser, django_assert_max_num_queries: object) -> None:
    soup(alma, "caseload")
    with django_assert_max_num_queries(24):  # type: ignore[operator]
        soup(alma, "caseload")


def test_queries_do_not_grow_with_sessions(course: Cast) -> None:
    found = queries.caseload(account=course.alma, now=NOON + timedelta(days=400))
    assert len(found.rows) == 1


# ---- what a page must not say, and what it must ----------------------------------------------------------------------
def only_partly_answered(cast: Cast) -> None:
    """Two of the items of the first check-in are answered, and no more."""
    invited = cast.invite(Moment.BEFORE, CheckInMode.LINK, at=timezone.now())
    every = answers("session_before", 5.0)
    given = {item: value if item <= 2 else None for item, value in every.items()}
    record_check_in(check_in=invited.check_in, responses=given, submission="part", at=timezone.now())


def test_a_partial_check_in_is_not_called_nothing(cast: Cast, alma: Browser) -> None:
    only_partly_answered(cast)
    page = soup(alma, "client", cast.carla.id)
    assert "Nothing has been answered yet" not in page.text
    assert "too few items for a symptom score" in page.text
    row = soup(alma, "caseload").select_one(".cases tbody tr")
    assert row is not None
    assert "no score yet" in row.text
    assert "no report" not in row.text


def test_no_all_clear_stands_under_an_open_alert(cast: Cast, alma: Browser) -> None:
    invited = cast.invite(Moment.BEFORE, CheckInMode.LINK, at=timezone.now())
    given = answers("session_before", 5.0, safety=1.0)
    record_check_in(check_in=invited.check_in, responses=given, submission="x", at=timezone.now())
    page = soup(alma, "client", cast.carla.id)
    assert "Nothing asks for attention" not in page.text
    box = page.select_one(".callout.alert")
    assert box is not None
    assert "safety question of the check-in: “It crossed my mind”" in " ".join(box.text.split())
    report = alma.get(reverse("client-report", args=(cast.carla.id,))).content.decode()
    assert "Nothing asks for attention" not in report
    assert "“It crossed my mind”" in report


def test_callout_caseload_and_chart_tell_the_same_fall(course: Cast, alma: Browser) -> None:
    page = soup(alma, "client", course.carla.id)
    callout = page.select(".points > li")[0].text
    found = re.search(r"Rated ([\d.]+) in session (\d+), ([\d.]+) points? below .*?\(([\d.]+)\)", callout)
    assert found
    rated, session, below, expected = found.groups()
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
    assert re.search(rf"Alliance fell {re.escape(below)} below .* in session {session}", row.text)


# ---- charts are images of their own ----------------------------------------------------------------------------------
def sources(page: BeautifulSoup) -> dict[str, tuple[int, int]]:
    """Every address of a chart in the page, with the pixels that are kept free for it."""
    found = {str(e["srcset"]): e for e in page.select("picture source")}
    found |= {str(e["src"]): e for e in page.select("picture img")}
    return {address: (int(str(e["width"])), int(str(e["height"]))) for address, e in found.items()}


def test_a_chart_is_a_still_image_that_fits_the_room_kept_for_it(course: Cast, alma: Browser) -> None:
    charts = sources(soup(alma, "client", course.carla.id))
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
    # the page was written down, and its parts are not again
    assert Entry.objects.filter(action="client.read").count() == reads


def test_a_ticket_is_for_one_account_one_client_one_picture_and_not_for_ever(
    course: Cast, alma: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first, *_) = sources(soup(alma, "client", course.carla.id))
    assert alma.get(first).status_code == 200
    assert alma.get(first.replace("symptoms_phone", "hope_phone")).status_code == 404
    assert alma.get(first[:-4] + "xxx/").status_code == 404
    other = create_client(therapist=course.alma, name_shown="Otto", began_on=timezone.localdate())
    assert alma.get(first.replace(str(course.carla.id), str(other.id))).status_code == 404
    stranger = Browser()
    stranger.force_login(course.dario)
    assert stranger.get(first).status_code == 404
    assert Entry.objects.filter(action="denied", client=str(course.carla.id)).count() == 1
    create_session(episode=course.episode, by=course.alma, number=9, held_at=timezone.now() - timedelta(minutes=1))
    soup(alma, "client", course.carla.id)
    assert alma.get(first).status_code == 404
    (second, *_) = sources(soup(alma, "client", course.carla.id))
    assert alma.get(second).status_code == 200
    monkeypatch.setattr(settings, "IDLE_MINUTES", -1)
    assert fingerprint_of(second.split("/")[-2], account=course.alma, client_id=course.carla.id) is None


def test_the_page_waits_for_no_drawing(course: Cast, alma: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("drawn")

    monkeypatch.setattr(queries, "drawn", never)
    assert len(sources(soup(alma, "client", course.carla.id))) == 6
