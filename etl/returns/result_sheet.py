"""The sheet *Kết quả kiểm tra*: verdict, counts, what to do, every finding with a link to its cell, changes.

Inside the returns room only. One description for both outcomes: first sheet of the sender's workbook, or alone in a
fresh one. All text is written as text, never as a formula. Two hidden columns remember, for each look that a mark
replaced, the mark and the look itself as cell formats: they survive any program that saves the workbook.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from xml.sax.saxutils import escape, quoteattr

from etl.catalog.layout import (
    EXPLANATION_HEADER,
    KEY_HEADER,
    RESULT_HEADER,
    SIMULATION_NOTICE,
    format_cell_name,
)
from etl.model import Finding, FindingLevel
from etl.model.numbers import format_number
from etl.model.vietnam_time import VIETNAM_ZONE
from etl.ooxml.cell_styles import CellStyle, WorkbookStyles
from etl.returns import return_messages
from etl.returns.answer import SubmissionAnswer, ValueChange

COLUMN_WIDTHS = (5, 17, 8, 8, 8, 14, 46, 36, 32, 3)
LAST_COLUMN = len(RESULT_HEADER) - 1
MEMORY_COLUMN = LAST_COLUMN + 2
"""Column (from 0) of the marks that are remembered; the look below stands in the one after it."""
_EXPLANATION_COL = RESULT_HEADER.index(EXPLANATION_HEADER)
_SHEET_COL, _CELL_COL = 3, 4
_LINE_HEIGHT, _LONGEST, _MOST_LINES = 16.5, 32_000, 24
_META_COLS = ((2, 5), (7, LAST_COLUMN - 1))
"""The columns over which what is known of the submission stands, on the left and on the right."""
_MEMORY_CHUNK = 1500
_CELL_STYLES = {
    "title": CellStyle(size=16, bold=True, wrap=False),
    "mark": CellStyle(size=13, bold=True, colour="FFC00000", wrap=False),
    "verdict": CellStyle(size=13, bold=True),
    "line": CellStyle(),
    "counts": CellStyle(bold=True, wrap=False),
    "key": CellStyle(bold=True, wrap=False),
    "head": CellStyle(bold=True, fill="FFEDEDED", box=True, horizontal="center", vertical="center"),
    "cell": CellStyle(box=True),
    "middle": CellStyle(box=True, horizontal="center"),
    "link": CellStyle(box=True, horizontal="center", underline=True, colour="FF0563C1"),
    "explain": CellStyle(box=True, locked=False),
    "closed": CellStyle(box=True, fill="FFF2F2F2"),
    "hidden": CellStyle(size=8, colour="FFA6A6A6", fill="FFEDEDED", box=True, wrap=False, horizontal="fill"),
}


@dataclass(frozen=True)
class ResultSheetContext:
    """What the sheet must know of the workbook it stands in."""

    annotated: bool = False
    links: Mapping[Finding, str] = field(default_factory=dict)
    explanations: Mapping[tuple[str, str], str] = field(default_factory=dict)
    original_styles: Sequence[tuple[str, int, int]] = ()


class ResultSheet:
    """Builds the sheet row by row. Rows and columns count from 0."""

    def __init__(self, answer: SubmissionAnswer, styles: WorkbookStyles, context: ResultSheetContext) -> None:
        self._answer, self._context, self._wording = answer, context, answer.wording
        self._style = {name: styles.add_cell_style(look) for name, look in _CELL_STYLES.items()}
        for level, mark in return_messages.LEVEL_MARKS.items():
            self._style[level.value] = styles.add_cell_style(CellStyle(box=True, bold=True, fill=mark.fill))
        self._rows: dict[int, dict[int, tuple[str, int]]] = {}
        self._heights: dict[int, float] = {}
        self._merges: list[str] = []
        self._links: list[str] = []
        self._row = 0
        self.head_row = 0
        self._explain_rows: list[int] = []
        self._add_heading()
        self._add_findings()
        self._add_changes()
        self._add_original_styles()

    @property
    def area(self) -> str:
        """What is printed: all but the column of keys and the hidden ones."""
        last = max((row for row, cells in self._rows.items() if min(cells) <= LAST_COLUMN), default=0)
        return f"$A$1:${format_cell_name(0, LAST_COLUMN - 1)[:-1]}${last + 1}"

    # --- content ----------------------------------------------------------------------------------

    def _add_heading(self) -> None:
        answer = self._answer
        self._add_text_line(return_messages.format_result_title(answer), "title", 26)
        if answer.simulated:
            self._add_text_line(SIMULATION_NOTICE, "mark", 21)
        self._add_text_line(return_messages.describe_verdict(answer), "verdict", 22)
        if answer.findings:
            self._add_text_line(return_messages.format_finding_counts(answer), "counts", 20)
        for text in return_messages.list_instructions(answer, self._context.annotated):
            self._add_text_line(text, "line")
        self._row += 1
        pairs = [(key, text) for key, text in self._list_submission_details() if text]
        half = -(-len(pairs) // 2)
        for i, (key, text) in enumerate(pairs):
            row, side = self._row + i % half, i // half
            self._add_cell_text(row, (0, 6)[side], f"{key}:", "key")
            first, last = _META_COLS[side]
            self._add_cell_text(row, first, text, "line")
            self._merge_row_cells(row, first, last)
            height = _compute_line_height(text, sum(COLUMN_WIDTHS[first : last + 1]))
            self._heights[row] = max(self._heights.get(row, 0), height)
        self._row += half + 1

    def _list_submission_details(self) -> list[tuple[str, str]]:
        answer = self._answer
        moment = self._wording.format_moment(answer.received_at.astimezone(VIETNAM_ZONE), "%H:%M")
        details = {"file": answer.file, "unit": answer.unit_name, "period": answer.period_name}
        details["checked_at" if answer.trial else "received_at"] = moment
        if answer.accepted and not answer.trial:
            details |= {"version": str(answer.version), "due": _format_deadline(answer)}
        # What is long stands on the right, where there is more room.
        details |= {"content": answer.sha256, "form": answer.form_title, "office": answer.office}
        return [(self._wording.texts[f"returned.{name}"], text) for name, text in details.items()]

    def _add_findings(self) -> None:
        if not self._answer.findings:
            return
        self._add_table_header(RESULT_HEADER)
        self.head_row = self._row
        for number, (finding, alike) in enumerate(return_messages.group_notes(self._answer.listed), start=1):
            self._row += 1
            self._add_finding_row(number, finding, alike)
        self._row += 2
        if rest := len(self._answer.findings) - len(self._answer.listed):
            self._add_text_line(self._wording.format("returned.not_listed", count=rest), "line")
            self._row += 1

    def _add_finding_row(self, number: int, finding: Finding, alike: Sequence[Finding]) -> None:
        key = return_messages.build_finding_key(finding)
        unsure = finding.level == FindingLevel.CONFIRM
        explanation = self._context.explanations.get((key, return_messages.clean_xml_text(finding.value)), "")
        link = self._context.links.get(finding, "")
        if link:
            tip = self._wording.format("returned.link", cell=finding.cell, sheet=finding.sheet)
            self._links.append(
                f"<hyperlink ref={quoteattr(format_cell_name(self._row, _CELL_COL))}"
                f" location={_quote_xml_attribute(link)} "
                f"tooltip={_quote_xml_attribute(tip)} display={_quote_xml_attribute(finding.cell)}/>"
            )
        if unsure:
            self._explain_rows.append(self._row)
        self._add_table_row(
            (
                (str(number), "middle"), (self._wording.format_level(finding.level), finding.level.value),
                (finding.code, "middle"), (finding.sheet, "middle"), (finding.cell, "link" if link else "middle"),
                (finding.value, "cell"),
                (return_messages.format_noted(self._wording, finding, alike), "cell"), (finding.hint, "cell"),
                (explanation, "explain" if unsure or explanation else "closed"), (key, "hidden"),
            )
        )  # fmt: skip

    def _add_changes(self) -> None:
        changes = self._answer.changes
        if not changes:
            return
        self._add_text_line(self._wording.format("returned.changes", count=len(changes)), "verdict", 22)
        words = self._wording.texts
        before, after = words["returned.before"], words["returned.after"]
        place = (RESULT_HEADER[_SHEET_COL], RESULT_HEADER[_CELL_COL])
        what = (words["returned.element"], words["returned.unit"])
        self._add_table_header((RESULT_HEADER[0], before, "", *place, after, *what))
        self._merge_row_cells(self._row, 1, 2)
        for number, change in enumerate(changes, start=1):
            self._row += 1
            self._add_change_row(number, change)
            self._merge_row_cells(self._row, 1, 2)
        self._row += 2

    def _add_change_row(self, number: int, change: ValueChange) -> None:
        texts = (
            self._format_changed_value(change.before),
            "",
            change.sheet,
            change.cell,
            self._format_changed_value(change.after),
        )
        self._add_table_row(((str(number), "middle"), *((t, "cell") for t in (*texts, change.element, change.unit))))

    def _add_original_styles(self) -> None:
        """The hidden columns: in each row the places of one mark in that mark's look, and the look below it."""
        for row, (places, mark, own) in enumerate(group_original_styles(self._context.original_styles)):
            cells = self._rows.setdefault(row, {})
            cells[MEMORY_COLUMN] = (places, mark)
            cells[MEMORY_COLUMN + 1] = ("", own)

    def _format_changed_value(self, value: Fraction | float | str | None) -> str:
        if value is None:
            return self._wording.texts["returned.absent"]
        return value if isinstance(value, str) else format_number(value)

    # --- rows -------------------------------------------------------------------------------------

    def _add_cell_text(self, row: int, col: int, text: str, style: str) -> None:
        self._rows.setdefault(row, {})[col] = (text, self._style[style])

    def _merge_row_cells(self, row: int, first: int, last: int) -> None:
        self._merges.append(f"{format_cell_name(row, first)}:{format_cell_name(row, last)}")

    def _add_text_line(self, text: str, style: str, height: float = 0) -> None:
        """A line across the table, as high as its text needs."""
        last = LAST_COLUMN - 1
        self._heights[self._row] = height or _compute_line_height(text, sum(COLUMN_WIDTHS[: last + 1]))
        self._merge_row_cells(self._row, 0, last)
        self._add_cell_text(self._row, 0, text, style)
        self._row += 1

    def _add_table_header(self, heads: Sequence[str]) -> None:
        for col, text in enumerate(heads):
            self._add_cell_text(self._row, col, text, "hidden" if text == KEY_HEADER else "head")
        self._heights[self._row] = 2 * _LINE_HEIGHT + 2

    def _add_table_row(self, cells: Sequence[tuple[str, str]]) -> None:
        """One table row, as high as its longest text needs: not every program fits rows by itself."""
        cells_with_widths = zip(cells[:LAST_COLUMN], COLUMN_WIDTHS, strict=False)
        lines = max(sum(max(1, -(-len(x) // max(w - 1, 1))) for x in t.split("\n")) for (t, _), w in cells_with_widths)
        self._heights[self._row] = min(lines, _MOST_LINES) * _LINE_HEIGHT
        for col, (text, style) in enumerate(cells):
            self._add_cell_text(self._row, col, text, style)

    # --- XML --------------------------------------------------------------------------------------

    def render_worksheet_xml(self, namespace: str) -> bytes:
        """The worksheet part."""
        hidden = f'<col min="{MEMORY_COLUMN + 1}" max="{MEMORY_COLUMN + 2}" width="4" hidden="1" customWidth="1"/>'
        widths = "".join(
            f'<col min="{i}" max="{i}" width="{w}" customWidth="1"/>' for i, w in enumerate(COLUMN_WIDTHS, 1)
        )
        parts = (
            f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{namespace}">',
            '<sheetPr><tabColor rgb="FFC00002"/><pageSetUpPr fitToPage="1"/></sheetPr>',
            '<sheetViews><sheetView showGridLines="0" tabSelected="1" workbookViewId="0"/></sheetViews>',
            f'<sheetFormatPr defaultRowHeight="15"/><cols>{widths}{hidden}</cols>',
            f"<sheetData>{''.join(self._render_row(row) for row in sorted(self._rows))}</sheetData>",
            '<sheetProtection sheet="1" objects="1" scenarios="1" formatColumns="0" formatRows="0"/>',
            f'<mergeCells count="{len(self._merges)}">',
            "".join(f'<mergeCell ref="{ref}"/>' for ref in self._merges),
            "</mergeCells>",
            self._render_input_prompts(),
            f"<hyperlinks>{''.join(self._links)}</hyperlinks>" if self._links else "",
            '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.6" header="0.3" footer="0.3"/>',
            '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/>',
            "<headerFooter><oddFooter>&amp;RTrang &amp;P/&amp;N</oddFooter></headerFooter></worksheet>",
        )
        return "".join(parts).encode("utf-8", "replace")

    def _render_row(self, row: int) -> str:
        height = self._heights.get(row)
        sized = f' ht="{height:g}" customHeight="1"' if height else ""
        cells = (_render_sheet_cell(row, col, *content) for col, content in sorted(self._rows[row].items()))
        return f'<row r="{row + 1}"{sized}>{"".join(cells)}</row>'

    def _render_input_prompts(self) -> str:
        if not self._explain_rows:
            return ""
        area = " ".join(_format_row_ranges(self._explain_rows, _EXPLANATION_COL))
        prompt = self._wording.texts["returned.explain"]
        return (
            f'<dataValidations count="1"><dataValidation allowBlank="1" showInputMessage="1" '
            f'promptTitle="{EXPLANATION_HEADER}" prompt={_quote_xml_attribute(prompt)}'
            f' sqref="{area}"/></dataValidations>'
        )


def _compute_line_height(text: str, width: int) -> float:
    """As high as a text needs over columns of a width together: not every program fits rows by itself."""
    return _LINE_HEIGHT * max(1, -(-len(text) // int(width * 0.95))) + 2


def group_original_styles(original_styles: Sequence[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """Places of the same (mark, look) joined: ``B1!F13/B1!G13``. No sheet's name can hold a slash."""
    by_pair: dict[tuple[int, int], list[str]] = {}
    for place, mark, own in original_styles:
        by_pair.setdefault((mark, own), []).append(place)
    return [
        ("/".join(places[first : first + _MEMORY_CHUNK // 2]), mark, own)
        for (mark, own), places in by_pair.items()
        for first in range(0, len(places), _MEMORY_CHUNK // 2)
    ]


def _format_row_ranges(rows: Sequence[int], col: int) -> Iterator[str]:
    """Rows of a column as ranges."""
    first = last = rows[0]
    for row in (*rows[1:], -1):
        if row != last + 1:
            yield f"{format_cell_name(first, col)}:{format_cell_name(last, col)}"
            first = row
        last = row


def _render_sheet_cell(row: int, col: int, text: str, style: int) -> str:
    name, shown = format_cell_name(row, col), return_messages.clean_xml_text(text)[:_LONGEST]
    if not shown:
        return f'<c r="{name}" s="{style}"/>'
    return f'<c r="{name}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{escape(shown)}</t></is></c>'


def _quote_xml_attribute(text: str) -> str:
    return quoteattr(return_messages.clean_xml_text(text), {"\n": " "})


def _format_deadline(answer: SubmissionAnswer) -> str:
    if answer.due is None:
        return ""
    state = answer.wording.describe_punctuality(answer.late_days)
    return answer.wording.format("returned.due_state", date=f"{answer.due:%d/%m/%Y}", state=state)
