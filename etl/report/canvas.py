"""Drawings: a few kinds of marks as SVG, for a page that is read on a phone, and for paper as a PNG of that same SVG.

Room: report. Used by `charts`, `words` and `page`. Says how a mark looks, never what it means. Nothing depends on
colour: dark, hatched, pale and empty differ in black and white. The PNG's font lies beside this module (it has every
Vietnamese letter), so that the same drawing gives the same bytes anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Literal

DPI = 200
_MM_PER_INCH = 25.4
_POINT = 0.3528  # mm
_HATCH = 1.3  # mm between strokes
_FONTS = Path(__file__).parent / "fonts"

Fill = Literal["dark", "hatched", "pale", "empty"]
Anchor = Literal["start", "middle", "end"]
_PAINT: dict[str, str] = {"dark": "#595959", "hatched": "url(#hatch)", "pale": "#d9d9d9", "empty": "#fff"}


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


def encode_png(drawing: Drawing) -> bytes:
    """The drawing at print resolution, with the fonts beside this module; the same bytes for the same drawing."""
    import resvg_py

    width, height = (round(side / _MM_PER_INCH * DPI) for side in (drawing.width, drawing.height))
    return resvg_py.svg_to_bytes(
        svg_string=render_svg(drawing, f'width="{width}" height="{height}" preserveAspectRatio="none" '),
        background="#fff",
        skip_system_fonts=True,
        font_family="DejaVu Serif",
        font_files=[str(_FONTS / name) for name in ("DejaVuSerif.ttf", "DejaVuSerif-Bold.ttf")],
    )


def render_svg(drawing: Drawing, attributes: str = "") -> str:
    """The drawing as an element of a page, with more attributes: its texts stay texts, in the page's own font."""
    svg_elements = "".join(map(_render_svg_element, drawing.shapes))
    hatch = (
        f'<defs><pattern id="hatch" width="{_HATCH}" height="{_HATCH}" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><rect width="{_HATCH}" height="{_HATCH}" fill="#fff"/>'
        f'<path d="M0 0V{_HATCH}" stroke="#000" stroke-width="0.5"/></pattern></defs>'
    )
    needed = hatch if "url(#hatch)" in svg_elements else ""
    return (
        f'<svg {attributes}viewBox="0 0 {drawing.width:g} {drawing.height:g}" role="img" '
        f'xmlns="http://www.w3.org/2000/svg" aria-label="{escape(drawing.alt)}">{needed}{svg_elements}</svg>'
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
