"""The work on a rupture and its repair in words."""

from __future__ import annotations

from datetime import UTC, datetime

from securebase.workbench.course.emotion.sentences import describe_ratings, describe_repair, describe_work
from securebase.workbench.therapy_sessions.models import Rupture, TherapySession

REPAIRED = datetime(2026, 11, 3, 10, tzinfo=UTC)


def test_work_is_named_or_missed() -> None:
    assert describe_work("named it; changed the task", recorded=True) == "named it; changed the task"
    assert describe_work("", recorded=True) == "recorded, no repair strategy chosen yet"
    assert describe_work("", recorded=False) == "nothing recorded"


def test_only_given_ratings_are_said() -> None:
    assert describe_ratings({}) == ""
    assert describe_ratings({"explored": "7 of 10", "closed": "5 of 10"}) == " · discussed: 7 of 10 · repaired: 5 of 10"


def test_a_repair_says_when_and_how_late() -> None:
    open_mark = Rupture()
    assert describe_repair(open_mark, sessions=None, days=None) == ""
    mark = Rupture(repaired_at=REPAIRED, repaired_in=TherapySession(number=5))
    sentences = [describe_repair(mark, sessions=n, days=7) for n in (0, 1, 3)]
    assert sentences == [
        "3 November 2026, session 5 · in the same session",
        "3 November 2026, session 5 · 1 session later",
        "3 November 2026, session 5 · 3 sessions later",
    ]


def test_a_repair_outside_a_session_is_counted_in_days() -> None:
    mark = Rupture(repaired_at=REPAIRED)
    assert describe_repair(mark, sessions=None, days=1) == "3 November 2026 · 1 day later"
    assert describe_repair(mark, sessions=None, days=0) == "3 November 2026 · 0 days later"
