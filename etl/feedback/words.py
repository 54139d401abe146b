"""Every Vietnamese sentence of the feedback sheet, in one place. Inside the feedback room only; pure."""

from __future__ import annotations

from etl.feedback.given import Comparison, Feedback, Mended, Sent, Share
from etl.model import Finding, Level
from etl.model.numbers import printed

NO_DATA = "chưa có số liệu"
SIGNS = {Level.REFUSE: "■", Level.CONFIRM: "▲", Level.NOTE: "○"}
LEVELS = ("■ Phải sửa", "▲ Cần xác nhận", "○ Ghi nhận")
COMPARED: dict[Comparison, str] = {
    "better": "tốt hơn", "worse": "kém hơn", "same": "bằng nhau", "unclear": "chưa rõ", "few": "mẫu nhỏ", "": "–",
}  # fmt: skip
LEGEND = (
    "Đ: đạt; C: chưa đạt; T: trong kế hoạch phân kỳ; V: vượt kế hoạch phân kỳ (chỉ tiêu càng thấp càng tốt); –: chưa "
    "kết luận. “Chưa có số liệu” không phải là số 0."
)
_MOST = 5
_LONGEST = 170


def legend(given: Feedback, least: int) -> str:
    """How the signs and words of the table of indicators are meant."""
    rule = "chỉ ghi “tốt hơn”, “kém hơn” khi hai khoảng tin cậy 95 % không chồng lên nhau"
    return f"{LEGEND} So với {given.area}: {rule} và mẫu số từ {least} trở lên."


def summary(given: Feedback) -> str:
    """The whole sheet in a few short sentences."""
    assessed = [line for line in given.lines if line.sign in {"Đ", "C"}]
    met = sum(line.sign == "Đ" for line in assessed)
    said = [_summary_of_sent(given), _summary_of_findings(given)]
    if assessed:
        said.append(f"Đạt {met}/{len(assessed)} chỉ tiêu đã kết luận được.")
    return " ".join(said)


def _summary_of_sent(given: Feedback) -> str:
    if any(one.state in {"silent", "refused"} for one in given.sent):
        return f"Đơn vị chưa có đủ báo cáo {given.quarter} được tiếp nhận; đề nghị gửi ngay."
    if all(one.state == "not_due" for one in given.sent):
        return f"Báo cáo {given.quarter} chưa đến hạn nộp."
    late = max(one.late_days for one in given.sent)
    when = f"muộn {late} ngày làm việc" if late else "đúng hạn"
    return f"Đã nhận báo cáo {given.quarter}, {when}."


def _summary_of_findings(given: Feedback) -> str:
    if not any(count.files for count in given.quarters[-1:]):
        return "Chưa có tệp nào của quý này được kiểm tra."
    done = sum(row.count for row in given.mended)
    left = len(given.open)
    rest = f"còn {left} nội dung cần xử lý" if left else "không còn nội dung nào cần xử lý"
    return f"Đã sửa {done} nội dung, {rest}." if done else f"{rest[:1].upper()}{rest[1:]}."


def outcome(one: Sent) -> str:
    """How a form stands against its deadline."""
    return {
        "on_time": "đúng hạn",
        "late": f"muộn {one.late_days} ngày làm việc",
        "refused": "bị trả lại, chưa gửi lại",
        "silent": "quá hạn, chưa gửi",
        "not_due": "chưa gửi, chưa đến hạn",
    }[one.state]


def per_cent(value: float, decimals: int | None = None) -> str:
    """``0.75`` is ``75 %``."""
    return f"{printed(round(value * 100, 6), decimals)} %"


def on_time(share: Share, quarters: int) -> str:
    """The share of forms on time, beside the limit."""
    limit = f"ngưỡng cần xem lại: dưới {per_cent(share.least)}"
    over = f"Đúng hạn trong {quarters} quý gần nhất" if quarters > 1 else "Đúng hạn trong quý"
    if share.low is None:
        return f"{over}: {NO_DATA} ({limit})"
    word = "▼ dưới ngưỡng" if share.low else "đạt ngưỡng"
    return f"{over}: {share.part}/{share.whole} báo cáo ({per_cent(share.part / share.whole, 0)}), {word} ({limit})"


def cells(given: Feedback) -> str:
    """Forms that are not full enough, beside the limit; empty where no form was accepted."""
    shares = [one.cells for one in given.sent if one.cells]
    if not shares:
        return ""
    low = sum(bool(share.low) for share in shares)
    word = f"▼ {low} mẫu dưới ngưỡng" if low else "đạt ngưỡng"
    return f"Tỉ lệ ô có số liệu: {word} (ngưỡng cần xem lại: dưới {per_cent(shares[0].least)})"


def mended_lines(given: Feedback) -> list[str]:
    """What was put right, five lines at most."""
    if not given.mendable:
        return ["Bản mới nhất của quý này chưa được tiếp nhận nên chưa xác định được nội dung đã sửa."]
    if not given.mended:
        return ["Không có nội dung nào được ghi nhận là đã sửa."]
    shown = given.mended[:_MOST] if len(given.mended) <= _MOST else given.mended[: _MOST - 1]
    rest = sum(row.count for row in given.mended[len(shown) :])
    return [*(_mended(row) for row in shown), *([f"và {rest} nội dung khác."] if rest else [])]


def _mended(row: Mended) -> str:
    what = f"{row.title}: {row.element}" if row.element else row.title
    many = f" ({row.count} ô)" if row.count > 1 else ""
    since = "có ở quý trước, quý này không còn" if row.since_quarter else "đã sửa trong quý, ở bản gửi sau"
    return f"{what}{many}: {since} [{row.code}]"


def open_rows(given: Feedback) -> list[tuple[str, str, str]]:
    """(sign and code, where, what is wrong) of what is still to do, five at most."""
    rows = []
    for finding in given.open[:_MOST]:
        where = "!".join(part for part in (finding.sheet, finding.cell) if part)
        rows.append((f"{SIGNS[finding.level]} {finding.code}", where or "cả tệp", _short(finding)))
    return rows


def open_title(given: Feedback) -> str:
    """The heading of what is still to do, with how many there are when not all are shown."""
    more = f" ({_MOST} nội dung quan trọng nhất trong {len(given.open)})" if len(given.open) > _MOST else ""
    return f"Còn phải xử lý{more}"


def _short(finding: Finding) -> str:
    text = " ".join(finding.message.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1].rstrip()}…"
