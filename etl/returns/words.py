"""What a sender is told, in Vietnamese: levels, verdict, what to do, comments.

Inside the returns room only; pure. Every level has a sign and a word, so that colour is never the only one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from etl.catalog.layout import RESULT_SHEET
from etl.model import Finding, Level
from etl.returns.answer import Answer

LEVEL_WORDS = {Level.REFUSE: "Phải sửa", Level.CONFIRM: "Cần xác nhận", Level.NOTE: "Ghi nhận"}
SIGNS = {Level.REFUSE: "■", Level.CONFIRM: "▲", Level.NOTE: "○"}
EXPLANATION = "Giải trình của đơn vị"
KEY = "Khóa"
COMMENT_HEAD = "KẾT QUẢ KIỂM TRA"
_LOOKS = {
    Level.REFUSE: "nền cam, viền liền đậm",
    Level.CONFIRM: "nền vàng, viền đứt nét",
    Level.NOTE: "nền xanh nhạt, viền đôi",
}
_MOST_IN_A_COMMENT = 6
_LONGEST = 1_000
"""Letters of one message in a comment; the list on the first sheet has it in full."""


def level_label(level: Level) -> str:
    """``■ Phải sửa``."""
    return f"{SIGNS[level]} {LEVEL_WORDS[level]}"


def key_of(finding: Finding) -> str:
    """What ties an explanation to its finding."""
    return f"{finding.code}|{finding.org_unit_code}|{finding.data_element}"


def count(findings: Sequence[Finding], level: Level) -> int:
    """Findings of a level."""
    return sum(f.level == level for f in findings)


def title(answer: Answer) -> str:
    """The heading of the first sheet."""
    if answer.trial:
        return "KẾT QUẢ KIỂM TRA THỬ: ĐẠT" if answer.accepted else "KẾT QUẢ KIỂM TRA THỬ: PHẢI SỬA TRƯỚC KHI GỬI"
    return "BIÊN NHẬN BÁO CÁO" if answer.accepted else "KẾT QUẢ KIỂM TRA: TRẢ LẠI ĐỂ SỬA"


def verdict(answer: Answer) -> str:
    """The verdict in a sentence or two."""
    refused, unsure = count(answer.findings, Level.REFUSE), count(answer.findings, Level.CONFIRM)
    if answer.trial:
        good = "Tệp đạt yêu cầu" if answer.accepted else f"Tệp có {refused} nội dung phải sửa"
        more = f", có {unsure} nội dung cần xác nhận" if answer.accepted and unsure else ""
        return f"{good}{more}. Đây là kiểm tra thử: tệp chưa được gửi đi."
    if not answer.accepted:
        return f"Tệp chưa được nhận vì có {refused} nội dung phải sửa. Chưa có số liệu nào được ghi nhận."
    if unsure:
        return f"Đã nhận báo cáo. Có {unsure} nội dung cần đơn vị xem lại và xác nhận."
    if answer.findings:
        return f"Đã nhận báo cáo. Có {len(answer.findings)} nội dung ghi nhận để đơn vị biết, không cần xử lý."
    return "Đã nhận báo cáo. Không phát hiện sai sót."


def counts(findings: Sequence[Finding]) -> str:
    """How many of each level, with their signs."""
    return "    ".join(f"{level_label(level)}: {count(findings, level)}" for level in Level)


def how_to(answer: Answer, annotated: bool) -> list[str]:
    """The way to proceed, one or two sentences a line."""
    levels = {f.level for f in answer.findings}
    send = "gửi" if answer.trial else "gửi lại"
    lines = []
    if Level.REFUSE in levels:
        lines.append(_mend(annotated, send))
    if Level.CONFIRM in levels:
        lines.append(_confirm(answer.accepted, annotated, send))
    if answer.findings and not annotated:
        lines.append("Kết quả nằm trong tệp riêng này vì không đánh dấu được ngay trong tệp của đơn vị.")
    return lines


def _mend(annotated: bool, send: str) -> str:
    sign = SIGNS[Level.REFUSE]
    if annotated:
        return (
            f"Sửa các ô {_LOOKS[Level.REFUSE]} ({sign}) ngay trong tệp này rồi {send} chính tệp này. "
            "Bấm vào tên ô ở cột “Ô” để đến ô cần sửa."
        )
    return f"Sửa các nội dung có dấu {sign} trong tệp của đơn vị rồi {send}."


def _confirm(accepted: bool, annotated: bool, send: str) -> str:
    sign = SIGNS[Level.CONFIRM]
    cells = f"Ô {_LOOKS[Level.CONFIRM]} ({sign})" if annotated else f"Nội dung có dấu {sign}"
    back = f"{send} chính tệp này" if annotated else f"chép trang này vào tệp của đơn vị và {send}"
    explain = f"{cells}: nếu số liệu đúng, ghi lý do vào cột “{EXPLANATION}”"
    return f"{explain}; nếu nhầm, sửa số liệu; sau đó {back}." if accepted else f"{explain}; nếu nhầm, sửa luôn."


def comment(findings: Sequence[Finding], office: str) -> str:
    """The comment on a cell: for each finding its level, code, what is wrong and what to do."""
    lines = [f"{COMMENT_HEAD} · {office}" if office else COMMENT_HEAD]
    for finding in findings[:_MOST_IN_A_COMMENT]:
        lines.append(f"{level_label(finding.level)} ({finding.code})")
        lines.append(clean(finding.message)[:_LONGEST])
        if finding.hint:
            lines.append(f"Cách xử lý: {clean(finding.hint)[:_LONGEST]}")
    rest = len(findings) - _MOST_IN_A_COMMENT
    if rest > 0:
        lines.append(f"Còn {rest} nội dung khác: xem trang “{RESULT_SHEET}”.")
    return "\n".join(lines)


def emphasised(text: str) -> list[tuple[bool, str]]:
    """A comment as (bold?, text) runs: the lines of heading and level are bold."""
    runs: list[tuple[bool, str]] = []
    starts = (COMMENT_HEAD, *(f"{sign} " for sign in SIGNS.values()))
    for line in text.splitlines(keepends=True):
        bold = line.startswith(starts)
        if runs and runs[-1][0] == bold:
            runs[-1] = (bold, runs[-1][1] + line)
        else:
            runs.append((bold, line))
    return runs


_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


def clean(text: str) -> str:
    """Text that an XML file can hold and that cannot turn the line around."""
    return _ESCAPED.sub("_x005F_", _UNPRINTABLE.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n")))
