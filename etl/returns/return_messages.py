"""What a sender is told, in Vietnamese: levels, verdict, what to do, comments.

Inside the returns room only; pure. Every level has a sign and a word, so that colour is never the only one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from etl.catalog.layout import RESULT_SHEET
from etl.model import Finding, FindingLevel
from etl.ooxml.cell_styles import CellMark
from etl.returns.answer import SubmissionAnswer

LEVEL_LABELS = {FindingLevel.REFUSE: "Phải sửa", FindingLevel.CONFIRM: "Cần xác nhận", FindingLevel.NOTE: "Ghi nhận"}
LEVEL_SIGNS = {FindingLevel.REFUSE: "■", FindingLevel.CONFIRM: "▲", FindingLevel.NOTE: "○"}
EXPLANATION_HEADER = "Giải trình của đơn vị"
KEY_HEADER = "Khóa"
COMMENT_HEADING = "KẾT QUẢ KIỂM TRA"
_LEVEL_APPEARANCE = {
    FindingLevel.REFUSE: "nền cam, viền liền đậm",
    FindingLevel.CONFIRM: "nền vàng, viền đứt nét",
    FindingLevel.NOTE: "nền xanh nhạt, viền đôi",
}
LEVEL_MARKS = {
    FindingLevel.REFUSE: CellMark("FFF9CBAF", "medium", "FFC00002"),
    FindingLevel.CONFIRM: CellMark("FFFFE69B", "mediumDashed", "FF7F6002"),
    FindingLevel.NOTE: CellMark("FFDCEBF9", "double", "FF2F5598"),
}
"""Light orange, yellow, blue; each one step beside Office's own palette, so that they are known again as ours. Borders
differ in kind too, so that marks show in black and white."""
_MAX_COMMENT_FINDINGS = 6
_MAX_MESSAGE_LENGTH = 1_000
"""Letters of one message in a comment; the list on the first sheet has it in full."""


def format_level_label(level: FindingLevel) -> str:
    """``■ Phải sửa``."""
    return f"{LEVEL_SIGNS[level]} {LEVEL_LABELS[level]}"


def build_finding_key(finding: Finding) -> str:
    """What ties an explanation to its finding."""
    return f"{finding.code}|{finding.org_unit_code}|{finding.data_element}"


def count_findings(findings: Sequence[Finding], level: FindingLevel) -> int:
    """Findings of a level."""
    return sum(f.level == level for f in findings)


def format_result_title(answer: SubmissionAnswer) -> str:
    """The heading of the first sheet."""
    if answer.trial:
        return "KẾT QUẢ KIỂM TRA THỬ: ĐẠT" if answer.accepted else "KẾT QUẢ KIỂM TRA THỬ: PHẢI SỬA TRƯỚC KHI GỬI"
    return "BIÊN NHẬN BÁO CÁO" if answer.accepted else "KẾT QUẢ KIỂM TRA: TRẢ LẠI ĐỂ SỬA"


def describe_verdict(answer: SubmissionAnswer) -> str:
    """The verdict in a sentence or two."""
    refused, unsure = (
        count_findings(answer.findings, FindingLevel.REFUSE),
        count_findings(answer.findings, FindingLevel.CONFIRM),
    )
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


def format_finding_counts(findings: Sequence[Finding]) -> str:
    """How many of each level, with their signs."""
    return "    ".join(f"{format_level_label(level)}: {count_findings(findings, level)}" for level in FindingLevel)


def list_instructions(answer: SubmissionAnswer, annotated: bool) -> list[str]:
    """The way to proceed, one or two sentences a line."""
    levels = {f.level for f in answer.findings}
    send = "gửi" if answer.trial else "gửi lại"
    lines = [text] if (text := _describe_standing_version(answer)) else []
    if FindingLevel.REFUSE in levels:
        lines.append(_describe_correction(annotated, send))
    if FindingLevel.CONFIRM in levels:
        lines.append(_describe_confirmation(answer.accepted, annotated, send))
    if answer.findings and not annotated:
        lines.append("Kết quả nằm trong tệp riêng này vì không đánh dấu được ngay trong tệp của đơn vị.")
    return lines


def _describe_standing_version(answer: SubmissionAnswer) -> str:
    """That a content is known, and which version counts where that is not the answer's own."""
    known = "Nội dung tệp này trùng với tệp đơn vị đã gửi trước đây. " if answer.known else ""
    other = answer.standing and (answer.known or (answer.accepted and answer.standing != answer.version))
    return (known + (f"Số liệu đang có hiệu lực: lần nộp {answer.standing}." if other else "")).strip()


def _describe_correction(annotated: bool, send: str) -> str:
    sign = LEVEL_SIGNS[FindingLevel.REFUSE]
    if annotated:
        return (
            f"Sửa các ô {_LEVEL_APPEARANCE[FindingLevel.REFUSE]} ({sign}) ngay trong tệp này rồi {send} chính tệp này. "
            "Bấm vào tên ô ở cột “Ô” để đến ô cần sửa."
        )
    return f"Sửa các nội dung có dấu {sign} trong tệp của đơn vị rồi {send}."


def _describe_confirmation(accepted: bool, annotated: bool, send: str) -> str:
    sign = LEVEL_SIGNS[FindingLevel.CONFIRM]
    cells = f"Ô {_LEVEL_APPEARANCE[FindingLevel.CONFIRM]} ({sign})" if annotated else f"Nội dung có dấu {sign}"
    back = f"{send} chính tệp này" if annotated else f"chép trang này vào tệp của đơn vị và {send}"
    explain = f"{cells}: nếu số liệu đúng, ghi lý do vào cột “{EXPLANATION_HEADER}”"
    return f"{explain}; nếu nhầm, sửa số liệu; sau đó {back}." if accepted else f"{explain}; nếu nhầm, sửa luôn."


def format_cell_comment(findings: Sequence[Finding], office: str) -> str:
    """The comment on a cell: for each finding its level, code, what is wrong and what to do."""
    lines = [f"{COMMENT_HEADING} · {office}" if office else COMMENT_HEADING]
    for finding in findings[:_MAX_COMMENT_FINDINGS]:
        lines.append(f"{format_level_label(finding.level)} ({finding.code})")
        lines.append(clean_xml_text(finding.message)[:_MAX_MESSAGE_LENGTH])
        if finding.hint:
            lines.append(f"Cách xử lý: {clean_xml_text(finding.hint)[:_MAX_MESSAGE_LENGTH]}")
    rest = len(findings) - _MAX_COMMENT_FINDINGS
    if rest > 0:
        lines.append(f"Còn {rest} nội dung khác: xem trang “{RESULT_SHEET}”.")
    return "\n".join(lines)


OWN_COMMENT_START = re.compile(
    rf"^{re.escape(COMMENT_HEADING)}[^\n]*\n\s*[{''.join(LEVEL_SIGNS.values())}] ", re.MULTILINE
)
"""Where our part of a comment begins: its heading, then a line with the sign of a level."""


def split_bold_runs(text: str) -> list[tuple[bool, str]]:
    """A comment as (bold?, text) runs: the lines of heading and level are bold."""
    runs: list[tuple[bool, str]] = []
    starts = (COMMENT_HEADING, *(f"{sign} " for sign in LEVEL_SIGNS.values()))
    for line in text.splitlines(keepends=True):
        bold = line.startswith(starts)
        if runs and runs[-1][0] == bold:
            runs[-1] = (bold, runs[-1][1] + line)
        else:
            runs.append((bold, line))
    return runs


_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


def clean_xml_text(text: str) -> str:
    """Text that an XML file can hold and that cannot turn the line around."""
    return _ESCAPED.sub("_x005F_", _UNPRINTABLE.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n")))
