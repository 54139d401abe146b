"""Where a line of a document may not end: within a number, a code, a date's parts, a name.

Room: report. Called when a document is printed, last of all: facts, workbooks and files for machines keep plain blanks
and hyphens. Each sign is replaced by one sign, so that a text is as long as before and says the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

BLANK, HYPHEN = "\u00a0", "\u2011"
_LONGEST = 14
"""Signs that blanks may bind together: longer pieces tear justified lines apart."""
_CODE = re.compile(r"[^\s()\u200b]*\w-\w[^\s()\u200b]*")
"""A piece with a hyphen in it; one of small letters alone is a word."""
_NUMBER = r"[<>≥≤]?\d[\d.,/–-]*%?"
_NAMING = (
    "[Nn]gày|[Tt]háng|[Nn]ăm|quý|Quý|[Ss]ố|[Đđ]iều|[Kk]hoản|[Đđ]iểm|[Mm]ục|[Pp]hần|[Mm]ốc|[Tt]iêu|[Pp]hụ lục|"
    "[Tt]ừ|[Đđ]ến"
)
_NAME = r"(?:Y tế|[A-ZÀ-ỸĐ][a-zà-ỹđ]+)"
_LEVEL = "[Xx]ã|[Pp]hường|[Tt]hị trấn|[Hh]uyện|[Tt]hị xã|[Tt]hành phố|[Tt]ỉnh|[Đđ]ặc khu|[Tt]hôn"
_NUMBERED = rf"(?:{_NAMING}) (?:{_NUMBER}|[IVX]+\b)[\w./-]*|{_NUMBER} [a-zà-ỹđ]+"  # năm 2030, quý III; 2.645 người
_BOUND = tuple(
    re.compile(rf"(?<![\w/-])(?:{pattern})(?!\w)")
    for pattern in (_NUMBERED, rf"{_NAME}(?: {_NAME})+|Y tế", rf"(?:{_LEVEL}) {_NAME}(?: {_NAME})*")
)


def keep_together(text: str, fits: Callable[[str], bool] = bool) -> str:
    """The text with blanks and hyphens at which no line ends; of pieces that do not fit into a line nothing is kept."""
    signs = list(text)
    for start, end, sign, put in _list_places(text, fits):
        for place in range(start, end):
            if text[place] == sign:
                signs[place] = put
    return "".join(signs)


def _list_places(text: str, fits: Callable[[str], bool]) -> Iterator[tuple[int, int, str, str]]:
    """Where a sign is replaced within a text: start, end, the sign, and what stands in its place."""
    for code in _CODE.finditer(text):
        if not code[0].islower() and fits(code[0]):
            yield code.start(), code.end(), "-", HYPHEN
    for pattern in _BOUND:
        for found in pattern.finditer(text):
            if len(found[0]) <= _LONGEST and fits(found[0]):
                yield found.start(), found.end(), " ", BLANK
