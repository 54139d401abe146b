"""A table of targets, as an office keeps it, as rows with their milestones.

Room: scaffold. Pure. Columns are known by the office's own words (`templates/catalog/plan_table.yaml`); nothing is
dropped: what is not known is carried along in its own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

from etl.catalog.catalogue_files import CatalogueReader
from etl.catalog.models import StrictModel, Text
from etl.errors import TemplateError, UsageError

Texts = Sequence[Sequence[str]]
_YEAR = re.compile(r"(?<!\d)20\d\d(?!\d)")
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
    estimated: tuple[Text, ...]
    values: tuple[ValueWords, ...]


@dataclass(frozen=True)
class YearCell:
    """What a row says for a year; `year` is empty for a level that the table sets no time for."""

    year: str
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
    cells: tuple[YearCell, ...]
    others: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class _Columns:
    """Column numbers of a table's header, which ends above row `first`."""

    first: int
    known: dict[str, int]
    years: dict[int, YearCell]
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
    for first, second in pairwise(range(min(len(rows), _TOP_ROWS) + 1)):
        for headers, below in ((rows[first], second), (_join_header_rows(rows[first : first + 2]), second + 1)):
            columns = _match_headers(headers, below, words)
            if "title" in columns.known and columns.years:
                return columns
    expected = ", ".join(words.headers.title)
    raise UsageError(
        "no row of the table is a header with a column of targets and one of a year",
        where="table",
        fix=f"name the columns, for example: {words.headers.item[0]}; one of {expected}; 2030",
    )


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
        years = _YEAR.findall(text)
        if kind:
            columns.known[kind] = number
        elif len(years) == 1:
            is_baseline = any(word in text for word in words.baseline)
            estimated = any(word in text.split() for word in words.estimated)
            columns.years[number] = YearCell(years[0], "", is_baseline, estimated)
        elif not years and text in (*words.undated, *words.baseline):
            columns.years[number] = YearCell("", "", text in words.baseline, estimated=False)
        elif text:
            columns.others[number] = header
    return columns


def _iterate_targets(rows: Texts, columns: _Columns) -> Iterator[TargetRow]:
    group = ""
    for line, row in enumerate(rows[columns.first :], start=columns.first + 1):
        told = {kind: row[number] for kind, number in columns.known.items()}
        cells = tuple(
            YearCell(cell.year, row[number], cell.is_baseline, cell.estimated)
            for number, cell in columns.years.items()
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
