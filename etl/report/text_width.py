"""How wide a text is printed, and how many lines it takes: from the advance widths of the decree's font.

Room: report. Pure arithmetic, without the office program: what is laid out by it is the same on every machine. Times
New Roman and what stands in its place (Liberation Serif) have the same widths; a letter has that of its base.
"""

from __future__ import annotations

import re
from functools import cache
from math import ceil
from unicodedata import normalize

LINE_HEIGHT = 1.15
"""Of a single line, by the size of its letters: ascent, descent and gap of the font."""
_REGULAR = {
    180: "'", 200: "|", 250: " ,.\u00a0", 278: "/:;\\ijlt", 333: "!()-I[]`fr\u2011", 389: "Js", 408: '"',
    444: "?acez", 469: "^", 480: "{}", 541: "~", 549: "≥≤", 556: "FPS", 564: "+<=>", 604: "●■", 611: "ELTZ",
    667: "BCR", 722: "ADGHKNOQUVXYwĐ", 778: "&m", 833: "%", 889: "M", 921: "@", 944: "W", 990: "▲", 1000: "…",
}  # fmt: skip
_BOLD = {
    220: "|", 250: " ,.\u00a0", 278: "'/\\il", 333: "!()-:;[]`fjt\u2011", 389: "Is", 394: "{}", 444: "cerz", 520: "~",
    549: "≥≤", 555: '"', 556: "Sbdhknpquđ", 570: "+<=>", 581: "^", 604: "●■", 611: "FP", 667: "BELTZ",
    722: "ACDNRUVXYwĐ", 778: "GHKOQ", 833: "&m", 930: "@", 944: "M", 990: "▲", 1000: "%W…",
}  # fmt: skip
"""Letters by their width in thousandths of the size, of the font's own table; all others are half as wide as high."""
_OTHER = 500
_NO_WIDTH = "\u200b\u200d\u2060"
_BREAK = re.compile("[ \u200b]|(?<=[\\w)])-(?=\\w)")


@cache
def _list_widths(*, bold: bool) -> dict[str, int]:
    groups = _BOLD if bold else _REGULAR
    return {letter: width for width, letters in groups.items() for letter in letters} | dict.fromkeys(_NO_WIDTH, 0)


@cache
def _measure_letter(letter: str, *, bold: bool) -> int:
    known = _list_widths(bold=bold)
    return known.get(letter, known.get(normalize("NFD", letter)[0], _OTHER))


def measure_text(text: str, size: float, *, bold: bool = False) -> float:
    """How wide a text is on one line, in the unit of `size`."""
    return sum(_measure_letter(letter, bold=bold) for letter in text) * size / 1000


def count_lines(text: str, width: float, size: float, *, bold: bool = False, indent: float = 0.0) -> int:
    """How many lines a text takes in a width; the first is shorter by `indent`. A word wider than a line is cut."""
    lines, used = 1, indent
    for word, gap in _split_words(text):
        length = measure_text(word, size, bold=bold)
        if used + length > width and used > (indent if lines == 1 else 0.0):
            lines, used = lines + 1, 0.0
        cut = max(0, ceil(length / width) - 1)
        lines, used = lines + cut, used + length - cut * width
        used += measure_text(gap, size, bold=bold)
    return lines


def measure_longest_word(text: str, size: float, *, bold: bool = False) -> float:
    """How wide the longest piece is that stays on one line, in the unit of `size`."""
    return max((measure_text(word, size, bold=bold) for word, _ in _split_words(text)), default=0.0)


@cache
def _split_words(text: str) -> list[tuple[str, str]]:
    """The pieces between which a line may end, each with the blank behind it; a hyphen stays with what is before."""
    pieces, start = [], 0
    for place in _BREAK.finditer(text):
        hyphen = place[0] == "-"
        pieces.append((text[start : place.end() if hyphen else place.start()], "" if hyphen else place[0]))
        start = place.end()
    return [*pieces, (text[start:], "")]
