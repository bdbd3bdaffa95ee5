"""When a plan asks: before and after sessions, every so many days, once, at a random time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from securebase.workbench.requests.occasions import Occasion, PlannedSession, Rule, When, after_night, occasions

BERLIN = ZoneInfo("Europe/Berlin")
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
SESSION = PlannedSession("s1", datetime(2026, 3, 10, 9, tzinfo=UTC))


def plan(rule: Rule, *sessions: PlannedSession, days: int = 14) -> list[Occasion]:
    return list(occasions(rule, sessions, zone=BERLIN, begin=BEGIN, end=BEGIN + timedelta(days=days)))


def local(occasion: Occasion) -> str:
    return f"{occasion.due_at.astimezone(BERLIN):%d %H:%M}"


def test_before_a_session_on_the_evening_before_until_it_begins() -> None:
    (occasion,) = plan(Rule(When.BEFORE, at=time(18), days=1), SESSION)
    assert (occasion.key, local(occasion), occasion.until) == ("before:s1", "09 18:00", SESSION.at)


def test_not_on_the_day_itself_once_the_session_has_begun() -> None:
    assert plan(Rule(When.BEFORE, at=time(18), days=0), SESSION) == []
    assert [local(o) for o in plan(Rule(When.BEFORE, at=time(8), days=0), SESSION)] == ["10 08:00"]


def test_after_a_session_some_hours_after_its_start() -> None:
    (occasion,) = plan(Rule(When.AFTER, hours=2), SESSION)
    assert (occasion.key, local(occasion)) == ("after:s1", "10 12:00")


def test_a_moved_session_keeps_the_key_of_its_occasion() -> None:
    moved = PlannedSession("s1", SESSION.at + timedelta(days=2))
    (first,), (second,) = plan(Rule(When.BEFORE), SESSION), plan(Rule(When.BEFORE), moved)
    assert first.key == second.key
    assert first.due_at != second.due_at


def test_every_seven_days_until_the_next_or_three_days() -> None:
    weekly = plan(Rule(When.EVERY, at=time(9), days=7, start=date(2026, 3, 2)))
    assert [local(o) for o in weekly] == ["02 09:00", "09 09:00"]
    assert {o.until - o.due_at for o in weekly} == {timedelta(hours=72)}
    daily = plan(Rule(When.EVERY, at=time(9), days=1, start=date(2026, 3, 2)), days=3)
    assert {o.until - o.due_at for o in daily} == {timedelta(days=1)}


def test_once() -> None:
    assert [local(o) for o in plan(Rule(When.ONCE, at=time(9), start=date(2026, 3, 5)))] == ["05 09:00"]


def test_random_times_lie_in_the_window_differ_by_day_and_stay_the_same() -> None:
    rule = Rule(When.RANDOM, at=time(10), until=time(20), days=1, start=date(2026, 3, 2), seed="a")
    times = [o.due_at.astimezone(BERLIN).time() for o in plan(rule, days=13)]
    assert all(time(10) <= t < time(20) for t in times)
    assert len(set(times)) > 8
    assert plan(rule, days=13) == plan(rule, days=13)
    other = Rule(When.RANDOM, at=time(10), until=time(20), days=1, start=date(2026, 3, 2), seed="b")
    assert [o.due_at for o in plan(other)] != [o.due_at for o in plan(rule)]


def test_the_hour_that_the_clocks_skip_and_the_one_they_repeat() -> None:
    spring = plan(Rule(When.ONCE, at=time(2, 30), start=date(2026, 3, 29)), days=40)
    assert [local(o) for o in spring] == ["29 03:30"]
    before = plan(Rule(When.EVERY, at=time(18), days=1, start=date(2026, 3, 28)), days=30)
    assert {f"{o.due_at.astimezone(BERLIN):%H:%M}" for o in before} == {"18:00"}


def test_nothing_is_due_at_night() -> None:
    evening = PlannedSession("s2", datetime(2026, 3, 10, 19, 30, tzinfo=UTC))  # 20:30 in Berlin
    assert [local(o) for o in plan(Rule(When.AFTER, hours=1), evening)] == ["10 21:30"]
    assert [local(o) for o in plan(Rule(When.AFTER, hours=2), evening)] == ["11 07:00"]
    assert [local(o) for o in plan(Rule(When.AFTER, hours=9), evening)] == ["11 07:00"]
    assert [local(o) for o in plan(Rule(When.AFTER, hours=11), evening)] == ["11 07:30"]
    # the night in which the clocks are put forward
    assert after_night(datetime(2026, 3, 28, 22, tzinfo=UTC), BERLIN) == datetime(2026, 3, 29, 5, tzinfo=UTC)
