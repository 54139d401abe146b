"""What is read is what is shown: workbooks with odd cells are read as somebody sees them, or asked about."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import tempfile
import zipfile
from copy import copy
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font

from etl.catalog import Catalogue
from etl.catalog.layout import FormLayout, format_cell_name
from etl.catalog.loader import load_catalogue
from etl.model import CellState
from etl.read.workbook_reader import RawReadResult, find_form_layout, read_workbook
from etl.settings import PROJECT_ROOT
from tests import hostile, mangle
from tests.builders import Workbook
from tests.shown import RECIPES, Recipe, conditional, formatted

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


def _build_with_openpyxl(form: tuple[str, str, str], odd: dict[tuple[str, int, int], Recipe]) -> bytes:
    """Our own issued workbook with the odd cells written into it by openpyxl, which stores no result of a formula."""
    data, _ = _issued(*form)
    book = openpyxl.load_workbook(BytesIO(data), rich_text=True)
    for (name, row, col), recipe in odd.items():
        sheet = book[name]
        if recipe.merged:
            sheet.merge_cells(start_row=row, start_column=col + 1, end_row=row + 1, end_column=col + 1)
            sheet.cell(row, col + 1).value = 5
            sheet._cells[row + 1, col + 1] = openpyxl.cell.Cell(sheet, row + 1, col + 1)
        cell = sheet.cell(row + 1, col + 1)
        font = copy(cell.font)
        cell.value = _build_rich_text(recipe) if recipe.runs else _strip_controls(recipe.value)
        cell.number_format = recipe.number_format
        cell.font = Font(name=font.name, sz=font.sz, strike=recipe.strike, color="FFFFFFFF" if recipe.white else None)
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def _strip_controls(value: Any) -> Any:
    """openpyxl refuses no line break or tab, but writes a carriage return so that it comes back as a line break."""
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


def _build_rich_text(recipe: Recipe) -> CellRichText:
    styles = {
        "plain": InlineFont(), "super": InlineFont(vertAlign="superscript"), "sub": InlineFont(vertAlign="subscript"),
        "strike": InlineFont(strike=True), "white": InlineFont(color="FFFFFFFF"),
    }  # fmt: skip
    return CellRichText(*(TextBlock(styles[style], text) for text, style in recipe.runs))


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


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice, the judge, is not installed")
@pytest.mark.parametrize("written", [(), ("xlsx",), ("ods",), ("xls",), ("ods", "xlsx")], ids="-".join)
@given(recipes=st.lists(st.one_of(formatted(), conditional()), min_size=60, max_size=60))
@settings(
    max_examples=max(1, EXAMPLES // 100),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)
def test_a_number_taken_without_a_question_is_the_one_that_libreoffice_shows(
    recipes: list[Recipe], written: tuple[str, ...]
) -> None:
    """LibreOffice's text export says what somebody sees: every cell of a workbook under a format of its own.

    The workbook is read as xlsxwriter wrote it, and as LibreOffice saves it, in its own format or one after the other.
    """
    _, layout = _issued(*FORMS[0])
    places = [
        (sheet.code, cell.row, cell.col)
        for sheet in layout.sheets
        for cell in sheet.inputs
        if cell.kind.value in ("stock", "flow") and (cell.row + cell.col) % 2
    ]
    odd = dict(zip(places, recipes, strict=False))
    built = _build(FORMS[0], odd, "as it is")
    ending = "xlsx"
    for saved in written:
        built, ending = _save_with_libreoffice(built, ending, saved), saved
    raw = read_workbook(built, _catalogue())
    shown = _export_texts(built, ending)
    compared = 0
    for n, sheet in enumerate(layout.sheets):
        for i, cell in enumerate(sheet.inputs):
            place = (sheet.code, cell.row, cell.col)
            if place not in odd or _asked(raw, sheet.code, format_cell_name(cell.row, cell.col)):
                continue
            state, number, *_ = (raw.cells[n] or [])[i]
            if state in (CellState.VALUE, CellState.ZERO):
                compared += 1
                unit = _catalogue().elements[cell.data_element].unit
                assert _is_shown(shown[place], number, unit), f"{place} {odd[place]}: {shown[place]!r}, read {number}"
    assert compared, "some formats are plain"


@pytest.mark.slow
@given(recipes=st.lists(RECIPES, min_size=60, max_size=60))
@settings(
    max_examples=max(1, EXAMPLES // 100), deadline=None, suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)  # fmt: skip
def test_what_is_typed_into_libreoffice_is_read_as_it_is_shown_or_asked_about(recipes: list[Recipe]) -> None:
    data, layout = _issued(*FORMS[0])
    inputs = {
        (sheet.code, cell.row, cell.col): (n, i)
        for n, sheet in enumerate(layout.sheets)
        for i, cell in enumerate(sheet.inputs)
        if cell.kind.value in ("stock", "flow") and (cell.row + cell.col) % 2
    }
    odd = dict(zip(inputs, recipes, strict=False))
    taken = 0
    for ending, written in _write_with_uno(data, odd).items():
        raw, shown = read_workbook(written, _catalogue()), _export_texts(written, ending)
        for place, recipe in odd.items():
            n, i = inputs[place]
            state, number, _, text = (raw.cells[n] or [])[i]
            if state not in (CellState.VALUE, CellState.ZERO) or _asked(raw, place[0], format_cell_name(*place[1:])):
                continue
            taken += 1
            unit = _catalogue().elements[layout.sheets[n].inputs[i].data_element].unit
            seen = f"{ending} {place} {recipe}: {shown.get(place)!r}, read {state} {number} {text}"
            plain = recipe.number_format != "General" and not recipe.hidden
            assert number is not None and (
                _is_shown(shown[place], number, unit) if plain else recipe.agrees(number, unit)
            ), seen
    assert taken, "some cells are plain"


@pytest.mark.slow
def test_two_numbers_parted_by_a_tab_are_never_one() -> None:
    data, layout = _issued(*FORMS[0])
    sheet = layout.sheets[0]
    place = next(i for i, cell in enumerate(sheet.inputs) if cell.kind.value == "stock")
    cell = sheet.inputs[place]
    for ending, written in _write_with_uno(data, {(sheet.code, cell.row, cell.col): Recipe("243\t100", None)}).items():
        state, number, *_ = (read_workbook(written, _catalogue()).cells[0] or [])[place]
        assert state not in (CellState.VALUE, CellState.ZERO), (ending, number)


def _write_with_uno(data: bytes, odd: dict[tuple[str, int, int], Recipe]) -> dict[str, bytes]:
    """A workbook with cells typed into LibreOffice, by the ending that it was saved under."""
    edits = [
        {
            "sheet": sheet, "row": row, "col": col, "value": recipe.value, "format": recipe.number_format,
            "runs": recipe.runs, "strike": recipe.strike, "white": recipe.white, "merged": recipe.merged,
        }
        for (sheet, row, col), recipe in odd.items()
    ]  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="tongket-shown-") as name:
        source, saves = Path(name) / "source.xlsx", {end: Path(name) / f"a.{end}" for end in ("xlsx", "xls", "ods")}
        source.write_bytes(data)
        order = {"source": str(source), "edits": edits, "saves": [*map(str, saves.values())]}
        command = ["/usr/bin/python3", str(Path(__file__).parents[1] / "uno_writer.py")]
        subprocess.run(command, input=json.dumps(order), text=True, check=True, capture_output=True)
        return {end: path.read_bytes() for end, path in saves.items()}


def _run_libreoffice(folder: str, file: str, to: str) -> None:
    command = ["soffice", "--headless", f"-env:UserInstallation=file://{folder}/profile", "--convert-to", to]
    subprocess.run([*command, "--outdir", f"{folder}/out", f"{folder}/{file}"], check=True, capture_output=True)


def _save_with_libreoffice(data: bytes, ending: str, saved: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="tongket-shown-") as name:
        (Path(name) / f"a.{ending}").write_bytes(data)
        _run_libreoffice(name, f"a.{ending}", saved)
        return (Path(name) / "out" / f"a.{saved}").read_bytes()


def _export_texts(data: bytes, ending: str) -> dict[tuple[str, int, int], str]:
    """(sheet, row, column) → the text of a cell as LibreOffice shows it."""
    with tempfile.TemporaryDirectory(prefix="tongket-shown-") as name:
        (Path(name) / f"a.{ending}").write_bytes(data)
        options = "csv:Text - txt - csv (StarCalc):9,34,76,1,,1033,false,true,false,false,false,-1"
        _run_libreoffice(name, f"a.{ending}", options)
        return {
            (path.stem.removeprefix("a-"), r, c): text
            for path in (Path(name) / "out").glob("a-*.csv")
            for r, row in enumerate(csv.reader(path.read_text(encoding="utf-8").splitlines(), delimiter="\t"))
            for c, text in enumerate(row)
        }


def _is_shown(text: str, number: float, unit: str) -> bool:
    """Whether a text says a number, to the decimals that it shows, and nothing else but the unit of measure."""
    bare = text.strip().removesuffix(unit).strip().replace(",", "")
    if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", bare) is None:
        return False
    decimals = len(bare.partition(".")[2])
    return abs(Decimal(repr(number)) - Decimal(bare)) <= Decimal("0.5000001").scaleb(-decimals)


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
    way = data.draw(st.sampled_from(("as it is", "without places", "single quotes", "prefixes", "openpyxl")))
    built = _build_with_openpyxl(form, odd) if way == "openpyxl" else _build(form, odd, way)
    raw = read_workbook(built, _catalogue())
    assert raw.stamp and all(cells is not None for cells in raw.cells), raw.findings
    for sheet, row, col, n, i in chosen:
        recipe, (state, number, _, text) = odd[sheet, row, col], (raw.cells[n] or [])[i]
        element = _catalogue().elements[layout.sheets[n].inputs[i].data_element]
        taken = state in (CellState.VALUE, CellState.ZERO, CellState.ESTIMATED, CellState.MISSING)
        cell = format_cell_name(row, col)
        note(f"{sheet}!{cell} {way} {element.unit} {recipe} → {state} {number} {text}")
        asked = not taken or _asked(raw, sheet, cell)
        assert asked or recipe.agrees(number, element.unit)
