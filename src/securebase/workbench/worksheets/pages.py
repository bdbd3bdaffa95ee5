"""Pages of a worksheet: form, history, sharing and print version."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods

from securebase.errors import InputError
from securebase.ipt.client_labels import relabel_for_client
from securebase.ipt.follow_up import follow_up_values
from securebase.ipt.parsing import ParsedValues, parse_values
from securebase.ipt.timeline import WORKSHEETS as TIMELINE_WORKSHEETS
from securebase.ipt.worksheet import FieldKind, Worksheet
from securebase.records.vocabulary import Agreement
from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.models import Role
from securebase.workbench.accounts.queries import lineage_of
from securebase.workbench.clients.models import Episode
from securebase.workbench.clients.queries import client_of
from securebase.workbench.therapy_sessions.models import TherapySession
from securebase.workbench.therapy_sessions.queries import client_page
from securebase.workbench.ui.conflict import error_status, sentence
from securebase.workbench.ui.methods import is_autosave, post_only
from securebase.workbench.ui.parsing import parse_id, parse_number
from securebase.workbench.worksheets import actions, queries
from securebase.workbench.worksheets.forms import build_inputs, submitted_values
from securebase.workbench.worksheets.models import Artefact

_require_therapist = require_role(Role.THERAPIST)


@dataclass(frozen=True, slots=True)
class _CurrentWorksheet:
    """The worksheet that a request concerns; `artefact` is None before the first save."""

    spec: Worksheet
    episode: Episode
    artefact_id: uuid.UUID
    artefact: Artefact | None


@_require_therapist
@require_GET
def begin(request: HttpRequest, client_id: uuid.UUID, name: str) -> HttpResponse:
    """Redirect to the existing artefact of a worksheet that is filled in once, else to an empty one with a new id."""
    client = _client_context(request, client_id, "worksheet-begin")["client"]
    spec, episode = queries.worksheet_or_404(name), _episode_or_404(client.episode)
    query = request.GET.urlencode()
    artefact = _unique_artefact(episode, spec, request)
    target = reverse("worksheet", args=[client_id, name, artefact.id if artefact else uuid.uuid4()])
    return redirect(f"{target}?{query}" if query else target)


def _unique_artefact(episode: Episode, spec: Worksheet, request: HttpRequest) -> Artefact | None:
    """Return the existing artefact of a worksheet that is filled in once per course or once per session."""
    if not spec.many:
        return queries.current_artefact(episode, spec.id)
    if spec.id != "session_note":
        return None
    # without a session in the address, the note belongs to the latest session, which may already have one
    if session := _find_session(episode, request.GET.get("session")) or _current_session(episode):
        return episode.artefacts.filter(worksheet=spec.id, therapy_session=session, removed_at=None).first()
    return None


@_require_therapist
@require_GET
def begin_about(request: HttpRequest, client_id: uuid.UUID, name: str, about_id: uuid.UUID) -> HttpResponse:
    """Redirect to a new worksheet about one person; it starts with the values of the previous one."""
    episode = _episode_or_404(_client_context(request, client_id, "worksheet-about")["client"].episode)
    spec = queries.worksheet_or_404(name)
    if not spec.about_person or str(about_id) not in queries.people_of(episode):
        raise Http404
    target = reverse("worksheet", args=[client_id, name, uuid.uuid4()])
    back = _return_path(request)
    query = {"about": str(about_id)} | ({"next": back} if back else {})
    return redirect(f"{target}?{urlencode(query)}")


@_require_therapist
@require_http_methods(["GET", "POST"])
def worksheet(request: HttpRequest, client_id: uuid.UUID, name: str, artefact_id: uuid.UUID) -> HttpResponse:
    """Show the form of a worksheet and save it, by autosave or by button. An unknown id shows an empty form."""
    spec, account = queries.worksheet_or_404(name), current_account(request)
    if request.method == "POST":
        # the audit trail records the opening of the page, not every autosave
        client = client_of(account=account, client_id=client_id, page="worksheet")
        context: dict[str, Any] = {"client": client, "episode": client.episode}
    else:
        context = _client_context(request, client_id, "worksheet")
    episode = _episode_or_404(context["episode"])
    artefact = queries.find_artefact(account=account, client=context["client"], name=name, artefact_id=artefact_id)
    if artefact is not None:
        episode = artefact.episode
    current = _CurrentWorksheet(spec, episode, artefact_id, artefact)
    if request.method == "POST":
        return _save(request, context, current)
    return _render(request, context, current)


def _save(request: HttpRequest, context: dict[str, Any], current: _CurrentWorksheet) -> HttpResponse:
    spec, artefact = current.spec, current.artefact
    filled = parse_values(spec, submitted_values(spec, request.POST))
    if artefact is not None:
        # fields that only another lineage's formulation or an earlier shelf shows keep their values
        visible_ids = {f.id for f in spec.fields_for(_formulation(request))}
        hidden = {k: v for k, v in queries.values_of(artefact).items() if k not in visible_ids}
        filled = ParsedValues(filled.values | hidden, filled.unread)
    autosave = is_autosave(request)
    try:
        saved = actions.save_artefact(
            id=current.artefact_id,
            episode=current.episode,
            worksheet=spec.id,
            by=current_account(request),
            filled=filled,
            revision=parse_number(request.POST.get("revision")),
            at=timezone.now(),
            session=_find_session(current.episode, request.POST.get("session")),
            about=parse_id(request.POST.get("about")),
            from_paper=spec.client_fills and "from_paper" in request.POST,
            new_version="new_version" in request.POST,
        )
    except InputError as error:
        if autosave:
            empty = isinstance(error, actions.EmptyWorksheetError)
            refusal = {"error": sentence(error), "revision": artefact.revision if artefact else 0, "empty": empty}
            return JsonResponse(refusal, status=error_status(error))
        context |= _client_context(request, context["client"].id, "worksheet")
        return _render(request, context, current, filled=filled, refusal=error)
    if autosave:
        at = timezone.localtime(saved.changed_at)
        problems = {field: reason for field, (_, reason) in filled.unread.items()}
        state = {"revision": saved.revision, "version": saved.version, "problems": problems}
        return JsonResponse({"saved": f"{at:%H:%M}"} | state)
    if filled.unread:
        messages.warning(request, "Saved, except the fields marked below.")
    else:
        unanswered = spec.agreement and saved.agreement == Agreement.OPEN
        hint = " Record the client’s response on the worksheet." if unanswered else ""
        messages.success(request, f"{spec.name}: saved.{hint}")
        if (back := _return_path(request)) and "stay" not in request.POST:
            return redirect(back)
    return redirect("worksheet", context["client"].id, spec.id, current.artefact_id)


def _render(
    request: HttpRequest,
    context: dict[str, Any],
    current: _CurrentWorksheet,
    *,
    filled: ParsedValues | None = None,
    refusal: InputError | None = None,
) -> HttpResponse:
    spec, episode, artefact = current.spec, current.episode, current.artefact
    people = queries.current_people(episode)
    origin = None if artefact else queries.preceding_artefact(episode, parse_id(request.GET.get("from")))
    about_id = artefact.about if artefact else parse_id(request.GET.get("about")) or (origin.about if origin else None)
    session = artefact.therapy_session if artefact else _find_session(episode, request.GET.get("session"))
    if artefact is None and session is None and spec.in_session:
        session = _current_session(episode)
    values, unread = _initial_contents(current, filled, about_id)
    if filled is None and origin is not None:
        values = follow_up_values(origin.kind, queries.values_of(origin), spec) | values
    if filled is None and artefact is None:
        values = _preset_choices(spec, request.GET) | values
    other_rows = [row for row in queries.list_artefacts(episode, [spec.id]) if row.artefact.id != current.artefact_id]
    last = artefact.versions.order_by("-number").first() if artefact else None
    context |= {
        "worksheet": spec,
        # an optional part above the fields; the first template that exists is used
        "above": [f"worksheets/above_{spec.id}.html", "worksheets/above_nothing.html"],
        "artefact": artefact,
        "artefact_id": current.artefact_id,
        "inputs": build_inputs(spec, values, unread, people=people, **_lineage_options(request)),
        "people": people,
        "about_id": str(about_id) if about_id else "",
        "about_left": bool(about_id) and str(about_id) not in people,
        "about_name": queries.people_of(episode).get(str(about_id), ""),
        "session": session,
        "sessions": list(episode.therapy_sessions.order_by("-number")),
        "on_timeline": spec.id in TIMELINE_WORKSHEETS,
        "others": other_rows[:8],
        "more_others": max(len(other_rows) - 8, 0),
        "refused": sentence(refusal) if refusal else "",
        "revision": artefact.revision if artefact else 0,
        "next": _return_path(request),
        "tab": "course",
        "agreements": [a for a in Agreement if a is not Agreement.OPEN],
        "from_paper": "from_paper" in request.POST or bool(last and last.saved_by and last.respondent == "client"),
        "last_version": last,
    }
    return render(request, "worksheets/worksheet.html", context, status=error_status(refusal) if refusal else 200)


def _initial_contents(
    current: _CurrentWorksheet, filled: ParsedValues | None, about_id: uuid.UUID | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return values and unread input: as just typed, else as saved, else the defaults of a new worksheet."""
    if filled is not None:
        return filled.values, {k: list(v) for k, v in filled.unread.items()}
    if current.artefact is not None:
        return current.artefact.values, current.artefact.unread
    return queries.initial_values(current.episode, current.spec, about_id), {}


def _preset_choices(spec: Worksheet, query: QueryDict) -> dict[str, Any]:
    """Return the choices in the address (“kind=withdrawal”). It ignores text, since addresses end up in logs."""
    choices = {f.id for f in spec.fields if f.kind is FieldKind.CHOICE}
    return parse_values(spec, {name: text for name, text in query.items() if name in choices}).values


@_require_therapist
@require_GET
def history(request: HttpRequest, client_id: uuid.UUID, name: str, artefact_id: uuid.UUID) -> HttpResponse:
    """Show every version with its changes; the therapist can restore any of them."""
    context = _client_context(request, client_id, "worksheet-history")
    artefact = _artefact_or_404(request, context, name, artefact_id)
    context |= {"worksheet": artefact.kind, "artefact": artefact, "rows": queries.history(artefact), "tab": "course"}
    return render(request, "worksheets/history.html", context)


@_require_therapist
@post_only
def restore(request: HttpRequest, client_id: uuid.UUID, name: str, artefact_id: uuid.UUID) -> HttpResponse:
    context = _client_context(request, client_id, "worksheet-restore")
    artefact = _artefact_or_404(request, context, name, artefact_id)
    number = parse_number(request.POST.get("version"))
    try:
        actions.restore_version(artefact=artefact, by=current_account(request), number=number, at=timezone.now())
    except InputError as error:
        messages.error(request, sentence(error))
    else:
        messages.success(request, f"Version {number} restored. The previous version is in the history.")
    return redirect("worksheet", client_id, name, artefact_id)


@_require_therapist
@post_only
def remove(request: HttpRequest, client_id: uuid.UUID, name: str, artefact_id: uuid.UUID) -> HttpResponse:
    """Remove the artefact from the record, or put it back with “undo”."""
    context = _client_context(request, client_id, "worksheet-remove")
    artefact = _artefact_or_404(request, context, name, artefact_id)
    back = "undo" in request.POST
    actions.remove_artefact(artefact=artefact, by=current_account(request), at=None if back else timezone.now())
    if back:
        messages.success(request, f"{artefact.kind.name}: restored.")
    return redirect("worksheet", client_id, name, artefact_id)


@_require_therapist
@post_only
def share(request: HttpRequest, client_id: uuid.UUID, name: str, artefact_id: uuid.UUID) -> HttpResponse:
    context = _client_context(request, client_id, "worksheet-share")
    artefact = _artefact_or_404(request, context, name, artefact_id)
    try:
        actions.share_artefact(
            artefact=artefact,
            by=current_account(request),
            client="client" in request.POST,
            supervisor="supervisor" in request.POST,
        )
    except InputError as error:
        messages.error(request, sentence(error))
    else:
        messages.success(request, "Sharing saved.")
    return redirect("worksheet", client_id, name, artefact_id)


@_require_therapist
@post_only
def answer(request: HttpRequest, client_id: uuid.UUID, name: str, artefact_id: uuid.UUID) -> HttpResponse:
    """Record the client's answer, as noted by the therapist."""
    context = _client_context(request, client_id, "worksheet-answer")
    artefact = _artefact_or_404(request, context, name, artefact_id)
    agreement = request.POST.get("agreement", "")
    if agreement not in {a.value for a in Agreement}:
        messages.error(request, "Choose the client’s response.")
        return redirect("worksheet", client_id, name, artefact_id)
    try:
        actions.answer_artefact(
            artefact=artefact,
            by=current_account(request),
            version=parse_number(request.POST.get("version")),
            revision=parse_number(request.POST["revision"]) if "revision" in request.POST else None,
            agreement=Agreement(agreement),
            client_words=request.POST.get("said", ""),
            at=timezone.now(),
        )
    except InputError as error:
        messages.error(request, sentence(error))
    else:
        messages.success(request, f"Response saved: {Agreement(agreement).label.lower()}.")
    return redirect(_return_path(request) or reverse("worksheet", args=[client_id, name, artefact_id]))


@_require_therapist
@require_GET
def paper(request: HttpRequest, client_id: uuid.UUID, name: str) -> HttpResponse:
    """Show an empty form to print; it carries no client data."""
    context = _client_context(request, client_id, "worksheet-paper")
    spec = queries.worksheet_or_404(name)
    if spec.client_fills:
        spec = relabel_for_client(spec)
    blank = build_inputs(spec, {}, {}, people={}, **_lineage_options(request))
    return render(request, "worksheets/paper.html", context | {"worksheet": spec, "inputs": blank, "tab": "course"})


# ---- helpers ---------------------------------------------------------------------------------------------------------
def _client_context(request: HttpRequest, client_id: uuid.UUID, page: str) -> dict[str, Any]:
    return client_page(account=current_account(request), client_id=client_id, page=page, now=timezone.now())


def _episode_or_404(episode: Episode | None) -> Episode:
    if episode is None:
        raise Http404
    return episode


def _artefact_or_404(request: HttpRequest, context: dict[str, Any], name: str, artefact_id: uuid.UUID) -> Artefact:
    return queries.artefact_or_404(
        account=current_account(request), client=context["client"], name=name, artefact_id=artefact_id
    )


def _formulation(request: HttpRequest) -> str:
    return lineage_of(current_account(request).clinic).formulation


def _lineage_options(request: HttpRequest) -> dict[str, Any]:
    """Return the arguments of `build_inputs` that depend on the clinic's lineage."""
    lineage = lineage_of(current_account(request).clinic)
    return {"formulation": lineage.formulation, "areas": {a.value for a in lineage.areas}}


def _find_session(episode: Episode, text: str | None) -> TherapySession | None:
    session_id = parse_id(text)
    return episode.therapy_sessions.filter(id=session_id).first() if session_id else None


def _current_session(episode: Episode) -> TherapySession | None:
    """Return the latest session that has begun or begins within the hour; a new note most likely belongs to it."""
    soon = timezone.now() + timedelta(hours=1)
    return episode.therapy_sessions.filter(held_at__lte=soon).order_by("-held_at").first()


def _return_path(request: HttpRequest) -> str:
    """Return the path to go to after saving; empty unless it lies within this workbench (no open redirect)."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    return target if target.startswith("/") and url_has_allowed_host_and_scheme(target, None) else ""
