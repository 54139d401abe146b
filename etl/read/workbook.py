"""A workbook, read: which form it is, then every sheet of that form wherever it stands.

Runs in the child process only. What the file's own manifest says of cells is not believed: the layout is made anew
from the catalogue. A sheet on which everything stands where it was printed is read at once (`_as_issued`); any
other is searched for by its headers and labels (`etl.read.sheets`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from etl.catalog import Catalogue
from etl.catalog import models as m
from etl.catalog.geography import what_became
from etl.catalog.layout import FormLayout, layout
from etl.errors import UsageError
from etl.model import Explanation, FormStamp, Period
from etl.read import charset as old_charset
from etl.read import sheets, upward
from etl.read.cells import ABSENT
from etl.read.legacy import CHARSET_NAMES, convert, detect
from etl.read.opened import BrokenPackageError, Opened
from etl.read.preflight import Kind, Trouble, preflight
from etl.read.sheets import Found
from etl.read.titles import recognise, stamp_of, title_of
from etl.read.values import Parsed

__all__ = ["ABSENT", "RawRead", "read_workbook", "resolve"]


@dataclass
class RawRead:
    """What the child sends back.

    Shape: `cells` holds one list per sheet of the layout, in its order, and None for a sheet that was not read; a
    cell whose state is `ABSENT` was not found. `places` says for each sheet where it really lies: its name and the A1
    name of each cell; None: where the layout says.
    """

    stamp: FormStamp | None = None
    troubles: list[Trouble] = field(default_factory=list)
    cells: list[list[Parsed] | None] = field(default_factory=list)
    places: list[tuple[str, list[str]] | None] = field(default_factory=list)
    explanations: list[Explanation] = field(default_factory=list)
    kind: Kind | None = None


def read_workbook(data: bytes, catalogue: Catalogue) -> RawRead:
    """Everything that can be read from a workbook, and what is wrong with its structure."""
    checked = preflight(data)
    if isinstance(checked, Trouble):
        return RawRead(troubles=[checked])
    from python_calamine import CalamineError

    try:
        raw = _read(Opened(checked.data, checked.parts), catalogue)
    except CalamineError as error:
        return RawRead(troubles=[Trouble("F05", slots=(("detail", type(error).__name__),))])
    except BrokenPackageError as error:
        return RawRead(troubles=[Trouble("F05", slots=(("detail", str(error)),))])
    raw.kind = checked.kind
    raw.troubles += checked.notes
    return raw


def _read(opened: Opened, catalogue: Catalogue) -> RawRead:
    """The workbook as it is; if that is not understood and its text is of an old charset, as that charset says."""
    raw, understood = _understand(opened, catalogue)
    if understood:
        return raw
    charset = detect(opened.texts(), opened.fonts)
    if charset is None:
        return raw
    opened.convert(partial(convert, charset=charset))
    again, _ = _understand(opened, catalogue)
    again.troubles.append(Trouble("S26", slots=(("found", CHARSET_NAMES[charset]),)))
    return again


def _understand(opened: Opened, catalogue: Catalogue) -> tuple[RawRead, bool]:
    """The read, and whether form and sheets were recognised by what is printed in them."""
    stamp, notes = stamp_of(opened), []
    if stamp is None:
        titles = [title_of(name, opened.rows(name), catalogue) for name in opened.names]
        stamp, trouble = recognise(titles, catalogue)
        notes = [trouble]
        if stamp is None:
            return RawRead(troubles=notes), False
    described = resolve(stamp, catalogue)
    if isinstance(described, Trouble):
        return RawRead(stamp, [*notes, described]), True
    return _sheets(opened, described, RawRead(stamp, notes), catalogue)


def _sheets(opened: Opened, described: FormLayout, raw: RawRead, catalogue: Catalogue) -> tuple[RawRead, bool]:
    units = {u.code: u for u in catalogue.children(described.unit.code, "commune", described.period.end)}
    book = sheets.Book(opened, described, units, catalogue)
    found = sheets.assign(book)
    for plan, names in found.of:
        read = _one(book, plan, names)
        raw.cells.append(read.cells)
        raw.places.append(read.places)
        raw.troubles += read.troubles
    raw.troubles += found.troubles
    if found.certain:
        raw.troubles += old_charset.settle(described.sheets, raw.cells, raw.places, lambda: opened.fonts)
    raw.troubles += upward.unsigned(opened, described)
    if raw.stamp:
        raw.troubles += sheets.disagreements(book, raw.stamp, found)
    for name in found.results:
        for said in sheets.explained(opened, name):
            (raw.explanations if isinstance(said, Explanation) else raw.troubles).append(said)  # type: ignore[arg-type]
    return raw, found.certain


def _one(book: sheets.Book, plan: sheets.SheetPlan, names: tuple[str, ...]) -> Found:
    """One sheet of the form from the sheets of the file that are it: none, one, or copies that must agree."""
    if not names:
        return Found(troubles=[Trouble("S08", slots=(("expected", plan.sheet.code),))])
    reads = [sheets.read(book, plan, name) for name in names]
    if len(reads) == 1:
        return reads[0]
    filled = [n for n, read in enumerate(reads) if sheets.is_filled(read)]
    if len(filled) < 2 or all(reads[n].cells == reads[filled[0]].cells for n in filled):
        kept = filled[0] if filled else 0
        others = ", ".join(name for n, name in enumerate(names) if n != kept)
        reads[kept].troubles.append(Trouble("S21", others, slots=(("found", others),)))
        return reads[kept]
    slots = (("expected", plan.sheet.code), ("found", ", ".join(names)))
    return Found(troubles=[Trouble("S22", names[1], "A1", names[1], slots)])


def resolve(stamp: FormStamp, catalogue: Catalogue) -> FormLayout | Trouble:
    """The layout that a stamp names, or why there is none."""
    form = catalogue.forms.get(stamp.form)
    scope = catalogue.scope_of_form(stamp.form)
    if form is None or scope is None:
        return Trouble("S03", value=stamp.form, slots=(("found", stamp.form),))
    if stamp.version != form.version:
        return Trouble("S04", value=stamp.version, slots=(("found", stamp.version), ("expected", form.version)))
    try:
        period = Period.parse(stamp.period)
    except UsageError:
        return Trouble("S05", value=stamp.period, slots=(("found", stamp.period),))
    if period.kind != form.period_kind:
        return Trouble("S05", value=stamp.period, slots=(("found", stamp.period),))
    unit = catalogue.unit(stamp.unit, period.end)
    if unit is None:  # the cause, where the form has ended together with its units
        became = what_became(catalogue, stamp.unit, period.end)
        return Trouble("S06", value=stamp.unit, slots=(("found", stamp.unit), ("detail", became)))
    if not _in_force(form, period):
        return Trouble("S05", value=stamp.period, slots=(("found", stamp.period),))
    return layout(catalogue, scope, form, unit, period)


def _in_force(form: m.Form, period: Period) -> bool:
    return form.valid_from <= period.end and (form.valid_to is None or period.start <= form.valid_to)
