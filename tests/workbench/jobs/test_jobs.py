"""Jobs run once, at their time, survive a killed worker, and are tried again after a failure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from securebase.workbench.jobs import actions
from securebase.workbench.jobs.actions import CLAIM_LASTS, PAUSES, JobProblem, cancel, enqueue, reschedule, run_due
from securebase.workbench.jobs.models import Job
from securebase.workbench.jobs.worker import Worker

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Register a kind of job that notes its number; a negative number fails, and fails for good below -9."""
    numbers: list[int] = []

    def note(payload: Mapping[str, Any], now: datetime) -> None:
        numbers.append(payload["n"])
        if payload["n"] < 0:
            raise JobProblem("no luck", for_good=payload["n"] < -9)

    monkeypatch.setitem(actions._HANDLERS, "note", note)
    return numbers


def add(n: int, minutes: float = 0, key: str = "") -> bool:
    return enqueue(kind="note", key=key or str(n), run_at=NOW + timedelta(minutes=minutes), payload={"n": n})


def at(minutes: float = 0) -> int:
    return run_due(lambda: NOW + timedelta(minutes=minutes))


def test_due_jobs_run_once_the_oldest_first(ran: list[int]) -> None:
    add(2, 1)
    add(1)
    add(3, 5)
    assert at(2) == 2
    assert ran == [1, 2]
    assert at(2) == 0
    assert at(5) == 1
    assert ran == [1, 2, 3]


def test_a_key_is_used_once_whatever_became_of_the_job(ran: list[int]) -> None:
    assert add(1)
    assert not add(9, key="1")
    at()
    assert not add(9, key="1")
    assert ran == [1]


def test_a_waiting_job_can_be_moved_and_cancelled_and_a_finished_one_cannot(ran: list[int]) -> None:
    add(1)
    add(2)
    assert reschedule(key="1", run_at=NOW + timedelta(hours=1))
    assert cancel(key="2")
    assert at() == 0
    at(60)
    assert ran == [1]
    assert not reschedule(key="1", run_at=NOW)
    assert not cancel(key="1")


def test_a_job_whose_worker_was_killed_runs_again_after_a_while(ran: list[int]) -> None:
    add(1)
    assert actions._claim(NOW) is not None  # the worker is killed here
    assert at(1) == 0
    assert at(CLAIM_LASTS.total_seconds() / 60) == 1
    assert ran == [1]
    assert Job.objects.get().attempts == 2


def test_a_slow_worker_does_not_undo_what_its_successor_wrote(ran: list[int]) -> None:
    add(1)
    slow = actions._claim(NOW)
    assert slow is not None
    at(6)
    actions._put_off(slow, "too late", NOW)
    assert Job.objects.get().state == "done"


def test_a_failure_is_tried_again_with_longer_pauses_and_then_given_up(ran: list[int]) -> None:
    add(-1)
    minutes = 0.0
    for pause in PAUSES:
        assert at(minutes) == 1
        assert Job.objects.get().state == "waiting"
        minutes += pause.total_seconds() / 60
        assert at(minutes - 0.1) == 0
    assert at(minutes) == 1
    job = Job.objects.get()
    assert (job.state, job.problem, job.attempts) == ("failed", "no luck", len(PAUSES) + 1)


def test_one_that_cannot_succeed_is_not_tried_again(ran: list[int]) -> None:
    add(-10)
    enqueue(kind="forgotten", key="x", run_at=NOW, payload={})
    assert at() == 2
    assert set(Job.objects.values_list("state", flat=True)) == {"failed"}
    assert "forgotten" in Job.objects.get(key="x").problem


def test_an_unexpected_error_stops_no_other_job_and_tells_nothing_private(
    ran: list[int], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(payload: Mapping[str, Any], now: datetime) -> None:
        raise ValueError("ash@example.org")

    monkeypatch.setitem(actions._HANDLERS, "fail", fail)
    enqueue(kind="fail", key="f", run_at=NOW, payload={})
    add(1)
    at()
    assert ran == [1]
    assert Job.objects.get(key="f").problem == "unexpected error (ValueError)"
    assert "ash@example.org" not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_the_worker_runs_jobs_until_it_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    ran = threading.Event()
    monkeypatch.setitem(actions._HANDLERS, "event", lambda payload, now: ran.set())
    enqueue(kind="event", key="e", run_at=NOW, payload={})
    worker = Worker(every=0.01)
    worker.start()
    assert ran.wait(30)
    worker.stop()
    assert Job.objects.get().state == "done"
