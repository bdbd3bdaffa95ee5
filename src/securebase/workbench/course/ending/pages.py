"""Pages of the ending: sessions left, the worksheets of the ending, and maintenance afterwards."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone

from securebase.ipt.due import TaskState, course_tasks
from securebase.ipt.shelf import entries_with
from securebase.ipt.worksheet import WorksheetRole
from securebase.records.vocabulary import CircleKind, Phase
from securebase.workbench.accounts.queries import course_formats_of, lineage_of
from securebase.workbench.clients.actions import end_episode
from securebase.workbench.clients.client_page import ClientPage, client_page
from securebase.workbench.course.ending import queries
from securebase.workbench.course.ending.actions import begin_maintenance
from securebase.workbench.course.queries import beads, record_of
from securebase.workbench.course.support_view import support_view
from securebase.workbench.therapy_sessions.queries import sessions_held
from securebase.workbench.ui.conflict import refusal_as_message
from securebase.workbench.worksheets.queries import people_of

#: Id of the task to name the ending; page and course plan take the same session from it.
NAME_ENDING = "E1"


@client_page("GET", tab="course")
def ending(page: ClientPage) -> HttpResponse:
    """Show what is left of the course and every part of its ending."""
    episode, now, clinic = page.episode, page.now, page.account.clinic
    if episode is None:
        return page.render("course/ending.html")
    record, lineage = record_of(episode, now), lineage_of(clinic)
    left = max(episode.planned_sessions - sessions_held(episode, now), 0)
    last_day = beads(episode, now)[-1].day
    tasks = course_tasks(record, lineage)
    open_standings = [s for s in tasks if s.standing not in {TaskState.DONE, TaskState.AHEAD}]
    talks = entries_with(record, WorksheetRole.ENDING_TALK)
    decisions = entries_with(record, WorksheetRole.DISPOSITION)[-1:]
    to_maintenance = any("maintenance" in a.choices("decision") for a in decisions)
    context = {
        "lineage": lineage,
        "left": left,
        "last_day": last_day,
        "name_by": next((s.due_by for s in tasks if s.task.id == NAME_ENDING), episode.planned_sessions),
        "parts": queries.ending_parts(record, people_of(episode), to_maintenance=to_maintenance),
        "named": next((a for a in talks if a.values.get("named") is True), None),
        "circles": len([c for c in record.circles if c.kind is CircleKind.PRESENT and c.placements]),
        "support": support_view(record),
        "open_tasks": [s for s in open_standings if s.task.phase is not Phase.MAINTENANCE],
        "own_is_maintenance": episode.phase == Phase.MAINTENANCE.value,
        "maintenance_decided": to_maintenance,
        "maintenance": queries.maintenance_format(record, course_formats_of(clinic)),
    }
    return page.render("course/ending.html", context)


@client_page("POST")
def finish(page: ClientPage) -> HttpResponse:
    """End the course today; with “maintenance”, begin a maintenance course at once."""
    episode, request, account, now = page.require_episode(), page.request, page.account, page.now
    if "end" not in request.POST and "maintenance" not in request.POST:
        messages.error(request, "Choose what happens next.")
        return page.redirect("ending")
    # a double click or an outdated page must not end a course that began in the meantime
    if request.POST.get("episode", str(episode.id)) != str(episode.id):
        messages.error(request, "Another course has begun since you opened this page. Nothing was changed.")
        return page.redirect("course")
    if "maintenance" not in request.POST and episode.ended_on is not None:
        messages.error(request, "The course has already ended.")
        return page.redirect("ending")
    course_format = queries.maintenance_format(record_of(episode, now), course_formats_of(account.clinic))
    with refusal_as_message(request):
        if "maintenance" in request.POST:
            begin_maintenance(episode=episode, by=account, course_format=course_format, at=now)
            messages.success(request, "Acute course ended; maintenance course begun.")
            return page.redirect("course")
        end_episode(episode=episode, by=account, ended_on=timezone.localdate(now))
        messages.success(request, "The course has ended today. You can reopen it under Settings.")
    return page.redirect("ending")
