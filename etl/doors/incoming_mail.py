"""What a message of the mailbox holds: its sender, whether a machine sent it, its files. Pure; every byte is hostile.

Each kind of message and attachment has a defined end: a workbook is taken, what belongs to a letter (signatures,
pictures in the text) is passed over, anything else is a reason that its sender is told.
"""

from __future__ import annotations

import email
import hashlib
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default

from etl.doors.uploads import WORKBOOK_SUFFIXES
from etl.model.reason import Reason, build_reason

_PACKED_SUFFIXES = (".zip", ".rar", ".7z", ".gz", ".tar")
_PASSED_OVER_TYPES = {
    "application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature", "text/calendar",
    "text/vcard", "text/x-vcard", "message/delivery-status", "message/disposition-notification",
}  # fmt: skip
_BULK = {"bulk", "junk", "list", "auto_reply"}
_MOST_FILES = 20
_LONGEST_KEY = 300


@dataclass(frozen=True)
class MailHead:
    """What the header says. `message` names the message for ever; `sender` is one plain address, else empty.

    `is_automatic`: a machine answered, or a list or bounce; such a message is never answered. `results` is what mail
    servers found out of the sender, the nearest first (RFC 8601).
    """

    message: str
    sender: str
    is_automatic: bool
    results: tuple[str, ...] = ()

    def is_proved(self, server: str) -> bool:
        """Whether the office's own mail server says that the sender's address is true (DMARC)."""
        nearest = next((r for r in self.results if r.split(";")[0].split()[:1] == [server]), "")
        return "dmarc=pass" in nearest.lower()


@dataclass(frozen=True)
class Attachment:
    """A file of a message; or, without content, why it is not taken."""

    name: str
    data: bytes = b""
    refusal: Reason | None = None


def read_mail_head(data: bytes) -> MailHead:
    """The header of a message. What is malformed is an unknown sender, never an error."""
    key = f"<{hashlib.sha256(data).hexdigest()}>"
    try:
        message = email.message_from_bytes(data, policy=default)
        named = " ".join(str(message["Message-ID"] or "").split())
        addresses = [a for header in message.get_all("From", []) for a in getattr(header, "addresses", ())]
        sender = addresses[0].addr_spec.lower() if len(addresses) == 1 else ""
        results = tuple(" ".join(str(value).split()) for value in message.get_all("Authentication-Results", []))
        return MailHead(named[:_LONGEST_KEY] or key, sender, _is_automatic(message, sender), results)
    except Exception:  # Python's parser of headers has many ways to fail over hostile ones
        return MailHead(key, "", is_automatic=True)


def _is_automatic(message: EmailMessage, sender: str) -> bool:
    """Whether a machine speaks (RFC 3834, and what older ones put into their headers)."""
    submitted = str(message["Auto-Submitted"] or "no").split(";")[0].strip().lower()
    return (
        submitted != "no"
        or str(message["Precedence"] or "").strip().lower() in _BULK
        or str(message["Return-Path"] or "-").strip() == "<>"
        or any(message[name] for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress", "List-Id"))
        or message.get_content_type() == "multipart/report"
        or sender.partition("@")[0] in {"mailer-daemon", "postmaster", "no-reply", "noreply"}
    )


def read_attachments(data: bytes) -> list[Attachment]:
    """The files of a message, in order; those of messages that were forwarded in it too."""
    found: list[Attachment] = []
    try:
        for part in email.message_from_bytes(data, policy=default).walk():
            if not part.is_multipart() and (attachment := _read_attachment(part)):
                found.append(attachment)
    except Exception:  # as above: what could not be read is said, what came before it counts
        found.append(Attachment("?", refusal=build_reason("door.mail_unreadable")))
    over = [
        Attachment(one.name, refusal=build_reason("door.mail_many", count=_MOST_FILES)) for one in found[_MOST_FILES:]
    ]
    return found[:_MOST_FILES] + over


def _read_attachment(part: EmailMessage) -> Attachment | None:
    name = part.get_filename() or ""
    kind = part.get_content_type()
    if kind == "application/ms-tnef" or name.lower() == "winmail.dat":
        return Attachment(name or "winmail.dat", refusal=build_reason("door.mail_tnef"))
    if not name or kind in _PASSED_OVER_TYPES:
        return None
    if part.get_content_maintype() == "image" and (part.get_content_disposition() == "inline" or part["Content-ID"]):
        return None
    if name.lower().endswith(_PACKED_SUFFIXES):
        return Attachment(name, refusal=build_reason("door.mail_packed"))
    if not name.lower().endswith(WORKBOOK_SUFFIXES):
        return Attachment(name, refusal=build_reason("door.other_kind", kinds=", ".join(WORKBOOK_SUFFIXES)))
    content = part.get_payload(decode=True)
    return Attachment(name, content if isinstance(content, bytes) else b"")
