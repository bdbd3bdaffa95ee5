"""Addresses that only take what is sent to them: what a browser sees that asks for one, and where sign-in leads."""

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
    """`require_POST`, and the address says so to whoever wants to lead a browser there."""
    guarded = wraps(page)(require_POST(page))
    guarded.sent_only = True  # type: ignore[attr-defined]
    return guarded


def nearest_page(address: str) -> str:
    """The address itself where it can be opened; where it only takes what is sent, the page it belongs to: the nearest
    one up the path."""
    path = urlsplit(address).path
    if not _is_sent_only(path):
        return address
    while path.strip("/"):
        path = path.rstrip("/").rpartition("/")[0] + "/"
        try:
            resolve(path)
        except Http404:
            continue
        if not _is_sent_only(path):
            return path
    return "/"


def _is_sent_only(path: str) -> bool:
    try:
        return bool(getattr(resolve(path).func, "sent_only", False))
    except Http404:
        return False


class NotAllowedPages:
    """A page in the product's look instead of a browser's own, where an address cannot be opened like that."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 405 or response.content:
            return response
        near = nearest_page(request.path)
        # as a way from here, so that the page says nothing of what was asked for
        way = posixpath.relpath(near, request.path) + "/" if near != request.path else "/"
        page = render(request, "ui/not_allowed.html", {"near": way}, status=405)
        page.headers["Allow"] = response.headers.get("Allow", "")
        return page
