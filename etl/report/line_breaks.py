"""Where a line of a document may not end: within the number of a document or a code.

Room: report. Called when a document is printed, last of all: facts, workbooks, files for machines keep plain hyphens.
Blanks stay what they are, so that whoever searches a document for a name or a date finds it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

HYPHEN = "\u2011"
_CODE = re.compile(r"[^\s()\u200b]*\w-\w[^\s()\u200b]*")
"""A piece with a hyphen in it; one of small letters alone is a word."""


def keep_together(text: str, fits: Callable[[str], bool] = bool) -> str:
    """The text with hyphens at which no line ends, sign for sign; a piece that does not fit into a line is left."""

    def bind(code: re.Match[str]) -> str:
        return code[0] if code[0].islower() or not fits(code[0]) else code[0].replace("-", HYPHEN)

    return _CODE.sub(bind, text)
