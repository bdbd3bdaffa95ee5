"""The gallery: every component of the kit in every state, in the demo clinic."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from securebase.workbench.ui.kit import read_components


@login_not_required
def show_gallery(request: HttpRequest) -> HttpResponse:
    """Show the gallery without sign-in, because it holds no data; in a clinic it does not exist."""
    if not settings.DEMO:
        raise Http404
    components = read_components().values()
    scripts = [component.script_path for component in components if component.script]
    return render(request, "ui/gallery.html", {"components": components, "scripts": scripts})
