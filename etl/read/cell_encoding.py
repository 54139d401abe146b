"""Words in an old charset, pasted or typed into a form that is itself in Unicode.

Room: read, child process only; called by `etl.read.workbook_reader` once a workbook's own headers are understood. All
that the sender wrote without one of Unicode's own Vietnamese letters is looked at together, never one cell alone. Where
also a font of that charset stands in the workbook, the words are converted; where only the words tell it, they stay as
they are and the sender is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from etl.catalog.layout import SheetLayout
from etl.read.preflight import RawFinding
from etl.read.values import ParsedCell
from etl.read.vietnamese_text import CHARSET_NAMES, convert_charset, find_charset, find_font_charset, has_modern_letters

_Where = tuple[int, int]
_SHOWN = 120


def convert_old_charset_cells(
    sheets: Sequence[SheetLayout],
    cells: Sequence[list[ParsedCell] | None],
    places: Sequence[tuple[str, list[str]] | None],
    fonts: Callable[[], Iterable[str]],
) -> list[RawFinding]:
    """Converts what is proven, in place, and says what was found: nothing, one note, or one question.

    Args:
        sheets: The form's sheets.
        cells: What was read of each; words are replaced in these lists.
        places: Where each sheet really lies, if not where it was printed.
        fonts: Gives the fonts of the workbook; asked only where there are words in question.
    """
    old_texts = {
        (i, k): parsed[2]
        for i, read in enumerate(cells)
        for k, parsed in enumerate(read or ())
        if parsed[2] and not parsed[2].isascii() and not has_modern_letters(parsed[2])
    }
    if not old_texts:
        return []
    font_names = list(fonts())
    charset = find_charset(old_texts.values(), font_names)
    if charset is None:
        return []
    name = CHARSET_NAMES[charset]
    if {find_font_charset(font) for font in font_names} - {None} == {charset}:
        for (i, k), text in old_texts.items():
            read = cells[i]
            if read is not None:
                state, number, _, raw = read[k]
                read[k] = state, number, convert_charset(text, charset), raw
        return [RawFinding("S26", slots=(("found", name),))]
    (i, k), text = next(iter(old_texts.items()))
    place = places[i] if i < len(places) else None
    sheet, cell = (place[0], place[1][k]) if place else (sheets[i].code, sheets[i].inputs[k].cell)
    slots = (("found", name), ("expected", convert_charset(text, charset)[:_SHOWN]), ("detail", str(len(old_texts))))
    return [RawFinding("S31", sheet, cell, text[:_SHOWN], slots)]
