"""Fixtures that any test may use: a private PostgreSQL for the session, and a fresh warehouse for each test.

The server is started once, on first use; a warehouse is a copy of a migrated template and takes some tens of
milliseconds. Every process of a parallel run has its own server.
"""

from __future__ import annotations

import gc
import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine, make_url

from etl import load
from etl.catalog.loader import Catalogue, load_catalogue
from etl.read import reader
from etl.settings import PROJECT_ROOT, Settings, load_settings
from etl.warehouse import connect, embedded_server, migrate

EngineMaker = Callable[[connect.Role], Engine]
StateMaker = Callable[[str, Callable[[], object]], None]
_TEMPLATE, _STOCKED = "template_of_tests", "stocked_template_of_tests"
_NUMBERS = itertools.count(1)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Beside each other, modules with slow tests begin first: a long one at the end would leave a core idle."""
    if hasattr(config, "workerinput"):
        slow = {item.path for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish() -> None:
    """What the imports and the collecting made stays till the end: no collection of garbage need look at it again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Address of the main database of a private server that ends with the session."""
    folder = Path(tempfile.mkdtemp(prefix="tongket-test-"))
    url = embedded_server.start_server(folder / "pg")
    with psycopg.connect(_plain(url), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")  # thrown away with the session
        connection.execute("SELECT pg_reload_conf()")
    yield url
    embedded_server.stop_server(folder / "pg", at_once=True)
    shutil.rmtree(folder)


def _plain(url: str, database: str | None = None) -> str:
    """An address as psycopg reads it."""
    address = make_url(url).set(drivername="postgresql")
    return (address.set(database=database) if database else address).render_as_string(hide_password=False)


def _copy_of(url: str, template: str, name: str) -> str:
    """Address of a new database that is a copy of another; by files, at a third of the work that a copy by log costs."""
    with psycopg.connect(_plain(url, "postgres"), autocommit=True) as connection:
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        connection.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def _drop(url: str, name: str) -> None:
    with psycopg.connect(_plain(url, "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The project's own catalogue."""
    return load_catalogue(PROJECT_ROOT / "catalog")


@pytest.fixture(scope="session")
def migrated(postgres: str) -> str:
    """Name of a database with the schema, and nothing in it, to copy from."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TONGKET_DATABASE_URL", embedded_server.ensure_database(postgres, _TEMPLATE))
        engine = connect.build_engine(load_settings(), "owner")
        migrate.apply_migrations(engine)
        engine.dispose()
    return _TEMPLATE


@pytest.fixture(scope="session")
def stocked(postgres: str, migrated: str, catalogue: Catalogue) -> str:
    """Name of a database with the schema and the project's catalogue, to copy from."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TONGKET_DATABASE_URL", _copy_of(postgres, migrated, _STOCKED))
        engine = connect.build_engine(load_settings(), "loader")
        with engine.begin() as conn:
            load.load_catalogue_rows(conn, catalogue)
        engine.dispose()
    return _STOCKED


@pytest.fixture(scope="session")
def sandbox(postgres: str, migrated: str) -> Iterator[Engine]:
    """The loader's engine on one warehouse without a catalogue, for all tests that never commit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TONGKET_DATABASE_URL", _copy_of(postgres, migrated, "sandbox_of_tests"))
        engine = connect.build_engine(load_settings(), "loader")
    yield engine
    engine.dispose()


class _KeptWorkers:
    """Reading processes on the project's own catalogue that outlive a Reader: starting one takes most of a second.

    A process that was asked for something it has not answered, or is dead, is not kept.
    """

    def __init__(self) -> None:
        self.real, self.kept = reader._WorkerProcess, list[reader._WorkerProcess]()

    def start(self, catalog: Path, cpu_seconds: float, seconds: float, files: int) -> reader._WorkerProcess:
        usual = (cpu_seconds, seconds, files) == (reader.CPU_SECONDS, reader.FILE_SECONDS, reader.FILES_PER_CHILD)
        if not usual or catalog != PROJECT_ROOT / "catalog":
            return self.real(catalog, cpu_seconds, seconds, files)
        worker = self.kept.pop() if self.kept else self.real(catalog, cpu_seconds, seconds, files)
        worker.kill_process = lambda: self.keep(worker)  # type: ignore[method-assign]
        return worker

    def keep(self, worker: reader._WorkerProcess) -> None:
        del worker.kill_process  # type: ignore[method-assign]
        if worker.pending_sizes or worker.files_left < reader.FILES_PER_CHILD // 2 or worker.process.poll() is not None:
            worker.kill_process()
        else:
            self.kept.append(worker)


@pytest.fixture(scope="session")
def reading_workers() -> Iterator[_KeptWorkers]:
    """Reading processes that tests of whole runs share."""
    workers = _KeptWorkers()
    yield workers
    for worker in workers.kept:
        worker.kill_process()


@pytest.fixture
def warehouse(
    postgres: str,
    stocked: str,
    reading_workers: _KeptWorkers,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Settings]:
    """Settings (in the environment too) of the test's own run-time folder and warehouse, with the catalogue in it."""
    monkeypatch.setattr(reader, "_WorkerProcess", reading_workers.start)
    name = f"test_{next(_NUMBERS)}"
    monkeypatch.setenv("TONGKET_DATABASE_URL", _copy_of(postgres, stocked, name))
    monkeypatch.setenv("TONGKET_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("TONGKET_SCOPES", "kon-tum,tan-yen")  # most tests are of 2024; a test of today names its own
    yield load_settings()
    _drop(postgres, name)


@pytest.fixture(scope="session")
def kept_states() -> dict[str, Path]:
    """What `begin_with` has made: the database of that name, and a copy of the run-time folder."""
    return {}


@pytest.fixture
def begin_with(
    postgres: str, warehouse: Settings, kept_states: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> StateMaker:
    """Brings the test's warehouse and folder, as yet empty, to a state that many tests begin with.

    The first test to name a state makes it; the others get copies, of their own, of what it made.
    """
    own = str(make_url(warehouse.database_url).database)

    def begin(state: str, make: Callable[[], object]) -> None:
        if state in kept_states:
            _drop(postgres, own)
            _copy_of(postgres, state, own)
            shutil.copytree(kept_states[state], warehouse.var, symlinks=True, dirs_exist_ok=True)
            return
        make()
        _copy_of(postgres, own, state)
        kept_states[state] = tmp_path_factory.mktemp("state") / "var"
        shutil.copytree(warehouse.var, kept_states[state], symlinks=True)

    return begin


@pytest.fixture
def engine_as(warehouse: Settings) -> Iterator[EngineMaker]:
    """Makes engines on the test's warehouse, by role, and closes them afterwards."""
    made: list[Engine] = []

    def make(role: connect.Role) -> Engine:
        made.append(connect.build_engine(warehouse, role))
        return made[-1]

    yield make
    for engine in made:
        engine.dispose()


@pytest.fixture
def loader(engine_as: EngineMaker) -> Engine:
    """An engine on the test's warehouse in the loader's role."""
    return engine_as("loader")
