"""Letters: the office's wording from `templates/mail/`, and a letter as an e-mail message.

Inside the dispatch room only, and through it by steps. The wording belongs to the office: the first line is the
subject, then comes a blank line and the text. A slot too many or too few stops with its name and place.
"""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from string import Formatter

from etl.catalog.layout import SIMULATION_NOTICE
from etl.errors import TemplateError
from etl.file_io import sanitize_line

SUBJECT_PREFIX = "Chủ đề:"


@dataclass(frozen=True)
class Letter:
    """What is said to one addressee. `key` names it for ever: `report/12/bo-y-te`, `reminder/608/2024-04-22`."""

    key: str
    subject: str
    text: str
    attached: Mapping[str, bytes] = field(default_factory=dict)


def read_letter_template(folder: Path, name: str, slots: frozenset[str]) -> str:
    """A text of `templates/mail/` that uses exactly these slots.

    Raises:
        TemplateError: the file is missing, or a slot is unknown or unused; names file and slot.
    """
    path = folder / "mail" / f"{name}.txt"
    try:
        text = path.read_text(encoding="utf-8").strip()
        used_slots = {_format_slot(*part[1:]) for part in Formatter().parse(text) if part[1] is not None}
    except FileNotFoundError:
        raise TemplateError("the file is missing", where=str(path), fix="restore it from version control") from None
    except ValueError as error:  # also bytes that are no UTF-8
        raise TemplateError(f"not readable: {error}", where=str(path), fix="save as UTF-8; write {slot}") from None
    for slot in sorted(used_slots - slots):
        allowed_slots = ", ".join(sorted(slots))
        raise TemplateError(f"unknown slot {{{slot}}}", where=str(path), fix=f"slots of this text: {allowed_slots}")
    for slot in sorted(slots - used_slots):
        raise TemplateError(f"unused slot {{{slot}}}", where=str(path), fix="put it back into the text")
    return text


def list_letter_mistakes(folder: Path, shipped: Path) -> Iterator[str]:
    """What is wrong with the texts of an office's `mail/`: the shipped ones say which slots each has."""
    for path in sorted((shipped / "mail").glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        slots = frozenset(_format_slot(*part[1:]) for part in Formatter().parse(text) if part[1] is not None)
        try:
            if text.startswith(SUBJECT_PREFIX):
                render_letter_text(folder, path.stem, dict.fromkeys(slots, ""), simulated=False)
            else:  # a part of a letter
                read_letter_template(folder, path.stem, slots)
        except TemplateError as error:
            yield str(error)


def _format_slot(name: str | None, form: str | None, turn: str | None) -> str:
    """A slot as it is written: one with a format or a conversion is not the slot it looks like."""
    return f"{name}{f'!{turn}' if turn else ''}{f':{form}' if form else ''}"


def render_letter_text(folder: Path, name: str, slots: Mapping[str, object], *, simulated: bool) -> tuple[str, str]:
    """Subject and text of a letter. Simulated data is marked in both.

    Raises:
        TemplateError: see `wording`; or the first line is no subject.
    """
    head, _, text = read_letter_template(folder, name, frozenset(slots)).partition("\n")
    if not head.startswith(SUBJECT_PREFIX) or not head.removeprefix(SUBJECT_PREFIX).strip():
        raise TemplateError(
            f"the first line is not {SUBJECT_PREFIX!r} and a subject",
            where=str(folder / "mail" / f"{name}.txt"),
            fix="write the subject there, then a blank line and the text",
        )
    rendered = head.removeprefix(SUBJECT_PREFIX).strip().format(**slots), f"{text.strip().format(**slots)}\n"
    return (f"[{SIMULATION_NOTICE}] {rendered[0]}", f"{SIMULATION_NOTICE}\n\n{rendered[1]}") if simulated else rendered


def build_message_id(key: str, address: str, sender: str) -> str:
    """The Message-ID of a letter to an address: the same one whenever it is asked for."""
    digest = hashlib.sha256(f"{key}\n{address}".encode()).hexdigest()[:32]
    return f"<tongket.{digest}@{sender.rpartition('@')[2]}>"


def build_email_message(letter: Letter, sender: str, address: str, at: datetime) -> EmailMessage:
    """A letter as a message: text in UTF-8, headers by RFC 2047, all of it safe for a server of seven bits."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(addr_spec=sender)
    message["To"] = Address(addr_spec=address)
    # Not by assignment: Python's own folding (3.11) loses spaces where it breaks a long line between two words.
    message.set_raw("Subject", Header(sanitize_line(letter.subject), "utf-8", header_name="Subject").encode())
    message["Date"] = at
    message["Message-ID"] = build_message_id(letter.key, address, sender)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no automatic answers, please
    message.set_content(letter.text, cte="base64")
    for name, data in letter.attached.items():
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        main, _, sub = kind.partition("/")
        message.add_attachment(data, main, sub, filename=name)
    return message
