"""The door of e-mail: attachments of registered addresses are taken once, and answered to the registered address.

`collect_mail` empties the mailbox: each message gets its end on record and leaves the inbox for a folder of its own.
`answer_mail` sends, once, the answers of the intake to what a message held. An unknown sender, a machine, an address
whose unit has no account gets no answer: the mailbox cannot be made to write to strangers or to itself.
"""

from __future__ import annotations

import imaplib
import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from etl.catalog import Catalogue
from etl.catalog.contacts import load_contacts
from etl.core.instance import Result, load_settings_and_catalogue, open_engine
from etl.dispatch import Letter, MailSessionOpener
from etl.dispatch.letter import render_letter_text
from etl.dispatch.mail_protocol import OutgoingMail, send_letters
from etl.doors.accounts import UnitAccount, find_account
from etl.doors.incoming_mail import Attachment, MailHead, read_attachments, read_mail_head
from etl.doors.uploads import SentFile, UploadDesk
from etl.errors import MailError, StorageError
from etl.file_io import sanitize_file_name
from etl.messages import Messages, load_messages
from etl.model.reason import build_reason
from etl.model.vietnam_time import VIETNAM_ZONE, get_current_time
from etl.settings import Settings
from etl.warehouse import dispatch_store, journal
from etl.warehouse.connect import build_engine
from etl.warehouse.door_store import RecordedUpload, TakenMail, fetch_unanswered_mail, fetch_uploads, is_known_mail

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

MailboxOpener = Callable[[], AbstractContextManager[tuple[imaplib.IMAP4, str]]]
"""Opens the mailbox: the client, signed in, and the name of the mail server whose word on senders counts, or ''."""
DONE_FOLDER = "Da-xu-ly"
_MOST_MESSAGES = 200
_ENCODED_SHARE = 1.4  # Base64 and its line ends
_MOST_ATTACHED = 15_000_000  # bytes of answers in one letter: many servers take no more than 25 MB
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _MailDesk:
    """What one look into the mailbox needs. `units_by_address`: unit codes by registered address, in small letters."""

    settings: Settings
    catalogue: Catalogue
    engine: Engine
    uploads: UploadDesk
    units_by_address: Mapping[str, list[str]]
    server: str
    now: datetime


def get_imap_connection_id() -> str:
    """The id of the Airflow connection of the mailbox."""
    return load_settings_and_catalogue()[0].imap_connection


def collect_mail(open_mailbox: MailboxOpener | None) -> Result:
    """Takes what lies in the mailbox; says how many messages came to which end.

    Raises:
        MailError: the mailbox cannot be used; what was taken is on record, the next run goes on.
        StorageError: the inbox cannot be written; the message stays.
    """
    settings, catalogue = load_settings_and_catalogue()
    if "mail" not in settings.doors:
        return {"skipped": "TONGKET_DOORS does not name mail: no mailbox is read"}
    if open_mailbox is None:
        return {"skipped": f"Airflow has no connection {settings.imap_connection!r}: no mailbox is read"}
    addresses: dict[str, list[str]] = {}
    for unit, address in load_contacts(catalogue).units.items():
        addresses.setdefault(address.lower(), []).append(unit)
    engine = build_engine(settings, "door")
    uploads, ends = UploadDesk(engine), dict[str, int]()
    try:
        with open_mailbox() as (client, server):
            desk = _MailDesk(settings, catalogue, engine, uploads, addresses, server, get_current_time())
            for uid in _list_messages(client):
                end = _take_message(desk, client, uid)
                ends[end] = ends.get(end, 0) + 1
            client.expunge()
    except (imaplib.IMAP4.error, OSError) as error:
        raise MailError(
            f"the mailbox cannot be used: {error}",
            where=settings.imap_connection,
            fix="check the connection in Airflow",
        ) from error
    finally:
        uploads.close()
    return {"messages": ends}


def _list_messages(client: imaplib.IMAP4) -> list[str]:
    client.select("INBOX")
    client.create(DONE_FOLDER)  # says NO where it is there
    found = client.uid("SEARCH", "UNDELETED")[1][0]
    return [uid.decode() for uid in (found or b"").split()][:_MOST_MESSAGES]


def _take_message(desk: _MailDesk, client: imaplib.IMAP4, uid: str) -> str:
    """Brings one message to its end: on record first, then out of the inbox. Known ones only leave it."""
    head = read_mail_head(_fetch_part(client, uid, "BODY.PEEK[HEADER]"))
    with desk.engine.connect() as conn:
        known = is_known_mail(conn, head.message)
        accounts = _list_accounts(conn, desk, head.sender)
    if known:
        end = "known"
    else:
        end, files = _find_end(desk, head, accounts), list[dict[str, Any]]()
        if end == "taken":
            files = _take_attachments(desk, client, uid, head, accounts)
        with desk.engine.begin() as conn:
            unit = accounts[0].unit.code if accounts else ""
            sender = sanitize_file_name(head.sender)
            journal.record_event(
                conn, "mail_taken", message=head.message, sender=sender, outcome=end, unit=unit, files=files
            )
    if client.uid("COPY", uid, DONE_FOLDER)[0] == "OK":
        client.uid("STORE", uid, "+FLAGS.SILENT", r"(\Deleted)")
    return end


def _list_accounts(conn: Connection, desk: _MailDesk, sender: str) -> list[UnitAccount]:
    day = desk.now.astimezone(VIETNAM_ZONE).date()
    found = (find_account(conn, desk.catalogue, code, day) for code in desk.units_by_address.get(sender, ()))
    return [entry[0] for entry in found if entry]


def _find_end(desk: _MailDesk, head: MailHead, accounts: list[UnitAccount]) -> str:
    """``automatic``, ``unknown`` sender, ``unproved`` sender, ``no_account``; or ``taken``."""
    if head.is_automatic:
        return "automatic"
    if head.sender not in desk.units_by_address:
        return "unknown"
    if desk.server and not head.is_proved(desk.server):
        return "unproved"
    return "taken" if accounts else "no_account"


def _take_attachments(
    desk: _MailDesk, client: imaplib.IMAP4, uid: str, head: MailHead, accounts: list[UnitAccount]
) -> list[dict[str, Any]]:
    """What became of each file: the number of its event, or in words why it was not taken."""
    wording = load_messages(desk.settings.templates)
    largest = int(desk.settings.max_file_mb * 1_000_000 * _ENCODED_SHARE)
    if _fetch_size(client, uid) > largest:
        refusal = build_reason("door.too_large", megabytes=f"{desk.settings.max_file_mb:g}")
        attachments = [Attachment("", refusal=refusal)]
    else:
        attachments = read_attachments(_fetch_part(client, uid, "BODY.PEEK[]"))
    # Several units may share an address: a file goes to the folder of the one that it says it is of.
    folders = tuple(dict.fromkeys(folder for account in accounts for folder in account.folders))
    account = UnitAccount(accounts[0].account_id, accounts[0].unit, folders)
    return [_take_attachment(desk, account, one, head, wording) for one in attachments]


def _take_attachment(
    desk: _MailDesk, account: UnitAccount, attachment: Attachment, head: MailHead, wording: Messages
) -> dict[str, Any]:
    name, refusal = sanitize_file_name(attachment.name), attachment.refusal
    if refusal is None:
        sent = SentFile(attachment.name, attachment.data, "mail", head.message)
        outcome = desk.uploads.take_file(desk.settings, desk.catalogue, account, sent, desk.now)
        if outcome.refusal is None:
            return {"name": name, "event": outcome.event_id}
        refusal = outcome.refusal
    return {"name": name, "said": wording.describe(refusal)}


def _fetch_part(client: imaplib.IMAP4, uid: str, part: str) -> bytes:
    data = client.uid("FETCH", uid, f"({part})")[1]
    return next((bytes(one[1]) for one in data or () if isinstance(one, tuple)), b"")


def _fetch_size(client: imaplib.IMAP4, uid: str) -> int:
    data = client.uid("FETCH", uid, "(RFC822.SIZE)")[1]
    said = b" ".join(one for one in data or () if isinstance(one, bytes))
    _, _, after = said.partition(b"RFC822.SIZE ")
    digits = after.split(b")")[0].split()
    return int(digits[0]) if digits and digits[0].isdigit() else 0


def answer_mail(post: MailSessionOpener | None) -> Result:
    """Sends the answer to each message whose files the intake has answered; each at most once. Post that goes out is
    the loader's, as all dispatch is; the door's role takes in alone.

    Raises:
        MailError: once all were tried, where one did not go out or waits for a person.
        StorageError: an answer is not in the outbox any more; names it, the others went out.
    """
    settings, catalogue = load_settings_and_catalogue()
    if "mail" not in settings.doors:
        return {"skipped": "TONGKET_DOORS does not name mail"}
    if post is None:
        return {"skipped": f"Airflow has no connection {settings.smtp_connection!r}: nothing is mailed"}
    addresses = {address.lower(): address for address in load_contacts(catalogue).units.values()}
    engine = open_engine(settings)
    outgoing: list[OutgoingMail] = []
    lost: list[str] = []
    with engine.begin() as guard:
        dispatch_store.lock_dispatch(guard)
        for mail in fetch_unanswered_mail(guard):
            address, uploads = addresses.get(mail.detail["sender"]), _fetch_mail_uploads(guard, mail)
            if address is None or any(upload.answer is None for upload in uploads.values()):
                continue
            try:
                letter = _render_answer_letter(settings, catalogue, mail, uploads)
            except OSError as error:
                lost.append(f"{error.filename}: {error.strerror}")
                continue
            outgoing.append(OutgoingMail(letter, address, _build_recorder(str(mail.detail["message"]))))
        sent = send_letters(engine, post, outgoing)
    if lost:
        raise StorageError(f"{len(lost)} answers are not there", where="; ".join(lost), fix="restore the outbox")
    return {"sent": sent}


def _build_recorder(message: str) -> Callable[[Connection, Any], None]:
    def record_answered(conn: Connection, _attempt: object) -> None:
        journal.record_event(conn, "mail_answered", message=message)

    return record_answered


def _fetch_mail_uploads(conn: Connection, mail: TakenMail) -> dict[int, RecordedUpload]:
    numbers = [int(file["event"]) for file in mail.detail["files"] if "event" in file]
    unit = str(mail.detail["unit"])
    return {number: upload for number in numbers for upload in fetch_uploads(conn, unit, event_id=number)}


def _render_answer_letter(
    settings: Settings, catalogue: Catalogue, mail: TakenMail, uploads: Mapping[int, RecordedUpload]
) -> Letter:
    """One letter for one message: a line a file, and the workbooks that go back.

    Raises:
        OSError: one of them cannot be read.
    """
    wording, attached, lines = load_messages(settings.templates), dict[str, bytes](), list[str]()
    room = _MOST_ATTACHED
    for file in mail.detail["files"]:
        upload = uploads.get(int(file.get("event", 0)))
        if upload is None or upload.answer is None:
            lines.append(wording.format("door.mail_line_refused", name=file["name"] or "–", reason=file["said"]))
            continue
        path = settings.outbox / upload.answer
        data = path.read_bytes()
        word = wording.texts["submission.accepted" if upload.accepted else "submission.refused"]
        lines.append(wording.format("door.mail_line", name=file["name"], state=word, answer=path.name))
        if len(data) <= room:
            attached[path.name] = data
            room -= len(data)
    taken_at = mail.taken_at.astimezone(VIETNAM_ZONE)
    slots = {
        "unit": catalogue.find_unit_name(str(mail.detail["unit"]), taken_at.date()),
        "moment": wording.format_moment(taken_at),
        "items": "\n".join(f"- {line}" for line in lines) or wording.texts["door.mail_nothing"],
        "address": settings.door_address,
    }
    subject, text = render_letter_text(settings.templates, "door-answer", slots, simulated=settings.simulated)
    return Letter(f"door/{mail.event_id}", subject, text, attached)
