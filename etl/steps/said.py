"""Trails and differences in Vietnamese, line by line, for a person at a shell. Adds nothing and leaves out no doubt."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from etl.model import Period
from etl.steps.common import Result

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_FEW = 12
"""Cells listed of a delivery that is the unit's first: the rest is counted (all of them are in the JSON)."""
_STATES = {
    "missing": "để trống", "not_applicable": "không thuộc phạm vi", "unreliable": "không tin cậy",
    "estimated": "ước tính",
}  # fmt: skip
_WAYS = {
    "own": "lấy từ biểu của cả kỳ", "last": "lấy số cuối kỳ", "sum": "cộng các kỳ trong năm",
    "none": "không đủ số liệu",
}  # fmt: skip
_STANDINGS = {
    None: "chưa có", "applied": "đang áp dụng", "guard_failed": "không áp dụng: giá trị trong ô đã khác",
    "resubmitted": "hết hiệu lực: đơn vị đã gửi lại", "ended": "hết hạn", "not_reported": "chưa có ô để đính chính",
}  # fmt: skip
_STATUSES = {
    "met": "đạt", "not_met": "chưa đạt", "within_plan": "trong kế hoạch", "over_plan": "vượt mức kế hoạch",
    "no_data": "chưa có số liệu", "no_new_figure": "chưa có số liệu mới", "no_verdict": "chưa kết luận",
    "not_assessed": "không đánh giá ở địa phương", "track": "theo dõi",
}  # fmt: skip
_CLASSES = {
    "": "không tính tiến độ", "on_track": "đúng tiến độ", "needs_acceleration": "cần đẩy nhanh", "limited": "chậm",
    "moving_away": "xa dần mục tiêu", "maintain": "duy trì",
}  # fmt: skip
_KINDS = {
    "plan": "kế hoạch", "target": "mục tiêu", "task": "nhiệm vụ", "indicator": "chỉ tiêu", "unit": "đơn vị",
    "succession": "kế tục đơn vị", "dataelement": "số liệu gốc", "expected": "biểu phải nộp", "form": "biểu mẫu",
    "column": "cột biểu mẫu", "regime": "chế độ báo cáo", "scope": "phạm vi", "correction": "đính chính",
    "holidaycorrection": "ngày nghỉ", "relation": "quan hệ số liệu", "actor": "cơ quan",
}  # fmt: skip


# --- the trail -----------------------------------------------------------------------------------------


def trail_lines(found: Result) -> Iterator[str]:
    """A trail as a tree, from the printed number to the files."""
    report, unit = found["report"], found["unit"]
    indicator = found["indicator"] or {"name": "", "code": "", "unit": ""}
    yield (
        f"Báo cáo số {report['id']}: {report['plan']}, {Period.parse(report['period']).name}; "
        f"số liệu chốt lúc {_moment(report['snapshot']['at'])} (bản chụp {report['snapshot']['id'][:12]})"
    )
    yield f"{indicator['name']} ({indicator['code']}) – {unit['name']}"
    for number in found["numbers"]:
        printed, computed = number["printed"], number["computed"]
        said = printed["text"] if printed else "không còn tệp số liệu của báo cáo để đối chiếu"
        yield f"├─ Mục {number['item']}: in trong báo cáo: {said}"
        yield f"│    tính lại từ kho: {_computed(computed)}"
        for name in computed["corrections"]:
            yield f"│    có đính chính: {name}"
    if found["reproduces"]:
        yield "├─ KHỚP: số đã in được tính lại đúng từ kho số liệu."
    for problem in found["problems"]:
        yield f"├─ !!! KHÔNG KHỚP: {problem}"
    if found["walk"]:
        yield from _walk_lines(found["walk"])
    else:
        yield "└─ Không có ô số liệu nào làm nên số này."


def _computed(c: Result) -> str:
    text = _number(c["value"])
    if c["numerator"] is not None:
        text += f" = {_number(c['numerator'])} : {_number(c['denominator'])}"
    parts = [text, f"{c['present']}/{c['expected']} đơn vị có đủ số liệu"]
    parts += [f"số của kỳ {c['as_of']}"] if c["as_of"] else []
    parts += ["có số ước tính"] if c["estimated"] else []
    return "; ".join(parts)


def _walk_lines(walk: Result) -> Iterator[str]:
    marks = {number: f"[{i}]" for i, number in enumerate(walk["deliveries"], start=1)}
    yield f"├─ Các đơn vị gốc, kỳ {walk['period']} ({walk['present']}/{walk['expected']} được cộng):"
    for leaf in walk["leaves"]:
        share = "" if leaf["share"] == "1" else f", phần {leaf['share']}"
        state = "được cộng" if leaf["included"] else f"KHÔNG cộng: {leaf['why']}"
        yield f"│  ├─ {leaf['name']} ({leaf['unit']}{share}): {state}"
        for cell in leaf["cells"]:
            side = "tử số" if cell["side"] == "numerator" else "mẫu số"
            value = _content(cell["state"], cell["value"])
            yield f"│  │  ├─ {side}, {cell['name']}: {value}, {_WAYS[cell['way']]}"
            for source in cell["sources"]:
                yield from _source_lines(source, marks, "│  │  │  ")
    yield "└─ Tệp nguồn:"
    for number, origin in walk["deliveries"].items():
        yield (
            f"   {marks[number]} {origin['original_name']}, thư mục {origin['folder']}, "
            f"nhận {_moment(origin['received_at'])}, sha256 {origin['sha256']}"
        )
        yield (
            f"       kiểm tra {_moment(origin['decided_at'])} theo bộ quy tắc {origin['judged_by'] or '-'}: "
            f"{origin['refusals']} lỗi, {origin['confirmations']} cần xác nhận, {origin['notes']} lưu ý"
        )


def _source_lines(source: Result, marks: dict[str, str], indent: str) -> Iterator[str]:
    mark = marks.get(str(source["delivery"]), "")
    yield (
        f"{indent}└─ {mark} {source['sheet']}!{source['cell']} kỳ {source['period']}, lần gửi {source['version']}: "
        f"{_content(source['state'], source['value'])} (trong tệp ghi “{source['raw']}”)"
    )
    for agreed in source["corrections"]:
        became = _content(agreed["becomes"]["state"], agreed["becomes"]["value"])
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
            f"{indent}     đã thay: lần gửi {older['version']} {marks.get(str(older['delivery']), '')} "
            f"{older['sheet']}!{older['cell']}: {_content(older['state'], older['value'])}"
        )


# --- the difference --------------------------------------------------------------------------------------


def difference_lines(found: Result) -> Iterator[str]:
    """What changed, from deliveries to verdicts."""
    yield (
        f"{found['scope']}, {Period.parse(found['period']).name}: từ {_moment(found['from']['at'])} "
        f"đến {_moment(found['to']['at'])}"
    )
    if not found["changed"]:
        yield "Không có gì thay đổi."
        return
    for part, lines in (
        ("Tệp đã nhận", [line for d in found["deliveries"] for line in _delivery_lines(d)]),
        ("Danh mục thay đổi", [_fact_line(fact) for fact in found["catalogue"]]),
        ("Đính chính", [_turn_line(turn) for turn in found["corrections"]]),
        ("Số liệu thay đổi", [_figure_line(row) for row in found["figures"]]),
        ("Kết luận thay đổi", [_verdict_line(row) for row in found["verdicts"]]),
    ):
        if lines:
            yield f"{part}:"
            yield from (f"  {line}" for line in lines)


def _delivery_lines(d: Result) -> Iterator[str]:
    yield (
        f"{d['reporter_name']} ({d['reporter']}), kỳ {d['period']}, lần gửi {d['version']}: {d['original_name']}, "
        f"thư mục {d['folder']}, nhận {_moment(d['received_at'])}, sha256 {d['sha256'][:12]}; {len(d['cells'])} ô"
    )
    shown = d["cells"] if d["version_before"] else d["cells"][:_FEW]
    for cell in shown:
        before, after = (_content(c["state"], c["value"], c["words"]) for c in (cell["before"], cell["after"]))
        yield f"  {cell['sheet']}!{cell['cell']} {cell['unit_name']}, {cell['name']}: {before} → {after}"
    if len(shown) < len(d["cells"]):
        yield f"  … và {len(d['cells']) - len(shown)} ô khác (xem đủ với --json)"


def _fact_line(fact: Result) -> str:
    name = f"{_KINDS.get(fact['kind'], fact['kind'])} {fact['key']}"
    if not fact["field"]:
        return f"{name}: {'thêm mới' if fact['before'] is None else 'bỏ khỏi danh mục'}"
    return f"{name}, {fact['field']}: {_plain(fact['before'])} → {_plain(fact['after'])}"


def _turn_line(turn: Result) -> str:
    before, after = (_STANDINGS.get(turn[end], str(turn[end])) for end in ("before", "after"))
    return f"{turn['correction']}: {before} → {after}"


def _figure_line(row: Result) -> str:
    before, after = (_figure(row[end]) for end in ("before", "after"))
    return f"{row['plan']} mục {row['item']} ({row['indicator']}), {row['unit_name']}: {before} → {after}"


def _figure(end: Result | None) -> str:
    if end is None:
        return "không có"
    counts = "" if end["numerator"] is None else f" ({_number(end['numerator'])}/{_number(end['denominator'])})"
    aim = "" if end["target"] is None else f", mức {_number(end['target'])}"
    return f"{_number(end['value'])}{counts}{aim}, {end['present']}/{end['expected']} đơn vị"


def _verdict_line(row: Result) -> str:
    before, after = (_verdict(row[end]) for end in ("before", "after"))
    return f"{row['plan']} mục {row['item']} ({row['indicator']}), {row['unit_name']}: {before} → {after}"


def _verdict(end: Result | None) -> str:
    if end is None:
        return "không có"
    status = _STATUSES.get(end["status"], end["status"])
    return f"{status}, {_CLASSES.get(end['progress_class'], end['progress_class'])}"


# --- words -----------------------------------------------------------------------------------------------


def _moment(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(ZONE).strftime("%Hh%M:%S ngày %d/%m/%Y")


def _content(state: str, value: Any, words: str = "") -> str:
    if words:
        return f"“{words}”"
    said = _STATES.get(state, "")
    return " ".join(part for part in (said, "" if value is None else _number(str(value))) if part) or "không có"


def _number(value: Any) -> str:
    """A number as Vietnamese write it, to six decimals at most; … marks that there are more."""
    if value is None:
        return "không có"
    exact = Fraction(str(value))
    text = f"{float(exact):,.6f}".rstrip("0").rstrip(".") if exact.denominator != 1 else f"{int(exact):,}"
    more = "…" if exact.denominator != 1 and Fraction(text.replace(",", "")) != exact else ""
    return text.translate(str.maketrans(",.", ".,")) + more


def _plain(value: Any) -> str:
    return "không có" if value in (None, "") else str(value)
