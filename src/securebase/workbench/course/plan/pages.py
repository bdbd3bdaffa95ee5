"""Pages of one course: its state, due tasks, tools, and one-step corrections."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from securebase.errors import InputError
from securebase.ipt.course_format import find_format
from securebase.ipt.due import open_tasks
from securebase.records.vocabulary import Phase
from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.models import Role
from securebase.workbench.accounts.queries import course_formats_of, lineage_of
from securebase.workbench.clients.actions import set_numbers, set_phase
from securebase.workbench.clients.models import Episode
from securebase.workbench.course.entries import course_entries
from securebase.workbench.course.plan import queries
from securebase.workbench.course.queries import beads, focus_differs, record_of
from securebase.workbench.therapy_sessions.queries import client_page
from securebase.workbench.ui.conflict import sentence
from securebase.workbench.ui.methods import post_only

_require_therapist = require_role(Role.THERAPIST)
#: Due tasks shown at once; the others are collapsed.
MAX_DUE = 4


@_require_therapist
@require_GET
def course(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """Show the tasks by phase with their results, the due tasks, and the tools."""
    now, account = timezone.now(), current_account(request)
    context = client_page(account=account, client_id=client_id, page="course", now=now)
    context |= {"tab": "course"}
    episode: Episode | None = context["episode"]
    if episode is not None:
        record, lineage = record_of(episode, now), lineage_of(account.clinic)
        phases = queries.phases(record, lineage)
        due = () if episode.ended_on else open_tasks([s for p in phases for s in p.standings])
        course_format = find_format(course_formats_of(account.clinic), episode.course_form)
        plan = beads(episode, now)
        context |= {
            "lineage": lineage,
            "phases": phases,
            "open_tasks": due[:MAX_DUE],
            "more_tasks": due[MAX_DUE:],
            "tools": queries.tools(record, lineage),
            "course_entries": course_entries(lineage),
            "beads": plan,
            "last_day": plan[-1].day,
            "course_format": course_format,
            "own_format": episode.own_format,
            "contract": queries.contract_differs(episode, record),
            "focus_differs": focus_differs(episode, record),
            "phase_by_plan": queries.phase_by_plan(episode, record),
            "overview": queries.course_overview(record),
            "is_empty": not record.artefacts and not record.sessions,
            "here": reverse("course", args=[client_id]),
        }
    return render(request, "course/course.html", context)


@_require_therapist
@post_only
def take_contract(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """Copy the number of sessions and the interval from the contract to the course."""
    episode = _get_episode(request, client_id, "contract-take")
    contract = queries.contract_differs(episode, record_of(episode, timezone.now()))
    if contract is None:
        messages.error(request, "Contract and course already match.")
        return redirect("course", client_id)
    try:
        set_numbers(
            episode=episode,
            by=current_account(request),
            planned_sessions=contract.sessions,
            days_between=contract.days_between,
        )
    except InputError as error:
        messages.error(request, sentence(error))
    else:
        messages.success(request, "The course now has the contract’s numbers.")
    return redirect("course", client_id)


@_require_therapist
@post_only
def take_phase(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """Set the phase of the course."""
    episode = _get_episode(request, client_id, "phase-take")
    phase = request.POST.get("phase", "")
    if phase not in set(Phase):
        messages.error(request, "Choose a phase.")
        return redirect("course", client_id)
    set_phase(episode=episode, by=current_account(request), phase=Phase(phase))
    messages.success(request, f"The course is in the {Phase(phase).label.lower()} phase.")
    return redirect("course", client_id)


def _get_episode(request: HttpRequest, client_id: uuid.UUID, page: str) -> Episode:
    context = client_page(account=current_account(request), client_id=client_id, page=page, now=timezone.now())
    episode: Episode | None = context["episode"]
    if episode is None:
        raise Http404
    return episode
