"""Tokens of clients' links: unguessable, and stored only as digests."""

from __future__ import annotations

import hashlib
import secrets


def new_token() -> str:
    """Return a random URL-safe token of 256 bits."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """Return the digest to store. The token has 256 random bits, so an unsalted hash cannot be inverted by guessing."""
    return hashlib.sha256(token.encode()).hexdigest()
