"""Every drawn row holds, and the printed document is the drawn one."""

from __future__ import annotations

import pytest

from .render import DOC, TABLES, document
from .table import Table

_ROWS = [(table, row) for table in TABLES for row in table.rows]


@pytest.mark.parametrize(("table", "row"), _ROWS, ids=[f"{t.title.split('.')[0]}-{'|'.join(r)}" for t, r in _ROWS])
def test_row(table: Table, row: tuple[str, ...]) -> None:
    assert len(row) == len(table.inputs) + len(table.outputs)
    assert tuple(cell or "" for cell in table.run(*table.given(row))) == table.expected(row)


def test_document_is_current() -> None:
    assert DOC.read_text(encoding="utf-8") == document(), "run: python -m tests.spec.render"


def test_titles_are_numbered_in_order() -> None:
    assert [int(table.title.split(".")[0]) for table in TABLES] == list(range(1, len(TABLES) + 1))
