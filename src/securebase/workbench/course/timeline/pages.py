"""Pages of the timeline: all dated entries on one axis, each editable in place."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET

from securebase.charts.timeline import draw_timeline
from securebase.ipt.rendering import title_in_words
from securebase.ipt.shelf import worksheet
from securebase.ipt.timeline import WINDOW_MONTHS, WORKSHEETS, Timeline, timeline, undated_entries
from securebase.measurement.catalogue import instrument
from securebase.records.episode import EpisodeRecord
from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.models import Role
from securebase.workbench.accounts.queries import lineage_of
from securebase.workbench.casefile import began_at
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.course import queries
from securebase.workbench.course.embedded_worksheets import WorksheetForm, requested_day, worksheet_form
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


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line of the list by year, which shows the content of the drawing on phones and to screen readers."""

    when: str
    words: str
    kind: str
    address: str
    mark: str = ""
    in_window: bool = False


@require_role(Role.THERAPIST)
@require_GET
def timeline_page(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """Show the timeline; `?zoom=life` shows everything, `?open=WORKSHEET:ID` or `?add=WORKSHEET` opens a form."""
    now, account = timezone.now(), current_account(request)
    context = client_page(account=account, client_id=client_id, page="timeline", now=now) | {"tab": "course"}
    episode: Episode | None = context["episode"]
    if episode is None:
        return render(request, "course/timeline.html", context)
    record = queries.record_of(episode, now)
    line = timeline(record, today=(now - began_at(episode)) / timedelta(days=1))
    assert line is not None  # an episode of the workbench always knows the day it began
    zoom = "life" if request.GET.get("zoom") == "life" else "episode"
    here = f"{reverse('timeline', args=[client_id])}?zoom={zoom}"
    links = _links(line, here)
    context |= {
        "line": line,
        "zoom": zoom,
        "zooms": [(z, words, z == zoom) for z, words in _ZOOMS],
        "here": here,
        "panel": _panel(request, context["client"], episode, here),
        "years": _years(line, links),
        "undated": [
            (_title(a.worksheet, a.values), f"{here}&open={a.worksheet}:{a.id}#panel") for a in undated_entries(record)
        ],
        "adds": [(name, words) for name, words in _ADD_WORDS.items() if not _has_single(episode, name)],
        "window_months": WINDOW_MONTHS,
        **_drawings(line, record, episode, links, zoom),
    }
    return render(request, "course/timeline.html", context)


def _drawings(
    line: Timeline, record: EpisodeRecord, episode: Episode, links: Mapping[tuple[str, str], str], zoom: str
) -> dict[str, Any]:
    top = _top(episode)
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


def _top(episode: Episode) -> float:
    """Return the maximum of the measure that tracks symptoms."""
    name, scale = episode.symptom_instrument_and_scale
    return float(instrument(name).scale(scale).maximum)


def _links(line: Timeline, here: str) -> dict[tuple[str, str], str]:
    """Map (worksheet, id) to the address that opens it beside the drawing."""
    keys = [(e.worksheet, e.id) for e in line.events] + [(b.worksheet, b.id) for b in line.bars]
    if line.onset_id:
        keys.append(("onset", line.onset_id))
    return {(name, id_): f"{here}&open={name}:{id_}#panel" for name, id_ in keys}


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


def _has_single(episode: Episode, name: str) -> bool:
    return not worksheet(name).many and current_artefact(episode, name) is not None


def _title(name: str, values: Any) -> str:
    spec = worksheet(name)
    return title_in_words(spec, values) or spec.name


def _years(line: Timeline, links: Mapping[tuple[str, str], str]) -> list[tuple[int, list[TimelineEntry]]]:
    """Return everything on the timeline by year, latest first."""

    def day(at: float) -> Any:
        return line.began_on + timedelta(days=round(at))

    def format_day(at: float | None, default: str) -> str:
        return default if at is None else f"{day(at).day} {day(at):%b %Y}"

    rows: list[tuple[float, TimelineEntry]] = []
    for e in line.events:
        until = "" if e.until is None else f" to {format_day(e.until, '')}"
        about = f"{e.side} · {e.dependent.label}" if e.side else e.dependent.label
        entry = TimelineEntry(
            format_day(e.at, "") + until, e.words, about, links[e.worksheet, e.id], e.dependent.value, e.in_window
        )
        rows.append((e.at, entry))
    for b in line.bars:
        start = b.start if b.start is not None else b.end
        assert start is not None  # a bar has at least one of its ends
        when = (
            format_day(b.start, "")
            if b.start == b.end
            else f"{format_day(b.start, 'before')} to {format_day(b.end, 'now')}"
        )
        kind = {"role": "role", "medication": "medication", "earlier": "earlier episode"}[b.kind]
        rows.append((start, TimelineEntry(when, b.words, kind, links[b.worksheet, b.id], b.kind)))
    if line.onset is not None:
        onset = TimelineEntry(
            format_day(line.onset, ""), "Symptoms began", "onset", links["onset", line.onset_id], "onset"
        )
        rows.append((line.onset, onset))
    rows.append((0.0, TimelineEntry(format_day(0.0, ""), "Start of this course", "therapy", "", "therapy")))
    years: dict[int, list[TimelineEntry]] = {}
    for at, entry in sorted(rows, key=lambda r: -r[0]):
        years.setdefault(day(at).year, []).append(entry)
    return list(years.items())
