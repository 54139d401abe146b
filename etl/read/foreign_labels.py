"""The words of a table that others issued: headers, rows and lines, recognised by a layout's texts and their aliases.

Used only inside the room. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from etl.catalog import models
from etl.read.vietnamese_text import normalize_text

Texts = Sequence[Sequence[str]]
RowKind = Literal["total", "subtotal", "section", "ignored", ""]
_TOP_ROWS, _HEADER_ROWS = 40, (1, 2, 3)


def fold_label(text: str) -> str:
    """A text for comparing: what reads the same is the same; accents stay."""
    return normalize_text(text).casefold().strip()


@dataclass(frozen=True)
class LayoutWords:
    """A layout's texts: `own` is how the layout writes what a table writes, both folded; `kinds` of its rows."""

    layout: models.ForeignLayout
    own: dict[str, str]
    kinds: dict[str, RowKind]

    def normalize_label(self, text: str) -> str:
        """A text as the layout itself writes it, folded."""
        folded = fold_label(text)
        return self.own.get(folded, folded)

    def find_row_kind(self, text: str) -> RowKind:
        """What a row is that begins with a text; empty for a unit, a figure, or what nobody knows."""
        return self.kinds.get(self.normalize_label(text), "")

    def list_wanted_headers(self) -> list[str]:
        """The headers that a table of this layout has, folded."""
        layout = self.layout
        texts = [layout.unit_header] if layout.rows == "units" else [layout.label_header, layout.value_header]
        if layout.rows == "units":
            texts += [figure.header for figure in layout.figures] + list(layout.sums)
        return list(dict.fromkeys(map(fold_label, texts)))


@dataclass(frozen=True)
class TableHeader:
    """Where a table's columns are, by the layout's own folded header. `top` is its first row, `below` the row after.

    `unknown`: (column, text) of every header that the layout does not know.
    """

    top: int
    below: int
    columns: dict[str, int]
    unknown: tuple[tuple[int, str], ...]


def build_layout_words(layout: models.ForeignLayout) -> LayoutWords:
    """The words of a layout, ready for comparing."""
    own = {fold_label(other): fold_label(text) for text, others in layout.aliases.items() for other in others}
    kinds: dict[str, RowKind] = dict.fromkeys(map(fold_label, layout.ignored), "ignored")
    kinds |= dict.fromkeys(map(fold_label, layout.sections), "section")
    kinds |= dict.fromkeys(map(fold_label, layout.subtotals), "subtotal")
    kinds |= dict.fromkeys(map(fold_label, layout.totals), "total")
    return LayoutWords(layout, own, kinds)


def find_header(rows: Texts, words: LayoutWords) -> TableHeader | None:
    """The rows, up to three read together, in which every header of the layout stands exactly once: of the ways to read
    the table's first header, the one that leaves the least unknown."""
    for top in range(min(len(rows), _TOP_ROWS)):
        first = next(filter(None, (_match_header(rows, words, top, n) for n in _HEADER_ROWS)), None)
        if first:
            tops = range(top, first.below)
            ways = [way for t in tops for n in _HEADER_ROWS if (way := _match_header(rows, words, t, n))]
            return min(ways, key=lambda way: (len(way.unknown), way.below - way.top, way.top))
    return None


def _match_header(rows: Texts, words: LayoutWords, top: int, count: int) -> TableHeader | None:
    wanted = words.list_wanted_headers()
    texts = _join_header_rows(rows[top : top + count])
    names = [words.normalize_label(text) for text in texts]
    if any(names.count(name) != 1 for name in wanted):
        return None
    known = {*wanted, *(name for name, kind in words.kinds.items() if kind == "ignored"), ""}
    unknown = tuple((c, texts[c]) for c, name in enumerate(names) if name not in known)
    return TableHeader(top, top + count, {name: names.index(name) for name in wanted}, unknown)


def _join_header_rows(rows: Texts) -> list[str]:
    """Rows of headers as one: what heads several columns goes with each of them."""
    parts: list[list[str]] = [[] for _ in rows[0]]
    for r, row in enumerate(rows):
        text = ""
        for c, own in enumerate(row):
            text = own or (text if any(below[c] for below in rows[r + 1 :]) else "")
            if text and parts[c][-1:] != [text]:  # a merged cell that was written into each of its rows says it once
                parts[c].append(text)
    return [" ".join(column) for column in parts]


def iterate_lines(above: Texts, begins: str) -> Iterator[tuple[int, int, str]]:
    """The printed lines that begin with some words, without them: (row, column, rest in small letters)."""
    start = fold_label(begins)
    for r, row in enumerate(above):
        for c, text in enumerate(row):
            if fold_label(text).startswith(start):
                yield r, c, fold_label(text).removeprefix(start).strip(" :")


def is_numbering(row: Sequence[str]) -> bool:
    """Whether a row only numbers the columns: (1), (2), (3), or A, B, 1, 2."""
    texts = [text.strip("()") for text in row if text]
    numbers = [int(text) for text in texts if text.isdigit()]
    letters = [ord(text) for text in texts if len(text) == 1 and not text.isdigit()]
    in_order = all(b == a + 1 for part in (numbers, letters) for a, b in pairwise(part))
    return len(texts) == len(numbers) + len(letters) > 2 and numbers[:1] == [1] and in_order
