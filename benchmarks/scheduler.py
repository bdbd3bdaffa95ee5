"""10,000 trials of the scheduler of requests, with killed workers, jumping clocks and dead addresses."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from functools import cache
from typing import Any

from benchmarks.page import Part, table
from benchmarks.stored import replications

TRIALS = 10_000


@dataclass(frozen=True, slots=True)
class SchedulerTrials:
    """Counts over all trials. `doubled`, `lost`, `late` and `other`: trials in which such a problem was found."""

    trials: int
    messages: int
    reminders: int
    answers: int
    kills: int
    failed: int
    doubled: int
    lost: int
    late: int
    other: int


@cache
def _course() -> Any:
    """Return the cast in a database of this process."""
    folder = tempfile.mkdtemp(prefix="scheduler-")
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "securebase.workbench.settings",
        "SECUREBASE_DATA_DIR": folder,
        "SECUREBASE_ADDRESS": "https://clinic.example",
        "SECUREBASE_TIME_ZONE": "Europe/Berlin",
    }
    import django

    django.setup()
    from django.core.management import call_command

    from workbench.cast import make_cast
    from workbench.requests.trials import prepare

    call_command("migrate", verbosity=0)
    return prepare(make_cast())


def run_one(seed: int) -> dict[str, Any]:
    """Run one trial, and leave the database as it was."""
    course = _course()
    from django.db import transaction

    from workbench.requests.trials import Trial

    with transaction.atomic():
        trial = Trial(course, seed)
        problems = trial.run(60)
        failed = trial.count_failed()
        transaction.set_rollback(True)
    identifiers = trial.transport.identifiers
    return {
        "messages": len(identifiers),
        "reminders": sum(not name.endswith(".0") for name in identifiers),
        "answers": len(trial.answered),
        "kills": trial.kills,
        "failed": failed,
        "problems": problems,
    }


def _kind(problem: str) -> str:
    words = {"doubled": ("repeated", "twice", "two links", "two tabs"), "late": ("after the answer",)}
    words["lost"] = ("was due", "never left", "no request", "still claimed", "left and is")
    return next((kind for kind, parts in words.items() if any(part in problem for part in parts)), "other")


def measure() -> list[SchedulerTrials]:
    results = replications("requests", run_one, TRIALS, depends_on="60 steps with outages and ended courses")
    kinds = [{_kind(problem) for problem in result["problems"]} for result in results]
    counts = {name: sum(r[name] for r in results) for name in ("messages", "reminders", "answers", "kills", "failed")}
    problems = {kind: sum(kind in present for present in kinds) for kind in ("doubled", "lost", "late", "other")}
    return [SchedulerTrials(trials=len(results), **counts, **problems)]


def section(results: list[SchedulerTrials]) -> list[str]:
    r = results[0]
    columns = {
        "trials": r.trials,
        "messages": r.messages,
        "of them reminders": r.reminders,
        "answers": r.answers,
        "kills": r.kills,
        "refused addresses": r.failed,
        "doubled": r.doubled,
        "lost": r.lost,
        "after an answer": r.late,
        "other": r.other,
    }
    return [
        "## Requests to clients",
        "",
        f"{r.trials:,} random trials of the scheduler (`tests/workbench/requests/trials.py`): 60 steps each with the "
        "real functions and the encrypted database, in which lines of a schedule are added and switched, sessions are "
        "added, moved and removed, clients answer in two tabs at once, often at the last second of a link, workers "
        "are killed before or after a message has left, the clock jumps back and forth, addresses die, the mail server "
        "is down, and courses end. A message that is sent again after a kill has the same Message-ID and the same "
        "link, so a mailbox shows it once; it counts as doubled only without a kill. Repeat with "
        "`python -m benchmarks requests`.",
        "",
        *table(list(columns), [tuple(f"{number:,}" for number in columns.values())], align=""),
        "",
    ]


PART = Part("requests", SchedulerTrials, measure, section)
