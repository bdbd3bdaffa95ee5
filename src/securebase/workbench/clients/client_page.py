"""Pages of one client: one decorator checks who may open them, audits the read, and hands the view what it needs."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.models import Account, Role
from securebase.workbench.audit.actions import record
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.clients.queries import client_or_404
from securebase.workbench.ui.methods import post_only

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class ClientPage:
    """One request for a page of a client whom the account may see.

    name: of the URL. tab: of the client's pages that is marked as open. now: moment of the request.
    """

    request: HttpRequest
    account: Account
    client: Client
    name: str
    tab: str
    now: datetime

    @property
    def episode(self) -> Episode | None:
        return self.client.episode

    @property
    def posted(self) -> Mapping[str, Any] | None:
        """Return the data of a sent form, None when the page is only opened."""
        return self.request.POST or None

    def require_episode(self) -> Episode:
        """Return the course of therapy; 404 before one has begun."""
        episode = self.episode
        if episode is None:
            raise Http404
        return episode

    @property
    def context(self) -> dict[str, Any]:
        """The part of the context that all pages of a client share."""
        return {"client": self.client, "episode": self.episode, "section": "caseload", "tab": self.tab}

    def render(self, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200) -> HttpResponse:
        """Return the page with the shared context and its own."""
        return render(self.request, template, self.context | dict(context or {}), status=status)

    def redirect(self, url_name: str, *arguments: object) -> HttpResponse:
        """Redirect to a page of the same client."""
        return redirect(url_name, self.client.id, *arguments)

    def record_read(self) -> None:
        """Write to the audit trail that this account has seen this page."""
        with transaction.atomic():
            record(
                actor=self.account, action="client.read", object_type="page", object_id=self.name, client=self.client.id
            )


View = Callable[Concatenate[ClientPage, P], HttpResponse]
Opened = Callable[..., HttpResponse]


def client_page(
    *methods: str, tab: str = "", audited: Collection[str] = ("GET", "POST")
) -> Callable[[View[P]], Opened]:
    """Turn a view of a ClientPage into one of a request and a `client_id`.

    In this order: an account that is no therapist is refused (403), another method than `methods` (405), and a client
    of somebody else or none (404). Then the read is audited under the name of the URL, for the methods in `audited`.
    """
    guard: Callable[[Opened], Opened] = post_only if set(methods) == {"POST"} else require_http_methods(methods)

    def decorate(view: View[P]) -> Opened:
        @require_role(Role.THERAPIST)
        @guard
        @wraps(view)
        def open_page(request: HttpRequest, /, client_id: uuid.UUID, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            match, account = request.resolver_match, current_account(request)
            name = str(match.url_name) if match else view.__name__
            client = client_or_404(account=account, client_id=client_id, page=name)
            page = ClientPage(request, account, client, name, tab, timezone.now())
            if request.method in audited:
                page.record_read()
            return view(page, *args, **kwargs)

        open_page.is_client_page = True  # type: ignore[attr-defined]
        return open_page

    return decorate
