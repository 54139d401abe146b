"""Where a line of a document may not end: within the number of a document or a code.

Room: report. Called when a document is printed, last of all: facts, workbooks, files for machines keep plain hyphens.
Blanks stay what they are, so that whoever searches a document for a name or a date finds it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

HYPHEN = "\u2011"
_PIECE = re.compile(r"[^\s()\u200b]+")
_JOINT = re.compile(r"\w-\w")
"""What makes a piece a code; one of small letters alone is a word."""


def keep_together(text: str, fits: Callable[[str], bool] = bool) -> str:
    """The text with hyphens at which no line ends, sign for sign; a piece that does not fit into a line is left."""

    def bind(piece: re.Match[str]) -> str:
        is_code = _JOINT.search(piece[0]) is not None and not piece[0].islower()
        return piece[0].replace("-", HYPHEN) if is_code and fits(piece[0]) else piece[0]

    return _PIECE.sub(bind, text)
