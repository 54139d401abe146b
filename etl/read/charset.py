"""Words in an old charset, pasted or typed into a form that is itself in Unicode.

Room: read, child process only; called by `etl.read.workbook` once a workbook's own headers are understood. All that the
sender wrote without one of Unicode's own Vietnamese letters is looked at together, never one cell alone. Where also a
font of that charset stands in the workbook, the words are converted; where only the words tell it, they stay as they
are and the sender is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from etl.catalog.layout import SheetLayout
from etl.read.legacy import CHARSET_NAMES, convert, detect, is_modern, of_font
from etl.read.preflight import Trouble
from etl.read.values import Parsed

_Where = tuple[int, int]
_SHOWN = 120


def settle(
    sheets: Sequence[SheetLayout],
    cells: Sequence[list[Parsed] | None],
    places: Sequence[tuple[str, list[str]] | None],
    fonts: Callable[[], Iterable[str]],
) -> list[Trouble]:
    """Converts what is proven, in place, and says what was found: nothing, one note, or one question.

    Args:
        sheets: The form's sheets.
        cells: What was read of each; words are replaced in these lists.
        places: Where each sheet really lies, if not where it was printed.
        fonts: Gives the fonts of the workbook; asked only where there are words in question.
    """
    found = {
        (i, k): said[2]
        for i, read in enumerate(cells)
        for k, said in enumerate(read or ())
        if said[2] and not said[2].isascii() and not is_modern(said[2])
    }
    if not found:
        return []
    known = list(fonts())
    charset = detect(found.values(), known)
    if charset is None:
        return []
    name = CHARSET_NAMES[charset]
    if {of_font(font) for font in known} - {None} == {charset}:
        for (i, k), text in found.items():
            read = cells[i]
            if read is not None:
                state, number, _, raw = read[k]
                read[k] = state, number, convert(text, charset), raw
        return [Trouble("S26", slots=(("found", name),))]
    (i, k), text = next(iter(found.items()))
    place = places[i] if i < len(places) else None
    sheet, cell = (place[0], place[1][k]) if place else (sheets[i].code, sheets[i].inputs[k].cell)
    slots = (("found", name), ("expected", convert(text, charset)[:_SHOWN]), ("detail", str(len(found))))
    return [Trouble("S31", sheet, cell, text[:_SHOWN], slots)]
