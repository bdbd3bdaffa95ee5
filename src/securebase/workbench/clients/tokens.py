"""Tokens of clients' links: unguessable, and stored only as digests."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode

from django.conf import settings


def new_token() -> str:
    """Return a random URL-safe token of 256 bits."""
    return secrets.token_urlsafe(32)


def derived_token(purpose: str) -> str:
    """Return the token of a purpose, such as one link of one check-in: 256 bits that only this workbench can compute.

    A message that is sent again, and a code on a screen, can so hold the same link, of which only a digest is stored.
    """
    key = hashlib.sha256(f"link tokens:{settings.SECRET_KEY}".encode()).digest()
    return urlsafe_b64encode(hmac.digest(key, purpose.encode(), "sha256")).rstrip(b"=").decode()


def digest(token: str) -> str:
    """Return the digest to store. The token has 256 random bits, so an unsalted hash cannot be inverted by guessing."""
    return hashlib.sha256(token.encode()).hexdigest()
