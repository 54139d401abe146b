"""The sheet of data: one row per (item, unit) with codes and numbers, for machines and whoever calculates.

Room: report. Used by `sheets`. Head in the first row; numbers beside their exact fraction; an empty cell where
there is no value (never a zero). `read_at` leads to the cell in which the figure is read.
"""

from __future__ import annotations

from typing import Any

from etl.catalog.layout import format_cell_name
from etl.report.annex_workbook import AnnexWorkbook
from etl.report.figure_facts import Figure, PrintedNumber
from etl.report.report_facts import ReportFacts

_TEXT_COLUMNS = ("item", "clause", "kind", "indicator", "unit", "unit_name", "period")
_NUMBER_COLUMNS = (
    "numerator", "denominator", "value", "target", "target_upper", "baseline", "path_value", "prorated_target",
    "progress", "cagr_ratio", "required_yearly_change", "plan_share", "reduction_pct", "completeness",
)  # fmt: skip
_PLANNED_NUMBERS = {"denominator", "target", "target_upper", "baseline", "prorated_target", "completeness"}
_TELLING_COLUMNS = ("interval_low", "interval_high", "people_missing", "bounds_low", "bounds_high", "reason")
"""What would tell a count that is withheld, as its value does."""
_JUDGING_COLUMNS = ("met", "status", "progress_class", "cagr_class", "classes_disagree", "people_missing")
_WITHHELD = PrintedNumber(None, None, "", 0)
_TRAILING_COLUMNS = (
    "operator", "written", "target_period", "met", "status", "progress_class", "cagr_class", "classes_disagree",
    "interval_low", "interval_high", "interval_method", "small", "people_missing", "expected", "present", "bounds_low",
    "bounds_high", "bounds_turn", "limits_low", "limits_high", "as_of", "source", "estimated", "contradicts",
    "corrections", "reason",
)  # fmt: skip
DATA_COLUMNS = (
    "scope", "plan", *_TEXT_COLUMNS, "read_at",
    *(name for n in _NUMBER_COLUMNS for name in (n, f"{n}_exact")), *_TRAILING_COLUMNS,
    "snapshot_at", "snapshot_id", "simulated",
)  # fmt: skip


def write_data_sheet(book: AnnexWorkbook) -> None:
    """Writes the sheet."""
    page = book.add_page(book.wording.texts["annex_sheet.data"])
    page.repeat_rows(0)
    page.freeze_panes(1, 0)
    page.set_column(0, len(DATA_COLUMNS) - 1, 13)
    for column, name in enumerate(DATA_COLUMNS):
        page.write_string(0, column, name, book.build_format(bold=True))
    figures = book.facts.list_figures()
    for row, figure in enumerate(figures, start=1):
        place = book.reading_places.get((figure.item, figure.unit), "")
        for column, value in enumerate(_build_data_row(book.facts, figure, place)):
            _write_data_cell(book, page, (row, column), value)
        if place:
            column = DATA_COLUMNS.index("read_at")
            page.write_url(row, column, f"internal:{place}", book.build_format(), place)
    last = format_cell_name(len(figures), len(DATA_COLUMNS) - 1)
    page.ignore_errors({"number_stored_as_text": f"A1:{last}"})  # items and codes of units
    page.print_area(0, 0, 0, 7)  # a printer is no reader of it


def _write_data_cell(book: AnnexWorkbook, page: Any, place: tuple[int, int], value: Any) -> None:
    if isinstance(value, bool):
        page.write_string(*place, str(value).lower())
    elif isinstance(value, int | float):
        page.write_number(*place, value)
        book.record_figure(page, *place, value)
    elif value not in (None, ""):
        page.write_string(*place, str(value))


def _build_data_row(facts: ReportFacts, figure: Figure, place: str) -> list[str | float | bool | None]:
    special = {
        f"{name}_{end}": getattr(part, end).value if part else None
        for name, part in (("interval", figure.interval), ("bounds", figure.bounds), ("limits", figure.limits))
        for end in ("low", "high")
    }
    special |= {
        "interval_method": figure.interval.method if figure.interval else "",
        "people_missing": figure.missing.value,
        "contradicts": " | ".join(figure.contradicts),
        "corrections": " | ".join(figure.corrections),
    }
    numbers: list[PrintedNumber] = [getattr(figure, name) for name in _NUMBER_COLUMNS]
    if figure.withheld:
        kept = zip(_NUMBER_COLUMNS, numbers, strict=True)
        numbers = [number if name in _PLANNED_NUMBERS else _WITHHELD for name, number in kept]
        special |= dict.fromkeys(_TELLING_COLUMNS, None)
    if figure.unit != facts.area.unit and not figure.sign:  # the report does not judge it by the target
        special |= dict.fromkeys(_JUDGING_COLUMNS, "")
    return [
        facts.scope,
        facts.plan.id,
        *(getattr(figure, name) for name in _TEXT_COLUMNS),
        place,
        *(part for number in numbers for part in (number.value, number.exact)),
        *(special[name] if name in special else getattr(figure, name) for name in _TRAILING_COLUMNS),
        facts.snapshot.at,
        facts.snapshot.id,
        facts.simulated,
    ]
