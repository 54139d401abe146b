"""The returns room: a verdict → the workbook that goes back to the sender. Decides nothing.

Called by steps. A refused file gets *tra-lai* with every finding; an accepted one gets a receipt, *bien-nhan*,
with its findings to confirm and what changed since the version before. Same answer, same bytes.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from etl.files import write_atomic
from etl.model import Finding, Level
from etl.model.numbers import printed

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
LEVEL_WORDS = {Level.REFUSE: "Phải sửa", Level.CONFIRM: "Cần xác nhận", Level.NOTE: "Ghi nhận"}
_LEVEL_COLOURS = {Level.REFUSE: "#F8CBAD", Level.CONFIRM: "#FFE699", Level.NOTE: "#DDEBF7"}
_HEADS = ("TT", "Mức độ", "Mã", "Trang", "Ô", "Giá trị", "Nội dung", "Cách xử lý")
_CHANGE_HEADS = ("TT", "Trước", "Sau", "Trang", "Ô", "Đơn vị", "Chỉ tiêu")
_WIDTHS = (5, 14, 12, 8, 8, 20, 52, 46)
_LINE_HEIGHT = 16.5
_NO_FOLDER = "_khong-ro"


@dataclass(frozen=True)
class Change:
    """A cell whose number differs from the version before."""

    sheet: str
    cell: str
    element: str
    unit: str
    before: float | None
    after: float | None


@dataclass(frozen=True)
class Answer:
    """All that a sender is told about one file. `form_title` and what follows are empty if not understood."""

    folder: str
    file: str
    sha256: str
    received_at: dt.datetime
    accepted: bool
    findings: tuple[Finding, ...]
    form: str = ""
    form_title: str = ""
    unit_name: str = ""
    period: str = ""
    period_name: str = ""
    version: int = 0
    due: dt.date | None = None
    late_days: int = 0
    changes: tuple[Change, ...] = ()
    simulated: bool = False


def path_of(answer: Answer, outbox: Path) -> Path:
    """Where the answer is put: the sender's own folder; the name tells period, form, content and verdict."""
    word = "bien-nhan" if answer.accepted else "tra-lai"
    parts = [p for p in (answer.period, answer.form) if re.fullmatch(r"[A-Za-z0-9._-]+", p)]
    name = "_".join([*parts, answer.sha256[:8], word]) + ".xlsx"
    return outbox / "returns" / (answer.folder or _NO_FOLDER) / name


def write(answer: Answer, outbox: Path) -> Path:
    """Writes the answer and gives its path.

    Raises:
        StorageError: the outbox cannot be written.
    """
    path = path_of(answer, outbox)
    write_atomic(path, workbook(answer))
    return path


def workbook(answer: Answer) -> bytes:
    """The answer as an Excel workbook: sheet *Kết quả kiểm tra*. Text is written as text, never as a formula."""
    import xlsxwriter

    target = BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": "Kết quả kiểm tra", "created": answer.received_at.replace(tzinfo=None)})
    page = book.add_worksheet("Kết quả kiểm tra")
    base = {"font_name": "Times New Roman", "font_size": 12, "valign": "top", "text_wrap": True}
    styles = {
        "title": book.add_format(base | {"bold": True, "font_size": 16, "text_wrap": False}),
        "verdict": book.add_format(base | {"bold": True, "font_size": 13, "text_wrap": False}),
        "key": book.add_format(base | {"bold": True, "text_wrap": False}),
        "plain": book.add_format(base | {"text_wrap": False}),
        "head": book.add_format(base | {"bold": True, "border": 1, "bg_color": "#EDEDED", "align": "center"}),
        "cell": book.add_format(base | {"border": 1}),
        **{level.value: book.add_format(base | {"border": 1, "bg_color": c}) for level, c in _LEVEL_COLOURS.items()},
    }
    for col, width in enumerate(_WIDTHS):
        page.set_column(col, col, width)
    row = _heading(page, styles, answer)
    row = _findings(page, styles, answer.findings, row)
    _changes(page, styles, answer.changes, row)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    book.close()
    return target.getvalue()


def _heading(page: Worksheet, styles: dict[str, Any], answer: Answer) -> int:
    page.write_string(
        0, 0, "BIÊN NHẬN BÁO CÁO" if answer.accepted else "KẾT QUẢ KIỂM TRA: TRẢ LẠI ĐỂ SỬA", styles["title"]
    )
    page.write_string(1, 0, _verdict_line(answer), styles["verdict"])
    page.set_row(0, 26)
    page.set_row(1, 22)
    lines = [
        ("Tệp", answer.file),
        ("Đơn vị", answer.unit_name),
        ("Biểu mẫu", answer.form_title),
        ("Kỳ", answer.period_name),
    ]
    lines.append(("Nhận lúc", f"{answer.received_at.astimezone(ZONE):%H:%M ngày %d/%m/%Y}"))
    if answer.accepted:
        lines.append(("Lần nộp", f"{answer.version}"))
        lines.append(("Thời hạn", _deadline_line(answer)))
    lines.append(("Mã nội dung", answer.sha256))
    if answer.simulated:
        lines.insert(0, ("Lưu ý", "SỐ LIỆU MÔ PHỎNG"))
    row = 3
    for key, text in lines:
        if text:
            page.write_string(row, 0, key, styles["key"])
            page.write_string(row, 2, text, styles["plain"])
            row += 1
    return row + 1


def _verdict_line(answer: Answer) -> str:
    count = {level: sum(f.level == level for f in answer.findings) for level in Level}
    if not answer.accepted:
        return f"Tệp chưa được nhận vì có {count[Level.REFUSE]} nội dung phải sửa. Chưa có số liệu nào được ghi nhận."
    if count[Level.CONFIRM]:
        return f"Đã nhận báo cáo. Có {count[Level.CONFIRM]} nội dung cần đơn vị xem lại và xác nhận."
    return "Đã nhận báo cáo. Không phát hiện sai sót."


def _deadline_line(answer: Answer) -> str:
    if answer.due is None:
        return ""
    when = f"{answer.due:%d/%m/%Y}"
    return f"{when}: đúng hạn" if answer.late_days <= 0 else f"{when}: quá hạn {answer.late_days} ngày làm việc"


def _findings(page: Worksheet, styles: dict[str, Any], findings: Sequence[Finding], row: int) -> int:
    if not findings:
        return row
    for col, text in enumerate(_HEADS):
        page.write_string(row, col, text, styles["head"])
    for number, finding in enumerate(findings, start=1):
        row += 1
        texts = (
            str(number), LEVEL_WORDS[finding.level], finding.code, finding.sheet, finding.cell,
            finding.value, finding.message, finding.hint,
        )  # fmt: skip
        _row(
            page, row, texts, [styles[finding.level.value] if col == 1 else styles["cell"] for col in range(len(texts))]
        )
    return row + 2


def _row(page: Worksheet, row: int, texts: Sequence[str], formats: Sequence[Any]) -> None:
    """One table row, as high as its longest text needs: not every program fits rows by itself."""
    lines = max(-(-len(text) // max(width - 1, 1)) for text, width in zip(texts, _WIDTHS, strict=False))
    page.set_row(row, max(lines, 1) * _LINE_HEIGHT)
    for col, (text, style) in enumerate(zip(texts, formats, strict=True)):
        page.write_string(row, col, text, style)


def _changes(page: Worksheet, styles: dict[str, Any], changes: Sequence[Change], row: int) -> None:
    if not changes:
        return
    page.write_string(row, 0, f"Thay đổi so với lần nộp trước: {len(changes)} số liệu", styles["verdict"])
    row += 1
    for col, text in enumerate(_CHANGE_HEADS):
        page.write_string(row, col, text, styles["head"])
    for number, change in enumerate(changes, start=1):
        row += 1
        where = (change.sheet, change.cell, change.unit, change.element)
        texts = (str(number), _number(change.before), _number(change.after), *where)
        _row(page, row, texts, [styles["cell"]] * len(texts))


def _number(value: float | None) -> str:
    return "chưa có" if value is None else printed(value)
