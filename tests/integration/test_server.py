"""The private server: starts by itself, outlives who started it, says plainly when it cannot."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from etl.errors import SettingsError, WarehouseError
from etl.settings import load_settings
from etl.warehouse import connect, embedded_server

pytestmark = pytest.mark.integration


@pytest.fixture
def pgdata() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="tongket-test-"))
    yield folder / "pg"
    for made in folder.rglob("PG_VERSION"):
        if "base" not in made.parts:
            embedded_server.stop_server(made.parent, at_once=True)
    shutil.rmtree(folder)


def _ask(url: str, statement: str) -> object:
    with psycopg.connect(
        make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    ) as connection:
        row = connection.execute(statement).fetchone()
    assert row is not None
    return row[0]


def test_starts_once_and_stays(pgdata: Path) -> None:
    assert not embedded_server.read_server_status(pgdata).running
    code = f"from pathlib import Path; from etl.warehouse import embedded_server; print(embedded_server.start_server(Path({str(pgdata)!r})))"
    url = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], check=True, capture_output=True, text=True
    ).stdout.strip()
    status = embedded_server.read_server_status(pgdata)
    assert status.running
    assert status.url == url == embedded_server.start_server(pgdata)
    assert embedded_server.read_server_status(pgdata).pid == status.pid
    assert _ask(url, "SELECT version()").startswith("PostgreSQL 18")  # type: ignore[attr-defined]


def test_keeps_what_was_committed_and_listens_on_no_network(pgdata: Path) -> None:
    url = embedded_server.start_server(pgdata)
    assert _ask(url, "SHOW listen_addresses") == ""
    assert _ask(url, "SHOW fsync") == "on"
    assert _ask(url, "SHOW unix_socket_permissions") == "0700"


def test_what_was_committed_survives_a_power_cut(pgdata: Path) -> None:
    url = embedded_server.start_server(pgdata)
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    embedded_server.stop_server(pgdata, at_once=True)
    assert not embedded_server.read_server_status(pgdata).running
    assert _ask(embedded_server.start_server(pgdata), "SELECT answer FROM kept") == 42


def test_stop_is_no_mistake_when_stopped(pgdata: Path) -> None:
    embedded_server.stop_server(pgdata)
    embedded_server.start_server(pgdata)
    embedded_server.stop_server(pgdata)
    embedded_server.stop_server(pgdata)
    assert embedded_server.read_server_status(pgdata) == embedded_server.ServerStatus(running=False)


@pytest.mark.parametrize("name", ["deep/" * 25 + "pg", "with spaces, commas and đường dẫn/pg"])
def test_any_folder_will_do(pgdata: Path, name: str) -> None:
    folder = pgdata.parent / name
    url = embedded_server.start_server(folder)
    try:
        assert _ask(url, "SELECT 1") == 1
        socket = Path(embedded_server.read_server_status(folder).socket_dir)
        assert len(str(socket / ".s.PGSQL.5432")) <= 100
        assert socket.stat().st_mode & 0o777 == 0o700
    finally:
        embedded_server.stop_server(folder)
    if not socket.is_relative_to(folder):
        shutil.rmtree(socket)


def test_many_starters_at_once_make_one_server(pgdata: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        urls = set(pool.map(lambda _: embedded_server.start_server(pgdata), range(8)))
    assert len(urls) == 1


def test_second_database_on_the_same_server(pgdata: Path) -> None:
    settings = replace(load_settings(), var=pgdata.parent, database_url="")
    own, airflow = (
        embedded_server.resolve_database_url(settings),
        embedded_server.resolve_database_url(settings, embedded_server.AIRFLOW_DATABASE),
    )
    assert make_url(own).database == "tongket"
    assert make_url(airflow).database == "airflow"
    assert make_url(own).query == make_url(airflow).query
    assert _ask(airflow, "SELECT current_database()") == "airflow"


def test_a_configured_address_starts_nothing(tmp_path: Path) -> None:
    settings = replace(load_settings(), var=tmp_path, database_url="postgresql://user:secret@db.example:5433/tongket")
    assert embedded_server.resolve_database_url(settings) == "postgresql+psycopg://user:secret@db.example:5433/tongket"
    assert make_url(embedded_server.resolve_database_url(settings, "airflow")).database == "airflow"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("address", ["sqlite:///x.db", "not an address"])
def test_an_address_of_something_else_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(SettingsError) as caught:
        embedded_server.resolve_database_url(replace(load_settings(), var=tmp_path, database_url=address))
    assert caught.value.where == "TONGKET_DATABASE_URL"


def test_a_server_that_does_not_answer_is_explained(tmp_path: Path) -> None:
    settings = replace(load_settings(), database_url=f"postgresql://postgres:secret@/tongket?host={tmp_path}")
    with pytest.raises(WarehouseError) as caught:
        connect.build_engine(settings).connect()
    assert "the database is away" in caught.value.what
    assert str(tmp_path) in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "start it" in caught.value.fix


def test_a_server_that_goes_away_is_explained_and_comes_back(pgdata: Path) -> None:
    settings = replace(load_settings(), var=pgdata.parent, database_url="")
    engine = connect.build_engine(settings, "owner")
    with engine.connect() as conn:
        conn.exec_driver_sql("SELECT 1")
        embedded_server.stop_server(pgdata, at_once=True)
        with pytest.raises(WarehouseError, match="the database is away"):
            conn.exec_driver_sql("SELECT 1")
    embedded_server.start_server(pgdata)
    with engine.connect() as conn:
        assert conn.exec_driver_sql("SELECT 1").scalar_one() == 1
    engine.dispose()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root meets folders that it may enter and the server may not")
def test_root_opens_the_way_but_does_not_let_others_list(pgdata: Path) -> None:
    closed = pgdata.parent / "closed"
    closed.mkdir(mode=0o700)
    embedded_server.start_server(closed / "pg")
    assert closed.stat().st_mode & 0o777 == 0o701
    assert (closed / "pg").stat().st_uid != 0


def test_a_folder_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(WarehouseError) as caught:
        embedded_server.start_server(tmp_path / "file" / "pg")
    assert str(tmp_path) in caught.value.where


def test_a_data_folder_that_is_broken_is_explained(pgdata: Path) -> None:
    embedded_server.start_server(pgdata)
    embedded_server.stop_server(pgdata)
    (pgdata / "global" / "pg_control").unlink()
    with pytest.raises(WarehouseError, match="pg_ctl failed") as caught:
        embedded_server.start_server(pgdata)
    assert str(pgdata / "log") in caught.value.where


def test_programs_of_the_wheel() -> None:
    assert embedded_server.find_postgres_program("psql").is_file()
    with pytest.raises(WarehouseError, match="no-such-program"):
        embedded_server.find_postgres_program("no-such-program")
