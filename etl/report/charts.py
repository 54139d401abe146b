"""The picture of the report: every indicator's distance to its plan at a glance.

Room: report. Called by `draft`; prints only from facts. Reads in black and white: filled bars reach the
plan, hatched ones do not, and each bar carries its figure and sign. The font is the one that comes with
the drawing library (it has every Vietnamese letter), so that the same facts give the same picture anywhere.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from etl.report.facts import Facts

WIDTH_INCHES = 6.3  # 160 mm, the width of the text
DPI = 200
FARTHEST = 100.0
"""Bars longer than this (in % of the plan) are cut and say so with an arrow; their figure is printed in full."""
_LOOK: dict[str, tuple[str, str | None]] = {
    "met": ("0.35", None),
    "within_plan": ("0.35", None),
    "not_met": ("white", "////"),
    "over_plan": ("white", "////"),
}
"""Fill and hatching by status; anything without a verdict on this period is pale."""


def overview(facts: Facts) -> bytes:
    """The chart as PNG, the same bytes for the same facts; empty where no target has a number."""
    rows = facts["chart"]["rows"]
    if not rows:
        return b""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_INCHES, 1.1 + 0.2 * len(rows)), dpi=DPI)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.37, 0.62 / figure.get_figheight(), 0.60, 1 - 1.0 / figure.get_figheight()))
    _bars(axes, rows)
    _frame(figure, axes, facts, len(rows))
    buffer = BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _font(size: float, *, bold: bool = False) -> Any:
    from matplotlib import get_data_path
    from matplotlib.font_manager import FontProperties

    name = "DejaVuSerif-Bold.ttf" if bold else "DejaVuSerif.ttf"
    return FontProperties(fname=str(Path(get_data_path()) / "fonts" / "ttf" / name), size=size)


def _bars(axes: Any, rows: list[dict[str, Any]]) -> None:
    for position, row in enumerate(rows):
        distance = row["distance"]["value"]
        if distance is None:
            axes.text(1.5, position, row["text"], va="center", ha="left", fontproperties=_font(7), style="italic")
            continue
        length = max(-FARTHEST, min(FARTHEST, distance))
        face, hatch = _LOOK.get(row["status"], ("0.85", None))
        axes.barh(
            position, length, height=0.62, edgecolor="black", linewidth=0.6,
            facecolor=face, hatch=hatch,
        )  # fmt: skip
        cut = "→ " if distance > FARTHEST else "← " if distance < -FARTHEST else ""
        signed = f"{cut}{'+' if distance > 0 else ''}{row['text']} {row['sign']}".strip()
        outside = length + 1.5 if length >= 0 else 1.5
        axes.text(outside, position, signed, va="center", ha="left", fontproperties=_font(7))


def _frame(figure: Any, axes: Any, facts: Facts, count: int) -> None:
    rows = facts["chart"]["rows"]
    axes.set_yticks(range(count), labels=[row["name"] for row in rows])
    axes.set_ylim(count - 0.4, -0.6)
    known = [row["distance"]["value"] for row in rows if row["distance"]["value"] is not None]
    low = max(-FARTHEST, min([*known, 0.0])) - 4
    high = min(FARTHEST, max([*known, 0.0]))
    axes.set_xlim(low, high + 0.32 * (high - low))
    for label in axes.get_yticklabels():
        label.set_fontproperties(_font(7))
    for label in axes.get_xticklabels():
        label.set_fontproperties(_font(7))
    axes.axvline(0, color="black", linewidth=1.2)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}".replace(".", ",").replace("-", "–"))
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)
    title = facts["chart"]["title"] + (f" ({facts['head']['simulated']})" if facts["simulated"] else "")
    figure.text(
        0.5, 1 - 0.2 / figure.get_figheight(), title, ha="center", va="center", fontproperties=_font(8.5, bold=True)
    )
    figure.text(
        0.5, 0.14 / figure.get_figheight(), facts["chart"]["axis"], ha="center", va="center", fontproperties=_font(6.5)
    )
