"""Clients beyond the roster, for a demo clinic of any size: several therapists, and every process of the simulator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import numpy as np

from securebase.measurement.schedule import SESSION_SETS
from securebase.model.simulate import simulate_with_truth
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import ProblemArea
from securebase.workbench.accounts.actions import create_account
from securebase.workbench.accounts.models import Account, Clinic, Role
from securebase.workbench.demo.additional_measures import TrueCourse
from securebase.workbench.demo.client_rows import write_client
from securebase.workbench.demo.network import write_network
from securebase.workbench.demo.roster import PHQ9, ROSTER, SESSION_SET, Person
from securebase.workbench.demo.simulated_work import simulated_entries, write_entries

_SCENARIO, _SESSIONS = "whole_clinic", 16
#: Every so many clients: one is still in therapy, one is followed with the PHQ-9, one does not consent.
_RUNNING, _PHQ9, _REFUSING = 3, 4, 20
#: Questionnaires that the simulator answers.
_INSTRUMENTS = frozenset((*SESSION_SETS.values(), "phq9"))
_AREAS = (ProblemArea.ROLE_DISPUTE, ProblemArea.ROLE_TRANSITION, ProblemArea.GRIEF, ProblemArea.INTERPERSONAL_DEFICITS)


def add_more_clients(
    number: int, *, clinic: Clinic, password: str, seed: int, now: datetime, progress: Callable[[int], None]
) -> None:
    """Add this many simulated clients and their therapists; none if the number is not above 0."""
    if number <= 0:
        return
    rng = np.random.default_rng([seed, number])
    cohort, truth = simulate_with_truth(
        _SCENARIO, n_clients=number, rng=rng, sessions=_SESSIONS, safety=0.0, inventory_every=1
    )
    therapists: dict[str, Account] = {}
    for n, course in enumerate(cohort.episodes):
        progress(n)
        if course.therapist not in therapists:
            therapists[course.therapist] = _create_therapist(len(therapists) + 2, clinic, password)
        true = TrueCourse.of(truth, n)
        _write(n, course, true, therapist=therapists[course.therapist], now=now, rng=rng)


def _create_therapist(number: int, clinic: Clinic, password: str) -> Account:
    return create_account(
        clinic=clinic,
        user_name=f"therapist{number}",
        name_shown=f"Therapist {number}",
        password=password,
        roles=(Role.THERAPIST,),
    )


def _write(
    n: int, course: EpisodeRecord, true: TrueCourse, *, therapist: Account, now: datetime, rng: np.random.Generator
) -> None:
    """Write the n-th additional client with the simulated work, people and circle."""
    person = _person(n, course, rng)
    # other questionnaires of the simulator follow their own schedule here, and follow-ups have no session
    answers = tuple(a for a in course.administrations if a.instrument in _INSTRUMENTS and a.session is not None)
    course_asked = replace(course, administrations=answers)
    client = write_client(person, course_asked, true, therapist=therapist, now=now, position=n)
    episode = client.episodes.get()
    start_times = {s.number: s.held_at for s in episode.therapy_sessions.all() if s.number <= person.sessions_held}
    entries = list(simulated_entries(course, start_times, rng))
    write_entries(entries, episode=episode, therapist=therapist, start_times=start_times)
    write_network(episode=episode, therapist=therapist, start_times=start_times, rng=rng)


def _person(n: int, course: EpisodeRecord, rng: np.random.Generator) -> Person:
    """Return the n-th client as an entry of a roster, with the ruptures that were simulated."""
    total = len(course.sessions)
    running = n % _RUNNING == 0 and total > 1
    held = int(rng.integers(max(1, total // 2), total)) if running else total
    sessions = {s.at: s.number for s in course.sessions}
    ruptures = tuple(
        (r.session, r.kind, repair if (repair := sessions.get(r.repaired_at or -1.0, held + 1)) <= held else None)
        for r in course.ruptures
        if r.session is not None and r.session <= held
    )
    return Person(
        f"Client {len(ROSTER) + n + 1}",
        "",
        _AREAS[int(rng.choice(len(_AREAS), p=(0.35, 0.3, 0.2, 0.15)))],
        held,
        "Simulated with every process.",
        planned=_SESSIONS,
        measure=PHQ9 if n % _PHQ9 == 0 else SESSION_SET,
        next_in=n % 7,
        ruptures=ruptures,
        ended=not running,
        consents=n % _REFUSING != 0,
    )
