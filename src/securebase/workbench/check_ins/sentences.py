"""Sentences about the state of a check-in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import ngettext

from securebase.measurement.instrument import Instrument
from securebase.picture.phrases import count
from securebase.workbench.check_ins.models import CheckIn, CheckInMode


def describe_state(check_in: CheckIn | None, now: datetime) -> str:
    """Return when a check-in was answered, or what it waits for; nothing if it was neither opened nor handed out."""
    if check_in is None:
        return ""
    if check_in.answered_at is not None:
        on_paper = ", entered from paper" if check_in.mode == CheckInMode.PAPER else ""
        return _time(check_in.answered_at) + on_paper
    return _describe_waiting(check_in, now) if check_in.is_waiting else ""


def describe_open(number: int) -> tuple[str, str]:
    """Return how many questions have no answer yet, and what the client can do; both empty if all have one."""
    if not number:
        return "", ""
    return (
        ngettext("{n} question has no answer yet.", "{n} questions have no answer yet.", number).format(n=number),
        ngettext(
            "Nothing has been sent yet. You can answer it now, or send your check-in as it is.",
            "Nothing has been sent yet. You can answer them now, or send your check-in as it is.",
            number,
        ),
    )


def list_extras(instruments: Iterable[Instrument]) -> str:
    """Return additional questionnaires with their numbers of questions."""
    return ", ".join(f"{i.name} ({count(len(i.items), 'question')})" for i in instruments)


def _describe_waiting(check_in: CheckIn, now: datetime) -> str:
    if check_in.mode == CheckInMode.PAPER:
        return "On paper; its answers have not been entered yet."
    invited = _time(check_in.invited_at)
    if check_in.mode == CheckInMode.DEVICE:
        return f"You handed over this device {invited}; no answers were sent."
    opened = f"opened {_time(check_in.opened_at)}, not sent yet" if check_in.opened_at else "not opened yet"
    return f"Link created {invited}; {opened}{_describe_expiry(check_in.expires_at, now)}."


def _describe_expiry(expires_at: datetime | None, now: datetime) -> str:
    if expires_at is None:
        return ""
    return f"; it expired {_time(expires_at)}" if expires_at < now else f"; works until {_time(expires_at)}"


def _time(at: datetime) -> str:
    return date_format(localtime(at), "j F, H:i")
