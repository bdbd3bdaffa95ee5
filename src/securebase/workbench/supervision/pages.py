"""The supervisor's pages: shared courses, one course, one of its worksheets, and comments on them."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET

from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.models import Role
from securebase.workbench.supervision import actions, queries
from securebase.workbench.supervision.models import Comment, Share
from securebase.workbench.ui.conflict import refusal_as_message
from securebase.workbench.ui.methods import post_only

_only_supervisors = require_role(Role.SUPERVISOR)


@_only_supervisors
@require_GET
def supervisees(request: HttpRequest) -> HttpResponse:
    """Show the courses that are now shared with this supervisor."""
    shares = queries.supervisees(current_account(request), timezone.now())
    return render(request, "supervision/supervisees.html", {"shares": shares, "section": "supervision"})


def _share(request: HttpRequest, share_id: uuid.UUID, page: str) -> Share:
    return queries.share_in_view(account=current_account(request), share_id=share_id, now=timezone.now(), page=page)


@_only_supervisors
@require_GET
def course(request: HttpRequest, share_id: uuid.UUID) -> HttpResponse:
    """Show the shared parts of one course."""
    share, now = _share(request, share_id, "shared-course"), timezone.now()
    actions.record_look(share=share, by=current_account(request), part="course")
    context: dict[str, Any] = {"share": share, "course": queries.shared_course(share, now), "section": "supervision"}
    return render(request, "supervision/course.html", context | _thread_context(request, queries.thread(share)))


@_only_supervisors
@require_GET
def sheet(request: HttpRequest, share_id: uuid.UUID, artefact_id: uuid.UUID) -> HttpResponse:
    """Show one shared worksheet with its comments."""
    share = _share(request, share_id, "shared-sheet")
    row, shared = queries.shared_sheet(share, artefact_id, timezone.now())
    actions.record_look(share=share, by=current_account(request), part=row.worksheet, object_id=row.id)
    context = {"share": share, "sheet": shared, "section": "supervision", "artefact_id": row.id}
    return render(request, "supervision/sheet.html", context | _thread_context(request, queries.thread(share, row)))


def _thread_context(request: HttpRequest, thread: list[Comment]) -> dict[str, Any]:
    account = current_account(request)
    visible = [c for c in thread if c.removed_at is None or c.by_id == account.id]
    actions.mark_seen(comments=[c.id for c in visible if c.by_id != account.id], by=account, at=timezone.now())
    return {"thread": visible, "me": account}


@_only_supervisors
@post_only
def comment(request: HttpRequest, share_id: uuid.UUID) -> HttpResponse:
    """Comment on the whole course or on one of its worksheets."""
    share, now = _share(request, share_id, "shared-comment"), timezone.now()
    row, back = None, reverse("shared-course", args=[share.id])
    artefact_id = request.POST.get("artefact", "")
    if artefact_id:
        row, _ = queries.shared_sheet(share, _uuid(artefact_id), now)
        back = reverse("shared-sheet", args=[share.id, row.id])
    with refusal_as_message(request):
        actions.comment(
            share=share, by=current_account(request), text=request.POST.get("text", ""), at=now, artefact=row
        )
    return redirect(f"{back}#said")


@require_role(Role.SUPERVISOR, Role.THERAPIST)
@post_only
def change_comment(request: HttpRequest, comment_id: uuid.UUID) -> HttpResponse:
    """Reword, remove or restore one's own comment."""
    account, now = current_account(request), timezone.now()
    comment = queries.own_comment(account=account, comment_id=comment_id)
    with refusal_as_message(request):
        if "remove" in request.POST or "undo" in request.POST:
            actions.remove_comment(comment=comment, by=account, at=now, undo="undo" in request.POST)
        else:
            actions.change_comment(comment=comment, by=account, text=request.POST.get("text", ""), at=now)
    back = request.POST.get("next", "")
    safe = back.startswith("/") and url_has_allowed_host_and_scheme(back, None)
    return redirect(f"{back}#said" if safe else "caseload")


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)
