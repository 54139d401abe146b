"""What a Word file says, in the order of its pages: paragraphs with their place, pictures by content.

Room: ooxml. For files of any origin: read through `OpcPackage`. How a text looks (fonts, colours, sizes) is not read;
what is hidden or struck out by a tracked change is not said.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from etl.ooxml.opc_package import OpcPackage, UneditablePackageError
from etl.ooxml.zip_parts import ZIP_ERRORS

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_EMBED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}embed"
_DRAWINGS = {f"{_W}drawing", f"{_W}pict", f"{_W}object"}
_SPACES = {f"{_W}tab", f"{_W}br", f"{_W}cr"}
_REVISED = {f"{_W}ins", f"{_W}del", f"{_W}moveFrom", f"{_W}moveTo", f"{_W}altChunk"}
_SLOT_MARK = re.compile(r"(number|day|month|year|signer)(Begin|End)\d*")
_BESIDE_THE_BODY = ("header", "footer", "footnotes", "endnotes")


@dataclass(frozen=True)
class WordParagraph:
    """A paragraph, or a picture in one. `part` is the part's name without folder and ending;
    `beside` is of headers, footers and notes.

    `row` and `column` count from 1 within a table, 0 outside of one; `number` counts paragraphs of the part. `slots`
    are the registry's places in it, by name, as (begin, end) in `text`.
    """

    part: str
    beside: bool
    number: int
    row: int
    column: int
    text: str
    slots: tuple[tuple[str, int, int], ...] = ()


def read_word_paragraphs(data: bytes) -> list[WordParagraph]:
    """Everything that a Word file says.

    Raises:
        UneditablePackageError: it is no Word file that can be read safely, or has tracked changes.
    """
    try:
        package = OpcPackage(data)
    except ZIP_ERRORS as error:
        raise UneditablePackageError(f"no zip: {error}") from error
    main = package.find_related_part("", "officeDocument")
    if not main:
        raise UneditablePackageError("no Word document")
    beside = {r.target for r in package.list_relationships(main) if r.kind in _BESIDE_THE_BODY and not r.external}
    parts = (main, *sorted(beside))
    return [paragraph for part in parts for paragraph in _read_part_paragraphs(package, part, part != main)]


def _read_part_paragraphs(package: OpcPackage, part: str, beside: bool) -> Iterator[WordParagraph]:
    pictures = {r.id: r.target for r in package.list_relationships(part) if not r.external}
    name = part.rpartition("/")[2].rpartition(".")[0]
    number = 0
    for element in package.parse_part(part).iter():
        if element.tag in _REVISED:
            raise UneditablePackageError(f"{name} has tracked changes or inserted files")
        if _has_ancestor(element, _FALLBACK):
            continue
        if element.tag == f"{_W}p":
            number += 1
            yield _build_paragraph(element, name, beside, number)
        elif element.tag in _DRAWINGS:
            embedded = (pictures.get(blip.get(_EMBED, ""), "") for blip in element.iter("{*}blip"))
            hashes = (hashlib.sha256(package.read_part(p)).hexdigest() if p in package else "?" for p in embedded)
            yield WordParagraph(name, beside, number, 0, 0, f"[{' '.join(hashes) or '?'}]")


def _build_paragraph(element: Any, part: str, beside: bool, number: int) -> WordParagraph:
    text, begins, slots = "", {}, []
    for piece in element.iter():
        if piece.tag == f"{_W}bookmarkStart" and (mark := _SLOT_MARK.fullmatch(piece.get(f"{_W}name", ""))):
            if mark[2] == "Begin":
                begins[mark[1]] = len(text)
            elif mark[1] in begins:
                slots.append((mark[1], begins.pop(mark[1]), len(text)))
        elif next(piece.iterancestors(f"{_W}p"), None) is element:
            text += _read_piece(piece)
    row, column = _find_table_place(element)
    return WordParagraph(part, beside, number, row, column, text, tuple(slots))


def _read_piece(piece: Any) -> str:
    run = next(piece.iterancestors(f"{_W}r"), None)
    if run is not None and run.find(f"{_W}rPr/{_W}vanish") is not None:
        return ""
    if piece.tag == f"{_W}t":
        return piece.text or ""
    return "-" if piece.tag == f"{_W}noBreakHyphen" else " " if piece.tag in _SPACES else ""


def _find_table_place(element: Any) -> tuple[int, int]:
    cell = next(element.iterancestors(f"{_W}tc"), None)
    row = None if cell is None else next(cell.iterancestors(f"{_W}tr"), None)
    table = None if row is None else next(row.iterancestors(f"{_W}tbl"), None)
    if cell is None or row is None or table is None:
        return 0, 0
    return table.findall(f"{_W}tr").index(row) + 1, row.findall(f"{_W}tc").index(cell) + 1


def _has_ancestor(element: Any, tag: str) -> bool:
    return next(element.iterancestors(tag), None) is not None
