"""The client's check-in page: no answer is lost, and no earlier answer is shown."""

from __future__ import annotations

import re
from datetime import timedelta
from unittest.mock import patch

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from securebase.measurement.catalogue import instrument
from securebase.records.vocabulary import Moment
from securebase.workbench.check_ins.actions import invite_check_in, withdraw_check_in
from securebase.workbench.check_ins.models import CheckIn, CheckInMode
from securebase.workbench.measures.models import SafetyAlert
from securebase.workbench.therapy_sessions.actions import create_session
from workbench.browser import Browser
from workbench.cast import Cast, answers

ITEMS = instrument("session_before").items


def link(cast: Cast, moment: Moment = Moment.BEFORE, mode: CheckInMode = CheckInMode.LINK) -> str:
    return cast.invite(moment, mode, at=timezone.now()).path


def submission_data(submission: str = "phone-1", **items: str) -> dict[str, str]:
    """Return form data with every scale at 4 and no suicidal thoughts, unless `items` says otherwise."""
    return {f"item_{i.number}": "0" if i.options else "4" for i in ITEMS} | {"submission": submission} | items


def stored_responses(cast: Cast) -> dict[int, float | None]:
    return {r.item: r.value for r in cast.episode.administrations.get().responses.all()}


def test_link_names_nobody(cast: Cast, browser: Browser) -> None:
    path = link(cast)
    assert re.fullmatch(r"/c/[\w-]{43}/", path)
    for word in ("carla", "alma", "symptom", str(cast.carla.id)):
        assert word not in path.lower()
    page = browser.get(path).content.decode()
    assert "Carla" not in page
    assert "Before session 1" in page
    assert "Your answers go to Alma." in page
    for reader in ("the person who referred you", "without your name, to a supervisor or researchers"):
        assert reader in page
    # supervisors, researchers and referrers can receive scores, so the page must not promise otherwise
    assert "Only you and" not in page
    assert "depress" not in page.lower()


def test_no_answer_is_preselected(cast: Cast, browser: Browser) -> None:
    soup = BeautifulSoup(browser.get(link(cast)).content, "html.parser")
    questions = soup.find_all("fieldset")
    assert len(questions) == 11
    # every question begins with “No answer”, which also takes an answer back
    assert {i["value"] for i in soup.find_all("input", checked=True)} == {""}
    assert [len(q.find_all("input", checked=True)) for q in questions] == [1] * 11
    assert [i["value"] for i in questions[0].find_all("input", type="radio")] == [*map(str, range(11)), ""]


def test_answers_are_recorded_and_acknowledged(cast: Cast, browser: Browser) -> None:
    path = link(cast)
    browser.get(path)
    response = browser.post(path, submission_data(item_1="10", item_6="0"))
    assert response.headers["Location"] == path + "sent/"
    assert stored_responses(cast)[1] == 10.0
    assert stored_responses(cast)[6] == 0.0
    page = browser.get(path + "sent/").content.decode()
    assert "Thank you" in page
    assert "Get help now" not in page
    check_in = CheckIn.objects.visible_to(cast.alma).get()
    assert check_in.opened_at is not None
    assert check_in.answered_at is not None


def test_safety_answer_shows_help_and_raises_an_alert_in_the_same_request(cast: Cast, browser: Browser) -> None:
    cast.alma.clinic.help_text = "Ring the harbour bell.\nStay with someone."
    cast.alma.clinic.save()
    path = link(cast)
    browser.post(path, submission_data(item_11="2"))
    alert = SafetyAlert.objects.visible_to(cast.alma).get()
    assert alert.value == 2.0
    page = browser.get(path + "sent/").content.decode()
    assert "Get help now" in page
    assert "Ring the harbour bell." in page
    assert "don’t wait for a reply" in page


def test_safety_answer_is_recorded_despite_unanswered_items(cast: Cast, browser: Browser) -> None:
    path = link(cast)
    response = browser.post(path, {"submission": "phone-1", "item_11": "1"})
    assert response.status_code == 302
    assert SafetyAlert.objects.visible_to(cast.alma).count() == 1


def test_every_client_page_offers_help(cast: Cast, browser: Browser) -> None:
    path = link(cast)
    responses = [browser.get(path)]
    browser.post(path, submission_data())
    responses += [browser.get(path + "sent/"), browser.get(path), browser.get("/c/nobody-has-this-one/")]
    for response in responses:
        page = response.content.decode()
        assert 'id="help"' in page
        assert "local emergency number" in page
        assert "Help now" in page


def test_unanswered_items_are_listed_once_and_may_stay_unanswered(cast: Cast, browser: Browser) -> None:
    path = link(cast)
    incomplete_data = {"submission": "phone-1", "item_1": "7", "item_11": "0"}
    response = browser.post(path, incomplete_data)
    soup = BeautifulSoup(response.content, "html.parser")
    assert "9 questions have no answer yet" in soup.text
    assert soup.find("input", attrs={"name": "item_1", "value": "7"}).has_attr("checked")
    assert soup.find("input", attrs={"name": "submission"})["value"] == "phone-1"
    assert cast.episode.administrations.count() == 0
    assert browser.post(path, incomplete_data | {"as_it_is": "1"}).status_code == 302
    assert [n for n, v in stored_responses(cast).items() if v is not None] == [1, 11]


def test_empty_check_in_is_not_recorded(cast: Cast, browser: Browser) -> None:
    response = browser.post(link(cast), {"submission": "x", "as_it_is": "1"})
    assert response.status_code == 200
    assert "You haven’t answered anything yet" in response.content.decode()
    assert cast.episode.administrations.count() == 0


@pytest.mark.parametrize("wrong", ["11", "-1", "2.5", "six", "nan", "1e400", "1" * 5000])
def test_invalid_value_is_refused_and_the_input_kept(cast: Cast, browser: Browser, wrong: str) -> None:
    response = browser.post(link(cast), submission_data(item_2=wrong, item_3="9"))
    assert response.status_code == 400
    soup = BeautifulSoup(response.content, "html.parser")
    assert soup.find("input", attrs={"name": "item_3", "value": "9"}).has_attr("checked")
    assert soup.find("fieldset", id="item_2").find(class_="errorlist")
    assert cast.episode.administrations.count() == 0


def test_retry_after_a_lost_response_is_recorded_once(cast: Cast, browser: Browser) -> None:
    path = link(cast)
    browser.post(path, submission_data())
    second_response = Browser().post(path, submission_data())  # the first response and its cookie never arrived
    assert second_response.headers["Location"] == path + "sent/"
    assert cast.episode.administrations.count() == 1


def test_answers_changed_before_a_retry_are_never_shown_as_sent(cast: Cast, browser: Browser) -> None:
    path = link(cast)
    browser.post(path, submission_data(item_1="10", item_11="0"))
    changed = Browser().post(path, submission_data(item_1="9", item_11="0"))
    assert changed.status_code == 410
    assert "the new ones were not saved" in changed.content.decode()
    assert stored_responses(cast)[1] == 10.0
    alarming = Browser().post(path, submission_data(item_1="10", item_11="3"))
    assert alarming.status_code == 302
    assert cast.episode.safety_alerts.count() == 1


def test_used_link_shows_no_earlier_answers(cast: Cast, browser: Browser) -> None:
    path = link(cast)
    browser.post(path, submission_data(item_1="10", item_11="3"))
    for client in (browser, Browser()):
        response = client.get(path)
        assert response.status_code == 410
        page = response.content.decode()
        assert "has been sent" in page
        assert "How low have you felt" not in page
        assert "Get help now" not in page
    assert Browser().get(path + "sent/").status_code == 410
    assert Browser().post(path, submission_data("other")).status_code == 410
    assert stored_responses(cast)[1] == 10.0


def test_later_check_in_shows_no_earlier_answers(cast: Cast, browser: Browser) -> None:
    browser.post(link(cast), submission_data(item_1="10"))
    later = create_session(episode=cast.episode, by=cast.alma, number=2, held_at=timezone.now())
    path = invite_check_in(
        session=later, by=cast.alma, moment=Moment.BEFORE, mode=CheckInMode.LINK, at=timezone.now()
    ).path
    soup = BeautifulSoup(browser.get(path).content, "html.parser")
    assert {i["value"] for i in soup.find_all("input", checked=True)} == {""}


@pytest.mark.parametrize("state", ["expired", "withdrawn", "replaced", "unknown"])
def test_closed_link_shows_that_it_is_closed(cast: Cast, browser: Browser, state: str) -> None:
    path = link(cast)
    now = timezone.now()
    if state == "withdrawn":
        withdraw_check_in(check_in=cast.session.check_ins.get(), by=cast.alma)
    elif state == "replaced":
        link(cast)
    elif state == "unknown":
        path = "/c/" + "x" * 43 + "/"
    later = now + timedelta(hours=73) if state == "expired" else now
    with patch("django.utils.timezone.now", return_value=later):
        response = browser.get(path)
        post_response = browser.post(path, submission_data())
    assert response.status_code == post_response.status_code == 410
    assert "This link doesn’t work" in response.content.decode()
    assert cast.episode.administrations.count() == 0


def test_check_in_begun_before_expiry_can_be_finished(cast: Cast, browser: Browser) -> None:
    path = link(cast)
    browser.get(path)
    with patch("django.utils.timezone.now", return_value=timezone.now() + timedelta(hours=73)):
        assert browser.post(path, submission_data()).status_code == 302


class TestHandedOverDevice:
    def hand_over(self, cast: Cast, alma: Browser, moment: str = "before") -> str:
        cast.hold_in_an_hour()
        url = reverse("check-in-hand-over", args=[cast.carla.id, cast.session.id, moment])
        response = alma.post(url)
        assert response.status_code == 302
        assert response.headers["Clear-Site-Data"] == '"cache"'
        return response.headers["Location"]

    def test_handed_over_browser_opens_only_the_check_in(self, cast: Cast, alma: Browser) -> None:
        before = alma.cookies[settings.SESSION_COOKIE_NAME].value
        path = self.hand_over(cast, alma)
        assert alma.get(path).status_code == 200
        for url in ("/", "/profile/", reverse("client-sessions", args=[cast.carla.id]), reverse("library")):
            assert alma.get(url).headers["Location"].startswith("/sign-in/")
        handed_over = alma.cookies[settings.SESSION_COOKIE_NAME].value
        assert handed_over != before
        alma.cookies[settings.SESSION_COOKIE_NAME] = before  # even with the old cookie
        assert alma.get("/profile/").headers["Location"].startswith("/sign-in/")
        alma.cookies[settings.SESSION_COOKIE_NAME] = handed_over
        page = alma.get("/sign-in/").content.decode()
        assert "handed over for a check-in" in page
        assert path in page
        assert "Alma" not in page

    def test_therapist_signs_in_again_after_the_check_in(self, cast: Cast, alma: Browser) -> None:
        path = self.hand_over(cast, alma)
        alma.post(path, submission_data(as_it_is="1"))
        page = alma.get(path + "sent/").content.decode()
        assert "give the device back" in page
        assert alma.get("/").headers["Location"].startswith("/sign-in/")
        alma.post("/sign-in/", {"user_name": "alma", "password": "seven quiet herons wade"})
        assert alma.get("/profile/").status_code == 200
        assert "handed_over" not in alma.session
        assert "check_in_sent" not in alma.session

    def test_link_on_a_phone_does_not_mention_a_device(self, cast: Cast, browser: Browser) -> None:
        path = link(cast)
        browser.post(path, submission_data())
        assert "give the device" not in browser.get(path + "sent/").content.decode()


def test_page_explains_why_there_is_no_link_without_an_address(cast: Cast, alma: Browser, settings) -> None:
    cast.hold_in_an_hour()
    page = reverse("session", args=[cast.carla.id, cast.session.id])
    url = reverse("check-in-link", args=[cast.carla.id, cast.session.id, "before"])
    text = " ".join(alma.get(page).content.decode().split())
    assert url not in text
    assert "the clinic needs a web address" in text
    assert alma.post(url).status_code == 302
    assert cast.session.check_ins.count() == 0
    settings.ADDRESS = "https://clinic.example"
    assert url in alma.get(page).content.decode()
    link_page = alma.post(url).content.decode()
    result = re.search(r'value="https://clinic\.example(/c/[\w-]{43}/)"', link_page)
    assert result
    assert Browser().get(result[1]).status_code == 200
    # shown once only, because the workbench stores only a digest
    assert result[1] not in alma.get(page).content.decode()


class TestPaperForm:
    def test_paper_form_has_every_item_and_no_name(self, cast: Cast, alma: Browser) -> None:
        url = reverse("check-in-paper", args=[cast.carla.id, cast.session.id, "before"])
        paper_form = BeautifulSoup(alma.get(url).content, "html.parser").find(class_="sheet")
        assert all(i.text in paper_form.text for i in ITEMS)
        assert "Carla" not in paper_form.text

    def test_paper_form_typed_in_answers_the_same_check_in(self, cast: Cast, alma: Browser) -> None:
        url = reverse("check-in-type-in", args=[cast.carla.id, cast.session.id, "before"])
        page = BeautifulSoup(alma.get(url).content, "html.parser")
        submission = page.find("input", attrs={"name": "submission"})["value"]
        response = alma.post(url, submission_data(submission, item_4="", item_11="1", date="2026-09-01"))
        assert response.status_code == 302
        assert stored_responses(cast) == answers("session_before", 4.0, 1.0) | {4: None}
        check_in = cast.session.check_ins.get()
        assert (check_in.mode, check_in.is_answered) == (CheckInMode.PAPER, True)
        assert cast.episode.safety_alerts.count() == 1
        assert alma.post(url, submission_data(submission, item_4="", item_11="1", date="2026-09-01")).status_code == 302
        assert cast.episode.administrations.count() == 1

    def test_invalid_number_is_reported_and_the_input_kept(self, cast: Cast, alma: Browser) -> None:
        url = reverse("check-in-type-in", args=[cast.carla.id, cast.session.id, "before"])
        response = alma.post(url, submission_data(item_1="44", item_2="8"))
        soup = BeautifulSoup(response.content, "html.parser")
        assert response.status_code == 400
        assert soup.find("input", id="item_1")["value"] == "44"
        assert soup.find("input", id="item_2")["value"] == "8"
        assert alma.post(url, {"submission": "x"}).status_code == 400
