"""Second submissions of an answered check-in, and browsers without cookies."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone

from securebase.measurement.catalogue import instrument
from securebase.records.vocabulary import Moment
from securebase.workbench.audit.models import Entry
from securebase.workbench.casefile import episode_record
from securebase.workbench.check_ins.actions import withdraw_check_in
from securebase.workbench.check_ins.models import CheckInMode
from securebase.workbench.measures.models import SafetyAlert
from workbench.browser import Browser
from workbench.cast import Cast

ITEMS = instrument("session_before").items


def link(cast: Cast) -> str:
    return cast.invite(Moment.BEFORE, CheckInMode.LINK, at=timezone.now()).path


def submission_data(submission: str, **items: str) -> dict[str, str]:
    return {f"item_{i.number}": "0" if i.options else "4" for i in ITEMS} | {"submission": submission} | items


def text(response) -> str:
    return " ".join(BeautifulSoup(response.content, "html.parser").find("main").text.split())


@pytest.fixture
def answered_path(cast: Cast, browser: Browser) -> str:
    """Return the path of a check-in that was answered with “not at all”."""
    path = link(cast)
    browser.get(path)
    assert browser.post(path, submission_data("first tab")).status_code == 302
    return path


def test_second_submission_with_an_alert_raises_it_and_shows_help(
    cast: Cast, browser: Browser, answered_path: str
) -> None:
    response = browser.post(answered_path, submission_data("second tab", item_1="9", item_11="3"))
    assert response.status_code == 302
    alert = SafetyAlert.objects.visible_to(cast.alma).get()
    assert alert.value == 3.0
    page = text(browser.get(response.headers["Location"]))
    assert "Get help now" in page
    assert "will see an alert about your answer" in page
    assert "your first answers count" in page
    assert Entry.objects.filter(action="check_in.answered_late").count() == 1


def test_late_answers_are_recorded_but_excluded_from_pictures(cast: Cast, browser: Browser, answered_path: str) -> None:
    browser.post(answered_path, submission_data("second tab", item_1="9", item_11="3"))
    record = episode_record(cast.episode, timezone.now())
    assert [a.responses[1] for a in record.administrations] == [4.0]
    assert [(a.instrument, a.value) for a in record.safety_alerts] == [("session_before", 3.0)]
    late = SafetyAlert.objects.visible_to(cast.alma).get().administration
    assert late.responses.get(item=1).value == 9.0
    therapist = Browser()
    therapist.force_login(cast.alma)
    page = text(therapist.get(reverse("administration", args=[cast.carla.id, late.id])))
    assert "had already answered this check-in" in page


def test_repeated_second_submission_is_recorded_once(cast: Cast, browser: Browser, answered_path: str) -> None:
    for _ in range(3):
        assert browser.post(answered_path, submission_data("second tab", item_11="2")).status_code == 302
    # the same alert from a third tab adds nothing while the first one is open
    assert browser.post(answered_path, submission_data("third tab", item_11="2")).status_code == 302
    assert SafetyAlert.objects.visible_to(cast.alma).count() == 1
    assert browser.post(answered_path, submission_data("fourth tab", item_11="3")).status_code == 302
    assert SafetyAlert.objects.visible_to(cast.alma).count() == 2


def test_second_submission_without_an_alert_is_not_recorded(cast: Cast, browser: Browser, answered_path: str) -> None:
    response = browser.post(answered_path, submission_data("second tab", item_1="9"))
    assert response.status_code == 410
    assert "the new ones were not saved" in text(response)
    assert cast.episode.administrations.count() == 1


def test_incomplete_second_submission_shows_that_the_first_was_kept(browser: Browser, answered_path: str) -> None:
    response = browser.post(answered_path, {"submission": "second tab", "item_1": "3"})
    assert response.status_code == 410
    assert "no answer yet" not in text(response)
    assert "Your first answers count" in text(response)


def test_incomplete_second_submission_with_an_alert_is_recorded(
    cast: Cast, browser: Browser, answered_path: str
) -> None:
    assert browser.post(answered_path, {"submission": "second tab", "item_11": "1"}).status_code == 302
    assert SafetyAlert.objects.visible_to(cast.alma).count() == 1


@pytest.mark.parametrize("safety", ["0", "3"])
def test_used_link_never_says_that_nothing_is_needed(cast: Cast, browser: Browser, safety: str) -> None:
    path = link(cast)
    browser.post(path, submission_data("one", item_11=safety))
    for client in (browser, Browser()):
        response = client.get(path)
        assert "Nothing more is needed" not in text(response)
        # every client gets the same page with the help open, whatever the answers were
        assert BeautifulSoup(response.content, "html.parser").find("details", id="help").has_attr("open")
        assert "How low have you felt" not in text(response)


@pytest.mark.parametrize("state", ["withdrawn", "replaced", "unknown"])
def test_alert_answer_to_a_closed_link_shows_help_and_the_failure(cast: Cast, browser: Browser, state: str) -> None:
    path = link(cast)
    if state == "withdrawn":
        withdraw_check_in(check_in=cast.session.check_ins.get(), by=cast.alma)
    elif state == "replaced":
        link(cast)
    else:
        path = "/c/" + "x" * 43 + "/"
    response = browser.post(path, submission_data("one", item_11="2"))
    assert response.status_code == 410
    page = text(response)
    assert "Get help now" in page
    assert "your therapist did not get the answers" in page
    assert "You did nothing wrong" not in page
    assert "Get help now" not in text(browser.post(path, submission_data("one")))


def test_check_in_works_without_cookies(cast: Cast) -> None:
    path = link(cast)
    csrf_browser = Browser(enforce_csrf_checks=True)
    csrf_browser.get(path)
    csrf_browser.cookies.clear()
    assert csrf_browser.post(path, submission_data("one", item_11="2")).status_code == 302
    assert SafetyAlert.objects.visible_to(cast.alma).count() == 1


def test_handed_over_device_needs_no_csrf_token(cast: Cast) -> None:
    cast.hold_in_an_hour()
    csrf_browser = Browser(enforce_csrf_checks=True)
    csrf_browser.force_login(cast.alma)
    url = reverse("check-in-hand-over", args=[cast.carla.id, cast.session.id, "before"])
    # the therapist hands over the device, which needs the CSRF token
    assert csrf_browser.post(url).status_code == 403
    page = csrf_browser.get(reverse("session", args=[cast.carla.id, cast.session.id]))
    token = BeautifulSoup(page.content, "html.parser").find("input", attrs={"name": "csrfmiddlewaretoken"})["value"]
    path = csrf_browser.post(url, {"csrfmiddlewaretoken": token}).headers["Location"]
    assert csrf_browser.post(path, submission_data("one", as_it_is="1")).status_code == 302
    assert csrf_browser.get("/profile/").headers["Location"].startswith("/sign-in/")


def test_check_in_from_an_expired_sign_in_is_recorded(cast: Cast, monkeypatch) -> None:
    path = link(cast)
    browser = Browser()
    browser.force_login(cast.alma)
    browser.get("/profile/")
    monkeypatch.setattr(
        "securebase.workbench.accounts.middleware.time.time",
        (timezone.now() + timedelta(hours=1)).timestamp,
    )
    response = browser.post(path, submission_data("one", item_11="2"))
    assert response.headers["Location"] == path + "sent/"
    assert SafetyAlert.objects.visible_to(cast.alma).count() == 1
    assert browser.get("/profile/").headers["Location"].startswith("/sign-in/")
