"""Pages of one client’s relationships: the closeness circle, each tie, network measures."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from securebase.charts.closeness_circle import closeness_circle
from securebase.ipt import network as networks
from securebase.ipt import network_phrases as phrases
from securebase.records.artefact import Placement
from securebase.records.vocabulary import CircleKind, Ring
from securebase.workbench.casefile import course_record, prefetch_course_record
from securebase.workbench.clients.client_page import ClientPage, client_page
from securebase.workbench.clients.models import Episode
from securebase.workbench.course.circle_view import PlainFields
from securebase.workbench.course.relationships import queries
from securebase.workbench.inventory.models import DRAWN_BY
from securebase.workbench.inventory.queries import removed_entries
from securebase.workbench.ui.drawings import trusted_svg


@client_page("GET", tab="relationships")
def relationships(page: ClientPage) -> HttpResponse:
    is_wished = page.request.GET.get("kind") == CircleKind.WISHED.value
    return render_relationships(page, CircleKind.WISHED if is_wished else CircleKind.PRESENT)


def render_relationships(
    page: ClientPage, kind: CircleKind, typed: Sequence[Placement] | None = None, *, status: int = 200
) -> HttpResponse:
    """Return the page with this circle; `typed` places of the posted form were refused and are shown again."""
    request, episode = page.request, page.episode
    if episode is None:
        return page.render("course/relationships.html")
    parts = queries.circle_parts(page.account, episode.id, kind, request.GET, typed)
    today = timezone.localdate(page.now)
    session = queries.session_now(episode, page.now)
    fields = PlainFields(drawn_on=today.isoformat(), session=str(session or ""))
    record = parts["record"]
    people_out, circles_out = removed_entries(episode)
    context = parts | {
        "kinds": [(k.value, k.label, k is kind) for k in CircleKind],
        "rings": [(r.value, r.label) for r in Ring],
        "hours": range(1, phrases.HOURS + 1),
        "drawn_by": DRAWN_BY,
        "numbers": [s.number for s in record.sessions],
        "fields": fields if typed is None else PlainFields.read(request.POST),
        "today": today,
        "query": request.GET.urlencode(),
        "people_out": people_out,
        "circles_out": circles_out,
        "out": _id(request.GET.get("out", "")),
    }
    return page.render("course/relationships.html", context, status=status)


@client_page("GET", tab="relationships")
def paper(page: ClientPage) -> HttpResponse:
    """Show empty rings and the names of the people, to draw on by hand."""
    context: dict[str, Any] = {}
    if page.episode is not None:
        rows = Episode.objects.visible_to(page.account).filter(id=page.episode.id)
        episode = prefetch_course_record(rows).get()
        record = course_record(episode, page.now)
        context["people"] = networks.people_at(record)
        empty = closeness_circle(None, (), centre=queries.centre(episode), label="Blank closeness circle to draw on")
        context["drawing"] = trusted_svg(empty)
    return page.render("course/circle_paper.html", context)


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
