"""Redaction of log lines: no working client link and no client id may reach the console or a log file."""

from __future__ import annotations

import logging
import re

_LINK = re.compile(r"/([cp])/[^/\s\"'?#<>]+")
_CLIENT = re.compile(r"/clients/[0-9A-Fa-f-]{36}")


def redact_links(text: str) -> str:
    """Return the text with tokens after `/c/` or `/p/` and client ids after `/clients/` replaced by an ellipsis."""
    return _CLIENT.sub("/clients/…", _LINK.sub(r"/\1/…", text))


class RedactingFormatter(logging.Formatter):
    """Redacts the finished line, traceback included: reading a log must not allow answering for a client."""

    def format(self, record: logging.LogRecord) -> str:
        return redact_links(super().format(record))
