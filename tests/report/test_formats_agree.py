"""One judgement, one print: annex, page, pictures and the units' feedback say of an item and a unit what the letter says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from types import SimpleNamespace
from typing import Any, NamedTuple, cast
from zipfile import ZipFile

import openpyxl
import pytest
from lxml import html

from etl.catalog import Catalogue
from etl.feedback.unit_feedback import _build_plan_standing, _FeedbackData, _list_indicator_lines
from etl.messages import Messages, load_messages
from etl.model import Period
from etl.report import ReportInput
from etl.report.docx import render_word_report
from etl.report.excel_annex import render_excel_annex
from etl.report.facts import build_facts
from etl.report.html import render_html_page
from etl.report.picture_facts import SeriesPanel, TileGrid
from etl.report.report_facts import ReportFacts
from etl.report.template_context import build_page_context, build_template_context
from etl.warehouse.run_context import RunContext
from tests.report.conftest import TEMPLATES
from tests.report.samples import sample

CASES = [
    ("kon-tum", "kt-1693", "2024Q3"),
    ("kon-tum", "kt-1693", "2024"),
    ("kon-tum", "kt-124", "2024Q4"),
    ("quang-ngai", "ttg-ct25", "2026Q3"),
    ("tan-yen", "ty-ct25", "2024"),
]
SEEDS = (1, 2)
MOMENT = datetime(2024, 11, 1)
LETTERS = {"Đ": "met", "C": "not_met", "T": "within_plan", "V": "over_plan"}


class Said(NamedTuple):
    """A report in all its forms."""

    given: ReportInput
    wording: Messages
    facts: ReportFacts
    annex: openpyxl.Workbook

    def read_sheet(self, name: str, head: str) -> Iterator[dict[str, str]]:
        """The rows of a sheet of the annex, by the heads of its columns."""
        sheet = self.annex[self.wording.texts[f"annex_sheet.{name}"]]
        numbered = (row for row in sheet.iter_rows(values_only=True) if not isinstance(row[0], int))  # heads' numbers
        rows = [[str(value or "") for value in row] for row in numbered]
        start = next(i for i, row in enumerate(rows) if self.wording.texts[f"annex.{head}"] in row)
        return (dict(zip(rows[start], row, strict=True)) for row in rows[start + 1 :])

    def name_column(self, column: str) -> str:
        return self.wording.texts[f"annex.{column}"]

    def list_letter_cells(self) -> Iterator[tuple[str, str, str, bool]]:
        """(item, unit, cell, whether it is a count) of the letter's tables of units and of agencies."""
        context, facts = build_template_context(self.facts, self.wording), self.facts
        blocks = [(block, facts.units.units) for block in facts.units.blocks]
        blocks += [(block.targets, block.units) for block in facts.agencies.blocks]
        for (targets, units), printed in zip(blocks, (*context.unit_blocks, *context.agency_blocks), strict=True):
            for unit, row in zip(units, printed.rows, strict=True):
                for target, cell in zip(targets, row.cells, strict=True):
                    yield target.item, unit.unit, cell.text, target.counts


@pytest.fixture(scope="module", params=[(*c, s) for c in CASES for s in SEEDS], ids=lambda p: "-".join(map(str, p)))
def said(request: pytest.FixtureRequest, catalogue: Catalogue) -> Said:
    *case, seed = request.param
    given, wording = sample(catalogue, *case, seed=seed), load_messages(TEMPLATES)
    facts = build_facts(given, wording)
    annex = openpyxl.load_workbook(BytesIO(render_excel_annex(facts, wording, MOMENT)))
    return Said(given, wording, facts, annex)


def read_letter(cell: str) -> str:
    return found[1] if (found := re.search(r" ([ĐCTV])$", cell)) else ""


def test_the_annex_judges_a_unit_as_the_letter_does(said: Said) -> None:
    texts, name = said.wording.texts, said.name_column
    judging = {texts[f"status.{status}"] for status in LETTERS.values()}
    rows = {(row[name("number")], row[name("unit_code")]): row for row in said.read_sheet("units", "unit_code")}
    for item, unit, cell, counts in said.list_letter_cells():
        if (item, unit) not in rows:
            continue
        row, letter = rows[item, unit], read_letter(cell)
        assert (row[name("verdict")] in judging) == bool(letter), (item, unit, cell, row)
        if letter:
            assert row[name("verdict")] == texts[f"status.{LETTERS[letter]}"]
        elif said.facts.figures[item][said.facts.area.unit].path_state != "not_due":  # there it is still to come
            assert row[name("missing")] == texts["word.nothing"], "nothing is missing of what is not judged"
        if not counts:
            assert cell.removesuffix(letter).split()[:1] == row[name("value")].split()[:1], "one print"
    of_level = texts["status.not_of_unit"]
    assert not [row for row in rows.values() if row[name("verdict")] == of_level and row[name("value")] != "–"]


def test_a_tile_is_dark_where_the_letter_has_its_letter(said: Said) -> None:
    cells = {(item, unit): read_letter(cell) for item, unit, cell, _ in said.list_letter_cells()}
    looks = {"Đ": "met", "T": "met", "C": "not_met", "V": "not_met"}
    for grid in (p.shows for p in said.facts.pictures.drawn if isinstance(p.shows, TileGrid)):
        for row in grid.rows:
            for column, look in zip(grid.columns, row.looks, strict=True):
                letter = cells[column.item, row.unit]
                assert look == looks[letter] if letter else look in {"other", "none"}


def test_the_annex_says_of_the_area_what_the_letter_says(said: Said) -> None:
    name, context = said.name_column, build_page_context(said.facts, said.wording)
    printed = {row.item: row for row in context.results if not row.is_group}
    for cells in said.read_sheet("targets", "plan_share"):
        if (other := printed.get(cells[name("number")])) is None or not cells[name("number")]:
            continue
        assert cells[name("verdict")] == other.status
        if not other.is_statement:
            assert cells[name("plan_share")] == other.share, (other.item, other.share)
    for row in context.path:
        state = said.facts.figures[row.item][said.facts.area.unit].path_state
        word = said.wording.texts[f"path_state.{state or 'none'}"]
        assert not state or row.progress_class == word
        assert not state or printed[row.item].status.startswith((word, "Như mục")), "the same word in annex I"
        assert "Xa dần" not in row.progress_class


def test_where_chance_alone_could_have_made_the_change_no_way_is_measured(said: Said) -> None:
    given = said.given
    sure = next((a for a in given.attainments if a.unit == given.area and a.progress is not None and a.baseline), None)
    indicators = {c: i for c, i in given.catalogue.indicators.items() if i.is_case_rate or i.sampled}
    wide = [
        replace(a, interval=(float(a.baseline) - 1, float(a.baseline) + 1), progress_class="moving_away")
        if a.unit == given.area and a.indicator in indicators and a.baseline is not None and a.progress is not None
        else a
        for a in given.attainments
    ]
    facts = build_facts(replace(given, attainments=tuple(wide)), said.wording)
    for a in wide:
        if a.progress_class == "moving_away" and a.interval and a not in given.attainments:
            figure = facts.figures[a.item][a.unit]
            assert figure.progress_class == "" and figure.progress.value is None and figure.reduction_pct.value is None
            assert figure.progress_text == figure.path_text
    assert (
        sure is None
        or facts.figures[sure.item][sure.unit].progress_text == facts.figures[sure.item][sure.unit].path_text
    )


def test_pictures_end_with_the_reports_own_figure_and_draw_nothing_twice(said: Said) -> None:
    """A year's last point is not that of its fourth quarter, which was of other units."""
    given, area = said.given, said.facts.area.unit
    quarter = given.period.parts_to_date[-1].key if given.period.months == 12 else given.period.key
    moved = tuple(
        (item, (*points[:-1], replace(points[-1], period=quarter, value=points[-1].value + 1)))
        if points and Period.parse(points[-1].period).end == given.period.end
        else (item, points)
        for item, points in given.series
    )
    facts = build_facts(replace(given, series=moved), said.wording)
    drawn = [p for picture in facts.pictures.drawn if isinstance(picture.shows, tuple) for p in picture.shows]
    lines: list[tuple[str, Any]] = [(panel.item, panel.points) for panel in cast("list[SeriesPanel]", drawn)]
    lines += [(row.item, row.line) for row in facts.first_page.rows if row.line]
    assert lines or not given.series
    for item, points in lines:
        ends = [point for point in points if Period.parse(point.period).end == given.period.end]
        figure = facts.figures[item][area]
        own = figure.value.value is not None and figure.covers.kind != "older"
        assert [point.value.text for point in ends] == ([figure.value.text] if own else []), item
    for item in (*(panel.item for panel in drawn), *(row.item for row in facts.chart.rows)):
        assert not facts.figures[item][area].duplicate_of, "drawn at its first place"
    for bar in facts.chart.rows:
        figure = facts.figures[bar.item][area]
        assert (bar.state, bar.sign) == (figure.path_state, figure.path_sign)
        assert bar.state != "redefined" or bar.distance.value is None


def test_no_heading_of_the_page_stands_over_nothing(said: Said) -> None:
    for facts in (said.facts, replace(said.facts, data_notes=(), definitions=())):
        body = html.fromstring(render_html_page(facts, said.wording, TEMPLATES / "report.html"))
        closing = build_page_context(facts, said.wording).closing
        for heading in body.iter("h2", "h3"):
            below = heading.getnext()
            assert below is not None and (below.tag not in {"h2", "nav"}), heading.text
            assert "".join(below.itertext()).strip() not in {"", closing}, heading.text
        anchors = {link.get("href") for link in body.iter("a") if str(link.get("href")).startswith("#")}
        assert {f"#{name}" for name in body.xpath("//@id")} >= anchors


def test_a_units_feedback_judges_and_prints_as_the_letter_does(said: Said) -> None:
    given, wording, plan = said.given, said.wording, said.given.plan
    context = SimpleNamespace(catalogue=given.catalogue, scope=given.scope, period=given.period, known_at="2024-11-01")
    rows = (*given.attainments, *given.agencies)
    standing = _build_plan_standing(cast("RunContext", context), "x", rows, plan.id, wording)
    assert {score.unit: score for score in said.facts.units.scores} == standing.scores
    data = SimpleNamespace(
        catalogue=given.catalogue, scope=given.scope, period=given.period, wording=wording, rows=rows, earlier_rows={},
        standings={plan.id: standing},
    )  # fmt: skip
    cells = {(item, unit): (cell, counts) for item, unit, cell, counts in said.list_letter_cells()}
    targets = {t.item: t for t in plan.targets if t.indicator and t.unit_scale == 1}
    told = 0
    for (item, code), (cell, counts) in cells.items():
        unit = given.catalogue.find_unit(code, given.period.end)
        if item not in targets or unit is None:
            continue
        for line in _list_indicator_lines(cast("_FeedbackData", data), unit, [(plan.id, targets[item])]):
            figure = said.facts.figures[item][code]
            assert line.sign == ("" if line.value.value is None else read_letter(cell)), (item, code, cell)
            assert counts or line.value.value is None or line.value.text == cell.split()[0]
            assert bool(line.missing) <= bool(line.sign)
            assert not line.missing or figure.missing.text in line.missing
            assert (
                line.area.value is None or line.area.text == said.facts.figures[item][said.facts.area.unit].value.text
            )
            told += 1
    assert told or not cells


def test_a_word_file_names_no_program_and_has_no_picture_of_another_page(said: Said) -> None:
    parts = ZipFile(BytesIO(render_word_report(said.facts, said.wording, TEMPLATES / "report.docx", MOMENT)))
    assert not [name for name in parts.namelist() if "thumbnail" in name or name.endswith("app.xml")]
    assert not [
        name for name in parts.namelist() if b"Macintosh" in parts.read(name) or b"python-docx" in parts.read(name)
    ]
