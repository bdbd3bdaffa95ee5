"""Build the demo clinic: a therapist and a roster of invented clients whose answers come from the simulator.

The same seed gives the same clinic; only the dates move with the day on which it is built.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import numpy as np
from django.conf import settings
from django.db import transaction

from securebase.errors import NotPermittedError
from securebase.model.simulate import simulate_with_truth
from securebase.model.simulate.truth import Truth
from securebase.records import episode as records
from securebase.workbench.accounts.actions import create_account, create_clinic
from securebase.workbench.accounts.models import Account, Role
from securebase.workbench.audit.actions import record
from securebase.workbench.clients.models import Episode
from securebase.workbench.demo.additional_measures import TrueCourse
from securebase.workbench.demo.client_rows import write_client
from securebase.workbench.demo.more_clients import add_more_clients
from securebase.workbench.demo.others import OPEN_CLIENT, add_supervisor, open_own_page, share_with_supervisor
from securebase.workbench.demo.roster import ROSTER
from securebase.workbench.progress.queries import current_picture

USER_NAME, PASSWORD = "demo", "simulated-clinic"
CLINIC, THERAPIST = "Harbour Street Clinic (simulated)", "Dr M. Okafor"
#: Help text of the demo clinic; its numbers reach nobody.
HELP = (
    "If you are in danger, or might act on thoughts of hurting yourself, call your local emergency number now "
    "or go to the nearest emergency department.\n"
    "Crisis line, day and night (simulated): 000 0000.\n"
    "If you can, tell someone near you how you feel, and do not stay alone."
)
#: Chosen so that every client shows what the roster's story says (checked by a test).
SEED = 27

Progress = Callable[[str, int, int], None]


def _ignore_progress(label: str, done: int, total: int) -> None:
    pass


def build_clinic(
    *, now: datetime, seed: int = SEED, n_clients: int | None = None, progress: Progress = _ignore_progress
) -> Account:
    """Build the demo clinic in an empty database, as of `now`, and return its therapist.

    The therapist has the first clients of the roster (all by default), with all pictures; clients beyond the roster
    have other therapists. Raises NotPermittedError outside demo mode or if an account exists: real and simulated
    clients are never mixed.
    """
    if not settings.DEMO:
        raise NotPermittedError("the demo clinic can only be built in demo mode")
    if Account.objects.exists():
        raise NotPermittedError("the database already holds a clinic", advice="Choose another data directory.")
    n_clients = len(ROSTER) if n_clients is None else n_clients
    with transaction.atomic():
        therapist = _create_therapist()
        courses, truth = simulate_courses(seed)
        for position, (person, course) in enumerate(zip(ROSTER[:n_clients], courses, strict=False)):
            progress("Simulating clients", position, n_clients)
            true = TrueCourse.of(truth, position)
            write_client(person, course, true, therapist=therapist, now=now, position=position)
        add_more_clients(
            n_clients - len(ROSTER),
            clinic=therapist.clinic,
            password=PASSWORD,
            seed=seed,
            now=now,
            progress=lambda done: progress("Simulating clients", len(ROSTER) + done, n_clients),
        )
        _add_other_users(therapist, now)
        record(actor=None, action="demo.built", detail={"clients": n_clients, "seed": seed})
    make_pictures(therapist=therapist, now=now, progress=progress)
    return therapist


def _add_other_users(therapist: Account, now: datetime) -> None:
    """Add the supervisor, and share the course and open the own page of OPEN_CLIENT if the roster has that client."""
    supervisor = add_supervisor(therapist=therapist, password=PASSWORD)
    for episode in Episode.objects.visible_to(therapist).filter(client__name_shown=OPEN_CLIENT):
        share_with_supervisor(episode=episode, therapist=therapist, supervisor=supervisor, now=now)
        open_own_page(episode=episode, therapist=therapist, now=now)


def make_pictures(*, therapist: Account, now: datetime, progress: Progress = _ignore_progress) -> None:
    """Compute and store every picture, so that the first page opens without delay."""
    episodes = list(Episode.objects.visible_to(therapist))
    for n_done, episode in enumerate(episodes):
        progress("Computing overviews", n_done, len(episodes))
        current_picture(episode=episode, as_of=now)
    progress("Computing overviews", len(episodes), len(episodes))


def _create_therapist() -> Account:
    clinic = create_clinic(name=CLINIC)
    clinic.help_text = HELP
    clinic.save(update_fields=["help_text"])
    return create_account(
        clinic=clinic,
        user_name=USER_NAME,
        name_shown=THERAPIST,
        password=PASSWORD,
        roles=(Role.THERAPIST, Role.ADMINISTRATOR),
    )


def simulate_courses(seed: int) -> tuple[Sequence[records.EpisodeRecord], Truth]:
    """Simulate a full course per person of the roster, with its truth; sessions after those held are dropped later."""
    shocks = [shock for position, person in enumerate(ROSTER) for shock in person.shocks(position)]
    alerts = [(position, person.alarm) for position, person in enumerate(ROSTER) if person.alarm]
    cohort, truth = simulate_with_truth(
        "one_pace",
        n_clients=len(ROSTER),
        rng=np.random.default_rng(seed),
        sessions=max(p.planned for p in ROSTER),
        missing=0.0,
        irregular=0.0,
        dropout=0.0,
        safety=0.0,
        inventory_every=1,
        shocks=shocks,
        alerts=alerts,
    )
    return cohort.episodes, truth
