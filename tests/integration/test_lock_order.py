"""A report's whole way, with every lock on it: each is below those that are held, so no two processes block each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from etl import load, steps
from etl.settings import PROJECT_ROOT
from etl.warehouse import advisory_locks, migrate
from etl.warehouse.advisory_locks import AdvisoryLock
from tests.conftest import EngineMaker
from tests.integration.test_signing import PERIOD, SCOPE, TODAY, Office, approve, office

pytestmark = pytest.mark.integration
__all__ = ["office"]  # a fixture


class Watch:
    """What this process holds, and every acquisition while it held more: (held, acquired)."""

    def __init__(self) -> None:
        self.held: list[tuple[Connection, AdvisoryLock, str]] = []
        self.pairs: set[tuple[AdvisoryLock, AdvisoryLock]] = set()
        self.seen: set[AdvisoryLock] = set()
        self._query = advisory_locks.query

    def query(self, conn: Connection, name: str, **params: Any) -> Any:
        lock = params.get("space", params.get("lock"))
        if name == "unlock_session":
            self.held.remove((conn, lock, "lock_session"))
        else:
            self.pairs |= {(other, lock) for _, other, _ in self.held}
            self.seen.add(lock)
            self.held.append((conn, lock, name))
        return self._query(conn, name, **params)

    def end(self, conn: Connection) -> None:
        self.held = [entry for entry in self.held if entry[0] is not conn or entry[2] == "lock_session"]


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    made = Watch()
    monkeypatch.setattr(advisory_locks, "query", made.query)
    for moment in ("commit", "rollback"):
        event.listen(Engine, moment, made.end)
    yield made
    for moment in ("commit", "rollback"):
        event.remove(Engine, moment, made.end)


def test_locks_are_acquired_in_the_order_of_their_list(office: Office, watch: Watch, engine_as: EngineMaker) -> None:
    migrate.apply_migrations(engine_as("owner"))
    with office.loader.begin() as conn:
        load.load_catalogue_rows(conn, office.catalogue)
    assert steps.receive_deliveries()["received"] == steps.process_batch(0)["answered"] == 0
    office.send(600)
    steps.compute_attainment(SCOPE, PERIOD)
    office.draft()
    approve(office.ask()[0]["report"], number="05", date=TODAY, signer="Nguyễn Văn Bình")
    steps.dispatch_folders()
    order = list(AdvisoryLock)
    assert watch.seen == set(order), "the way passes every lock"
    assert watch.pairs, "more than one is held at a time"
    assert {(a.name, b.name) for a, b in watch.pairs if order.index(a) > order.index(b)} == set()


def test_a_lock_is_acquired_nowhere_else() -> None:
    """PostgreSQL's functions are called in the statements of that module only, by these names only."""
    mine = {"lock_keys.sql", "lock_shared.sql", "lock_session.sql", "unlock_session.sql"}
    files = [path for folder in ("etl", "sql", "ops") for path in (PROJECT_ROOT / folder).rglob("*") if path.is_file()]
    asking = {p.name for p in files if p.suffix in {".py", ".sql"} and "pg_advisory" in p.read_text(encoding="utf-8")}
    callers = {
        p.name for p in files if p.suffix == ".py" and any(f'"{n[:-4]}"' in p.read_text(encoding="utf-8") for n in mine)
    }
    assert (asking, callers) == (mine, {"advisory_locks.py"})
