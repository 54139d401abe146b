"""The dispatch room: a published document to its recipients, a reminder to a unit; as folders and as messages.

Called by steps. Never decides who is to get what, never signs, never changes a published file. What went out and
what is owed is read and recorded by `document_dispatch`, `mail_protocol` and `unit_reminders`; the rest knows no
database.
"""

from etl.dispatch.letter import Letter, build_email_message, build_message_id
from etl.dispatch.recipient_folder import RecipientPackage, serialize_manifest, write_recipient_folder
from etl.dispatch.reminder import MissingForm, RefusedWorkbook, Reminder, render_reminder_letter, select_due_reminders
from etl.dispatch.report_letter import DispatchedDocument, render_report_letter
from etl.dispatch.smtp_client import MailResult, MailSessionOpener, send_message

__all__ = [
    "DispatchedDocument",
    "Letter",
    "MailResult",
    "MailSessionOpener",
    "MissingForm",
    "RecipientPackage",
    "RefusedWorkbook",
    "Reminder",
    "build_email_message",
    "build_message_id",
    "render_reminder_letter",
    "render_report_letter",
    "select_due_reminders",
    "send_message",
    "serialize_manifest",
    "write_recipient_folder",
]
