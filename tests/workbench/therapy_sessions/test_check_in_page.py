"""The client's own page: one link, one check-in, nothing lost and nothing shown of before."""

from __future__ import annotations

import re
from datetime import timedelta
from unittest.mock import patch

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from securebase.measurement.catalogue import instrument
from securebase.records.vocabulary import Moment
from securebase.workbench.therapy_sessions import actions
from securebase.workbench.therapy_sessions.models import CheckIn, CheckInMode, SafetyAlert
from workbench.cast import Cast, answers

ITEMS = instrument("session_before").items


def link(cast: Cast, moment: Moment = Moment.BEFORE, mode: CheckInMode = CheckInMode.LINK) -> str:
    return cast.invite(moment, mode, at=timezone.now()).path


def filled(submission: str = "phone-1", **items: str) -> dict[str, str]:
    """What a browser sends: every slider at 4, no thoughts of death, unless said otherwise."""
    return {f"item_{i.number}": "0" if i.options else "4" for i in ITEMS} | {"submission": submission} | items


def kept(cast: Cast) -> dict[int, float | None]:
    return {r.item: r.value for r in cast.episode.administrations.get().responses.all()}


def test_the_link_names_nobody(cast: Cast, browser: Browser) -> None:
    path = link(cast)
    assert re.fullmatch(r"/c/[\w-]{43}/", path)
    for word in ("carla", "alma", "symptom", str(cast.carla.id)):
        assert word not in path.lower()
    page = browser.get(path).content.decode()
    assert "Carla" not in page
    assert "Before session 1" in page
    assert "Only you and Alma see your answers" in page
    assert "depress" not in page.lower()


def test_nothing_is_answered_before_the_client_does(cast: Cast, browser: Browser) -> None:
    soup = BeautifulSoup(browser.get(link(cast)).content, "html.parser")
    assert soup.find_all("input", checked=True) == []
    # without JavaScript: a row of plain buttons for each slider, 0 to 10
    sliders = soup.find_all("fieldset", attrs={"data-slider": True})
    assert len(sliders) == 10
    assert [i["value"] for i in sliders[0].find_all("input")] == [str(n) for n in range(11)]
    assert soup.find("main").find_all("input", type="range") == []


def test_answers_are_kept_and_thanked_for(cast: Cast, browser: Browser) -> None:
    path = link(cast)
    browser.get(path)
    answer = browser.post(path, filled(item_1="10", item_6="0"))
    assert answer.headers["Location"] == path + "sent/"
    assert kept(cast)[1] == 10.0
    assert kept(cast)[6] == 0.0
    page = browser.get(path + "sent/").content.decode()
    assert "Thank you" in page
    assert "Help at once" not in page
    check_in = CheckIn.objects.visible_to(cast.alma).get()
    assert check_in.opened_at is not None
    assert check_in.answered_at is not None


def test_a_safety_answer_brings_help_at_once_and_an_alert_in_the_same_request(cast: Cast, browser: Browser) -> None:
    cast.alma.clinic.help_text = "Ring the harbour bell.\nStay with someone."
    cast.alma.clinic.save()
    path = link(cast)
    browser.post(path, filled(item_11="2"))
    alert = SafetyAlert.objects.visible_to(cast.alma).get()
    assert alert.value == 2.0
    page = browser.get(path + "sent/").content.decode()
    assert "Help at once" in page
    assert "Ring the harbour bell." in page
    assert "do not wait for a reply" in page


def test_a_safety_answer_is_never_held_back_by_open_questions(cast: Cast, browser: Browser) -> None:
    path = link(cast)
    answer = browser.post(path, {"submission": "phone-1", "item_11": "1"})
    assert answer.status_code == 302
    assert SafetyAlert.objects.visible_to(cast.alma).count() == 1


def test_help_is_on_every_page_of_the_client(cast: Cast, browser: Browser) -> None:
    path = link(cast)
    browser_pages = [browser.get(path)]
    browser.post(path, filled())
    browser_pages += [browser.get(path + "sent/"), browser.get(path), browser.get("/c/nobody-has-this-one/")]
    for answer in browser_pages:
        page = answer.content.decode()
        assert 'id="help"' in page
        assert "local emergency number" in page
        assert "Help now" in page


def test_open_questions_are_named_once_and_may_stay_open(cast: Cast, browser: Browser) -> None:
    path = link(cast)
    some = {"submission": "phone-1", "item_1": "7", "item_11": "0"}
    answer = browser.post(path, some)
    soup = BeautifulSoup(answer.content, "html.parser")
    assert "9 questions still open" in soup.text
    assert soup.find("input", attrs={"name": "item_1", "value": "7"}).has_attr("checked")
    assert soup.find("input", attrs={"name": "submission"})["value"] == "phone-1"
    assert cast.episode.administrations.count() == 0
    assert browser.post(path, some | {"as_it_is": "1"}).status_code == 302
    assert [n for n, v in kept(cast).items() if v is not None] == [1, 11]


def test_an_empty_sheet_is_not_sent(cast: Cast, browser: Browser) -> None:
    answer = browser.post(link(cast), {"submission": "x", "as_it_is": "1"})
    assert answer.status_code == 200
    assert "Nothing is answered yet" in answer.content.decode()
    assert cast.episode.administrations.count() == 0


@pytest.mark.parametrize("wrong", ["11", "-1", "2.5", "six", "nan", "1e400", "1" * 5000])
def test_what_a_slider_cannot_say_is_refused_and_the_rest_kept_on_the_page(
    cast: Cast, browser: Browser, wrong: str
) -> None:
    answer = browser.post(link(cast), filled(item_2=wrong, item_3="9"))
    assert answer.status_code == 400
    soup = BeautifulSoup(answer.content, "html.parser")
    assert soup.find("input", attrs={"name": "item_3", "value": "9"}).has_attr("checked")
    assert soup.find("fieldset", id="item_2").find(class_="errorlist")
    assert cast.episode.administrations.count() == 0


def test_a_retry_after_a_lost_answer_is_thanked_and_kept_once(cast: Cast, browser: Browser) -> None:
    path = link(cast)
    browser.post(path, filled())
    again = Browser().post(path, filled())  # the first answer, and its cookie, never arrived
    assert again.headers["Location"] == path + "sent/"
    assert cast.episode.administrations.count() == 1


def test_a_used_link_says_so_kindly_and_shows_nothing_of_before(cast: Cast, browser: Browser) -> None:
    path = link(cast)
    browser.post(path, filled(item_1="10", item_11="3"))
    for stranger in (browser, Browser()):
        answer = stranger.get(path)
        assert answer.status_code == 410
        page = answer.content.decode()
        assert "has been sent" in page
        assert "How low have you felt" not in page
        assert "Help at once" not in page
    assert Browser().get(path + "sent/").status_code == 410
    assert Browser().post(path, filled("other")).status_code == 410
    assert kept(cast)[1] == 10.0


def test_earlier_answers_are_not_on_a_later_check_in(cast: Cast, browser: Browser) -> None:
    browser.post(link(cast), filled(item_1="10"))
    later = actions.create_session(episode=cast.episode, by=cast.alma, number=2, held_at=timezone.now())
    path = actions.invite_check_in(
        session=later, by=cast.alma, moment=Moment.BEFORE, mode=CheckInMode.LINK, at=timezone.now()
    ).path
    soup = BeautifulSoup(browser.get(path).content, "html.parser")
    assert soup.find_all("input", checked=True) == []


@pytest.mark.parametrize("how", ["expired", "withdrawn", "replaced", "unknown"])
def test_a_link_that_is_closed_says_so_kindly(cast: Cast, browser: Browser, how: str) -> None:
    path = link(cast)
    now = timezone.now()
    if how == "withdrawn":
        actions.withdraw_check_in(check_in=cast.session.check_ins.get(), by=cast.alma)
    elif how == "replaced":
        link(cast)
    elif how == "unknown":
        path = "/c/" + "x" * 43 + "/"
    later = now + timedelta(hours=73) if how == "expired" else now
    with patch("django.utils.timezone.now", return_value=later):
        answer = browser.get(path)
        sent = browser.post(path, filled())
    assert answer.status_code == sent.status_code == 410
    assert "not open any more" in answer.content.decode()
    assert cast.episode.administrations.count() == 0


def test_who_began_before_the_link_ran_out_may_finish(cast: Cast, browser: Browser) -> None:
    path = link(cast)
    browser.get(path)
    with patch("django.utils.timezone.now", return_value=timezone.now() + timedelta(hours=73)):
        assert browser.post(path, filled()).status_code == 302


class TestThisDeviceHandedOver:
    def handed(self, cast: Cast, alma: Browser, moment: str = "before") -> str:
        cast.hold_in_an_hour()
        url = reverse("check-in-hand-over", args=[cast.carla.id, cast.session.id, moment])
        answer = alma.post(url)
        assert answer.status_code == 302
        assert answer.headers["Clear-Site-Data"] == '"cache"'
        return answer.headers["Location"]

    def test_the_browser_holds_the_check_in_and_nothing_else(self, cast: Cast, alma: Browser) -> None:
        before = alma.cookies[settings.SESSION_COOKIE_NAME].value
        path = self.handed(cast, alma)
        assert alma.get(path).status_code == 200
        for url in ("/", "/profile/", reverse("client-sessions", args=[cast.carla.id]), reverse("library")):
            assert alma.get(url).headers["Location"].startswith("/sign-in/")
        handed = alma.cookies[settings.SESSION_COOKIE_NAME].value
        assert handed != before
        alma.cookies[settings.SESSION_COOKIE_NAME] = before  # even with the old cookie
        assert alma.get("/profile/").headers["Location"].startswith("/sign-in/")
        alma.cookies[settings.SESSION_COOKIE_NAME] = handed
        page = alma.get("/sign-in/").content.decode()
        assert "handed over for a check-in" in page
        assert path in page
        assert "Alma" not in page

    def test_after_sending_the_therapist_signs_in_again(self, cast: Cast, alma: Browser) -> None:
        path = self.handed(cast, alma)
        alma.post(path, filled(as_it_is="1"))
        page = alma.get(path + "sent/").content.decode()
        assert "give the device back" in page
        assert alma.get("/").headers["Location"].startswith("/sign-in/")
        alma.post("/sign-in/", {"user_name": "alma", "password": "seven quiet herons wade"})
        assert alma.get("/profile/").status_code == 200
        assert "handed_over" not in alma.session
        assert "check_in_sent" not in alma.session

    def test_a_link_on_a_phone_does_not_speak_of_a_device(self, cast: Cast, browser: Browser) -> None:
        path = link(cast)
        browser.post(path, filled())
        assert "give the device" not in browser.get(path + "sent/").content.decode()


def test_without_an_address_no_link_is_offered_and_the_page_says_why(cast: Cast, alma: Browser, settings) -> None:
    cast.hold_in_an_hour()
    page = reverse("session", args=[cast.carla.id, cast.session.id])
    make = reverse("check-in-link", args=[cast.carla.id, cast.session.id, "before"])
    text = alma.get(page).content.decode()
    assert make not in text
    assert "as soon as the clinic has an address" in text
    assert alma.post(make).status_code == 302
    assert cast.session.check_ins.count() == 0
    settings.ADDRESS = "https://clinic.example"
    assert make in alma.get(page).content.decode()
    shown = alma.post(make).content.decode()
    result = re.search(r'value="https://clinic\.example(/c/[\w-]{43}/)"', shown)
    assert result
    assert Browser().get(result[1]).status_code == 200
    # shown once: the workbench itself does not know it any more
    assert result[1] not in alma.get(page).content.decode()


class TestPaper:
    def test_the_sheet_has_every_question_and_no_name(self, cast: Cast, alma: Browser) -> None:
        url = reverse("check-in-paper", args=[cast.carla.id, cast.session.id, "before"])
        sheet = BeautifulSoup(alma.get(url).content, "html.parser").find(class_="sheet")
        assert all(i.text in sheet.text for i in ITEMS)
        assert "Carla" not in sheet.text

    def test_typed_in_it_is_the_same_check_in(self, cast: Cast, alma: Browser) -> None:
        url = reverse("check-in-type-in", args=[cast.carla.id, cast.session.id, "before"])
        page = BeautifulSoup(alma.get(url).content, "html.parser")
        submission = page.find("input", attrs={"name": "submission"})["value"]
        answer = alma.post(url, filled(submission, item_4="", item_11="1", date="2026-09-01"))
        assert answer.status_code == 302
        assert kept(cast) == answers("session_before", 4.0, 1.0) | {4: None}
        check_in = cast.session.check_ins.get()
        assert (check_in.mode, check_in.is_answered) == (CheckInMode.PAPER, True)
        assert cast.episode.safety_alerts.count() == 1
        assert alma.post(url, filled(submission, item_4="", item_11="1", date="2026-09-01")).status_code == 302
        assert cast.episode.administrations.count() == 1

    def test_a_wrong_number_is_named_and_the_others_stay(self, cast: Cast, alma: Browser) -> None:
        url = reverse("check-in-type-in", args=[cast.carla.id, cast.session.id, "before"])
        answer = alma.post(url, filled(item_1="44", item_2="8"))
        soup = BeautifulSoup(answer.content, "html.parser")
        assert answer.status_code == 400
        assert soup.find("input", id="item_1")["value"] == "44"
        assert soup.find("input", id="item_2")["value"] == "8"
        assert alma.post(url, {"submission": "x"}).status_code == 400
