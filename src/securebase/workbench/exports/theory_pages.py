"""The page of the theory by what the clinic's research table says, and the estimation behind it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET, require_POST

from securebase.exchange.clinic_table.small_cells import SMALLEST_CELL
from securebase.study.edges.lags import MIN_CLIENTS
from securebase.study.edges.minima import MINIMA
from securebase.study.edges.phrases import LEGEND, what_to_expect
from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.models import Role
from securebase.workbench.exports.clinic_table import consents
from securebase.workbench.exports.models import TheoryRun
from securebase.workbench.exports.sentences import (
    describe_estimates,
    describe_failure,
    describe_progress,
    describe_too_few,
)
from securebase.workbench.exports.theory_runs import BY, TheoryState, data_stamp, start_run, theory_state


@require_role(Role.ADMINISTRATOR, Role.RESEARCHER)
@require_GET
def theory_results(request: HttpRequest) -> HttpResponse:
    """Show what a table of this size can tell, then the graph of the last estimates, their progress, or a button."""
    clinic = current_account(request).clinic
    clients = consents(clinic, timezone.now())
    included = [c for c in clients if c.included]
    enough = len(included) >= SMALLEST_CELL
    state = theory_state(clinic) if enough else TheoryState()
    by = next((name for name in BY if name == request.GET.get("by")), BY[0])
    simulated = bool(included) and all(c.client.simulated for c in included)
    context = {
        "state": state,
        "simulated": simulated,
        "expectation": what_to_expect(len(included), simulated=simulated) if enough else "",
        "too_few": describe_too_few(len(included)),
        "is_small": len(included) < MIN_CLIENTS,
        "min_clients": MIN_CLIENTS,
        "failure": describe_failure(state.failed) if state.failed else "",
        "progress": describe_progress(state.running) if state.running else "",
        "is_current": state.result is not None and state.result.stamp == data_stamp(clients),
        "age": describe_estimates(state.result, clients) if state.result else "",
        "views": [(name, f"By {name}", name == by) for name in BY],
        "graph": _graph(state.result, by) if state.result else "",
        "reservation": LEGEND,
        "minima": MINIMA.items(),
        "section": "clinic",
    }
    return render(request, "exports/theory.html", context)


@require_role(Role.ADMINISTRATOR, Role.RESEARCHER)
@require_POST
def estimate(request: HttpRequest) -> HttpResponse:
    """Start the estimation, unless one is in progress, and return to the page."""
    account, now = current_account(request), timezone.now()
    clients = consents(account.clinic, now)
    if sum(c.included for c in clients) >= SMALLEST_CELL:
        start_run(clinic=account.clinic, clients=clients, by=account, at=now)
    return redirect("theory-results")


@require_role(Role.ADMINISTRATOR, Role.RESEARCHER)
@require_GET
def progress(request: HttpRequest) -> JsonResponse:
    """Return how far the run in progress is; `running` is False without one."""
    run = theory_state(current_account(request).clinic).running
    if run is None:
        return JsonResponse({"running": False})
    return JsonResponse({"running": True, "words": describe_progress(run), "share": run.share})


def _graph(result: TheoryRun, by: str) -> str:
    # safe: drawn by the product from numbers and escaped words, with nothing that a person wrote
    return mark_safe(str(result.graphs[by]))  # noqa: S308
