"""Estimation of the theory from the research table: a process of its own, its progress and its result.

It takes some 30 s of processor time for 200 clients. Meanwhile the caseload took .02 s (median; alone .01 s). With the
same work in a thread of the server it took .04 to .09 s, and 1.0 s at worst, because threads share Python's lock.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils import timezone

from securebase import __version__
from securebase.charts.theory_graph import By
from securebase.errors import SecurebaseError
from securebase.model.theory import theory
from securebase.reports.theory_view import theory_view
from securebase.schema import value_fingerprint
from securebase.study.edges.estimates import estimate_edges
from securebase.study.edges.phrases import multiplicity
from securebase.study.edges.reading import parse_edge_table
from securebase.workbench.accounts.models import Account, Clinic
from securebase.workbench.audit.actions import record
from securebase.workbench.exports.clinic_table import ClientConsent, build_table, consents
from securebase.workbench.exports.models import TheoryRun

BY: tuple[By, ...] = ("pillar", "mechanism")
#: Processes that this server started, by the id of their run; one server serves a clinic.
_PROCESSES: dict[uuid.UUID, subprocess.Popen[bytes]] = {}
#: Held while a run starts, so that nobody sees its row without its process.
_STARTING = threading.RLock()


@dataclass(frozen=True, slots=True)
class TheoryState:
    """The runs of a clinic: the one in progress, the last one if it ended without a result, and the last result."""

    running: TheoryRun | None = None
    failed: TheoryRun | None = None
    result: TheoryRun | None = None


def theory_state(clinic: Clinic) -> TheoryState:
    """Return the state of a clinic's runs. An unfinished run without a process of this server was interrupted."""
    with _STARTING:
        # the process first: one that ends afterwards has then stored its result
        running = {run for run, process in _PROCESSES.items() if process.poll() is None}
        runs = list(clinic.theory_runs.defer("graphs", "clients"))
    result = next((run for run in runs if run.finished_at and not run.problem), None)
    newest = runs[0] if runs else None
    if newest is None or newest == result:
        return TheoryState(result=result)
    if newest.id in running and not newest.finished_at:
        return TheoryState(running=newest, result=result)
    return TheoryState(failed=newest, result=result)


def start_run(*, clinic: Clinic, clients: Sequence[ClientConsent], by: Account, at: datetime) -> None:
    """Start to estimate the theory from the table of these clients, unless a run of the clinic is in progress."""
    with _STARTING:
        if theory_state(clinic).running:
            return
        with transaction.atomic():
            clinic.theory_runs.exclude(finished_at__isnull=False, problem="").delete()
            run = TheoryRun.objects.create(
                clinic=clinic,
                started_at=at,
                started_by=by.id,
                stamp=data_stamp(clients),
                clients=[str(c.client.id) for c in clients if c.included],
            )
        _PROCESSES[run.id] = launch(run)


def launch(run: TheoryRun) -> subprocess.Popen[bytes]:
    """Start the process of a run, which reads the settings from the same environment."""
    command = [sys.executable, "-m", "securebase.workbench.exports.estimating", str(run.id)]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "securebase.workbench.settings"}
    # errors go where those of the server go
    return subprocess.Popen(  # noqa: S603 (our own interpreter, and the id of a row)
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )


def estimate_theory(run: TheoryRun) -> None:
    """Estimate every edge, draw the graphs, and store them in place of the earlier result, or store the problem.

    Nothing is stored if another run has replaced this one.
    """
    try:
        columns = _estimate(run)
    except SecurebaseError as error:
        columns = {"problem": str(error)}
    with transaction.atomic():
        stored = TheoryRun.objects.filter(id=run.id).update(**columns, finished_at=timezone.now())
        if stored and "problem" not in columns:
            run.clinic.theory_runs.exclude(id=run.id).delete()


def _estimate(run: TheoryRun) -> dict[str, object]:
    table = build_table(consents(run.clinic, run.started_at), run.started_at)
    dictionary, hypotheses = table.dictionary, theory()
    with transaction.atomic():
        record(
            actor=Account.objects.get(id=run.started_by),
            action="theory.estimated",
            object_type="theory_run",
            object_id=run.id,
            detail={"clients": dictionary.clients, "rows": dictionary.rows, "fingerprint": dictionary.fingerprint},
        )
    data = parse_edge_table(table.csv, dictionary, hypotheses.edges)
    estimates = estimate_edges(data, hypotheses.edges, partial(_store_progress, run))
    _store_progress(run, len(estimates.results), len(estimates.results))
    graphs = {by: theory_view(hypotheses, by=by, estimates=estimates) for by in BY}
    return {"summary": multiplicity(estimates), "graphs": graphs}


def _store_progress(run: TheoryRun, done: int, total: int) -> None:
    TheoryRun.objects.filter(id=run.id).update(done=done, total=total)


def data_stamp(clients: Sequence[ClientConsent]) -> str:
    """Return the fingerprint of what the result depends on: the clients, their records and sessions, the software."""
    included = {str(c.client.id): (c.sessions, [e.record_version for e in c.courses]) for c in clients if c.included}
    return value_fingerprint({"clients": included, "software": __version__})
