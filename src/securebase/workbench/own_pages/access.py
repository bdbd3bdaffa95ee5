"""Who is at a client's own page: a visit begins with link and code, or with the therapist's device handed over."""

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

from securebase.workbench.accounts.models import HELP_TEXT, Account
from securebase.workbench.accounts.queries import help_text_of
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.own_pages import queries
from securebase.workbench.own_pages.models import OwnPage

P = ParamSpec("P")
#: The name under which a browser's session keeps the visit.
VISIT_KEY = "own_page"


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit that is open: whose page, and whether it is looked at on the therapist's device."""

    page: OwnPage
    episode: Episode
    handed_over: bool

    @property
    def client(self) -> Client:
        return self.page.client


def begin_visit(request: HttpRequest, page: OwnPage, *, handed_over: bool = False) -> None:
    """Open the page in this browser. A sign-in of staff ends first: a browser has one user at a time."""
    if isinstance(request.user, Account):
        logout(request)
    request.session.cycle_key()
    request.session[VISIT_KEY] = {
        "page": str(page.id),
        "link": page.link_number,
        "handed": handed_over,
        "seen": time.time(),
        "locked": False,
    }


def end_visit(request: HttpRequest) -> bool:
    """Nothing of the visit stays in the browser's session. Returns whether the device had been handed over."""
    handed = request.session.get("handed_over")
    request.session.flush()
    if handed:
        request.session["handed_over"] = {}
    return bool(handed)


def page_of_visit(request: HttpRequest, now: datetime) -> OwnPage | None:
    """The page of this browser's visit, idle or not; None where it has ended or there is none."""
    kept = request.session.get(VISIT_KEY)
    if not isinstance(kept, dict) or isinstance(request.user, Account):
        return None
    page = queries.page_by_id(str(kept["page"]))
    if page is None or page.link_number != kept["link"]:
        return None
    return page if kept["handed"] or page.is_open(now) else None


def visit_required(view: Callable[Concatenate[HttpRequest, Visit, P], HttpResponse]) -> Callable[..., HttpResponse]:
    """Only in an open visit. After an idle quarter of an hour the code is asked for again; what was sent with an ended
    visit is refused, so that the browser keeps it.
    """

    @login_not_required
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        now = timezone.now()
        page = page_of_visit(request, now)
        if page is None:
            return _refused(request, closed_page(request, None))
        kept = request.session[VISIT_KEY]
        handed = bool(kept["handed"])
        if kept["locked"] or time.time() - float(kept["seen"]) > settings.IDLE_MINUTES * 60:
            if handed:
                end_visit(request)
                return _refused(request, closed_page(request, page))
            request.session[VISIT_KEY] = kept | {"locked": True}
            return _refused(request, code_form(request, page, away=True, status=403))
        request.session[VISIT_KEY] = kept | {"seen": time.time()}
        episode = page.client.episode
        if episode is None:
            raise Http404
        on_their_device = handed or "handed_over" in request.session
        return view(request, Visit(page, episode, on_their_device), *args, **kwargs)

    return guarded


def _refused(request: HttpRequest, page: HttpResponse) -> HttpResponse:
    if request.headers.get("X-Autosave") == "1":
        return JsonResponse({"error": "closed"}, status=403)
    return page


def code_form(
    request: HttpRequest, page: OwnPage, *, away: bool = False, error: str = "", status: int = 200
) -> HttpResponse:
    """Ask for the code. The page says nothing about whose it is."""
    wanted = request.POST.get("next") if request.method == "POST" else request.get_full_path()
    context = base_context(request, page) | {
        "away": away,
        "error": error,
        "next": wanted if wanted and wanted.startswith("/own/") else "",
    }
    return render(request, "own_pages/code.html", context, status=status)


def closed_page(
    request: HttpRequest, page: OwnPage | None, *, for_good: bool = False, left: bool = False
) -> HttpResponse:
    """One kind page for links that ended or never were, and after “Close”."""
    context = base_context(request, page) | {"for_good": for_good, "left": left}
    return render(request, "own_pages/closed.html", context, status=200 if left or for_good else 410)


def base_context(request: HttpRequest, page: OwnPage | None) -> dict[str, Any]:
    """What every page of the client shows: help, and whether the device is the therapist's."""
    if page is None:
        lines = [line for line in HELP_TEXT.splitlines() if line]
    else:
        lines = help_text_of(page.client.therapist.clinic)
    return {"help_text": lines, "handed_over": "handed_over" in request.session}
