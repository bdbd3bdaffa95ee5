"""Sentences about the lines of a schedule and about requests."""

from __future__ import annotations

from datetime import datetime, time

from django.utils.formats import date_format
from django.utils.timezone import localtime

from securebase.measurement.catalogue import instruments
from securebase.picture.phrases import count, join_names
from securebase.workbench.requests.models import Channel, Request, RequestPlan, RequestState
from securebase.workbench.requests.occasions import When

_CHANNELS = {
    Channel.MAIL: "by email",
    Channel.PUSH: "by a notification on the phone",
    Channel.NONE: "on the client’s own page, by QR code or on this device",
}


def describe_plan(plan: RequestPlan) -> str:
    """Return a line of a schedule as one or two sentences."""
    asked = f"{_when(plan)}, {_CHANNELS[Channel(plan.channel)]}: {_what(plan)}."
    return f"{asked[0].upper()}{asked[1:]} {_reminders(plan)}".strip()


def _when(plan: RequestPlan) -> str:
    at, every = _clock(plan.at), "every day" if plan.days == 1 else f"every {plan.days} days"
    if plan.when == When.BEFORE:
        day = {0: "on the day of each session", 1: "the day before each session"}
        return f"{day.get(plan.days, f'{plan.days} days before each session')} at {at}"
    if plan.when == When.AFTER:
        return f"{count(plan.hours, 'hour')} after the start of each session"
    if plan.when == When.ONCE:
        return f"once, on {date_format(plan.start, 'j F Y')} at {at}"
    if plan.when == When.RANDOM:
        return f"{every} at a random time from {at} to {_clock(plan.until)}"
    return f"{every} at {at}"


def _what(plan: RequestPlan) -> str:
    names = [instruments()[name].name for name in plan.instruments if name in instruments()]
    if plan.when in {When.BEFORE, When.AFTER}:
        names.insert(0, f"the check-in {plan.when} the session")
    return join_names(names)


def _reminders(plan: RequestPlan) -> str:
    if plan.channel == Channel.NONE:
        return ""
    if not plan.reminders:
        return "No reminder."
    again = "" if plan.reminders == 1 else " each time"
    return f"{count(plan.reminders, 'reminder').capitalize()}, {count(plan.reminder_hours, 'hour')} later{again}."


def _clock(at: time) -> str:
    return f"{at:%H:%M}"


def describe_request(request: Request, now: datetime) -> str:
    """Return what became of a request."""
    if request.state == RequestState.WAITING:
        return "planned"
    if request.state == RequestState.FAILED:
        return f"could not be sent: {request.problem}"
    sent = ""
    if request.sent_at is not None and request.plan.channel != Channel.NONE:
        sent = f"sent {_moment(request.sent_at)}"
    reminded = f", reminded {count(len(request.reminded), 'time')}" if request.reminded else ""
    labels = {
        RequestState.SENDING: "being sent",
        RequestState.SENT: f"waiting for an answer since {_moment(request.sent_at or request.due_at)}",
        RequestState.ANSWERED: "answered",
        RequestState.EXPIRED: "not answered",
        RequestState.WITHDRAWN: "withdrawn",
    }
    words = labels[RequestState(request.state)]
    return f"{words}; {sent}{reminded}" if sent and request.state != RequestState.SENT else f"{words}{reminded}"


def _moment(at: datetime) -> str:
    return date_format(localtime(at), "j F, H:i")
