"""Pages of the ending: sessions left, the worksheets of the ending, and maintenance afterwards."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from securebase.errors import InputError
from securebase.ipt.due import TaskState, course_tasks
from securebase.records.vocabulary import CircleKind, Phase
from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.models import Role
from securebase.workbench.accounts.queries import course_formats_of, lineage_of
from securebase.workbench.clients.actions import end_episode
from securebase.workbench.clients.models import Episode
from securebase.workbench.course.ending import queries
from securebase.workbench.course.ending.actions import begin_maintenance
from securebase.workbench.course.queries import beads, record_of
from securebase.workbench.therapy_sessions.queries import client_page
from securebase.workbench.ui.conflict import sentence
from securebase.workbench.ui.methods import post_only
from securebase.workbench.worksheets.queries import people_of

_require_therapist = require_role(Role.THERAPIST)
#: Worksheets of an ending, in the order of use.
PARTS = ("ending_talk", "gains", "relapse_plan", "disposition", "maintenance_contract")
#: Id of the task to name the ending; page and course plan take the same session from it.
NAME_ENDING = "E1"


@_require_therapist
@require_GET
def ending(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """Show what is left of the course and every part of its ending."""
    now, account = timezone.now(), current_account(request)
    context = client_page(account=account, client_id=client_id, page="ending", now=now) | {"tab": "course"}
    episode: Episode | None = context["episode"]
    if episode is None:
        return render(request, "course/ending.html", context)
    record, lineage = record_of(episode, now), lineage_of(account.clinic)
    left = max(episode.planned_sessions - context["sessions_held"], 0)
    last_day = beads(episode, now)[-1].day
    tasks = course_tasks(record, lineage)
    open_standings = [s for s in tasks if s.standing not in {TaskState.DONE, TaskState.AHEAD}]
    context |= {
        "lineage": lineage,
        "left": left,
        "last_day": last_day,
        "name_by": next((s.due_by for s in tasks if s.task.id == NAME_ENDING), episode.planned_sessions),
        "parts": [queries.ending_part(name, record, people_of(episode)) for name in PARTS],
        "named": next((a for a in record.artefacts_of("ending_talk") if a.values.get("named") is True), None),
        "circles": len([c for c in record.circles if c.kind is CircleKind.PRESENT and c.placements]),
        "open_tasks": [s for s in open_standings if s.task.phase is not Phase.MAINTENANCE],
        "own_is_maintenance": episode.phase == Phase.MAINTENANCE.value,
        "decided": [d for a in record.artefacts_of("disposition")[-1:] for d in a.choices("decision")],
        "maintenance": queries.maintenance_format(record, course_formats_of(account.clinic)),
    }
    return render(request, "course/ending.html", context)


@_require_therapist
@post_only
def finish(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """End the course today; with “maintenance”, begin a maintenance course at once."""
    now, account = timezone.now(), current_account(request)
    context: dict[str, Any] = client_page(account=account, client_id=client_id, page="ending-finish", now=now)
    episode: Episode | None = context["episode"]
    if episode is None:
        raise Http404
    if "end" not in request.POST and "maintenance" not in request.POST:
        messages.error(request, "Choose what happens next.")
        return redirect("ending", client_id)
    # a double click or an outdated page must not end a course that began in the meantime
    if request.POST.get("episode", str(episode.id)) != str(episode.id):
        messages.error(request, "Another course has begun since you opened this page. Nothing was changed.")
        return redirect("course", client_id)
    if "maintenance" not in request.POST and episode.ended_on is not None:
        messages.error(request, "The course has already ended.")
        return redirect("ending", client_id)
    course_format = queries.maintenance_format(record_of(episode, now), course_formats_of(account.clinic))
    try:
        if "maintenance" in request.POST:
            begin_maintenance(episode=episode, by=account, course_format=course_format, at=now)
        else:
            end_episode(episode=episode, by=account, ended_on=timezone.localdate(now))
    except InputError as error:
        messages.error(request, sentence(error))
        return redirect("ending", client_id)
    to_maintenance = "maintenance" in request.POST
    messages.success(
        request,
        "Acute course ended; maintenance course begun."
        if to_maintenance
        else "The course has ended today. You can reopen it under Settings.",
    )
    return redirect("course" if to_maintenance else "ending", client_id)
