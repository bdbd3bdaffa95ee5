"""The cookie of a client's visit goes with no request that another site began."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from securebase.workbench.own_pages.access import VISIT_KEY


class StrictCookie:
    """Stands outside Django's own session middleware and makes the cookie of a visit a strict one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        cookie = response.cookies.get(settings.SESSION_COOKIE_NAME)
        if cookie is not None and VISIT_KEY in request.session:
            cookie["samesite"] = "Strict"
        return response
