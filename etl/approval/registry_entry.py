"""What the registry writes into the question or the shell, read as the registry's part of a document."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from etl.catalog.models.scopes import validate_signing_authority
from etl.errors import RefusalError
from etl.model.registration import Registration

_MOST_DIGITS, _MOST_LETTERS = 5, 120
_LETTERS, _SIGNS = ("L", "M", "Nd"), " .,'’-/()"


@dataclass(frozen=True)
class RegistryEntry:
    """As a person wrote it: `number` in digits, `date` as 2024-04-22, `title` a line each (KT. GIÁM ĐỐC, PHÓ GIÁM ĐỐC).

    Empty is not given. Number and date may come later, with the signed PDF; without `title` the office's own holds.
    """

    number: str = ""
    date: str = ""
    signer: str = ""
    title: Sequence[str] = ()


def parse_registry_entry(
    entry: RegistryEntry, authority: Sequence[str], earliest: date, latest: date
) -> Registration | None:
    """The registry's part of a document; None where nothing was given.

    `earliest` is the day up to which its figures are known, `latest` the day on which it is decided: a document bears
    the date of its issue, so it rests on nothing that came later, and no day that is still to come.

    Raises:
        RefusalError: one of number, date and signer is missing or in another form, or the date is none of these days.
    """
    signer, title = _clean_line(entry.signer), tuple(line for part in entry.title if (line := _clean_line(part)))
    if not (entry.number.strip() or entry.date.strip() or signer or title):
        return None
    if not signer:
        raise RefusalError(
            "nobody is named who signs",
            message="signer_missing",
            where="--signer",
            fix="give the name that stands under the text",
        )
    lines = tuple(line.upper() for line in title) or tuple(authority)
    try:
        validate_signing_authority(lines)
    except ValueError as error:
        raise RefusalError(
            str(error), message="title_form", where="--title", fix="give one line each, as docs/reports.md shows"
        ) from None
    number, signed_on = _parse_number(entry.number.strip()), _parse_date(entry.date.strip())
    if (number is None) != (signed_on is None):
        raise RefusalError(
            "number and date go together",
            message="number_and_date",
            where="--number, --date",
            fix="give both, or none of them yet",
        )
    if signed_on:
        _validate_date(signed_on, earliest, latest)
    return Registration(number, signed_on, lines, signer)


def _clean_line(text: str) -> str:
    """One line of letters with the signs that names and titles have, as it is printed."""
    line = " ".join(unicodedata.normalize("NFC", text).split())
    others = [sign for sign in line if not unicodedata.category(sign).startswith(_LETTERS) and sign not in _SIGNS]
    if len(line) > _MOST_LETTERS or others or (line and not any(sign.isalpha() for sign in line)):
        raise RefusalError(
            f"{line[:40]!r} … is no name or title",
            message="line_form",
            where="--signer, --title",
            fix="give it in one line",
            most=_MOST_LETTERS,
        )
    return line


def _parse_number(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS and int(text) > 0):
        raise RefusalError(
            f"{text!r} is no number of a register",
            message="number_form",
            where="--number",
            fix="give its digits alone: 05",
            number=text[:20],
        )
    return int(text)


def _parse_date(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RefusalError(
            f"{text!r} is no date",
            message="date_form",
            where="--date",
            fix="give year-month-day: 2024-04-22",
            date=text[:20],
        ) from None


def _validate_date(day: date, earliest: date, latest: date) -> None:
    if day < earliest:
        raise RefusalError(
            f"{day} lies before {earliest}, the day up to which the document's figures are known",
            message="date_early",
            where="--date",
            fix="give the date of issue",
            date=f"{day:%d/%m/%Y}",
            known=f"{earliest:%d/%m/%Y}",
        )
    if day > latest:
        raise RefusalError(
            f"{day} is still to come",
            message="date_future",
            where="--date",
            fix="give the date of issue, on that day",
            date=f"{day:%d/%m/%Y}",
        )
