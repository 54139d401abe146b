"""What the registry writes into the question or the shell, read as the registry's part of a document."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from etl.catalog.models.scopes import validate_signing_authority
from etl.errors import UsageError
from etl.model import Period
from etl.model.registration import Registration

_MOST_DIGITS, _MOST_LETTERS = 5, 120


@dataclass(frozen=True)
class RegistryEntry:
    """As a person wrote it: `number` in digits, `date` as 2024-04-22, `title` a line each (KT. GIÁM ĐỐC, PHÓ GIÁM ĐỐC).

    Empty is not given. Number and date may come later, with the signed PDF; without `title` the office's own holds.
    """

    number: str = ""
    date: str = ""
    signer: str = ""
    title: Sequence[str] = ()


def parse_registry_entry(entry: RegistryEntry, authority: Sequence[str], period: Period) -> Registration | None:
    """The registry's part of a document; None where nothing was given.

    Raises:
        UsageError: one of number, date and signer is missing or in another form, or the date lies before the period.
    """
    signer, title = _clean_line(entry.signer), tuple(line for part in entry.title if (line := _clean_line(part)))
    if not (entry.number.strip() or entry.date.strip() or signer or title):
        return None
    if not signer:
        raise UsageError("nobody is named who signs", where="--signer", fix="give the name that stands under the text")
    lines = tuple(line.upper() for line in title) or tuple(authority)
    try:
        validate_signing_authority(lines)
    except ValueError as error:
        raise UsageError(str(error), where="--title", fix="give one line each, as docs/reports.md shows") from None
    number, signed_on = _parse_number(entry.number.strip()), _parse_date(entry.date.strip(), period)
    if (number is None) != (signed_on is None):
        raise UsageError("number and date go together", where="--number, --date", fix="give both, or none of them yet")
    return Registration(number, signed_on, lines, signer)


def _clean_line(text: str) -> str:
    """One line of letters, as it is printed."""
    line = " ".join(unicodedata.normalize("NFC", text).split())
    if len(line) > _MOST_LETTERS or any(unicodedata.category(letter).startswith("C") for letter in line):
        raise UsageError(f"{line[:40]!r} … is no name or title", where="--signer, --title", fix="give it in one line")
    return line


def _parse_number(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS and int(text) > 0):
        raise UsageError(f"{text!r} is no number of a register", where="--number", fix="give its digits alone: 05")
    return int(text)


def _parse_date(text: str, period: Period) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no date", where="--date", fix="give year-month-day: 2024-04-22") from None
    if day < period.start:
        raise UsageError(f"{text} lies before {period.key} began", where="--date", fix="give the date of issue")
    return day
