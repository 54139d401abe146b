"""Examples of the codes that the checker gives: S02, S07, S11, values, relations, time, population, quality, privacy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from etl.catalog import Catalogue, models
from etl.check import OfficialPopulation, PeerFigures, ReportingRecord
from tests.builders import Workbook
from tests.examples import Case, Example

COMMUNES = ("23401", "23427", "23428", "23430", "23431", "23434", "23437", "23440", "23443")
Build = Callable[[Catalogue], bytes]


def quarter(**values: Any) -> Build:
    """The district's quarter form, filled in, with an element's value in every row of it."""
    return lambda catalogue: Workbook(catalogue, "kt-district-quarter", "612", "2024Q3").filled(**values).bytes()


def year(**values: Any) -> Build:
    return lambda catalogue: Workbook(catalogue, "kt-district-year", "612", "2024").filled(**values).bytes()


def one(element: str, value: Any, row: int = 2) -> Build:
    """The quarter form with one cell changed."""

    def build(catalogue: Catalogue) -> bytes:
        book = Workbook(catalogue, "kt-district-quarter", "612", "2024Q3").filled()
        return book.with_element(element, value, row).bytes()

    return build


def across(**values: Sequence[Any]) -> Build:
    """The quarter form with a number of its own in every commune's row of some elements."""

    def build(catalogue: Catalogue) -> bytes:
        book = Workbook(catalogue, "kt-district-quarter", "612", "2024Q3").filled()
        for element, of_row in values.items():
            for row, value in enumerate(of_row):
                book.with_element(element, value, row)
        return book.bytes()

    return build


def exchanged(a: int, b: int) -> Build:
    """Every commune of another size, the children's numbers of two of them exchanged."""
    rows = list(_SIZES)
    rows[a], rows[b] = rows[b], rows[a]
    return across(**dict.fromkeys(_CHILDREN, rows))


def last_quarter() -> dict[str, Any]:
    cells = {(unit, e): float(size) for unit, size in zip(COMMUNES, _SIZES, strict=True) for e in _CHILDREN}
    return {"history": {"2024Q2": cells}}


def kept(name: str) -> Build:
    """A workbook of `tests/cases`."""
    return lambda _: (Path(__file__).parents[1] / "cases" / name).read_bytes()


def without(**places: str) -> Build:
    """The quarter form with the numbers of a unit or of a sheet left out."""

    def build(catalogue: Catalogue) -> bytes:
        book = Workbook(catalogue, "kt-district-quarter", "612", "2024Q3").filled()
        for sheet, cell, unit, _, kind in book.inputs():
            if kind in {"stock", "average", "flow", "ytd"} and (
                unit == places.get("unit") or sheet == places.get("sheet")
            ):
                book.with_cell(sheet, cell, None)
        return book.bytes()

    return build


def hospital(unit: str, **values: Any) -> Build:
    def build(catalogue: Catalogue) -> bytes:
        return Workbook(catalogue, "kt-hospital-year", unit, "2024").filled(**values).bytes()

    return build


def empty(catalogue: Catalogue) -> bytes:
    return Workbook(catalogue, "kt-district-quarter", "612", "2024Q3").bytes()


def past(element: str, **values: float) -> dict[str, Any]:
    """History: `q2024Q1=300` is what every commune reported of the element for the first quarter of 2024."""
    known = {key[1:]: {(unit, element): value for unit in COMMUNES} for key, value in values.items()}
    return {"history": known}


def quarters(element: str, *values: float) -> dict[str, Any]:
    return {"quarters": {(unit, element): values for unit in COMMUNES}}


def with_sum(catalogue: Catalogue) -> Catalogue:
    parts = ("malaria_indigenous", "malaria_imported")
    declared = models.Relation(code="a-sum", larger="hiv_new", parts=parts, kind="sum")
    return replace(catalogue, relations=(*catalogue.relations, declared))


def reporting(due: int, received: int, on_time: int) -> dict[str, Any]:
    return {"reporting": ReportingRecord(due, received, on_time)}


def beside(now: float, usual: float, heard: int = 9) -> dict[str, Any]:
    """What the other nine districts gave for visits, and 300 in every commune of this one the year before."""
    known = {"pc_visits": (now, usual)}
    return {"peers": PeerFigures(9, heard, known), **past("pc_visits", q2023=300)}


def official(value: float) -> dict[str, Any]:
    return {"official": OfficialPopulation(value, 2022, "cơ quan thống kê"), "compare_official": True}


_RIGHT = Case("everything filled in and plausible", quarter())
_SIZES = (90, 10, 20, 30, 40, 50, 60, 70, 80)
_CHILDREN = ("live_births", "newborns_screened", "deliveries", "women_screened", "under1", "fully_immunised")
_ELDERLY = ("elderly", "elderly_insured", "elderly_managed", "elderly_treated", "elderly_cared", "elderly_all")
_SIX = ("tb_new", "hiv_new", "deaths_u1", "deaths_u5", "deaths_maternal", "malaria_imported")
_THREE = {"q2024Q2": 280, "q2024Q1": 300, "q2023Q4": 320}

EXAMPLES = [
    Example("S02", Case("unit 612's report lies in folder 613", quarter(), {"folder": "613"}),
            Case("it lies in folder 612", quarter(), {"folder": "612"})),
    Example("S07", Case("the disease control centre sends the hospitals' form", hospital("62-CDC")),
            Case("a hospital sends it", hospital("62-BVT"))),
    Example("S11", Case("the issued form, nothing filled in", empty), _RIGHT),
    Example("V01", Case("“mười” as number of TB cases", one("tb_new", "mười")), _RIGHT),
    Example("V02", Case("−1 TB cases", one("tb_new", -1)), Case("0 TB cases", one("tb_new", 0))),
    Example("V03", Case("2 where 1 or 0 is asked", one("criteria_met", 2)), Case("1", one("criteria_met", 1))),
    Example("V04", Case("1.5 TB cases", one("tb_new", 1.5)), Case("500.5 kg of waste", quarter())),
    Example("V05", Case("no TB cases filled in for one commune", one("tb_new", None)), _RIGHT),
    Example("V06", Case("“xong rồi” as state of a task", one("task.kt-124.III.2-3.state", "xong rồi", 0)),
            Case("a state from the list", quarter())),
    Example("V07", Case("“hôm qua” as date of a task", one("task.kt-124.III.2-3.date", "hôm qua", 0)), _RIGHT),
    Example("V08", Case("one commune without any number", without(unit="23428")), _RIGHT),
    Example("V09", Case("sheet B4 without any number", without(sheet="B4")), _RIGHT),
    Example("R01", Case("950 insured among 900 people", one("pop_total", 900)), _RIGHT),
    Example("R02", Case("3 fully immunised of 2 children", one("under1", 2)), _RIGHT),
    Example("R03", Case("1,000 people at the end, 700 on average", one("pop_avg", 700)),
            Case("1,000 at the end, 990 on average", quarter())),
    Example("R04", Case("a declared total of 1 with parts 2 and 0", one("malaria_indigenous", 2), adapt=with_sum),
            Case("total 0 with parts 0 and 0", quarter(), adapt=with_sum)),
    Example("R05", Case("90 elderly, all insured, 88, 89 and 88 for the rest, but only 80 with all four",
                        one("elderly_all", 80)),
            Case("87 with all four (at least 85)", quarter())),
    Example("R06", Case("a declared total of 3 with parts 0 and 0", one("hiv_new", 3), adapt=with_sum),
            Case("total 0 with parts 0 and 0", quarter(), adapt=with_sum)),
    Example("R07", Case("12,001 visits of 1,000 people", one("pc_visits", 12001)),
            Case("12,000 visits", one("pc_visits", 12000))),
    Example("R08", Case("“x” for all elderly, and 87 of them insured", one("elderly", "x")),
            Case("“x” for every number about the elderly", across(**dict.fromkeys(_ELDERLY, ("x",))))),
    Example("R09", Case("“x” for insured visits, 300 visits", one("pc_visits_insured", "x")),
            Case("“x” for both", across(pc_visits_insured=["x"], pc_visits=["x"]))),
    Example("R10", Case("the births of nine communes in the column of TB cases", across(tb_new=_SIZES, **dict.fromkeys(_CHILDREN, _SIZES))),
            Case("all screened who were born", across(**dict.fromkeys(_CHILDREN[:4], _SIZES)))),
    Example("T01", Case("20 births in the year, 4 × 6 in its quarters", year(live_births=20, newborns_screened=4),
                        quarters("live_births", 6, 6, 6, 6)),
            Case("4 × 5 in its quarters", year(live_births=20), quarters("live_births", 5, 5, 5, 5))),
    Example("T02", Case("1 station in the year, 2 in the fourth quarter", year(), quarters("stations", 1, 1, 1, 2)),
            Case("1 in both", year(), quarters("stations", 2, 2, 2, 1))),
    Example("T03", Case("60 examined since January, 70 three months before", quarter(),
                        past("highrisk_examined", q2024Q2=70)),
            Case("60, and 40 before", quarter(), past("highrisk_examined", q2024Q2=40))),
    Example("T04", Case("3,000 visits after 280, 300 and 320", one("pc_visits", 3000), past("pc_visits", **_THREE)),
            Case("310 visits after 280, 300 and 320", one("pc_visits", 310), past("pc_visits", **_THREE))),
    Example("T05", Case("425 visits after 280, 300 and 320", one("pc_visits", 425), past("pc_visits", **_THREE)),
            Case("3,000 visits with only two earlier quarters: not testable", one("pc_visits", 3000),
                 past("pc_visits", q2024Q1=300, q2024Q2=310))),
    Example("T06", Case("1,200 visits after 600 the year before", year(pc_visits=1200), past("pc_visits", q2023=600)),
            Case("1,200 after 1,000", year(pc_visits=1200), past("pc_visits", q2023=1000))),
    Example("T07", Case("300,000 visits in every commune after some 300 each", quarter(pc_visits=300_000),
                        past("pc_visits", **_THREE)),
            Case("300 in every commune", quarter(pc_visits=300), past("pc_visits", **_THREE))),
    Example("T08", Case("two communes' rows of last quarter, exchanged", exchanged(0, 1), last_quarter()),
            Case("the rows as they were last quarter", exchanged(0, 0), last_quarter())),
    Example("P02", Case("9,000 insured, officially 5,000 people", quarter(pop_total=None), official(5000)),
            Case("9,000 insured, officially 9,500 people", quarter(), official(9500))),
    Example("V26", Case("a task done on 29 September, the report received on the 28th",
                        one("task.kt-124.III.2-3.date", "29/09/2024", 0), {"received_on": date(2024, 9, 28)}),
            Case("done and received on the same day", one("task.kt-124.III.2-3.date", "29/09/2024", 0),
                 {"received_on": date(2024, 9, 29)})),
    Example("P01", Case("9,000 people, officially 51,436", quarter(), official(51436)),
            Case("9,000 people, officially 9,500", quarter(), official(9500))),
    Example("Q01", Case("two earlier quarters known", quarter(), past("pc_visits", q2024Q1=300, q2024Q2=300)),
            Case("three earlier quarters known", quarter(), past("pc_visits", **_THREE))),
    Example("Q02", Case("six columns left out", quarter(**dict.fromkeys(_SIX))),
            Case("one column left out", quarter(tb_new=None))),
    Example("Q03", Case("three of the last four quarters came", quarter(), reporting(4, 3, 3)),
            Case("one of two came: not testable", quarter(), reporting(2, 1, 1))),
    Example("Q04", Case("two of the last four quarters came on time", quarter(), reporting(4, 4, 2)),
            Case("three of four", quarter(), reporting(4, 4, 3))),
    Example("Q05", Case("390 visits after 300, 27,000 after 54,000 in the other districts", year(pc_visits=390),
                        beside(27_000, 54_000)),
            Case("390 after 300, 65,000 after 54,000 in the others", year(pc_visits=390), beside(65_000, 54_000))),
    Example("D01", Case("“CCCD 001085012345” in a note", one("note.1.difficulty", "Bà Lan, CCCD 001085012345", 0)),
            Case("“kinh phí 125.000.000 đồng” in a note",
                 one("note.1.difficulty", "Thiếu kinh phí 125.000.000 đồng, liên hệ 0905 123 456", 0))),
    Example("D02", Case("three names in a note",
                        one("note.1.difficulty", "Trẻ chưa tiêm: Nguyễn Văn An, A Brol, Y Nhung, Trần Thị Bé", 0)),
            Case("three wards named after people",
                 one("note.1.difficulty", "Chưa có bác sĩ: Lê Lợi, Nguyễn Trãi, Trần Hưng Đạo", 0))),
]  # fmt: skip
