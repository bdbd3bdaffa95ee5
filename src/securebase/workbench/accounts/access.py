"""Access control for pages: roles, the account and address of a request, and the set-up code."""

from __future__ import annotations

import hmac
import ipaddress
import logging
import os
import secrets
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port

from securebase.errors import NotPermittedError
from securebase.workbench.accounts.models import Account, Role

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, P], HttpResponse]
_log = logging.getLogger("securebase.set_up")
#: without I, O, 0 and 1, which are easily misread
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def require_role(*roles: Role) -> Callable[[Page[P]], Page[P]]:
    """Allow accounts with one of these roles; `AccessDenials` answers 403 to all others and records the attempt.

    The check runs on the server for every request (ASVS 4.0.3, V4.1.1).
    """

    def decorate(page: Page[P]) -> Page[P]:
        @wraps(page)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not current_account(request).has_role(*roles):
                raise NotPermittedError("the role of this account does not include this page")
            return page(request, *args, **kwargs)

        return guarded

    return decorate


def current_account(request: HttpRequest) -> Account:
    """Return the account of this request. Raises NotPermittedError if nobody is signed in."""
    if not isinstance(request.user, Account):
        raise NotPermittedError("nobody is signed in")
    return request.user


def address_of(request: HttpRequest) -> str:
    """Return the network address of the request.

    REMOTE_ADDR only: X-Forwarded-For can be forged. Waitress has already replaced it for the trusted proxy.
    """
    return str(request.META.get("REMOTE_ADDR", ""))


def is_from_this_machine(request: HttpRequest) -> bool:
    """Return whether the request came over loopback, for a loopback host name and without a proxy in between."""
    # The host name counts as well: DNS rebinding lets a foreign site send requests over loopback under its own name.
    host, _ = split_domain_port(request.get_host())
    # a proxy on this machine makes every remote request arrive over loopback
    if any(name.startswith("HTTP_X_FORWARDED") or name == "HTTP_FORWARDED" for name in request.META):
        return False
    try:
        loopback = ipaddress.ip_address(address_of(request)).is_loopback
    except ValueError:
        return False
    return loopback and host in {"localhost", "127.0.0.1", "[::1]"}


def set_up_code() -> str:
    """Return the code for creating the first account from another machine; create and log it on first use.

    12 characters from an alphabet of 32 carry 60 bits.
    """
    path = Path(settings.DATA_DIR) / "set-up-code"
    code = "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        # O_EXCL: of two requests that race, one creates the file and the other reads it
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(code + "\n")
    _log.warning("To create the first account from another machine, enter this set-up code: %s", code)
    return code


def matches_set_up_code(typed: str) -> bool:
    """Compare in constant time (no timing side channel), ignoring case and surrounding spaces."""
    return hmac.compare_digest(typed.strip().upper().encode(), set_up_code().encode())


def delete_set_up_code() -> None:
    """Delete the set-up code after the first account exists."""
    (Path(settings.DATA_DIR) / "set-up-code").unlink(missing_ok=True)
