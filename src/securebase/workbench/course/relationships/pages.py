"""Pages of one client’s relationships: the closeness circle, each tie, shares of support, network measures."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET

from securebase.charts.closeness_circle import closeness_circle
from securebase.ipt import network as networks
from securebase.ipt import network_phrases as phrases
from securebase.records.vocabulary import CircleKind, Ring
from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.models import Role
from securebase.workbench.accounts.queries import lineage_of
from securebase.workbench.casefile import course_record, prefetch_course_record
from securebase.workbench.clients.models import Episode
from securebase.workbench.course.relationships import queries
from securebase.workbench.inventory.models import DRAWN_BY
from securebase.workbench.inventory.queries import removed_entries
from securebase.workbench.therapy_sessions.queries import client_page


@require_role(Role.THERAPIST)
@require_GET
def relationships(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    now = timezone.now()
    account = current_account(request)
    context = client_page(account=account, client_id=client_id, page="relationships", now=now)
    context |= {"tab": "relationships"}
    if context["episode"] is None:
        return render(request, "course/relationships.html", context)
    kind = CircleKind.WISHED if request.GET.get("kind") == CircleKind.WISHED.value else CircleKind.PRESENT
    parts = queries.circle_parts(account, context["episode"].id, kind, request.GET)
    record = parts["record"]
    people_out, circles_out = removed_entries(context["episode"])
    context |= parts | {
        "kinds": [(k.value, k.label, k is kind) for k in CircleKind],
        "rings": [(r.value, r.label) for r in Ring],
        "hours": range(1, phrases.HOURS + 1),
        "drawn_by": DRAWN_BY,
        "numbers": [s.number for s in record.sessions],
        "in_session": queries.session_now(context["episode"], now),
        "today": timezone.localdate(),
        "query": request.GET.urlencode(),
        "support": queries.support(record),
        "lineage": lineage_of(account.clinic),
        "people_out": people_out,
        "circles_out": circles_out,
        "out": _id(request.GET.get("out", "")),
    }
    return render(request, "course/relationships.html", context)


@require_role(Role.THERAPIST)
@require_GET
def paper(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """Show empty rings and the names of the people, to draw on by hand."""
    now = timezone.now()
    account = current_account(request)
    context = client_page(account=account, client_id=client_id, page="circle-paper", now=now)
    context |= {"tab": "relationships"}
    if context["episode"] is not None:
        episode = prefetch_course_record(Episode.objects.visible_to(account).filter(id=context["episode"].id)).get()
        record = course_record(episode, now)
        context["people"] = networks.people_at(record)
        empty = closeness_circle(None, (), centre=queries.centre(episode), label="Blank closeness circle to draw on")
        context["drawing"] = mark_safe(empty)  # noqa: S308 (our own SVG)
    return render(request, "course/circle_paper.html", context)


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
