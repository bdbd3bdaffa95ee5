"""Trials of the scheduler by chance: none doubled, none lost, none after an answer."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from workbench.cast import Cast
from workbench.requests.trials import Trial, prepare, run_trial

#: `python -m benchmarks requests` runs 10,000.
SEEDS = range(8)


@pytest.fixture
def course(cast: Cast, settings: Any) -> Cast:
    settings.ADDRESS, settings.TIME_ZONE = "https://clinic.example", "Europe/Berlin"
    return prepare(cast)


def test_no_request_is_doubled_lost_or_sent_after_an_answer(course: Cast) -> None:
    problems = {}
    for seed in SEEDS:
        with transaction.atomic():
            problems[seed] = run_trial(course, seed)
            transaction.set_rollback(True)
    assert not {seed: words for seed, words in problems.items() if words}


def test_trials_see_what_they_look_for(course: Cast) -> None:
    trial = Trial(course, 7)
    trial.run(60)
    assert trial.transport.messages
    assert trial.kills
    assert trial.answered
    assert not trial.problems
    _, message = first = trial.transport.messages[0]
    trial.kills, trial.transport.messages = 0, [*trial.transport.messages, first]
    trial.answered[message.body.split("/c/")[1].split("/")[0]] = 1
    trial._check_doubles()
    trial._check_after_answers()
    assert len(trial.problems) >= 2
