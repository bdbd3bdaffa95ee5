"""What the console and its log files may not hold: a client's live link, or the key of a client's pages."""

from __future__ import annotations

import logging
import re

_LINK = re.compile(r"/([cp])/[^/\s\"'?#<>]+")
_CLIENT = re.compile(r"/clients/[0-9A-Fa-f-]{36}")


def redact_links(text: str) -> str:
    """The same text, with what stands after `/c/` or `/p/`, and a client's identity after `/clients/`, blotted out."""
    return _CLIENT.sub("/clients/…", _LINK.sub(r"/\1/…", text))


class RedactingFormatter(logging.Formatter):
    """Blots links out of the finished line, its traceback included: whoever reads a log may not answer for a client."""

    def format(self, record: logging.LogRecord) -> str:
        return redact_links(super().format(record))
