"""Whether a Word file says what the published one says, apart from what the registry writes into the blanks by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from etl.messages import Messages
from etl.ooxml.word_text import WordParagraph, read_word_paragraphs

_FILLED_IN = {
    "number": r"[\s.…_]*\d{0,5}[\s.…_]*",
    "day": r"[\s.…_]*\d{0,2}[\s.…_]*",
    "month": r"[\s.…_]*\d{0,2}[\s.…_]*",
    "year": r"[\s.…_]*\d{0,4}[\s.…_]*",
    "signer": r"[^\d<>]{0,120}",
}
"""What a hand may write into each blank: a number or a date in digits, a name."""
_SHOWN = 120


@dataclass(frozen=True)
class ContentChange:
    """A place where two files differ: what was published and what stands there now, each empty where nothing is."""

    place: str
    published: str
    found: str


def compare_word_content(published: bytes, found: bytes, wording: Messages) -> list[ContentChange]:
    """The places where a Word file says something else than the published one; empty blanks may have been filled.

    Raises:
        UneditablePackageError: one of them is no Word file that can be read safely, or has tracked changes.
    """
    return list(_list_changes(read_word_paragraphs(published), read_word_paragraphs(found), wording))


def _build_key(paragraph: WordParagraph) -> str:
    return " ".join(paragraph.text.split())


def _build_blank_pattern(paragraph: WordParagraph) -> re.Pattern[str] | None:
    """What a paragraph may read like once its empty blanks are filled; None where it has none."""
    parts, last, text = [], 0, paragraph.text
    for name, begin, end in paragraph.slots:
        if not text[begin:end].strip():
            parts += [_build_fixed_pattern(text[last:begin]), _FILLED_IN[name]]
            last = end
    return re.compile("".join([*parts, _build_fixed_pattern(text[last:])])) if parts else None


def _build_fixed_pattern(text: str) -> str:
    return r"\s*".join(["", *map(re.escape, text.split()), ""]) if text.strip() else r"\s*"


def _list_changes(
    before: list[WordParagraph], after: list[WordParagraph], wording: Messages
) -> Iterator[ContentChange]:
    yield from _list_changes_beside(before, after, wording)
    before, after = ([p for p in side if not p.beside] for side in (before, after))
    old, new = ([_build_key(p) for p in side] for side in (before, after))
    for _, a, b, c, d in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        for was, now in zip_longest(before[a:b], after[c:d]):
            texts = [_build_key(side) if side else "" for side in (was, now)]
            if texts[0] != texts[1] and not (was and now and _is_filled_blank(was, texts[1])):
                yield ContentChange(_format_place(was or now, wording), texts[0][:_SHOWN], texts[1][:_SHOWN])


def _list_changes_beside(
    before: list[WordParagraph], after: list[WordParagraph], wording: Messages
) -> Iterator[ContentChange]:
    """Texts of headers, footers and notes: each once, for programs repeat them as they like; page numbers left out."""
    old, new = ({_build_key(p): p for p in side if p.beside} for side in (before, after))
    for text, paragraph in (old | new).items():
        if text and not text.isdecimal() and (text in old) != (text in new):
            place = _format_place(paragraph, wording)
            yield ContentChange(place, text[:_SHOWN] if text in old else "", text[:_SHOWN] if text in new else "")


def _is_filled_blank(published: WordParagraph, text: str) -> bool:
    pattern = _build_blank_pattern(published)
    return pattern is not None and pattern.fullmatch(text) is not None


def _format_place(paragraph: WordParagraph, wording: Messages) -> str:
    kind = "cell" if paragraph.row else "paragraph"
    slots: dict[str, object] = {"number": paragraph.number}
    if paragraph.row:
        slots |= {"row": paragraph.row, "column": paragraph.column}
    place = wording.format(f"verification.{kind}", **slots)
    beside = f" ({paragraph.part})" if paragraph.beside else ""
    return f"{place}{beside}"
