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
_OVERSAMPLING = 2
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
class Polyline:
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
class TextLabel:
    """A text on one line, its middle at `y`; `upright` reads from below to above."""

    x: float
    y: float
    text: str
    size: float = 7.0
    anchor: Anchor = "start"
    bold: bool = False
    upright: bool = False


DrawingPrimitive = Box | Polyline | Dot | TextLabel


@dataclass(frozen=True)
class Drawing:
    """Marks on a sheet; `alt` says the same in words."""

    width: float
    height: float
    shapes: tuple[DrawingPrimitive, ...]
    alt: str


# --- for paper -----------------------------------------------------------------------------------------


def encode_png(drawing: Drawing) -> bytes:
    """The drawing in shades of grey at print resolution; the same bytes for the same drawing."""
    from PIL import Image

    size = tuple(round(side / _MM_PER_INCH * DPI) * _OVERSAMPLING for side in (drawing.width, drawing.height))
    sheet = _RasterCanvas(Image.new("L", (size[0], size[1]), 255))
    for shape in drawing.shapes:
        sheet.draw_shape(shape)
    buffer = BytesIO()
    sheet.image.reduce(_OVERSAMPLING).save(buffer, format="png", dpi=(DPI, DPI))
    return buffer.getvalue()


class _RasterCanvas:
    """A picture being drawn, finer than it is printed: reducing it smooths its edges."""

    def __init__(self, image: Any) -> None:
        from PIL import ImageDraw

        self.image, self._draw = image, ImageDraw.Draw(image)

    def draw_shape(self, shape: DrawingPrimitive) -> None:
        """Draws a mark."""
        if isinstance(shape, Box):
            self._draw_box(shape)
        elif isinstance(shape, Polyline):
            colour = 153 if shape.grey else 0
            for piece in _split_into_dashes(shape.points) if shape.dashed else [shape.points]:
                self._draw.line(
                    [_convert_to_pixels(*point) for point in piece],
                    fill=colour,
                    width=_compute_stroke_pixels(shape.width),
                    joint="curve",
                )
        elif isinstance(shape, Dot):
            corners = [
                _convert_to_pixels(shape.x - _RADIUS, shape.y - _RADIUS),
                _convert_to_pixels(shape.x + _RADIUS, shape.y + _RADIUS),
            ]
            if shape.square:
                self._draw.rectangle(corners, fill=255, outline=0, width=_compute_stroke_pixels(0.25))
            else:
                self._draw.ellipse(corners, fill=0)
        else:
            self._draw_text_label(shape)

    def _draw_box(self, box: Box) -> None:
        left, top = _convert_to_pixels(box.x, box.y)
        right, bottom = _convert_to_pixels(box.x + box.width, box.y + box.height)
        self._draw.rectangle((left, top, right, bottom), fill=_GREY[box.fill])
        if box.fill == "hatched":
            for start in range(left - (bottom - top), right, _compute_stroke_pixels(_HATCH)):
                begin, end = max(start, left), min(start + bottom - top, right)
                ends = (begin, bottom - (begin - start), end, bottom - (end - start))
                self._draw.line(ends, fill=0, width=_compute_stroke_pixels(0.2))
        self._draw.rectangle((left, top, right, bottom), outline=0, width=_compute_stroke_pixels(0.2))

    def _draw_text_label(self, label: TextLabel) -> None:
        from PIL import Image, ImageDraw

        font = _read_canvas_font(round(label.size * _POINT / _MM_PER_INCH * DPI * _OVERSAMPLING), bold=label.bold)
        x, y = _convert_to_pixels(label.x, label.y)
        if not label.upright:
            self._draw.text((x, y), label.text, fill=0, font=font, anchor=_ANCHORS[label.anchor])
            return
        height, width = sum(font.getmetrics()), int(font.getlength(label.text)) + 1
        lying = Image.new("L", (width, height), 0)
        ImageDraw.Draw(lying).text((0, height // 2), label.text, fill=255, font=font, anchor="lm")
        standing = lying.transpose(Image.Transpose.ROTATE_90)
        self.image.paste(0, (x - height // 2, y - width), standing)


def _convert_to_pixels(x: float, y: float) -> tuple[int, int]:
    scale = DPI * _OVERSAMPLING / _MM_PER_INCH
    return round(x * scale), round(y * scale)


def _compute_stroke_pixels(width: float) -> int:
    return max(round(width / _MM_PER_INCH * DPI * _OVERSAMPLING), 1)


def _split_into_dashes(points: tuple[tuple[float, float], ...]) -> Iterator[tuple[tuple[float, float], ...]]:
    """The pieces of a dashed line."""
    for (x0, y0), (x1, y1) in pairwise(points):
        length = hypot(x1 - x0, y1 - y0)
        for place in range(int(length / _DASH) + 1):
            start, end = place * _DASH, min(place * _DASH + _DASH * 0.6, length)
            if length and start < end:
                yield tuple((x0 + (x1 - x0) * at / length, y0 + (y1 - y0) * at / length) for at in (start, end))


@cache
def _read_canvas_font(size: int, *, bold: bool) -> Any:
    from PIL import ImageFont

    name = "DejaVuSerif-Bold.ttf" if bold else "DejaVuSerif.ttf"
    return ImageFont.truetype(str(_FONTS / name), size, layout_engine=ImageFont.Layout.BASIC)


# --- for a page ----------------------------------------------------------------------------------------


def render_svg(drawing: Drawing) -> str:
    """The drawing as an element of a page: its texts stay texts, in the page's own font."""
    svg_elements = "".join(map(_render_svg_element, drawing.shapes))
    hatch = (
        f'<defs><pattern id="hatch" width="{_HATCH}" height="{_HATCH}" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><rect width="{_HATCH}" height="{_HATCH}" fill="#fff"/>'
        f'<path d="M0 0V{_HATCH}" stroke="#000" stroke-width="0.5"/></pattern></defs>'
    )
    needed = hatch if "url(#hatch)" in svg_elements else ""
    return (
        f'<svg viewBox="0 0 {drawing.width:g} {drawing.height:g}" role="img" xmlns="http://www.w3.org/2000/svg" '
        f'aria-label="{escape(drawing.alt)}">{needed}{svg_elements}</svg>'
    )


def _render_svg_element(shape: DrawingPrimitive) -> str:
    if isinstance(shape, Box):
        size = f'width="{_format_svg(shape.width)}" height="{_format_svg(shape.height)}"'
        place = f'x="{_format_svg(shape.x)}" y="{_format_svg(shape.y)}" {size}'
        return f'<rect {place} fill="{_PAINT[shape.fill]}" stroke="#000" stroke-width="0.2"/>'
    if isinstance(shape, Polyline):
        points = " ".join(f"{_format_svg(x)},{_format_svg(y)}" for x, y in shape.points)
        dashes = ' stroke-dasharray="1.6 1"' if shape.dashed else ""
        colour = "#999" if shape.grey else "#000"
        width = _format_svg(shape.width)
        return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}"{dashes}/>'
    if isinstance(shape, Dot):
        if shape.square:
            place = f'x="{_format_svg(shape.x - 0.6)}" y="{_format_svg(shape.y - 0.6)}"'
            return f'<rect {place} width="1.2" height="1.2" fill="#fff" stroke="#000" stroke-width="0.25"/>'
        return f'<circle cx="{_format_svg(shape.x)}" cy="{_format_svg(shape.y)}" r="0.6"/>'
    turned = f' transform="rotate(-90 {_format_svg(shape.x)} {_format_svg(shape.y)})"' if shape.upright else ""
    anchor: Anchor = "start" if shape.upright else shape.anchor
    bold = ' font-weight="bold"' if shape.bold else ""
    size = _format_svg(shape.size * _POINT)
    text_attributes = f'font-size="{size}" text-anchor="{anchor}" dominant-baseline="central"{bold}{turned}'
    return f'<text x="{_format_svg(shape.x)}" y="{_format_svg(shape.y)}" {text_attributes}>{escape(shape.text)}</text>'


def _format_svg(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
