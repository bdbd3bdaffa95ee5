"""Pages of the timeline: all dated entries on one axis, each editable in place."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET

from securebase.charts.timeline import draw_timeline
from securebase.ipt.shelf import worksheet
from securebase.ipt.timeline import WINDOW_MONTHS, WORKSHEETS, Timeline, timeline, undated_entries
from securebase.measurement.catalogue import instrument
from securebase.records.episode import EpisodeRecord
from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.models import Role
from securebase.workbench.accounts.queries import lineage_of
from securebase.workbench.casefile import began_at
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.course.embedded_worksheets import WorksheetForm, requested_day, worksheet_form
from securebase.workbench.course.queries import record_of
from securebase.workbench.course.timeline import queries
from securebase.workbench.therapy_sessions.queries import client_page
from securebase.workbench.worksheets.queries import current_artefact, find_artefact, worksheet_or_404

_ADD_WORDS = {
    "life_event": "Add a life event",
    "life_role": "Add a role",
    "medication": "Add medication",
    "onset": "Enter the onset",
    "history": "Enter earlier episodes",
}
_ZOOMS = (("episode", "This episode"), ("life", "Whole life"))
_PHONE = 340.0


@require_role(Role.THERAPIST)
@require_GET
def timeline_page(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """Show the timeline; `?zoom=life` shows everything, `?open=WORKSHEET:ID` or `?add=WORKSHEET` opens a form."""
    now, account = timezone.now(), current_account(request)
    context = client_page(account=account, client_id=client_id, page="timeline", now=now) | {"tab": "course"}
    episode: Episode | None = context["episode"]
    if episode is None:
        return render(request, "course/timeline.html", context)
    record = record_of(episode, now)
    line = timeline(record, today=(now - began_at(episode)) / timedelta(days=1))
    assert line is not None  # an episode of the workbench always knows the day it began
    zoom = "life" if request.GET.get("zoom") == "life" else "episode"
    here = f"{reverse('timeline', args=[client_id])}?zoom={zoom}"
    links = queries.entry_links(line, here)
    context |= {
        "line": line,
        "zoom": zoom,
        "zooms": [(z, words, z == zoom) for z, words in _ZOOMS],
        "here": here,
        "panel": _panel(request, context["client"], episode, here),
        "years": queries.entries_by_year(line, links),
        "undated": [
            (queries.entry_title(a.worksheet, a.values), f"{here}&open={a.worksheet}:{a.id}#panel")
            for a in undated_entries(record)
        ],
        "adds": [(name, words) for name, words in _ADD_WORDS.items() if not queries.has_single(episode, name)],
        "window_months": WINDOW_MONTHS,
        **_drawings(line, record, episode, links, zoom),
    }
    return render(request, "course/timeline.html", context)


def _drawings(
    line: Timeline, record: EpisodeRecord, episode: Episode, links: Mapping[tuple[str, str], str], zoom: str
) -> dict[str, Any]:
    top = queries.symptom_maximum(episode)
    wide = draw_timeline(line, links=links, whole_life=zoom == "life", top=top)
    narrow = draw_timeline(line, links=links, whole_life=zoom == "life", top=top, width=_PHONE, words=False)
    return {
        "wide": mark_safe(wide.svg),  # noqa: S308 (drawn by `charts`, which escapes every text it is given)
        "narrow": mark_safe(narrow.svg),  # noqa: S308 (likewise)
        "frame": wide.frame,
        "frame_first": wide.frame.day_of(wide.frame.first),
        "frame_days": round(wide.frame.last - wide.frame.first),
        "frame_width": wide.width,
        "measure": instrument(episode.symptom_instrument_and_scale[0]).name,
        "without_answers": not record.symptom_scores,
    }


def _panel(request: HttpRequest, client: Client, episode: Episode, here: str) -> WorksheetForm | None:
    """Return the worksheet that the address opens, or None."""
    account = current_account(request)
    formulation = lineage_of(account.clinic).formulation
    name, _, id_ = request.GET.get("open", "").partition(":")
    if name:
        spec = worksheet_or_404(name)
        try:
            artefact_id = uuid.UUID(id_)
        except ValueError:
            return None
        artefact = find_artefact(account=account, client=client, name=spec.id, artefact_id=artefact_id)
        return (
            worksheet_form(episode, spec.id, artefact=artefact, formulation=formulation, back=here)
            if artefact
            else None
        )
    name = request.GET.get("add", "")
    if name not in WORKSHEETS:
        return None
    spec = worksheet(name)
    existing = None if spec.many else current_artefact(episode, name)
    preset = requested_day(request, "on", spec)
    return worksheet_form(episode, name, artefact=existing, formulation=formulation, back=here, preset=preset)
