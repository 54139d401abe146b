"""The restore drill: what was backed up comes back the same, into an empty warehouse only."""

import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine, make_url, text

from etl import load, settings, steps
from etl.catalog.loader import Catalogue
from etl.errors import UsageError, WarehouseError
from etl.model import Period
from etl.warehouse import connect, rollup
from etl.warehouse.rollup_request import RollupFilter
from etl.warehouse.run_context import RunContext
from etl.warehouse.snapshot import take_snapshot
from tests.integration.build import item

pytestmark = pytest.mark.integration


@pytest.fixture
def filled(loader: Engine, catalogue: Catalogue) -> Engine:
    cells = {("23281", "pop_total"): "100", ("23281", "insured"): "93"}
    for name in ("first", "second"):
        with loader.begin() as conn:
            load.load_deliveries(
                conn, [item(conn, catalogue, "kt-district-quarter", "608", "2024Q1", cells, name=name)]
            )
    return loader


@pytest.fixture
def empty(postgres: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Points the environment at a database with nothing in it."""
    name = "restored_in_tests"
    plain = make_url(postgres).set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        url = make_url(postgres).set(database=name).render_as_string(hide_password=False)
        yield lambda: monkeypatch.setenv("TONGKET_DATABASE_URL", url)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _answer(catalogue: Catalogue) -> tuple[object, ...]:
    engine = connect.build_engine(settings.load_settings(), "loader")
    with engine.connect() as conn:
        known = take_snapshot(conn)
        seen = rollup.compute_rollup(
            RunContext(conn, catalogue, catalogue.get_scope("kon-tum"), Period.parse("2024Q1")),
            RollupFilter(["62"]),
        )
        deliveries = conn.execute(text("SELECT * FROM out.delivery ORDER BY delivery_id")).all()
    return known, seen, deliveries


def test_the_drill(filled: Engine, catalogue: Catalogue, tmp_path: Path, empty: Callable[[], None]) -> None:
    before = _answer(catalogue)
    written = steps.back_up_warehouse(tmp_path / "tongket.backup")
    assert {t["name"]: t["rows"] for t in written["tables"]}["core.submission"] == 2
    empty()
    restored = steps.restore_from_backup(tmp_path / "tongket.backup")
    assert (restored["verified"], restored["applied"]) == (True, [])
    assert restored["tables"] == written["tables"]
    assert _answer(catalogue) == before
    cells = {("23281", "pop_total"): "100", ("23281", "insured"): "94"}
    engine = connect.build_engine(settings.load_settings(), "loader")
    with engine.begin() as conn:
        fresh = load.load_deliveries(conn, [item(conn, catalogue, "kt-district-quarter", "608", "2024Q1", cells)])
    assert [r.version for r in fresh] == [3], "numbering goes on where it was"
    with engine.connect() as conn, pytest.raises(WarehouseError, match="not allowed"):
        conn.execute(text("DELETE FROM ops.delivery"))


def test_a_warehouse_that_holds_something_is_not_overwritten(filled: Engine, tmp_path: Path) -> None:
    steps.back_up_warehouse(tmp_path / "tongket.backup")
    with pytest.raises(UsageError, match="not empty"):
        steps.restore_from_backup(tmp_path / "tongket.backup")
    with filled.connect() as conn:
        assert conn.execute(text("SELECT count(*) FROM core.submission")).scalar_one() == 2


def test_a_backup_is_never_overwritten(filled: Engine, tmp_path: Path) -> None:
    steps.back_up_warehouse(tmp_path / "tongket.backup")
    with pytest.raises(UsageError, match="there already"):
        steps.back_up_warehouse(tmp_path / "tongket.backup")
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".backup")] == []


def test_what_differs_is_found_and_nothing_stays(filled: Engine, tmp_path: Path, empty: Callable[[], None]) -> None:
    steps.back_up_warehouse(tmp_path / "good")
    with zipfile.ZipFile(tmp_path / "good") as good, zipfile.ZipFile(tmp_path / "bad", "w") as bad:
        bad.writestr("warehouse.dump", good.read("warehouse.dump"))
        bad.writestr("contents.json", good.read("contents.json").replace(b'"rows": 2', b'"rows": 3'))
    empty()
    with pytest.raises(WarehouseError, match="differs") as caught:
        steps.restore_from_backup(tmp_path / "bad")
    assert "core.submission" in caught.value.what
    assert steps.restore_from_backup(tmp_path / "good")["verified"]


@pytest.mark.parametrize("content", [b"", b"not a zip at all"])
def test_what_is_no_backup_is_said(filled: Engine, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(UsageError, match="no backup"):
        steps.restore_from_backup(tmp_path / "file")


def test_a_damaged_backup_is_said(filled: Engine, tmp_path: Path) -> None:
    steps.back_up_warehouse(tmp_path / "good")
    shutil.copyfile(tmp_path / "good", tmp_path / "bad")
    data = bytearray((tmp_path / "bad").read_bytes())
    data[len(data) // 2] ^= 0xFF
    (tmp_path / "bad").write_bytes(bytes(data))
    with pytest.raises(UsageError, match="damaged"):
        steps.restore_from_backup(tmp_path / "bad")
