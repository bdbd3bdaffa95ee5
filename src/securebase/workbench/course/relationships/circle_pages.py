"""Saves the closeness circle and answers with every part of the page that depends on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import timezone

from securebase.errors import InputError
from securebase.records.artefact import Placement
from securebase.records.vocabulary import CircleKind
from securebase.workbench.clients.client_page import ClientPage, client_page
from securebase.workbench.clients.models import Episode
from securebase.workbench.course.circle_view import TYPED_ADVICE, saved_reply
from securebase.workbench.course.relationships.pages import render_relationships
from securebase.workbench.course.relationships.queries import circle_parts
from securebase.workbench.inventory.actions import draw_circle
from securebase.workbench.inventory.forms import CircleForm, parse_placements
from securebase.workbench.inventory.models import Circle
from securebase.workbench.inventory.pages import redirect_to_circle
from securebase.workbench.ui.conflict import error_status, sentence
from securebase.workbench.ui.methods import is_autosave

_UNREADABLE_MESSAGE = "The circle could not be read. Nothing was saved."


@client_page("POST", tab="relationships")
def save(page: ClientPage) -> HttpResponse:
    """Save the circle from the page's script (answers in JSON) or from the plain form."""
    request, episode = page.request, page.require_episode()
    form = CircleForm(request.POST, episode=episode)
    is_valid, data = form.is_valid(), form.cleaned_data
    kind = data.get("kind", CircleKind.PRESENT)
    last = (
        Circle.objects.visible_to(page.account)
        .filter(episode=episode, kind=kind.value, removed_at=None)
        .order_by("drawn_at")
        .last()
    )
    placements = parse_placements(request.POST, episode, last)
    if placements is None:
        return _refuse(page, InputError(_UNREADABLE_MESSAGE), kind, last)
    if not is_valid:
        reasons = " ".join(str(e) for errors in form.errors.values() for e in errors)
        return _refuse(page, InputError(reasons), kind, last, placements)
    try:
        circle = draw_circle(
            episode=episode,
            by=page.account,
            placements=placements,
            at=_drawn_at(data["drawn_on"]),
            kind=kind,
            respondent=data["respondent"],
            session_number=data["session"],
            new_version=data["new_version"],
            expected=data["revision"],
        )
    except InputError as error:
        return _refuse(page, error, kind, last, placements)
    if is_autosave(request):
        return JsonResponse(saved_reply(circle) | _changed_parts(page, episode, kind))
    messages.success(request, f"Circle saved at {timezone.localtime(circle.drawn_at):%H:%M}.")
    return redirect_to_circle(page, kind=kind.value)


def _changed_parts(page: ClientPage, episode: Episode, kind: CircleKind) -> dict[str, Any]:
    """Return the data of the circle's script and the HTML of the parts of the page that the circle changes, by id."""
    parts = page.context | circle_parts(page.account, episode.id, kind, page.request.GET)
    templates = {"circle-ties": "course/_ties.html", "circle-figures": "course/_circle_figures.html"}
    rendered = {name: render_to_string(template, parts, page.request) for name, template in templates.items()}
    return {"circle": parts["view"].data, "parts": rendered}


def _drawn_at(drawn_on: object) -> datetime:
    """Return the present time, or noon of an earlier day for a circle that was drawn on paper."""
    now = timezone.now()
    if drawn_on is None or drawn_on == timezone.localdate():
        return now
    return timezone.make_aware(datetime.combine(drawn_on, time(12)))  # type: ignore[arg-type]


def _refuse(
    page: ClientPage, error: InputError, kind: CircleKind, last: Circle | None, typed: Sequence[Placement] | None = None
) -> HttpResponse:
    """Answer the script, or show the page again with the places typed into the plain form, if they could be read."""
    reason, status = sentence(error), error_status(error)
    if is_autosave(page.request):
        return JsonResponse({"error": reason, "revision": last.revision if last else ""}, status=status)
    if typed is None or "placements" in page.request.POST:
        messages.error(page.request, reason)
        return page.redirect("relationships")
    messages.error(page.request, sentence(InputError(error.what, advice=TYPED_ADVICE)))
    return render_relationships(page, kind, typed, status=status)
