"""Strict session cookie for client visits: browsers do not send it with requests from other sites."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from securebase.workbench.own_pages.access import VISIT_KEY


class StrictCookie:
    """Set SameSite=Strict on the session cookie of a visit; wraps Django's session middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        cookie = response.cookies.get(settings.SESSION_COOKIE_NAME)
        if cookie is not None and VISIT_KEY in request.session:
            cookie["samesite"] = "Strict"
        return response
