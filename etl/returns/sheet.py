"""The sheet *Kết quả kiểm tra*: verdict, counts, what to do, every finding with a link to its cell, changes.

Inside the returns room only. One description for both outcomes: first sheet of the sender's workbook, or alone in a
fresh one. All text is written as text, never as a formula. Two hidden columns remember, for each look that a mark
replaced, the mark and the look itself as cell formats: they survive any program that saves the workbook.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

from etl.catalog.layout import MARK_TEXT, RESULT_HEADER, cell_name
from etl.model import Finding, Level
from etl.model.numbers import printed
from etl.returns import words
from etl.returns.answer import ZONE, Answer, Change
from etl.returns.looks import FILLS, Look, Looks

WIDTHS = (5, 17, 8, 8, 8, 14, 46, 36, 32, 3)
_CHANGE_HEAD = ("TT", "Trước", "", "Trang", "Ô", "Sau", "Chỉ tiêu", "Đơn vị")
LAST_COL = len(RESULT_HEADER) - 1
MEMORY_COL = LAST_COL + 2
"""Column (from 0) of the marks that are remembered; the look below stands in the one after it."""
_EXPLANATION_COL = RESULT_HEADER.index(words.EXPLANATION)
_CELL_COL = RESULT_HEADER.index("Ô")
_LINE_HEIGHT, _LONGEST, _MOST_LINES = 16.5, 32_000, 24
_META_COLS = (2, 7)
_MEMORY_CHUNK = 1500
_LOOKS = {
    "title": Look(size=16, bold=True, wrap=False),
    "mark": Look(size=13, bold=True, colour="FFC00000", wrap=False),
    "verdict": Look(size=13, bold=True),
    "line": Look(),
    "counts": Look(bold=True, wrap=False),
    "key": Look(bold=True, wrap=False),
    "plain": Look(wrap=False),
    "head": Look(bold=True, fill="FFEDEDED", box=True, horizontal="center", vertical="center"),
    "cell": Look(box=True),
    "middle": Look(box=True, horizontal="center"),
    "link": Look(box=True, horizontal="center", underline=True, colour="FF0563C1"),
    "explain": Look(box=True, locked=False),
    "closed": Look(box=True, fill="FFF2F2F2"),
    "hidden": Look(size=8, colour="FFA6A6A6", fill="FFEDEDED", box=True, wrap=False, horizontal="fill"),
}


@dataclass(frozen=True)
class Context:
    """What the sheet must know of the workbook it stands in."""

    annotated: bool = False
    links: Mapping[Finding, str] = field(default_factory=dict)
    explained: Mapping[tuple[str, str], str] = field(default_factory=dict)
    memory: Sequence[tuple[str, int, int]] = ()


class ResultSheet:
    """Builds the sheet row by row. Rows and columns count from 0."""

    def __init__(self, answer: Answer, looks: Looks, context: Context) -> None:
        self._answer, self._context = answer, context
        self._style = {name: looks.id_of(look) for name, look in _LOOKS.items()}
        for level, fill in FILLS.items():
            self._style[level.value] = looks.id_of(Look(box=True, bold=True, fill=fill))
        self._rows: dict[int, dict[int, tuple[str, int]]] = {}
        self._heights: dict[int, float] = {}
        self._merges: list[str] = []
        self._links: list[str] = []
        self._row = 0
        self.head_row = 0
        self._explain_rows: list[int] = []
        self._heading()
        self._findings()
        self._changes()
        self._remember()

    @property
    def area(self) -> str:
        """What is printed: all but the hidden columns."""
        last = max((row for row, cells in self._rows.items() if min(cells) <= LAST_COL), default=0)
        return f"$A$1:${cell_name(0, LAST_COL)[:-1]}${last + 1}"

    # --- content ----------------------------------------------------------------------------------

    def _heading(self) -> None:
        answer = self._answer
        self._line(words.title(answer), "title", 26)
        if answer.simulated:
            self._line(MARK_TEXT, "mark", 21)
        self._line(words.verdict(answer), "verdict", 22)
        if answer.findings:
            self._line(words.counts(answer.findings), "counts", 20)
        for text in words.how_to(answer, self._context.annotated):
            self._line(text, "line")
        self._row += 1
        pairs = [(key, text) for key, text in self._about() if text]
        half = -(-len(pairs) // 2)
        for i, (key, text) in enumerate(pairs):
            row, side = self._row + i % half, i // half
            self._put(row, (0, 6)[side], f"{key}:", "key")
            self._put(row, _META_COLS[side], text, "plain")
        self._row += half + 1

    def _about(self) -> list[tuple[str, str]]:
        answer = self._answer
        pairs = [
            ("Tệp", answer.file),
            ("Đơn vị", answer.unit_name),
            ("Kỳ", answer.period_name),
            (
                "Kiểm tra lúc" if answer.trial else "Nhận lúc",
                f"{answer.received_at.astimezone(ZONE):%H:%M ngày %d/%m/%Y}",
            ),
        ]
        if answer.accepted and not answer.trial:
            pairs += [("Lần nộp", str(answer.version)), ("Thời hạn", _deadline(answer))]
        # What is long stands on the right, where nothing follows that would cut it off.
        pairs += [("Mã nội dung", answer.sha256), ("Biểu mẫu", answer.form_title)]
        return [*pairs, ("Nơi kiểm tra", answer.office)]

    def _findings(self) -> None:
        if not self._answer.findings:
            return
        self._table_head(RESULT_HEADER)
        self.head_row = self._row
        for number, finding in enumerate(self._answer.findings, start=1):
            self._row += 1
            self._finding(number, finding)
        self._row += 2

    def _finding(self, number: int, finding: Finding) -> None:
        key = words.key_of(finding)
        unsure = finding.level == Level.CONFIRM
        explanation = self._context.explained.get((key, words.clean(finding.value)), "")
        link = self._context.links.get(finding, "")
        if link:
            tip = f"Đến ô {finding.cell}, trang {finding.sheet}"
            self._links.append(
                f"<hyperlink ref={quoteattr(cell_name(self._row, _CELL_COL))} location={_attribute(link)} "
                f"tooltip={_attribute(tip)} display={_attribute(finding.cell)}/>"
            )
        if unsure:
            self._explain_rows.append(self._row)
        self._table_row(
            (
                (str(number), "middle"), (words.level_label(finding.level), finding.level.value),
                (finding.code, "middle"), (finding.sheet, "middle"), (finding.cell, "link" if link else "middle"),
                (finding.value, "cell"), (finding.message, "cell"), (finding.hint, "cell"),
                (explanation, "explain" if unsure or explanation else "closed"), (key, "hidden"),
            )
        )  # fmt: skip

    def _changes(self) -> None:
        changes = self._answer.changes
        if not changes:
            return
        self._line(f"Thay đổi so với lần nộp trước: {len(changes)} số liệu", "verdict", 22)
        self._table_head(_CHANGE_HEAD)
        self._merge(self._row, 1, 2)
        for number, change in enumerate(changes, start=1):
            self._row += 1
            self._change(number, change)
            self._merge(self._row, 1, 2)
        self._row += 2

    def _change(self, number: int, change: Change) -> None:
        texts = (_content(change.before), "", change.sheet, change.cell, _content(change.after))
        self._table_row(((str(number), "middle"), *((t, "cell") for t in (*texts, change.element, change.unit))))

    def _remember(self) -> None:
        """The hidden columns: in each row the places of one mark in that mark's look, and the look below it."""
        for row, (places, mark, own) in enumerate(chunked(self._context.memory)):
            cells = self._rows.setdefault(row, {})
            cells[MEMORY_COL] = (places, mark)
            cells[MEMORY_COL + 1] = ("", own)

    # --- rows -------------------------------------------------------------------------------------

    def _put(self, row: int, col: int, text: str, style: str) -> None:
        self._rows.setdefault(row, {})[col] = (text, self._style[style])

    def _merge(self, row: int, first: int, last: int) -> None:
        self._merges.append(f"{cell_name(row, first)}:{cell_name(row, last)}")

    def _line(self, text: str, style: str, height: float = 0) -> None:
        """A line across the table, as high as its text needs."""
        last = LAST_COL - 1
        width = sum(WIDTHS[: last + 1]) * 0.95
        self._heights[self._row] = height or _LINE_HEIGHT * max(1, -(-len(text) // int(width))) + 2
        self._merge(self._row, 0, last)
        self._put(self._row, 0, text, style)
        self._row += 1

    def _table_head(self, heads: Sequence[str]) -> None:
        for col, text in enumerate(heads):
            self._put(self._row, col, text, "hidden" if text == words.KEY else "head")
        self._heights[self._row] = 2 * _LINE_HEIGHT + 2

    def _table_row(self, cells: Sequence[tuple[str, str]]) -> None:
        """One table row, as high as its longest text needs: not every program fits rows by itself."""
        seen = zip(cells[:LAST_COL], WIDTHS, strict=False)
        lines = max(sum(max(1, -(-len(x) // max(w - 1, 1))) for x in t.split("\n")) for (t, _), w in seen)
        self._heights[self._row] = min(lines, _MOST_LINES) * _LINE_HEIGHT
        for col, (text, style) in enumerate(cells):
            self._put(self._row, col, text, style)

    # --- XML --------------------------------------------------------------------------------------

    def xml(self, namespace: str) -> bytes:
        """The worksheet part."""
        hidden = f'<col min="{MEMORY_COL + 1}" max="{MEMORY_COL + 2}" width="4" hidden="1" customWidth="1"/>'
        widths = "".join(f'<col min="{i}" max="{i}" width="{w}" customWidth="1"/>' for i, w in enumerate(WIDTHS, 1))
        parts = (
            f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{namespace}">',
            '<sheetPr><tabColor rgb="FFC00002"/><pageSetUpPr fitToPage="1"/></sheetPr>',
            '<sheetViews><sheetView showGridLines="0" tabSelected="1" workbookViewId="0"/></sheetViews>',
            f'<sheetFormatPr defaultRowHeight="15"/><cols>{widths}{hidden}</cols>',
            f"<sheetData>{''.join(self._row_xml(row) for row in sorted(self._rows))}</sheetData>",
            '<sheetProtection sheet="1" objects="1" scenarios="1" formatColumns="0" formatRows="0"/>',
            f'<mergeCells count="{len(self._merges)}">',
            "".join(f'<mergeCell ref="{ref}"/>' for ref in self._merges),
            "</mergeCells>",
            self._prompts(),
            f"<hyperlinks>{''.join(self._links)}</hyperlinks>" if self._links else "",
            '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.6" header="0.3" footer="0.3"/>',
            '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/>',
            "<headerFooter><oddFooter>&amp;RTrang &amp;P/&amp;N</oddFooter></headerFooter></worksheet>",
        )
        return "".join(parts).encode("utf-8", "replace")

    def _row_xml(self, row: int) -> str:
        height = self._heights.get(row)
        sized = f' ht="{height:g}" customHeight="1"' if height else ""
        cells = (_cell(row, col, *content) for col, content in sorted(self._rows[row].items()))
        return f'<row r="{row + 1}"{sized}>{"".join(cells)}</row>'

    def _prompts(self) -> str:
        if not self._explain_rows:
            return ""
        area = " ".join(_runs(self._explain_rows, _EXPLANATION_COL))
        prompt = "Nếu số liệu đúng, ghi ngắn gọn lý do rồi gửi lại tệp. Nếu nhầm, sửa ô số liệu và để trống ô này."
        return (
            f'<dataValidations count="1"><dataValidation allowBlank="1" showInputMessage="1" '
            f'promptTitle="{words.EXPLANATION}" prompt={_attribute(prompt)} sqref="{area}"/></dataValidations>'
        )


def chunked(memory: Sequence[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """Places of the same (mark, look) joined: ``B1!F13/B1!G13``. No sheet's name can hold a slash."""
    by_pair: dict[tuple[int, int], list[str]] = {}
    for place, mark, own in memory:
        by_pair.setdefault((mark, own), []).append(place)
    return [
        ("/".join(places[first : first + _MEMORY_CHUNK // 2]), mark, own)
        for (mark, own), places in by_pair.items()
        for first in range(0, len(places), _MEMORY_CHUNK // 2)
    ]


def _runs(rows: Sequence[int], col: int) -> Iterator[str]:
    """Rows of a column as ranges."""
    first = last = rows[0]
    for row in (*rows[1:], -1):
        if row != last + 1:
            yield f"{cell_name(first, col)}:{cell_name(last, col)}"
            first = row
        last = row


def _cell(row: int, col: int, text: str, style: int) -> str:
    name, shown = cell_name(row, col), words.clean(text)[:_LONGEST]
    if not shown:
        return f'<c r="{name}" s="{style}"/>'
    return f'<c r="{name}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{escape(shown)}</t></is></c>'


def _attribute(text: str) -> str:
    return quoteattr(words.clean(text), {"\n": " "})


def _deadline(answer: Answer) -> str:
    if answer.due is None:
        return ""
    when = f"{answer.due:%d/%m/%Y}"
    return f"{when}: đúng hạn" if answer.late_days <= 0 else f"{when}: quá hạn {answer.late_days} ngày làm việc"


def _content(value: object) -> str:
    if value is None:
        return "chưa có"
    return value if isinstance(value, str) else printed(value)  # type: ignore[arg-type]
