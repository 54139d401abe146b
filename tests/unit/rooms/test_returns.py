from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from etl.catalog.rules import Rules
from etl.model import Finding, FindingLevel
from etl.returns import SubmissionAnswer, ValueChange, build_answer_path, render_answer_workbook, write_answer
from etl.settings import PROJECT_ROOT
from tests.wording import SHIPPED

ANSWER = SubmissionAnswer(
    folder="612", file="Báo cáo quý III.xlsx", sha256="ab" * 32, received_at=datetime(2024, 10, 4, 2, 30, tzinfo=UTC),
    accepted=False, form="kt-district-quarter", form_title="Báo cáo quý", unit_name="Huyện Đắk Tô", period="2024Q3",
    period_name="quý III năm 2024", wording=SHIPPED,
    findings=(
        Finding("V01", FindingLevel.REFUSE, "“mười” không phải là một số.", "Chỉ nhập số.", "B1", "F13", "mười"),
        Finding("V05", FindingLevel.CONFIRM, "=HYPERLINK(\"http://a\")", "+1", "B1", "G13", "@x"),
    ),
)  # fmt: skip


def texts(data: bytes) -> list[str]:
    page = openpyxl.load_workbook(BytesIO(data))["Kết quả kiểm tra"]
    return [str(c.value) for row in page.iter_rows() for c in row if c.value is not None]


def test_a_refusal_names_every_finding_with_its_cell_and_what_to_do() -> None:
    found = texts(render_answer_workbook(ANSWER))
    assert found[0] == "KẾT QUẢ KIỂM TRA: TRẢ LẠI ĐỂ SỬA"
    for text in (
        "V01",
        "B1",
        "F13",
        "mười",
        "“mười” không phải là một số.",
        "Chỉ nhập số.",
        "■ Phải sửa",
        "▲ Cần xác nhận",
        "■ Phải sửa: 1    ▲ Cần xác nhận: 1    ○ Ghi nhận: 0",
    ):
        assert text in found
    assert "Tệp chưa được nhận vì có 1 nội dung phải sửa. Chưa có số liệu nào được ghi nhận." in found
    assert "09:30 ngày 04/10/2024" in found


def test_nobody_is_sent_to_look_for_coloured_cells_where_the_whole_file_is_refused() -> None:
    whole = Finding("S02", FindingLevel.REFUSE, "Sai thư mục.", "Gửi đúng nơi.")
    found = texts(render_answer_workbook(replace(ANSWER, findings=(whole,))))
    assert "Xử lý các nội dung có dấu ■ như ghi ở cột “Cách xử lý” rồi gửi lại." in found
    assert not any("nền cam" in text or "Sửa các" in text for text in found)


def test_what_only_the_office_can_change_is_not_told_to_the_sender(rules: Rules) -> None:
    told = Finding("S21", FindingLevel.NOTE, "Trang lạ.")
    own = Finding("Q01", FindingLevel.NOTE, "Chưa kiểm tra được.")
    gone = Finding("X99", FindingLevel.NOTE, "Mã của bộ quy tắc cũ.")
    assert rules.select_answered((own, told, gone)) == (told, gone)
    assert [code for code, rule in rules.by_code.items() if not rule.is_answered] == ["Q01"]


def test_what_looks_like_a_formula_stays_text() -> None:
    page = openpyxl.load_workbook(BytesIO(render_answer_workbook(ANSWER)))["Kết quả kiểm tra"]
    assert all(c.data_type != "f" for row in page.iter_rows() for c in row)


def test_the_column_of_keys_is_not_printed() -> None:
    page = openpyxl.load_workbook(BytesIO(render_answer_workbook(ANSWER)))["Kết quả kiểm tra"]
    (key,) = [cell for row in page.iter_rows() for cell in row if cell.value == "Khóa"]
    printed = page[page.print_area.replace("$", "").rpartition("!")[2]]
    assert {cell.column for row in printed for cell in row} == set(range(1, key.column))


@pytest.mark.parametrize(
    ("late", "text"),
    [(0, "21/10/2024: đúng hạn"), (-3, "21/10/2024: đúng hạn"), (2, "21/10/2024: quá hạn 2 ngày làm việc")],
)
def test_a_receipt_says_version_deadline_and_changes(late: int, text: str) -> None:
    change = ValueChange("B1", "F13", "Có thẻ BHYT", "Xã Pô Kô", Fraction(1900, 2), None)
    words = ValueChange("B6", "E12", "Nhiệm vụ", "Huyện Đắk Tô", "Đang thực hiện", "=Đã hoàn thành")
    answer = replace(
        ANSWER, accepted=True, findings=(), version=2, due=date(2024, 10, 21), late_days=late, changes=(change, words)
    )
    found = texts(render_answer_workbook(answer))
    for expected in (
        "BIÊN NHẬN BÁO CÁO",
        "2",
        text,
        "Có thẻ BHYT",
        "Xã Pô Kô",
        "950",
        "chưa có",
        "=Đã hoàn thành",
        ANSWER.sha256,
    ):
        assert expected in found


def test_a_trial_never_says_that_something_was_received() -> None:
    for accepted, heading in (
        (True, "KẾT QUẢ KIỂM TRA THỬ: ĐẠT"),
        (False, "KẾT QUẢ KIỂM TRA THỬ: PHẢI SỬA TRƯỚC KHI GỬI"),
    ):
        found = texts(render_answer_workbook(replace(ANSWER, accepted=accepted, trial=True)))
        assert found[0] == heading
        assert found[1].endswith("tệp chưa được gửi đi.")
        assert not any(word in " ".join(found) for word in ("Đã nhận", "BIÊN NHẬN", "Nhận lúc", "gửi lại"))


def test_simulated_data_is_marked() -> None:
    assert "SỐ LIỆU MÔ PHỎNG" in texts(render_answer_workbook(replace(ANSWER, simulated=True)))


def test_same_answer_same_bytes_in_the_senders_folder(tmp_path: Path) -> None:
    path = write_answer(ANSWER, tmp_path)
    assert path == tmp_path / "returns" / "612" / "2024Q3_kt-district-quarter_abababab_tra-lai.xlsx"
    assert path.read_bytes() == render_answer_workbook(ANSWER)


def test_a_file_nobody_understood_still_gets_an_answer(tmp_path: Path) -> None:
    answer = replace(ANSWER, folder="", form="../../x", period="", unit_name="")
    assert (
        build_answer_path(answer, tmp_path)
        == tmp_path / "returns" / "_khong-ro" / "Báo cáo quý III_abababab_tra-lai.xlsx"
    )
    odd = replace(answer, file="../a:b\u202e?.xlsx")
    assert build_answer_path(odd, tmp_path).name == "a-b_abababab_tra-lai.xlsx"


def test_notes_of_one_rule_stand_in_one_row_with_their_places() -> None:
    notes = tuple(
        Finding(
            "T06",
            FindingLevel.NOTE,
            f"Chỉ tiêu {n}: khác nhiều.",
            "Xem lại.",
            sheet="B1",
            cell=f"F{n}",
            org_unit_code=str(n),
        )
        for n in range(13, 46)
    )
    unsure = [replace(note, code="T04", level=FindingLevel.CONFIRM) for note in notes[:2]]
    found = texts(render_answer_workbook(replace(ANSWER, accepted=True, findings=(*unsure, *notes), original=None)))
    told = [text for text in found if "khác nhiều" in text]
    assert len(told) == 3, "what is to be confirmed has a row each"
    assert told[-1].startswith("Chỉ tiêu 13: khác nhiều. Tương tự tại 32 chỗ khác: B1 F14, F15,")
    assert told[-1].endswith("F45.")


def test_what_is_known_of_a_submission_is_printed_whole() -> None:
    """The longest form's title and file name break within their columns, inside the printed area."""
    title = "Báo cáo quý về kết quả bảo vệ, chăm sóc sức khỏe Nhân dân và hoạt động y tế cơ sở của xã, thị trấn"
    answer = replace(ANSWER, form_title=title, file=f"{'Báo cáo ' * 12}.xlsx", office="Ủy ban nhân dân huyện Tân Yên")
    page = openpyxl.load_workbook(BytesIO(render_answer_workbook(answer)))["Kết quả kiểm tra"]
    spans = {(m.min_row, m.min_col): m for m in page.merged_cells.ranges}
    for text in (title, answer.file, answer.office):
        cell = next(c for row in page.iter_rows() for c in row if c.value == text)
        span = spans[cell.row, cell.column]
        width = sum(
            page.column_dimensions[openpyxl.utils.get_column_letter(c)].width
            for c in range(span.min_col, span.max_col + 1)
        )
        assert cell.alignment.wrap_text and span.max_col <= 9
        assert page.row_dimensions[cell.row].height >= 15 * (len(text) // width + 1)


def test_rows_are_high_enough_for_their_text() -> None:
    long = replace(ANSWER, findings=(replace(ANSWER.findings[0], message="Một câu dài. " * 20),))
    page = openpyxl.load_workbook(BytesIO(render_answer_workbook(long)))["Kết quả kiểm tra"]
    row = next(c.row for r in page.iter_rows() for c in r if c.value == "V01")
    assert page.row_dimensions[row].height >= 5 * 16


MILLION = """
import resource
from dataclasses import replace
from etl.model import Finding, FindingLevel
from etl.returns import render_answer_workbook
from tests.unit.rooms.test_returns import ANSWER
findings = tuple(Finding("V01", FindingLevel.REFUSE, "Không phải là một số.", "", "B1", f"F{i}") for i in range(1_000_000))
held = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (held + 400 * 1024**2,) * 2)
data = render_answer_workbook(replace(ANSWER, findings=findings))
print(len(data))
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is limited as Linux does it")
def test_a_million_findings_are_answered_in_bounded_size_and_memory() -> None:
    command = [sys.executable, "-c", MILLION]
    done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 1_000_000


def test_what_is_not_listed_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("etl.returns.answer.MOST_LISTED", 3)
    findings = tuple(Finding("V01", FindingLevel.REFUSE, f"Sai {i}.", "", "B1", f"F{i}") for i in range(1, 9))
    found = texts(render_answer_workbook(replace(ANSWER, findings=findings)))
    assert [text for text in found if text.startswith("Sai ")] == ["Sai 1.", "Sai 2.", "Sai 3."]
    assert any(text.startswith("Còn 5 nội dung khác chưa liệt kê.") for text in found)
    assert any("có 8 nội dung phải sửa" in text for text in found), "the verdict counts all"
