"""A test browser that sees whitespace as people do."""

from __future__ import annotations

from typing import Any

from django.test import Client

from whitespace import collapse_whitespace


class Browser(Client):
    """Django's test client, with the whitespace of pages collapsed."""

    def request(self, **request: Any) -> Any:
        response = super().request(**request)
        if not response.streaming and response.get("Content-Type", "").startswith("text/html"):
            response.content = collapse_whitespace(response.content.decode())
        return response
