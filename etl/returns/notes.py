"""The comments of one worksheet: ours added beside the sender's, and taken out again.

Inside the returns room only. A comment needs two parts: its text, here, and its box (`boxes`). Theirs stay as they
are, threaded ones too; on a cell that has a comment of theirs, ours follows below it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lxml import etree

from etl.returns import boxes, words
from etl.returns.book import Book, Sheet
from etl.returns.cells import Cells, Place, insert_ordered, place_of
from etl.returns.package import OddWorkbook

_COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_DRAWING_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_SIGNS = "".join(words.SIGNS.values())
_OURS = re.compile(rf"^{re.escape(words.COMMENT_HEAD)}[^\n]*\n\s*[{_SIGNS}] ", re.MULTILINE)
"""Where our part of a comment begins: its heading, then a line with the sign of a level."""
_THREADED = "tc={"
_FONT, _SIZE = "Tahoma", "10"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


class Notes:
    """The comments of a worksheet, as the sender has them."""

    def __init__(self, book: Book, sheet: Sheet) -> None:
        self._book, self._package, self._sheet = book, book.package, sheet
        self._part = self._package.related(sheet.part, "comments")
        self._drawing = self._legacy_drawing()

    def _legacy_drawing(self) -> str:
        """The drawing that the sheet itself names: a header's picture has one too."""
        named = self._package.tree(self._sheet.part).find(self._book.q("legacyDrawing"))
        if named is None:
            return ""
        wanted = named.get(self._book.relation_id)
        found = [r.target for r in self._package.relations(self._sheet.part) if r.id == wanted]
        if not found or found[0] not in self._package:
            raise OddWorkbook("a drawing of comments that is not there")
        return found[0]

    def _vml(self) -> bytes:
        return boxes.checked(self._package.read(self._drawing, boxes.MOST))

    def _child(self, name: str) -> Any:
        found = self._package.edit(self._part).find(self._book.q(name))
        if found is None:
            raise OddWorkbook(f"comments without {name}")
        return found

    def _threaded(self) -> set[str]:
        """Numbers of the authors that stand for a thread."""
        return {str(i) for i, author in enumerate(self._child("authors")) if (author.text or "").startswith(_THREADED)}

    # --- adding -----------------------------------------------------------------------------------

    def add(self, texts: Mapping[Place, str], author: str, cells: Cells) -> None:
        """Writes a comment on each place. A threaded comment is left alone: Excel shows nothing else there."""
        self._make_parts()
        entries, threaded, number = self._child("commentList"), self._threaded(), self._author(author)
        known = {place_of(entry.get("ref", "")): entry for entry in entries}
        made: dict[Place, int] = {}
        grown: dict[Place, int] = {}
        for place, text in texts.items():
            entry = known.get(place)
            if entry is None:
                entries.append(self._comment(place, number, text))
                made[place] = boxes.height(text)
            elif entry.get("authorId") not in threaded:
                self._append(entry, f"\n\n{text}")
                grown[place] = boxes.height(_plain(entry))
        drawn = boxes.enlarged(self._vml(), grown, cells)
        self._package.put(self._drawing, boxes.with_boxes(drawn, made, cells, self._package))

    def _make_parts(self) -> None:
        package, sheet = self._package, self._sheet.part
        if not self._part:
            self._part = package.free_name("xl/comments{}.xml")
            blank = f'<comments xmlns="{self._book.ns}"><authors/><commentList/></comments>'
            package.put(self._part, blank.encode())
            package.declare(self._part, _COMMENTS_TYPE)
            package.relate(sheet, "comments", self._part)
        if not self._drawing:
            self._drawing = package.free_name("xl/drawings/vmlDrawing{}.vml")
            package.put(self._drawing, boxes.empty(package))
            package.declare(self._drawing, _DRAWING_TYPE)
            relation = package.relate(sheet, "vmlDrawing", self._drawing)
            namespace = self._book.relation_id[1:].partition("}")[0]
            element = etree.Element(self._book.q("legacyDrawing"), nsmap={"r": namespace})
            element.set(self._book.relation_id, relation)
            insert_ordered(package.edit(sheet), element)

    def _author(self, name: str) -> int:
        authors = self._child("authors")
        names = [entry.text or "" for entry in authors]
        if name not in names:
            etree.SubElement(authors, self._book.q("author")).text = name
            names.append(name)
        return names.index(name)

    def _comment(self, place: Place, author: int, text: str) -> Any:
        entry = etree.Element(self._book.q("comment"))
        entry.set("ref", place.name)
        entry.set("authorId", str(author))
        etree.SubElement(entry, self._book.q("text"))
        self._append(entry, text)
        return entry

    def _append(self, entry: Any, text: str) -> None:
        """Adds our text at the end: headings in bold, as runs of their own."""
        holder = entry.find(self._book.q("text"))
        if holder is None:
            raise OddWorkbook("a comment without text")
        for child in holder.findall(self._book.q("t")):  # runs must not follow plain text
            run = etree.Element(self._book.q("r"))
            child.addprevious(run)
            run.append(child)
        runs = [i for i, child in enumerate(holder) if child.tag == self._book.q("r")]
        at = runs[-1] + 1 if runs else 0
        for offset, (bold, part) in enumerate(words.emphasised(text)):
            holder.insert(at + offset, self._run(part, bold))

    def _run(self, text: str, bold: bool) -> Any:
        run = etree.Element(self._book.q("r"))
        properties = etree.SubElement(run, self._book.q("rPr"))
        if bold:
            etree.SubElement(properties, self._book.q("b"))
        for name, value in (("sz", _SIZE), ("rFont", _FONT), ("family", "2")):
            etree.SubElement(properties, self._book.q(name)).set("val", value)
        inner = etree.SubElement(run, self._book.q("t"))
        inner.text = text
        inner.set(_SPACE, "preserve")
        return run

    # --- taking out -------------------------------------------------------------------------------

    def remove_ours(self) -> None:
        """Takes our comments out, and our part of comments that are theirs."""
        if not self._part or words.COMMENT_HEAD not in _plain(self._package.tree(self._part)):
            return
        entries, threaded, gone = self._child("commentList"), self._threaded(), set()
        for entry in list(entries):
            text = _plain(entry)
            ours = _OURS.search(text)
            if ours and entry.get("authorId") not in threaded:
                own = _before_the_gap(text[: ours.start()])
                _cut(entry, len(own))
                if not own:
                    entries.remove(entry)
                    gone.add(place_of(entry.get("ref", "")))
        if self._drawing:
            self._package.put(self._drawing, boxes.without(self._vml(), gone))
        if not len(entries):
            self._forget()

    def _forget(self) -> None:
        """No comment is left: the parts that carried them go too, unless something else is drawn there."""
        package, sheet = self._package, self._sheet.part
        package.unrelate(sheet, self._part)
        package.drop(self._part)
        if self._drawing and not boxes.has_boxes(self._vml()):
            root = package.edit(sheet)
            root.remove(root.find(self._book.q("legacyDrawing")))
            package.unrelate(sheet, self._drawing)
            package.drop(self._drawing)


def _texts(element: Any) -> list[Any]:
    return [t for t in element.iter() if isinstance(t.tag, str) and t.tag.endswith("}t")]


def _plain(element: Any) -> str:
    """All text of a comment, hints on how to pronounce it too."""
    return "".join(t.text or "" for t in _texts(element))


def _before_the_gap(text: str) -> str:
    """Their text without the empty line that we put after it."""
    for _ in range(2):
        text = text.removesuffix("\n").removesuffix("\r")
    return text


def _cut(entry: Any, length: int) -> None:
    """Keeps the first letters of a comment; runs that are empty then go."""
    for t in _texts(entry):
        text = t.text or ""
        t.text = text[:length]
        length = max(length - len(text), 0)
        run = t.getparent()
        if not t.text and run.tag.endswith("}r"):
            run.getparent().remove(run)
