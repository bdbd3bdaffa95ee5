"""The therapist's side of supervision: shares, comments and the portfolio."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from securebase.errors import InputError
from securebase.ipt.fidelity import fidelity_over_sessions
from securebase.ipt.portfolio import portfolio as portfolio_of
from securebase.ipt.shelf import worksheets
from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.models import Role
from securebase.workbench.course.queries import record_of
from securebase.workbench.supervision import actions, queries
from securebase.workbench.supervision.forms import ShareForm
from securebase.workbench.supervision.models import SharedPart
from securebase.workbench.therapy_sessions.queries import client_page
from securebase.workbench.ui.conflict import form_status, keep_input, sentence
from securebase.workbench.ui.methods import post_only

_require_therapist = require_role(Role.THERAPIST)
#: Parts ticked by default; none of them holds what a client said in confidence.
_DEFAULT_PARTS = (SharedPart.COURSE.value, SharedPart.MEASURES.value, SharedPart.FIDELITY.value)
_DEFAULT_WEEKS = 12


def _context(request: HttpRequest, client_id: uuid.UUID, page: str) -> dict[str, Any]:
    context = client_page(account=current_account(request), client_id=client_id, page=page, now=timezone.now())
    if context["episode"] is None:
        raise Http404
    return context | {"tab": "course"}


@_require_therapist
@require_http_methods(["GET", "POST"])
def supervision(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """Show this client's shares with their comments, and the form for another share."""
    context, account, now = _context(request, client_id, "client-supervision"), current_account(request), timezone.now()
    episode = context["episode"]
    record = record_of(episode, now)
    agreed = queries.consents_to_supervision(record)
    supervisors = queries.list_supervisors(account)
    used_kinds = {a.worksheet for a in record.artefacts}
    kinds = sorted(worksheets().values(), key=lambda w: w.id not in used_kinds)
    defaults = {"parts": _DEFAULT_PARTS, "until": timezone.localdate() + timedelta(weeks=_DEFAULT_WEEKS)}
    form = ShareForm(request.POST or None, supervisors=supervisors, kinds=kinds, agreed=agreed, initial=defaults)
    if form.is_valid():
        data = form.cleaned_data
        try:
            actions.share_course(
                episode=episode,
                by=account,
                supervisor=form.supervisors[data["supervisor"]],
                label=data["label"],
                until=data["until"],
                parts=[SharedPart(p) for p in data["parts"]],
                worksheets=data["worksheets"],
                at=now,
                agreed=agreed,
                consent_note=data.get("consent_note", ""),
            )
        except InputError as error:
            keep_input(form, error)
        else:
            messages.success(request, "Shared. You can stop sharing at any time.")
            return redirect("client-supervision", client_id)
    shares = queries.list_shares(account, context["client"])
    threads = [(s, s.is_live(now), _visible_comments(request, s)) for s in shares]
    context |= {"form": form, "threads": threads, "agreed": agreed, "supervisors": supervisors, "me": account}
    return render(request, "supervision/supervision.html", context, status=form_status(form))


def _visible_comments(request: HttpRequest, share: Any) -> list[Any]:
    account = current_account(request)
    rows = [c for c in share.comments.select_related("by", "artefact") if c.removed_at is None or c.by_id == account.id]
    actions.mark_seen(comments=[c.id for c in rows if c.by_id != account.id], by=account, at=timezone.now())
    return rows


@_require_therapist
@post_only
def revoke(request: HttpRequest, client_id: uuid.UUID, share_id: uuid.UUID) -> HttpResponse:
    context = _context(request, client_id, "share-revoke")
    share = queries.get_share(account=current_account(request), client=context["client"], share_id=share_id)
    try:
        actions.revoke_share(share=share, by=current_account(request), at=timezone.now())
    except InputError as error:
        messages.error(request, sentence(error))
    else:
        messages.success(request, f"{share.supervisor.name_shown} can no longer see “{share.label}”.")
    return redirect("client-supervision", client_id)


@_require_therapist
@post_only
def answer(request: HttpRequest, client_id: uuid.UUID, share_id: uuid.UUID) -> HttpResponse:
    """Reply to a share's comments as its therapist."""
    context = _context(request, client_id, "share-answer")
    account = current_account(request)
    share = queries.get_share(account=account, client=context["client"], share_id=share_id)
    artefact = next(
        (c.artefact for c in share.comments.all() if str(c.artefact_id) == request.POST.get("artefact")), None
    )
    try:
        text = request.POST.get("text", "")
        actions.comment(share=share, by=account, text=text, at=timezone.now(), artefact=artefact)
    except InputError as error:
        messages.error(request, sentence(error))
    return redirect("client-supervision", client_id)


@_require_therapist
@require_GET
def portfolio(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """Show the portfolio's items with their standing, and fidelity session by session."""
    context = _context(request, client_id, "client-portfolio")
    record = record_of(context["episode"], timezone.now())
    context |= {"items": portfolio_of(record), "fidelity": fidelity_over_sessions(record)}
    return render(request, "supervision/portfolio.html", context)
