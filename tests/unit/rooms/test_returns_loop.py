"""Sent, returned, mended, sent again: what the reader and the checker make of a returned workbook."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import openpyxl

from etl.catalog import Catalogue
from etl.catalog.layout import RESULT_HEADER, RESULT_SHEET
from etl.catalog.rules import Rules
from etl.check import ReadSubmission, check_batch
from etl.model import FindingLevel, Verdict
from etl.read import Reader
from etl.returns.annotate import annotate_workbook
from tests.builders import Workbook
from tests.unit.rooms.returns_books import answer
from tests.unit.rooms.test_returns_own import marked, result
from tests.wording import SHIPPED

EXPLANATION = "Giải trình của đơn vị"


def test_a_returned_workbook_is_read_as_before_and_carries_its_explanation(
    catalogue: Catalogue, rules: Rules, tmp_path: Path
) -> None:
    path = tmp_path / "bao-cao.xlsx"
    book = Workbook(catalogue, "kt-district-quarter", "612", "2024Q3").filled()
    path.write_bytes(book.with_element("insured", None).with_element("pop_total", "mười", 2).bytes())

    def judged() -> Verdict:
        return check_batch([ReadSubmission(reader.read_file(path), path.name, "612")], catalogue, rules, SHIPPED)[0]

    with Reader(catalogue, rules) as reader:
        before, verdict = reader.read_file(path), judged()
        assert {f.code for f in verdict.findings} == {"V01", "V05"}
        path.write_bytes(annotate_workbook(answer(path.read_bytes(), *verdict.findings)))
        after = reader.read_file(path)
        assert (after.observations, after.findings) == (before.observations, before.findings)

        mended = openpyxl.load_workbook(path)
        table = mended[RESULT_SHEET]
        row = next(r[0].row for r in table.iter_rows() if r[2].value == "V05")
        table.cell(row, RESULT_HEADER.index(EXPLANATION) + 1, "Trạm mới tách")
        wrong = next(f for f in verdict.findings if f.code == "V01")
        mended[wrong.sheet][wrong.cell] = 1000
        mended.save(path)
        again = judged()
        assert again.accepted
        assert [(e.code, e.text) for e in reader.read_file(path).explanations] == [("V05", "Trạm mới tách")]
        back = annotate_workbook(answer(path.read_bytes(), *again.findings, accepted=True))
    assert f"{wrong.sheet}!{wrong.cell}" not in marked(back)
    explained = [row for row in result(back) if row["Mã"].value == "V05"]
    assert [row[EXPLANATION].value for row in explained] == ["Trạm mới tách"]
    assert all(f.level != FindingLevel.CONFIRM for f in again.findings if f.code == "V05")
    assert openpyxl.load_workbook(BytesIO(back))[wrong.sheet][wrong.cell].value == 1000
