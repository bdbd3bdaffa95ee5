"""Who may open a page, and who is at the other end of the line."""

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
#: no letter or digit that is read as another one
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def require_role(*roles: Role) -> Callable[[Page[P]], Page[P]]:
    """Only accounts with one of these roles; everybody else is refused, and the attempt is written down."""

    def decorate(page: Page[P]) -> Page[P]:
        @wraps(page)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not current_account(request).has_role(*roles):
                raise NotPermittedError("this page is not for the role of your account")
            return page(request, *args, **kwargs)

        return guarded

    return decorate


def current_account(request: HttpRequest) -> Account:
    """The account of this request. Raises NotPermittedError where nobody is signed in."""
    if not isinstance(request.user, Account):
        raise NotPermittedError("nobody is signed in")
    return request.user


def address_of(request: HttpRequest) -> str:
    """The network address the request came from (the server has dealt with a trusted proxy already)."""
    return str(request.META.get("REMOTE_ADDR", ""))


def from_this_machine(request: HttpRequest) -> bool:
    """Whether the request came over loopback and asked for a loopback name, with no proxy in between."""
    host, _ = split_domain_port(request.get_host())
    if any(name.startswith("HTTP_X_FORWARDED") or name == "HTTP_FORWARDED" for name in request.META):
        return False
    try:
        loopback = ipaddress.ip_address(address_of(request)).is_loopback
    except ValueError:
        return False
    return loopback and host in {"localhost", "127.0.0.1", "[::1]"}


def set_up_code() -> str:
    """The code that the first account needs from another machine. Made once, printed on the console."""
    path = Path(settings.DATA_DIR) / "set-up-code"
    code = "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(code + "\n")
    _log.warning("The first account, made from another machine, needs this set-up code: %s", code)
    return code


def is_set_up_code(typed: str) -> bool:
    """Compares in constant time, forgiving case and spaces."""
    return hmac.compare_digest(typed.strip().upper().encode(), set_up_code().encode())


def forget_set_up_code() -> None:
    (Path(settings.DATA_DIR) / "set-up-code").unlink(missing_ok=True)
