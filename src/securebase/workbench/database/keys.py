"""Secrets in small files that only their owner can read."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from securebase.errors import InputError

_KEY = re.compile(r"[0-9a-f]{64}")


def read_or_create_secret(path: Path) -> str:
    """Return the 256-bit secret in this file as 64 hexadecimal digits; create the file (mode 0600) if it is missing.

    Two processes that start together get the same secret: O_EXCL lets one create the file, and the other reads it.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return read_secret(path)
    with os.fdopen(descriptor, "w") as file:
        secret = secrets.token_hex(32)
        file.write(secret + "\n")
        file.flush()
        # on disk before the first page is encrypted with it: a lost key loses the database
        os.fsync(file.fileno())
    return secret


def read_secret(path: Path) -> str:
    """Return the secret in this file. Raises InputError if it is missing or not 64 hexadecimal digits."""
    try:
        secret = path.read_text().strip().lower()
    except OSError as error:
        raise InputError(
            f"cannot read the key file ({error.strerror})",
            where=str(path),
            advice="Restore it from the copy kept apart from the database, or correct SECUREBASE_DATABASE_KEY_FILE.",
        ) from None
    return validate_key(secret, source=str(path))


def validate_key(key: str, *, source: str) -> str:
    """Return the key in lower case. The error does not repeat the value, which may be a secret with a typo."""
    key = key.strip().lower()
    if not _KEY.fullmatch(key):
        raise InputError(
            "the key must be 64 hexadecimal digits",
            where=source,
            advice="Restore it from the copy you keep apart from the database.",
        )
    return key
