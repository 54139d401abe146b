"""Drawings: a few kinds of marks, printed as PNG for paper and as SVG for a page that is read on a phone.

Room: report. Used by `charts`, `words` and `page`. Says how a mark looks, never what it means. Nothing depends on
colour: dark, hatched, pale and empty differ in black and white. The PNG's font is the one that comes with the drawing
library (it has every Vietnamese letter), so that the same drawing gives the same bytes anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

DPI = 200
_MM_PER_INCH = 25.4
_POINT = 0.3528  # mm
_HATCH = 1.3  # mm between strokes

Fill = Literal["dark", "hatched", "pale", "empty"]
Anchor = Literal["start", "middle", "end"]
_GREY: dict[str, str] = {"dark": "0.35", "hatched": "white", "pale": "0.85", "empty": "white"}
_PAINT: dict[str, str] = {"dark": "#595959", "hatched": "url(#hatch)", "pale": "#d9d9d9", "empty": "#fff"}
_ANCHORS: dict[str, str] = {"start": "left", "middle": "center", "end": "right"}


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
    """The drawing at print resolution; the same bytes for the same drawing."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.transforms import Affine2D

    figure = Figure(figsize=(drawing.width / _MM_PER_INCH, drawing.height / _MM_PER_INCH), dpi=DPI)
    FigureCanvasAgg(figure)
    scale = DPI / _MM_PER_INCH
    place = Affine2D().scale(scale, -scale).translate(0, drawing.height * scale)
    for mark in drawing.marks:
        figure.add_artist(_artist(mark, place))
    buffer = BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None}, pil_kwargs={"compress_level": 6})
    return buffer.getvalue()


def _artist(mark: Mark, place: Any) -> Any:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Rectangle
    from matplotlib.text import Text
    from matplotlib.transforms import IdentityTransform

    if isinstance(mark, Box):
        return Rectangle(
            (mark.x, mark.y), mark.width, mark.height, transform=place, edgecolor="black", linewidth=0.6,
            facecolor=_GREY[mark.fill], hatch="////" if mark.fill == "hatched" else None,
        )  # fmt: skip
    if isinstance(mark, Path2):
        xs, ys = zip(*mark.points, strict=True)
        look: dict[str, Any] = {
            "color": "0.6" if mark.grey else "black",
            "linestyle": (0, (4, 2.5)) if mark.dashed else "solid",
        }
        return Line2D(xs, ys, transform=place, linewidth=mark.width / _POINT, solid_capstyle="butt", **look)
    if isinstance(mark, Dot):
        look = {"marker": "s", "markerfacecolor": "white"} if mark.square else {"marker": "o"}
        return Line2D([mark.x], [mark.y], transform=place, color="black", markersize=3.2, markeredgewidth=0.7, **look)
    x, y = place.transform((mark.x, mark.y))
    aligned: dict[str, Any] = (
        {"ha": "center", "va": "bottom"} if mark.upright else {"ha": _ANCHORS[mark.anchor], "va": "center"}
    )
    return Text(
        x, y, mark.text, fontproperties=_font(mark.size, bold=mark.bold), rotation=90 if mark.upright else 0,
        parse_math=False, transform=IdentityTransform(), **aligned,
    )  # fmt: skip


def _font(size: float, *, bold: bool) -> Any:
    from matplotlib import get_data_path
    from matplotlib.font_manager import FontProperties

    name = "DejaVuSerif-Bold.ttf" if bold else "DejaVuSerif.ttf"
    return FontProperties(fname=str(Path(get_data_path()) / "fonts" / "ttf" / name), size=size)


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
