"""Who may do what: the reader reads `out`, the loader appends, and nobody rewrites history."""

import pytest
from sqlalchemy import Connection, Engine, text

from etl import load
from etl.catalog.loader import Catalogue
from etl.errors import WarehouseError
from tests.conftest import EngineMaker
from tests.integration.build import item

pytestmark = pytest.mark.integration


def _tables(conn: Connection, *schemas: str) -> list[str]:
    rows = conn.execute(
        text(
            "SELECT c.oid::regclass::text FROM pg_class AS c WHERE c.relnamespace::regnamespace::text = ANY(:schemas) "
            "AND c.relkind IN ('r', 'p') ORDER BY 1"
        ),
        {"schemas": list(schemas)},
    )
    return list(rows.scalars())


@pytest.fixture
def loaded(loader: Engine, catalogue: Catalogue) -> Engine:
    with loader.begin() as conn:
        cells = {("23536", "pop_total"): "100"}
        load.load_deliveries(conn, [item(conn, catalogue, "kt-district-quarter", "608", "2024Q1", cells)])
    return loader


def test_the_reader_reads_every_view_and_nothing_else(loaded: Engine, engine_as: EngineMaker) -> None:
    reader = engine_as("reader")
    with reader.connect() as conn:
        views = conn.execute(text("SELECT viewname FROM pg_views WHERE schemaname = 'out' ORDER BY 1")).scalars().all()
        assert len(views) > 15
        for view in views:
            conn.execute(text(f"SELECT * FROM out.{view} LIMIT 1")).all()
        tables = _tables(conn, "ops", "core", "plan")
    assert len(tables) > 25
    for table in tables:
        with reader.connect() as conn, pytest.raises(WarehouseError, match="not allowed"):
            conn.execute(text(f"SELECT 1 FROM {table}"))


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO out.event (kind) VALUES ('received')",
        "DELETE FROM out.event",
        "UPDATE out.event SET kind = 'received'",
        "CREATE TABLE out.mine (a integer)",
        "CREATE SCHEMA mine",
        "INSERT INTO ops.event (kind) VALUES ('received')",
    ],
)
def test_the_reader_cannot_write(loaded: Engine, engine_as: EngineMaker, statement: str) -> None:
    with engine_as("reader").connect() as conn, pytest.raises(WarehouseError, match="not allowed"):
        conn.execute(text(statement))


def test_the_loader_cannot_change_remove_or_define(loaded: Engine) -> None:
    with loaded.connect() as conn:
        tables = _tables(conn, "ops", "core", "plan")
    for table in tables:
        for statement in (f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with loaded.connect() as conn, pytest.raises(WarehouseError, match="not allowed"):
                conn.execute(text(statement))
    for statement in (
        "UPDATE core.observation SET value = 0",
        "UPDATE ops.verdict SET accepted = true",
        "INSERT INTO ops.migration (number, name, sha256) VALUES (99, 'x', 'x')",
        "CREATE TABLE core.mine (a integer)",
        "ALTER TABLE core.observation DISABLE TRIGGER append_only",
    ):
        with loaded.connect() as conn, pytest.raises(WarehouseError):
            conn.execute(text(statement))


def test_not_even_the_owner_rewrites_history(loaded: Engine, engine_as: EngineMaker) -> None:
    owner = engine_as("owner")
    with owner.connect() as conn:
        tables = [t for t in _tables(conn, "ops", "core", "plan") if t != "ops.migration"]
    for table in tables:
        for statement in (f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
            with owner.connect() as conn, pytest.raises(Exception, match="append-only"):
                conn.execute(text(statement))


def test_a_partition_is_no_way_round(loaded: Engine, engine_as: EngineMaker) -> None:
    with engine_as("owner").connect() as conn, pytest.raises(Exception, match="append-only"):
        conn.execute(text("DELETE FROM core.observation_2024"))
    with engine_as("owner").connect() as conn, pytest.raises(Exception, match="append-only"):
        conn.execute(text("UPDATE core.observation_2024 SET value = 0"))
