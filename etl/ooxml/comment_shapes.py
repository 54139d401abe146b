"""The boxes that comments are shown in: legacy VML, edited as text so that everything of the sender's stays.

Room: ooxml. Every scan is linear, whatever the drawing holds. Functions take a drawing and give it
back changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from etl.ooxml.opc_package import OpcPackage, UneditablePackageError
from etl.ooxml.worksheet_cells import CellReference, WorksheetCells

MAX_DRAWING_BYTES = 4_000_000
"""Bytes of a drawing: about 4,000 comments."""
_WIDTH, _LINE_HEIGHT, _MARGIN = 340, 17, 16  # pixels
_LINE_LENGTH = 50
"""Letters of the comment's font in one line of its box."""
_CLUSTER = 1024
"""Shape ids come in clusters of this size; the id map of a drawing names its clusters."""
_VML_NAMESPACES = (
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel"'
)
_EMPTY_DRAWING = (
    f'<xml {_VML_NAMESPACES}><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="{{data}}"/></o:shapelayout></xml>'
)
_SHAPE_TYPE = (
    f'<v:shapetype {_VML_NAMESPACES} id="_x0000_t202" coordsize="21600,21600" o:spt="202"'
    ' path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_SHAPE = (
    f'<v:shape {_VML_NAMESPACES} id="_x0000_s{{id}}" type="#_x0000_t202" '
    'style="position:absolute;margin-left:60pt;margin-top:8pt;width:{width:g}pt;height:{height:g}pt;z-index:{z};'
    'visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/>'
    '<v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
    '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
    '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{anchor}</x:Anchor>'
    "<x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row><x:Column>{col}</x:Column></x:ClientData></v:shape>"
)
_OPENING = re.compile(rb"<(\w{0,20}:)?shape\b[^<>]*>")
_ANCHOR = re.compile(rb"(<(?:\w{1,20}:)?Anchor>)[^<]*(</)")
_ROW, _COLUMN = re.compile(rb"Row>\s*(\d{1,7})\s*</"), re.compile(rb"Column>\s*(\d{1,5})\s*</")
_SHAPE_ID = re.compile(rb"_x0000_s(\d{1,9})")
_IDMAP = re.compile(rb"idmap\b[^<>]{0,200}?\bdata=[\"']([\d,\s]{1,2000})[\"']")


def build_empty_drawing(package: OpcPackage) -> bytes:
    """A drawing without boxes, with a cluster of shape ids that no other drawing has."""
    return _EMPTY_DRAWING.format(data=_find_free_cluster(package)).encode()


def validate_drawing(data: bytes) -> bytes:
    """A drawing that can be edited as text.

    Raises:
        UneditablePackageError: it is in another encoding, or no XML.
    """
    if b"\0" in data or b"</" not in data:
        raise UneditablePackageError("a drawing of comments that cannot be edited")
    return data


def compute_comment_height(text: str) -> int:
    """Pixels that a comment needs."""
    lines = sum(max(1, -(-len(line) // _LINE_LENGTH)) for line in text.split("\n"))
    return lines * _LINE_HEIGHT + _MARGIN


def add_comment_boxes(
    data: bytes, heights: Mapping[CellReference, int], cells: WorksheetCells, package: OpcPackage
) -> bytes:
    """Adds a box for each comment, before the end of the drawing."""
    if not heights:
        return data
    ids = _build_shape_ids(data, len(heights), package)
    made = [] if b'id="_x0000_t202"' in data else [_SHAPE_TYPE]
    for z, (number, (place, pixels)) in enumerate(zip(ids, heights.items(), strict=True), start=1):
        anchor, size = _format_box_anchor(place, pixels, cells), {"width": _WIDTH * 0.75, "height": pixels * 0.75}
        made.append(_SHAPE.format(id=number, z=z, row=place.row - 1, col=place.col - 1, anchor=anchor, **size))
    end = data.rfind(b"</")
    return _add_clusters_to_id_map(data[:end] + "".join(made).encode() + data[end:], ids)


def enlarge_comment_boxes(data: bytes, heights: Mapping[CellReference, int], cells: WorksheetCells) -> bytes:
    """Makes boxes that are there high enough for more text."""

    def enlarge_box(box: bytes, place: CellReference | None) -> bytes:
        if place is None or place not in heights:
            return box
        anchor = _format_box_anchor(place, heights[place], cells)
        return _ANCHOR.sub(rf"\g<1>{anchor}\g<2>".encode(), box, count=1)

    return _apply_to_boxes(data, enlarge_box)


def remove_comment_boxes(data: bytes, places: Collection[CellReference | None]) -> bytes:
    """Takes out the boxes of some cells."""
    return _apply_to_boxes(data, lambda box, place: b"" if place and place in places else box)


def has_comment_boxes(data: bytes) -> bool:
    """Whether any shape is drawn."""
    return next(_find_shape_spans(data), None) is not None


def _find_shape_spans(data: bytes) -> Iterator[tuple[int, int]]:
    """Where each shape begins and ends."""
    at = 0
    while opening := _OPENING.search(data, at):
        at = opening.end()
        if not opening[0].endswith(b"/>"):
            closing = b"</" + (opening[1] or b"") + b"shape>"
            end = data.find(closing, at)
            if end < 0:
                return
            at = end + len(closing)
        yield opening.start(), at


def _apply_to_boxes(data: bytes, change: Callable[[bytes, CellReference | None], bytes]) -> bytes:
    parts, last = [], 0
    for start, end in _find_shape_spans(data):
        box = data[start:end]
        parts += [data[last:start], change(box, _parse_box_cell(box))]
        last = end
    return b"".join((*parts, data[last:]))


def _parse_box_cell(box: bytes) -> CellReference | None:
    """The cell whose comment a box shows; None for any other drawing."""
    row, col = _ROW.search(box), _COLUMN.search(box)
    return CellReference(int(row[1]) + 1, int(col[1]) + 1) if row and col and b"Note" in box else None


def _format_box_anchor(place: CellReference, pixels: int, cells: WorksheetCells) -> str:
    """Where a box stands, as columns, rows and pixels: beside its cell, as large as its text needs."""
    row = max(place.row - 2, 0)
    right, right_offset = _find_position_after_pixels(place.col, 15 + _WIDTH, lambda i: cells.find_column_width(i + 1))
    bottom, bottom_offset = _find_position_after_pixels(row, 8 + pixels, lambda i: cells.find_row_height(i + 1))
    return ", ".join(map(str, (place.col, 15, row, 8, right, right_offset, bottom, bottom_offset)))


def _find_position_after_pixels(index: int, pixels: int, size: Callable[[int], int]) -> tuple[int, int]:
    """The column or row that lies so many pixels from the beginning of another, and the rest within it."""
    for _ in range(1000):
        if pixels < size(index):
            break
        pixels -= size(index)
        index += 1
    return index, pixels


def _find_used_clusters(data: bytes) -> set[int]:
    found = {int(n) for match in _IDMAP.finditer(data) for n in re.findall(rb"\d+", match[1])}
    return found | {int(n) // _CLUSTER for n in _SHAPE_ID.findall(data)}


def _find_free_cluster(package: OpcPackage) -> int:
    drawings = (name for name in package.names if name.casefold().endswith(".vml"))
    return (
        max(
            (n for name in drawings for n in _find_used_clusters(package.read_part(name, MAX_DRAWING_BYTES))), default=0
        )
        + 1
    )


def _build_shape_ids(data: bytes, count: int, package: OpcPackage) -> list[int]:
    """Shape ids that no drawing of the workbook has."""
    clusters = _find_used_clusters(data)
    unused = len(clusters) == 1 and not _SHAPE_ID.search(data)
    first = (next(iter(clusters)) if unused else _find_free_cluster(package)) * _CLUSTER + 1
    return list(range(first, first + count))


def _add_clusters_to_id_map(data: bytes, ids: Iterable[int]) -> bytes:
    """The drawing with every cluster of its new shapes in the id map, if it has one."""
    match = _IDMAP.search(data)
    if not match:
        return data
    listed_clusters = {int(n) for n in re.findall(rb"\d+", match[1])}
    more = sorted(listed_clusters | {number // _CLUSTER for number in ids})
    return data[: match.start(1)] + ",".join(map(str, more)).encode() + data[match.end(1) :]
