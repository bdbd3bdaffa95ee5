"""Write jobs, and run those that are due.

A job is claimed in one transaction, done outside of it, and marked done in another. A process that is killed in between
leaves a claim; after `CLAIM_LASTS` the job runs again. Handlers therefore repeat without harm.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from securebase.workbench.jobs.models import Job, JobState

#: Time after which another worker may take a job whose worker was killed; far longer than any handler runs.
CLAIM_LASTS = timedelta(minutes=5)
#: Time that due work waits at most while a worker runs, apart from a mail server that does not answer.
WORKER_IS_LATE = timedelta(minutes=15)
#: Pauses before a job that failed is tried again; after the last it has failed for good.
PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))

_log = logging.getLogger(__name__)
Handler = Callable[[Mapping[str, Any], datetime], None]
_HANDLERS: dict[str, Handler] = {}
#: Work that every worker does again and again: function → (pause, time of the last run).
_REGULAR: dict[Callable[[datetime], None], tuple[timedelta, datetime | None]] = {}


class JobProblem(Exception):  # noqa: N818 (a problem of the world, not of the program)
    """Work that could not be done. `for_good`: trying again would not help."""

    def __init__(self, problem: str, *, for_good: bool = False) -> None:
        super().__init__(problem)
        self.for_good = for_good


class AddressProblem(JobProblem):
    """An email address that is missing, or that the mail server refused."""


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Register the handler of a kind of job. It gets the payload and the time."""

    def register(handler: Handler) -> Handler:
        _HANDLERS[kind] = handler
        return handler

    return register


def regularly(function: Callable[[datetime], None], pause: timedelta) -> None:
    """Let the worker call a function with the time, at its start and after every pause."""
    _REGULAR[function] = (pause, None)


def run_regular(now: datetime) -> None:
    """Call the functions whose pause is over. One that fails is logged and stops no other."""
    for function, (pause, last) in list(_REGULAR.items()):
        if last is not None and last <= now < last + pause:
            continue
        _REGULAR[function] = (pause, now)
        try:
            function(now)
        except Exception as error:
            _log.error("%s failed: %s", function.__name__, type(error).__name__)


@transaction.atomic
def enqueue(*, kind: str, key: str, run_at: datetime, payload: Mapping[str, Any]) -> bool:
    """Write a job, in the caller's transaction. Returns False if there is, or was, one with this key."""
    _, created = Job.objects.get_or_create(key=key, defaults={"kind": kind, "run_at": run_at, "payload": dict(payload)})
    return created


def reschedule(*, key: str, run_at: datetime) -> bool:
    """Move a waiting job to another time. Returns False if it no longer waits."""
    return bool(Job.objects.filter(key=key, state=JobState.WAITING).update(run_at=run_at))


def cancel(*, key: str) -> bool:
    """Cancel a waiting job. Returns False if it no longer waits."""
    return bool(Job.objects.filter(key=key, state=JobState.WAITING).update(state=JobState.CANCELLED))


def failures(keys: Iterable[str]) -> dict[str, str]:
    """Return the problem of each of these jobs that has failed for good."""
    rows = Job.objects.filter(key__in=list(keys), state=JobState.FAILED)
    return dict(rows.values_list("key", "problem"))


def overdue_since(now: datetime) -> datetime | None:
    """Return since when work waits that a running worker would have begun, or None."""
    rows = Job.objects.filter(state=JobState.WAITING, run_at__lte=now - WORKER_IS_LATE).order_by("run_at")
    return rows.values_list("run_at", flat=True).first()


def run_due(now: Callable[[], datetime], *, limit: int = 100) -> int:
    """Run the jobs that are due, the oldest first. Returns how many ran."""
    for n_run in range(limit):
        job = _claim(now())
        if job is None:
            return n_run
        _run(job, now())
    return limit


@transaction.atomic
def _claim(now: datetime) -> Job | None:
    """Take the oldest job that is due. On SQLite the transaction holds the write lock from its beginning."""
    due = Q(state=JobState.WAITING, run_at__lte=now) | Q(state=JobState.RUNNING, claimed_at__lte=now - CLAIM_LASTS)
    job = Job.objects.filter(due).order_by("run_at").first()
    if job is not None:
        job.state, job.claimed_at, job.attempts = JobState.RUNNING, now, job.attempts + 1
        job.save(update_fields=["state", "claimed_at", "attempts"])
    return job


def _run(job: Job, now: datetime) -> None:
    handler = _HANDLERS.get(job.kind)
    try:
        if handler is None:
            raise JobProblem(f"no part of this version handles “{job.kind}”", for_good=True)
        handler(job.payload, now)
    except JobProblem as problem:
        _put_off(job, str(problem), now, for_good=problem.for_good)
    except Exception as error:  # one job must not stop the others
        # the type only: the text of an error can hold an address or what a person wrote
        _log.error("Job %s failed: %s", job.kind, type(error).__name__)
        _put_off(job, f"unexpected error ({type(error).__name__})", now)
    else:
        mine = Job.objects.filter(id=job.id, state=JobState.RUNNING, attempts=job.attempts)
        mine.update(state=JobState.DONE, finished_at=now, problem="")


def _put_off(job: Job, problem: str, now: datetime, *, for_good: bool = False) -> None:
    last = for_good or job.attempts > len(PAUSES)
    values: dict[str, Any] = {"state": JobState.FAILED, "finished_at": now}
    if not last:
        values = {"state": JobState.WAITING, "run_at": now + PAUSES[job.attempts - 1]}
    Job.objects.filter(id=job.id, attempts=job.attempts).update(**values, problem=problem[:300])
