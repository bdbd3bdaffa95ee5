"""What every template may use."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from securebase import __version__


def workbench_context(request: HttpRequest) -> dict[str, Any]:
    """Whether this is the demo clinic, the product's version, and after how many idle minutes a page ends."""
    return {"demo": settings.DEMO, "version": __version__, "idle_minutes": settings.IDLE_MINUTES}
