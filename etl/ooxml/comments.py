"""The comments of one worksheet: ours added beside others', and taken out again.

Room: ooxml. A comment needs two parts: its text, here, and its box (`comment_shapes`). Theirs stay as they are,
threaded ones too; on a cell that has a comment of theirs, ours follows below it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from lxml import etree

from etl.ooxml import comment_shapes
from etl.ooxml.opc_package import UneditablePackageError
from etl.ooxml.workbook_part import SheetEntry, WorkbookPart
from etl.ooxml.worksheet_cells import CellReference, WorksheetCells, insert_worksheet_element, parse_cell_reference

_COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_DRAWING_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_THREAD_AUTHOR_PREFIX = "tc={"
_FONT, _SIZE = "Tahoma", "10"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
CommentRuns = Sequence[tuple[bool, str]]
"""A comment's text: (bold?, text)."""


class WorksheetComments:
    """The comments of a worksheet, as the sender has them."""

    def __init__(self, book: WorkbookPart, sheet: SheetEntry) -> None:
        self._book, self._package, self._sheet = book, book.package, sheet
        self._part = self._package.find_related_part(sheet.part, "comments")
        self._drawing = self._find_legacy_drawing()

    def _find_legacy_drawing(self) -> str:
        """The drawing that the sheet itself names: a header's picture has one too."""
        named = self._package.parse_part(self._sheet.part).find(self._book.qualify_name("legacyDrawing"))
        if named is None:
            return ""
        wanted = named.get(self._book.relation_id)
        targets = [r.target for r in self._package.list_relationships(self._sheet.part) if r.id == wanted]
        if not targets or targets[0] not in self._package:
            raise UneditablePackageError("a drawing of comments that is not there")
        return targets[0]

    def _read_drawing(self) -> bytes:
        return comment_shapes.validate_drawing(self._package.read_part(self._drawing, comment_shapes.MAX_DRAWING_BYTES))

    def _edit_child_element(self, name: str) -> Any:
        element = self._package.edit_part(self._part).find(self._book.qualify_name(name))
        if element is None:
            raise UneditablePackageError(f"comments without {name}")
        return element

    def _find_thread_authors(self) -> set[str]:
        """Numbers of the authors that stand for a thread."""
        return {
            str(i)
            for i, author in enumerate(self._edit_child_element("authors"))
            if (author.text or "").startswith(_THREAD_AUTHOR_PREFIX)
        }

    # --- adding -----------------------------------------------------------------------------------

    def add_comments(self, texts: Mapping[CellReference, CommentRuns], author: str, cells: WorksheetCells) -> None:
        """Writes a comment on each place. A threaded comment is left alone: Excel shows nothing else there."""
        self._add_missing_parts()
        entries, threaded, number = (
            self._edit_child_element("commentList"),
            self._find_thread_authors(),
            self._find_or_add_author(author),
        )
        entries_by_cell = {parse_cell_reference(entry.get("ref", "")): entry for entry in entries}
        made: dict[CellReference, int] = {}
        grown: dict[CellReference, int] = {}
        for place, runs in texts.items():
            entry = entries_by_cell.get(place)
            if entry is None:
                entries.append(self._build_comment(place, number, runs))
                made[place] = comment_shapes.compute_comment_height("".join(text for _, text in runs))
            elif entry.get("authorId") not in threaded:
                self._append_text_runs(entry, ((False, "\n\n"), *runs))
                grown[place] = comment_shapes.compute_comment_height(_read_comment_text(entry))
        drawn = comment_shapes.enlarge_comment_boxes(self._read_drawing(), grown, cells)
        self._package.write_part(self._drawing, comment_shapes.add_comment_boxes(drawn, made, cells, self._package))

    def _add_missing_parts(self) -> None:
        package, sheet = self._package, self._sheet.part
        if not self._part:
            self._part = package.find_free_part_name("xl/comments{}.xml")
            blank = f'<comments xmlns="{self._book.ns}"><authors/><commentList/></comments>'
            package.write_part(self._part, blank.encode())
            package.declare_content_type(self._part, _COMMENTS_TYPE)
            package.add_relationship(sheet, "comments", self._part)
        if not self._drawing:
            self._drawing = package.find_free_part_name("xl/drawings/vmlDrawing{}.vml")
            package.write_part(self._drawing, comment_shapes.build_empty_drawing(package))
            package.declare_content_type(self._drawing, _DRAWING_TYPE)
            relation = package.add_relationship(sheet, "vmlDrawing", self._drawing)
            namespace = self._book.relation_id[1:].partition("}")[0]
            element = etree.Element(self._book.qualify_name("legacyDrawing"), nsmap={"r": namespace})
            element.set(self._book.relation_id, relation)
            insert_worksheet_element(package.edit_part(sheet), element)

    def _find_or_add_author(self, name: str) -> int:
        authors = self._edit_child_element("authors")
        names = [entry.text or "" for entry in authors]
        if name not in names:
            etree.SubElement(authors, self._book.qualify_name("author")).text = name
            names.append(name)
        return names.index(name)

    def _build_comment(self, place: CellReference, author: int, runs: CommentRuns) -> Any:
        entry = etree.Element(self._book.qualify_name("comment"))
        entry.set("ref", place.name)
        entry.set("authorId", str(author))
        etree.SubElement(entry, self._book.qualify_name("text"))
        self._append_text_runs(entry, runs)
        return entry

    def _append_text_runs(self, entry: Any, added: CommentRuns) -> None:
        """Adds our text at the end: headings in bold, as runs of their own."""
        holder = entry.find(self._book.qualify_name("text"))
        if holder is None:
            raise UneditablePackageError("a comment without text")
        for child in holder.findall(self._book.qualify_name("t")):  # runs must not follow plain text
            run = etree.Element(self._book.qualify_name("r"))
            child.addprevious(run)
            run.append(child)
        runs = [i for i, child in enumerate(holder) if child.tag == self._book.qualify_name("r")]
        at = runs[-1] + 1 if runs else 0
        for offset, (bold, part) in enumerate(added):
            holder.insert(at + offset, self._build_text_run(part, bold))

    def _build_text_run(self, text: str, bold: bool) -> Any:
        run = etree.Element(self._book.qualify_name("r"))
        properties = etree.SubElement(run, self._book.qualify_name("rPr"))
        if bold:
            etree.SubElement(properties, self._book.qualify_name("b"))
        for name, value in (("sz", _SIZE), ("rFont", _FONT), ("family", "2")):
            etree.SubElement(properties, self._book.qualify_name(name)).set("val", value)
        inner = etree.SubElement(run, self._book.qualify_name("t"))
        inner.text = text
        inner.set(_SPACE, "preserve")
        return run

    # --- taking out -------------------------------------------------------------------------------

    def remove_comments(self, heading: str, start: re.Pattern[str]) -> None:
        """Takes out the comments that begin with a heading, and from comments of others what follows such a `start`."""
        if not self._part or heading not in _read_comment_text(self._package.parse_part(self._part)):
            return
        entries, threaded, gone = self._edit_child_element("commentList"), self._find_thread_authors(), set()
        for entry in list(entries):
            text = _read_comment_text(entry)
            ours = start.search(text)
            if ours and entry.get("authorId") not in threaded:
                own = _remove_trailing_gap(text[: ours.start()])
                _truncate_comment(entry, len(own))
                if not own:
                    entries.remove(entry)
                    gone.add(parse_cell_reference(entry.get("ref", "")))
        if self._drawing:
            self._package.write_part(self._drawing, comment_shapes.remove_comment_boxes(self._read_drawing(), gone))
        if not len(entries):
            self._remove_comment_parts()

    def _remove_comment_parts(self) -> None:
        """No comment is left: the parts that carried them go too, unless something else is drawn there."""
        package, sheet = self._package, self._sheet.part
        package.remove_relationships(sheet, self._part)
        package.remove_part(self._part)
        if self._drawing and not comment_shapes.has_comment_boxes(self._read_drawing()):
            root = package.edit_part(sheet)
            root.remove(root.find(self._book.qualify_name("legacyDrawing")))
            package.remove_relationships(sheet, self._drawing)
            package.remove_part(self._drawing)


def _list_text_elements(element: Any) -> list[Any]:
    return [t for t in element.iter() if isinstance(t.tag, str) and t.tag.endswith("}t")]


def _read_comment_text(element: Any) -> str:
    """All text of a comment, hints on how to pronounce it too."""
    return "".join(t.text or "" for t in _list_text_elements(element))


def _remove_trailing_gap(text: str) -> str:
    """Their text without the empty line that we put after it."""
    for _ in range(2):
        text = text.removesuffix("\n").removesuffix("\r")
    return text


def _truncate_comment(entry: Any, length: int) -> None:
    """Keeps the first letters of a comment; runs that are empty then go."""
    for t in _list_text_elements(entry):
        text = t.text or ""
        t.text = text[:length]
        length = max(length - len(text), 0)
        run = t.getparent()
        if not t.text and run.tag.endswith("}r"):
            run.getparent().remove(run)
