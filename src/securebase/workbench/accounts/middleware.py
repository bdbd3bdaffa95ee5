"""What stands between a request and the pages: the idle lock, and the answer to what is not permitted."""

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
from securebase.workbench.ui.pages import refused

_SEEN = "seen_at"
#: The moment of the last request is written down at most this often, in seconds.
_EVERY = 30

#: Pages that need no account: a sign-in that ended must not come between a client and their check-in.
_FOR_ANYBODY = ("/c/", "/p/", "/own/", "/sign-in/")

GetResponse = Callable[[HttpRequest], HttpResponse]


class IdleLock:
    """Ends a sign-in after so many minutes without a request, on the server, whatever the browser does."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        account = request.user
        if isinstance(account, Account):
            now, seen = time.time(), float(request.session.get(_SEEN, 0))
            if seen and now - seen > settings.IDLE_MINUTES * 60:
                record_sign_out(account=account, why="idle")
                logout(request)
                if request.path.startswith(_FOR_ANYBODY):
                    return self.get_response(request)
                back = nearest_page(request.get_full_path())
                return redirect(f"{reverse('sign-in')}?{urlencode({'away': '1', 'next': back})}")
            if abs(now - seen) > _EVERY:
                request.session[_SEEN] = now
        return self.get_response(request)


class OwnPassword:
    """Whoever signed in with a password that somebody else set chooses their own before anything else."""

    OPEN = frozenset(
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
        return None if match and match.url_name in self.OPEN else redirect("profile")


class Denials:
    """A page that raises NotPermittedError answers 403, and the attempt is written down."""

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
            why=exception.what,
            client=match.kwargs.get("client_id", "") if match else "",
        )
        return refused(request, exception)
