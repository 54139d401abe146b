"""Hands one message to a mail server and says exactly what is known afterwards. Never tries twice.

Inside the dispatch room only, and through it by steps; who connects, and how, is the caller's affair.
"""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from typing import Literal

MailSessionOpener = Callable[[], AbstractContextManager[tuple[smtplib.SMTP, str]]]
"""Opens a session with the mail server: the client, and the sender's address."""


@dataclass(frozen=True)
class MailResult:
    """What became of a message, and what the server said.

    ``sent`` the server took it over · ``not_sent`` it did not, and may later · ``refused`` it will not ·
    ``unsure`` the text was on its way when the connection broke: nobody knows.
    """

    outcome: Literal["sent", "not_sent", "refused", "unsure"]
    server_reply: str


def send_message(client: smtplib.SMTP, sender: str, address: str, message: EmailMessage) -> MailResult:
    """Hands a message over, once. An error before the text goes out means that it was not sent (RFC 5321, 4.5.3.2)."""
    try:
        client.ehlo_or_helo_if_needed()
        code, server_reply = client.mail(sender)
        if code == 250:
            code, server_reply = client.rcpt(address)
        if code not in {250, 251}:
            return _build_mail_result(code, server_reply)
    except (smtplib.SMTPException, OSError) as error:
        return MailResult("not_sent", _format_server_reply(error))
    try:
        return _build_mail_result(*client.data(message.as_bytes(policy=SMTP)))
    except smtplib.SMTPDataError as error:  # the command DATA itself was turned down
        return _build_mail_result(error.smtp_code, error.smtp_error)
    except (smtplib.SMTPException, OSError) as error:
        return MailResult("unsure", _format_server_reply(error))


def _build_mail_result(code: int, server_reply: bytes | str) -> MailResult:
    words = server_reply.decode("utf-8", "replace") if isinstance(server_reply, bytes) else server_reply
    text = _format_server_reply(f"{code} {words}")
    if 200 <= code < 300:
        return MailResult("sent", text)
    if 400 <= code < 600:
        return MailResult("not_sent" if code < 500 else "refused", text)
    return MailResult("unsure", text)


def _format_server_reply(reply: object) -> str:
    return " ".join(str(reply).split())[:300]
