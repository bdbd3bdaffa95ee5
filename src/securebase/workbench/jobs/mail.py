"""Send mail by the clinic's SMTP server. A message never holds what a client wrote, or a client's name."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from securebase.workbench.accounts.models import Clinic
from securebase.workbench.jobs.actions import AddressProblem, JobProblem
from securebase.workbench.jobs.models import MailServer, Security

#: Seconds until a mail server that does not answer is given up.
TIMEOUT = 20


@dataclass(frozen=True, slots=True)
class Message:
    """A message. `identifier` stays the same when it is sent again: a mailbox shows it once (RFC 5322, 3.6.4)."""

    to: str
    subject: str
    body: str
    identifier: str = ""


def has_mail(clinic: Clinic) -> bool:
    """Return True if the clinic has entered a mail server."""
    return MailServer.objects.filter(clinic=clinic).exists()


def send_mail(clinic: Clinic, message: Message) -> None:
    """Send one message. Raises JobProblem, in words for the administrator, if it did not leave."""
    server = MailServer.objects.filter(clinic=clinic).first()
    if server is None:
        raise JobProblem("the clinic has no mail server", for_good=True)
    send_by(server, message)


def send_by(server: MailServer, message: Message) -> None:
    """Send one message by a server, stored or not."""
    headers = {"Auto-Submitted": "auto-generated"}  # RFC 3834: no out-of-office answers
    if message.identifier:
        headers["Message-ID"] = f"<{message.identifier}@{server.sender.rpartition('@')[2]}>"
    backend = EmailBackend(
        host=server.host,
        port=server.port,
        username=server.user,
        password=server.password,
        use_tls=server.security == Security.STARTTLS,
        use_ssl=server.security == Security.TLS,
        timeout=TIMEOUT,
    )
    mail = EmailMessage(message.subject, message.body, server.sender, [message.to], connection=backend, headers=headers)
    try:
        mail.send()
    except (OSError, smtplib.SMTPException) as error:
        raise explain_failure(error, server) from error


def explain_failure(error: Exception, server: MailServer) -> JobProblem:
    """Return what went wrong in words. An address that is refused for good (SMTP 5xx) is not tried again."""
    name = f"{server.host}:{server.port}"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = next(iter(error.recipients.values()))[0]
        return AddressProblem(f"the address was refused ({code})", for_good=500 <= code < 600)
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return JobProblem(f"{name} refused user name or password ({error.smtp_code})")
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return JobProblem(f"{name} does not offer what was asked ({error})")
    if isinstance(error, smtplib.SMTPResponseException):
        return JobProblem(f"{name} refused the message ({error.smtp_code})")
    if isinstance(error, ssl.SSLError):
        return JobProblem(f"no encrypted connection to {name} ({getattr(error, 'reason', None) or 'TLS failed'})")
    if isinstance(error, smtplib.SMTPException):
        return JobProblem(f"{name} ended the connection")
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
    return JobProblem(f"cannot connect to {name} ({reason})")


def send_test(server: MailServer, to: str, at: datetime) -> None:
    """Send a test message, and record on a stored server that it left."""
    body = "This is a test message from Securebase. Messages to clients will leave by the same server."
    send_by(server, Message(to, "Test message", body))
    server.tested_at = at
    server.save(update_fields=["tested_at"])
