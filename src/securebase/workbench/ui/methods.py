"""Pages that accept POST only: their 405 page, and the page to open instead of them."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlsplit

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import resolve
from django.views.decorators.http import require_POST

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, P], HttpResponse]


def post_only(page: Page[P]) -> Page[P]:
    """Apply `require_POST` and mark the view so that redirects avoid it. GET must not change data (RFC 9110, 9.2.1)."""
    guarded = wraps(page)(require_POST(page))
    guarded.post_only = True  # type: ignore[attr-defined]
    return guarded


def nearest_page(address: str) -> str:
    """Return the address itself, or for a POST-only address the nearest page further up the path."""
    path = urlsplit(address).path
    if not _is_post_only(path):
        return address
    while path.strip("/"):
        path = path.rstrip("/").rpartition("/")[0] + "/"
        try:
            resolve(path)
        except Http404:
            continue
        if not _is_post_only(path):
            return path
    return "/"


def _is_post_only(path: str) -> bool:
    try:
        return bool(getattr(resolve(path).func, "post_only", False))
    except Http404:
        return False


class NotAllowedPages:
    """Replaces an empty 405 response by a page in the product's design."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 405 or response.content:
            return response
        nearest = nearest_page(request.path)
        # a relative link, so that the page does not repeat the address (which may hold a token)
        link = posixpath.relpath(nearest, request.path) + "/" if nearest != request.path else "/"
        page = render(request, "ui/not_allowed.html", {"link": link}, status=405)
        # a 405 response must list the allowed methods (RFC 9110, 15.5.6)
        page.headers["Allow"] = response.headers.get("Allow", "")
        return page


def is_autosave(request: HttpRequest) -> bool:
    """Return whether a script of the page saves (and reads JSON), not a person who has pressed a button."""
    return request.headers.get("X-Autosave") == "1"
