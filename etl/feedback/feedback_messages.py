"""Every Vietnamese sentence of the feedback sheet, in one place. Inside the feedback room only; pure."""

from __future__ import annotations

from etl.feedback.models import Comparison, FormSubmission, ResolvedFinding, ThresholdShare, UnitFeedback
from etl.model import Finding, FindingLevel
from etl.model.numbers import format_number

NO_DATA = "chưa có số liệu"
SIGNS = {FindingLevel.REFUSE: "■", FindingLevel.CONFIRM: "▲", FindingLevel.NOTE: "○"}
LEVELS = ("■ Phải sửa", "▲ Cần xác nhận", "○ Ghi nhận")
COMPARISON_TEXTS: dict[Comparison, str] = {
    "better": "tốt hơn", "worse": "kém hơn", "same": "bằng nhau", "unclear": "chưa rõ", "few": "mẫu nhỏ", "": "–",
}  # fmt: skip
LEGEND = (
    "Đ: đạt; C: chưa đạt; T: trong kế hoạch phân kỳ; V: vượt kế hoạch phân kỳ (chỉ tiêu càng thấp càng tốt); –: chưa "
    "kết luận. “Chưa có số liệu” không phải là số 0."
)
_MAX_ROWS = 5
_MAX_LENGTH = 170


def format_legend(feedback: UnitFeedback, min_denominator: int) -> str:
    """How the signs and words of the table of indicators are meant."""
    rule = "chỉ ghi “tốt hơn”, “kém hơn” khi hai khoảng tin cậy 95 % không chồng lên nhau"
    return f"{LEGEND} So với {feedback.area}: {rule} và mẫu số từ {min_denominator} trở lên."


def describe_feedback(feedback: UnitFeedback) -> str:
    """The whole sheet in a few short sentences."""
    assessed = [line for line in feedback.lines if line.sign in {"Đ", "C"}]
    met = sum(line.sign == "Đ" for line in assessed)
    summary_sentences = [_describe_submission_state(feedback), _describe_finding_state(feedback)]
    if assessed:
        summary_sentences.append(f"Đạt {met}/{len(assessed)} chỉ tiêu đã kết luận được.")
    return " ".join(summary_sentences)


def _describe_submission_state(feedback: UnitFeedback) -> str:
    if any(one.state in {"silent", "refused"} for one in feedback.sent):
        return f"Đơn vị chưa có đủ báo cáo {feedback.quarter} được tiếp nhận; đề nghị gửi ngay."
    if all(one.state == "not_due" for one in feedback.sent):
        return f"Báo cáo {feedback.quarter} chưa đến hạn nộp."
    late = max(one.late_days for one in feedback.sent)
    when = f"muộn {late} ngày làm việc" if late else "đúng hạn"
    return f"Đã nhận báo cáo {feedback.quarter}, {when}."


def _describe_finding_state(feedback: UnitFeedback) -> str:
    if not any(count.files for count in feedback.quarters[-1:]):
        return "Chưa có tệp nào của quý này được kiểm tra."
    done = sum(row.count for row in feedback.mended)
    left = len(feedback.open)
    rest = f"còn {left} nội dung cần xử lý" if left else "không còn nội dung nào cần xử lý"
    return f"Đã sửa {done} nội dung, {rest}." if done else f"{rest[:1].upper()}{rest[1:]}."


def describe_punctuality(one: FormSubmission) -> str:
    """How a form stands against its deadline."""
    return {
        "on_time": "đúng hạn",
        "late": f"muộn {one.late_days} ngày làm việc",
        "refused": "bị trả lại, chưa gửi lại",
        "silent": "quá hạn, chưa gửi",
        "not_due": "chưa gửi, chưa đến hạn",
    }[one.state]


def format_per_cent(value: float, decimals: int | None = None) -> str:
    """``0.75`` is ``75 %``."""
    return f"{format_number(round(value * 100, 6), decimals)} %"


def describe_on_time_share(share: ThresholdShare, quarters: int) -> str:
    """The share of forms on time, beside the limit."""
    limit = f"ngưỡng cần xem lại: dưới {format_per_cent(share.limit)}"
    over = f"Đúng hạn trong {quarters} quý gần nhất" if quarters > 1 else "Đúng hạn trong quý"
    if share.is_low is None:
        return f"{over}: {NO_DATA} ({limit})"
    word = "▼ dưới ngưỡng" if share.is_low else "đạt ngưỡng"
    return (
        f"{over}: {share.part}/{share.whole} báo cáo ({format_per_cent(share.part / share.whole, 0)}), {word} ({limit})"
    )


def describe_completeness(feedback: UnitFeedback) -> str:
    """Forms that are not full enough, beside the limit; empty where no form was accepted."""
    shares = [one.cells for one in feedback.sent if one.cells]
    if not shares:
        return ""
    low = sum(bool(share.is_low) for share in shares)
    word = f"▼ {low} mẫu dưới ngưỡng" if low else "đạt ngưỡng"
    return f"Tỉ lệ ô có số liệu: {word} (ngưỡng cần xem lại: dưới {format_per_cent(shares[0].limit)})"


def describe_resolved_findings(feedback: UnitFeedback) -> list[str]:
    """What was put right, five lines at most."""
    if not feedback.mendable:
        return ["Bản mới nhất của quý này chưa được tiếp nhận nên chưa xác định được nội dung đã sửa."]
    if not feedback.mended:
        return ["Không có nội dung nào được ghi nhận là đã sửa."]
    shown = feedback.mended[:_MAX_ROWS] if len(feedback.mended) <= _MAX_ROWS else feedback.mended[: _MAX_ROWS - 1]
    rest = sum(row.count for row in feedback.mended[len(shown) :])
    return [*(_describe_resolved_finding(row) for row in shown), *([f"và {rest} nội dung khác."] if rest else [])]


def _describe_resolved_finding(row: ResolvedFinding) -> str:
    what = f"{row.title}: {row.element}" if row.element else row.title
    many = f" ({row.count} ô)" if row.count > 1 else ""
    since = "có ở quý trước, quý này không còn" if row.since_quarter else "đã sửa trong quý, ở bản gửi sau"
    return f"{what}{many}: {since} [{row.code}]"


def build_open_finding_rows(feedback: UnitFeedback) -> list[tuple[str, str, str]]:
    """(sign and code, where, what is wrong) of what is still to do, five at most."""
    rows = []
    for finding in feedback.open[:_MAX_ROWS]:
        where = "!".join(part for part in (finding.sheet, finding.cell) if part)
        rows.append((f"{SIGNS[finding.level]} {finding.code}", where or "cả tệp", _shorten_message(finding)))
    return rows


def format_open_findings_title(feedback: UnitFeedback) -> str:
    """The heading of what is still to do, with how many there are when not all are shown."""
    more = (
        f" ({_MAX_ROWS} nội dung quan trọng nhất trong {len(feedback.open)})" if len(feedback.open) > _MAX_ROWS else ""
    )
    return f"Còn phải xử lý{more}"


def _shorten_message(finding: Finding) -> str:
    text = " ".join(finding.message.split())
    return text if len(text) <= _MAX_LENGTH else f"{text[: _MAX_LENGTH - 1].rstrip()}…"
