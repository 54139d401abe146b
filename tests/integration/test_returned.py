"""From inbox to outbox: the sender finds its own workbook there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import Engine, text

from etl import steps
from etl.catalog import Catalogue
from etl.catalog.layout import MANIFEST_SHEET, RESULT_HEADER, RESULT_SHEET
from etl.errors import StorageError
from etl.settings import Settings
from etl.warehouse import journal
from tests.builders import Workbook

pytestmark = pytest.mark.integration
NOT_TESTED = {"Q01"}
"""Of a warehouse without any past: there is nothing to compare with."""


@dataclass(frozen=True)
class Said:
    """What became of a content: the verdict, level by code, the findings' rows, and the answer's place."""

    accepted: bool
    confirmations: int
    levels: Mapping[str, str]
    told: Sequence[Any]
    path: Path


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
    steps.receive_deliveries()
    assert steps.process_batch(0)["answered"] == 3
    assert steps.write_answers()["written"] == 0
    written = [*(warehouse.outbox / "returns" / "612").iterdir()]
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


# --- an explanation goes round ----------------------------------------------------------------------------------


@pytest.fixture
def sent(warehouse: Settings, loader: Engine, monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], Said]:
    """Drops a content into the inbox, runs one intake, and gives what became of it."""
    monkeypatch.setenv("TONGKET_MIN_AGE_SECONDS", "0")
    monkeypatch.setenv("TONGKET_BATCHES", "1")
    inbox = warehouse.inbox / "612"
    inbox.mkdir(parents=True)

    def send(data: bytes) -> Said:
        (inbox / "bao-cao.xlsx").write_bytes(data)
        steps.receive_deliveries()
        assert steps.process_batch(0)["answered"] + steps.write_answers()["written"] == 1
        with loader.connect() as conn:
            written = journal.fetch_events(conn, "returned")[-1].detail["file"]
            told = conn.execute(
                text(
                    "SELECT v.accepted, v.confirmations, f.code, f.level, f.message FROM ops.verdict AS v"
                    " LEFT JOIN ops.finding AS f USING (delivery_id)"
                    " WHERE v.delivery_id = (SELECT max(delivery_id) FROM ops.verdict)"
                )
            ).all()
        levels = {r.code: r.level for r in told if r.code not in NOT_TESTED}
        return Said(told[0].accepted, told[0].confirmations, levels, told, warehouse.outbox / written)

    return send


def _explained(path: Path, code: str, words: str) -> bytes:
    """The returned workbook with words in its own column beside a finding, as the sender fills them in."""
    book = openpyxl.load_workbook(path)
    page = book[RESULT_SHEET]
    head = next(r for r in page.iter_rows() if [c.value for c in r[: len(RESULT_HEADER)]] == list(RESULT_HEADER))
    column = {cell.value: cell.column for cell in head}
    row = next(r[0].row for r in page.iter_rows(min_row=head[0].row + 1) if r[column["Mã"] - 1].value == code)
    page.cell(row, column["Giải trình của đơn vị"], words)
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def test_once_explained_stays_explained_for_that_value(
    sent: Callable[[bytes], Said], loader: Engine, catalogue: Catalogue
) -> None:
    def report(**cells: int) -> bytes:
        book = (
            Workbook(catalogue, "kt-district-quarter", "612", "2024Q3")
            .filled(pop_total=5715, pop_avg=5700)
            .with_element("under1", 2, 2)
        )
        for element, value in cells.items():
            book.with_element(element, value, 2)
        return book.bytes()

    asked = sent(report(fully_immunised=3))
    assert (asked.accepted, asked.confirmations, asked.levels) == (True, 1, {"R02": "confirm"}), "loaded with a flag"
    page = openpyxl.load_workbook(asked.path)[RESULT_SHEET]
    assert {row.code for row in asked.told} == {"R02", *NOT_TESTED}
    assert {c.value for row in page.iter_rows() for c in row} & {"R02", *NOT_TESTED} == {"R02"}, (
        "told what it can answer"
    )
    with loader.connect() as conn:
        loaded = conn.execute(text("SELECT count(*) FROM core.submission")).scalar_one()
    assert loaded == 1

    answered = sent(_explained(asked.path, "R02", "Tiêm bù cho quý II"))
    assert (answered.accepted, answered.confirmations, answered.levels) == (True, 0, {"R02": "note"})
    assert any("Tiêm bù cho quý II" in (row.message or "") for row in answered.told)

    again = sent(report(fully_immunised=3, tb_new=2))
    assert (again.confirmations, again.levels) == (0, {"R02": "note"}), (
        "the same value, without a word: still explained"
    )
    assert any("Tiêm bù cho quý II" in (row.message or "") for row in again.told)

    other = sent(report(fully_immunised=4))
    assert (other.accepted, other.confirmations, other.levels) == (True, 1, {"R02": "confirm"}), "another value"
    words = {r[0].row: [c.value for c in r] for r in openpyxl.load_workbook(other.path)[RESULT_SHEET].iter_rows()}
    assert not any("Tiêm bù cho quý II" in str(line) for line in words.values())


def test_the_last_thing_sent_stands_and_its_sender_hears_which(
    sent: Callable[[bytes], Said], loader: Engine, catalogue: Catalogue
) -> None:
    """v1, v2, v1, v1 again: the third is version 3; the fourth is known, and says that version 3 counts."""

    def report(insured: int) -> bytes:
        book = Workbook(catalogue, "kt-district-quarter", "612", "2024Q3").filled(pop_total=5715, pop_avg=5700)
        return book.with_element("insured", insured, 2).bytes()

    def words(said: Said) -> str:
        page = openpyxl.load_workbook(said.path)[RESULT_SHEET]
        return " ".join(str(cell.value) for row in page.iter_rows() for cell in row if cell.value is not None)

    first, second = report(3), report(4)
    told = [words(sent(data)) for data in (first, second, first, first)]
    assert [next(f"Lần nộp: {n}" for n in (3, 2, 1) if f"Lần nộp: {n}" in text) for text in told] == [
        "Lần nộp: 1",
        "Lần nộp: 2",
        "Lần nộp: 3",
        "Lần nộp: 3",
    ]
    assert [("trùng với tệp" in text, "đang có hiệu lực: lần nộp 3" in text) for text in told] == [
        (False, False), (False, False), (False, False), (True, True),
    ]  # fmt: skip
    with loader.connect() as conn:
        versions = conn.execute(text("SELECT count(*), max(version) FROM core.submission")).one()
        standing = conn.execute(text("SELECT value FROM out.observation WHERE is_current AND data_element = 'insured'"))
        assert tuple(versions) == (3, 3) and 3 in standing.scalars().all()


def test_a_folder_that_cannot_be_answered_stops_no_other_answer(
    warehouse: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TONGKET_MIN_AGE_SECONDS", "0")
    for folder in ("\x01" * 120, "612", "613"):
        (warehouse.inbox / folder).mkdir(parents=True)
        (warehouse.inbox / folder / "x.xlsx").write_bytes(f"hong {folder}".encode())
    blocked = warehouse.outbox / "returns" / "612"
    blocked.parent.mkdir(parents=True)
    blocked.write_bytes(b"a file where a folder should be")
    with pytest.raises(StorageError, match="1 of 1 answers"):
        steps.run_pipeline_once("kon-tum")
    assert sorted(len(p.name) for p in blocked.parent.iterdir() if p.is_dir()) == [3, 83]
    blocked.unlink()
    assert steps.run_pipeline_once("kon-tum")["answered"] == 1
