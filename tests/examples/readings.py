"""Examples of the codes that the reader gives for cells it cannot take without guessing: V10 to V23."""

from __future__ import annotations

import datetime as dt
from typing import Any

from etl.catalog import Catalogue
from tests.builders import Workbook
from tests.examples import Case, Example
from tests.examples.checked import kept, one

_DATE = "task.kt-124.III.2-3.date"


def _error(catalogue: Catalogue) -> bytes:
    """An error as the result of a formula, not as text."""
    return one("pop_total", "#REF!")(catalogue)


def _published(value: Any) -> Any:
    def build(catalogue: Catalogue) -> bytes:
        return Workbook(catalogue, "kt-cdc-year", "62-CDC", "2024").filled(pub_stunting=value).bytes()

    return build


def _cell(code: str, text: str, value: Any, right: Any, words: str) -> Example:
    return Example(code, Case(text, one("pop_total", value)), Case(words, one("pop_total", right)))


EXAMPLES = [
    _cell("V10", "“1,234” as population", "1,234", "1.234", "“1.234”"),
    _cell("V11", "“12 trạm” where people are asked", "12 trạm", "1.012 người", "“1.012 người”"),
    _cell("V12", "“12,5%” where people are asked", "12,5%", 1012, "1012"),
    _cell("V13", "“(12)” as population", "(12)", 1012, "1012"),
    _cell("V14", "“>950” as population", ">950", 1012, "1012"),
    _cell("V15", "“1e5” as population", "1e5", "1.012", "“1.012”"),
    _cell("V16", "17 digits as population", "12345678901234567", "1012", "“1012”"),
    _cell("V17", "1 September as population", dt.datetime(2024, 9, 1), 1012, "1012"),
    _cell("V18", "TRUE as population", True, 1012, "1012"),
    Example("V19", Case("#REF! as population", _error), Case("1012", one("pop_total", 1012))),
    Example("V20", Case("“1.7.24” as date", one(_DATE, "1.7.24", 0)), Case("“1.7.2024”", one(_DATE, "1.7.2024", 0))),
    Example("V21", Case("“7/2024” as date", one(_DATE, "7/2024", 0)), Case("“01/7/2024”", one(_DATE, "01/7/2024", 0))),
    Example("V22", Case("“07/31/2024” as date", one(_DATE, "07/31/2024", 0)),
            Case("“31/07/2024”", one(_DATE, "31/07/2024", 0))),
    Example("V23", Case("0.125 where per cent are asked", _published(0.125)), Case("12.5", _published(12.5))),
    Example("V25", Case("a task done on 8 December in a report of quarter III", one(_DATE, "08/12/2024", 0)),
            Case("on 12 August", one(_DATE, "12/08/2024", 0))),
    Example("V24", Case("26 struck out and 27 in one cell", kept("public/strike-adjacent-runs.xlsx")),
            Case("a footnote's raised mark behind the number", kept("public/superscript-run-footnote.xlsx"))),
]  # fmt: skip
