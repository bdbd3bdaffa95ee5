"""Send requests and reminders: handlers of jobs, which repeat without harm.

A request is marked as being sent, together with its check-in, before a message leaves. A worker that is killed around
that moment sends it again with the same link and the same Message-ID, so a mailbox shows it once.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from secrets import randbelow
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from securebase.errors import InputError
from securebase.records.vocabulary import Moment
from securebase.workbench.check_ins.actions import ensure_link, ensure_open, invite_between
from securebase.workbench.check_ins.models import CheckIn, CheckInMode, CheckInState
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.clients.tokens import derived_token
from securebase.workbench.jobs.actions import AddressProblem, JobProblem, enqueue, failures, handles
from securebase.workbench.jobs.mail import Message, send_mail
from securebase.workbench.requests.actions import REASON, REMIND, SEND, find_occasion, job_key, update_requests, zone
from securebase.workbench.requests.models import (
    Channel,
    MailChoice,
    Request,
    RequestPlan,
    RequestSettings,
    RequestState,
)
from securebase.workbench.requests.occasions import When, after_night
from securebase.workbench.requests.push import send_push
from securebase.workbench.therapy_sessions.models import TherapySession

_OPEN = (RequestState.WAITING, RequestState.SENDING)


@handles(SEND)
def send_request(payload: Mapping[str, Any], now: datetime) -> None:
    """Open the check-in of a request that is due, and tell the client."""
    request = _prepare(uuid.UUID(payload["request"]), now)
    if request is None:
        return
    try:
        _tell(request, "", now)
    except JobProblem as problem:
        if problem.for_good:
            wrong = isinstance(problem, AddressProblem)
            _finish(request, RequestState.FAILED, problem=str(problem), address_is_wrong=wrong)
        raise
    _finish(request, RequestState.SENT, sent_at=now)
    if request.plan.reminders and request.plan.channel != Channel.NONE:
        _plan_reminder(request, 1, now)


@transaction.atomic
def _prepare(request_id: uuid.UUID, now: datetime) -> Request | None:
    """Return the request with its open check-in, marked as being sent; None if it must not be sent now."""
    rows = Request.objects.unscoped(reason=REASON).select_related("plan__episode__client__clinic", "check_in")
    request = rows.filter(id=request_id, state__in=_OPEN).first()
    if request is None:
        return None
    if request.state == RequestState.SENDING:  # a worker was killed, or the mail server did not take the message
        return None if _is_settled(request, now) or _is_over(request) else request
    occasion = find_occasion(request, now)
    if occasion is None:
        request.state = RequestState.WITHDRAWN
    elif occasion.due_at > now:  # the session was moved, or the clock went back
        request.due_at, request.until = occasion.due_at, occasion.until
        request.turn += 1
        enqueue(kind=SEND, key=job_key(request), run_at=occasion.due_at, payload={"request": str(request.id)})
    elif occasion.until <= now:  # the workbench did not run
        request.state, request.until = RequestState.EXPIRED, occasion.until
    else:
        request.until = occasion.until
        _open_check_in(request, now)
    request.save()
    return request if request.state == RequestState.SENDING else None


def _open_check_in(request: Request, now: datetime) -> None:
    """Open the check-in that the request asks for, or use the one that is open already."""
    plan = request.plan
    try:
        if request.check_in is not None:  # the therapist sends it again
            check_in = ensure_link(check_in=request.check_in, at=now)
        elif plan.when in {When.BEFORE, When.AFTER}:
            session = plan.episode.therapy_sessions.get(id=request.occasion.partition(":")[2])
            if _decided_otherwise(session, plan.when):
                request.state = RequestState.WITHDRAWN
                return
            check_in = ensure_open(session=session, moment=Moment(plan.when), at=now, more=plan.instruments)
        else:
            check_in = invite_between(
                episode=plan.episode, by=None, instruments=plan.instruments, mode=CheckInMode.LINK, at=now
            ).check_in
    except InputError as error:
        request.state, request.problem = RequestState.FAILED, str(error)[:300]
        return
    request.check_in = check_in
    if not check_in.is_answered and not check_in.works(now):  # withdrawn, or on paper since
        request.state = RequestState.WITHDRAWN
        return
    request.state = RequestState.ANSWERED if check_in.is_answered else RequestState.SENDING
    if request.reminder_arm is None and request.state == RequestState.SENDING and _lets_chance_decide(plan):
        request.reminder_arm = bool(randbelow(2))


def _decided_otherwise(session: TherapySession, moment: str) -> bool:
    """Return True if the therapist has withdrawn the check-in of this moment, or has it filled in on paper."""
    row = session.check_ins.filter(moment=moment).first()
    on_paper = row is not None and row.is_waiting and row.mode == CheckInMode.PAPER
    return row is not None and (on_paper or row.state == CheckInState.WITHDRAWN)


def _lets_chance_decide(plan: RequestPlan) -> bool:
    """Return True if chance decides and the request could be reminded at all: others would dilute the comparison."""
    client = plan.episode.client
    if not plan.reminders or plan.channel == Channel.NONE or wants_no_reminders(client):
        return False
    return RequestSettings.objects.filter(clinic=client.clinic, randomise_reminders=True).exists()


def _is_settled(request: Request, now: datetime) -> bool:
    """Mark a request whose check-in was answered, withdrawn or has ended. Returns True if it is settled."""
    check_in = request.check_in
    assert check_in is not None  # it was set together with the state
    check_in.refresh_from_db()
    occasion = find_occasion(request, now)
    if occasion is not None:  # its session may have moved
        request.until = occasion.until
    if check_in.is_answered:
        return _finish(request, RequestState.ANSWERED)
    if not check_in.is_waiting or check_in.mode == CheckInMode.PAPER:
        return _finish(request, RequestState.WITHDRAWN)
    if request.until <= now:
        return _finish(request, RequestState.EXPIRED)
    return False


def _is_over(request: Request) -> bool:
    """Withdraw a request whose line was switched off, or whose course has ended, before it could be sent."""
    return not request.plan.is_running and _finish(request, RequestState.WITHDRAWN)


def _finish(request: Request, state: RequestState, **values: object) -> bool:
    request.state = state
    for name, value in values.items():
        setattr(request, name, value)
    request.save(update_fields=["state", "until", *values])
    return True


def _plan_reminder(request: Request, number: int, now: datetime) -> None:
    run_at = after_night(now + timedelta(hours=request.plan.reminder_hours), zone())
    if run_at < request.until:
        payload = {"request": str(request.id), "number": number}
        enqueue(kind=REMIND, key=f"{job_key(request, REMIND)}:{number}", run_at=run_at, payload=payload)


@handles(REMIND)
def send_reminder(payload: Mapping[str, Any], now: datetime) -> None:
    """Remind a client of a request without an answer; the link stays the same."""
    rows = Request.objects.unscoped(reason=REASON).select_related("plan__episode__client__clinic", "check_in")
    request = rows.filter(id=uuid.UUID(payload["request"]), state=RequestState.SENT).first()
    number = int(payload["number"])
    if request is None or len(request.reminded) >= number or _is_settled(request, now):
        return
    if request.reminder_arm is False or wants_no_reminders(request.plan.episode.client) or not request.plan.reminders:
        return
    if not request.plan.is_running:
        return
    request.check_in = ensure_link(check_in=request.check_in, at=now) if request.check_in else None
    _tell(request, str(number), now)
    request.reminded = [*request.reminded, now.isoformat()]
    request.save(update_fields=["reminded"])
    if number < request.plan.reminders:
        _plan_reminder(request, number + 1, now)


def wants_no_reminders(client: Client) -> bool:
    return MailChoice.objects.unscoped(reason=REASON).filter(client=client, reminders_off=True).exists()


def _tell(request: Request, reminder: str, now: datetime) -> None:
    """Send the message of a request by its channel. Raises JobProblem if it did not leave."""
    client, check_in = request.plan.episode.client, request.check_in
    assert check_in is not None
    if request.plan.channel == Channel.MAIL:
        if not client.mail:
            raise AddressProblem("the client has no email address", for_good=True)
        if not settings.ADDRESS:
            raise JobProblem("the clinic has no web address yet, so links cannot work", for_good=True)
        send_mail(client.clinic, message_of(request, check_in, reminder))
    elif request.plan.channel == Channel.PUSH:
        send_push(client, message_of(request, check_in, reminder).subject)


def message_of(request: Request, check_in: CheckIn, reminder: str = "") -> Message:
    """Return the message of a request. It names no client, no questionnaire and nothing about health."""
    client = request.plan.episode.client
    with translation.override(client.language or "en"):
        subject = _("Reminder: a few questions for you") if reminder else _("A few questions for you")
        until = date_format(localtime(min(request.until, check_in.expires_at or request.until)), _("l j F, H:i"))
        lines = [
            _("Hello,"),
            _("a few questions are waiting for you. They take a few minutes:"),
            settings.ADDRESS + check_in.path,
            _("The link works once, until {until}. Please do not pass it on.").format(until=until),
        ]
        if not wants_no_reminders(client):
            lines.append(_("No more reminders: {link}").format(link=settings.ADDRESS + stop_path(client)))
        return Message(client.mail, subject, "\n\n".join(lines), f"request.{request.id}.{request.turn}.{reminder or 0}")


def stop_path(client: Client) -> str:
    """Return the address of the page that switches reminders off without a sign-in."""
    return f"/reminders/{client.id}/{derived_token(f'reminders:{client.id}')}/"


def follow_courses(now: datetime) -> None:
    """Bring the requests of all running courses up to date: sessions may have moved. Called every few minutes."""
    rows = Episode.objects.unscoped(reason=REASON).filter(ended_on=None, request_plans__ended_at=None)
    for episode in rows.distinct().prefetch_related("therapy_sessions"):
        update_requests(episode, now)
    sent = Request.objects.unscoped(reason=REASON).filter(state__in=(RequestState.SENT, RequestState.FAILED))
    for request in sent.filter(check_in__isnull=False).select_related("check_in", "plan__episode"):
        _is_settled(request, now)
    _name_failures(now)


def _name_failures(now: datetime) -> None:
    """Mark the requests whose job was tried for the last time, such as when the mail server was down for hours."""
    rows = Request.objects.unscoped(reason=REASON).filter(state__in=_OPEN, due_at__lte=now)
    requests = {job_key(request): request for request in rows}
    for key, problem in failures(requests).items():
        _finish(requests[key], RequestState.FAILED, problem=problem)
