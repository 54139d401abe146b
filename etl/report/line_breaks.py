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
_NAMING = "ngày|tháng|năm|quý|số|điều|khoản|điểm|mục|phần|mốc|tiêu|phụ lục|từ|đến"
_LETTERS = [chr(code) for code in (*range(0x41, 0x250), *range(0x1EA0, 0x1EFA))]  # Latin, with those of Vietnamese
_UPPER, _LOWER = ("".join(filter(is_case, _LETTERS)) for is_case in (str.isupper, str.islower))
_NAME = rf"(?:Y tế|[{_UPPER}][{_LOWER}]+)"
_LEVEL = "xã|phường|thị trấn|huyện|thị xã|thành phố|tỉnh|đặc khu|thôn"
_NUMBERED = rf"(?i:{_NAMING}) (?:{_NUMBER}|[IVX]+\b)[\w./-]*|{_NUMBER} [{_LOWER}]+"  # năm 2030, quý III; 2.645 người
_BOUND = tuple(
    re.compile(rf"(?<![\w/-])(?:{pattern})(?!\w)")
    for pattern in (_NUMBERED, rf"{_NAME}(?: {_NAME})+|Y tế", rf"(?i:{_LEVEL}) {_NAME}(?: {_NAME})*")
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
