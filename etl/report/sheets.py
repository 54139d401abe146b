"""The Excel annex: the plan's own table first, then by unit, tasks, difficulties, submissions, notes, data.

Room: report. Called by `draft`; prints only from facts.
"""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from typing import Any

from etl.files import same_bytes_zip
from etl.report.datasheet import data_sheet
from etl.report.facts import Facts
from etl.report.inputs import Upward
from etl.report.results import WORDED
from etl.report.sentences import Sentences
from etl.report.upward import upward_sheets
from etl.report.view import agreement
from etl.report.workbook import FONT, Book, Columns

Fact = dict[str, Any]
_PLAIN = ("strings_to_formulas", "strings_to_numbers", "strings_to_urls")


def excel_annex(facts: Facts, say: Sentences, moment: datetime, upward: Upward | None = None) -> bytes:
    """The annex as .xlsx; the same facts give the same bytes. With `upward` it is a delivery to the level above."""
    from xlsxwriter import Workbook

    buffer = BytesIO()
    options = {"in_memory": True, "default_format_properties": dict(FONT), **dict.fromkeys(_PLAIN, False)}
    workbook = Workbook(buffer, options)
    head = facts["head"]
    workbook.set_properties(
        {"title": head["subject"], "author": head["office"], "comments": head["simulated"], "created": moment}
    )
    book = Book(workbook, facts, say)
    for write in (_targets, _by_unit, _tasks, _notes, _submissions, _data_notes, _trail, data_sheet):
        write(book)
    if upward:
        upward_sheets(book, upward, simulated=bool(facts["simulated"]))
    workbook.close()
    return same_bytes_zip(buffer.getvalue())


# --- the plan's own table ----------------------------------------------------------------------------------


def _targets(book: Book) -> None:
    """The plan's columns print; what a specialist wants to know stands right of them."""
    facts = book.facts
    years = facts["columns"]["years"]
    columns: Columns = [("TT", 9.0), ("Chỉ tiêu", 46.0), ("Đơn vị", 13.0), (facts["columns"]["baseline"], 18.0)]
    columns += [(facts["columns"]["previous"], 12.0), ("Kỳ này", 12.0), *((year["title"], 20.0) for year in years)]
    columns += [("Đánh giá", 16.0), ("Còn thiếu (hoặc vượt)", 15.0)]
    more: Columns = [("Số liệu của", 15.0), ("Tử số", 13.0), ("Mẫu số", 13.0), ("Khoảng tin cậy 95%", 15.0)]
    more += [("% kế hoạch", 10.0), ("% mức giảm đã đạt", 10.0), ("Nơi có số liệu", 10.0), ("Nơi phải có", 10.0)]
    more += [("Khoảng có thể nếu đủ đơn vị", 15.0), ("Giới hạn biến động thường", 15.0), ("Lý do, ghi chú", 44.0)]
    if facts["annual"]:
        more += [("Cần thay đổi mỗi năm", 12.0), ("Mức theo lộ trình", 12.0), ("Hệ số tiến độ", 10.0)]
        more += [("Tiến độ theo đường thẳng", 16.0), ("Tiến độ theo tốc độ bình quân", 16.0), ("Đối chiếu", 18.0)]
    sheet = book.sheet("Chỉ tiêu", "Kết quả thực hiện các chỉ tiêu của kế hoạch", [*columns, *more], len(columns))
    for row in facts["rows"]:
        if row["kind"] == "group":
            sheet.band(row["title"])
            continue
        figure = facts["figures"].get(row["item"], {}).get(row["unit"])
        lead, after = [row["number"], row["title"], row["measured_in"]], _after(book, row, figure)
        if row["kind"] == "statement":
            sheet.across(lead, row["statement"], 3 + len(years), after)
            continue
        absent = book.say.texts["word.no_data"]
        now = [figure["previous"], figure["value"]] if figure else [absent, absent]
        sheet.write([*lead, row["baseline"], *now, *row["milestones"].values(), *after])
    sheet.close()


def _after(book: Book, row: Fact, figure: Fact | None) -> list[Any]:
    """What stands right of the levels: the verdict and what a reader must know of it."""
    annual = book.facts["annual"]
    if figure is None:
        return [book.say.texts["status.no_data"], *[book.nothing] * (18 if annual else 12)]
    ranges = {name: (figure[name] or {}).get("text", book.nothing) for name in ("interval", "bounds", "limits")}
    found = [
        *(row.get("state") or figure["status_text"], figure["missing"]),
        *(figure["as_of_text"] or book.facts["period"]["name"], figure["numerator"], figure["denominator"]),
        *(ranges["interval"], figure["per_cent_of_plan"], figure["reduction_pct"]),
        *(figure["present"], figure["expected"], ranges["bounds"], ranges["limits"]),
        _remarks(figure) or book.nothing,
    ]
    if annual:
        found += [figure["required_yearly_change"], figure["path_value"], figure["progress"]]
        found += [figure["progress_text"], figure["cagr_text"], agreement(figure, book.say)]
    return found


def _remarks(figure: Fact) -> str:
    """Why there is no verdict or no progress, why no bounds, and what in the series is unusual."""
    signals = figure["limits"]["signals"] if figure["limits"] else []
    return "; ".join(text for text in (figure["reason"], figure["bounds_reason"], *signals) if text)


# --- by unit, tasks, difficulties --------------------------------------------------------------------------


def _by_unit(book: Book) -> None:
    """A row for each target and unit; what is judged in words is nothing that a unit could have a figure of."""
    columns: Columns = [("TT", 10.0), ("Chỉ tiêu", 36.0), ("Mã đơn vị", 9.0), ("Đơn vị", 22.0), ("Tử số", 11.0)]
    columns += [("Mẫu số", 11.0), ("Giá trị", 11.0), ("Mức kế hoạch", 18.0), ("Đánh giá", 15.0)]
    columns += [("Còn thiếu (hoặc vượt)", 15.0), ("Khoảng tin cậy 95%", 14.0), ("Đầy đủ (%)", 9.0)]
    sheet = book.sheet("Theo đơn vị", "Kết quả theo đơn vị", [*columns, ("Lý do, ghi chú", 30.0)])
    area = book.facts["area"]["unit"]
    every = (f for units in book.facts["figures"].values() for f in units.values())
    found = [f for f in every if f["unit"] != area and f["kind"] not in WORDED]
    for f in found:
        interval = f["interval"]
        sheet.write(
            [
                *(f[key] for key in ("item", "title", "unit", "unit_name", "numerator", "denominator", "value")),
                *(f["written"] or book.nothing, f["status_text"], f["missing"]),
                *(interval["text"] if interval else book.nothing, f["completeness"], f["reason"] or book.nothing),
            ]
        )
    sheet.close("" if found else book.say.texts["unit.none"])


def _tasks(book: Book) -> None:
    columns: Columns = [("Mã", 11.0), ("Căn cứ", 18.0), ("Nhiệm vụ", 40.0), ("Đơn vị chủ trì", 24.0)]
    columns += [("Phối hợp", 24.0), ("Thời hạn", 18.0), ("Ngày đến hạn", 11.0), ("Mã đơn vị", 9.0)]
    columns += [("Đơn vị báo cáo", 20.0), ("Trạng thái", 18.0), ("Ngày hoàn thành", 11.0), ("Ghi chú của đơn vị", 30.0)]
    sheet = book.sheet("Nhiệm vụ", "Tình hình thực hiện nhiệm vụ", columns)
    nothing, tasks = book.nothing, book.facts["tasks"]["all"]
    for task in tasks:
        head = [task["id"], task["clause"], task["title"], task["lead"], task["cooperate"] or nothing, task["deadline"]]
        head.append(task["deadline_date"] or nothing)
        for r in task["reports"]:
            said = "; ".join(part for part in (r["stated"], r["remark"]) if part)
            sheet.write([*head, r["unit"], r["unit_name"], r["state_text"], r["done_on"] or nothing, said or nothing])
        if not task["reports"]:
            sheet.write([*head, nothing, nothing, task["situation"], nothing, nothing])
    sheet.close("" if tasks else book.say.texts["task.none"])


def _notes(book: Book) -> None:
    columns: Columns = [("Mã đơn vị", 10.0), ("Đơn vị", 24.0), ("Số", 6.0), ("Khó khăn, vướng mắc", 50.0)]
    columns += [("Nguyên nhân", 50.0), ("Đề xuất, kiến nghị", 50.0)]
    sheet = book.sheet("Khó khăn - kiến nghị", "Khó khăn, nguyên nhân, đề xuất, kiến nghị", columns)
    rows = book.facts["notes"]["rows"]
    for row in rows:
        texts = [row[key] or book.nothing for key in ("difficulty", "cause", "proposal")]
        sheet.write([row["unit"], row["unit_name"], row["number"], *texts])
    sheet.close("" if rows else book.say.texts["note.no_difficulty"])


# --- submissions, data notes -------------------------------------------------------------------------------


def _submissions(book: Book) -> None:
    columns: Columns = [("Mã đơn vị", 10.0), ("Đơn vị", 34.0), ("Mã biểu", 20.0), ("Biểu", 50.0), ("Trạng thái", 16.0)]
    columns += [("Lần gửi", 8.0), ("Hạn gửi", 12.0), ("Ngày nhận", 12.0), ("Chậm (ngày làm việc)", 11.0)]
    columns += [("Cảnh báo cần giải trình", 12.0), ("Lưu ý", 8.0)]
    sheet = book.sheet("Nộp báo cáo", "Tình hình gửi báo cáo của các đơn vị", columns)
    found = book.facts["submissions"]
    for s in found:
        sheet.write(
            [
                *(s[key] for key in ("unit", "unit_name", "form", "form_title", "state_text", "version")),
                *(s["due"] or book.nothing, s["received_on"] or book.nothing),
                *(s["late_days"], s["findings_confirm"], s["findings_note"]),
            ]
        )
    sheet.close("" if found else book.say.texts["situation.none_expected"])


def _data_notes(book: Book) -> None:
    columns: Columns = [("TT", 11.0), ("Chỉ tiêu", 46.0), ("Loại", 22.0), ("Nội dung", 80.0), ("Nguồn số liệu", 30.0)]
    title = "Ghi chú về số liệu, định nghĩa chỉ tiêu, điểm cần lưu ý trong kế hoạch"
    sheet = book.sheet("Ghi chú số liệu", title, columns)
    nothing = book.nothing
    sheet.band("Ghi chú về số liệu")
    for number, note in enumerate(book.facts["data_notes"], start=1):
        sheet.write([number, nothing, nothing, note["text"], nothing])
    sheet.band("Định nghĩa chỉ tiêu")
    for d in book.facts["definitions"]:
        text = "; ".join(part for part in (d["definition"], d["note"]) if part)
        sheet.write([d["item"], d["title"], d["basis"], text, d["source"]])
    sheet.band("Điểm cần lưu ý trong văn bản kế hoạch")
    for n in book.facts["plan_notes"]:
        sheet.write([n["number"], n["name"], nothing, n["text"], nothing])
    sheet.close()


def _trail(book: Book) -> None:
    """Each figure of the area with the cells it was added up from."""
    columns: Columns = [("TT", 9.0), ("Chỉ tiêu", 34.0), ("Tử số", 12.0), ("Mẫu số", 12.0), ("Giá trị", 11.0)]
    columns += [("Phần", 11.0), ("Số liệu", 34.0), ("Kỳ", 14.0), ("Tệp đã nhận", 30.0), ("Mã băm của tệp", 15.0)]
    columns += [("Trang tính", 9.0), ("Ô", 22.0), ("Số nơi", 7.0), ("Giá trị trong các ô", 13.0)]
    sheet = book.sheet("Nguồn số liệu", "Nguồn của từng số liệu: tệp, trang tính, ô", columns)
    area, figures, rows = book.facts["area"]["unit"], book.facts["figures"], book.facts["trail"]
    for row in rows:
        figure = figures[row["item"]][area]
        sheet.write(
            [
                *(figure[key] for key in ("item", "title", "numerator", "denominator", "value")),
                *(row[key] for key in ("side_text", "element_name", "period_name", "file", "sha256")),
                *(row[key] for key in ("sheet", "cells", "units", "value")),
            ]
        )
    sheet.close("" if rows else book.say.texts["trail.none"])
