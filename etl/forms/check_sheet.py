"""The sheet *Kiểm tra* of a form: formulas by which a unit sees, in Excel itself, what intake would refuse or ask.

Room: forms. Grain: a check (row). It covers cells that are still empty, what a cell holds, what must hold
between numbers of one unit (`catalog/relations.yaml`), and the unit's totals against those of its own period before.
Every formula is ours: when the workbook comes back the sheet is not read. The cached results are those of the empty
form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from etl.catalog import Catalogue, models
from etl.catalog.layout import CHECK_SHEET, FormLayout, InputCell
from etl.forms.cell_checks import build_cell_checks, group_spans
from etl.forms.check_formulas import CheckRow, format_range, format_sheet_span, join_words
from etl.forms.form_sending import FormExtras, PastValues
from etl.forms.form_styles import FormStyles, get_sheet_class, write_simulation_mark
from etl.messages import Messages
from etl.model import ElementKind
from etl.model.numbers import format_number

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

_WIDTHS = (4, 8, 54, 9, 9, 24)
_HEAD_ROW = 7
_LINE_HEIGHT = 16
_RESULT_COL = 5


@dataclass(frozen=True)
class _ElementCells:
    """Where the numbers of a data element stand: one column of one sheet, a row a unit."""

    sheet: str
    cells: tuple[InputCell, ...]

    @property
    def span(self) -> str:
        """The cells as a formula names them."""
        return format_sheet_span(self.sheet, self.cells[0], self.cells[-1])

    @property
    def units(self) -> tuple[str, ...]:
        """Whose they are, in order."""
        return tuple(cell.org_unit_code for cell in self.cells)


def write_check_sheet(
    book: Workbook,
    styles: FormStyles,
    catalogue: Catalogue,
    form_layout: FormLayout,
    wording: Messages,
    extras: FormExtras,
) -> None:
    """Adds the sheet; a form of notes needs none."""
    rows = [
        *_build_blank_checks(form_layout, wording),
        *build_cell_checks(catalogue, form_layout, wording),
        *_build_relation_checks(catalogue, form_layout, wording),
        *_build_past_checks(catalogue, form_layout, wording, extras.past),
    ]
    if not rows:
        return
    page = book.add_worksheet(CHECK_SHEET, get_sheet_class())
    write_simulation_mark(book, page, styles, (0, _RESULT_COL), simulated=extras.simulated)
    for col, width in enumerate(_WIDTHS):
        page.set_column(col, col, width)
    results = format_range(_HEAD_ROW + 1, _RESULT_COL, _HEAD_ROW + len(rows), _RESULT_COL)
    _write_check_head(page, styles, form_layout, wording, rows, results)
    for row, check in enumerate(rows, start=_HEAD_ROW + 1):
        _write_check_row(page, styles, row, check)
    for name, role in (("wrong", "alarm"), ("blank", "doubt"), ("doubt", "doubt")):
        starts = {"type": "text", "criteria": "begins with", "value": wording.texts[f"check_sheet.{name}"]}
        page.conditional_format(results, {**starts, "format": styles.get_mark_format(role)})
    page.set_paper(9)
    page.set_margins(left=0.6, right=0.4, top=0.6, bottom=0.6)
    page.fit_to_pages(1, 0)
    page.repeat_rows(_HEAD_ROW)
    page.freeze_panes(_HEAD_ROW + 1, 0)
    page.hide_gridlines(2)
    page.protect("", {"format_columns": True, "format_rows": True})


def _write_check_head(
    page: Worksheet,
    styles: FormStyles,
    form_layout: FormLayout,
    wording: Messages,
    rows: list[CheckRow],
    results: str,
) -> None:
    """Whose it is, what to do with it, and how many points of each kind there are now."""
    texts = wording.texts
    head = (
        (0, "meta", wording.format("check_sheet.unit", unit=form_layout.unit.name)),
        (3, "title", texts["check_sheet.title"]),
        (4, "period", form_layout.period.name),
        (5, "help", texts["check_sheet.help"]),
    )
    for row, role, text in head:
        page.merge_range(row, 0, row, _RESULT_COL, text, styles.get_role_format(role))
    page.set_row(5, 32)
    counts = {n: f'COUNTIF({results},"{texts[f"check_sheet.{n}"]}*")' for n in ("wrong", "blank", "doubt")}
    blanks = sum(row.shown.startswith(texts["check_sheet.blank"]) for row in rows)
    tally = styles.get_role_format("tally")
    page.merge_range(6, 0, 6, _RESULT_COL, "", tally)
    shown = wording.format("check_sheet.sum", wrong=0, blank=blanks, doubt=0)
    page.write_formula(
        6, 0, "=" + join_words(wording, "check_sheet.sum", **counts), styles.get_role_format("tally"), shown
    )
    for col, name in enumerate(("number", "sheet", "about", "before", "now", "result")):
        page.write_string(_HEAD_ROW, col, texts[f"check_sheet.col_{name}"], styles.get_role_format("header"))


def _write_check_row(page: Worksheet, styles: FormStyles, row: int, check: CheckRow) -> None:
    box, number = styles.get_role_format("text"), styles.get_role_format("sum")
    page.write_number(row, 0, row - _HEAD_ROW, styles.get_role_format("code"))
    page.write_string(row, 1, check.sheet, styles.get_role_format("code"))
    page.write_string(row, 2, check.about, box)
    page.set_row(row, _LINE_HEIGHT * -(-len(check.about) // (_WIDTHS[2] - 2)))
    page.write(row, 3, check.before, number)
    page.write_formula(row, 4, check.now, number, "") if check.now else page.write_blank(row, 4, None, number)
    if check.looks_at_each:
        page.write_array_formula(row, _RESULT_COL, row, _RESULT_COL, check.result, box, check.shown)
    else:
        page.write_formula(row, _RESULT_COL, check.result, box, check.shown)


# --- empty cells ---------------------------------------------------------------------------------------


def _build_blank_checks(form_layout: FormLayout, wording: Messages) -> Iterator[CheckRow]:
    """How many of a sheet's cells that must be filled in are empty. A blank is no zero."""
    for sheet in form_layout.sheets:
        required = [cell for cell in sheet.inputs if cell.required]
        if not required:
            continue
        empty = "+".join(f"COUNTBLANK({span})" for span, _ in group_spans(sheet, required))
        said = join_words(wording, "check_sheet.blanks", count=f"({empty})")
        result = f"=IF({empty}=0,{join_words(wording, 'check_sheet.ok')},{said})"
        about = wording.format("check_sheet.about_blank", title=sheet.title)
        yield CheckRow(sheet.code, about, result, wording.format("check_sheet.blanks", count=len(required)))


# --- numbers against each other ------------------------------------------------------------------------


def _list_element_cells(form_layout: FormLayout) -> dict[str, _ElementCells]:
    """Data elements whose cells stand one below the other; each form has an element once."""
    found: dict[str, list[tuple[str, InputCell]]] = {}
    for sheet, cell in form_layout.inputs:
        if cell.kind.is_number and cell.factor == 1:
            found.setdefault(cell.data_element, []).append((sheet, cell))
    return {
        element: _ElementCells(placed[0][0], tuple(cell for _, cell in placed))
        for element, placed in found.items()
        if [(sheet, cell.col, cell.row) for sheet, cell in placed]
        == [(placed[0][0], placed[0][1].col, placed[0][1].row + i) for i in range(len(placed))]
    }


def _build_relation_checks(catalogue: Catalogue, form_layout: FormLayout, wording: Messages) -> Iterator[CheckRow]:
    """What must hold between the numbers of one unit, for each unit of the form at once; not where one of them is
    filled in in another unit of measure: the spreadsheet's own product may miss the last digit."""
    cells = _list_element_cells(form_layout)
    for relation in catalogue.relations:
        placed = [cells[e] for e in relation.elements if e in cells]
        same = len(placed) == len(relation.elements) and len({p.units for p in placed}) == 1
        if not same:
            continue
        first = cells[relation.smaller or relation.larger]
        there = "*".join(f"ISNUMBER({p.span})" for p in placed)
        for kind, breach, grave in _list_breaches(catalogue, relation, {e: cells[e].span for e in relation.elements}):
            slots = {
                "count": f"SUM(IF({there},IF({breach},1,0),0))",
                "row": f"MAX(IF({there},IF({breach},ROW({first.span}),0),0))",
            }
            said = join_words(wording, "check_sheet.rows_wrong" if grave else "check_sheet.rows_doubt", **slots)
            fine = join_words(wording, "check_sheet.ok")
            result = f'=IF(SUM({there})=0,"",IF({slots["count"]}=0,{fine},{said}))'
            about = _describe_relation(catalogue, relation, kind, wording)
            yield CheckRow(first.sheet, about, result, "", looks_at_each=True)


def _list_breaches(
    catalogue: Catalogue, relation: models.Relation, spans: Mapping[str, str]
) -> Iterator[tuple[str, str, bool]]:
    """(kind, the formula that is true where a relation does not hold, whether intake refuses that)."""
    larger, smaller = spans[relation.larger], spans.get(relation.smaller or "", "")
    parts = "+".join(spans[part] for part in relation.parts)
    match relation.kind:
        case "at_most":
            yield relation.kind, f"{smaller}>{larger}", relation.certain
        case "equal":
            yield relation.kind, f"{smaller}<>{larger}", relation.certain
        case "sum":
            yield relation.kind, f"{larger}<{parts}", True
            yield "rest", f"{larger}>{parts}", False
        case "overlap":
            yield relation.kind, f"{smaller}<{parts}-{len(relation.parts) - 1}*{larger}", False
        case "per_head":
            yield relation.kind, f"{smaller}>{relation.most}*{larger}", False
        case "about":
            near, least = (catalogue.thresholds[name] for name in ("related_equal", "related_least"))
            apart = f"ABS({smaller}-{larger})>{near}*{larger}"
            yield relation.kind, f"({smaller}>={least})*({larger}>={least})*({apart})", False


def _describe_relation(catalogue: Catalogue, relation: models.Relation, kind: str, wording: Messages) -> str:
    names = {e: catalogue.elements[e].name for e in relation.elements}
    said = {
        "smaller": names.get(relation.smaller or "", ""),
        "larger": names[relation.larger],
        "parts": "; ".join(names[part] for part in relation.parts),
        "most": format_number(Fraction(relation.most or 0)),
    }
    key = f"check_sheet.about_{kind}"
    return wording.format(key, **{name: said[name] for name in wording.slots[key]})


# --- against the period before --------------------------------------------------------------------------


def _build_past_checks(
    catalogue: Catalogue, form_layout: FormLayout, wording: Messages, past: PastValues
) -> Iterator[CheckRow]:
    """The unit's total of each number beside that of its own period before, where all of it is known; of what adds up
    through the year every row that is known, since a total may hide that one of them has fallen."""
    ratio, least = (catalogue.thresholds[name] for name in ("outlier_ratio", "outlier_change"))
    fine, doubt = (join_words(wording, f"check_sheet.{name}") for name in ("ok", "differs"))
    same_year = form_layout.period.list_earlier_periods(1)[0].year == form_layout.period.year
    for element, placed in _list_element_cells(form_layout).items():
        known = [past.get((unit, element)) for unit in placed.units]
        if catalogue.elements[element].kind == ElementKind.YTD:  # begins anew in January
            if same_year and any(value is not None for value in known):
                yield _build_fall_check(catalogue, wording, element, placed, known)
            continue
        if any(value is None for value in known):
            continue
        before = sum(value for value in known if value is not None)
        apart = f"ABS(SUM({placed.span})-{before})>MAX({least},{ratio}*{before})"
        lacking = f"COUNT({placed.span})<{len(known)}"
        about = wording.format("check_sheet.about_past", name=catalogue.elements[element].name)
        result = f'=IF({lacking},"",IF({apart},{doubt},{fine}))'
        yield CheckRow(placed.sheet, about, result, "", before, f'=IF({lacking},"",SUM({placed.span}))')


def _build_fall_check(
    catalogue: Catalogue, wording: Messages, element: str, placed: _ElementCells, known: Sequence[float | None]
) -> CheckRow:
    """Which rows are below what they had come to before; one of which nothing is known is below nothing."""
    levels = f"{{{';'.join(f'{-1 if value is None else value:.15g}' for value in known)}}}"
    fallen = f"IF(ISNUMBER({placed.span}),IF({placed.span}<{levels},1,0),0)"
    row = f"MAX(IF({fallen}=1,ROW({placed.span}),0))"
    said = join_words(wording, "check_sheet.rows_doubt", count=f"SUM({fallen})", row=row)
    result = f'=IF(COUNT({placed.span})=0,"",IF(SUM({fallen})=0,{join_words(wording, "check_sheet.ok")},{said}))'
    about = wording.format("check_sheet.about_fall", name=catalogue.elements[element].name)
    whole = all(value is not None for value in known)
    before = sum(value for value in known if value is not None) if whole else None
    now = f'=IF(COUNT({placed.span})<{len(known)},"",SUM({placed.span}))'
    return CheckRow(placed.sheet, about, result, "", before, now, looks_at_each=True)
