"""The therapist's settings of the client's own page: link and code, contents, closing."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect

from securebase.workbench.accounts.actions import record_sign_out
from securebase.workbench.clients.client_page import ClientPage, client_page
from securebase.workbench.own_pages import actions, queries
from securebase.workbench.own_pages.access import begin_visit


def _context(page: ClientPage) -> dict[str, Any]:
    row = queries.page_for_therapist(page.account, page.client)
    return {"page": row, "is_open": row is not None and row.is_open(page.now), "now": page.now}


@client_page("GET", "POST", tab="details")
def own_page(page: ClientPage) -> HttpResponse:
    """Show whether the page is open and what the client sees there; save its settings."""
    context, episode, posted = _context(page), page.episode, page.request.POST
    if page.request.method == "POST":
        row = context["page"] or actions.get_or_create_page(client=page.client, by=page.account)
        actions.set_page_contents(page=row, by=page.account, graph="graph" in posted, circle="circle" in posted)
        messages.success(page.request, "Saved.")
        return page.redirect("own-page-settings")
    context |= {
        "sheets": queries.shared_worksheets(episode) if episode else [],
        "recent_activity": queries.recent_activity(page.account, episode) if episode else [],
        "address": settings.ADDRESS,
        "weeks": settings.OWN_PAGE_WEEKS,
    }
    return page.render("own_pages/settings.html", context)


@client_page("POST", tab="details")
def make_link(page: ClientPage) -> HttpResponse:
    """Create a new link and code and show them once; the workbench stores only a digest and a hash."""
    if not settings.ADDRESS:
        messages.error(page.request, "The clinic has no web address yet, so links cannot work.")
        return page.redirect("own-page-settings")
    link = actions.make_link(client=page.client, by=page.account, at=page.now)
    context = _context(page)
    context |= {"page": link.page, "link": settings.ADDRESS + link.path, "code": f"{link.code[:3]} {link.code[3:]}"}
    return page.render("own_pages/link.html", context)


@client_page("POST")
def hand_over(page: ClientPage) -> HttpResponse:
    """Sign the therapist out and open the client's page in this browser."""
    request = page.request
    row = actions.hand_over(client=page.client, by=page.account)
    record_sign_out(account=page.account, reason="device handed over")
    logout(request)
    begin_visit(request, row, handed_over=True)
    request.session["handed_over"] = {"check_in": "/own/", "own_page": True}
    request.session.set_expiry(4 * 60 * 60)
    response = redirect("own-home")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@client_page("POST")
def close(page: ClientPage) -> HttpResponse:
    """End the link and any open visit at once."""
    row = queries.page_for_therapist(page.account, page.client)
    if row is not None:
        actions.close_page(page=row, by=page.account, at=page.now)
    messages.success(page.request, "The page is closed. Its link no longer works.")
    return page.redirect("own-page-settings")
