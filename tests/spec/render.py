"""Writes the tables into docs/attainment-rules.md: ``python -m tests.spec.render`` from the project's folder."""

from __future__ import annotations

from pathlib import Path

from . import (
    count_tables,
    doubt_tables,
    grammar_tables,
    measure_tables,
    period_tables,
    progress_tables,
    special_tables,
    verdict_tables,
)
from .examples import section
from .table import Table

DOC = Path(__file__).parents[2] / "docs" / "attainment-rules.md"
TABLES: tuple[Table, ...] = (
    *verdict_tables.TABLES,
    *progress_tables.TABLES,
    *special_tables.TABLES,
    *count_tables.TABLES,
    *grammar_tables.TABLES,
    *doubt_tables.TABLES,
    *measure_tables.TABLES,
    *period_tables.TABLES,
)

_HEAD = """\
<!-- Sinh tự động từ tests/spec/; không sửa tay. Viết lại bằng: python -m tests.spec.render -->
# Quy tắc đánh giá mức độ đạt kế hoạch

Tài liệu này dành cho bộ phận kế hoạch: mỗi kết luận trong báo cáo đều theo một trong các bảng dưới đây. Mỗi dòng là
một ví dụ được phần mềm tính lại khi kiểm thử; cột có dấu → là kết quả. Mọi phép so sánh dùng giá trị chưa làm tròn;
số in ra chỉ làm tròn để đọc. Dấu – là để trống.

Trình tự: chọn mốc → xác định loại mục tiêu → đạt hay chưa → nếu chưa đạt mới tính tiến độ, phần trăm kế hoạch và số
còn thiếu.
"""


def document() -> str:
    """The whole document."""
    return "\n".join([_HEAD, *(table.markdown() for table in TABLES), section()])


if __name__ == "__main__":
    DOC.write_text(document(), encoding="utf-8")
