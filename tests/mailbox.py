"""A mail server on the loopback interface: a real one (aiosmtpd), told beforehand how to treat each message."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from smtplib import SMTP
from typing import Any

from aiosmtpd.controller import Controller

SENDER = "so.y.te@vi-du.test"
LOST = "lost"
"""The server takes the message and the connection breaks before it can say so."""


class Mailbox:
    """Takes messages as its plan says, one entry a message: ``""`` takes it, a reply such as ``451 later`` does not."""

    def __init__(self, *plan: str) -> None:
        self.plan = list(plan)
        self.raw: list[bytes] = []
        self.to: list[str] = []
        self.sessions = 0
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        says = self.plan.pop(0) if self.plan else ""
        if says and says != LOST:
            return says
        self.raw.append(envelope.content)
        self.to += envelope.rcpt_tos
        if says == LOST:
            server.transport.abort()
        return "250 taken"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address.startswith("sai"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    @property
    def messages(self) -> list[EmailMessage]:
        return [message_from_bytes(raw, policy=policy.default) for raw in self.raw]  # type: ignore[misc]

    @contextmanager
    def open(self) -> Iterator[None]:
        controller = Controller(self, hostname="127.0.0.1", port=self.port)
        controller.start()
        try:
            yield
        finally:
            controller.stop()

    @contextmanager
    def post(self) -> Iterator[tuple[SMTP, str]]:
        """What the steps are given to send by."""
        self.sessions += 1
        client = SMTP("127.0.0.1", self.port, timeout=120)
        try:
            yield client, SENDER
        finally:
            client.close()
