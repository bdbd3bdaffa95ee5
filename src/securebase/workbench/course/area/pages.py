"""Pages of the work in a problem area: goals, strategies, and charts of its worksheets over time."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from securebase.ipt.shelf import worksheet
from securebase.records.vocabulary import ProblemArea
from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.models import Role
from securebase.workbench.accounts.queries import lineage_of
from securebase.workbench.clients.models import Episode
from securebase.workbench.course.area import queries
from securebase.workbench.course.embedded_worksheets import WorksheetForm, worksheet_form
from securebase.workbench.course.queries import record_of
from securebase.workbench.therapy_sessions.queries import client_page
from securebase.workbench.worksheets.queries import people_of


@require_role(Role.THERAPIST)
@require_GET
def area_work(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """Show the work in the chosen areas; `?add=WORKSHEET` opens a new entry that begins with the last one."""
    now, account = timezone.now(), current_account(request)
    context = client_page(account=account, client_id=client_id, page="area-work", now=now) | {"tab": "course"}
    episode: Episode | None = context["episode"]
    if episode is None:
        return render(request, "course/area_work.html", context)
    record, here = record_of(episode, now), reverse("area-work", args=[client_id])
    people = people_of(episode)
    chosen = [ProblemArea(a) for a in episode.problem_areas]
    context |= {
        "works": [queries.area_work(a, record, people, here, timezone.localdate(now)) for a in chosen],
        "weight": queries.rating_chart(record, "focus_review", [("problem_weight", "problem severity")]),
        "panel": _panel(request, episode, here),
        "goals": [row for a in record.artefacts_of("contract")[-1:] for row in a.rows("goals") if row.get("goal")],
        "here": here,
    }
    return render(request, "course/area_work.html", context)


def _panel(request: HttpRequest, episode: Episode, here: str) -> WorksheetForm | None:
    name = request.GET.get("add", "")
    work = next((w for w in queries.AREA_WORKSHEETS.values() if w[0] == name), None)
    if work is None:
        return None
    spec = worksheet(name)
    rows = episode.artefacts.filter(worksheet=name, removed_at=None).order_by("-begun_at")
    last = rows.first()
    formulation = lineage_of(current_account(request).clinic).formulation
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
