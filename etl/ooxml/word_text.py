"""What a Word file says, in the order of its pages: paragraphs with their place, pictures by content.

Room: ooxml. For files of any origin: read through `OpcPackage`. How a text looks (fonts, colours, sizes) is not read,
but for whether it is seen: hidden text and rows say nothing, and every sign of a text that is struck out, white on the
page, black on black or under 4 points bears a mark.
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
_STRUCK = "\u0336"
"""Behind each sign of a text that is there and cannot be read as it is."""
_HIDING, _MARKING = ("vanish", "specVanish"), ("strike", "dstrike")
_OFF = {"0", "false", "off", "none"}
_LEAST_SIZE, _LEAST_ROW = 8, 100  # in half points; in twentieths of a point
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
    looks = _read_style_looks(package)
    name = part.rpartition("/")[2].rpartition(".")[0]
    number = 0
    for element in package.parse_part(part).iter():
        if element.tag in _REVISED:
            raise UneditablePackageError(f"{name} has tracked changes or inserted files")
        if _has_ancestor(element, _FALLBACK):
            continue
        if element.tag == f"{_W}p":
            number += 1
            yield _build_paragraph(element, name, beside, number, looks)
        elif element.tag in _DRAWINGS:
            embedded = (pictures.get(blip.get(_EMBED, ""), "") for blip in element.iter("{*}blip"))
            hashes = (hashlib.sha256(package.read_part(p)).hexdigest() if p in package else "?" for p in embedded)
            yield WordParagraph(name, beside, number, 0, 0, f"[{' '.join(hashes) or '?'}]")


def _build_paragraph(
    element: Any, part: str, beside: bool, number: int, looks: dict[str, frozenset[str]]
) -> WordParagraph:
    text, begins, slots = "[#] " if _is_numbered_by_word(element) else "", {}, []
    for piece in element.iter():
        if piece.tag == f"{_W}bookmarkStart" and (mark := _SLOT_MARK.fullmatch(piece.get(f"{_W}name", ""))):
            if mark[2] == "Begin":
                begins[mark[1]] = len(text)
            elif mark[1] in begins:
                slots.append((mark[1], begins.pop(mark[1]), len(text)))
        elif next(piece.iterancestors(f"{_W}p"), None) is element:
            text += _read_piece(piece, looks)
    row, column = _find_table_place(element)
    return WordParagraph(part, beside, number, row, column, text, tuple(slots))


def _read_piece(piece: Any, looks: dict[str, frozenset[str]]) -> str:
    look = _find_look(piece, looks)
    if look.intersection(_HIDING) or any(_is_hidden_row(row) for row in piece.iterancestors(f"{_W}tr")):
        return ""
    if piece.tag == f"{_W}t":
        text = str(piece.text or "")
        return "".join(sign if sign.isspace() else sign + _STRUCK for sign in text) if look else text
    if piece.tag == f"{_W}sym":
        return f"[{piece.get(f'{_W}char')}]"
    return "-" if piece.tag == f"{_W}noBreakHyphen" else " " if piece.tag in _SPACES else ""


def _read_style_looks(package: OpcPackage) -> dict[str, frozenset[str]]:
    """How each style keeps its text from being read, those that it rests on too; of every text under no name."""
    part = package.find_related_part(package.find_related_part("", "officeDocument"), "styles")
    if not part:
        return {}
    root = package.parse_part(part)
    styles = {style.get(f"{_W}styleId", ""): style for style in root.iter(f"{_W}style")}
    default = root.find(f"{_W}docDefaults/{_W}rPrDefault/{_W}rPr")
    own = {name: _read_look(style.find(f"{_W}rPr")) for name, style in styles.items()}
    based_on = {name: _read_value(style.find(f"{_W}basedOn")) for name, style in styles.items()}
    looks = {"": _read_look(default)}
    for name in styles:
        chain: list[str] = []
        while (one := based_on[chain[-1]] if chain else name) in styles and one not in chain:
            chain.append(one)
        looks[name] = frozenset().union(*(own[one] for one in chain))
    return looks


def _read_value(element: Any) -> str:
    return "" if element is None else element.get(f"{_W}val", "")


def _find_look(piece: Any, looks: dict[str, frozenset[str]]) -> frozenset[str]:
    """How a piece of text is kept from being read, by itself or by its styles; nothing where it can be read."""
    run, paragraph = (next(piece.iterancestors(f"{_W}{tag}"), None) for tag in ("r", "p"))
    if run is None or paragraph is None:
        return frozenset()
    own = run.find(f"{_W}rPr")
    names = [found.get(f"{_W}val", "") for found in run.findall(f"{_W}rPr/{_W}rStyle")]
    names += [found.get(f"{_W}val", "") for found in paragraph.findall(f"{_W}pPr/{_W}pStyle")]
    return frozenset().union(_read_look(own), *(looks.get(name, frozenset()) for name in ("", *names)))


def _read_look(properties: Any) -> frozenset[str]:
    if properties is None:
        return frozenset()
    values = {child.tag.removeprefix(_W): child.get(f"{_W}val", "") for child in properties.iterchildren("{*}*")}
    found = {name for name in (*_HIDING, *_MARKING) if name in values and values[name] not in _OFF}
    colour = properties.find(f"{_W}color")
    if re.fullmatch("([Ff][0-9A-Fa-f]){3}", values.get("color", "")) or (
        colour is not None and colour.get(f"{_W}themeColor", "") in {"background1", "light1"}
    ):
        found.add("white")
    if values.get("highlight") == "black":
        found.add("black")
    if values.get("sz", "").isdecimal() and int(values["sz"]) < _LEAST_SIZE:
        found.add("small")
    return frozenset(found)


def _is_numbered_by_word(paragraph: Any) -> bool:
    """Whether Word puts a number or a sign before it that stands in no text."""
    number = paragraph.find(f"{_W}pPr/{_W}numPr/{_W}numId")
    return number is not None and number.get(f"{_W}val") != "0"


def _is_hidden_row(row: Any) -> bool:
    hidden, height = row.find(f"{_W}trPr/{_W}hidden"), row.find(f"{_W}trPr/{_W}trHeight")
    if hidden is not None and hidden.get(f"{_W}val", "") not in _OFF:
        return True
    return (
        height is not None
        and height.get(f"{_W}hRule") == "exact"
        and height.get(f"{_W}val", "").isdecimal()
        and int(height.get(f"{_W}val")) < _LEAST_ROW
    )


def _find_table_place(element: Any) -> tuple[int, int]:
    cell = next(element.iterancestors(f"{_W}tc"), None)
    row = None if cell is None else next(cell.iterancestors(f"{_W}tr"), None)
    table = None if row is None else next(row.iterancestors(f"{_W}tbl"), None)
    if cell is None or row is None or table is None:
        return 0, 0
    return table.findall(f"{_W}tr").index(row) + 1, row.findall(f"{_W}tc").index(cell) + 1


def _has_ancestor(element: Any, tag: str) -> bool:
    return next(element.iterancestors(tag), None) is not None
