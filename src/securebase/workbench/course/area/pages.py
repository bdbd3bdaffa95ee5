"""Pages of the work in a problem area: goals, strategies, and charts of its worksheets over time."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from securebase.ipt.areas import areas
from securebase.ipt.shelf import area_worksheet, entries_with, first_with, worksheets_with
from securebase.ipt.worksheet import WorksheetRole
from securebase.records.vocabulary import ProblemArea
from securebase.workbench.accounts.queries import lineage_of
from securebase.workbench.clients.client_page import ClientPage, client_page
from securebase.workbench.clients.models import Episode
from securebase.workbench.course.area import queries
from securebase.workbench.course.embedded_worksheets import WorksheetForm, worksheet_form
from securebase.workbench.course.queries import record_of
from securebase.workbench.worksheets.queries import people_of


@client_page("GET", tab="course")
def area_work(page: ClientPage) -> HttpResponse:
    """Show the work in the chosen areas; `?add=WORKSHEET` opens a new entry that begins with the last one."""
    episode, now = page.episode, page.now
    if episode is None:
        return page.render("course/area_work.html")
    record, here = record_of(episode, now), reverse("area-work", args=[page.client.id])
    people = people_of(episode)
    chosen = [(areas()[a], spec) for a in episode.problem_areas if (spec := area_worksheet(ProblemArea(a)))]
    contracts, today = entries_with(record, WorksheetRole.CONTRACT), timezone.localdate(now)
    context = {
        "works": [queries.area_work(area, spec, record, people, here, today) for area, spec in chosen],
        "weight": queries.severity_chart(record),
        "panel": _panel(page, episode, here),
        "goals": [row for a in contracts[-1:] for row in a.rows("goals") if row.get("goal")],
        "here": here,
        "severity": first_with(WorksheetRole.SEVERITY),
        "goal_review": first_with(WorksheetRole.GOAL_REVIEW),
    }
    return page.render("course/area_work.html", context)


def _panel(page: ClientPage, episode: Episode, here: str) -> WorksheetForm | None:
    name = page.request.GET.get("add", "")
    spec = next((s for s in worksheets_with(WorksheetRole.AREA_WORK) if s.id == name), None)
    if spec is None:
        return None
    last = episode.artefacts.filter(worksheet=name, removed_at=None).order_by("-begun_at").first()
    formulation = lineage_of(page.account.clinic).formulation
    if spec.continued and last is not None:
        return worksheet_form(episode, name, artefact=last, formulation=formulation, back=here)
    session = episode.therapy_sessions.filter(held_at__lte=timezone.now()).order_by("-held_at").first()
    return worksheet_form(
        episode,
        name,
        artefact=None,
        formulation=formulation,
        back=here,
        preset={field: last.values[field] for field in spec.repeated if last and field in last.values},
        session=None if spec.continued else session,
        about=last.about if last else None,
    )
