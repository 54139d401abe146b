"""A table of targets, as an office keeps it, as rows with their milestones.

Room: scaffold. Pure. Columns are known by the office's own words (`templates/catalog/plan_table.yaml`); nothing is
dropped: what is not known is carried along in its own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field

from etl.catalog.catalogue_files import CatalogueReader
from etl.catalog.models import StrictModel, Text
from etl.errors import TemplateError, UsageError

Texts = Sequence[Sequence[str]]
_YEAR = re.compile(r"(?<!\d)20\d\d(?!\d)")
_DAY = re.compile(r"\d[/.-]\d{1,2}[/.-]20\d\d")
_TOP_ROWS = 30


class TableHeaders(StrictModel):
    """Words by which the columns of a table are known, each the whole of a header, in small letters."""

    item: tuple[Text, ...]
    title: tuple[Text, ...]
    unit: tuple[Text, ...]
    indicator: tuple[Text, ...]


class ValueWords(StrictModel):
    """How a target's value may be written, and how it is then compared."""

    words: Text
    operator: Literal["plain", ">=", ">", "<=", "<", "about", "between", "count"]


class TableWords(StrictModel):
    """`templates/catalog/plan_table.yaml`."""

    headers: TableHeaders
    baseline: tuple[Text, ...]
    undated: tuple[Text, ...] = ()
    parts: Mapping[Text, Literal["Q1", "Q2", "Q3", "Q4", "H1", "H2", "N", ""]] = Field(default_factory=dict)
    estimated: tuple[Text, ...]
    values: tuple[ValueWords, ...]


@dataclass(frozen=True)
class PeriodCell:
    """What a row says for a period; `period`, a key, is empty for a level that the table sets no time for."""

    period: str
    written: str
    is_baseline: bool
    estimated: bool


@dataclass(frozen=True)
class TargetRow:
    """One target in the table's own words. `others`: header and text of columns that nothing knows."""

    line: int
    item: str
    title: str
    unit: str
    indicator: str
    group: str
    cells: tuple[PeriodCell, ...]
    others: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class _Columns:
    """Column numbers of a table's header, which ends above row `first`."""

    first: int
    known: dict[str, int]
    periods: dict[int, PeriodCell]
    others: dict[int, str]


def load_table_words(templates: Path) -> TableWords:
    """The words of tables of targets.

    Raises:
        TemplateError: the file is missing or wrong.
    """
    reader, path = CatalogueReader(), templates / "catalog" / "plan_table.yaml"
    words = reader.read_entry(path, TableWords)
    if words is None or reader.problems:
        problem = reader.problems[0]
        raise TemplateError(problem.what, where=problem.where, fix=problem.fix)
    return words


def read_target_rows(rows: Texts, words: TableWords) -> list[TargetRow]:
    """The targets of a table, in its order.

    Raises:
        UsageError: no row of the table is a header with a target's name and a year, or a target has no name.
    """
    columns = _find_columns(rows, words)
    return list(_iterate_targets(rows, columns))


def _find_columns(rows: Texts, words: TableWords) -> _Columns:
    """The header that knows most: the first row that may be one, or the row below it, for a title may stand above."""
    for first in range(min(len(rows), _TOP_ROWS)):
        if found := list(_match_header_rows(rows, first, words)):
            return max(
                (*found, *_match_header_rows(rows, first + 1, words)),
                key=lambda columns: (len(columns.known), len(columns.periods)),
            )
    expected = ", ".join(words.headers.title)
    raise UsageError(
        "no row of the table is a header with a column of targets and one of a year",
        where="table",
        fix=f"name the columns, for example: {words.headers.item[0]}; one of {expected}; 2030",
    )


def _match_header_rows(rows: Texts, first: int, words: TableWords) -> Iterator[_Columns]:
    """A row, and it with the row below, as far as they name targets and a time."""
    for count, headers in enumerate((*rows[first : first + 1], _join_header_rows(rows[first : first + 2])), start=1):
        columns = _match_headers(headers, first + count, words)
        if "title" in columns.known and columns.periods:
            yield columns


def _join_header_rows(rows: Texts) -> list[str]:
    """Two rows of headers as one: a header above several columns goes with each of them."""
    if len(rows) < 2:
        return []
    joined, above = [], ""
    for top, below in zip(*rows, strict=True):
        above = top or (above if below else "")
        joined.append(f"{above} {below}".strip())
    return joined


def _match_headers(headers: Sequence[str], first: int, words: TableWords) -> _Columns:
    columns = _Columns(first, {}, {}, {})
    for number, header in enumerate(headers):
        text = " ".join(header.casefold().split())
        kind = next((k for k, choices in words.headers if text in choices and k not in columns.known), "")
        period = _find_period(text, words)
        if kind:
            columns.known[kind] = number
        elif period:
            is_baseline = any(word in text for word in words.baseline)
            estimated = any(word in text.split() for word in words.estimated)
            columns.periods[number] = PeriodCell(period, "", is_baseline, estimated)
        elif not _YEAR.search(text) and text in (*words.undated, *words.baseline):
            columns.periods[number] = PeriodCell("", "", text in words.baseline, estimated=False)
        elif text:
            columns.others[number] = header
    return columns


def _find_period(text: str, words: TableWords) -> str:
    """The key of the one period that a header names; none where it names a day, two years or an unknown part of one."""
    years = _YEAR.findall(text)
    found = [part for part in words.parts if re.search(rf"(?<!\w){re.escape(part)}(?!\w)", text)]
    part = words.parts[max(found, key=len)] if found else ""
    if len(years) != 1 or _DAY.search(text) or (found and not part):
        return ""
    return f"{years[0]}{part}"


def _iterate_targets(rows: Texts, columns: _Columns) -> Iterator[TargetRow]:
    group = ""
    for line, row in enumerate(rows[columns.first :], start=columns.first + 1):
        told = {kind: row[number] for kind, number in columns.known.items()}
        cells = tuple(
            PeriodCell(cell.period, row[number], cell.is_baseline, cell.estimated)
            for number, cell in columns.periods.items()
            if row[number]
        )
        others = tuple((header, row[number]) for number, header in columns.others.items() if row[number])
        if not any(row) or (line == columns.first + 1 and _is_row_of_numbers(row)):
            continue
        if not told["title"]:
            if cells or len([text for text in row if text]) > 1:
                raise UsageError(
                    "a row without a target's name", where=f"row {line}", fix="write its name, or delete it"
                )
            group = next(text for text in row if text)
        elif not cells and not told.get("unit") and not told.get("indicator") and not others:
            group = told["title"]
        else:
            item, unit, indicator = (told.get(kind, "") for kind in ("item", "unit", "indicator"))
            yield TargetRow(line, item, told["title"], unit, indicator, group, cells, others)


def _is_row_of_numbers(row: Sequence[str]) -> bool:
    """Whether a row only numbers the columns: 1, 2, 3 or (1), (2), (3) or A, B, 1, 2."""
    texts = [text.strip("() ") for text in row if text]
    numbers = [int(text) for text in texts if text.isdigit()]
    letters = texts[: len(texts) - len(numbers)]
    in_order = bool(numbers) and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    return len(texts) > 2 and in_order and numbers[0] <= 2 and all(len(t) == 1 and t.isalpha() for t in letters)
