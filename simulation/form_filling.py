"""Fills an issued form the way a unit would: values into the cells that its hidden manifest names.

The sheets' XML is patched in place (many times faster than loading and saving the workbook), so styles,
validations and locks stay exactly as issued. Sums get the cached results that Excel would have stored, and
every sheet the mark SỐ LIỆU MÔ PHỎNG at the place its form keeps for it.
"""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from xml.sax.saxutils import escape

from etl.catalog.layout import MANIFEST_HEADER, MANIFEST_SHEET, MANIFEST_STAMP, SIMULATION_NAME, SIMULATION_NOTICE
from etl.errors import UsageError
from etl.model import ElementKind, FormStamp
from simulation.cell_values import Key, Value

_DAY_ZERO = dt.date(1899, 12, 30)  # Excel's day 0, its invented 29/02/1900 allowed for
_CELL = re.compile(r'<c r="([A-Z]+)(\d+)"( s="\d+")?[^>]*?(?:/>|>(.*?)</c>)', re.DOTALL)
_SUM = re.compile(r"<f>([^<]*\bSUM\(\$?([A-Z]+)\$?(\d+):\$?([A-Z]+)\$?(\d+)\)[^<]*)</f>")
_SHEET = re.compile(r'<sheet name="([^"]+)"[^>]*?r:id="([^"]+)"')
_TARGET = re.compile(r"<Relationship\b[^>]*>")
_MARK = re.compile(rf"<definedName name=\"{SIMULATION_NAME}\"[^>]*>'?([^'!<]+)'?!\$([A-Z]+)\$(\d+)</definedName>")


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """One input cell as the manifest names it."""

    sheet: str
    cell: str
    org_unit_code: str
    data_element: str
    kind: str


@dataclass(frozen=True)
class FormManifest:
    """The hidden sheet of an issued form."""

    stamp: FormStamp
    entries: tuple[ManifestEntry, ...]


def read_manifest(workbook: bytes) -> FormManifest:
    """What an issued form says of itself.

    Raises:
        UsageError: the workbook has no manifest of the known shape.
    """
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(BytesIO(workbook))
    if MANIFEST_SHEET not in book.sheet_names:
        raise UsageError("the workbook has no manifest", where=MANIFEST_SHEET, fix="fill only forms that were issued")
    rows = [[str(cell) for cell in row] for row in book.get_sheet_by_name(MANIFEST_SHEET).to_python()]
    stamp = {row[0]: row[1] for row in rows[: len(MANIFEST_STAMP)]}
    head = rows[len(MANIFEST_STAMP) + 1][: len(MANIFEST_HEADER)]
    if set(stamp) != set(MANIFEST_STAMP) or tuple(head) != MANIFEST_HEADER:
        raise UsageError("the manifest has another shape", where=MANIFEST_SHEET, fix="issue the form again")
    entries = (ManifestEntry(*row[: len(MANIFEST_HEADER)]) for row in rows[len(MANIFEST_STAMP) + 2 :])
    return FormManifest(FormStamp(**stamp), tuple(entries))


def fill_form(
    workbook: bytes,
    values: Mapping[Key, Value],
    *,
    totals: Mapping[str, Value] | None = None,
    saved: dt.datetime | None = None,
    manifest: FormManifest | None = None,
) -> bytes:
    """An issued form with values written into its cells; cells without a value stay blank.

    Args:
        workbook: The form as issued.
        values: Per (reporting unit, org unit, data element); dates as ISO text, empty text for a blank cell.
        totals: Something typed over the sum of a data element's column (a unit's mistake, for tests).
        saved: When the unit saved its file; stands in the zip, as office programs write it.
        manifest: The form's manifest, if already read.

    Raises:
        UsageError: no manifest, or a cell it names is not in its sheet.
    """
    form, typed = manifest or read_manifest(workbook), totals or {}
    source = zipfile.ZipFile(BytesIO(workbook))
    parts = {info.filename: source.read(info) for info in source.infolist()}
    book = parts["xl/workbook.xml"].decode()
    writes = _build_cell_writes(form, values, book)
    for sheet, path in _list_sheet_paths(book, parts["xl/_rels/workbook.xml.rels"].decode()).items():
        if sheet in writes:
            over = {e.cell: typed[e.data_element] for e in form.entries if e.sheet == sheet and e.data_element in typed}
            parts[path] = _patch_sheet_xml(parts[path].decode(), writes[sheet], over, sheet).encode()
    return _build_zip(parts, saved)


def _build_cell_writes(
    form: FormManifest, values: Mapping[Key, Value], book: str
) -> dict[str, dict[str, Value | dt.date]]:
    writes: dict[str, dict[str, Value | dt.date]] = {entry.sheet: {} for entry in form.entries}
    for sheet, column, row in _MARK.findall(book):
        writes.setdefault(sheet, {})[f"{column}{row}"] = SIMULATION_NOTICE
    for entry in form.entries:
        value = values.get((form.stamp.unit, entry.org_unit_code, entry.data_element), "")
        if value != "":
            is_date = entry.kind == ElementKind.DATE
            writes[entry.sheet][entry.cell] = dt.date.fromisoformat(str(value)) if is_date else value
    return writes


def _list_sheet_paths(book: str, relations: str) -> dict[str, str]:
    targets = {}
    for tag in _TARGET.findall(relations):
        attributes = dict(re.findall(r'(Id|Target)="([^"]*)"', tag))
        targets[attributes["Id"]] = f"xl/{attributes['Target'].removeprefix('/xl/')}"
    return {name: targets[rid] for name, rid in _SHEET.findall(book)}


def _patch_sheet_xml(xml: str, writes: dict[str, Value | dt.date], over: dict[str, Value], sheet: str) -> str:
    left = set(writes)

    def replace_cell(match: re.Match[str]) -> str:
        column, row, style, inner = match.groups()
        name = f"{column}{row}"
        if name in writes:
            left.discard(name)
            return _render_cell(name, style or "", writes[name])
        formula = _SUM.search(inner or "")
        return _render_sum_cell(name, style or "", formula, writes, over) if formula else match[0]

    patched = _CELL.sub(replace_cell, xml)
    if left:
        raise UsageError(f"no cell {sorted(left)[0]} in the sheet", where=sheet, fix="issue the form again")
    return patched


def _render_cell(name: str, style: str, value: Value | dt.date) -> str:
    if isinstance(value, dt.date):
        value = (value - _DAY_ZERO).days
    if isinstance(value, str):
        return f'<c r="{name}"{style} t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
    return f'<c r="{name}"{style}><v>{value!r}</v></c>'


def _render_sum_cell(
    name: str, style: str, formula: re.Match[str], writes: Mapping[str, Value | dt.date], over: Mapping[str, Value]
) -> str:
    """A sum with the result that a spreadsheet would keep beside it; blank while nothing is filled in."""
    text, first_column, first, last_column, last = formula.groups()
    if first_column != last_column:
        raise UsageError(
            f"a sum over several columns in {name}",
            where="simulation.form_filling",
            fix="teach _render_sum_cell rectangles",
        )
    cells = [f"{first_column}{row}" for row in range(int(first), int(last) + 1)]
    for cell in cells:
        if cell in over:
            return _render_cell(name, style, over[cell])
    numbers = [n for n in (writes.get(cell) for cell in cells) if isinstance(n, int | float)]
    result = f"<v>{sum(numbers)!r}</v>" if numbers else "<v></v>"
    kind = "" if numbers else ' t="str"'
    return f'<c r="{name}"{style}{kind}><f>{text}</f>{result}</c>'


def _build_zip(parts: Mapping[str, bytes], saved: dt.datetime | None) -> bytes:
    day = (saved or dt.datetime(1980, 1, 1)).timetuple()[:6]
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as out:
        for name, data in parts.items():
            entry = zipfile.ZipInfo(name, (day[0], day[1], day[2], day[3], day[4], day[5]))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            out.writestr(entry, data)
    return target.getvalue()
