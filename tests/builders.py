"""Workbooks by the fault they have: `Workbook(...).filled().with_cell("B1", "F13", "mười").bytes()`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from io import BytesIO
from typing import Any, Self

import openpyxl

from etl.catalog import Catalogue
from etl.catalog.layout import MANIFEST_HEADER, MANIFEST_SHEET, MANIFEST_STAMP
from etl.catalog.obligations import find_collecting_scope
from etl.forms import FormExtras, issue_form
from etl.model import Period
from tests.wording import SHIPPED

_HEAD = len(MANIFEST_STAMP) + 2

PLAUSIBLE: Mapping[str, float] = {
    "pop_total": 1000, "pop_avg": 990, "insured": 950, "managed": 850, "managed_e": 400, "highrisk": 100,
    "highrisk_examined": 60, "pc_visits": 300, "pc_visits_insured": 280, "elderly": 90, "elderly_insured": 90,
    "elderly_managed": 88, "elderly_treated": 89, "elderly_cared": 88, "elderly_all": 87, "ehealth_book": 300,
    "telehealth_users": 100, "villages": 5, "villages_vhw": 5, "stations": 1, "st_doctor": 1, "st_midwife": 1,
    "st_pharmacy": 1, "st_tradmed": 1, "st_pharm_tradmed": 1, "techniques_done": 70, "techniques_list": 76,
    "criteria_met": 1, "live_births": 5, "newborns_screened": 1, "under1": 5, "fully_immunised": 3,
    "deliveries": 5, "women_screened": 2, "deaths_u1": 0, "deaths_u5": 0, "deaths_maternal": 0, "hiv_new": 0,
    "tb_new": 1, "malaria_indigenous": 0, "malaria_imported": 0, "doctors": 40, "pharmacists_univ": 4,
    "nurses": 60, "beds": 110, "dhc_techniques_done": 800, "dhc_techniques_list": 870,
    "waste_generated_kg": 500.5, "waste_treated_kg": 500.5, "budget_health_mvnd": 900, "budget_prevent_mvnd": 280,
}  # fmt: skip


class Workbook:
    """An issued form, to be filled and spoilt."""

    def __init__(self, catalogue: Catalogue, form_id: str, unit: str, period: str) -> None:
        key = Period.parse(period)
        form = self.form = catalogue.forms[form_id]
        scope = find_collecting_scope(catalogue, form_id, unit, key)
        org_unit = catalogue.find_unit(unit, key.end)
        assert org_unit
        self.issued = issue_form(catalogue, scope, form, org_unit, key, SHIPPED, FormExtras(simulated=True))
        self.reopened()

    def inputs(self) -> list[tuple[str, str, str, str, str]]:
        page = self.book[MANIFEST_SHEET]
        assert tuple(c.value for c in page[_HEAD]) == MANIFEST_HEADER
        return [tuple(row) for row in page.iter_rows(min_row=_HEAD + 1, values_only=True)]  # type: ignore[misc]

    def reopened(self) -> Self:
        """Anew from the bytes that were issued."""
        self.book = openpyxl.load_workbook(BytesIO(self.issued))
        return self

    def filled(self, **values: Any) -> Self:
        for sheet, cell, _, element, kind in self.inputs():
            if element in values:
                self.book[sheet][cell] = values[element]
            elif kind in {"stock", "average", "flow", "ytd"}:
                self.book[sheet][cell] = PLAUSIBLE.get(element, 1)
            elif kind == "choice":
                self.book[sheet][cell] = "Đang thực hiện"
        return self

    def with_cell(self, sheet: str, cell: str, value: Any) -> Self:
        self.book[sheet][cell] = value
        return self

    def with_element(self, element: str, value: Any, row: int = 0) -> Self:
        """Sets one element in its row-th cell."""
        found = [(s, c) for s, c, _, e, _ in self.inputs() if e == element]
        return self.with_cell(*found[row], value)

    def with_stamp(self, key: str, value: str) -> Self:
        page = self.book[MANIFEST_SHEET]
        for row in range(1, len(MANIFEST_STAMP) + 1):
            if page.cell(row, 1).value == key:
                page.cell(row, 2).value = value
        return self

    def without_sheet(self, sheet: str) -> Self:
        del self.book[sheet]
        return self

    def bytes(self) -> bytes:
        target = BytesIO()
        self.book.properties.modified = dt.datetime(2024, 1, 1)
        for page in self.book.worksheets:
            page._print_cols = None  # type: ignore[attr-defined] # openpyxl names rows before columns, which LibreOffice then names twice
        self.book.save(target)
        return target.getvalue()
