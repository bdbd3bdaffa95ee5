"""A mail server on this machine for tests: it keeps what it receives, and can refuse."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope


class Mailbox:
    """Handler of the server. `refused` addresses get the answer 550, as addresses that do not exist."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, Message]] = []
        self.refused: set[str] = set()

    async def handle_RCPT(  # noqa: N802 (the name is fixed by the library)
        self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        self.messages += [(to, message_from_bytes(content)) for to in envelope.rcpt_tos]
        return "250 OK"

    def texts(self, to: str) -> list[str]:
        """Return subject and body of every message to an address."""
        return [
            f"{m['Subject']}\n{m.get_payload(decode=True).decode()}"  # type: ignore[union-attr]
            for address, m in self.messages
            if address == to
        ]


@contextmanager
def mail_server() -> Iterator[tuple[Mailbox, int]]:
    """Run a mail server on a free port; yields its mailbox and the port."""
    mailbox = Mailbox()
    with socket.socket() as free:  # the controller has to know its port
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield mailbox, port
    finally:
        controller.stop()
