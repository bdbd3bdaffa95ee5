"""The occasions of a plan: when a client is asked. Pure: no database, no clock.

Every occasion has a key that stays the same when its time changes, so that one is never asked twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class When(StrEnum):
    """The rule of a plan."""

    BEFORE = "before"  # a session, at a time of a day before it
    AFTER = "after"  # a session, some hours after its start
    EVERY = "every"  # so many days, at a time
    ONCE = "once"  # on one day, at a time
    RANDOM = "random"  # every so many days, at a random time of a window


@dataclass(frozen=True, slots=True)
class Rule:
    """When a plan asks. `at` and `until` are times of the clinic's zone; a random time lies between them.

    days: before the session, or from one occasion to the next. hours: after the start of a session. seed: fixes the
    random times of a plan, so that a restart draws the same.
    """

    when: When
    at: time = time(18)
    until: time = time(20)
    days: int = 1
    hours: int = 1
    start: date | None = None
    seed: str = ""


@dataclass(frozen=True, slots=True)
class PlannedSession:
    """A session as the plan sees it."""

    id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Occasion:
    """One time at which a client is asked. `until`: an answer is no longer expected after it."""

    key: str
    due_at: datetime
    until: datetime
    session: str = ""


#: Nothing is sent at night, unless a person has chosen that time.
NIGHT_BEGINS, NIGHT_ENDS = time(22), time(7)
#: How long a request between sessions waits for its answer, and one after a session.
ANSWER_WITHIN = timedelta(hours=72)


def occasions(
    rule: Rule, sessions: Sequence[PlannedSession], *, zone: ZoneInfo, begin: datetime, end: datetime
) -> Iterator[Occasion]:
    """Yield the occasions with a due time from `begin` to `end`, both included, in order of time."""
    candidates = (
        _of_sessions(rule, sessions, zone) if rule.when in {When.BEFORE, When.AFTER} else _of_days(rule, zone, end)
    )
    yield from sorted((o for o in candidates if begin <= o.due_at <= end), key=lambda o: o.due_at)


def _of_sessions(rule: Rule, sessions: Sequence[PlannedSession], zone: ZoneInfo) -> Iterator[Occasion]:
    for session in sessions:
        if rule.when is When.AFTER:
            due = after_night(session.at + timedelta(hours=rule.hours), zone)
            yield Occasion(f"after:{session.id}", due, due + ANSWER_WITHIN, session.id)
            continue
        day = session.at.astimezone(zone).date() - timedelta(days=rule.days)
        due = _local(day, rule.at, zone)
        if due < session.at:  # on the day itself, the time can lie behind the start
            yield Occasion(f"before:{session.id}", due, session.at, session.id)


def _of_days(rule: Rule, zone: ZoneInfo, end: datetime) -> Iterator[Occasion]:
    day, last = rule.start, end.astimezone(zone).date()
    if day is None:
        return
    while day <= last:
        due = _local(day, _random_time(rule, day) if rule.when is When.RANDOM else rule.at, zone)
        step = timedelta(days=max(rule.days, 1))
        wait = min(step, ANSWER_WITHIN) if rule.when is not When.ONCE else ANSWER_WITHIN
        yield Occasion(f"day:{day.isoformat()}", due, due + wait)
        if rule.when is When.ONCE:
            return
        day += step


def _random_time(rule: Rule, day: date) -> time:
    """Return a time of the window that depends on the plan and the day alone."""
    first, last = (t.hour * 60 + t.minute for t in (rule.at, rule.until))
    number = int.from_bytes(hashlib.sha256(f"{rule.seed}:{day.isoformat()}".encode()).digest()[:8], "big")
    minute = first + number % max(last - first, 1)
    return time(minute // 60, minute % 60)


def after_night(at: datetime, zone: ZoneInfo) -> datetime:
    """Return the time itself, or the end of the night in which it lies."""
    local = at.astimezone(zone)
    if NIGHT_ENDS <= local.time() < NIGHT_BEGINS:
        return at
    day = local.date() + timedelta(days=local.time() >= NIGHT_BEGINS)
    return _local(day, NIGHT_ENDS, zone)


def _local(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return a time of the clinic's zone. One that the clocks skip in spring is an hour later."""
    local = datetime.combine(day, at, tzinfo=zone)
    return local.astimezone(ZoneInfo("UTC")).astimezone(zone)
