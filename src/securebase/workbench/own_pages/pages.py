"""What the client sees on their own page."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from securebase.errors import InputError
from securebase.ipt.parsing import ParsedValues, parse_values
from securebase.ipt.rendering import render_fields
from securebase.ipt.worksheet import Worksheet
from securebase.records.vocabulary import Agreement
from securebase.workbench.accounts.queries import lineage_of
from securebase.workbench.clients.actions import CHANGED_MEANWHILE
from securebase.workbench.own_pages import actions, queries
from securebase.workbench.own_pages.access import (
    Visit,
    base_context,
    begin_visit,
    closed_page,
    code_form,
    end_visit,
    page_of_visit,
    visit_required,
)
from securebase.workbench.own_pages.models import OwnPage
from securebase.workbench.own_pages.symptom_line import symptom_line
from securebase.workbench.therapy_sessions.models import CheckIn
from securebase.workbench.ui.conflict import sentence
from securebase.workbench.ui.methods import post_only
from securebase.workbench.ui.parsing import parse_number
from securebase.workbench.worksheets.actions import NOTHING_YET, answer_artefact, save_artefact
from securebase.workbench.worksheets.forms import build_inputs, submitted_values
from securebase.workbench.worksheets.models import Artefact
from securebase.workbench.worksheets.queries import people_of, values_of, worksheet_or_404

_SAID = {
    actions.CodeOutcome.WRONG: "That is not the code. Look at it again, or ask your therapist.",
    actions.CodeOutcome.LOCKED: "Too many tries. The page is closed for about a quarter of an hour.",
}


# ---- coming in and going out -----------------------------------------------------------------------------------------
@login_not_required
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """The link alone opens nothing: the code is asked for."""
    now, page = timezone.now(), queries.page_by_token(token)
    if page is None or not page.is_open(now):
        return closed_page(request, None)
    if request.method == "POST":
        return _tried(request, page)
    return code_form(request, page)


@login_not_required
@sensitive_post_parameters("code")
@post_only
def code(request: HttpRequest) -> HttpResponse:
    """The code once more, after an idle while: this browser knows already which page it is."""
    page = page_of_visit(request, timezone.now())
    return closed_page(request, None) if page is None else _tried(request, page)


def _tried(request: HttpRequest, page: OwnPage) -> HttpResponse:
    entry = actions.try_code(page_id=page.id, code=request.POST.get("code", "")[:20], at=timezone.now())
    if entry is actions.CodeOutcome.ENDED:
        return closed_page(request, None)
    if entry is not actions.CodeOutcome.OPEN:
        status = 429 if entry is actions.CodeOutcome.LOCKED else 400
        return code_form(request, page, error=_SAID[entry], status=status)
    begin_visit(request, page)
    wanted = request.POST.get("next", "")
    return redirect(wanted if wanted.startswith("/own/") else "own-home")


@visit_required
@post_only
def close(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Leave. Nothing stays in this browser."""
    end_visit(request)
    response = closed_page(request, visit.page, left=True)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@visit_required
@require_http_methods(["GET", "POST"])
def end(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The client wants no page any more: the link ends for good, what was written stays in the record."""
    if request.method == "POST":
        actions.close_page(page=visit.page, by=None, at=timezone.now())
        end_visit(request)
        return closed_page(request, visit.page, for_good=True)
    return show(request, visit, "end", {})


@visit_required
@post_only
def still_here(request: HttpRequest, visit: Visit) -> HttpResponse:
    """A page in use says so; the gate has seen the request by now."""
    return HttpResponse(status=204)


# ---- what is there ---------------------------------------------------------------------------------------------------
@visit_required
@require_GET
def home(request: HttpRequest, visit: Visit) -> HttpResponse:
    actions.record_read(page=visit.page, what="own_page", object_id=visit.page.id)
    now = timezone.now()
    line = symptom_line(visit.episode, now) if visit.page.shows_graph else None
    return show(request, visit, "home", {"home": queries.home(visit.episode, now), "line": line})


@visit_required
@post_only
def check_in(request: HttpRequest, visit: Visit, check_in_id: uuid.UUID) -> HttpResponse:
    """To a check-in that waits. Its own link is not known any more, so it is given a new one."""
    waiting: list[CheckIn] = queries.waiting_check_ins(visit.episode, timezone.now())
    found = next((c for c in waiting if c.id == check_in_id), None)
    if found is None:
        raise Http404
    try:
        path = actions.open_check_in(check_in=found, page=visit.page, handed_over=visit.handed_over)
    except InputError:
        return redirect("own-home")
    return redirect(path)


@visit_required
@require_GET
def begin(request: HttpRequest, visit: Visit, name: str) -> HttpResponse:
    """A new worksheet of a kind that clients fill in."""
    if not queries.may_begin(visit.episode, worksheet_or_404(name)):
        raise Http404
    return redirect("own-worksheet", name, uuid.uuid4())


@visit_required
@require_http_methods(["GET", "POST"])
def worksheet(request: HttpRequest, visit: Visit, name: str, artefact_id: uuid.UUID) -> HttpResponse:
    """One shared worksheet: to fill in where it is made for that, else to read, and to answer."""
    spec = worksheet_or_404(name)
    found = queries.find_shared_artefact(visit.episode, name, artefact_id)
    if found is None and (queries.is_taken(artefact_id) or not queries.may_begin(visit.episode, spec)):
        raise Http404
    if request.method == "POST":
        return _saved(request, visit, spec, artefact_id, found)
    if found is not None:
        actions.record_read(page=visit.page, what="artefact", object_id=found.id)
    return _shown(request, visit, spec, artefact_id, found)


def _saved(
    request: HttpRequest, visit: Visit, spec: Worksheet, artefact_id: uuid.UUID, found: Artefact | None
) -> HttpResponse:
    if not spec.client_fills:
        raise Http404
    mine, quietly = queries.client_version(spec), request.headers.get("X-Autosave") == "1"
    typed = parse_values(mine, submitted_values(mine, request.POST))
    filled = typed
    if found is not None:
        # what the client is not shown stays where it was
        shown = {f.id for f in mine.fields}
        filled = ParsedValues(
            {k: v for k, v in values_of(found).items() if k not in shown} | typed.values, typed.unread
        )
    try:
        kept = save_artefact(
            id=artefact_id,
            episode=visit.episode,
            worksheet=spec.id,
            by=None,
            filled=filled,
            revision=parse_number(request.POST.get("revision")),
            at=timezone.now(),
            session=found.therapy_session if found else None,
            about=found.about if found else None,
            simulated=visit.client.simulated,
            anew="anew" in request.POST,
        )
    except InputError as error:
        if quietly:
            status = 409 if found and error.what == CHANGED_MEANWHILE else 400
            told = {"error": sentence(error), "revision": found.revision if found else 0}
            return JsonResponse(told | {"empty": error.what == NOTHING_YET}, status=status)
        return _shown(request, visit, spec, artefact_id, found, filled=filled, refused=sentence(error))
    if quietly:
        at = timezone.localtime(kept.changed_at)
        problems = {place: why for place, (_, why) in filled.unread.items()}
        return JsonResponse({"saved": f"{at:%H:%M}", "revision": kept.revision, "problems": problems})
    if filled.unread:
        messages.warning(request, "Saved, but for what is marked below.")
        return redirect("own-worksheet", spec.id, artefact_id)
    messages.success(request, "Saved.")
    return redirect("own-home")


def _shown(
    request: HttpRequest,
    visit: Visit,
    spec: Worksheet,
    artefact_id: uuid.UUID,
    found: Artefact | None,
    *,
    filled: ParsedValues | None = None,
    refused: str = "",
) -> HttpResponse:
    mine, people = queries.client_version(spec), people_of(visit.episode)
    values: dict[str, Any] = dict(values_of(found)) if found else {}
    unread: dict[str, Any] = found.unread if found else {}
    if filled is not None:
        values, unread = filled.values, {k: list(v) for k, v in filled.unread.items()}
    context: dict[str, Any] = {
        "worksheet": mine,
        "artefact": found,
        "artefact_id": artefact_id,
        "refused": refused,
        "revision": found.revision if found else 0,
        "version_last": found.versions.order_by("-number").first() if found else None,
        "by_client": found is not None and found.respondent == "client",
    }
    if spec.client_fills:
        formulation = lineage_of(visit.client.therapist.clinic).formulation
        context["inputs"] = build_inputs(mine, values, unread, people=people, formulation=formulation)
    else:
        context["said"] = render_fields(mine, values, people)
        context["answers"] = _ANSWERS if spec.agreement else ()
    status = 400 if refused else 200
    return show(request, visit, "worksheet", context, status=status)


#: What a client may say to what was written with them or about them.
_ANSWERS = (
    (Agreement.AGREED.value, "Yes, that is how I see it"),
    (Agreement.EDITED.value, "Yes, but I would change something"),
    (Agreement.DECLINED.value, "No, not like this"),
    (Agreement.OPEN.value, "I want to talk about it first"),
)


@visit_required
@post_only
def answer(request: HttpRequest, visit: Visit, name: str, artefact_id: uuid.UUID) -> HttpResponse:
    """Yes, nearly, or no, in the client's own words."""
    found = queries.find_shared_artefact(visit.episode, name, artefact_id)
    if found is None:
        raise Http404
    given, words = request.POST.get("agreement", ""), request.POST.get("said", "").strip()
    spec = worksheet_or_404(name)
    if given not in {value for value, _ in _ANSWERS}:
        return _shown(request, visit, spec, artefact_id, found, refused="Choose one of the answers.")
    if given == Agreement.EDITED and not words:
        return _shown(request, visit, spec, artefact_id, found, refused="Say in a few words what you would change.")
    try:
        answer_artefact(
            artefact=found,
            by=None,
            version=parse_number(request.POST.get("version")),
            revision=parse_number(request.POST.get("revision")),
            agreement=Agreement(given),
            said=words,
            at=timezone.now(),
        )
    except InputError as error:
        return _shown(request, visit, spec, artefact_id, found, refused=sentence(error))
    messages.success(request, "Thank you. Your answer is with your therapist.")
    return redirect("own-home")


# ---- small pieces ----------------------------------------------------------------------------------------------------
def show(request: HttpRequest, visit: Visit, name: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    everywhere = base_context(request, visit.page) | {
        "visit": visit,
        "therapist": visit.client.therapist,
        "handed_over": visit.handed_over,
    }
    return render(request, f"own_pages/{name}.html", everywhere | context, status=status)
