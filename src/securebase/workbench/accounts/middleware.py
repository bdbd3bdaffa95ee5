"""Middleware: idle lock, forced password change, and the response to a NotPermittedError."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from securebase.errors import NotPermittedError
from securebase.workbench.accounts.actions import record_denial, record_sign_out
from securebase.workbench.accounts.models import Account
from securebase.workbench.ui.methods import nearest_page
from securebase.workbench.ui.pages import permission_denied

_SEEN_KEY = "seen_at"
#: seconds between two writes of the last request's time: saving the session on every request would be a write each
_SAVE_INTERVAL = 30

#: Pages without an account: an expired sign-in must not keep a client from their check-in.
_PUBLIC_PATHS = ("/c/", "/p/", "/own/", "/sign-in/")

GetResponse = Callable[[HttpRequest], HttpResponse]


class IdleLock:
    """Ends a sign-in after SECUREBASE_IDLE_MINUTES without a request (ASVS 4.0.3, V3.3.2).

    The server enforces the limit; the browser script only warns earlier and hides the page.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        account = request.user
        if isinstance(account, Account):
            now, last_seen = time.time(), float(request.session.get(_SEEN_KEY, 0))
            if last_seen and now - last_seen > settings.IDLE_MINUTES * 60:
                record_sign_out(account=account, reason="idle")
                logout(request)
                if request.path.startswith(_PUBLIC_PATHS):
                    return self.get_response(request)
                back = nearest_page(request.get_full_path())
                return redirect(f"{reverse('sign-in')}?{urlencode({'away': '1', 'next': back})}")
            # abs: a clock that was set back must not keep the session alive
            if abs(now - last_seen) > _SAVE_INTERVAL:
                request.session[_SEEN_KEY] = now
        return self.get_response(request)


class RequireOwnPassword:
    """Redirects accounts whose password an administrator set to the profile until they choose their own.

    An initial password must not become the long-term one (compare ASVS 4.0.3, V2.3.1).
    """

    ALLOWED_PAGES = frozenset(
        {"profile", "sign-in", "sign-out", "still-here", "healthy", "check-in", "check-in-sent", "own-link"}
    )

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> HttpResponse | None:
        account, match = request.user, request.resolver_match
        if not isinstance(account, Account) or not account.password_set_by_other:
            return None
        return None if match and match.url_name in self.ALLOWED_PAGES else redirect("profile")


class AccessDenials:
    """Answers 403 if a page raises NotPermittedError and records the attempt (ASVS 4.0.3, V7.1.3)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, NotPermittedError):
            return None
        match = request.resolver_match
        record_denial(
            account=request.user,
            page=(match.url_name if match else None) or "",
            reason=exception.what,
            client=match.kwargs.get("client_id", "") if match else "",
        )
        return permission_denied(request, exception)
