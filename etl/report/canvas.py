"""Drawings: a few kinds of marks, printed as PNG for paper and as SVG for a page that is read on a phone.

Room: report. Used by `charts`, `words` and `page`. Says how a mark looks, never what it means. Nothing depends on
colour: dark, hatched, pale and empty differ in black and white. The PNG's font lies beside this module (it has every
Vietnamese letter), so that the same drawing gives the same bytes anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html import escape
from io import BytesIO
from itertools import pairwise
from math import hypot
from pathlib import Path
from typing import Any, Literal

DPI = 200
_MM_PER_INCH = 25.4
_POINT = 0.3528  # mm
_HATCH = 1.3  # mm between strokes
_DASH = 1.9  # mm from dash to dash
_RADIUS = 0.55  # mm
_FINER = 2
_FONTS = Path(__file__).parent / "fonts"

Fill = Literal["dark", "hatched", "pale", "empty"]
Anchor = Literal["start", "middle", "end"]
_GREY: dict[str, int] = {"dark": 89, "hatched": 255, "pale": 217, "empty": 255}
_PAINT: dict[str, str] = {"dark": "#595959", "hatched": "url(#hatch)", "pale": "#d9d9d9", "empty": "#fff"}
_ANCHORS: dict[str, str] = {"start": "lm", "middle": "mm", "end": "rm"}


@dataclass(frozen=True)
class Box:
    """A rectangle. Units of all marks: mm from the upper left corner; sizes of letters in points."""

    x: float
    y: float
    width: float
    height: float
    fill: Fill = "empty"


@dataclass(frozen=True)
class Path2:
    """A line through points."""

    points: tuple[tuple[float, float], ...]
    width: float = 0.3
    dashed: bool = False
    grey: bool = False


@dataclass(frozen=True)
class Dot:
    """A point of a series (round) or a level to reach (square, empty)."""

    x: float
    y: float
    square: bool = False


@dataclass(frozen=True)
class Words:
    """A text on one line, its middle at `y`; `upright` reads from below to above."""

    x: float
    y: float
    text: str
    size: float = 7.0
    anchor: Anchor = "start"
    bold: bool = False
    upright: bool = False


Mark = Box | Path2 | Dot | Words


@dataclass(frozen=True)
class Drawing:
    """Marks on a sheet; `alt` says the same in words."""

    width: float
    height: float
    marks: tuple[Mark, ...]
    alt: str


# --- for paper -----------------------------------------------------------------------------------------


def png(drawing: Drawing) -> bytes:
    """The drawing in shades of grey at print resolution; the same bytes for the same drawing."""
    from PIL import Image

    size = tuple(round(side / _MM_PER_INCH * DPI) * _FINER for side in (drawing.width, drawing.height))
    sheet = _Sheet(Image.new("L", (size[0], size[1]), 255))
    for mark in drawing.marks:
        sheet.put(mark)
    buffer = BytesIO()
    sheet.image.reduce(_FINER).save(buffer, format="png", dpi=(DPI, DPI))
    return buffer.getvalue()


class _Sheet:
    """A picture being drawn, finer than it is printed: reducing it smooths its edges."""

    def __init__(self, image: Any) -> None:
        from PIL import ImageDraw

        self.image, self._draw = image, ImageDraw.Draw(image)

    def put(self, mark: Mark) -> None:
        """Draws a mark."""
        if isinstance(mark, Box):
            self._box(mark)
        elif isinstance(mark, Path2):
            colour = 153 if mark.grey else 0
            for piece in _dashes(mark.points) if mark.dashed else [mark.points]:
                self._draw.line(
                    [_dots(*point) for point in piece], fill=colour, width=_stroke(mark.width), joint="curve"
                )
        elif isinstance(mark, Dot):
            corners = [_dots(mark.x - _RADIUS, mark.y - _RADIUS), _dots(mark.x + _RADIUS, mark.y + _RADIUS)]
            if mark.square:
                self._draw.rectangle(corners, fill=255, outline=0, width=_stroke(0.25))
            else:
                self._draw.ellipse(corners, fill=0)
        else:
            self._words(mark)

    def _box(self, box: Box) -> None:
        left, top = _dots(box.x, box.y)
        right, bottom = _dots(box.x + box.width, box.y + box.height)
        self._draw.rectangle((left, top, right, bottom), fill=_GREY[box.fill])
        if box.fill == "hatched":
            for start in range(left - (bottom - top), right, _stroke(_HATCH)):
                begin, end = max(start, left), min(start + bottom - top, right)
                ends = (begin, bottom - (begin - start), end, bottom - (end - start))
                self._draw.line(ends, fill=0, width=_stroke(0.2))
        self._draw.rectangle((left, top, right, bottom), outline=0, width=_stroke(0.2))

    def _words(self, words: Words) -> None:
        from PIL import Image, ImageDraw

        font = _font(round(words.size * _POINT / _MM_PER_INCH * DPI * _FINER), bold=words.bold)
        x, y = _dots(words.x, words.y)
        if not words.upright:
            self._draw.text((x, y), words.text, fill=0, font=font, anchor=_ANCHORS[words.anchor])
            return
        height, width = sum(font.getmetrics()), int(font.getlength(words.text)) + 1
        lying = Image.new("L", (width, height), 0)
        ImageDraw.Draw(lying).text((0, height // 2), words.text, fill=255, font=font, anchor="lm")
        standing = lying.transpose(Image.Transpose.ROTATE_90)
        self.image.paste(0, (x - height // 2, y - width), standing)


def _dots(x: float, y: float) -> tuple[int, int]:
    scale = DPI * _FINER / _MM_PER_INCH
    return round(x * scale), round(y * scale)


def _stroke(width: float) -> int:
    return max(round(width / _MM_PER_INCH * DPI * _FINER), 1)


def _dashes(points: tuple[tuple[float, float], ...]) -> Iterator[tuple[tuple[float, float], ...]]:
    """The pieces of a dashed line."""
    for (x0, y0), (x1, y1) in pairwise(points):
        length = hypot(x1 - x0, y1 - y0)
        for place in range(int(length / _DASH) + 1):
            start, end = place * _DASH, min(place * _DASH + _DASH * 0.6, length)
            if length and start < end:
                yield tuple((x0 + (x1 - x0) * at / length, y0 + (y1 - y0) * at / length) for at in (start, end))


@cache
def _font(size: int, *, bold: bool) -> Any:
    from PIL import ImageFont

    name = "DejaVuSerif-Bold.ttf" if bold else "DejaVuSerif.ttf"
    return ImageFont.truetype(str(_FONTS / name), size, layout_engine=ImageFont.Layout.BASIC)


# --- for a page ----------------------------------------------------------------------------------------


def svg(drawing: Drawing) -> str:
    """The drawing as an element of a page: its texts stay texts, in the page's own font."""
    marks = "".join(map(_element, drawing.marks))
    hatch = (
        f'<defs><pattern id="hatch" width="{_HATCH}" height="{_HATCH}" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><rect width="{_HATCH}" height="{_HATCH}" fill="#fff"/>'
        f'<path d="M0 0V{_HATCH}" stroke="#000" stroke-width="0.5"/></pattern></defs>'
    )
    needed = hatch if "url(#hatch)" in marks else ""
    return (
        f'<svg viewBox="0 0 {drawing.width:g} {drawing.height:g}" role="img" xmlns="http://www.w3.org/2000/svg" '
        f'aria-label="{escape(drawing.alt)}">{needed}{marks}</svg>'
    )


def _element(mark: Mark) -> str:
    if isinstance(mark, Box):
        place = f'x="{_n(mark.x)}" y="{_n(mark.y)}" width="{_n(mark.width)}" height="{_n(mark.height)}"'
        return f'<rect {place} fill="{_PAINT[mark.fill]}" stroke="#000" stroke-width="0.2"/>'
    if isinstance(mark, Path2):
        points = " ".join(f"{_n(x)},{_n(y)}" for x, y in mark.points)
        dashes = ' stroke-dasharray="1.6 1"' if mark.dashed else ""
        colour = "#999" if mark.grey else "#000"
        return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{_n(mark.width)}"{dashes}/>'
    if isinstance(mark, Dot):
        if mark.square:
            place = f'x="{_n(mark.x - 0.6)}" y="{_n(mark.y - 0.6)}"'
            return f'<rect {place} width="1.2" height="1.2" fill="#fff" stroke="#000" stroke-width="0.25"/>'
        return f'<circle cx="{_n(mark.x)}" cy="{_n(mark.y)}" r="0.6"/>'
    turned = f' transform="rotate(-90 {_n(mark.x)} {_n(mark.y)})"' if mark.upright else ""
    anchor: Anchor = "start" if mark.upright else mark.anchor
    bold = ' font-weight="bold"' if mark.bold else ""
    look = f'font-size="{_n(mark.size * _POINT)}" text-anchor="{anchor}" dominant-baseline="central"{bold}{turned}'
    return f'<text x="{_n(mark.x)}" y="{_n(mark.y)}" {look}>{escape(mark.text)}</text>'


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
