"""The language of pages that a client reads."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import translation


def speak(request: HttpRequest, language: str = "") -> None:
    """Write the page of this request in the client's language, or in that of the browser where it is not known."""
    translation.activate(language or translation.get_language_from_request(request))
