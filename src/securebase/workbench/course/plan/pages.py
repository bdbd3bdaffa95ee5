"""Pages of one course: its state, due tasks, tools, and one-step corrections."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from securebase.errors import InputError
from securebase.ipt.course_format import find_format
from securebase.ipt.due import open_tasks
from securebase.ipt.lineage import Lineage
from securebase.records.vocabulary import Phase
from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.models import Role
from securebase.workbench.accounts.queries import course_formats_of, lineage_of
from securebase.workbench.clients.actions import set_numbers, set_phase
from securebase.workbench.clients.models import Episode
from securebase.workbench.course import queries
from securebase.workbench.therapy_sessions.queries import client_page
from securebase.workbench.ui.conflict import sentence
from securebase.workbench.ui.methods import post_only

_require_therapist = require_role(Role.THERAPIST)
#: Due tasks shown at once; the others are collapsed.
MAX_DUE = 4
#: Pages about the whole course: URL name, title (empty: the lineage’s word for the ending), purpose.
COURSE_PAGES = (
    ("timeline", "Timeline", "Life events, roles, medication and symptoms over time"),
    ("relationships", "Relationships", "Interpersonal inventory and closeness circle"),
    ("formulation", "Focus and formulation", "Problem area and the story of the illness"),
    ("area-work", "Problem area work", "Goals, strategies and progress"),
    ("emotional-work", "Emotional work", "Retellings, story cards, corrective experiences"),
    ("ruptures", "Ruptures and repair", "Each rupture and how it was repaired"),
    ("ending", "", "Sessions left, gains, and plans for afterwards"),
    ("client-downloads", "Reports", "For the client, the referrer and the supervisor"),
)


@_require_therapist
@require_GET
def course(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """Show the tasks by phase with their results, the due tasks, and the tools."""
    now, account = timezone.now(), current_account(request)
    context = client_page(account=account, client_id=client_id, page="course", now=now)
    context |= {"tab": "course"}
    episode: Episode | None = context["episode"]
    if episode is not None:
        record, lineage = queries.record_of(episode, now), lineage_of(account.clinic)
        phases = queries.phases(record, lineage)
        due = () if episode.ended_on else open_tasks([s for p in phases for s in p.standings])
        course_format = find_format(course_formats_of(account.clinic), episode.course_form)
        beads = queries.beads(episode, now)
        context |= {
            "lineage": lineage,
            "phases": phases,
            "open_tasks": due[:MAX_DUE],
            "more_tasks": due[MAX_DUE:],
            "tools": queries.tools(record, lineage),
            "course_pages": course_pages(client_id, lineage),
            "beads": beads,
            "last_day": beads[-1].day,
            "course_format": course_format,
            "own_format": episode.own_format,
            "contract": queries.contract_differs(episode, record),
            "focus_differs": queries.focus_differs(episode, record),
            "phase_by_plan": queries.phase_by_plan(episode, record),
            "overview": queries.course_overview(record),
            "is_empty": not record.artefacts and not record.sessions,
            "here": reverse("course", args=[client_id]),
        }
    return render(request, "course/course.html", context)


def course_pages(client_id: uuid.UUID, lineage: Lineage) -> list[tuple[str, str, str]]:
    """Return the course pages of this workbench: address, name, purpose."""
    pages = []
    for name, words, about in COURSE_PAGES:
        try:
            pages.append((reverse(name, args=[client_id]), words or lineage.ending.capitalize(), about))
        except NoReverseMatch:
            continue
    return pages


@_require_therapist
@post_only
def take_contract(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """Copy the number of sessions and the interval from the contract to the course."""
    episode = _get_episode(request, client_id, "contract-take")
    contract = queries.contract_differs(episode, queries.record_of(episode, timezone.now()))
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
