"""A test browser that sees whitespace as people do."""

from __future__ import annotations

import functools
from typing import Any

from django.core.signals import setting_changed
from django.test import Client
from django.test.client import ClientHandler

from whitespace import collapse_whitespace


@functools.cache
def _loaded_handler(enforce_csrf_checks: bool) -> ClientHandler:
    """Return a handler with its middleware, which reads every static file when it is made and holds no visitor."""
    handler = ClientHandler(enforce_csrf_checks)
    handler.load_middleware()
    return handler


# What a middleware read from the settings when it was made may have changed.
setting_changed.connect(lambda **_: _loaded_handler.cache_clear(), weak=False)


class Browser(Client):
    """Django's test client, with the whitespace of pages collapsed."""

    def __init__(self, enforce_csrf_checks: bool = False, **defaults: Any) -> None:
        super().__init__(enforce_csrf_checks, **defaults)
        self.handler = _loaded_handler(enforce_csrf_checks)

    def request(self, **request: Any) -> Any:
        response = super().request(**request)
        if not response.streaming and response.get("Content-Type", "").startswith("text/html"):
            response.content = collapse_whitespace(response.content.decode())
        return response
