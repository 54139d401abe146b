"""From inbox to outbox: the sender finds its own workbook there."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from etl import steps
from etl.catalog import Catalogue
from etl.catalog.layout import MANIFEST_SHEET, RESULT_SHEET
from etl.settings import Settings
from tests.builders import Workbook

pytestmark = pytest.mark.integration


@pytest.fixture
def answered(
    warehouse: Settings, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> dict[str, tuple[Path, openpyxl.Workbook]]:
    """Three files, sent and answered: verdict's word → path and workbook."""
    monkeypatch.setenv("TONGKET_MIN_AGE_SECONDS", "0")
    monkeypatch.setenv("TONGKET_BATCHES", "1")
    inbox = warehouse.inbox / "612"
    inbox.mkdir(parents=True)
    book = Workbook(catalogue, "kt-district-quarter", "612", "2024Q3").filled()
    (inbox / "dung.xlsx").write_bytes(book.with_element("insured", None).bytes())
    (inbox / "sai.xlsx").write_bytes(book.with_element("pop_total", "mười").bytes())
    (inbox / "hong.xlsx").write_bytes(b"%PDF-1.7")
    steps.receive()
    steps.process_batch(0)
    written = [Path(name) for name in steps.returns()["files"]]
    assert all(path.parent == warehouse.outbox / "returns" / "612" for path in written)
    by_size = {}
    for path in written:
        opened = openpyxl.load_workbook(BytesIO(path.read_bytes()))
        own = "own" if MANIFEST_SHEET in opened.sheetnames else "fresh"
        by_size[f"{path.stem.rpartition('_')[2]} {own}"] = (path, opened)
    return by_size


def test_each_sender_gets_its_own_workbook_or_the_sheet_alone(
    answered: dict[str, tuple[Path, openpyxl.Workbook]],
) -> None:
    assert set(answered) == {"bien-nhan own", "tra-lai own", "tra-lai fresh"}
    for _, opened in answered.values():
        assert opened.sheetnames[0] == RESULT_SHEET
    refused = answered["tra-lai own"][1]
    links = [c.hyperlink.location for row in refused[RESULT_SHEET].iter_rows() for c in row if c.hyperlink]
    sheet, cell = links[0].replace("'", "").split("!")
    assert refused[sheet][cell].value == "mười"
    assert "V01" in refused[sheet][cell].comment.text
    assert "Sở Y tế" in refused[sheet][cell].comment.text
