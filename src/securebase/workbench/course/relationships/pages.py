"""Pages of one client’s relationships: the closeness circle, each tie, shares of support, network measures."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.safestring import mark_safe

from securebase.charts.closeness_circle import closeness_circle
from securebase.ipt import network as networks
from securebase.ipt import network_phrases as phrases
from securebase.records.vocabulary import CircleKind, Ring
from securebase.workbench.accounts.queries import lineage_of
from securebase.workbench.casefile import course_record, prefetch_course_record
from securebase.workbench.clients.client_page import ClientPage, client_page
from securebase.workbench.clients.models import Episode
from securebase.workbench.course.relationships import queries
from securebase.workbench.inventory.models import DRAWN_BY
from securebase.workbench.inventory.queries import removed_entries


@client_page("GET", tab="relationships")
def relationships(page: ClientPage) -> HttpResponse:
    request, episode = page.request, page.episode
    if episode is None:
        return page.render("course/relationships.html")
    kind = CircleKind.WISHED if request.GET.get("kind") == CircleKind.WISHED.value else CircleKind.PRESENT
    parts = queries.circle_parts(page.account, episode.id, kind, request.GET)
    record = parts["record"]
    people_out, circles_out = removed_entries(episode)
    context = parts | {
        "kinds": [(k.value, k.label, k is kind) for k in CircleKind],
        "rings": [(r.value, r.label) for r in Ring],
        "hours": range(1, phrases.HOURS + 1),
        "drawn_by": DRAWN_BY,
        "numbers": [s.number for s in record.sessions],
        "in_session": queries.session_now(episode, page.now),
        "today": timezone.localdate(),
        "query": request.GET.urlencode(),
        "support": queries.support(record),
        "lineage": lineage_of(page.account.clinic),
        "people_out": people_out,
        "circles_out": circles_out,
        "out": _id(request.GET.get("out", "")),
    }
    return page.render("course/relationships.html", context)


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
        context["drawing"] = mark_safe(empty)  # noqa: S308 (our own SVG)
    return page.render("course/circle_paper.html", context)


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
