"""A safety answer is announced to the therapist at once, and to the duty clinician if nobody acknowledges it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from securebase.workbench.accounts.models import Account, Clinic
from securebase.workbench.jobs.actions import run_due
from securebase.workbench.jobs.models import Job, MailServer
from securebase.workbench.measures.actions import acknowledge_alert
from securebase.workbench.measures.models import SafetyAlert
from workbench.browser import Browser
from workbench.cast import Cast
from workbench.jobs.smtp import Mailbox, mail_server

THERAPIST, DUTY = "alma@example.org", "dario@example.org"


@pytest.fixture
def mailbox(cast: Cast) -> Iterator[Mailbox]:
    """Give the clinic a mail server, and Alma and Dario addresses; Dario is on duty, after 30 minutes."""
    with mail_server() as (mailbox, port):
        clinic = Clinic.objects.get()
        MailServer.objects.create(clinic=clinic, host="127.0.0.1", port=port, security="none", sender="p@example.org")
        for account, mail in ((cast.alma, THERAPIST), (cast.dario, DUTY)):
            Account.objects.filter(id=account.id).update(mail=mail)
        Clinic.objects.update(duty_clinician=cast.dario, duty_after_minutes=30)
        yield mailbox


def answer(cast: Cast, browser: Browser, safety: int) -> None:
    """Answer the check-in before the session as the client, with this answer to the safety question."""
    cast.hold_in_an_hour()
    path = cast.invite(at=timezone.now()).path
    response = browser.post(path, {"submission": "abc", "as_it_is": "1", "item_11": str(safety), "item_1": "4"})
    assert response.status_code == 302, response.content.decode()


def run(minutes: float) -> None:
    run_due(lambda: timezone.now() + timedelta(minutes=minutes))


def test_the_therapist_is_told_at_once_without_content(cast: Cast, browser: Browser, mailbox: Mailbox) -> None:
    answer(cast, browser, 2)
    run(0)
    run(29)
    assert [address for address, _ in mailbox.messages] == [THERAPIST]
    text = mailbox.texts(THERAPIST)[0].lower()
    assert "needs your attention" in text
    for private in ("carla", "death", "harm", "suicid", "session", "check-in", "score", "therap"):
        assert private not in text, private


def test_the_duty_clinician_is_told_after_the_set_time(cast: Cast, browser: Browser, mailbox: Mailbox) -> None:
    answer(cast, browser, 2)
    run(0)
    run(31)
    run(500)
    assert [address for address, _ in mailbox.messages] == [THERAPIST, DUTY]
    text = mailbox.texts(DUTY)[0]
    assert "Alma" in text
    assert "Carla" not in text
    alert = SafetyAlert.objects.visible_to(cast.alma).get()
    browser.force_login(cast.alma)
    page = browser.get(reverse("alert", args=[cast.carla.id, alert.id])).content.decode()
    assert "Email to Alma on" in page
    assert "Email to Dario on" in page


def test_nobody_is_told_of_an_acknowledged_alert(cast: Cast, browser: Browser, mailbox: Mailbox) -> None:
    answer(cast, browser, 2)
    alert = SafetyAlert.objects.visible_to(cast.alma).get()
    acknowledge_alert(alert=alert, by=cast.alma, note="Rang her.", at=timezone.now())
    run(60)
    assert mailbox.messages == []


def test_an_answer_that_raises_no_alert_is_announced_to_nobody(cast: Cast, browser: Browser) -> None:
    answer(cast, browser, 0)
    assert not Job.objects.exists()


def test_a_message_is_not_repeated_after_a_killed_worker(cast: Cast, browser: Browser, mailbox: Mailbox) -> None:
    answer(cast, browser, 2)
    run(0)
    Job.objects.filter(kind="alert.therapist").update(state="running")  # killed before it was marked as done
    run(10)
    assert len(mailbox.messages) == 1
    SafetyAlert.objects.visible_to(cast.alma).update(therapist_told_at=None)  # killed right after the message left
    Job.objects.filter(kind="alert.therapist").update(
        state="running", claimed_at=datetime(2026, 1, 1, tzinfo=timezone.get_current_timezone())
    )
    run(10)
    identifiers = {message["Message-ID"] for _, message in mailbox.messages}
    assert len(identifiers) == 1


def test_the_page_says_when_nobody_could_be_reached(cast: Cast, browser: Browser, mailbox: Mailbox) -> None:
    Account.objects.filter(id=cast.alma.id).update(mail="")
    answer(cast, browser, 2)
    run(0)
    alert = SafetyAlert.objects.visible_to(cast.alma).get()
    browser.force_login(cast.alma)
    page = browser.get(reverse("alert", args=[cast.carla.id, alert.id])).content.decode()
    assert "Alma has no email address" in page
