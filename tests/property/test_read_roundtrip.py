"""Fill → mangle by any composition → read gives the same observations or a finding, never a silently other number."""

from __future__ import annotations

from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import example, given, note, settings
from hypothesis import strategies as st

from etl.catalog import Catalogue
from etl.catalog.layout import FormLayout
from etl.catalog.loader import load_catalogue
from etl.catalog.rules import load_rules
from etl.model import FindingLevel
from etl.read.input_cells import ABSENT
from etl.read.preflight import RawFinding
from etl.read.workbook_reader import RawReadResult, find_form_layout, read_workbook
from etl.settings import PROJECT_ROOT
from tests import mangle
from tests.builders import Workbook

Seen = dict[tuple[str, str, str], tuple[str, float | None, str]]
FORMS = (
    ("kt-district-quarter", "612", "2024Q3"),
    ("kt-cdc-year", "62-CDC", "2023"),
    ("ty-commune-quarter", "07360", "2024Q2"),
)
CHARSETS = (mangle.text_in_tcvn3, mangle.text_in_vni, mangle.text_decomposed)
DOUBLING = (mangle.row_doubled, mangle.column_doubled, mangle.sheet_copied)
TAKING = (
    mangle.row_deleted, mangle.column_deleted, mangle.sheet_deleted, mangle.header_renamed, mangle.label_renamed,
)  # fmt: skip
LEVELS = {code: rule.level for code, rule in load_rules(PROJECT_ROOT / "expectations").by_code.items()}


@cache
def _catalogue() -> Catalogue:
    return load_catalogue(PROJECT_ROOT / "catalog")


@cache
def _filled(form: str, unit: str, period: str) -> tuple[bytes, FormLayout, Seen]:
    """A form in which every number is another one, and what is read from it untouched."""
    data = mangle.distinct(Workbook(_catalogue(), form, unit, period))
    raw = read_workbook(data, _catalogue())
    assert raw.stamp and not raw.findings
    described = find_form_layout(raw.stamp, _catalogue())
    assert isinstance(described, FormLayout)
    return data, described, _seen(raw, described)


def _seen(raw: RawReadResult, described: FormLayout) -> Seen:
    return {
        (sheet.code, cell.org_unit_code, cell.data_element): said[:3]
        for sheet, found in zip(described.sheets, raw.cells, strict=False)
        for cell, said in zip(sheet.inputs, found or (), strict=False)
        if said[0] != ABSENT
    }


def _stopping(raw: RawReadResult) -> list[RawFinding]:
    return [t for t in raw.findings if LEVELS[t.code] in (FindingLevel.REFUSE, FindingLevel.CONFIRM)]


def _mangled(form: int, steps: list[tuple[mangle.Mangler, int]]) -> tuple[RawReadResult, Seen, Seen]:
    data, described, expected = _filled(*FORMS[form])
    aliases = {u.name: u.aliases[0] for u in _catalogue().units if u.aliases}
    book = mangle.opened(data, described, aliases)
    for step, seed in steps:
        step(book, Random(seed))  # noqa: S311 - it only shuffles
    raw = read_workbook(book.bytes(), _catalogue())
    told = raw.stamp and find_form_layout(raw.stamp, _catalogue())
    if isinstance(told, FormLayout):
        assert told is described, "never another form, unit or period"
        return raw, _seen(raw, described), expected
    return raw, {}, expected


def _steps(manglers: tuple[mangle.Mangler, ...], most: int) -> Any:
    step = st.tuples(st.sampled_from(manglers), st.integers(0, 2**16))
    return st.lists(step, min_size=1, max_size=most).filter(lambda steps: _makes_sense([m for m, _ in steps]))


def _makes_sense(steps: list[mangle.Mangler]) -> bool:
    """A text is of one charset only; who doubles a column with other numbers and takes the old one away has changed
    the numbers, and who swaps names where no code stands beside them has changed the units: no reader can know."""
    return sum(m in CHARSETS for m in steps) < 2 and not (
        (any(m in DOUBLING for m in steps) and any(m in TAKING for m in steps))
        or {mangle.labels_swapped, mangle.code_column_deleted} <= set(steps)
    )


@pytest.mark.parametrize("form", range(len(FORMS)))
@pytest.mark.parametrize("mangler", mangle.HARMLESS, ids=lambda m: m.__name__)
def test_a_harmless_change_changes_nothing(form: int, mangler: mangle.Mangler) -> None:
    raw, seen, expected = _mangled(form, [(mangler, form)])
    assert seen == expected
    assert not _stopping(raw)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(FORMS) - 1), _steps(mangle.HARMLESS, 6))
def test_harmless_changes_together_never_change_a_number(form: int, steps: list[tuple[mangle.Mangler, int]]) -> None:
    _never_silently_other(form, steps)


@settings(max_examples=90, deadline=None)
@given(st.integers(0, len(FORMS) - 1), _steps((*mangle.HARMLESS, *mangle.HARMFUL), 6))
@example(0, [(mangle.sheet_copied, 1), (mangle.header_in_one_row, 0)])
def test_any_changes_together_are_read_right_or_found(form: int, steps: list[tuple[mangle.Mangler, int]]) -> None:
    _never_silently_other(form, steps)


def _never_silently_other(form: int, steps: list[tuple[mangle.Mangler, int]]) -> None:
    """A number that is not read stops the file or is asked about; of a line of notes it is enough to be told."""
    raw, seen, expected = _mangled(form, steps)
    note(f"{[m.__name__ for m, _ in steps]} {raw.findings}")
    stopping = _stopping(raw)
    for key, said in expected.items():
        got = seen.get(key)
        if got == said or (got and got[0] == "missing" and _is_note_taken_out(key, steps)):
            continue
        assert got is None or got[0] == "missing", f"{key}: {said} was read as {got}"
        said_of = [*stopping, *(t for t in raw.findings if t.code == "S27" and key[2].startswith("note."))]
        about = [t for t in said_of if _about(t, raw, key[0])]
        assert about, f"{key}: {said} was read as {got} and nothing says so"


def _is_note_taken_out(key: tuple[str, str, str], steps: list[tuple[mangle.Mangler, int]]) -> bool:
    """A line of notes that the sender deleted is a note not given."""
    return key[2].startswith("note.") and mangle.row_deleted in {m for m, _ in steps}


def _about(trouble: RawFinding, raw: RawReadResult, code: str) -> bool:
    """Whether a finding is about a sheet of the form, or about the whole file."""
    names = {place[0] for place in raw.places if place} | {code}
    return not trouble.sheet or trouble.sheet in names or dict(trouble.slots).get("expected") == code
