"""Build a simulated clinic for the server's measurements, and time the client page after a check-in.

Run by `benchmarks.server` in a process of its own, with SECUREBASE_DATA_DIR set: `python -m benchmarks.clinic`.
"""

# ruff: noqa: E402 (Django is set up before its models are imported)
from __future__ import annotations

import json
import os
import statistics
import sys
import time
from datetime import datetime
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "securebase.workbench.settings")

import django

django.setup()

from django.core.management import call_command
from django.db import transaction
from django.test import Client as Browser
from django.utils import timezone

from securebase.measurement.catalogue import instrument
from securebase.records.vocabulary import Moment
from securebase.workbench.accounts.actions import create_account, create_clinic
from securebase.workbench.accounts.models import Account, Role
from securebase.workbench.check_ins.actions import invite_check_in, record_check_in
from securebase.workbench.check_ins.models import CheckInMode
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.demo.actions import simulate_courses
from securebase.workbench.demo.client_rows import write_client
from securebase.workbench.demo.roster import ROSTER
from securebase.workbench.progress.queries import caseload, current_picture
from securebase.workbench.therapy_sessions.models import TherapySession

USER_NAME, PASSWORD = "bench", "quiet herons wade"
CASELOAD, CLINIC = 60, 10_000


def build(now: datetime) -> Account:
    """Create a clinic of 10,000 clients, of whom one therapist treats 60 with a simulated course."""
    clinic = create_clinic(name="Simulated clinic")

    def therapist(name: str) -> Account:
        return create_account(
            clinic=clinic, user_name=name, name_shown=name, password=PASSWORD, roles=(Role.THERAPIST,)
        )

    therapist_account, colleague = therapist(USER_NAME), therapist("other")
    with transaction.atomic():
        for round_ in range(-(-CASELOAD // len(ROSTER))):
            remaining = CASELOAD - round_ * len(ROSTER)
            clients = list(zip(ROSTER, simulate_courses(round_), strict=True))[:remaining]
            for position, (person, course) in enumerate(clients):
                write_client(person, course, therapist=therapist_account, now=now, position=position)
        rows = Client.objects.unscoped(reason="simulated clinic of a benchmark").bulk_create(
            Client(clinic=clinic, therapist=colleague, name_shown=f"Client {n}", simulated=True)
            for n in range(CLINIC - CASELOAD)
        )
        Episode.objects.unscoped(reason="simulated clinic of a benchmark").bulk_create(
            Episode(client=row, began_on=timezone.localdate(now)) for row in rows
        )
    return therapist_account


def time_pages_after_check_ins(account: Account) -> dict[str, dict[str, Any]]:
    """Time the client page right after a check-in was recorded, for clients without and with hypotheses."""
    browser = Browser(SERVER_NAME="localhost")
    browser.force_login(account)
    times: dict[str, list[tuple[float, float]]] = {"without": [], "with": []}
    coming = TherapySession.objects.visible_to(account).filter(held_at__gt=timezone.now()).select_related("episode")
    for session in coming.order_by("held_at"):
        current_picture(episode=session.episode, as_of=timezone.now())
        now = timezone.now()
        if session.check_ins.filter(moment="before", state="answered").exists():
            continue
        check_in = invite_check_in(
            session=session, by=account, moment=Moment.BEFORE, mode=CheckInMode.DEVICE, at=now
        ).check_in
        responses = {i.number: 0.0 if i.options else 5.0 for i in instrument("session_before").items}
        record_check_in(check_in=check_in, responses=responses, submission=str(session.id), at=now)
        clock, start = time.perf_counter(), time.process_time()
        response = browser.get(f"/clients/{session.episode.client_id}/")
        durations = time.process_time() - start, time.perf_counter() - clock
        assert response.status_code == 200
        times["with" if b"hypotheses-title" in response.content else "without"].append(durations)
    medians: dict[str, dict[str, Any]] = {}
    for name, spans in times.items():
        warm = spans[2:]  # the first requests fill the caches
        processor, by_clock = zip(*warm, strict=True)
        medians[name] = {
            "clients": len(warm),
            "processor_ms": 1e3 * statistics.median(processor),
            "clock_ms": 1e3 * statistics.median(by_clock),
        }
    return medians


def main() -> None:
    call_command("migrate", verbosity=0)
    account = build(timezone.now())
    caseload(account=account, now=timezone.now())
    json.dump(time_pages_after_check_ins(account), sys.stdout)


if __name__ == "__main__":
    main()
