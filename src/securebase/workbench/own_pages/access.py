"""Visits of a client's own page: they begin with link and code, or on a device that the therapist hands over."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from securebase.workbench.accounts.models import Account
from securebase.workbench.accounts.queries import help_lines, help_text_of
from securebase.workbench.clients.language import speak
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.own_pages import queries
from securebase.workbench.own_pages.models import OwnPage
from securebase.workbench.ui.methods import is_autosave

P = ParamSpec("P")
#: Key of the visit in the browser's session.
VISIT_KEY = "own_page"


@dataclass(frozen=True, slots=True)
class Visit:
    """An open visit; `handed_over` if it takes place on the therapist's device."""

    page: OwnPage
    episode: Episode
    handed_over: bool

    @property
    def client(self) -> Client:
        return self.page.client


def begin_visit(request: HttpRequest, page: OwnPage, *, handed_over: bool = False) -> None:
    """Open the page in this browser. Signs a staff account out first, so that a browser has one user at a time."""
    if isinstance(request.user, Account):
        logout(request)
    request.session.cycle_key()  # against session fixation
    request.session[VISIT_KEY] = {
        "page": str(page.id),
        "link": page.link_number,
        "handed": handed_over,
        "seen": time.time(),
        "locked": False,
    }


def end_visit(request: HttpRequest) -> bool:
    """Clear the session. Returns whether the device had been handed over."""
    handed_over = request.session.get("handed_over")
    request.session.flush()
    if handed_over:
        request.session["handed_over"] = {}
    return bool(handed_over)


def page_of_visit(request: HttpRequest, now: datetime) -> OwnPage | None:
    """Return the page of this browser's visit, idle or not; None if there is no visit or it has ended."""
    state = request.session.get(VISIT_KEY)
    if not isinstance(state, dict) or isinstance(request.user, Account):
        return None
    page = queries.page_by_id(str(state["page"]))
    if page is None or page.link_number != state["link"]:
        return None
    return page if state["handed"] or page.is_open(now) else None


def visit_required(view: Callable[Concatenate[HttpRequest, Visit, P], HttpResponse]) -> Callable[..., HttpResponse]:
    """Allow a view only in an open visit.

    After an idle time (`IDLE_MINUTES`) the client must enter the code again. Autosaves of an ended visit are refused,
    so that the browser keeps the input.
    """

    @login_not_required
    @wraps(view)
    def wrapper(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        now = timezone.now()
        page = page_of_visit(request, now)
        if page is None:
            return _refuse(request, closed_page(request, None))
        state = request.session[VISIT_KEY]
        handed_over = bool(state["handed"])
        if state["locked"] or time.time() - float(state["seen"]) > settings.IDLE_MINUTES * 60:
            if handed_over:
                end_visit(request)
                return _refuse(request, closed_page(request, page))
            request.session[VISIT_KEY] = state | {"locked": True}
            return _refuse(request, code_form(request, page, away=True, status=403))
        request.session[VISIT_KEY] = state | {"seen": time.time()}
        speak(request, page.client.language)
        episode = page.client.episode
        if episode is None:
            raise Http404
        on_therapists_device = handed_over or "handed_over" in request.session
        return view(request, Visit(page, episode, on_therapists_device), *args, **kwargs)

    return wrapper


def _refuse(request: HttpRequest, page: HttpResponse) -> HttpResponse:
    if is_autosave(request):
        return JsonResponse({"error": "closed"}, status=403)
    return page


def code_form(
    request: HttpRequest, page: OwnPage, *, away: bool = False, error: str = "", status: int = 200
) -> HttpResponse:
    """Show the form for the code. It does not reveal whose page it is."""
    target = request.POST.get("next") if request.method == "POST" else request.get_full_path()
    context = base_context(request, page) | {
        "away": away,
        "error": error,
        "next": target if target and target.startswith("/own/") else "",
    }
    return render(request, "own_pages/code.html", context, status=status)


def closed_page(
    request: HttpRequest, page: OwnPage | None, *, for_good: bool = False, signed_out: bool = False
) -> HttpResponse:
    """Show the page for ended and unknown links, and after “Close”; it does not reveal which."""
    context = base_context(request, page) | {"for_good": for_good, "signed_out": signed_out}
    return render(request, "own_pages/closed.html", context, status=200 if signed_out or for_good else 410)


def base_context(request: HttpRequest, page: OwnPage | None) -> dict[str, Any]:
    """Return the context of every page of the client: help text, and whether it is on the therapist's device."""
    if page is None:
        speak(request)
        lines = help_lines()
    else:
        speak(request, page.client.language)
        lines = help_text_of(page.client.therapist.clinic)
    return {"help_text": lines, "handed_over": "handed_over" in request.session}
