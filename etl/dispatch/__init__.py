"""The dispatch room: a published document to its recipients, a reminder to a unit; as folders and as messages.

Called by steps. Never decides who is to get what, never signs, never changes a published file; it knows no database.
"""

from etl.dispatch.folder import Parcel, manifest, put
from etl.dispatch.letter import Letter, compose, message_id
from etl.dispatch.post import Answer, Post, send
from etl.dispatch.reminder import Missing, Refusal, Reminder, falls_due, letter_of
from etl.dispatch.report import Document, letter_to

__all__ = [
    "Answer",
    "Document",
    "Letter",
    "Missing",
    "Parcel",
    "Post",
    "Refusal",
    "Reminder",
    "compose",
    "falls_due",
    "letter_of",
    "letter_to",
    "manifest",
    "message_id",
    "put",
    "send",
]
