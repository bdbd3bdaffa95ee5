"""The check-in as an app on a phone: manifest, icons, the service worker, and the page without a connection."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import vl_convert
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_GET

from securebase import __version__
from securebase.charts.tokens import CARD, PAPER
from securebase.workbench.accounts.queries import help_lines
from securebase.workbench.clients.language import speak

ICON_SIZES = (180, 192, 512)
#: Everything that the page without a connection loads: no page with content is ever cached.
_CACHED = (
    "ui/tokens.css",
    "ui/style.css",
    "ui/components.css",
    "check_ins/check_in.css",
    "ui/check_in.js",
    "ui/js/kept.js",
    "ui/js/rows.js",
    "ui/js/sealed.js",
    "ui/mark.svg",
)


@login_not_required
@require_GET
def manifest(request: HttpRequest) -> JsonResponse:
    """Describe the app. Its name says nothing about health."""
    icons = [
        {"src": reverse("icon", args=[size]), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size in ICON_SIZES[1:]
        for purpose in ("any", "maskable")
    ]
    content = {
        "name": "Securebase",
        "short_name": "Securebase",
        "start_url": "/own/",
        "scope": "/",
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": PAPER,
        "icons": icons,
    }
    return JsonResponse(content, content_type="application/manifest+json")


@login_not_required
@require_GET
def icon(request: HttpRequest, size: int) -> HttpResponse:
    """Draw the mark on a white square, with the margin that a maskable icon needs."""
    if size not in ICON_SIZES:
        raise Http404
    return HttpResponse(_draw_icon(size), content_type="image/png", headers={"Cache-Control": "max-age=86400"})


@lru_cache(maxsize=len(ICON_SIZES))
def _draw_icon(size: int) -> bytes:
    mark = Path(str(finders.find("ui/mark.svg"))).read_text(encoding="utf-8")
    inner = mark[mark.index("<svg") :].replace("<svg", '<svg x="20" y="20" width="60" height="60"', 1)
    square = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" viewBox="0 0 100 100">'
        f'<rect width="100" height="100" fill="{CARD}"/>{inner}</svg>'
    )
    return vl_convert.svg_to_png(square)


@login_not_required
@require_GET
def offline(request: HttpRequest) -> HttpResponse:
    """Show the empty page that the worker keeps. It holds no content of any client."""
    speak(request)
    return render(request, "check_ins/offline.html", {"draft": "", "help_text": help_lines()})


@login_not_required
@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """Return the service worker with the names of what it keeps."""
    path = finders.find("check_ins/worker.js")
    content = Path(str(path)).read_text(encoding="utf-8")
    version = "" if settings.DEBUG else __version__
    names = [f"{static(name)}?{version}" if not name.startswith("ui/js/") else static(name) for name in _CACHED]
    values = json.dumps({"cache": f"securebase-{__version__}", "shell": reverse("offline"), "files": names})
    return HttpResponse(f"self.SETTINGS = {values};\n{content}", content_type="text/javascript; charset=utf-8")
