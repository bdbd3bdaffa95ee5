"""Pages of one course: its state, due tasks, tools, and one-step corrections."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from securebase.ipt.course_format import find_format
from securebase.ipt.due import open_tasks
from securebase.records.vocabulary import Phase
from securebase.workbench.accounts.queries import course_formats_of, lineage_of
from securebase.workbench.casefile import day_at
from securebase.workbench.clients.actions import set_numbers, set_phase
from securebase.workbench.clients.client_page import ClientPage, client_page
from securebase.workbench.course.entries import course_entries
from securebase.workbench.course.plan import queries
from securebase.workbench.course.plan.sentences import (
    describe_contract,
    describe_end,
    describe_focus,
    describe_format,
    name_phase,
)
from securebase.workbench.course.queries import beads, focus_differs, record_of
from securebase.workbench.ui.conflict import refusal_as_message

#: Due tasks shown at once; the others are collapsed.
MAX_DUE = 4


@client_page("GET", tab="course")
def course(page: ClientPage) -> HttpResponse:
    """Show the tasks by phase with their results, the due tasks, and the tools."""
    context: dict[str, Any] = {}
    episode, clinic = page.episode, page.account.clinic
    if episode is not None:
        record, lineage = record_of(episode, page.now), lineage_of(clinic)
        phases = queries.phases(record, lineage)
        due = () if episode.ended_on else open_tasks([s for p in phases for s in p.standings])
        course_format = find_format(course_formats_of(clinic), episode.course_form)
        plan, planned_phase = beads(episode, page.now), queries.phase_by_plan(episode, record)
        context = {
            "lineage": lineage,
            "phases": phases,
            "open_tasks": due[:MAX_DUE],
            "more_tasks": due[MAX_DUE:],
            "tools": queries.tools(record, lineage),
            "course_entries": course_entries(lineage),
            "beads": plan,
            "plan_words": [
                describe_format(episode.own_format, lineage.ending),
                describe_end(episode.ended_on, plan[-1].day),
            ],
            "course_format": course_format,
            "own_format": episode.own_format,
            "contract_differs": describe_contract(queries.contract_differs(episode, record), episode),
            "focus_differs": describe_focus(focus_differs(episode, record), episode),
            "phase_by_plan": planned_phase,
            "phase_name": name_phase(planned_phase, lineage.ending) if planned_phase else "",
            "overview": queries.course_overview(record),
            "axis_head": ("Day", "Event"),
            "axis": queries.course_axis(record, day_at(episode, page.now)),
            "is_empty": not record.artefacts and not record.sessions,
            "here": reverse("course", args=[page.client.id]),
        }
    return page.render("course/course.html", context)


@client_page("POST")
def take_contract(page: ClientPage) -> HttpResponse:
    """Copy the number of sessions and the interval from the contract to the course."""
    episode = page.require_episode()
    contract = queries.contract_differs(episode, record_of(episode, page.now))
    if contract is None:
        messages.error(page.request, "Contract and course already match.")
        return page.redirect("course")
    with refusal_as_message(page.request):
        set_numbers(
            episode=episode,
            by=page.account,
            planned_sessions=contract.sessions,
            days_between=contract.days_between,
        )
        messages.success(page.request, "The course now has the contract’s numbers.")
    return page.redirect("course")


@client_page("POST")
def take_phase(page: ClientPage) -> HttpResponse:
    """Set the phase of the course."""
    episode, phase = page.require_episode(), page.request.POST.get("phase", "")
    if phase not in set(Phase):
        messages.error(page.request, "Choose a phase.")
        return page.redirect("course")
    set_phase(episode=episode, by=page.account, phase=Phase(phase))
    messages.success(page.request, f"The course is in the {Phase(phase).label.lower()} phase.")
    return page.redirect("course")
