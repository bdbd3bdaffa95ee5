"""The client's link: unguessable, and known only to who holds it."""

from __future__ import annotations

import hashlib
import secrets


def new_token() -> str:
    """256 bits, safe in an address."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What the database keeps. The token has full entropy, so a plain digest cannot be guessed back."""
    return hashlib.sha256(token.encode()).hexdigest()
