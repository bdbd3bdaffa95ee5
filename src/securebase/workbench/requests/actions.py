"""Write plans, and keep the requests of a course in step with its plans and sessions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from securebase.errors import InputError
from securebase.measurement.catalogue import instrument as get_instrument
from securebase.workbench.accounts.models import Account
from securebase.workbench.check_ins.actions import withdraw_check_in
from securebase.workbench.clients.actions import ensure_own, record_write
from securebase.workbench.clients.models import Episode
from securebase.workbench.jobs.actions import cancel, enqueue, reschedule
from securebase.workbench.requests.models import Channel, Request, RequestPlan, RequestState
from securebase.workbench.requests.occasions import Occasion, PlannedSession, When, occasions
from securebase.workbench.wordings import can_be_asked

#: How far ahead requests are written. Those further away follow on a later day.
AHEAD = timedelta(days=14)
#: A session can have moved to a time before its plan began.
LONG_AGO = timedelta(days=366)
#: Most lines of a schedule.
MAX_PLANS = 8
SEND, REMIND = "request.send", "request.remind"
REASON = "requests follow the plan of a course without anybody signed in"


def zone() -> ZoneInfo:
    """Return the clinic's time zone."""
    return ZoneInfo(settings.TIME_ZONE)


@transaction.atomic
def add_plan(
    *,
    episode: Episode,
    by: Account,
    at_time: datetime,
    when: When,
    instruments: Sequence[str] = (),
    at: time = time(18),
    until: time = time(20),
    days: int = 1,
    hours: int = 1,
    start: date | None = None,
    channel: Channel = Channel.MAIL,
    reminders: int = 1,
    reminder_hours: int = 14,
) -> RequestPlan:
    """Add one line to the schedule of a course, and write its requests of the next days."""
    ensure_own(episode.client, by)
    _check(episode, when, instruments, at, until)
    plan = RequestPlan.objects.create(
        episode=episode,
        when=When(when).value,
        instruments=list(instruments),
        at=at,
        until=until,
        days=days,
        hours=hours,
        start=start or at_time.astimezone(zone()).date(),
        channel=Channel(channel).value,
        reminders=reminders,
        reminder_hours=reminder_hours,
        began_at=at_time,
    )
    record_write(by, "request_plan.added", plan, episode, when=plan.when, channel=plan.channel)
    update_requests(episode, at_time)
    return plan


def _check(episode: Episode, when: When, instruments: Sequence[str], at: time, until: time) -> None:
    if episode.request_plans.filter(ended_at=None).count() >= MAX_PLANS:
        raise InputError(f"a schedule has at most {MAX_PLANS} lines", advice="Switch one off first.")
    if when not in {When.BEFORE, When.AFTER} and not instruments:
        raise InputError("between sessions a questionnaire must be chosen", where="instruments")
    for name in instruments:
        if not can_be_asked(name):
            raise InputError(
                f"clients cannot answer {get_instrument(name).name} yet",
                where="instruments",
                advice="Load its wording in the library first.",
            )
    if when is When.RANDOM and at >= until:
        raise InputError(f"the window must end after it begins (got {at:%H:%M} to {until:%H:%M})", where="until")
    if when in {When.BEFORE, When.AFTER} and episode.request_plans.filter(ended_at=None, when=when).exists():
        raise InputError(f"the check-in {when} each session is planned already", advice="Switch that line off first.")


@transaction.atomic
def switch_plan(*, plan: RequestPlan, by: Account, on: bool, at: datetime) -> RequestPlan:
    """Switch a line off or on. What was sent stays; what was not is withdrawn, and wanted again later."""
    ensure_own(plan.episode.client, by)
    if on and plan.ended_at is not None:
        _check(plan.episode, When(plan.when), plan.instruments, plan.at, plan.until)
    plan.ended_at = None if on else at
    plan.save(update_fields=["ended_at"])
    record_write(by, "request_plan.resumed" if on else "request_plan.ended", plan, plan.episode)
    _update_plan(plan, at)
    return plan


def update_requests(episode: Episode, now: datetime) -> None:
    """Write, move and withdraw the requests of a course, after its plans and sessions. Sent ones stay as they are."""
    for plan in episode.request_plans.all():
        _update_plan(plan, now)


@transaction.atomic
def _update_plan(plan: RequestPlan, now: datetime) -> None:
    wanted = {o.key: o for o in wanted_occasions(plan, now)}
    stored = {r.occasion: r for r in plan.requests.all()}
    for key, occasion in wanted.items():
        if key not in stored:
            _write_request(plan, occasion)
        elif stored[key].state == RequestState.WITHDRAWN and stored[key].sent_at is None:
            _renew(stored[key], occasion)
        elif stored[key].state == RequestState.WAITING and _differs(stored[key], occasion):
            _move(stored[key], occasion)
    for key, request in stored.items():
        # one that lies behind now is sent or expires by its job; only what lies ahead can lose its occasion
        if request.state == RequestState.WAITING and key not in wanted and request.due_at > now:
            nearer = find_occasion(request, now)
            if nearer is not None and nearer.due_at <= now < nearer.until:  # the session is sooner: ask at once
                _move(request, nearer)
            else:
                _withdraw(request)


def wanted_occasions(plan: RequestPlan, now: datetime) -> list[Occasion]:
    """Return the occasions of the next days that the plan still has."""
    if not plan.is_running:
        return []
    sessions = [PlannedSession(str(s.id), s.held_at) for s in plan.episode.therapy_sessions.all()]
    begin = max(plan.began_at, now)
    return list(occasions(plan.rule, sessions, zone=zone(), begin=begin, end=now + AHEAD))


def find_occasion(request: Request, now: datetime) -> Occasion | None:
    """Return the occasion of a request as the plan and the sessions have it now, also one that is past."""
    plan = request.plan
    if not plan.is_running:
        return None
    sessions = [PlannedSession(str(s.id), s.held_at) for s in plan.episode.therapy_sessions.all()]
    candidates = occasions(plan.rule, sessions, zone=zone(), begin=plan.began_at - LONG_AGO, end=now + AHEAD)
    return next((o for o in candidates if o.key == request.occasion), None)


def _write_request(plan: RequestPlan, occasion: Occasion) -> None:
    request = Request.objects.create(plan=plan, occasion=occasion.key, due_at=occasion.due_at, until=occasion.until)
    enqueue(kind=SEND, key=job_key(request), run_at=occasion.due_at, payload={"request": str(request.id)})


def _differs(request: Request, occasion: Occasion) -> bool:
    return (request.due_at, request.until) != (occasion.due_at, occasion.until)


def _move(request: Request, occasion: Occasion) -> None:
    request.due_at, request.until = occasion.due_at, occasion.until
    request.save(update_fields=["due_at", "until"])
    reschedule(key=job_key(request), run_at=occasion.due_at)


def _renew(request: Request, occasion: Occasion) -> None:
    """Let a withdrawn request that never left wait again, under another job."""
    request.state, request.turn = RequestState.WAITING, request.turn + 1
    request.due_at, request.until = occasion.due_at, occasion.until
    request.save(update_fields=["state", "turn", "due_at", "until"])
    enqueue(kind=SEND, key=job_key(request), run_at=occasion.due_at, payload={"request": str(request.id)})


def _withdraw(request: Request) -> None:
    request.state = RequestState.WITHDRAWN
    request.save(update_fields=["state"])
    cancel(key=job_key(request))


@transaction.atomic
def send_again(*, request: Request, by: Account, at: datetime) -> None:
    """Send a request once more, now. The client's link stays; one that has ended is replaced."""
    ensure_own(request.plan.episode.client, by)
    if request.state not in {RequestState.SENT, RequestState.FAILED} or request.until <= at:
        raise InputError("this request can no longer be answered")
    if not request.plan.is_running:
        raise InputError("this line of the schedule is switched off", advice="Switch it on first.")
    request.state, request.problem, request.turn = RequestState.WAITING, "", request.turn + 1
    request.save(update_fields=["state", "problem", "turn"])
    enqueue(kind=SEND, key=job_key(request), run_at=at, payload={"request": str(request.id)})
    record_write(by, "request.sent_again", request, request.plan.episode)


@transaction.atomic
def withdraw_request(*, request: Request, by: Account) -> None:
    """Stop asking on this occasion: end the link, and send no reminder."""
    ensure_own(request.plan.episode.client, by)
    if request.state == RequestState.ANSWERED:
        raise InputError("this request has been answered")
    if request.check_in is not None and request.check_in.is_waiting:
        withdraw_check_in(check_in=request.check_in, by=by)
    _withdraw(request)
    record_write(by, "request.withdrawn", request, request.plan.episode)


def job_key(request: Request, purpose: str = SEND) -> str:
    return f"{purpose}:{request.id}:{request.turn}"


def default_plans() -> tuple[dict[str, Any], ...]:
    """Return the lines that a new course is offered: the check-in before and after each session."""
    return (
        {"when": When.BEFORE, "days": 1, "at": time(18), "reminders": 1, "reminder_hours": 14},
        {"when": When.AFTER, "hours": 2, "reminders": 1, "reminder_hours": 22},
    )
