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

Post = Callable[[], AbstractContextManager[tuple[smtplib.SMTP, str]]]
"""Opens a session with the mail server: the client, and the sender's address."""


@dataclass(frozen=True)
class Answer:
    """What became of a message, and what the server said.

    ``sent`` the server took it over · ``not_sent`` it did not, and may later · ``refused`` it will not ·
    ``unsure`` the text was on its way when the connection broke: nobody knows.
    """

    outcome: Literal["sent", "not_sent", "refused", "unsure"]
    said: str


def send(client: smtplib.SMTP, sender: str, address: str, message: EmailMessage) -> Answer:
    """Hands a message over, once. An error before the text goes out means that it was not sent (RFC 5321, 4.5.3.2)."""
    try:
        client.ehlo_or_helo_if_needed()
        code, said = client.mail(sender)
        if code == 250:
            code, said = client.rcpt(address)
        if code not in {250, 251}:
            return _answer(code, said)
    except (smtplib.SMTPException, OSError) as error:
        return Answer("not_sent", _one_line(error))
    try:
        return _answer(*client.data(message.as_bytes(policy=SMTP)))
    except smtplib.SMTPDataError as error:  # the command DATA itself was turned down
        return _answer(error.smtp_code, error.smtp_error)
    except (smtplib.SMTPException, OSError) as error:
        return Answer("unsure", _one_line(error))


def _answer(code: int, said: bytes | str) -> Answer:
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    text = _one_line(f"{code} {words}")
    if 200 <= code < 300:
        return Answer("sent", text)
    if 400 <= code < 600:
        return Answer("not_sent" if code < 500 else "refused", text)
    return Answer("unsure", text)


def _one_line(said: object) -> str:
    return " ".join(str(said).split())[:300]
