"""Stand-ins for identifiers that nobody has entered. Used by `names` only.

A DHIS2 instance gives its objects random UIDs that nothing can compute. One made here fits its form and is always the
same for the same thing, so that an instance set up from this catalogue can use it; any other instance will refuse it.
"""

from __future__ import annotations

import hashlib
import string

_LETTERS = string.ascii_letters
_LETTERS_AND_DIGITS = string.ascii_letters + string.digits
_UID_LENGTH = 11


def derive_uid(kind: str, code: str) -> str:
    """A UID for a code of a kind: eleven letters and digits, a letter first."""
    number = int.from_bytes(hashlib.sha256(f"tongket/{kind}/{code}".encode()).digest(), "big")
    number, first = divmod(number, len(_LETTERS))
    uid = _LETTERS[first]
    while len(uid) < _UID_LENGTH:
        number, place = divmod(number, len(_LETTERS_AND_DIGITS))
        uid += _LETTERS_AND_DIGITS[place]
    return uid
