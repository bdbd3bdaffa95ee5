"""Error pages in the product's design."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def permission_denied(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "ui/refused.html", {"exception": exception}, status=403)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "ui/csrf_failed.html", status=403)


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "ui/not_found.html", status=404)


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "ui/bad_request.html", status=400)


def server_error(request: HttpRequest) -> HttpResponse:
    return render(request, "ui/failed.html", status=500)
