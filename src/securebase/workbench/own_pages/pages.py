"""Pages that the client sees on their own page."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from securebase.errors import InputError
from securebase.ipt.parsing import ParsedValues, parse_values
from securebase.ipt.rendering import render_fields
from securebase.ipt.worksheet import Worksheet
from securebase.records.vocabulary import Agreement
from securebase.workbench.accounts.queries import lineage_of
from securebase.workbench.check_ins.models import CheckIn
from securebase.workbench.clients.language import speak
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
from securebase.workbench.requests.push import public_key, subscribe, subscriptions, unsubscribe
from securebase.workbench.ui.conflict import error_status, sentence
from securebase.workbench.ui.methods import is_autosave, post_only
from securebase.workbench.ui.parsing import parse_number
from securebase.workbench.worksheets.actions import EmptyWorksheetError, answer_artefact, save_artefact
from securebase.workbench.worksheets.forms import build_inputs, problems_on_page, submitted_values
from securebase.workbench.worksheets.models import Artefact
from securebase.workbench.worksheets.queries import is_taken, people_of, values_of, worksheet_or_404

_CODE_ERRORS = {
    actions.CodeOutcome.WRONG: gettext_lazy("That code is not correct. Check it and try again, or ask your therapist."),
    actions.CodeOutcome.LOCKED: gettext_lazy("Too many wrong codes. Try again in 15 minutes."),
}


# ---- opening and closing ---------------------------------------------------------------------------------------------
@login_not_required
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for the code; the link alone opens nothing."""
    now, page = timezone.now(), queries.page_by_token(token)
    if page is None or not page.is_open(now):
        return closed_page(request, None)
    if request.method == "POST":
        return _try_code(request, page)
    return code_form(request, page)


@login_not_required
@sensitive_post_parameters("code")
@post_only
def code(request: HttpRequest) -> HttpResponse:
    """Check the code again after an idle time; the session knows which page it belongs to."""
    page = page_of_visit(request, timezone.now())
    return closed_page(request, None) if page is None else _try_code(request, page)


def _try_code(request: HttpRequest, page: OwnPage) -> HttpResponse:
    speak(request, page.client.language)
    outcome = actions.try_code(page_id=page.id, code=request.POST.get("code", "")[:20], at=timezone.now())
    if outcome is actions.CodeOutcome.ENDED:
        return closed_page(request, None)
    if outcome is not actions.CodeOutcome.OPEN:
        status = 429 if outcome is actions.CodeOutcome.LOCKED else 400
        return code_form(request, page, error=str(_CODE_ERRORS[outcome]), status=status)
    begin_visit(request, page)
    target = request.POST.get("next", "")
    # only paths of the own page: no open redirect
    return redirect(target if target.startswith("/own/") else "own-home")


@visit_required
@post_only
def close(request: HttpRequest, visit: Visit) -> HttpResponse:
    """End the visit and leave nothing in this browser."""
    end_visit(request)
    response = closed_page(request, visit.page, signed_out=True)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@visit_required
@require_http_methods(["GET", "POST"])
def end(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Close the page for good at the client's request. What the client wrote stays in the record."""
    if request.method == "POST":
        actions.close_page(page=visit.page, by=None, at=timezone.now())
        end_visit(request)
        return closed_page(request, visit.page, for_good=True)
    return show(request, visit, "end", {})


@visit_required
@post_only
def still_here(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Answer the keep-alive request of a page in use; `visit_required` has already renewed the visit."""
    return HttpResponse(status=204)


# ---- content ---------------------------------------------------------------------------------------------------------
@visit_required
@require_GET
def home(request: HttpRequest, visit: Visit) -> HttpResponse:
    actions.record_read(page=visit.page, part="own_page", object_id=visit.page.id)
    now = timezone.now()
    line = symptom_line(visit.episode, now) if visit.page.shows_graph else None
    context = {
        "home": queries.home(visit.episode, now),
        "line": line,
        "push_key": public_key(),
        "notified": bool(subscriptions(visit.client)),
    }
    return show(request, visit, "home", context)


@visit_required
@post_only
def notify(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Switch notifications on for this browser, by its subscription in JSON, or off for every browser of the client."""
    if visit.handed_over:
        raise Http404
    try:
        subscription = json.loads(request.body or b"{}")
    except ValueError:
        return JsonResponse({"error": "no JSON"}, status=400)
    now = timezone.now()
    if not subscription:
        unsubscribe(client=visit.client, at=now)
        return HttpResponse(status=204)
    try:
        subscribe(client=visit.client, subscription=subscription, at=now)
    except InputError as error:
        return JsonResponse({"error": sentence(error)}, status=400)
    return HttpResponse(status=204)


@visit_required
@post_only
def check_in(request: HttpRequest, visit: Visit, check_in_id: uuid.UUID) -> HttpResponse:
    """Open a waiting check-in through a new link; only a digest of its first link is stored."""
    waiting: list[CheckIn] = queries.waiting_check_ins(visit.episode, timezone.now())
    selected = next((c for c in waiting if c.id == check_in_id), None)
    if selected is None:
        raise Http404
    try:
        path = actions.open_check_in(check_in=selected, page=visit.page, handed_over=visit.handed_over)
    except InputError:
        return redirect("own-home")
    return redirect(path)


@visit_required
@require_GET
def begin(request: HttpRequest, visit: Visit, name: str) -> HttpResponse:
    """Redirect to a new worksheet of a kind that clients fill in."""
    if not queries.may_begin(visit.episode, worksheet_or_404(name)):
        raise Http404
    return redirect("own-worksheet", name, uuid.uuid4())


@visit_required
@require_http_methods(["GET", "POST"])
def worksheet(request: HttpRequest, visit: Visit, name: str, artefact_id: uuid.UUID) -> HttpResponse:
    """Show a shared worksheet: a form if clients fill it in, else its text and the choice of answers."""
    spec = worksheet_or_404(name)
    artefact = queries.find_shared_artefact(visit.episode, name, artefact_id)
    if artefact is None and (is_taken(artefact_id) or not queries.may_begin(visit.episode, spec)):
        raise Http404
    if request.method == "POST":
        return _save(request, visit, spec, artefact_id, artefact)
    if artefact is not None:
        actions.record_read(page=visit.page, part="artefact", object_id=artefact.id)
    return _render_worksheet(request, visit, spec, artefact_id, artefact)


def _save(
    request: HttpRequest, visit: Visit, spec: Worksheet, artefact_id: uuid.UUID, artefact: Artefact | None
) -> HttpResponse:
    if not spec.client_fills:
        raise Http404
    visible, autosave = queries.worksheet_for_client(spec), is_autosave(request)
    filled = parse_values(visible, submitted_values(visible, request.POST))
    if artefact is not None:
        # fields that the client does not see keep their values
        visible_ids = {f.id for f in visible.fields}
        hidden = {k: v for k, v in values_of(artefact).items() if k not in visible_ids}
        filled = replace(filled, values=hidden | filled.values)
    try:
        saved = save_artefact(
            id=artefact_id,
            episode=visit.episode,
            worksheet=spec.id,
            by=None,
            filled=filled,
            revision=parse_number(request.POST.get("revision")),
            at=timezone.now(),
            session=artefact.therapy_session if artefact else None,
            about=artefact.about if artefact else None,
            simulated=visit.client.simulated,
            new_version="new_version" in request.POST,
        )
    except InputError as error:
        if autosave:
            empty = isinstance(error, EmptyWorksheetError)
            refusal = {"error": sentence(error), "revision": artefact.revision if artefact else 0, "empty": empty}
            return JsonResponse(refusal, status=error_status(error))
        return _render_worksheet(request, visit, spec, artefact_id, artefact, filled=filled, refusal=error)
    if autosave:
        at = timezone.localtime(saved.changed_at)
        problems = problems_on_page(filled, request.POST)
        return JsonResponse({"saved": f"{at:%H:%M}", "revision": saved.revision, "problems": problems})
    if filled.unread:
        messages.warning(request, "Saved, except the fields marked below.")
        return redirect("own-worksheet", spec.id, artefact_id)
    messages.success(request, "Saved.")
    return redirect("own-home")


def _render_worksheet(
    request: HttpRequest,
    visit: Visit,
    spec: Worksheet,
    artefact_id: uuid.UUID,
    artefact: Artefact | None,
    *,
    filled: ParsedValues | None = None,
    refusal: InputError | None = None,
) -> HttpResponse:
    visible, people = queries.worksheet_for_client(spec), people_of(visit.episode)
    values: dict[str, Any] = dict(values_of(artefact)) if artefact else {}
    unread: dict[str, Any] = artefact.unread if artefact else {}
    if filled is not None:
        values, unread = filled.values, {k: list(v) for k, v in filled.unread.items()}
    context: dict[str, Any] = {
        "worksheet": visible,
        "artefact": artefact,
        "artefact_id": artefact_id,
        "refused": sentence(refusal) if refusal else "",
        "revision": artefact.revision if artefact else 0,
        "version_last": (last := artefact.versions.order_by("-number").first() if artefact else None),
    }
    if spec.client_fills:
        formulation = lineage_of(visit.client.therapist.clinic).formulation
        context["inputs"] = build_inputs(visible, values, unread, people=people, formulation=formulation)
    else:
        context["rendered"] = render_fields(visible, values, people)
        context["answers"] = _ANSWERS if spec.agreement else ()
        context["own_answer"] = dict(_ANSWERS).get(artefact.agreement, "") if artefact else ""
        answered = artefact.agreement if artefact and last and last.answered_at else ""
        context["agreement"] = request.POST.get("agreement", "") if refusal else answered
        context["said"] = request.POST.get("said", "") if refusal else last.said if last else ""
    status = error_status(refusal) if refusal else 200
    return show(request, visit, "worksheet", context, status=status)


#: The answers that a client can give to a text written with or about them.
_ANSWERS = (
    (Agreement.AGREED.value, "Yes, that’s how I see it"),
    (Agreement.EDITED.value, "Yes, but I’d change something"),
    (Agreement.DECLINED.value, "No, I see it differently"),
    (Agreement.OPEN.value, "I want to talk about it first"),
)


@visit_required
@post_only
def answer(request: HttpRequest, visit: Visit, name: str, artefact_id: uuid.UUID) -> HttpResponse:
    """Record the client's answer to a shared worksheet."""
    artefact = queries.find_shared_artefact(visit.episode, name, artefact_id)
    if artefact is None:
        raise Http404
    agreement, words = request.POST.get("agreement", ""), request.POST.get("said", "").strip()
    spec = worksheet_or_404(name)
    if agreement not in {value for value, _ in _ANSWERS}:
        return _render_worksheet(
            request, visit, spec, artefact_id, artefact, refusal=InputError("choose an answer first")
        )
    if agreement == Agreement.EDITED and not words:
        refusal = InputError("write in a few words what you would change")
        return _render_worksheet(request, visit, spec, artefact_id, artefact, refusal=refusal)
    try:
        answer_artefact(
            artefact=artefact,
            by=None,
            version=parse_number(request.POST.get("version")),
            revision=parse_number(request.POST.get("revision")),
            agreement=Agreement(agreement),
            client_words=words,
            at=timezone.now(),
        )
    except InputError as error:
        return _render_worksheet(request, visit, spec, artefact_id, artefact, refusal=error)
    messages.success(request, "Thank you. Your answer has been sent to your therapist.")
    return redirect("own-home")


# ---- helpers ---------------------------------------------------------------------------------------------------------
def show(request: HttpRequest, visit: Visit, name: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    shared = base_context(request, visit.page) | {
        "visit": visit,
        "therapist": visit.client.therapist,
        "handed_over": visit.handed_over,
    }
    return render(request, f"own_pages/{name}.html", shared | context, status=status)
