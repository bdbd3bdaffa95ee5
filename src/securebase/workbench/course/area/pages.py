"""Pages of the work in a problem area: goals, strategies, and charts of its worksheets over time."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from securebase.ipt.shelf import worksheet
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
    chosen = [ProblemArea(a) for a in episode.problem_areas]
    context = {
        "works": [queries.area_work(a, record, people, here, timezone.localdate(now)) for a in chosen],
        "weight": queries.rating_chart(record, "focus_review", [("problem_weight", "problem severity")]),
        "panel": _panel(page, episode, here),
        "goals": [row for a in record.artefacts_of("contract")[-1:] for row in a.rows("goals") if row.get("goal")],
        "here": here,
    }
    return page.render("course/area_work.html", context)


def _panel(page: ClientPage, episode: Episode, here: str) -> WorksheetForm | None:
    name = page.request.GET.get("add", "")
    work = next((w for w in queries.AREA_WORKSHEETS.values() if w[0] == name), None)
    if work is None:
        return None
    spec = worksheet(name)
    rows = episode.artefacts.filter(worksheet=name, removed_at=None).order_by("-begun_at")
    last = rows.first()
    formulation = lineage_of(page.account.clinic).formulation
    if name == "grief_work" and last is not None:
        return worksheet_form(episode, name, artefact=last, formulation=formulation, back=here)
    preset = {field: last.values[field] for field in work[2] if last and field in last.values}
    session = episode.therapy_sessions.filter(held_at__lte=timezone.now()).order_by("-held_at").first()
    return worksheet_form(
        episode,
        name,
        artefact=None,
        formulation=formulation,
        back=here,
        preset=preset,
        session=session if spec.in_session or name == "role_transition" else None,
        about=last.about if last else None,
    )
