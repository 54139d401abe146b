"""Migrations go forward, once, whole; what was applied may not change."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url, text

from etl.errors import WarehouseError
from etl.settings import PROJECT_ROOT, Settings
from etl.warehouse import connect, embedded_server, migrate
from tests.conftest import EngineMaker

pytestmark = pytest.mark.integration


@pytest.fixture
def sql_folder(tmp_path: Path) -> Path:
    shutil.copytree(PROJECT_ROOT / "sql", tmp_path / "sql")
    return tmp_path / "sql"


def _with(engine: Engine, root: Path) -> Engine:
    return engine.execution_options(tongket_sql=str(root))


def test_twice_is_once(engine_as: EngineMaker) -> None:
    engine = engine_as("owner")
    assert migrate.apply_migrations(engine) == []
    assert [s.state for s in migrate.fetch_migration_statuses(engine)] == ["applied"] * len(
        migrate.list_migrations(PROJECT_ROOT / "sql")
    )
    assert all(s.applied_at for s in migrate.fetch_migration_statuses(engine))


def test_a_login_that_may_not_migrate_goes_on_where_nothing_is_pending(
    engine_as: EngineMaker, warehouse: Settings, sql_folder: Path
) -> None:
    """As in the containers, where `init` alone may act as the owner."""
    address = make_url(warehouse.database_url)
    with engine_as("owner").connect() as conn:
        conn.execute(text("RESET ROLE"))
        conn.execute(text("CREATE ROLE narrow LOGIN IN ROLE tongket_loader, tongket_reader"))
        conn.commit()
        migrate.apply_migrations(engine_as("owner"))  # who may connect is no part of a copied database
        try:
            narrow = replace(warehouse, database_url=address.set(username="narrow").render_as_string(False))
            assert migrate.ensure_schema(narrow) == []
            last = len(migrate.list_migrations(sql_folder))
            (sql_folder / "migrations" / f"{last + 1:04d}_later.sql").write_text("SELECT 1;", encoding="utf-8")
            with pytest.raises(WarehouseError, match=rf"{last + 1:04d}_later.*may not change it"):
                migrate.ensure_schema(replace(narrow, home=sql_folder.parent))
        finally:
            conn.execute(text("DROP ROLE narrow"))
            conn.commit()


def test_from_nothing_to_now(postgres: str, warehouse: Settings) -> None:
    empty = embedded_server.ensure_database(postgres, "empty_for_migrations")
    engine = connect.build_engine(replace(warehouse, database_url=empty), "owner")
    assert {s.state for s in migrate.fetch_migration_statuses(engine)} == {"pending"}
    with ThreadPoolExecutor(3) as pool:
        applied = list(pool.map(lambda _: migrate.apply_migrations(engine), range(3)))
    assert sorted(map(len, applied)) == [0, 0, len(migrate.list_migrations(PROJECT_ROOT / "sql"))]
    with engine.connect() as conn:
        owners = conn.execute(
            text(
                "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname IN ('ops', 'core', 'plan') "
                "UNION SELECT DISTINCT viewowner FROM pg_views WHERE schemaname = 'out'"
            )
        )
        assert owners.scalars().all() == ["tongket_owner"]
    engine.dispose()


def test_before_the_first_migration_the_others_are_told(postgres: str, warehouse: Settings) -> None:
    engine = connect.build_engine(
        replace(warehouse, database_url=embedded_server.ensure_database(postgres, "never_migrated"))
    )
    with pytest.raises(WarehouseError) as caught, engine.connect() as conn:
        connect.query(conn, "pending_deliveries", delivery=None, imports=False)
    assert "tongket warehouse migrate" in caught.value.fix
    engine.dispose()


def test_a_new_migration_is_applied_and_views_follow(engine_as: EngineMaker, sql_folder: Path) -> None:
    number = len(migrate.list_migrations(sql_folder)) + 1
    (sql_folder / "migrations" / f"{number:04d}_more.sql").write_text("CREATE TABLE core.more (a integer);")
    (sql_folder / "views" / "90_more.sql").write_text("CREATE VIEW out.more AS SELECT a FROM core.more;")
    engine = _with(engine_as("owner"), sql_folder)
    assert migrate.apply_migrations(engine) == [f"{number:04d}_more"]
    with engine_as("reader").connect() as conn:
        assert conn.execute(text("SELECT count(*) FROM out.more")).scalar_one() == 0
    (sql_folder / "views" / "90_more.sql").unlink()
    assert migrate.apply_migrations(engine) == []
    with engine.connect() as conn:
        assert conn.execute(text("SELECT to_regclass('out.more')")).scalar_one() is None


def test_a_migration_that_fails_leaves_nothing(engine_as: EngineMaker, sql_folder: Path) -> None:
    number = len(migrate.list_migrations(sql_folder)) + 1
    broken = sql_folder / "migrations" / f"{number:04d}_broken.sql"
    broken.write_text("CREATE TABLE core.half (a integer); SELECT 1 / 0;")
    engine = _with(engine_as("owner"), sql_folder)
    with pytest.raises(WarehouseError, match="division by zero") as caught:
        migrate.apply_migrations(engine)
    assert caught.value.where == str(broken)
    with engine.connect() as conn:
        assert conn.execute(text("SELECT to_regclass('core.half')")).scalar_one() is None
    assert migrate.fetch_migration_statuses(engine)[-1].state == "pending"


def test_a_changed_migration_is_refused(engine_as: EngineMaker, sql_folder: Path) -> None:
    changed = migrate.list_migrations(sql_folder)[0].path
    changed.write_text(changed.read_text() + "\n-- a word more\n")
    engine = _with(engine_as("owner"), sql_folder)
    with pytest.raises(WarehouseError, match="changed afterwards") as caught:
        migrate.apply_migrations(engine)
    assert caught.value.where == str(changed)
    assert migrate.fetch_migration_statuses(engine)[0].state == "changed"


def test_a_newer_database_is_refused(engine_as: EngineMaker, sql_folder: Path) -> None:
    migrate.list_migrations(sql_folder)[-1].path.unlink()
    engine = _with(engine_as("owner"), sql_folder)
    with pytest.raises(WarehouseError, match="newer than this code"):
        migrate.apply_migrations(engine)
    assert migrate.fetch_migration_statuses(engine)[-1].state == "unknown"


@pytest.mark.parametrize(("name", "what"), [("0099_gap.sql", "gap"), ("1_short.sql", "name"), ("notes.txt", "name")])
def test_file_names_are_checked(sql_folder: Path, name: str, what: str) -> None:
    (sql_folder / "migrations" / name).write_text("SELECT 1;")
    with pytest.raises(WarehouseError, match=what):
        migrate.list_migrations(sql_folder)
