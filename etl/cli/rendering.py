"""Trails and differences in Vietnamese, line by line, for a person at a shell. Adds nothing and leaves out no doubt."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from typing import Any

from etl.core.instance import Result
from etl.model import Period
from etl.model.vietnam_time import VIETNAM_ZONE

_MAX_FIRST_CELLS = 12
"""Cells listed of a delivery that is the unit's first: the rest is counted (all of them are in the JSON)."""
_CELL_STATE_LABELS = {
    "missing": "để trống", "not_applicable": "không thuộc phạm vi", "unreliable": "không tin cậy",
    "estimated": "ước tính",
}  # fmt: skip
_DERIVATION_LABELS = {
    "own": "lấy từ biểu của cả kỳ", "last": "lấy số cuối kỳ", "sum": "cộng các kỳ trong năm",
    "none": "không đủ số liệu",
}  # fmt: skip
_CORRECTION_STATE_LABELS = {
    None: "chưa có", "applied": "đang áp dụng", "guard_failed": "không áp dụng: giá trị trong ô đã khác",
    "resubmitted": "hết hiệu lực: đơn vị đã gửi lại", "ended": "hết hạn", "not_reported": "chưa có ô để đính chính",
}  # fmt: skip
_STATUS_LABELS = {
    "met": "đạt", "not_met": "chưa đạt", "within_plan": "trong kế hoạch", "over_plan": "vượt mức kế hoạch",
    "no_data": "chưa có số liệu", "no_new_figure": "chưa có số liệu mới", "no_verdict": "chưa kết luận",
    "not_assessed": "không đánh giá ở địa phương", "track": "theo dõi",
}  # fmt: skip
_PROGRESS_LABELS = {
    "": "không tính tiến độ", "on_track": "đúng tiến độ", "needs_acceleration": "cần đẩy nhanh", "limited": "chậm",
    "moving_away": "xa dần mục tiêu", "maintain": "duy trì",
}  # fmt: skip
_ENTRY_KIND_LABELS = {
    "plan": "kế hoạch", "target": "mục tiêu", "task": "nhiệm vụ", "indicator": "chỉ tiêu", "unit": "đơn vị",
    "succession": "kế tục đơn vị", "dataelement": "số liệu gốc", "expected": "biểu phải nộp", "form": "biểu mẫu",
    "column": "cột biểu mẫu", "regime": "chế độ báo cáo", "scope": "phạm vi", "correction": "đính chính",
    "holidaycorrection": "ngày nghỉ", "relation": "quan hệ số liệu", "actor": "cơ quan",
}  # fmt: skip


# --- the trail -----------------------------------------------------------------------------------------


def format_trace_lines(trace: Result) -> Iterator[str]:
    """A trail as a tree, from the printed number to the files."""
    report, unit = trace["report"], trace["unit"]
    indicator = trace["indicator"] or {"name": "", "code": "", "unit": ""}
    yield (
        f"Báo cáo số {report['id']}: {report['plan']}, {Period.parse(report['period']).name}; "
        f"số liệu chốt lúc {_format_trace_time(report['snapshot']['at'])} (bản chụp {report['snapshot']['id'][:12]})"
    )
    yield f"{indicator['name']} ({indicator['code']}) – {unit['name']}"
    for number in trace["numbers"]:
        printed, computed = number["printed"], number["computed"]
        printed_text = printed["text"] if printed else "không còn tệp số liệu của báo cáo để đối chiếu"
        yield f"├─ Mục {number['item']}: in trong báo cáo: {printed_text}"
        yield f"│    tính lại từ kho: {_format_computed_number(computed)}"
        for name in computed["corrections"]:
            yield f"│    có đính chính: {name}"
    if trace["reproduces"]:
        yield "├─ KHỚP: số đã in được tính lại đúng từ kho số liệu."
    for problem in trace["problems"]:
        yield f"├─ !!! KHÔNG KHỚP: {problem}"
    if trace["walk"]:
        yield from _format_contribution_lines(trace["walk"])
    else:
        yield "└─ Không có ô số liệu nào làm nên số này."


def _format_computed_number(c: Result) -> str:
    text = _format_trace_number(c["value"])
    if c["numerator"] is not None:
        text += f" = {_format_trace_number(c['numerator'])} : {_format_trace_number(c['denominator'])}"
    parts = [text, f"{c['present']}/{c['expected']} đơn vị có đủ số liệu"]
    parts += [f"số của kỳ {c['as_of']}"] if c["as_of"] else []
    parts += ["có số ước tính"] if c["estimated"] else []
    return "; ".join(parts)


def _format_contribution_lines(walk: Result) -> Iterator[str]:
    delivery_labels = {number: f"[{i}]" for i, number in enumerate(walk["deliveries"], start=1)}
    yield f"├─ Các đơn vị gốc, kỳ {walk['period']} ({walk['present']}/{walk['expected']} được cộng):"
    for leaf in walk["leaves"]:
        share = "" if leaf["share"] == "1" else f", phần {leaf['share']}"
        state = "được cộng" if leaf["included"] else f"KHÔNG cộng: {leaf['why']}"
        yield f"│  ├─ {leaf['name']} ({leaf['unit']}{share}): {state}"
        for cell in leaf["cells"]:
            side = "tử số" if cell["side"] == "numerator" else "mẫu số"
            value = _format_trace_content(cell["state"], cell["value"])
            yield f"│  │  ├─ {side}, {cell['name']}: {value}, {_DERIVATION_LABELS[cell['way']]}"
            for source in cell["sources"]:
                yield from _format_source_lines(source, delivery_labels, "│  │  │  ")
    yield "└─ Tệp nguồn:"
    for number, origin in walk["deliveries"].items():
        yield (
            f"   {delivery_labels[number]} {origin['original_name']}, thư mục {origin['folder']}, "
            f"nhận {_format_trace_time(origin['received_at'])}, sha256 {origin['sha256']}"
        )
        yield (
            f"       kiểm tra {_format_trace_time(origin['decided_at'])} theo bộ quy tắc {origin['judged_by'] or '-'}: "
            f"{origin['refusals']} lỗi, {origin['confirmations']} cần xác nhận, {origin['notes']} lưu ý"
        )


def _format_source_lines(source: Result, delivery_labels: dict[str, str], indent: str) -> Iterator[str]:
    delivery_label = delivery_labels.get(str(source["delivery"]), "")
    yield (
        f"{indent}└─ {delivery_label} {source['sheet']}!{source['cell']} kỳ {source['period']}, "
        f"lần gửi {source['version']}: "
        f"{_format_trace_content(source['state'], source['value'])} (trong tệp ghi “{source['raw']}”)"
    )
    for agreed in source["corrections"]:
        became = _format_trace_content(agreed["becomes"]["state"], agreed["becomes"]["value"])
        yield (
            f"{indent}     đính chính {agreed['id']} thành {became}, {agreed['requested_by']} đề nghị ngày "
            f"{agreed['requested_on']}, lý do: {agreed['reason']}; {agreed['why'] or 'đang áp dụng'}"
        )
    for check in source["checks"]:
        yield f"{indent}     {check['code']}: {check['message']}"
        if check["words"]:
            yield f"{indent}     đơn vị giải trình: {check['words']}"
    for older in source["superseded"]:
        yield (
            f"{indent}     đã thay: lần gửi {older['version']} {delivery_labels.get(str(older['delivery']), '')} "
            f"{older['sheet']}!{older['cell']}: {_format_trace_content(older['state'], older['value'])}"
        )


# --- the difference --------------------------------------------------------------------------------------


def format_difference_lines(difference: Result) -> Iterator[str]:
    """What changed, from deliveries to verdicts."""
    yield (
        f"{difference['scope']}, {Period.parse(difference['period']).name}: "
        f"từ {_format_trace_time(difference['from']['at'])} "
        f"đến {_format_trace_time(difference['to']['at'])}"
    )
    if not difference["changed"]:
        yield "Không có gì thay đổi."
        return
    for part, lines in (
        ("Tệp đã nhận", [line for d in difference["deliveries"] for line in _format_delivery_lines(d)]),
        ("Danh mục thay đổi", [_format_catalogue_change(fact) for fact in difference["catalogue"]]),
        ("Đính chính", [_format_correction_change(turn) for turn in difference["corrections"]]),
        ("Số liệu thay đổi", [_format_figure_change(row) for row in difference["figures"]]),
        ("Kết luận thay đổi", [_format_verdict_change(row) for row in difference["verdicts"]]),
    ):
        if lines:
            yield f"{part}:"
            yield from (f"  {line}" for line in lines)


def _format_delivery_lines(d: Result) -> Iterator[str]:
    yield (
        f"{d['reporter_name']} ({d['reporter']}), kỳ {d['period']}, lần gửi {d['version']}: {d['original_name']}, "
        f"thư mục {d['folder']}, nhận {_format_trace_time(d['received_at'])}, sha256 {d['sha256'][:12]}; "
        f"{len(d['cells'])} ô"
    )
    shown = d["cells"] if d["version_before"] else d["cells"][:_MAX_FIRST_CELLS]
    for cell in shown:
        before, after = (
            _format_trace_content(c["state"], c["value"], c["words"]) for c in (cell["before"], cell["after"])
        )
        yield f"  {cell['sheet']}!{cell['cell']} {cell['unit_name']}, {cell['name']}: {before} → {after}"
    if len(shown) < len(d["cells"]):
        yield f"  … và {len(d['cells']) - len(shown)} ô khác (xem đủ với --json)"


def _format_catalogue_change(fact: Result) -> str:
    name = f"{_ENTRY_KIND_LABELS.get(fact['kind'], fact['kind'])} {fact['key']}"
    if not fact["field"]:
        return f"{name}: {'thêm mới' if fact['before'] is None else 'bỏ khỏi danh mục'}"
    return f"{name}, {fact['field']}: {_format_plain_value(fact['before'])} → {_format_plain_value(fact['after'])}"


def _format_correction_change(turn: Result) -> str:
    before, after = (_CORRECTION_STATE_LABELS.get(turn[end], str(turn[end])) for end in ("before", "after"))
    return f"{turn['correction']}: {before} → {after}"


def _format_figure_change(row: Result) -> str:
    before, after = (_format_compared_figure(row[end]) for end in ("before", "after"))
    return f"{row['plan']} mục {row['item']} ({row['indicator']}), {row['unit_name']}: {before} → {after}"


def _format_compared_figure(end: Result | None) -> str:
    if end is None:
        return "không có"
    counts = (
        ""
        if end["numerator"] is None
        else f" ({_format_trace_number(end['numerator'])}/{_format_trace_number(end['denominator'])})"
    )
    aim = "" if end["target"] is None else f", mức {_format_trace_number(end['target'])}"
    return f"{_format_trace_number(end['value'])}{counts}{aim}, {end['present']}/{end['expected']} đơn vị"


def _format_verdict_change(row: Result) -> str:
    before, after = (_format_compared_verdict(row[end]) for end in ("before", "after"))
    return f"{row['plan']} mục {row['item']} ({row['indicator']}), {row['unit_name']}: {before} → {after}"


def _format_compared_verdict(end: Result | None) -> str:
    if end is None:
        return "không có"
    status = _STATUS_LABELS.get(end["status"], end["status"])
    return f"{status}, {_PROGRESS_LABELS.get(end['progress_class'], end['progress_class'])}"


# --- words -----------------------------------------------------------------------------------------------


def _format_trace_time(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(VIETNAM_ZONE).strftime("%Hh%M:%S ngày %d/%m/%Y")


def _format_trace_content(state: str, value: Any, words: str = "") -> str:
    if words:
        return f"“{words}”"
    state_label = _CELL_STATE_LABELS.get(state, "")
    return (
        " ".join(part for part in (state_label, "" if value is None else _format_trace_number(str(value))) if part)
        or "không có"
    )


def _format_trace_number(value: Any) -> str:
    """A number as Vietnamese write it, to six decimals at most; … marks that there are more."""
    if value is None:
        return "không có"
    exact = Fraction(str(value))
    text = f"{float(exact):,.6f}".rstrip("0").rstrip(".") if exact.denominator != 1 else f"{int(exact):,}"
    more = "…" if exact.denominator != 1 and Fraction(text.replace(",", "")) != exact else ""
    return text.translate(str.maketrans(",.", ".,")) + more


def _format_plain_value(value: Any) -> str:
    return "không có" if value in (None, "") else str(value)
