"""Which form, unit and period a workbook is for: from its hidden stamp, else from the printed lines above its tables.

Read room, child process only. Where stamp and printed lines disagree, or sheets among themselves, nothing is chosen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from etl.catalog import Catalogue
from etl.catalog import models as m
from etl.catalog.layout import MANIFEST_SHEET, MANIFEST_STAMP, FormLayout, cell_name
from etl.errors import UsageError
from etl.model import FormStamp, Period
from etl.read import names
from etl.read.opened import Opened, Rows
from etl.read.plan import plain
from etl.read.preflight import Trouble
from etl.read.values import fold

_DEEPEST = 25
_UNIT = re.compile(r"đơn vị báo cáo ?:? ?(.*)")
_PERIOD = re.compile(r"(?:kì|kỳ) báo cáo ?:? ?(.*)")
_VERSION = re.compile(r"phiên bản ?:? ?([\w.]+)")
_DAYS = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_YEAR = r"(?:,? ?năm|/|-|,)? ?(\d{4})"
_PERIODS = (
    (re.compile(rf"qu[íý] ?(iv|i{{1,3}}|[1-4]){_YEAR}"), "Q"),
    (re.compile(rf"6 tháng (đầu|cuối){_YEAR}"), "H"),
    (re.compile(rf"9 tháng(?: đầu)?{_YEAR}"), "N"),
    (re.compile(rf"tháng ?(\d{{1,2}}){_YEAR}"), "M"),
    (re.compile(r"năm (\d{4})"), "Y"),
)
_INDEX = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "đầu": 1, "cuối": 2}


@dataclass(frozen=True)
class Title:
    """What one sheet's printed lines say, as read; empty where they say nothing. Places are (row, column)."""

    sheet: str
    forms: tuple[str, ...] = ()
    version: str = ""
    unit: str = ""
    period: str = ""
    period_key: str = ""
    places: tuple[tuple[str, tuple[int, int]], ...] = ()

    def cell(self, part: str) -> str:
        """The A1 name of the line that says a part."""
        return cell_name(*dict(self.places).get(part, (0, 0)))


def stamp_of(opened: Opened) -> FormStamp | None:
    """The stamp of the hidden sheet, if it is whole."""
    if MANIFEST_SHEET not in opened.names:
        return None
    found: dict[str, str] = {}
    if opened.kind == "xlsx":
        top = opened.first_texts(MANIFEST_SHEET)
        found = {fold(top.get(f"A{n}", "")): fold(top.get(f"B{n}", "")) for n in range(1, len(MANIFEST_STAMP) + 1)}
    if not all(found.get(key) for key in MANIFEST_STAMP):
        rows = opened.rows(MANIFEST_SHEET)[: len(MANIFEST_STAMP)]
        found = {fold(row[0]): fold(row[1]) for row in rows if len(row) > 1}
    if not all(found.get(key) for key in MANIFEST_STAMP):
        return None
    return FormStamp(*(found[key] for key in MANIFEST_STAMP))


def title_of(sheet: str, rows: Rows, catalogue: Catalogue) -> Title:
    """The printed lines of one sheet."""
    said: dict[str, str] = {}
    places: dict[str, tuple[int, int]] = {}
    forms: tuple[str, ...] = ()
    for row, line in enumerate(rows[:_DEEPEST]):
        for col, value in enumerate(line):
            if type(value) is not str or not value:
                continue
            for part, text in _parts(value, line[col + 1 :]):
                said.setdefault(part, text)
                places.setdefault(part, (row, col))
            forms = forms or _forms(plain(value), catalogue)
    key = parse_period(plain(said.get("period", "")))
    return Title(
        sheet, forms, said.get("version", ""), said.get("unit", ""), said.get("period", ""), key, tuple(places.items())
    )


def _parts(value: str, after: Sequence[object]) -> Iterator[tuple[str, str]]:
    """What a cell says of unit, period and version; it may stand in the next filled cell."""
    text, said = plain(value), value.partition(":")[2].strip()
    for part, pattern in (("unit", _UNIT), ("period", _PERIOD)):
        match = pattern.match(text)
        if match:
            yield part, said or match[1] or next((fold(v) for v in after if v != ""), "")
    match = _VERSION.search(text)
    if match:
        yield "version", match[1].rstrip(".")


def _forms(text: str, catalogue: Catalogue) -> tuple[str, ...]:
    """Forms whose symbol stands in a line."""
    return tuple(
        f.id for f in catalogue.forms.values() if re.search(rf"(?<!\w){re.escape(plain(f.symbol))}(?![\w-])", text)
    )


def parse_period(text: str) -> str:
    """The key of a period printed in words (``quý III năm 2024``), empty if it is none or its days say another."""
    for pattern, kind in _PERIODS:
        match = pattern.match(text)
        if match is None:
            continue
        index = _INDEX.get(match[1], 0) or int(match[1])
        year = match[match.lastindex or 1]
        key = {"Q": f"{year}Q{index}", "H": f"{year}H{index}", "N": f"{year}N", "M": f"{year}-{index:02d}", "Y": year}
        return _checked(key[kind], text)
    return ""


def _checked(key: str, text: str) -> str:
    try:
        period = Period.parse(key)
    except UsageError:
        return ""
    days = [(int(d), int(mo), int(y)) for d, mo, y in _DAYS.findall(text)]
    wanted = [(day.day, day.month, day.year) for day in (period.start, period.end)]
    return key if not days or days == wanted else ""


# --- the stamp is lost ----------------------------------------------------------------------------


def recognise(titles: Sequence[Title], catalogue: Catalogue) -> tuple[FormStamp | None, Trouble]:
    """A stamp from printed lines, with the note that says so; or no stamp and the reason."""
    told = [t for t in titles if t.forms]
    if not told:
        return None, Trouble("S01", slots=(("detail", "không thấy ký hiệu biểu ở đầu trang"),))
    first = told[0]
    for other in told[1:]:
        if other.forms != first.forms or plain(_line(other)) != plain(_line(first)):
            slots = (("expected", _line(first)), ("found", _line(other)))
            return None, Trouble("S20", other.sheet, other.cell("unit"), _line(other), slots)
    if len(first.forms) != 1 or not first.version:
        return None, Trouble("S01", first.sheet, slots=(("detail", "ký hiệu hoặc phiên bản biểu không rõ"),))
    return _stamp(first, catalogue)


def _stamp(title: Title, catalogue: Catalogue) -> tuple[FormStamp | None, Trouble]:
    form, scope = title.forms[0], catalogue.scope_of_form(title.forms[0])
    if not title.period_key or scope is None:
        detail = f"không hiểu kỳ báo cáo “{title.period}”"
        return None, Trouble("S01", title.sheet, title.cell("period"), title.period, (("detail", detail),))
    units = _owing(catalogue, scope, form, Period.parse(title.period_key))
    match = names.match(title.unit, units) if title.unit else None
    if match is None or not match.code:
        close = f"; có phải là: {', '.join(match.suggestions)}?" if match and match.suggestions else ""
        detail = f"không nhận ra tên đơn vị “{title.unit}”{close}"
        return None, Trouble("S01", title.sheet, title.cell("unit"), title.unit, (("detail", detail),))
    name = next(u.name for u in units if u.code == match.code)
    slots = (("found", f"{title.forms[0]}, {name}, {Period.parse(title.period_key).name}"),)
    return FormStamp(form, title.version, match.code, title.period_key), Trouble("S19", slots=slots)


def _owing(catalogue: Catalogue, scope: m.Scope, form: str, period: Period) -> tuple[m.Unit, ...]:
    """The units that owe a form for a period."""
    return tuple(unit for _, f, unit in catalogue.expected(scope, period) if f.id == form)


def _line(title: Title) -> str:
    return "; ".join(part for part in (title.unit, title.period, title.version) if part)


# --- stamp and printed lines ----------------------------------------------------------------------


def disagreement(title: Title, stamp: FormStamp, described: FormLayout, catalogue: Catalogue) -> Trouble | None:
    """What a sheet's printed lines say against the stamp; what they do not say, or not clearly, counts nothing."""
    if title.forms and stamp.form not in title.forms:
        return _against(title, "version", catalogue.forms[title.forms[0]].symbol, described.form.symbol)
    if title.version and title.version != plain(stamp.version):
        return _against(title, "version", f"phiên bản {title.version}", f"phiên bản {stamp.version}")
    if title.period_key and title.period_key != stamp.period:
        return _against(title, "period", Period.parse(title.period_key).name, described.period.name)
    if title.unit and plain(described.unit.name) != plain(title.unit):
        level = described.unit.level
        units = tuple(u for u in catalogue.units if u.level == level and u.valid_on(described.period.end))
        code = names.match(title.unit, units).code
        if code and code != stamp.unit:
            return _against(title, "unit", catalogue.unit_name(code, described.period.end), described.unit.name)
    return None


def _against(title: Title, part: str, found: str, expected: str) -> Trouble:
    return Trouble("S20", title.sheet, title.cell(part), found, (("expected", expected), ("found", found)))
