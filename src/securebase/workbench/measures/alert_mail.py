"""Messages about safety alerts: to the therapist at once, to the duty clinician if nobody acknowledges them in time.

A message says that there is an alert, never whose it is or what was answered: mail is read on lock screens.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.formats import date_format
from django.utils.timezone import localtime

from securebase.picture.phrases import count
from securebase.workbench.accounts.models import Account
from securebase.workbench.audit.actions import record
from securebase.workbench.jobs.actions import JobProblem, enqueue, handles
from securebase.workbench.jobs.mail import Message, send_mail
from securebase.workbench.jobs.models import Job, JobState
from securebase.workbench.measures.models import Administration, SafetyAlert

_REASON = "the workbench itself tells people of an open alert"
THERAPIST, DUTY = "alert.therapist", "alert.duty"


def announce_alerts(administration: Administration, at: datetime) -> None:
    """Enqueue both messages about the alerts of one administration, within the caller's transaction."""
    clinic = administration.episode.client.clinic
    payload = {"administration": str(administration.id)}
    enqueue(kind=THERAPIST, key=f"{THERAPIST}:{administration.id}", run_at=at, payload=payload)
    later = at + timedelta(minutes=clinic.duty_after_minutes)
    enqueue(kind=DUTY, key=f"{DUTY}:{administration.id}", run_at=later, payload=payload)


@handles(THERAPIST)
def tell_therapist(payload: Mapping[str, Any], now: datetime) -> None:
    """Write to the therapist whose client gave an alarming answer."""
    administration = _with_open_alert(payload)
    if administration is None or _was_told(administration, "therapist_told_at"):
        return
    therapist = administration.episode.client.therapist
    body = f"An answer from one of your clients needs your attention now.\n\nSign in to read it{_address()}."
    _tell(therapist, "An answer needs your attention", body, THERAPIST, administration)
    administration.safety_alerts.update(therapist_told_at=now)


@handles(DUTY)
def tell_duty_clinician(payload: Mapping[str, Any], now: datetime) -> None:
    """Write to the duty clinician about an alert that nobody has acknowledged."""
    administration = _with_open_alert(payload)
    if administration is None or _was_told(administration, "duty_told_at"):
        return
    duty, therapist = administration.episode.client.clinic.duty_clinician, administration.episode.client.therapist
    if duty is None:
        return
    raised_at = max(alert.raised_at for alert in administration.safety_alerts.all())
    minutes = count(int((now - raised_at).total_seconds() // 60), "minute")
    body = (
        f"A safety alert in the caseload of {therapist.name_shown} has not been acknowledged for {minutes}.\n\n"
        f"Please reach {therapist.name_shown}, who alone can open the answer{_address()}. Otherwise do what your "
        "clinic has agreed."
    )
    _tell(duty, "A safety alert is waiting", body, DUTY, administration)
    administration.safety_alerts.update(duty_told_at=now)


def _address() -> str:
    return f": {settings.ADDRESS}" if settings.ADDRESS else ""


def _with_open_alert(payload: Mapping[str, Any]) -> Administration | None:
    """Return the administration if one of its alerts is still open."""
    rows = Administration.objects.unscoped(reason=_REASON).select_related("episode__client__clinic__duty_clinician")
    administration = rows.filter(id=uuid.UUID(payload["administration"])).first()
    if administration is None or not administration.safety_alerts.filter(acknowledged_at=None).exists():
        return None
    return administration


def _was_told(administration: Administration, field: str) -> bool:
    return administration.safety_alerts.exclude(**{field: None}).exists()


def _tell(account: Account, subject: str, body: str, kind: str, administration: Administration) -> None:
    if not account.mail:
        raise JobProblem(f"{account.name_shown} has no email address", for_good=True)
    send_mail(account.clinic, Message(account.mail, subject, body, f"{kind}.{administration.id}"))
    record(
        actor=None,
        action="safety_alert.told",
        object_type="account",
        object_id=account.id,
        client=administration.episode.client_id,
        detail={"message": kind},
    )


def who_was_told(alert: SafetyAlert) -> list[str]:
    """Return sentences on the messages about one alert: which left, which could not be sent."""
    client = alert.episode.client
    recipients = [(client.therapist, alert.therapist_told_at), (client.clinic.duty_clinician, alert.duty_told_at)]
    sentences = [
        f"Email to {account.name_shown} on {date_format(localtime(at), 'j F, H:i')}."
        for account, at in recipients
        if account is not None and at is not None
    ]
    keys = [f"{kind}:{alert.administration_id}" for kind in (THERAPIST, DUTY)]
    failed = Job.objects.filter(key__in=keys, state=JobState.FAILED).order_by("run_at")
    return [*sentences, *(f"An email could not be sent: {job.problem}." for job in failed)]
