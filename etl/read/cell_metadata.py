"""What a sheet's grid of values does not show: how each cell looks, what is hidden, formulas without a result.

Read room, child process only. One reader a format fills it in (`cell_metadata_xlsx`, `_binary`, `_ods`), because the
parser of values gives an error and a formula without a stored result as an empty cell, and a text of several runs as
one. Never changes a value; `etl.read.values` decides what a look makes of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from etl.read.number_formats import is_plain_format, show_number, show_text

CellPosition = tuple[int, int]
"""(row, column), from 0."""
Rectangle = tuple[int, int, int, int]
"""(first row, first column, last row, last column), from 0."""

_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
STRUCK_WORDS = "(gạch ngang)"
_UNSEEN_WORDS = "(chữ ẩn)"


@dataclass(frozen=True, slots=True)
class CellLook:
    """What makes a cell look unlike its value.

    `number_format` is its format as a code; `text` is its text with raised digits as raised letters and with what is
    struck out or invisible named; `shown` is the whole printed text, where the file keeps it; `is_struck` and
    `is_unseen` are about the whole cell.
    """

    number_format: str = ""
    text: str | None = None
    shown: str | None = None
    is_struck: bool = False
    is_unseen: bool = False

    def is_hidden(self, value: object) -> bool:
        """Whether somebody looking at the sheet sees nothing of a value that is there."""
        if self.is_unseen or self.shown == "":
            return True
        if isinstance(value, str):
            return not show_text(value, self.number_format).strip()
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and show_number(float(value), self.number_format).is_blank  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class TextStyle:
    """How a run of text or a whole cell is drawn, as far as it changes what is read."""

    is_struck: bool = False
    is_unseen: bool = False
    raised: int = 0


PLAIN_STYLE = TextStyle()


@dataclass(frozen=True, slots=True)
class CellStyle:
    """How the cells of one style look."""

    number_format: str = "General"
    text_style: TextStyle = PLAIN_STYLE

    @property
    def look(self) -> CellLook | None:
        """The look of the style's cells; None where every value is shown as itself."""
        font = self.text_style
        if is_plain_format(self.number_format) and not font.is_struck and not font.is_unseen:
            return None
        return CellLook(self.number_format, is_struck=font.is_struck, is_unseen=font.is_unseen)


@dataclass(frozen=True, slots=True)
class SheetMetadata:
    """What is special in one sheet.

    `replaced` are values that the parser of values may give wrongly (words of .xls formulas, errors, truth values of
    .ods). `twice` are cells that the file holds more than once.
    """

    replaced: Mapping[CellPosition, object] = field(default_factory=dict)
    uncached: frozenset[CellPosition] = frozenset()
    hidden_rows: frozenset[int] = frozenset()
    hidden_cols: frozenset[int] = frozenset()
    looks: Mapping[CellPosition, CellLook] = field(default_factory=dict)
    merges: tuple[Rectangle, ...] = ()
    twice: tuple[CellPosition, ...] = ()
    hides_zeros: bool = False


NO_METADATA = SheetMetadata()


def describe_runs(runs: Iterable[tuple[str, TextStyle]]) -> CellLook | None:
    """The look of a text of several runs; None where they read as one plain text."""
    parts, is_struck, is_odd = [], False, False
    for text, style in runs:
        if text.strip() and (style.is_struck or style.is_unseen):
            parts.append(f" {text.strip()} {STRUCK_WORDS if style.is_struck else _UNSEEN_WORDS} ")
            is_struck = is_odd = True
        else:
            changed = text.translate(_RAISED if style.raised > 0 else _LOWERED) if style.raised else text
            is_odd |= changed != text
            parts.append(changed)
    return CellLook(text="".join(parts).strip(), is_struck=is_struck) if is_odd else None


def combine_looks(style: CellLook | None, runs: CellLook | None) -> CellLook | None:
    """The look of a cell from its style and from the runs of its text."""
    if style is None or runs is None:
        return style or runs
    struck, unseen = style.is_struck or runs.is_struck, style.is_unseen
    return CellLook(style.number_format, runs.text, style.shown, struck, unseen)
