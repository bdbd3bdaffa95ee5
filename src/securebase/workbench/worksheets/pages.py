"""One page for every worksheet of the shelf: filling in, history, sharing, paper."""

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
from securebase.ipt.follow_up import follow_up_values
from securebase.ipt.parsing import ParsedValues, parse_values
from securebase.ipt.worksheet import FieldKind, Worksheet
from securebase.records.vocabulary import Agreement
from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.models import Role
from securebase.workbench.accounts.queries import lineage_of
from securebase.workbench.clients.actions import CHANGED_MEANWHILE
from securebase.workbench.clients.models import Episode
from securebase.workbench.clients.queries import client_of
from securebase.workbench.therapy_sessions.models import TherapySession
from securebase.workbench.therapy_sessions.queries import client_page
from securebase.workbench.ui.conflict import sentence
from securebase.workbench.ui.methods import post_only
from securebase.workbench.ui.parsing import parse_id, parse_number
from securebase.workbench.worksheets import actions, queries
from securebase.workbench.worksheets.forms import build_inputs, submitted_values
from securebase.workbench.worksheets.models import Artefact

_require_therapist = require_role(Role.THERAPIST)


@dataclass(frozen=True, slots=True)
class _Opened:
    """A worksheet that a page is about: what it is, whose, and what is saved of it; None where nothing is yet."""

    spec: Worksheet
    episode: Episode
    artefact_id: uuid.UUID
    found: Artefact | None


@_require_therapist
@require_GET
def begin(request: HttpRequest, client_id: uuid.UUID, name: str) -> HttpResponse:
    """To the one that is there, of a worksheet that is filled in once; else to an empty one of a new id."""
    client = _client(request, client_id, "worksheet-begin")["client"]
    spec, episode = queries.worksheet_or_404(name), _episode(client.episode)
    asked = request.GET.urlencode()
    there = _there(episode, spec, request)
    target = reverse("worksheet", args=[client_id, name, there.id if there else uuid.uuid4()])
    return redirect(f"{target}?{asked}" if asked else target)


def _there(episode: Episode, spec: Worksheet, request: HttpRequest) -> Artefact | None:
    """The one artefact that a worksheet has by its nature: one a course, or one a session."""
    if not spec.many:
        return queries.current_artefact(episode, spec.id)
    if spec.id != "session_note":
        return None
    # a note that names no session will be that of the last one, which may have its note already
    if session := _session(episode, request.GET.get("session")) or _todays(episode):
        return episode.artefacts.filter(worksheet=spec.id, therapy_session=session, removed_at=None).first()
    return None


@_require_therapist
@require_GET
def about(request: HttpRequest, client_id: uuid.UUID, name: str, about_id: uuid.UUID) -> HttpResponse:
    """What is said of one person: a new one, which begins with what was said last."""
    episode = _episode(_client(request, client_id, "worksheet-about")["client"].episode)
    spec = queries.worksheet_or_404(name)
    if not spec.about_person or str(about_id) not in queries.people_of(episode):
        raise Http404
    target = reverse("worksheet", args=[client_id, name, uuid.uuid4()])
    back = _back(request)
    asked = {"about": str(about_id)} | ({"next": back} if back else {})
    return redirect(f"{target}?{urlencode(asked)}")


@_require_therapist
@require_http_methods(["GET", "POST"])
def worksheet(request: HttpRequest, client_id: uuid.UUID, name: str, artefact_id: uuid.UUID) -> HttpResponse:
    """Fill in, and keep while it is typed. A page that was never begun is an empty one."""
    spec, account = queries.worksheet_or_404(name), current_account(request)
    if request.method == "POST":
        # the page that is being typed into was written down when it was opened; every pause in typing is not
        client = client_of(account=account, client_id=client_id, page="worksheet")
        context: dict[str, Any] = {"client": client, "episode": client.episode}
    else:
        context = _client(request, client_id, "worksheet")
    episode = _episode(context["episode"])
    found = queries.find_artefact(account=account, client=context["client"], name=name, artefact_id=artefact_id)
    if found is not None:
        episode = found.episode
    opened = _Opened(spec, episode, artefact_id, found)
    if request.method == "POST":
        return _saved(request, context, opened)
    return _shown(request, context, opened)


def _saved(request: HttpRequest, context: dict[str, Any], opened: _Opened) -> HttpResponse:
    spec, found = opened.spec, opened.found
    filled = parse_values(spec, submitted_values(spec, request.POST))
    if found is not None:
        # what another lineage of formulation asked for, or an earlier shelf, stays where it was
        shown = {f.id for f in spec.fields_for(_formulation(request))}
        kept = {k: v for k, v in queries.values_of(found).items() if k not in shown}
        filled = ParsedValues(filled.values | kept, filled.unread)
    quietly = request.headers.get("X-Autosave") == "1"
    try:
        kept_now = actions.save_artefact(
            id=opened.artefact_id,
            episode=opened.episode,
            worksheet=spec.id,
            by=current_account(request),
            filled=filled,
            revision=parse_number(request.POST.get("revision")),
            at=timezone.now(),
            session=_session(opened.episode, request.POST.get("session")),
            about=parse_id(request.POST.get("about")),
            from_paper=spec.client_fills and "from_paper" in request.POST,
            anew="anew" in request.POST,
        )
    except InputError as error:
        present = found.revision if found else 0
        if quietly:
            status = 409 if found and error.what == CHANGED_MEANWHILE else 400
            told = {"error": sentence(error), "revision": present, "empty": error.what == actions.NOTHING_YET}
            return JsonResponse(told, status=status)
        context |= _client(request, context["client"].id, "worksheet")
        return _shown(request, context, opened, filled=filled, refused=sentence(error))
    if quietly:
        at = timezone.localtime(kept_now.changed_at)
        problems = {place: why for place, (_, why) in filled.unread.items()}
        told = {"revision": kept_now.revision, "version": kept_now.version, "problems": problems}
        return JsonResponse({"saved": f"{at:%H:%M}"} | told)
    if filled.unread:
        messages.warning(request, "Saved, but for what is marked below.")
    else:
        unasked = spec.agreement and kept_now.agreement == Agreement.OPEN
        asked = " What the client says to it is written down on its own page." if unasked else ""
        messages.success(request, f"{spec.name}: saved.{asked}")
        if (back := _back(request)) and "stay" not in request.POST:
            return redirect(back)
    return redirect("worksheet", context["client"].id, spec.id, opened.artefact_id)


def _shown(
    request: HttpRequest,
    context: dict[str, Any],
    opened: _Opened,
    *,
    filled: ParsedValues | None = None,
    refused: str = "",
) -> HttpResponse:
    spec, episode, found = opened.spec, opened.episode, opened.found
    people = queries.current_people(episode)
    origin = None if found else queries.preceding_artefact(episode, parse_id(request.GET.get("from")))
    about_id = found.about if found else parse_id(request.GET.get("about")) or (origin.about if origin else None)
    session = found.therapy_session if found else _session(episode, request.GET.get("session"))
    if found is None and session is None and spec.in_session:
        session = _todays(episode)
    values, unread = _contents(opened, filled, about_id)
    if filled is None and origin is not None:
        values = follow_up_values(origin.kind, queries.values_of(origin), spec) | values
    if filled is None and found is None:
        values = _chosen(spec, request.GET) | values
    others = [one for one in queries.list_artefacts(episode, [spec.id]) if one.artefact.id != opened.artefact_id]
    last = found.versions.order_by("-number").first() if found else None
    context |= {
        "worksheet": spec,
        # what a worksheet shows above its fields, where it shows anything
        "above": [f"worksheets/above_{spec.id}.html", "worksheets/above_nothing.html"],
        "artefact": found,
        "artefact_id": opened.artefact_id,
        "inputs": build_inputs(spec, values, unread, people=people, **_lineage(request)),
        "people": people,
        "about_id": str(about_id) if about_id else "",
        "about_left": bool(about_id) and str(about_id) not in people,
        "about_name": queries.people_of(episode).get(str(about_id), ""),
        "session": session,
        "sessions": list(episode.therapy_sessions.order_by("-number")),
        "others": others[:8],
        "more_others": max(len(others) - 8, 0),
        "refused": refused,
        "revision": found.revision if found else 0,
        "next": _back(request),
        "tab": "course",
        "agreements": [a for a in Agreement if a is not Agreement.OPEN],
        "from_paper": "from_paper" in request.POST or bool(last and last.saved_by and last.respondent == "client"),
        "last_version": last,
    }
    return render(request, "worksheets/worksheet.html", context, status=400 if refused else 200)


def _contents(
    opened: _Opened, filled: ParsedValues | None, about_id: uuid.UUID | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the content of the fields: just typed, else saved, else from the last worksheet about this person."""
    if filled is not None:
        return filled.values, {k: list(v) for k, v in filled.unread.items()}
    if opened.found is not None:
        return opened.found.values, opened.found.unread
    return queries.initial_values(opened.episode, opened.spec, about_id), {}


def _chosen(spec: Worksheet, asked: QueryDict) -> dict[str, Any]:
    """Choices that an address names (“kind=withdrawal”). Never a text: addresses are written down in many places."""
    of = {f.id for f in spec.fields if f.kind is FieldKind.CHOICE}
    return parse_values(spec, {name: text for name, text in asked.items() if name in of}).values


@_require_therapist
@require_GET
def history(request: HttpRequest, client_id: uuid.UUID, name: str, artefact_id: uuid.UUID) -> HttpResponse:
    """Every version with what changed in it; any of them can be made the present one again."""
    context = _client(request, client_id, "worksheet-history")
    found = _existing(request, context, name, artefact_id)
    context |= {"worksheet": found.kind, "artefact": found, "rows": queries.history(found), "tab": "course"}
    return render(request, "worksheets/history.html", context)


@_require_therapist
@post_only
def restore(request: HttpRequest, client_id: uuid.UUID, name: str, artefact_id: uuid.UUID) -> HttpResponse:
    context = _client(request, client_id, "worksheet-restore")
    found = _existing(request, context, name, artefact_id)
    number = parse_number(request.POST.get("version"))
    try:
        actions.restore_version(artefact=found, by=current_account(request), number=number, at=timezone.now())
    except InputError as error:
        messages.error(request, sentence(error))
    else:
        messages.success(request, f"Version {number} is the present one again. What stood there is in the history.")
    return redirect("worksheet", client_id, name, artefact_id)


@_require_therapist
@post_only
def remove(request: HttpRequest, client_id: uuid.UUID, name: str, artefact_id: uuid.UUID) -> HttpResponse:
    """Out of the record, or back into it with “undo”."""
    context = _client(request, client_id, "worksheet-remove")
    found = _existing(request, context, name, artefact_id)
    back = "undo" in request.POST
    actions.remove_artefact(artefact=found, by=current_account(request), at=None if back else timezone.now())
    if back:
        messages.success(request, f"{found.kind.name}: back in the record.")
    return redirect("worksheet", client_id, name, artefact_id)


@_require_therapist
@post_only
def share(request: HttpRequest, client_id: uuid.UUID, name: str, artefact_id: uuid.UUID) -> HttpResponse:
    context = _client(request, client_id, "worksheet-share")
    found = _existing(request, context, name, artefact_id)
    try:
        actions.share_artefact(
            artefact=found,
            by=current_account(request),
            client="client" in request.POST,
            supervisor="supervisor" in request.POST,
        )
    except InputError as error:
        messages.error(request, sentence(error))
    else:
        messages.success(request, "Saved who may see this.")
    return redirect("worksheet", client_id, name, artefact_id)


@_require_therapist
@post_only
def answer(request: HttpRequest, client_id: uuid.UUID, name: str, artefact_id: uuid.UUID) -> HttpResponse:
    """What the client said to it, written down by the therapist."""
    context = _client(request, client_id, "worksheet-answer")
    found = _existing(request, context, name, artefact_id)
    given = request.POST.get("agreement", "")
    if given not in {a.value for a in Agreement}:
        messages.error(request, "Choose what the client said to it.")
        return redirect("worksheet", client_id, name, artefact_id)
    try:
        actions.answer_artefact(
            artefact=found,
            by=current_account(request),
            version=parse_number(request.POST.get("version")),
            revision=parse_number(request.POST["revision"]) if "revision" in request.POST else None,
            agreement=Agreement(given),
            said=request.POST.get("said", ""),
            at=timezone.now(),
        )
    except InputError as error:
        messages.error(request, sentence(error))
    else:
        messages.success(request, f"Written down: {Agreement(given).label.lower()}.")
    return redirect(_back(request) or reverse("worksheet", args=[client_id, name, artefact_id]))


@_require_therapist
@require_GET
def paper(request: HttpRequest, client_id: uuid.UUID, name: str) -> HttpResponse:
    """An empty sheet to print and fill in by hand. It names no one."""
    context = _client(request, client_id, "worksheet-paper")
    spec = queries.worksheet_or_404(name)
    blank = build_inputs(spec, {}, {}, people={}, **_lineage(request))
    return render(request, "worksheets/paper.html", context | {"worksheet": spec, "inputs": blank, "tab": "course"})


# ---- small pieces ----------------------------------------------------------------------------------------------------
def _client(request: HttpRequest, client_id: uuid.UUID, page: str) -> dict[str, Any]:
    return client_page(account=current_account(request), client_id=client_id, page=page, now=timezone.now())


def _episode(episode: Episode | None) -> Episode:
    if episode is None:
        raise Http404
    return episode


def _existing(request: HttpRequest, context: dict[str, Any], name: str, artefact_id: uuid.UUID) -> Artefact:
    return queries.artefact_or_404(
        account=current_account(request), client=context["client"], name=name, artefact_id=artefact_id
    )


def _formulation(request: HttpRequest) -> str:
    return lineage_of(current_account(request).clinic).formulation


def _lineage(request: HttpRequest) -> dict[str, Any]:
    """What the clinic's lineage asks for and offers, for `build_inputs`."""
    found = lineage_of(current_account(request).clinic)
    return {"formulation": found.formulation, "areas": {a.value for a in found.areas}}


def _session(episode: Episode, text: str | None) -> TherapySession | None:
    found = parse_id(text)
    return episode.therapy_sessions.filter(id=found).first() if found else None


def _todays(episode: Episode) -> TherapySession | None:
    """The session that was held last, or begins within the hour: what a note of today most likely belongs to."""
    soon = timezone.now() + timedelta(hours=1)
    return episode.therapy_sessions.filter(held_at__lte=soon).order_by("-held_at").first()


def _back(request: HttpRequest) -> str:
    """Where to go on after saving: an address of this workbench, or nowhere."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, None) else ""
