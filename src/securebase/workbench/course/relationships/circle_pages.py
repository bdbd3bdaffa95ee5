"""Saves the closeness circle and answers with every part of the page that depends on it."""

from __future__ import annotations

import uuid
from datetime import datetime, time
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import timezone

from securebase.errors import InputError
from securebase.records.vocabulary import CircleKind
from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.models import Role
from securebase.workbench.clients.models import Episode
from securebase.workbench.course.circle_view import saved_reply
from securebase.workbench.course.relationships.queries import circle_parts
from securebase.workbench.inventory import actions, queries
from securebase.workbench.inventory.forms import CircleForm, parse_placements
from securebase.workbench.inventory.models import Circle
from securebase.workbench.inventory.pages import redirect_to_circle
from securebase.workbench.ui.conflict import error_status, sentence
from securebase.workbench.ui.methods import is_autosave, post_only

_UNREADABLE_MESSAGE = "The circle could not be read. Nothing was saved."


@require_role(Role.THERAPIST)
@post_only
def save(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """Save the circle from the page's script (answers in JSON) or from the plain form."""
    account = current_account(request)
    context = queries.client_page(account=account, client_id=client_id, page="circle-save")
    episode: Episode = context["episode"]
    form = CircleForm(request.POST, episode=episode)
    if not form.is_valid():
        return _refuse(request, client_id, " ".join(str(e) for errors in form.errors.values() for e in errors))
    data = form.cleaned_data
    last = (
        Circle.objects.visible_to(account)
        .filter(episode=episode, kind=data["kind"].value, removed_at=None)
        .order_by("drawn_at")
        .last()
    )
    placements = parse_placements(request.POST, episode, last)
    if placements is None:
        return _refuse(request, client_id, _UNREADABLE_MESSAGE)
    try:
        circle = actions.draw_circle(
            episode=episode,
            by=account,
            placements=placements,
            at=_drawn_at(data["drawn_on"]),
            kind=data["kind"],
            respondent=data["respondent"],
            session_number=data["session"],
            new_version=data["new_version"],
            expected=data["revision"],
        )
    except InputError as error:
        return _refuse(request, client_id, sentence(error), status=error_status(error), last=last)
    if is_autosave(request):
        return JsonResponse(saved_reply(circle) | _changed_parts(request, context, data["kind"]))
    messages.success(request, f"Circle saved at {timezone.localtime(circle.drawn_at):%H:%M}.")
    return redirect_to_circle(client_id, kind=data["kind"].value)


def _changed_parts(request: HttpRequest, context: dict[str, Any], kind: CircleKind) -> dict[str, Any]:
    """Return the data of the circle's script and the HTML of the parts of the page that the circle changes, by id."""
    parts = context | circle_parts(current_account(request), context["episode"].id, kind, request.GET)
    templates = {"circle-ties": "course/_ties.html", "circle-figures": "course/_circle_figures.html"}
    rendered = {name: render_to_string(template, parts, request) for name, template in templates.items()}
    return {"circle": parts["view"].data, "parts": rendered}


def _drawn_at(drawn_on: object) -> datetime:
    """Return the present time, or noon of an earlier day for a circle that was drawn on paper."""
    now = timezone.now()
    if drawn_on is None or drawn_on == timezone.localdate():
        return now
    return timezone.make_aware(datetime.combine(drawn_on, time(12)))  # type: ignore[arg-type]


def _refuse(
    request: HttpRequest, client_id: uuid.UUID, reason: str, *, status: int = 400, last: Circle | None = None
) -> HttpResponse:
    if is_autosave(request):
        return JsonResponse({"error": reason, "revision": last.revision if last else ""}, status=status)
    messages.error(request, reason)
    return redirect("relationships", client_id)
