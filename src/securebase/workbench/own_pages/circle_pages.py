"""The closeness circle on the client's own page: names and places only, without the therapist's ratings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET

from securebase.errors import InputError
from securebase.ipt.network_phrases import HOURS
from securebase.records.artefact import Placement
from securebase.records.vocabulary import CircleKind, Respondent, Ring
from securebase.workbench.course.circle_view import TYPED_ADVICE, CircleView, PlainFields, circle_view, saved_reply
from securebase.workbench.course.queries import record_of
from securebase.workbench.inventory.actions import add_relationship, draw_circle
from securebase.workbench.inventory.forms import CircleForm, parse_placements
from securebase.workbench.inventory.models import Circle
from securebase.workbench.own_pages import actions
from securebase.workbench.own_pages.access import Visit, visit_required
from securebase.workbench.own_pages.pages import show
from securebase.workbench.ui.conflict import error_status, refusal_as_message, sentence
from securebase.workbench.ui.methods import is_autosave, post_only

_UNREADABLE_MESSAGE = "We couldn’t read the circle, so nothing was saved."
_MAX_NAME_LENGTH = 80


def _require_circle(visit: Visit) -> None:
    if not visit.page.shows_circle:
        raise Http404


@visit_required
@require_GET
def circle(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show the latest circle for the client to continue."""
    _require_circle(visit)
    actions.record_read(page=visit.page, part="circle")
    return _render(request, visit)


def _render(
    request: HttpRequest, visit: Visit, typed: Sequence[Placement] | None = None, *, name: str = "", status: int = 200
) -> HttpResponse:
    """Return the page; `typed` places or the `name` of a person were refused and are shown again."""
    today = timezone.localdate()
    context = {
        "view": _client_circle(visit, typed),
        "fields": PlainFields(today.isoformat()) if typed is None else PlainFields.read(request.POST),
        "name": name,
        "rings": [(r.value, r.label) for r in Ring],
        "hours": range(1, HOURS + 1),
        "today": today,
        "query": "",
    }
    return show(request, visit, "circle", context, status=status)


def _client_circle(visit: Visit, typed: Sequence[Placement] | None = None) -> CircleView:
    """Return the circle without the therapist's data: people by name, and only circles that the client drew."""
    record = record_of(visit.episode, timezone.now())
    client_record = replace(
        record,
        artefacts=(),
        relationships=tuple(replace(r, relation="", is_focus=False) for r in record.relationships),
        circles=tuple(c for c in record.circles if c.respondent is Respondent.CLIENT),
    )
    last = _latest_circle(visit)
    revision = last.revision if last else Circle.NO_REVISION
    return circle_view(
        client_record,
        episode=visit.episode,
        kind=CircleKind.PRESENT,
        centre="you",
        revision=revision,
        for_client=True,
        typed=typed,
    )


def _latest_circle(visit: Visit) -> Circle | None:
    rows = visit.episode.circles.filter(kind=CircleKind.PRESENT.value, removed_at=None)
    return rows.order_by("drawn_at").last()


@visit_required
@post_only
def save(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Save the circle from the page's script (answers in JSON) or from the plain form."""
    _require_circle(visit)
    form = CircleForm(request.POST, episode=visit.episode)
    last = _latest_circle(visit)
    if not form.is_valid() or form.cleaned_data["kind"] is not CircleKind.PRESENT:
        return _refuse(request, visit, InputError(_UNREADABLE_MESSAGE), last)
    placements = parse_placements(request.POST, visit.episode, last)
    if placements is None:
        return _refuse(request, visit, InputError(_UNREADABLE_MESSAGE), last)
    try:
        saved = draw_circle(
            episode=visit.episode,
            by=None,
            placements=placements,
            at=timezone.now(),
            new_version=form.cleaned_data["new_version"],
            expected=form.cleaned_data["revision"],
        )
    except InputError as error:
        return _refuse(request, visit, error, last, placements)
    if is_autosave(request):
        return JsonResponse(saved_reply(saved) | {"circle": _client_circle(visit).data})
    messages.success(request, "Circle saved.")
    return redirect("own-circle")


@visit_required
@post_only
def add_person(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Add a person to the inventory by first name."""
    _require_circle(visit)
    name = " ".join(request.POST.get("name", "").split())
    if not name or len(name) > _MAX_NAME_LENGTH:
        messages.error(request, "Enter a name. A first name is enough.")
        return _render(request, visit, name=name, status=400)
    with refusal_as_message(request):
        add_relationship(episode=visit.episode, by=None, name_shown=name, at=timezone.now())
        messages.success(request, f"{name} added. Now place them on the circle.")
        return redirect("own-circle")
    return _render(request, visit, name=name, status=400)


def _refuse(
    request: HttpRequest,
    visit: Visit,
    error: InputError,
    last: Circle | None,
    typed: Sequence[Placement] | None = None,
) -> HttpResponse:
    """Answer the script, or show the page again with the places typed into the plain form, if they could be read."""
    reason, status = sentence(error), error_status(error)
    if is_autosave(request):
        return JsonResponse({"error": reason, "revision": last.revision if last else ""}, status=status)
    if typed is None or "placements" in request.POST:
        messages.error(request, reason)
        return redirect("own-circle")
    messages.error(request, sentence(InputError(error.what, advice=TYPED_ADVICE)))
    return _render(request, visit, typed, status=status)
