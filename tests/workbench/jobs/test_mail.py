"""The clinic's mail server: entered on a page, tested, and its failures in words."""

from __future__ import annotations

import smtplib
import ssl
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from securebase.workbench.accounts.models import Clinic
from securebase.workbench.audit.models import Entry
from securebase.workbench.jobs.actions import JobProblem, enqueue
from securebase.workbench.jobs.mail import Message, explain_failure, send_mail
from securebase.workbench.jobs.models import MailServer
from workbench.browser import Browser
from workbench.cast import Cast
from workbench.jobs.smtp import mail_server

PAGE = "clinic-mail"


def form(number: int, **changes: str) -> dict[str, str]:
    values = {"host": "127.0.0.1", "port": str(number), "security": "none", "user": "", "password": "s3cret words"}
    return values | {"sender": "practice@example.org", "save": "1"} | changes


def test_a_test_message_leaves_by_the_server_that_was_entered(alma: Browser, cast: Cast) -> None:
    with mail_server() as (mailbox, port):
        assert alma.post(reverse(PAGE), form(port)).status_code == 302
        page = alma.get(reverse(PAGE)).content.decode()
        assert "have not been tested yet" in page
        assert "s3cret words" not in page
        assert alma.post(reverse(PAGE), {"test": "1", "to": "alma@example.org"}).status_code == 302
        (address, message), *others = mailbox.messages
    assert (address, others) == ("alma@example.org", [])
    assert (message["From"], message["Subject"]) == ("practice@example.org", "Test message")
    assert message["Auto-Submitted"] == "auto-generated"
    assert MailServer.objects.get().tested_at is not None
    assert "s3cret" not in str(Entry.objects.values_list("detail", flat=True))


def test_an_empty_password_keeps_the_stored_one(alma: Browser, cast: Cast) -> None:
    alma.post(reverse(PAGE), form(2500))
    alma.post(reverse(PAGE), form(2501, password=""))
    server = MailServer.objects.get()
    assert (server.port, server.password) == (2501, "s3cret words")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"host": "smtp://mail.example.org"}, "Enter only the name of the server"),
        ({"host": "mail.example.org"}, "the connection must be encrypted"),
        ({"port": "70000"}, "Enter a whole number from 1 to 65535"),
        ({"sender": "practice"}, "email"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_and_kept_in_the_form(
    alma: Browser, cast: Cast, changes: dict[str, str], words: str
) -> None:
    response = alma.post(reverse(PAGE), form(25, **changes))
    assert response.status_code == 400
    assert words in response.content.decode()
    assert next(iter(changes.values())) in response.content.decode()
    assert not MailServer.objects.exists()


def test_only_administrators_see_the_page(browser: Browser, cast: Cast) -> None:
    browser.force_login(cast.dario)
    assert browser.get(reverse(PAGE)).status_code == 403


def test_a_server_that_does_not_answer_is_named(alma: Browser, cast: Cast) -> None:
    with mail_server() as (_, port):
        pass
    alma.post(reverse(PAGE), form(port))
    response = alma.post(reverse(PAGE), {"test": "1", "to": "alma@example.org"})
    assert response.status_code == 400
    assert f"cannot connect to 127.0.0.1:{port}" in response.content.decode()


def test_a_dead_address_is_not_tried_again(cast: Cast) -> None:
    with mail_server() as (mailbox, port):
        clinic = Clinic.objects.get()
        MailServer.objects.create(clinic=clinic, host="127.0.0.1", port=port, security="none", sender="p@example.org")
        mailbox.refused.add("gone@example.org")
        with pytest.raises(JobProblem, match="the address was refused") as problem:
            send_mail(clinic, Message("gone@example.org", "A", "B"))
        assert problem.value.for_good
        send_mail(clinic, Message("ash@example.org", "A", "B", "request.7"))
        assert mailbox.messages[0][1]["Message-ID"] == "<request.7@example.org>"


@pytest.mark.parametrize(
    ("error", "words", "for_good"),
    [
        (smtplib.SMTPAuthenticationError(535, b"no"), "refused user name or password", False),
        (smtplib.SMTPNotSupportedError("STARTTLS extension not supported"), "does not offer", False),
        (smtplib.SMTPDataError(554, b"spam"), "refused the message", False),
        (smtplib.SMTPServerDisconnected("bye"), "ended the connection", False),
        (smtplib.SMTPRecipientsRefused({"a": (451, b"later")}), "the address was refused", False),
        (ssl.SSLError(1, "wrong version number"), "no encrypted connection", False),
        (TimeoutError("timed out"), "cannot connect", False),
    ],
)
def test_every_failure_has_words(error: Exception, words: str, for_good: bool) -> None:
    problem = explain_failure(error, MailServer(host="mail.example.org", port=587))
    assert words in str(problem)
    assert problem.for_good is for_good


def test_an_administrator_sees_that_the_worker_stands_still(alma: Browser, cast: Cast) -> None:
    enqueue(kind="x", key="x", run_at=timezone.now() - timedelta(minutes=10), payload={})
    assert "Work has been waiting" not in alma.get(reverse("clinic-mail")).content.decode()
    enqueue(kind="x", key="y", run_at=timezone.now() - timedelta(minutes=20), payload={})
    assert "Work has been waiting since" in alma.get(reverse("clinic-mail")).content.decode()
