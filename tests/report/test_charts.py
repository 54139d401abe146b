"""The pictures: what is drawn, how it reads without colour, the same bytes each time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from io import BytesIO
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image, ImageFont

from etl.catalog import Catalogue
from etl.messages import load_messages
from etl.report import canvas
from etl.report.canvas import DPI, Box, Dot, Drawing, Polyline, TextLabel, encode_png, render_svg
from etl.report.charts import (
    MAX_DRAWING_HEIGHT,
    PANEL_WIDTH,
    WIDTH,
    draw_overview,
    draw_picture,
    draw_series_panel,
)
from etl.report.facts import build_facts
from etl.report.html import NARROW_CHART_MM
from etl.report.number_facts import build_number_fact
from etl.report.picture_facts import AnnexPicture, SeriesPanel
from etl.report.pictures import describe_picture
from tests.report.conftest import TEMPLATES, Drafted
from tests.report.samples import sample


def words(drawn: Drawing) -> list[str]:
    return [mark.text for mark in drawn.shapes if isinstance(mark, TextLabel)]


def fills(drawn: Drawing) -> list[str]:
    return [mark.fill for mark in drawn.shapes if isinstance(mark, Box)]


def of_kind(report: Drafted, kind: str) -> list[AnnexPicture]:
    return [picture for picture in report.typed.pictures.drawn if picture.kind == kind]


@pytest.fixture
def quarter(drafted: Callable[..., Drafted]) -> Drafted:
    return drafted("kon-tum", "kt-1693", "2024Q3")


# --- what is drawn -----------------------------------------------------------------------------------------


def test_every_report_has_its_pictures_numbered_after_the_first(report: Drafted) -> None:
    drawn = report.typed.pictures.drawn
    kinds = [picture.kind for picture in drawn]
    assert kinds == sorted(kinds, key=["series", "tiles", "matrix"].index)
    assert set(kinds) >= {"series", "matrix"}
    assert [picture.caption.split(".")[0] for picture in drawn] == [f"Hình {n}" for n in range(2, len(drawn) + 2)]


def test_the_overview_has_a_bar_for_each_target_with_a_distance(report: Drafted) -> None:
    rows, first = report.typed.chart.rows, draw_overview(report.typed)
    assert first is not None
    assert len(fills(first)) == sum(row.distance.value is not None for row in rows)
    texts = words(first)
    for row in rows:
        assert any(row.text in text for text in texts)


def test_a_report_without_targets_has_no_overview(quarter: Drafted) -> None:
    assert draw_overview(replace(quarter.typed, chart=replace(quarter.typed.chart, rows=()))) is None


def test_a_series_has_a_dot_for_each_period_and_the_plans_levels(report: Drafted) -> None:
    for picture in of_kind(report, "series"):
        for shown in picture.shows:
            drawn = draw_series_panel(shown)
            dots = [mark for mark in drawn.shapes if isinstance(mark, Dot)]
            levels = [*([shown.start] if shown.start else []), *shown.goals]
            assert sum(not dot.square for dot in dots) == len(shown.points)
            assert sum(dot.square for dot in dots) == len(levels)
            assert all(0 <= dot.x <= drawn.width and 0 <= dot.y <= drawn.height for dot in dots)


def test_a_series_shows_the_interval_and_breaks_where_the_definition_changed(quarter: Drafted) -> None:
    panels = [shown for picture in of_kind(quarter, "series") for shown in picture.shows]
    broken = next(p for p in panels if len({point.definition for point in p.points}) > 1)
    whole = next(p for p in panels if len({point.definition for point in p.points}) == 1)
    assert _strokes(broken) == len(broken.points) - 2
    assert _strokes(whole) == len(whole.points) - 1
    with_interval = next(p for p in panels if p.interval)
    bare = draw_series_panel(replace(with_interval, interval=None))
    assert len(draw_series_panel(with_interval).shapes) == len(bare.shapes) + 3


def _strokes(shown: SeriesPanel) -> int:
    return sum(isinstance(mark, Polyline) and mark.width == 0.35 for mark in draw_series_panel(shown).shapes)


def test_higher_figures_stand_higher(quarter: Drafted) -> None:
    shown = of_kind(quarter, "series")[0].shows[0]
    dots = [mark for mark in draw_series_panel(shown).shapes if isinstance(mark, Dot) and not mark.square]
    values = [point.value.value for point in shown.points]
    by_value = sorted(zip(values, dots, strict=True), key=lambda pair: pair[0])
    heights = [dot.y for _, dot in by_value]
    assert heights == sorted(heights, reverse=True)
    assert [dot.x for dot in dots] == sorted(dot.x for dot in dots)


def test_tiles_say_the_verdict_of_each_unit(quarter: Drafted) -> None:
    (picture,) = of_kind(quarter, "tiles")
    figures = quarter.typed.figures
    looks = {"met": "met", "within_plan": "met", "not_met": "not_met", "over_plan": "not_met"}
    for row in picture.shows.rows:
        for column, look in zip(picture.shows.columns, row.looks, strict=True):
            figure = figures[column.item][row.unit]
            there = figure.value.value is not None
            judged = figures[column.item][quarter.typed.area.unit].path_state not in {"", "not_due", "redefined"}
            judged &= not quarter.given.catalogue.indicators[figure.indicator].accumulates  # a case or none
            assert look == ((looks.get(figure.status, "other") if judged else "other") if there else "none")
    drawn = draw_picture(quarter.typed, picture)
    assert len(fills(drawn)) == len(picture.shows.rows) * len(picture.shows.columns)
    assert {score.name for score in quarter.typed.units.scores} <= set(words(drawn))


def test_the_matrix_tells_late_refused_and_silent_apart(quarter: Drafted) -> None:
    (picture,) = of_kind(quarter, "matrix")
    shows = picture.shows
    states = {row.unit: [cell.state for cell in row.cells] for row in shows.rows}
    assert [column.period for column in shows.columns] == ["2024Q1", "2024Q2", "2024Q3"]
    for status in quarter.given.statuses:
        wanted = "late" if status.state == "accepted" and status.late_days else status.state
        assert states[status.unit][-1] == wanted
    assert {state for row in states.values() for state in row} == {"accepted", "late", "refused", "silent"}
    assert set(fills(draw_picture(quarter.typed, picture))) == {"dark", "pale", "hatched", "empty"}


def test_pictures_fit_a_page(report: Drafted) -> None:
    for drawn in (draw_picture(report.typed, picture) for picture in report.typed.pictures.drawn):
        assert drawn.width == WIDTH
        assert drawn.height <= MAX_DRAWING_HEIGHT


def test_a_figure_alone_makes_no_series(quarter: Drafted) -> None:
    from etl.messages import load_messages
    from etl.report.facts import build_facts
    from tests.report.conftest import TEMPLATES

    item, points = quarter.given.series[0]
    plan = quarter.given.plan
    bare = tuple(
        t.model_copy(update={"baseline": None, "milestones": ()}) if t.item == item else t for t in plan.targets
    )
    given = replace(
        quarter.given, plan=plan.model_copy(update={"targets": bare}), series=((item, points[-1:]),),
    )  # fmt: skip
    facts = build_facts(given, load_messages(TEMPLATES))
    assert not [picture for picture in facts.pictures.drawn if picture.kind == "series"]


# --- how it prints -----------------------------------------------------------------------------------------


def test_looks_differ_without_colour() -> None:
    """Dark, hatched, pale and empty boxes differ in how much ink they hold."""
    ink = []
    for fill in ("dark", "hatched", "pale", "empty"):
        image = Image.open(BytesIO(encode_png(Drawing(10, 10, (Box(1, 1, 8, 8, fill),), "")))).convert("RGB")
        pixels = list(image.get_flattened_data() if hasattr(image, "get_flattened_data") else image.getdata())
        assert all(red == green == blue for red, green, blue in pixels)
        ink.append(round(sum(255 - red for red, *_ in pixels) / len(pixels)))
    assert len(set(ink)) == 4


def test_print_resolution_and_the_same_bytes() -> None:
    drawn = Drawing(
        50, 20, (TextLabel(5, 10, "Huyện Đắk Glei: tỉ lệ ≥ 95 %, ỡ ữ ẵ ể", 8), Dot(3, 3), Dot(6, 3, True)), ""
    )
    image = Image.open(BytesIO(encode_png(drawn)))
    assert image.size == (round(50 / 25.4 * DPI), round(20 / 25.4 * DPI))
    assert DPI >= 200
    assert encode_png(drawn) == encode_png(drawn)


def test_vietnamese_letters_have_shapes_of_their_own() -> None:
    """A font without a letter would draw the same empty box for all of them."""
    shapes = {
        encode_png(Drawing(10, 10, (TextLabel(2, 5, letter, 12),), ""))
        for letter in "ăâđêôơưạảãáàấầẩẫậắằẳẵặẹẻẽếềểễệỉĩịọỏốồổỗộớờởỡợụủũứừửữựỳỵỷỹ"
    }
    assert len(shapes) == 57


def test_a_drawing_as_svg_keeps_its_texts_and_escapes_them() -> None:
    drawn = Drawing(40, 20, (TextLabel(1, 1, 'a < b & "c"', 7), Box(1, 1, 5, 5, "hatched"), Dot(2, 2)), "x < y")
    root = ElementTree.fromstring(render_svg(drawn))  # noqa: S314 - made two lines above
    assert root.attrib["aria-label"] == "x < y"
    assert [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")] == ['a < b & "c"']


def test_words_for_those_who_cannot_see(report: Drafted) -> None:
    drawn = report.typed.pictures.drawn
    described = report.word.element.body.xpath(".//wp:docPr/@descr")
    assert len(set(report.word.element.body.xpath(".//wp:docPr/@id"))) == len(described)
    for picture in drawn:
        rows = picture.shows if isinstance(picture.shows, tuple) else picture.shows.rows
        assert len(picture.alt) < 300 and rows[0].name in picture.alt
        assert all(row.name in picture.alt for row in rows) or "dòng khác tại các bảng" in picture.alt
    assert len(report.typed.chart.alt) < 300


def test_a_pictures_words_say_how_many_rows_they_leave_out() -> None:
    say = load_messages(TEMPLATES)
    rows = [f"Chỉ tiêu số {number}: {number},5%" for number in range(1, 31)]
    text = describe_picture(say, "picture.tiles_alt", rows)
    kept = [row for row in rows if row in text]
    assert rows[: len(kept)] == kept and 0 < len(kept) < 30
    assert f"; {30 - len(kept)} dòng khác tại các bảng của báo cáo" in text and len(text) < 300
    assert "dòng khác" not in describe_picture(say, "picture.tiles_alt", rows[:3])


# --- nothing is cut, nothing overlaps, everything can be read ------------------------------------------------

PRINTED_CASES = [
    ("kon-tum", "kt-1693", "2024Q3"), ("kon-tum", "kt-124", "2024"), ("kon-tum", "ttg-ct25", "2025Q2"),
    ("tan-yen", "ty-ct25", "2024"), ("quang-ngai", "kt-1693", "2026Q3"),
]  # fmt: skip


@lru_cache(maxsize=16)
def measure_letters(bold: bool) -> ImageFont.FreeTypeFont:
    name = "DejaVuSerif-Bold.ttf" if bold else "DejaVuSerif.ttf"
    return ImageFont.truetype(Path(canvas.__file__).parent / "fonts" / name, 800)


def locate_text(label: TextLabel) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of a text in mm, by the font that is printed on paper."""
    left, top, right, bottom = measure_letters(label.bold).getbbox(label.text, anchor="lm")
    scale = label.size * 25.4 / 72 / 800
    width, above, below = (right - left) * scale, -top * scale, bottom * scale
    if label.upright:
        return label.x - above, label.y - width, label.x + below, label.y
    start = label.x - {"start": 0.0, "middle": width / 2, "end": width}[label.anchor]
    return start, label.y - above, start + width, label.y + below


def check_printed_texts(drawn: Drawing, printed_width: float) -> None:
    labels = [shape for shape in drawn.shapes if isinstance(shape, TextLabel) and shape.text]
    boxes = [locate_text(label) for label in labels]
    for label, (left, top, right, bottom) in zip(labels, boxes, strict=True):
        assert round(label.size * printed_width / drawn.width, 6) >= 8, label
        assert min(left, top) >= -0.3 and right <= drawn.width + 0.3 and bottom <= drawn.height + 0.3, label
        assert "…" not in label.text, label
    for (one, a), (other, b) in combinations(zip(labels, boxes, strict=True), 2):
        apart = a[2] <= b[0] + 0.1 or b[2] <= a[0] + 0.1 or a[3] <= b[1] + 0.35 or b[3] <= a[1] + 0.35
        assert apart, (one, other)


@pytest.mark.parametrize("case", PRINTED_CASES, ids="-".join)
def test_every_word_of_a_picture_is_whole_apart_from_the_others_and_of_eight_points(
    catalogue: Catalogue, case: tuple[str, str, str]
) -> None:
    wording, kinds = load_messages(TEMPLATES), set()
    for seed in (1, 2, 3):
        facts = build_facts(sample(catalogue, *case, seed=seed), wording)
        for width in (WIDTH, NARROW_CHART_MM):
            if overview := draw_overview(facts, width):
                check_printed_texts(overview, WIDTH)
        for picture in facts.pictures.drawn:
            kinds.add(picture.kind)
            check_printed_texts(draw_picture(facts, picture), WIDTH)
            for shown in picture.shows if isinstance(picture.shows, tuple) else ():
                check_panel(shown)
    assert "series" in kinds


def check_panel(shown: SeriesPanel) -> None:
    """An axis with its lowest and highest value, the last figure and the last level in numbers."""
    drawn = draw_series_panel(shown)
    check_printed_texts(drawn, PANEL_WIDTH)
    texts = words(drawn)
    stones = [*shown.points, *(stone for stone in (shown.start, *shown.goals) if stone)]
    by_value = sorted(stones, key=lambda stone: stone.value.get_fraction())
    assert by_value[0].value.text in texts or by_value[-1].value.text in texts
    if shown.points:
        assert shown.points[-1].value.text in texts
    if shown.goals:
        assert shown.goals[-1].value.text in texts


def test_a_tenth_of_a_per_cent_is_no_cliff(quarter: Drafted) -> None:
    """What the axis covers is at least a twentieth of the figure."""
    panel = next(p for picture in of_kind(quarter, "series") for p in picture.shows if len(p.points) > 1)
    near = [replace(panel.points[0], value=build_number_fact(Fraction(v), 1)) for v in ("100", "99.9")]
    bare = replace(panel, points=(near[0], replace(near[1], period=panel.points[-1].period)),
                   start=None, goals=(), interval=None)  # fmt: skip
    heights = [mark.y for mark in draw_series_panel(bare).shapes if isinstance(mark, Dot)]
    assert 0 < heights[1] - heights[0] < 1
