"""Context processor for all templates."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from securebase import __version__


def workbench_context(request: HttpRequest) -> dict[str, Any]:
    """Return the demo flag, the product's version and the idle limit in minutes."""
    return {"demo": settings.DEMO, "version": __version__, "idle_minutes": settings.IDLE_MINUTES}
