"""Personal data that has no place in a statistical return: identity numbers, and lists of people's names.

Called by the check room only. Pure: words in, counts out. What it finds is never repeated in a message.

Identity numbers are 9 digits (CMND) or 12 (căn cước công dân), also broken by spaces, dots or hyphens. Not taken for
one: amounts of money, thousands groups that begin with no zero, rows of years, telephone numbers (10 or 11 digits).
In a count column every number of 9 to 12 digits is one: no unit counts a hundred million, and Excel drops the zeros
that a căn cước begins with. Configured, no source beside it: the two lengths, the words around them that decide, and
how many names are a list.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

LEAST_WORDS = 9
LEAST_IDENTITY = 10**8
LEAST_NAMES = 3
"""A name or two may be a contact or a signature; three are a list."""
_MOST_IDENTITY = 10**12
_LENGTHS = {9, 12}
_RUN = re.compile(r"(?<![\d/])\d(?:[ .\-\u00a0]?\d){8,}(?![\d/])")
_MONEY_AFTER = re.compile(r"\s*(đồng|đ\b|vnđ|vnd|triệu|nghìn|ngàn|tỷ|tỉ)", re.IGNORECASE)
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:[.\u00a0]\d{3})+")
_CARD_BEFORE = re.compile(r"(cmnd|cccd|cmt|căn cước|định danh|chứng minh)[^\d]{0,30}$", re.IGNORECASE)
_CARD_REACH = 60
_YEARS = re.compile(r"(?:(?:19|20)\d\d[ .\-\u00a0]?)+")
_MASK = "•"

_FAMILIES = frozenset(
    re.findall(
        r"\S+",
        "nguyễn trần lê phạm hoàng huỳnh phan vũ võ đặng bùi đỗ hồ ngô dương lý đinh trịnh đoàn lương mai tô trương "
        "đào hà cao thái châu tạ phùng quách lâm vương thạch kim sơn danh lò vàng giàng sùng thào hạng nông triệu bế "
        "chu hứa la quàng cầm đèo a y siu ksor kpă rmah rơ nay ralan rcom bloong kră",
    )
)
"""Family names, and the syllables by which names of Xơ Đăng, Ba Na, Giẻ Triêng and Gia Rai people begin."""
_SPLIT = re.compile(r"[\n;,]|\s[-–/]\s|(?:^|\s)\d{1,2}[.)]\s")
_BEFORE_NAME = re.compile(r"^(?:\d{1,3} ?[.)]? )?(?:(?:ông|bà|anh|chị|em|cháu|bs\.?|ys\.?|đd\.?) )?", re.IGNORECASE)
_YEAR_AFTER = re.compile(r" \d{4}$")
_NOT_NAME = re.compile(r"[\d:/%]")


def find_identity_numbers(text: str) -> list[tuple[int, int]]:
    """Where identity numbers stand in words: (start, end) of each."""
    spans = []
    for match in _RUN.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if len(digits) in _LENGTHS and not _is_figure(text, match):
            spans.append(match.span())
    return spans


def _is_figure(text: str, match: re.Match[str]) -> bool:
    """Whether a run of digits is an amount or a row of years; a word like CCCD before it settles that it is not."""
    if _CARD_BEFORE.search(text[max(0, match.start() - _CARD_REACH) : match.start()]):
        return False
    if _YEARS.fullmatch(match[0]) or _GROUPED.fullmatch(match[0]):
        return True
    return bool(_MONEY_AFTER.match(text[match.end() :]))


def is_identity_number(value: float) -> bool:
    """Whether a number in a count column has the length of an identity number, leading zeros dropped or not."""
    return LEAST_IDENTITY <= value < _MOST_IDENTITY and float(value).is_integer()


def mask_identity_numbers(text: str) -> str:
    """The words with every digit of an identity number but the last two replaced by a dot."""
    for start, end in reversed(find_identity_numbers(text)):
        hidden = re.sub(r"\d", _MASK, text[start : end - 2])
        text = text[:start] + hidden + text[end - 2 : end] + text[end:]
    return text


def mask_number(digits: str) -> str:
    """A number in a count column with all but its last two digits replaced by a dot."""
    hidden = {match.start() for match in list(re.finditer(r"\d", digits))[:-2]}
    return "".join(_MASK if i in hidden else sign for i, sign in enumerate(digits))


@lru_cache(maxsize=4096)
def count_person_names(text: str, places: frozenset[str]) -> int:
    """How many people's names words hold, if they are a list of at least three; else 0. Places do not count."""
    parts = (_trim_part(part) for part in _SPLIT.split(unicodedata.normalize("NFC", text)))
    count = sum(_is_person_name(part) and part.casefold() not in places for part in parts)
    return count if count >= LEAST_NAMES else 0


def _trim_part(part: str) -> str:
    """A part of a list without its number, the form of address, and a remark in brackets or a year behind it."""
    text = _BEFORE_NAME.sub("", " ".join(part.split()))
    return (text.partition("(")[0] if text.endswith(")") else _YEAR_AFTER.sub("", text)).strip()


def _is_person_name(text: str) -> bool:
    words = text.split()
    if not 2 <= len(words) <= 5 or _NOT_NAME.search(text):
        return False
    return words[0].casefold() in _FAMILIES and all(word[0].isupper() for word in words)
