"""A check-in that was sent already, and is sent again with other answers; and a phone that keeps no cookies."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from securebase.measurement.catalogue import instrument
from securebase.records.vocabulary import Moment
from securebase.workbench.audit.models import Entry
from securebase.workbench.casefile import episode_record
from securebase.workbench.therapy_sessions import actions
from securebase.workbench.therapy_sessions.models import CheckInMode, SafetyAlert
from workbench.cast import Cast

ITEMS = instrument("session_before").items


def link(cast: Cast) -> str:
    return cast.invite(Moment.BEFORE, CheckInMode.LINK, at=timezone.now()).path


def filled(submission: str, **items: str) -> dict[str, str]:
    return {f"item_{i.number}": "0" if i.options else "4" for i in ITEMS} | {"submission": submission} | items


def text(answer) -> str:
    return " ".join(BeautifulSoup(answer.content, "html.parser").find("main").text.split())


@pytest.fixture
def sent(cast: Cast, browser: Browser) -> str:
    """A check-in that the client sent with “not at all”."""
    path = link(cast)
    browser.get(path)
    assert browser.post(path, filled("first tab")).status_code == 302
    return path


def test_a_second_sending_that_alarms_raises_the_alert_and_brings_help(cast: Cast, browser: Browser, sent: str) -> None:
    answer = browser.post(sent, filled("second tab", item_1="9", item_11="3"))
    assert answer.status_code == 302
    alert = SafetyAlert.objects.visible_to(cast.alma).get()
    assert alert.value == 3.0
    page = text(browser.get(answer.headers["Location"]))
    assert "Help at once" in page
    assert "is alerted to your answer" in page
    assert "Your first answers were kept" in page
    assert Entry.objects.filter(action="check_in.answered_late").count() == 1


def test_it_is_kept_whole_but_left_out_of_the_pictures_and_says_so(cast: Cast, browser: Browser, sent: str) -> None:
    browser.post(sent, filled("second tab", item_1="9", item_11="3"))
    record = episode_record(cast.episode, timezone.now())
    assert [a.responses[1] for a in record.administrations] == [4.0]
    assert [(a.instrument, a.value) for a in record.safety_alerts] == [("session_before", 3.0)]
    late = SafetyAlert.objects.visible_to(cast.alma).get().administration
    assert late.responses.get(item=1).value == 9.0
    therapist = Browser()
    therapist.force_login(cast.alma)
    page = text(therapist.get(reverse("administration", args=[cast.carla.id, late.id])))
    assert "Sent a second time" in page


def test_the_same_second_sending_is_kept_once(cast: Cast, browser: Browser, sent: str) -> None:
    for _ in range(3):
        assert browser.post(sent, filled("second tab", item_11="2")).status_code == 302
    # and the same alarming answers from a third tab, while nobody has seen the first alert, add nothing
    assert browser.post(sent, filled("third tab", item_11="2")).status_code == 302
    assert SafetyAlert.objects.visible_to(cast.alma).count() == 1
    assert browser.post(sent, filled("fourth tab", item_11="3")).status_code == 302
    assert SafetyAlert.objects.visible_to(cast.alma).count() == 2


def test_a_second_sending_that_does_not_alarm_is_told_that_it_was_not_kept(
    cast: Cast, browser: Browser, sent: str
) -> None:
    answer = browser.post(sent, filled("second tab", item_1="9"))
    assert answer.status_code == 410
    assert "Your first answers were kept; these were not" in text(answer)
    assert cast.episode.administrations.count() == 1


def test_an_incomplete_second_tab_is_not_told_that_nothing_was_sent(browser: Browser, sent: str) -> None:
    answer = browser.post(sent, {"submission": "second tab", "item_1": "3"})
    assert answer.status_code == 410
    assert "still open" not in text(answer)
    assert "Your first answers were kept" in text(answer)


def test_an_incomplete_second_tab_that_alarms_is_heard_too(cast: Cast, browser: Browser, sent: str) -> None:
    assert browser.post(sent, {"submission": "second tab", "item_11": "1"}).status_code == 302
    assert SafetyAlert.objects.visible_to(cast.alma).count() == 1


@pytest.mark.parametrize("safety", ["0", "3"])
def test_a_used_link_never_says_that_nothing_is_needed(cast: Cast, browser: Browser, safety: str) -> None:
    path = link(cast)
    browser.post(path, filled("one", item_11=safety))
    for stranger in (browser, Browser()):
        answer = stranger.get(path)
        assert "Nothing more is needed" not in text(answer)
        # the same page for everybody, whatever was answered, with the help unfolded
        assert BeautifulSoup(answer.content, "html.parser").find("details", id="help").has_attr("open")
        assert "How low have you felt" not in text(answer)


@pytest.mark.parametrize("how", ["withdrawn", "replaced", "unknown"])
def test_an_alarming_answer_to_a_dead_link_brings_help_and_the_truth(cast: Cast, browser: Browser, how: str) -> None:
    path = link(cast)
    if how == "withdrawn":
        actions.withdraw_check_in(check_in=cast.session.check_ins.get(), by=cast.alma)
    elif how == "replaced":
        link(cast)
    else:
        path = "/c/" + "x" * 43 + "/"
    answer = browser.post(path, filled("one", item_11="2"))
    assert answer.status_code == 410
    page = text(answer)
    assert "Help at once" in page
    assert "did not reach your therapist" in page
    assert "Nothing is wrong" not in page
    assert "Help at once" not in text(browser.post(path, filled("one")))


def test_a_phone_that_lost_its_cookies_still_sends(cast: Cast) -> None:
    path = link(cast)
    strict = Browser(enforce_csrf_checks=True)
    strict.get(path)
    strict.cookies.clear()
    assert strict.post(path, filled("one", item_11="2")).status_code == 302
    assert SafetyAlert.objects.visible_to(cast.alma).count() == 1


def test_a_device_handed_over_stays_handed_over_without_its_token(cast: Cast) -> None:
    cast.hold_in_an_hour()
    strict = Browser(enforce_csrf_checks=True)
    strict.force_login(cast.alma)
    url = reverse("check-in-hand-over", args=[cast.carla.id, cast.session.id, "before"])
    # handing over is the therapist's doing and keeps its token
    assert strict.post(url).status_code == 403
    page = strict.get(reverse("session", args=[cast.carla.id, cast.session.id]))
    token = BeautifulSoup(page.content, "html.parser").find("input", attrs={"name": "csrfmiddlewaretoken"})["value"]
    path = strict.post(url, {"csrfmiddlewaretoken": token}).headers["Location"]
    assert strict.post(path, filled("one", as_it_is="1")).status_code == 302
    assert strict.get("/profile/").headers["Location"].startswith("/sign-in/")


def test_a_check_in_sent_from_a_browser_whose_sign_in_has_ended_is_kept(cast: Cast, monkeypatch) -> None:
    path = link(cast)
    browser = Browser()
    browser.force_login(cast.alma)
    browser.get("/profile/")
    monkeypatch.setattr(
        "securebase.workbench.accounts.middleware.time.time",
        (timezone.now() + timedelta(hours=1)).timestamp,
    )
    answer = browser.post(path, filled("one", item_11="2"))
    assert answer.headers["Location"] == path + "sent/"
    assert SafetyAlert.objects.visible_to(cast.alma).count() == 1
    assert browser.get("/profile/").headers["Location"].startswith("/sign-in/")
