"""What is read is what is shown: workbooks with odd cells are read as somebody sees them, or asked about."""

from __future__ import annotations

import os
import re
import zipfile
from functools import cache
from io import BytesIO
from typing import Any

import xlsxwriter
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from etl.catalog import Catalogue
from etl.catalog.layout import FormLayout, format_cell_name
from etl.catalog.loader import load_catalogue
from etl.model import CellState
from etl.read.workbook_reader import RawReadResult, find_form_layout, read_workbook
from etl.settings import PROJECT_ROOT
from tests import hostile, mangle
from tests.builders import Workbook
from tests.shown import RECIPES, Recipe

EXAMPLES = int(os.environ.get("TONGKET_SHOWN_EXAMPLES", "100"))
"""How many workbooks are built; a thousand take some five minutes."""
FORMS = (("kt-district-quarter", "612", "2024Q3"), ("kt-cdc-year", "62-CDC", "2023"))
SHEETS = re.compile(r"xl/worksheets/sheet\d+\.xml")


@cache
def _catalogue() -> Catalogue:
    return load_catalogue(PROJECT_ROOT / "catalog")


@cache
def _issued(form: str, unit: str, period: str) -> tuple[bytes, FormLayout]:
    data = mangle.distinct(Workbook(_catalogue(), form, unit, period))
    stamp = read_workbook(data, _catalogue()).stamp
    assert stamp
    layout = find_form_layout(stamp, _catalogue())
    assert isinstance(layout, FormLayout)
    return data, layout


def _write_page(book: xlsxwriter.Workbook, page: mangle.Page, odd: dict[tuple[int, int], Recipe]) -> None:
    sheet = book.add_worksheet(page.name)
    for r, row in enumerate(page.rows):
        for c, value in enumerate(row):
            if (r, c) in odd:
                _write_recipe(book, sheet, r, c, odd[r, c])
            elif value is not None:
                sheet.write(r, c, value)
    if page.hidden:
        sheet.hide()


def _write_recipe(book: xlsxwriter.Workbook, sheet: Any, row: int, col: int, recipe: Recipe) -> None:
    about: dict[str, Any] = {"num_format": recipe.number_format, "font_strikeout": recipe.strike}
    look = book.add_format(about | ({"font_color": "#FFFFFF"} if recipe.white else {}))
    if recipe.runs:
        styles = {
            "plain": book.add_format(), "super": book.add_format({"font_script": 1}),
            "sub": book.add_format({"font_script": 2}), "strike": book.add_format({"font_strikeout": True}),
            "white": book.add_format({"font_color": "#FFFFFF"}),
        }  # fmt: skip
        sheet.write_rich_string(row, col, *(part for text, style in recipe.runs for part in (styles[style], text)))
    elif recipe.stored is not None:
        sheet.write_formula(row, col, recipe.value, look, recipe.stored)
    elif recipe.merged:
        sheet.merge_range(row - 1, col, row, col, 5)
        sheet.write(row, col, recipe.value, look)
    else:
        sheet.write(row, col, recipe.value, look)


def _rewritten(data: bytes, way: str) -> bytes:
    """The same workbook as other programs write it."""
    with zipfile.ZipFile(BytesIO(data)) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    for name in filter(SHEETS.fullmatch, parts):
        if way == "without places":
            parts[name] = _without_places(parts[name])
        elif way == "single quotes":
            head, _, body = parts[name].partition(b"<sheetData>")
            parts[name] = head + b"<sheetData>" + re.sub(rb'="([^"\']*)"', rb"='\1'", body)
        elif way == "prefixes":
            parts[name] = re.sub(rb"<(/?)(?![?/])", rb"<\1x:", parts[name]).replace(b"xmlns=", b"xmlns:x=", 1)
    return hostile.zipped(parts)


def _without_places(part: bytes) -> bytes:
    """Every cell of a row in its turn, and none with its place."""

    def fill(row: re.Match[bytes]) -> bytes:
        cells = dict(re.findall(rb'<c r="([A-Z]+)\d+"((?:[^>]*/>|.*?</c>))', row[2]))
        last = max((_index(letters) for letters in cells), default=-1)
        names = [re.sub(r"\d", "", format_cell_name(0, col)).encode() for col in range(last + 1)]
        return row[1] + b"".join(b"<c" + cells.get(name, b"/>") for name in names) + b"</row>"

    return re.sub(rb"(<row [^>]*[^/]>)(.*?)</row>", fill, part, flags=re.DOTALL)


def _index(letters: bytes) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + letter - 64
    return index - 1


def _build(form: tuple[str, str, str], odd: dict[tuple[str, int, int], Recipe], way: str) -> bytes:
    data, layout = _issued(*form)
    target = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        for page in mangle.opened(data, layout, {}).pages:
            _write_page(book, page, {(r, c): recipe for (name, r, c), recipe in odd.items() if name == page.name})
    return _rewritten(target.getvalue(), way)


def _asked(raw: RawReadResult, sheet: str, cell: str) -> bool:
    """Whether a finding names a cell."""
    texts = [f"{t.cell}, {dict(t.slots).get('found', '')}, {dict(t.slots).get('detail', '')}" for t in raw.findings
             if t.sheet == sheet]  # fmt: skip
    return any(re.search(rf"(?<!\w){cell}(?!\w)", text) for text in texts)


@given(st.data())
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_cell_is_read_as_it_is_shown_or_asked_about(data: st.DataObject) -> None:
    form = data.draw(st.sampled_from(FORMS))
    _, layout = _issued(*form)
    places = [
        (sheet.code, cell.row, cell.col, n, i)
        for n, sheet in enumerate(layout.sheets)
        for i, cell in enumerate(sheet.inputs)
        if cell.kind.value in ("stock", "average", "flow", "ytd", "published") and (cell.row + cell.col) % 2
    ]
    chosen = data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=8, unique=True))
    odd = {place[:3]: data.draw(RECIPES) for place in chosen}
    way = data.draw(st.sampled_from(("as it is", "without places", "single quotes", "prefixes")))
    raw = read_workbook(_build(form, odd, way), _catalogue())
    assert raw.stamp and all(cells is not None for cells in raw.cells), raw.findings
    for sheet, row, col, n, i in chosen:
        recipe, (state, number, _, text) = odd[sheet, row, col], (raw.cells[n] or [])[i]
        element = _catalogue().elements[layout.sheets[n].inputs[i].data_element]
        taken = state in (CellState.VALUE, CellState.ZERO, CellState.ESTIMATED, CellState.MISSING)
        cell = format_cell_name(row, col)
        note(f"{sheet}!{cell} {way} {element.unit} {recipe} → {state} {number} {text}")
        asked = not taken or _asked(raw, sheet, cell)
        assert asked or recipe.agrees(number, element.unit)
