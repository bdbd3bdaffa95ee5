"""Pages of the timeline: all dated entries on one axis, each editable in place."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from securebase.charts.timeline import draw_timeline
from securebase.ipt.shelf import worksheet_with
from securebase.ipt.timeline import WINDOW_MONTHS, Timeline, timeline, undated_entries
from securebase.ipt.worksheet import WorksheetRole
from securebase.measurement.catalogue import instrument
from securebase.records.episode import EpisodeRecord
from securebase.workbench.accounts.queries import lineage_of
from securebase.workbench.casefile import day_at
from securebase.workbench.clients.client_page import ClientPage, client_page
from securebase.workbench.clients.models import Episode
from securebase.workbench.course.embedded_worksheets import WorksheetForm, requested_day, worksheet_form
from securebase.workbench.course.queries import record_of
from securebase.workbench.course.timeline import queries
from securebase.workbench.ui.drawings import trusted_svg
from securebase.workbench.worksheets.queries import current_artefact, find_artefact, worksheet_or_404

_ZOOMS = (("episode", "This episode"), ("life", "Whole life"))
_PHONE = 340.0


@client_page("GET", tab="course")
def timeline_page(page: ClientPage) -> HttpResponse:
    """Show the timeline; `?zoom=life` shows everything, `?open=WORKSHEET:ID` or `?add=WORKSHEET` opens a form."""
    episode, now = page.episode, page.now
    if episode is None:
        return page.render("course/timeline.html")
    record = record_of(episode, now)
    line = timeline(record, today=day_at(episode, now))
    assert line is not None  # an episode of the workbench always knows the day it began
    zoom = "life" if page.request.GET.get("zoom") == "life" else "episode"
    here = f"{reverse('timeline', args=[page.client.id])}?zoom={zoom}"
    context = {
        "line": line,
        "zoom": zoom,
        "zooms": [(z, words, z == zoom) for z, words in _ZOOMS],
        "here": here,
        "panel": _panel(page, episode, here),
        "years": queries.entries_by_year(line, queries.entry_links(line, here)),
        "undated": [
            (queries.entry_title(a.worksheet, a.values), f"{here}&open={a.worksheet}:{a.id}#panel")
            for a in undated_entries(record)
        ],
        "event_worksheet": worksheet_with(WorksheetRole.EVENT),
        "onset_worksheet": worksheet_with(WorksheetRole.ONSET),
        "adds": [(spec.id, label) for spec, label in queries.to_add() if queries.may_add(episode, spec)],
        "window_months": WINDOW_MONTHS,
        **_drawings(line, record, episode, zoom, here),
    }
    return page.render("course/timeline.html", context)


def _drawings(line: Timeline, record: EpisodeRecord, episode: Episode, zoom: str, here: str) -> dict[str, Any]:
    links = queries.entry_links(line, here)
    add = f"{here}&add={worksheet_with(WorksheetRole.EVENT).id}&on={{day}}#panel"
    draw = partial(draw_timeline, line, links=links, whole_life=zoom == "life", top=queries.symptom_maximum(episode))
    return {
        "wide": trusted_svg(draw(add=add)),
        "narrow": trusted_svg(draw(width=_PHONE, words=False)),
        "measure": instrument(episode.symptom_instrument_and_scale[0]).name,
        "without_answers": not record.symptom_scores,
    }


def _panel(page: ClientPage, episode: Episode, here: str) -> WorksheetForm | None:
    """Return the worksheet that the address opens, or None."""
    request, formulation = page.request, lineage_of(page.account.clinic).formulation
    name, _, id_ = request.GET.get("open", "").partition(":")
    if name:
        spec = worksheet_or_404(name)
        try:
            artefact_id = uuid.UUID(id_)
        except ValueError:
            return None
        artefact = find_artefact(account=page.account, client=page.client, name=spec.id, artefact_id=artefact_id)
        return (
            worksheet_form(episode, spec.id, artefact=artefact, formulation=formulation, back=here)
            if artefact
            else None
        )
    name = request.GET.get("add", "")
    added = next((spec for spec, _ in queries.to_add() if spec.id == name), None)
    if added is None:
        return None
    existing = None if added.many else current_artefact(episode, name)
    preset = requested_day(request, "on", added)
    return worksheet_form(episode, name, artefact=existing, formulation=formulation, back=here, preset=preset)
