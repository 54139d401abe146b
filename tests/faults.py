"""A folder of workbooks named by what is wrong with them: one for every kind of fault that intake must cope with.

`python -m tests.faults DIR` writes them, to be looked at or sent to an inbox; a test reads the same folder and compares
verdict, codes and cells. Files that only harm are in `tests.hostile`, both sides of every code in `tests.examples`.
"""

from __future__ import annotations

import datetime as dt
import sys
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from etl.catalog import Catalogue, load_catalogue
from etl.settings import PROJECT_ROOT
from tests import hostile, mangle
from tests.builders import PLAUSIBLE, Workbook
from tests.examples import checked, examples
from tests.examples.structure import mangled

Build = Callable[[Catalogue], bytes]


@dataclass(frozen=True)
class Fault:
    """A file with its fault for a name. `known` goes to `etl.check.Submitted`.

    `same`: every number is read as from the untouched file. `distinct`: the form in which every number is another one.
    """

    name: str
    build: Build
    same: bool = False
    distinct: bool = False
    known: Mapping[str, Any] = field(default_factory=dict)
    file: str = "bao-cao.xlsx"

    @property
    def path(self) -> str:
        return f"{self.name.replace(' ', '-')}/{self.file}"


def _cells(element: str, *values: Any) -> Build:
    """The quarter form with the first cells of an element filled otherwise."""

    def build(catalogue: Catalogue) -> bytes:
        book = Workbook(catalogue, "kt-district-quarter", "612", "2024Q3").filled()
        found = [(sheet, cell) for sheet, cell, _, code, _ in book.inputs() if code == element]
        for place, value in zip(found, values, strict=False):  # a district's own number has one cell
            book.with_cell(*place, value)
        return book.bytes()

    return build


def _column(element: str, write: Callable[[float], Any]) -> Build:
    """Every cell of an element written otherwise, the number the same."""
    return _cells(element, *[write(float(PLAUSIBLE[element]))] * len(checked.COMMUNES))


def _stamped(key: str, value: str) -> Build:
    return lambda c: Workbook(c, "kt-district-quarter", "612", "2024Q3").filled().with_stamp(key, value).bytes()


def _hostile(name: str) -> Build:
    case = next(c for c in (*hostile.CASES, hostile.MEMORY, hostile.LISTING) if c.fault == name)
    return lambda _: case.build()


def _example(code: str) -> Build:
    return examples()[code].fails.build


def _binary(catalogue: Catalogue) -> bytes:
    return mangle.xlsb(mangled(catalogue))


def _renamed(catalogue: Catalogue) -> bytes:
    return mangled(catalogue, mangle.manifest_lost, mangle.sheets_renamed, mangle.sheets_reordered).bytes()


def _moved(*manglers: mangle.Mangler) -> Build:
    return lambda catalogue: mangled(catalogue, *manglers).bytes()


_NFD = unicodedata.normalize("NFD", "Thiếu thuốc")
_TASK_DATE = "task.kt-124.III.2-3.date"

READING: tuple[Fault, ...] = (
    Fault("saved as xlsb", _binary, same=True, distinct=True, file="bao-cao.xlsb"),
    Fault("manifest lost, sheets renamed and reordered", _renamed, same=True, distinct=True),
    Fault("rows inserted", _moved(mangle.rows_inserted), same=True, distinct=True),
    Fault("rows reordered", _moved(mangle.rows_reordered), same=True, distinct=True),
    Fault("row deleted", _example("S25"), distinct=True),
    Fault("columns inserted", _moved(mangle.columns_inserted), same=True, distinct=True),
    Fault("columns reordered", _moved(mangle.columns_reordered), same=True, distinct=True),
    Fault("column deleted", _example("S12"), distinct=True),
    Fault("rows hidden", _moved(mangle.rows_hidden), same=True, distinct=True),
    Fault("columns hidden", _moved(mangle.columns_hidden), same=True, distinct=True),
    Fault("title rows added", _moved(mangle.title_rows_added), same=True, distinct=True),
    Fault("header taken apart", _moved(mangle.header_unmerged), same=True, distinct=True),
    Fault("header of two rows in one", _moved(mangle.header_in_one_row), same=True, distinct=True),
    Fault(
        "sums, Roman sections, notes and signatures", _moved(mangle.sums_sections_and_notes), same=True, distinct=True
    ),
    Fault("communes by another of their names", _moved(mangle.names_by_alias), same=True, distinct=True),
    Fault("a name that only resembles a commune", _example("S16"), distinct=True),
    Fault("codes deleted, names alone", _moved(mangle.code_column_deleted), same=True, distinct=True),
    Fault("decimal comma", _column("waste_generated_kg", lambda n: "500,5")),
    Fault("points for thousands", _column("pop_total", lambda n: "1.000")),
    Fault("numbers as text", _column("pop_total", lambda n: f"'{n:.0f}")),
    Fault("per cent sign", _cells("pop_total", "12,5%")),
    Fault("unit behind the number", _column("pop_total", lambda n: "1.000 người")),
    Fault("another unit behind the number", _cells("pop_total", "1 nghìn hộ")),
    Fault("footnote mark", _column("pop_total", lambda n: "1000 (1)")),
    Fault("Excel with American signs", _cells("waste_generated_kg", "1,500.5")),
    Fault("one or a thousand", _cells("pop_total", "1,000")),
    Fault("blank", _cells("tb_new", None)),
    Fault("hyphen", _cells("tb_new", "-")),
    Fault("dash", _cells("tb_new", "–")),
    Fault("dots", _cells("tb_new", "…")),
    Fault("x", _cells("tb_new", "x")),
    Fault("không có", _cells("tb_new", "không có")),
    Fault("KPS", _cells("tb_new", "KPS")),
    Fault("nought", _cells("tb_new", "0")),
    Fault("estimated", _cells("tb_new", "Ước 1")),
    Fault("unreliable", _cells("tb_new", "1 (?)")),
    Fault("decomposed letters", _moved(mangle.text_decomposed), same=True, distinct=True),
    Fault("decomposed note", _cells("note.1.difficulty", _NFD)),
    Fault("all in TCVN3", _moved(mangle.text_in_tcvn3), same=True, distinct=True),
    Fault("all in VNI", _moved(mangle.text_in_vni), same=True, distinct=True),
    Fault("a note pasted in TCVN3", _cells("note.1.difficulty", "ThiÕu thuèc, ch\xada cã b¸c sÜ")),
    Fault("formula without a result", _cells("pop_total", "=900+100")),
    Fault("formula with an error", _cells("pop_total", "#DIV/0!")),
    Fault("day as a day", _cells(_TASK_DATE, dt.datetime(2024, 9, 30))),
    Fault("day in words", _cells(_TASK_DATE, "ngày 30 tháng 9 năm 2024")),
    Fault("day with the month first", _cells(_TASK_DATE, "09/30/2024")),
    Fault("year of two digits", _cells(_TASK_DATE, "30/9/24")),
)

RULES: tuple[Fault, ...] = (
    Fault(
        "strange header",
        lambda c: (
            Workbook(c, "kt-district-quarter", "612", "2024Q3")
            .filled()
            .with_cell("B1", "F8", "Có thẻ bảo hiểm")
            .bytes()
        ),
    ),
    Fault("another version of the form", _stamped("version", "2019.1")),
    Fault("another unit's form", checked.quarter(), known={"folder": "613"}),
    Fault("another kind of period", _stamped("period", "2024")),
    Fault("row twice", _example("S15"), distinct=True),
    Fault("sheet twice with other numbers", _example("S22"), distinct=True),
    Fault("words for a number", _cells("tb_new", "mười")),
    Fault("below its range", _cells("tb_new", -1)),
    Fault("above its range", _cells("criteria_met", 2)),
    Fault("half a case", _cells("tb_new", 1.5)),
    Fault("part above its whole", _cells("pop_total", 900)),
    Fault("numerator above its denominator", _cells("under1", 2)),
    Fault("a total that is not the sum", _example("S18"), distinct=True),
    Fault("more births than people, across sheets", _cells("live_births", 1200)),
    Fault("cumulative number falls", checked.quarter(), known=checked.past("highrisk_examined", q2024Q2=70)),
    Fault(
        "jump against its own history",
        checked.one("pc_visits", 3000),
        known=checked.past("pc_visits", q2024Q2=280, q2024Q1=300, q2023Q4=320),
    ),
    Fault("history too short to test", checked.one("pc_visits", 3000), known=checked.past("pc_visits", q2024Q2=280)),
    Fault("population far from the official", checked.quarter(), known=checked.official(51436)),
    Fault("reports missing", checked.quarter(), known=checked.reporting(4, 3, 3)),
    Fault("reports late", checked.quarter(), known=checked.reporting(4, 4, 2)),
    Fault("identity number", _cells("note.1.difficulty", "Bà Lan, CCCD 001085012345")),
    Fault("list of names", _cells("note.1.difficulty", "Nguyễn Văn An, A Brol, Y Nhung, Trần Thị Bé")),
    Fault("column left blank", checked.quarter(tb_new=None)),
    Fault("unit left blank", checked.without(unit="23428")),
    Fault("nothing filled in", checked.empty),
)

BEFORE: tuple[Fault, ...] = (
    Fault("picture", _hostile("picture")),
    Fault("zero bytes", _hostile("empty")),
    Fault("zip bomb", _hostile("zip bomb")),
    Fault("too many parts", _hostile("many parts")),
    Fault("password", _hostile("encrypted workbook")),
    Fault("damaged", _hostile("bad directory")),
    Fault("parts listed without ids", _hostile("parts listed without ids")),
    Fault("cut off", _hostile("upload cut off")),
    Fault("macro", _hostile("macro"), file="bao-cao.xlsm"),
    Fault("link to another workbook", _hostile("link to another workbook")),
    Fault("named otherwise than it is", checked.quarter(), file="bao-cao.xls"),
    Fault("far cell undeclared", _hostile("far cell in an issued form")),
    Fault("too many cells", _hostile("too many cells")),
    Fault("DTD", _hostile("DTD")),
    Fault("nested deep", _hostile("deep nesting")),
    Fault("lock of Excel", _hostile("lock of Excel"), file="~$bao-cao.xlsx"),
    Fault("temporary file", _hostile("temporary file"), file="bao-cao.tmp"),
    Fault("more memory than any machine has", _hostile("cells far apart in disguise")),
    Fault("name that turns round", checked.quarter(), file="bao-cao\u202exslx.xlsx"),
)

FAULTS = (*READING, *RULES, *BEFORE)


EXPECTED: Mapping[str, tuple[bool, Mapping[str, tuple[str, ...]]]] = {
    "manifest lost, sheets renamed and reordered": (True, {"S19": ("",)}),
    "row deleted": (False, {"S25": ("B2!A12",)}),
    "column deleted": (False, {"S12": ("B1!A8",)}),
    "rows hidden": (True, {"S23": ("B4!E18",)}),
    "a name that only resembles a commune": (False, {"S16": ("B2!B22",)}),
    "per cent sign": (False, {"V12": ("B1!D13",)}),
    "another unit behind the number": (False, {"V11": ("B1!D13",)}),
    "one or a thousand": (False, {"V10": ("B1!D13",)}),
    "blank": (True, {"V05": ("B3!N13",)}),
    "hyphen": (True, {"V05": ("B3!N13",)}),
    "dash": (True, {"V05": ("B3!N13",)}),
    "dots": (True, {"V05": ("B3!N13",)}),
    "x": (True, {"R09": ("B3!N13",)}),
    "không có": (True, {"V05": ("B3!N13",)}),
    "all in TCVN3": (True, {"S26": ("",)}),
    "all in VNI": (True, {"S26": ("",)}),
    "a note pasted in TCVN3": (True, {"S31": ("B6!B12",)}),
    "formula without a result": (False, {"S24": ("B1!D13",)}),
    "formula with an error": (False, {"V19": ("B1!D13",)}),
    "day with the month first": (False, {"V22": ("B5!F12",)}),
    "year of two digits": (False, {"V20": ("B5!F12",)}),
    "strange header": (False, {"S09": ("B1!F8",)}),
    "another version of the form": (False, {"S04": ("",)}),
    "another unit's form": (False, {"S02": ("",)}),
    "another kind of period": (False, {"S05": ("",)}),
    "row twice": (False, {"S15": ("B2!B14",)}),
    "sheet twice with other numbers": (False, {"S22": ("B4 (2)!A1",)}),
    "words for a number": (False, {"V01": ("B3!N13",)}),
    "below its range": (False, {"V02": ("B3!N13",)}),
    "above its range": (False, {"V03": ("B2!N13",)}),
    "half a case": (False, {"V04": ("B3!N13",)}),
    "part above its whole": (False, {"R01": ("B1!F13",)}),
    "numerator above its denominator": (True, {"R02": ("B3!G13",)}),
    "a total that is not the sum": (True, {"S18": ("B1!D12",)}),
    "more births than people, across sheets": (False, {"R01": ("B3!D13",)}),
    "cumulative number falls": (
        True,
        {
            "T03": ("B1!J13", "B1!J14", "B1!J15", "B1!J16", "B1!J17", "B1!J18", "B1!J19", "B1!J20", "B1!J21"),
            "Q01": ("",),
        },
    ),
    "jump against its own history": (True, {"T04": ("B1!K15",)}),
    "history too short to test": (True, {"Q01": ("",)}),
    "population far from the official": (True, {"P01": ("B1!D13",)}),
    "reports missing": (True, {"Q03": ("",)}),
    "reports late": (True, {"Q04": ("",)}),
    "identity number": (False, {"D01": ("B6!B12",)}),
    "list of names": (False, {"D02": ("B6!B12",)}),
    "column left blank": (True, {"V05": ("B3!N13",)}),
    "unit left blank": (True, {"V08": ("B1!D15",)}),
    "nothing filled in": (False, {"S11": ("",)}),
    "picture": (False, {"F01": ("",)}),
    "zero bytes": (False, {"F02": ("",)}),
    "zip bomb": (False, {"F03": ("",)}),
    "too many parts": (False, {"F03": ("",)}),
    "password": (False, {"F04": ("",)}),
    "damaged": (False, {"F05": ("",)}),
    "parts listed without ids": (False, {"F05": ("",)}),
    "cut off": (False, {"F06": ("",)}),
    "macro": (False, {"F07": ("",)}),
    "link to another workbook": (True, {"F08": ("",)}),
    "named otherwise than it is": (True, {"F09": ("",)}),
    "far cell undeclared": (False, {"F10": ("",)}),
    "too many cells": (False, {"F10": ("",)}),
    "DTD": (False, {"F11": ("",)}),
    "nested deep": (False, {"F11": ("",)}),
    "lock of Excel": (False, {"F12": ("",)}),
    "temporary file": (False, {"F12": ("",)}),
    "more memory than any machine has": (False, {"F13": ("",)}),
}
"""Accepted or not, and per code the cells (sheet!cell, or nothing) in their order. What is not here is accepted without
a finding. Of forms in which every number is another one, `NOISE` is left out: it is not what the case is about."""
NOISE = frozenset({"R01", "R02", "R03", "R05", "V02", "V03", "V04"})


def write(folder: Path, catalogue: Catalogue) -> dict[str, Path]:
    """Writes every file into a folder of its own. Grain: the fault's name."""
    written = {}
    for fault in FAULTS:
        path = folder / fault.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(fault.build(catalogue))
        written[fault.name] = path
    return written


if __name__ == "__main__":
    write(Path(sys.argv[1]), load_catalogue(PROJECT_ROOT / "catalog"))
