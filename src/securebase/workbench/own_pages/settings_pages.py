"""The therapist's settings of the client's own page: link and code, contents, closing."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.actions import record_sign_out
from securebase.workbench.accounts.models import Role
from securebase.workbench.own_pages import actions, queries
from securebase.workbench.own_pages.access import begin_visit
from securebase.workbench.therapy_sessions.queries import client_page
from securebase.workbench.ui.methods import post_only

_require_therapist = require_role(Role.THERAPIST)


def _context(request: HttpRequest, client_id: uuid.UUID, page: str) -> dict[str, Any]:
    now = timezone.now()
    context = client_page(account=current_account(request), client_id=client_id, page=page, now=now)
    row = queries.page_for_therapist(current_account(request), context["client"])
    return context | {"page": row, "is_open": row is not None and row.is_open(now), "now": now, "tab": "details"}


@_require_therapist
@require_http_methods(["GET", "POST"])
def own_page(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """Show whether the page is open and what the client sees there; save its settings."""
    context = _context(request, client_id, "own-page-settings")
    if request.method == "POST":
        row = context["page"] or actions.get_or_create_page(client=context["client"], by=current_account(request))
        actions.set_page_contents(
            page=row, by=current_account(request), graph="graph" in request.POST, circle="circle" in request.POST
        )
        messages.success(request, "Saved.")
        return redirect("own-page-settings", client_id)
    episode = context["episode"]
    context |= {
        "sheets": queries.shared_worksheets(episode) if episode else [],
        "recent_activity": queries.recent_activity(current_account(request), episode) if episode else [],
        "address": settings.ADDRESS,
        "weeks": settings.OWN_PAGE_WEEKS,
    }
    return render(request, "own_pages/settings.html", context)


@_require_therapist
@post_only
def make_link(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """Create a new link and code and show them once; the workbench stores only a digest and a hash."""
    context = _context(request, client_id, "own-page-link")
    if not settings.ADDRESS:
        messages.error(request, "The clinic has no web address yet, so links cannot work.")
        return redirect("own-page-settings", client_id)
    link = actions.make_link(client=context["client"], by=current_account(request), at=timezone.now())
    context |= {"page": link.page, "link": settings.ADDRESS + link.path, "code": f"{link.code[:3]} {link.code[3:]}"}
    return render(request, "own_pages/link.html", context)


@_require_therapist
@post_only
def hand_over(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """Sign the therapist out and open the client's page in this browser."""
    context, account = _context(request, client_id, "own-page-hand-over"), current_account(request)
    row = actions.hand_over(client=context["client"], by=account)
    record_sign_out(account=account, reason="device handed over")
    logout(request)
    begin_visit(request, row, handed_over=True)
    request.session["handed_over"] = {"check_in": "/own/", "own_page": True}
    request.session.set_expiry(4 * 60 * 60)
    response = redirect("own-home")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@_require_therapist
@post_only
def close(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """End the link and any open visit at once."""
    context = _context(request, client_id, "own-page-close")
    if context["page"] is not None:
        actions.close_page(page=context["page"], by=current_account(request), at=timezone.now())
    messages.success(request, "The page is closed. Its link no longer works.")
    return redirect("own-page-settings", client_id)
