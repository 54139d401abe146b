"""Where everything stands in a form: the one description that the writer prints and the reader expects.

Room: catalogue. Pure: from catalogue data to positions; no file is opened here. Rows and columns count
from 0; `cell_name` turns them into A1 names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Literal

from etl.catalog import models
from etl.catalog.geography import get_published_area_code
from etl.catalog.loader import Catalogue
from etl.catalog.obligations import find_reporting_days
from etl.catalog.owed_cells import list_sheet_cells
from etl.catalog.sheet_kinds import SheetKind
from etl.catalog.task_answers import list_asked_tasks
from etl.errors import CatalogueError
from etl.model import ElementKind, Period
from etl.model.text_cells import NOTE_FIELDS, NoteCell, PublishedCell, TaskCell, parse_text_cell

MANIFEST_SHEET = "_manifest"
MANIFEST_STAMP = ("form", "version", "unit", "period")
MANIFEST_HEADER = ("sheet", "cell", "org_unit_code", "data_element", "kind")
SIMULATION_NAME = "mo_phong"
SIMULATION_NOTICE = "SỐ LIỆU MÔ PHỎNG"
TASK_STATES = ("Đã hoàn thành", "Đang thực hiện", "Chưa thực hiện")
TOTAL_LABEL = "TỔNG SỐ"
CHECK_SHEET = "Kiểm tra"
"""The sheet of formulas by which a unit checks its own form; nothing is read from it."""
RESULT_SHEET = "Kết quả kiểm tra"
RESULT_HEADER = (
    "TT", "Mức độ", "Mã", "Trang", "Ô", "Giá trị", "Nội dung", "Cách xử lý", "Giải trình của đơn vị", "Khóa"
)  # fmt: skip
"""The table of findings on the first sheet of a returned workbook. The sender writes in *Giải trình*; *Khóa* (a
narrow grey column) holds ``code|org unit code|subject`` so that the explanation finds its finding again."""
VALUE_HEADER, EXPLANATION_HEADER, KEY_HEADER = RESULT_HEADER[5], RESULT_HEADER[8], RESULT_HEADER[9]

KIND_LABELS = {
    ElementKind.STOCK: "có đến cuối kỳ",
    ElementKind.AVERAGE: "trung bình trong kỳ",
    ElementKind.FLOW: "phát sinh trong kỳ",
    ElementKind.YTD: "lũy kế từ đầu năm",
    ElementKind.PUBLISHED: "số đã công bố",
}

DEFINITION_HEADER = "Giải thích"
SIMULATION_ROW = 2
_TITLE_ROW = 3
_PERIOD_ROW = 4
_HELP_ROW = 5
_HEADER_ROW = 7

Role = Literal[
    "meta", "symbol", "title", "period", "help", "header", "kind", "number", "total", "label", "code", "text"
]


@dataclass(frozen=True, slots=True)
class PrintedCell:
    """Printed text. `anchor` texts are compared when a workbook comes back; `former` ones were printed there on forms
    that may still be in hands, and mean the same."""

    row: int
    col: int
    text: str
    role: Role
    anchor: bool = False
    former: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InputCell:
    """A cell that the unit fills in; `cell` is its A1 name, `choices` are the words that the form offers. `factor` is
    what its number is multiplied with to be in the data element's unit, `unit` the one it is filled in, if another."""

    row: int
    col: int
    org_unit_code: str
    data_element: str
    kind: ElementKind
    required: bool
    choices: tuple[str, ...] = ()
    unit: str = ""
    factor: Decimal = Decimal(1)
    cell: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "cell", format_cell_name(self.row, self.col))

    def convert_to_form(self, value: Decimal | float) -> float:
        """A number of the data element in the unit of measure that the cell is filled in."""
        return float(value) if self.factor == 1 else float(Decimal(str(value)) / self.factor)


@dataclass(frozen=True)
class SheetLayout:
    """One sheet: what is printed, what is merged, what is filled in. `total_row` has sums, if any."""

    code: str
    title: str
    kind: SheetKind
    fixed: tuple[PrintedCell, ...]
    merges: tuple[tuple[int, int, int, int], ...]
    inputs: tuple[InputCell, ...]
    widths: tuple[int, ...]
    header_rows: tuple[int, int]
    data_rows: tuple[int, int]
    total_row: int | None = None

    @property
    def last_col(self) -> int:
        """The rightmost column of the table."""
        return len(self.widths) - 1

    @cached_property
    def input_columns(self) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """The inputs' org units, data elements and cell names, each in the inputs' order."""
        units = tuple(cell.org_unit_code for cell in self.inputs)
        return units, tuple(cell.data_element for cell in self.inputs), tuple(cell.cell for cell in self.inputs)


@dataclass(frozen=True)
class FormLayout:
    """A whole workbook for one unit and period."""

    form: models.Form
    unit: models.Unit
    period: Period
    sheets: tuple[SheetLayout, ...]

    @property
    def inputs(self) -> Iterator[tuple[str, InputCell]]:
        """Every input cell with its sheet, in order."""
        return ((sheet.code, cell) for sheet in self.sheets for cell in sheet.inputs)


def format_cell_name(row: int, col: int) -> str:
    """`(0, 0)` is ``A1``."""
    letters = ""
    col += 1
    while col:
        col, rest = divmod(col - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"


def build_form_layout(
    catalogue: Catalogue, scope: models.Scope, form: models.Form, unit: models.Unit, period: Period
) -> FormLayout:
    """The layout of a form for a unit and period. Deterministic: same catalogue, same layout."""
    return _build_form_layout(catalogue, scope.id, form.id, form.version, unit, period)


@lru_cache(maxsize=512)
def _build_form_layout(
    catalogue: Catalogue, scope_id: str, form_id: str, version: str, unit: models.Unit, period: Period
) -> FormLayout:
    scope, form = catalogue.scopes[scope_id], catalogue.forms[form_id].find_version(version, period)
    if form is None:
        raise CatalogueError(
            f"form {form_id} has no version {version} for {period.key}",
            where=f"forms.yaml: {form_id}",
            fix="see earlier_versions",
        )
    built = ((sheet, _build_sheet_layout(catalogue, scope, form, sheet, unit, period)) for sheet in form.sheets)
    asking = tuple(layout for sheet, layout in built if layout.inputs or sheet.whole_list)
    return FormLayout(form, unit, period, asking)


def find_element_kind(catalogue: Catalogue, data_element: str) -> ElementKind:
    """The kind of any data element code, also of the texts that a form makes (tasks, notes, sources)."""
    element = catalogue.elements.get(data_element)
    if element:
        return element.kind
    match parse_text_cell(data_element):
        case TaskCell(field="state"):
            return ElementKind.CHOICE
        case TaskCell(field="date") | PublishedCell(field="as_of"):
            return ElementKind.DATE
    return ElementKind.TEXT


# --- sheets --------------------------------------------------------------------------------------


def _build_sheet_layout(
    catalogue: Catalogue,
    scope: models.Scope,
    form: models.Form,
    sheet: models.SheetDef,
    unit: models.Unit,
    period: Period,
) -> SheetLayout:
    return _SHEET_BUILDERS[sheet.layout](catalogue, scope, form, sheet, unit, period)


def _build_sheet_head(
    catalogue: Catalogue,
    scope: models.Scope,
    form: models.Form,
    sheet: models.SheetDef,
    unit: models.Unit,
    period: Period,
    help_text: str,
) -> list[PrintedCell]:
    first, last = find_reporting_days(catalogue, scope, form, unit, period)
    days = f"từ {first:%d/%m/%Y} đến {last:%d/%m/%Y}"
    return [
        PrintedCell(0, 0, f"Đơn vị báo cáo: {unit.name}", "meta"),
        PrintedCell(1, 0, f"{form.symbol} · {sheet.code} · phiên bản {form.version}", "symbol"),
        PrintedCell(_TITLE_ROW, 0, f"{sheet.code}. {sheet.title}".upper(), "title"),
        PrintedCell(_PERIOD_ROW, 0, f"Kỳ báo cáo: {period.name} ({days})", "period"),
        PrintedCell(_HELP_ROW, 0, help_text, "help"),
    ]


def _build_column_headers(
    heads: list[tuple[str, str, tuple[str, ...]]], first_col: int
) -> tuple[list[PrintedCell], list[tuple[int, int, int, int]]]:
    """Two header rows (merged where a level is shared), a row of kinds and a row of column numbers.

    `heads` holds (header with levels split by " > ", kind line, former kind lines) per column.
    """
    top, fixed, merges = _HEADER_ROW, [], []
    start = 0
    while start < len(heads):
        levels = heads[start][0].split(" > ")
        end = start
        while len(levels) == 2 and end + 1 < len(heads) and heads[end + 1][0].startswith(levels[0] + " > "):
            end += 1
        col = first_col + start
        fixed.append(PrintedCell(top, col, levels[0], "header", anchor=True))
        if len(levels) == 1:
            merges.append((top, col, top + 1, col))
        elif end > start:
            merges.append((top, col, top, first_col + end))
        for i in range(start, end + 1):
            parts = heads[i][0].split(" > ")
            if len(parts) == 2:
                fixed.append(PrintedCell(top + 1, first_col + i, parts[1], "header", anchor=True))
        start = end + 1
    for i, (_, kind, former) in enumerate(heads):
        fixed.append(PrintedCell(top + 2, first_col + i, kind, "kind", former=former))
        fixed.append(PrintedCell(top + 3, first_col + i, str(first_col + i + 1), "number"))
    return fixed, merges


def _build_label_headers(labels: tuple[str, ...]) -> tuple[list[PrintedCell], list[tuple[int, int, int, int]]]:
    fixed = [PrintedCell(_HEADER_ROW, i, text, "header", anchor=True) for i, text in enumerate(labels)]
    fixed += [PrintedCell(_HEADER_ROW + 3, i, str(i + 1), "number") for i in range(len(labels))]
    return fixed, [(_HEADER_ROW, i, _HEADER_ROW + 2, i) for i in range(len(labels))]


def _list_printed_elements(catalogue: Catalogue, columns: Iterable[models.Column]) -> list[models.DataElement]:
    """The columns' data elements, each in the unit of measure that the form asks for."""
    elements = [catalogue.elements[column.data_element] for column in columns]
    return [
        element.model_copy(update={"unit": column.unit}) if column.unit else element
        for column, element in zip(columns, elements, strict=True)
    ]


def _build_number_cell(
    catalogue: Catalogue, at: tuple[int, int], unit_code: str, column: models.Column, kind: ElementKind
) -> InputCell:
    """A cell for a column's number, with the factor of the unit of measure that it is filled in."""
    factor = catalogue.get_measure_factor(column.unit, catalogue.elements[column.data_element].unit)
    code, required = column.data_element, column.required
    return InputCell(*at, unit_code, code, kind, required, unit=column.unit, factor=factor)


def _format_kind_line(element: models.DataElement) -> str:
    label = KIND_LABELS.get(element.kind, "")
    return f"{element.unit}; {label}" if element.unit else label


def _list_former_kind_lines(element: models.DataElement) -> tuple[str, ...]:
    """What forms said of an element before its definition stood under the heading, and averages had a word."""
    lines = [_format_kind_line(element)]
    if element.kind == ElementKind.AVERAGE:
        lines.append(_format_kind_line(element.model_copy(update={"kind": ElementKind.STOCK})))
    return tuple(lines)


def _list_former_kind_labels(kind: ElementKind) -> tuple[str, ...]:
    return (KIND_LABELS[ElementKind.STOCK],) if kind == ElementKind.AVERAGE else ()


def _build_commune_sheet(
    catalogue: Catalogue,
    scope: models.Scope,
    form: models.Form,
    sheet: models.SheetDef,
    unit: models.Unit,
    period: Period,
) -> SheetLayout:
    columns = catalogue.list_sheet_columns(form, sheet)
    help_text = "Chỉ nhập vào ô trắng. Không có số liệu thì để trống, không ghi 0; không phát sinh thì ghi 0."
    fixed = _build_sheet_head(catalogue, scope, form, sheet, unit, period, help_text)
    labels, merges = _build_label_headers(("TT", "Xã, phường, thị trấn", "Mã đơn vị"))
    elements = _list_printed_elements(catalogue, columns)
    kinds = [(f"{e.name}; {_format_kind_line(e)}", _list_former_kind_lines(e)) for e in elements]
    heads, more = _build_column_headers([(c.header, *kind) for c, kind in zip(columns, kinds, strict=True)], 3)
    total = _HEADER_ROW + 4
    fixed += [*labels, *heads, PrintedCell(total, 1, TOTAL_LABEL, "total")]
    communes = catalogue.list_children(unit.code, "commune", period.end)
    inputs: list[InputCell] = []
    for i, commune in enumerate(communes):
        row = total + 1 + i
        fixed.append(PrintedCell(row, 0, str(i + 1), "code"))
        fixed.append(PrintedCell(row, 1, commune.name, "label"))
        fixed.append(PrintedCell(row, 2, commune.code, "code", anchor=True))
        for j, column in enumerate(columns):
            kind = catalogue.elements[column.data_element].kind
            inputs.append(_build_number_cell(catalogue, (row, 3 + j), commune.code, column, kind))
    return SheetLayout(
        sheet.code, sheet.title, sheet.kind, tuple(fixed), (*merges, *more), tuple(inputs),
        (5, 24, 10, *(9 for _ in columns)), (_HEADER_ROW, total - 1), (total + 1, total + len(communes)), total,
    )  # fmt: skip


def _build_list_sheet(
    catalogue: Catalogue,
    scope: models.Scope,
    form: models.Form,
    sheet: models.SheetDef,
    unit: models.Unit,
    period: Period,
) -> SheetLayout:
    columns = catalogue.list_sheet_columns(form, sheet)
    help_text = "Chỉ nhập vào cột Số liệu. Không có số liệu thì để trống, không ghi 0; không phát sinh thì ghi 0."
    fixed = _build_sheet_head(catalogue, scope, form, sheet, unit, period, help_text)
    labels, merges = _build_label_headers(("TT", "Chỉ tiêu", "Đơn vị tính", "Loại số liệu", "Số liệu"))
    fixed += labels
    short = [c for c in columns if c.header != catalogue.elements[c.data_element].name]
    if short:  # a header that is no definition has one beside it
        fixed.append(PrintedCell(_HEADER_ROW, 5, DEFINITION_HEADER, "header"))
        fixed.append(PrintedCell(_HEADER_ROW + 3, 5, "6", "number"))
        merges.append((_HEADER_ROW, 5, _HEADER_ROW + 2, 5))
    first, inputs = _HEADER_ROW + 4, []
    for i, (column, element) in enumerate(zip(columns, _list_printed_elements(catalogue, columns), strict=True)):
        row = first + i
        fixed.append(PrintedCell(row, 0, str(i + 1), "code"))
        fixed.append(PrintedCell(row, 1, column.header, "text", anchor=True))
        fixed.append(PrintedCell(row, 2, element.unit, "label"))
        former = _list_former_kind_labels(element.kind)
        fixed.append(PrintedCell(row, 3, KIND_LABELS[element.kind], "kind", former=former))
        if short:
            fixed.append(PrintedCell(row, 5, element.name, "text"))
        inputs.append(_build_number_cell(catalogue, (row, 4), unit.code, column, element.kind))
    return SheetLayout(
        sheet.code, sheet.title, sheet.kind, tuple(fixed), tuple(merges), tuple(inputs),
        (5, 44, 11, 18, 14, 52) if short else (5, 58, 13, 22, 16),
        (_HEADER_ROW, first - 1), (first, first + len(columns) - 1),
    )  # fmt: skip


def _build_published_sheet(
    catalogue: Catalogue,
    scope: models.Scope,
    form: models.Form,
    sheet: models.SheetDef,
    unit: models.Unit,
    period: Period,
) -> SheetLayout:
    columns = catalogue.list_sheet_columns(form, sheet)
    help_text = "Chỉ ghi số đã công bố, kèm ngày và nguồn; số ước tính thì ghi “Ước” ở cột Nguồn; chưa có thì để trống."
    fixed = _build_sheet_head(catalogue, scope, form, sheet, unit, period, help_text)
    labels, merges = _build_label_headers(("TT", "Chỉ tiêu", "Đơn vị tính", "Giá trị công bố", "Ngày công bố", "Nguồn"))
    fixed += labels
    first, inputs = _HEADER_ROW + 4, []
    for i, (column, element) in enumerate(zip(columns, _list_printed_elements(catalogue, columns), strict=True)):
        row = first + i
        fixed.append(PrintedCell(row, 0, str(i + 1), "code"))
        fixed.append(PrintedCell(row, 1, column.header, "text", anchor=True))
        fixed.append(PrintedCell(row, 2, element.unit, "label"))
        area, code = get_published_area_code(catalogue, scope, unit), column.data_element
        inputs.append(_build_number_cell(catalogue, (row, 3), area, column, ElementKind.PUBLISHED))
        inputs.append(InputCell(row, 4, area, str(PublishedCell(code, "as_of")), ElementKind.DATE, False))
        inputs.append(InputCell(row, 5, area, str(PublishedCell(code, "source")), ElementKind.TEXT, False))
    return SheetLayout(
        sheet.code, sheet.title, sheet.kind, tuple(fixed), tuple(merges), tuple(inputs),
        (5, 50, 14, 14, 14, 40), (_HEADER_ROW, first - 1), (first, first + len(columns) - 1),
    )  # fmt: skip


def _build_upward_sheet(
    catalogue: Catalogue,
    scope: models.Scope,
    form: models.Form,
    sheet: models.SheetDef,
    unit: models.Unit,
    period: Period,
) -> SheetLayout:
    """One row a cell, by data element and then unit: what an area's own units owed it."""
    help_text = "Mỗi dòng là số liệu gốc của một đơn vị. Không có thì để trống, không ghi 0; không phát sinh thì ghi 0."
    fixed = _build_sheet_head(catalogue, scope, form, sheet, unit, period, help_text)
    labels, merges = _build_label_headers(
        ("Mã đơn vị", "Tên đơn vị", "Mã số liệu", "Tên số liệu", "Loại số liệu", "Số liệu gửi lên")
    )
    fixed += labels
    order = {u: i for i, u in enumerate(catalogue.units)}
    owing = sorted(list_sheet_cells(catalogue, form, sheet, unit, period), key=lambda cell: order[cell[0]])
    first, inputs = _HEADER_ROW + 4, list[InputCell]()
    for column in catalogue.list_sheet_columns(form, sheet):
        element = catalogue.elements[column.data_element]
        for one in (u for u, elements in owing if element.code in elements):
            row = first + len(inputs)
            fixed.append(PrintedCell(row, 0, one.code, "code", anchor=True))
            fixed.append(PrintedCell(row, 1, one.name, "label"))
            fixed.append(PrintedCell(row, 2, element.code, "code", anchor=True))
            fixed.append(PrintedCell(row, 3, element.name, "label"))
            fixed.append(
                PrintedCell(row, 4, _format_kind_line(element), "kind", former=_list_former_kind_lines(element))
            )
            inputs.append(InputCell(row, 5, one.code, element.code, element.kind, column.required))
    return SheetLayout(
        sheet.code, sheet.title, sheet.kind, tuple(fixed), tuple(merges), tuple(inputs),
        (12, 28, 20, 62, 26, 14), (_HEADER_ROW, first - 1), (first, first + len(inputs) - 1),
    )  # fmt: skip


def _build_task_sheet(
    catalogue: Catalogue,
    scope: models.Scope,
    form: models.Form,
    sheet: models.SheetDef,
    unit: models.Unit,
    period: Period,
) -> SheetLayout:
    help_text = "Chọn tình trạng trong danh sách; việc đã hoàn thành thì ghi ngày hoàn thành."
    fixed = _build_sheet_head(catalogue, scope, form, sheet, unit, period, help_text)
    heads = ("TT", "Kế hoạch, điều khoản", "Nhiệm vụ", "Thời hạn", "Tình trạng", "Ngày hoàn thành", "Ghi chú")
    labels, merges = _build_label_headers(heads)
    fixed += labels
    first, inputs = _HEADER_ROW + 4, []
    tasks = list_asked_tasks(catalogue, scope, sheet, unit, period)
    if not tasks:
        fixed.append(PrintedCell(first, 2, "Chưa có nhiệm vụ nào được giao trong kỳ này.", "text"))
    for i, (plan, task) in enumerate(tasks):
        row, key = first + i, (plan.id, task.id)
        fixed.append(PrintedCell(row, 0, str(i + 1), "code"))
        fixed.append(PrintedCell(row, 1, f"{plan.short_title}, {task.clause}", "text", anchor=True))
        fixed.append(PrintedCell(row, 2, task.title, "text", anchor=True))
        fixed.append(PrintedCell(row, 3, task.deadline.written, "text"))
        inputs.append(InputCell(row, 4, unit.code, str(TaskCell(*key, "state")), ElementKind.CHOICE, True, TASK_STATES))
        inputs.append(InputCell(row, 5, unit.code, str(TaskCell(*key, "date")), ElementKind.DATE, False))
        inputs.append(InputCell(row, 6, unit.code, str(TaskCell(*key, "remark")), ElementKind.TEXT, False))
    return SheetLayout(
        sheet.code, sheet.title, sheet.kind, tuple(fixed), tuple(merges), tuple(inputs),
        (5, 26, 52, 20, 18, 14, 30), (_HEADER_ROW, first - 1), (first, first + len(tasks) - 1),
    )  # fmt: skip


def _build_note_sheet(
    catalogue: Catalogue,
    scope: models.Scope,
    form: models.Form,
    sheet: models.SheetDef,
    unit: models.Unit,
    period: Period,
) -> SheetLayout:
    asks_level = bool(sheet.decided_at)
    widths = (5, 44, 44, 42, 14) if asks_level else (5, 48, 48, 48)
    help_text = "Mỗi dòng một vấn đề; không có thì để trống."
    if asks_level:
        help_text += " Cấp giải quyết: cấp có thẩm quyền quyết định kiến nghị."
    fixed = _build_sheet_head(catalogue, scope, form, sheet, unit, period, help_text)
    heads = ("TT", "Khó khăn, vướng mắc", "Nguyên nhân", "Đề xuất, kiến nghị", "Cấp giải quyết")
    labels, merges = _build_label_headers(heads if asks_level else heads[:-1])
    fixed += labels
    first, inputs = _HEADER_ROW + 4, []
    for i in range(sheet.rows):
        fixed.append(PrintedCell(first + i, 0, str(i + 1), "code"))
        for j, part in enumerate(NOTE_FIELDS if asks_level else NOTE_FIELDS[:-1]):
            choices = tuple(sheet.decided_at.values()) if part == "level" else ()
            code = str(NoteCell(i + 1, part))
            inputs.append(InputCell(first + i, 1 + j, unit.code, code, ElementKind.TEXT, False, choices))
    return SheetLayout(
        sheet.code, sheet.title, sheet.kind, tuple(fixed), tuple(merges), tuple(inputs),
        widths, (_HEADER_ROW, first - 1), (first, first + sheet.rows - 1),
    )  # fmt: skip


_SHEET_BUILDERS: dict[
    str, Callable[[Catalogue, models.Scope, models.Form, models.SheetDef, models.Unit, Period], SheetLayout]
] = {
    "by_commune": _build_commune_sheet,
    "list": _build_list_sheet,
    "published": _build_published_sheet,
    "tasks": _build_task_sheet,
    "notes": _build_note_sheet,
    "upward": _build_upward_sheet,
}
"""How each kind of sheet is laid out, by the names of `etl.catalog.sheet_kinds`."""
