"""Secrets kept in small files that only their owner may read."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from securebase.errors import InputError

_KEY = re.compile(r"[0-9a-f]{64}")


def read_or_create_secret(path: Path) -> str:
    """The 256-bit secret in this file as 64 hexadecimal digits; made, readable by the owner only, where there is none.

    Two processes that start together end up with the same secret: the file is made exclusively, and who comes second
    reads what the first wrote.
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
        os.fsync(file.fileno())
    return secret


def read_secret(path: Path) -> str:
    """The secret in this file. Raises InputError where it is missing or is not 64 hexadecimal digits."""
    try:
        secret = path.read_text().strip().lower()
    except OSError as error:
        raise InputError("the key file cannot be read", where=str(path), advice=f"({error.strerror})") from None
    return validate_key(secret, where=str(path))


def validate_key(key: str, *, where: str) -> str:
    """The key itself, if it is 64 hexadecimal digits; the error never repeats what was found."""
    key = key.strip().lower()
    if not _KEY.fullmatch(key):
        raise InputError(
            "the key is not 64 hexadecimal digits",
            where=where,
            advice="Put the right key back, from the copy you keep apart from the database.",
        )
    return key
