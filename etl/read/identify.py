"""Which form, unit and period a workbook is for: from its hidden stamp, else from the printed lines above its tables.

Read room, child process only. Where stamp and printed lines disagree, or sheets among themselves, nothing is chosen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from etl.catalog import Catalogue, models
from etl.catalog.calendar import LAST_CUT_OFF, compute_administrative_bounds
from etl.catalog.layout import MANIFEST_SHEET, MANIFEST_STAMP, FormLayout, format_cell_name
from etl.catalog.obligations import list_collecting_scopes, list_obligations
from etl.errors import UsageError
from etl.model import FormStamp, Period
from etl.read import unit_matching
from etl.read.preflight import RawFinding
from etl.read.sheet_template import SheetTemplate, normalize_label
from etl.read.values import fold_whitespace
from etl.read.workbook_file import Rows, WorkbookFile

_DEEPEST = 25
_UNIT = re.compile(r"đơn vị báo cáo ?:? ?(.*)")
_PERIOD = re.compile(r"(?:kì|kỳ) báo cáo ?:? ?(.*)")
_VERSION = re.compile(r"phiên bản ?:? ?([\w.]+)")
_DAYS = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_YEAR = r"(?:,? ?năm|/|-|,)? ?(\d{4})"
_PERIODS = (
    (re.compile(rf"(?:qu[íýiy]|q) ?(iv|i{{1,3}}|[1-4]|một|hai|ba|bốn|tư)(?!\w){_YEAR}"), "Q"),
    (re.compile(r"(?P<year>\d{4}) ?q([1-4])(?!\w)"), "Q"),
    (re.compile(rf"6 tháng (đầu|cuối){_YEAR}"), "H"),
    (re.compile(rf"9 tháng(?: đầu)?{_YEAR}"), "N"),
    (re.compile(rf"tháng ?(\d{{1,2}}){_YEAR}"), "M"),
    (re.compile(r"năm (\d{4})"), "Y"),
)
_INDEX = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "đầu": 1, "cuối": 2, "một": 1, "hai": 2, "ba": 3, "bốn": 4, "tư": 4}
_PERIOD_KEY = re.compile(r"(?<!\w)\d{4} ?q[1-4](?!\w)")
_PRINTED_YEAR = _PERIODS[-1][0]
_MONTHS = re.compile(rf"(?:các )?tháng (\d{{1,2}}(?:(?:,| và|;| -|-| đến) ?(?:tháng )?\d{{1,2}})+){_YEAR}")
_SPAN = re.compile(
    r"(?:từ )?(?:ngày )?(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}) ?(?:-|đến|tới) ?(?:hết )?(?:ngày )?"
    r"(?:\d{1,2})[/.-](\d{1,2})[/.-](\d{4})"
)
_FILE_NAME = re.compile(r"([0-9A-Z-]+)_(\d{4}[A-Z0-9-]*)_([a-z][a-z-]*[a-z])(?![a-z-])")
_NOTED_UNIT = re.compile(r"đơn vị(?: tính)? ?: ?(.+)|đvt ?: ?(.+)")
_SCALED = re.compile(r"(?<!\w)(?:nghìn|ngàn|triệu|tỉ|tỷ|trăm|chục|vạn|1\.?000|%)(?!\w)")


@dataclass(frozen=True)
class PrintedTitle:
    """What one sheet's printed lines say, as read; empty where they say nothing. Places are (row, column)."""

    sheet: str
    forms: tuple[str, ...] = ()
    version: str = ""
    unit: str = ""
    period: str = ""
    period_key: str = ""
    places: tuple[tuple[str, tuple[int, int]], ...] = ()

    def format_cell_name(self, part: str) -> str:
        """The A1 name of the line that says a part."""
        return format_cell_name(*dict(self.places).get(part, (0, 0)))


def read_stamp(workbook_file: WorkbookFile) -> FormStamp | None:
    """The stamp of the hidden sheet, if it is whole."""
    if MANIFEST_SHEET not in workbook_file.names:
        return None
    stamp_values: dict[str, str] = {}
    if workbook_file.kind == "xlsx":
        top = workbook_file.read_top_texts(MANIFEST_SHEET)
        stamp_values = {
            fold_whitespace(top.get(f"A{n}", "")): fold_whitespace(top.get(f"B{n}", ""))
            for n in range(1, len(MANIFEST_STAMP) + 1)
        }
    if not all(stamp_values.get(key) for key in MANIFEST_STAMP):
        rows = workbook_file.read_rows(MANIFEST_SHEET)[: len(MANIFEST_STAMP)]
        stamp_values = {fold_whitespace(row[0]): fold_whitespace(row[1]) for row in rows if len(row) > 1}
    if not all(stamp_values.get(key) for key in MANIFEST_STAMP):
        return None
    return FormStamp(*(stamp_values[key] for key in MANIFEST_STAMP))


def read_title(sheet: str, rows: Rows, catalogue: Catalogue) -> PrintedTitle:
    """The printed lines of one sheet."""
    printed_parts: dict[str, str] = {}
    places: dict[str, tuple[int, int]] = {}
    forms: tuple[str, ...] = ()
    for row, line in enumerate(rows[:_DEEPEST]):
        for col, value in enumerate(line):
            if type(value) is not str or not value:
                continue
            for part, text in _parse_title_parts(value, line[col + 1 :]):
                printed_parts.setdefault(part, text)
                places.setdefault(part, (row, col))
            forms = forms or _find_printed_forms(normalize_label(value), catalogue)
    key = parse_printed_period(normalize_label(printed_parts.get("period", "")))
    return PrintedTitle(
        sheet,
        forms,
        printed_parts.get("version", ""),
        printed_parts.get("unit", ""),
        printed_parts.get("period", ""),
        key,
        tuple(places.items()),
    )


def _parse_title_parts(value: str, after: Sequence[object]) -> Iterator[tuple[str, str]]:
    """What a cell says of unit, period and version; it may stand in the next filled cell."""
    text, after_colon = normalize_label(value), value.partition(":")[2].strip()
    for part, pattern in (("unit", _UNIT), ("period", _PERIOD)):
        match = pattern.match(text)
        if match:
            yield part, after_colon or match[1] or next((fold_whitespace(v) for v in after if v != ""), "")
    match = _VERSION.search(text)
    if match:
        yield "version", match[1].rstrip(".")


def _find_printed_forms(text: str, catalogue: Catalogue) -> tuple[str, ...]:
    """Forms whose symbol stands in a line."""
    return tuple(
        f.id
        for f in catalogue.forms.values()
        if re.search(rf"(?<!\w){re.escape(normalize_label(f.symbol))}(?![\w-])", text)
    )


def parse_printed_period(text: str) -> str:
    """The key of a period printed in words (``quý III năm 2024``), empty if it is none or its days say another."""
    for pattern, kind in _PERIODS:
        match = pattern.match(text)
        if match is None:
            continue
        groups = [g for name, g in enumerate(match.groups(), 1) if name != match.re.groupindex.get("year")]
        index = _INDEX.get(groups[0], 0) or int(groups[0])
        year = match["year"] if "year" in match.re.groupindex else match[match.lastindex or 1]
        key = {"Q": f"{year}Q{index}", "H": f"{year}H{index}", "N": f"{year}N", "M": f"{year}-{index:02d}", "Y": year}
        return _check_period_days(key[kind], text)
    return _parse_month_span(text)


def _parse_month_span(text: str) -> str:
    """The key of a period printed as months (``tháng 4, 5, 6 năm 2024``) or as its first and last day."""
    months, span = _MONTHS.match(text), _SPAN.match(text)
    if months:
        numbers, year, last_year = [int(n) for n in re.findall(r"\d+", months[1])], months[2], months[2]
    elif span:
        numbers, year, last_year = [int(span[2]), int(span[4])], span[3], span[5]
    else:
        return ""
    first, last = numbers[0], numbers[-1]
    for key, ends in (("N", (1, 9)), ("H1", (1, 6)), ("H2", (7, 12)), ("", (1, 12))):
        if (first, last) == ends and year == last_year:
            return year + key
    is_quarter = first % 3 == 1 and last == first + 2 and year == last_year and sorted(numbers) == numbers
    return f"{year}Q{last // 3}" if is_quarter else ""


def _check_period_days(key: str, text: str) -> str:
    try:
        period = Period.parse(key)
    except UsageError:
        return ""
    days = [(int(d), int(mo), int(y)) for d, mo, y in _DAYS.findall(text)]
    return key if not days or _are_period_days(period, days) else ""


def _are_period_days(period: Period, days: Sequence[tuple[int, int, int]]) -> bool:
    """Whether (day, month, year) twice are the ends of a period: of whole months, or from one cut-off to another."""
    if days == [(day.day, day.month, day.year) for day in (period.start, period.end)]:
        return True
    if len(days) != 2 or not 1 <= days[1][0] <= LAST_CUT_OFF:
        return False
    ends = compute_administrative_bounds(period, days[1][0])
    return list(days) == [(day.day, day.month, day.year) for day in ends]


# --- the stamp is lost ----------------------------------------------------------------------------


def find_stamp_in_titles(titles: Sequence[PrintedTitle], catalogue: Catalogue) -> tuple[FormStamp | None, RawFinding]:
    """A stamp from printed lines, with the note that says so; or no stamp and the reason."""
    titles_with_form = [t for t in titles if t.forms]
    if not titles_with_form:
        return None, RawFinding("S01", slots=(("detail", "không thấy ký hiệu biểu ở đầu trang"),))
    first = titles_with_form[0]
    for other in titles_with_form[1:]:
        if other.forms != first.forms or normalize_label(_format_title(other)) != normalize_label(_format_title(first)):
            slots = (("expected", _format_title(first)), ("found", _format_title(other)))
            return None, RawFinding("S20", other.sheet, other.format_cell_name("unit"), _format_title(other), slots)
    if len(first.forms) != 1 or not first.version:
        return None, RawFinding("S01", first.sheet, slots=(("detail", "ký hiệu hoặc phiên bản biểu không rõ"),))
    return _build_stamp(first, catalogue)


def _build_stamp(title: PrintedTitle, catalogue: Catalogue) -> tuple[FormStamp | None, RawFinding]:
    form = title.forms[0]
    if not title.period_key or not list_collecting_scopes(catalogue, form):
        detail = f"không hiểu kỳ báo cáo “{title.period}”"
        return None, RawFinding(
            "S01", title.sheet, title.format_cell_name("period"), title.period, (("detail", detail),)
        )
    units = _list_owing_units(catalogue, form, Period.parse(title.period_key))
    match = unit_matching.match_unit(title.unit, units) if title.unit else None
    if match is None or not match.code:
        close = f"; có phải là: {', '.join(match.suggestions)}?" if match and match.suggestions else ""
        detail = f"không nhận ra tên đơn vị “{title.unit}”{close}"
        return None, RawFinding("S01", title.sheet, title.format_cell_name("unit"), title.unit, (("detail", detail),))
    name = next(u.name for u in units if u.code == match.code)
    slots = (("found", f"{title.forms[0]}, {name}, {Period.parse(title.period_key).name}"),)
    return FormStamp(form, title.version, match.code, title.period_key), RawFinding("S19", slots=slots)


def _list_owing_units(catalogue: Catalogue, form: str, period: Period) -> tuple[models.Unit, ...]:
    """The units that owe a form for a period, whatever scope they owe it to."""
    scopes = list_collecting_scopes(catalogue, form)
    return tuple(unit for s in scopes for _, f, unit in list_obligations(catalogue, s, period) if f.id == form)


def _format_title(title: PrintedTitle) -> str:
    return "; ".join(part for part in (title.unit, title.period, title.version) if part)


# --- stamp and printed lines ----------------------------------------------------------------------


def check_title(
    title: PrintedTitle, stamp: FormStamp, form_layout: FormLayout, catalogue: Catalogue
) -> RawFinding | None:
    """What a sheet's printed lines say against the stamp; what they do not say, or not clearly, counts nothing."""
    if title.forms and stamp.form not in title.forms:
        return _build_title_finding(title, "version", catalogue.forms[title.forms[0]].symbol, form_layout.form.symbol)
    if title.version and title.version != normalize_label(stamp.version):
        return _build_title_finding(title, "version", f"phiên bản {title.version}", f"phiên bản {stamp.version}")
    if title.period_key and title.period_key != stamp.period:
        return _build_title_finding(title, "period", Period.parse(title.period_key).name, form_layout.period.name)
    if title.unit and normalize_label(form_layout.unit.name) != normalize_label(title.unit):
        units = tuple(u for u in catalogue.units if u.level == form_layout.unit.level)
        code = unit_matching.find_named_unit(title.unit, units)
        if code != stamp.unit:
            found = catalogue.find_unit_name(code, form_layout.period.end) if code else title.unit
            return _build_title_finding(title, "unit", found, form_layout.unit.name, "S20" if code else "S34")
    if title.period and not title.period_key:
        return _build_title_finding(title, "period", title.period, form_layout.period.name, "S34")
    return None


def check_file_name(name: str, stamp: FormStamp, catalogue: Catalogue) -> RawFinding | None:
    """A question where a file bears the name that the system gave to another unit's or period's form."""
    match = _FILE_NAME.match(name)
    if match is None or match[3] not in catalogue.forms or (match[1], match[2], match[3]) == (
        stamp.unit, stamp.period, stamp.form,
    ):  # fmt: skip
        return None
    expected = f"{stamp.unit}_{stamp.period}_{stamp.form}"
    return RawFinding("S35", value=name, slots=(("found", match[0]), ("expected", expected)))


def check_texts_above(template: SheetTemplate, name: str, rows: Rows, stamp: FormStamp) -> Iterator[RawFinding]:
    """Texts above the table that the form does not print: a period of their own, or a unit of measure."""
    issued = template.printed_texts
    for row, line in enumerate(rows[: template.sheet.header_rows[0]]):
        for col, value in enumerate(line):
            if type(value) is str and value and value not in issued:
                yield from _check_text_above(name, (row, col), value, stamp)


def _check_text_above(sheet: str, at: tuple[int, int], value: str, stamp: FormStamp) -> Iterator[RawFinding]:
    text, cell, shown = normalize_label(value), format_cell_name(*at), fold_whitespace(value)[:120]
    noted = _NOTED_UNIT.search(text)
    if noted and not _UNIT.match(text):
        code = "S29" if _SCALED.search(noted[1] or noted[2]) else "S27"
        expected = "đơn vị tính in ở từng cột"
        yield RawFinding(code, sheet, cell, shown, (("expected", expected), ("found", shown)))
    found = next((key for key in map(parse_printed_period, _list_period_texts(text)) if key), "")
    if found and found != stamp.period and not _PERIOD.match(text):
        slots = (("expected", Period.parse(stamp.period).name), ("found", shown))
        yield RawFinding("S20", sheet, cell, shown, slots)


def find_printed_periods(text: str) -> set[str]:
    """The keys of the periods that a text speaks of; years only where it names no part of one."""
    label = normalize_label(text)
    keys = (match[0] for match in _PERIOD_KEY.finditer(label))
    parts = {key for key in map(parse_printed_period, (*_list_period_texts(label), *keys)) if key}
    return parts or set(_PRINTED_YEAR.findall(label))


def has_scaled_measure(text: str) -> bool:
    """Whether a text is a note on a unit of measure with a factor in it, such as “Đơn vị tính: nghìn người”."""
    noted = _NOTED_UNIT.search(normalize_label(text))
    return bool(noted and _SCALED.search(noted[1] or noted[2]))


def _list_period_texts(text: str) -> Iterator[str]:
    """A text from each place at which a period may begin."""
    return (
        text[match.start() :] for match in re.finditer(r"(?<!\w)(?:qu[íýiy]|q[1-4]|6 tháng|9 tháng|tháng|từ)", text)
    )


def _build_title_finding(title: PrintedTitle, part: str, found: str, expected: str, code: str = "S20") -> RawFinding:
    slots = (("expected", expected), ("found", found))
    return RawFinding(code, title.sheet, title.format_cell_name(part), found, slots)
