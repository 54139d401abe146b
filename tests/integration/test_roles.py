"""Who may do what: the reader reads `out`, the loader appends, and nobody rewrites history."""

import pytest
from sqlalchemy import Connection, Engine, text

from etl import load
from etl.catalog.loader import Catalogue
from etl.errors import WarehouseError
from etl.model import FormStamp, Period
from etl.settings import Settings
from etl.warehouse import check_history, journal, migrate
from etl.warehouse.quarter_values import fetch_quarter_values
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
        cells = {("23281", "pop_total"): "100"}
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


ROLES = ("tongket_owner", "tongket_loader", "tongket_door", "tongket_reader", "public")
SCHEMAS = ("ops", "core", "plan", "out", "public")
DATABASE = {
    "tongket_owner": "CONNECT CREATE", "tongket_loader": "CONNECT", "tongket_door": "CONNECT",
    "tongket_reader": "CONNECT", "public": "",
}  # fmt: skip
RIGHTS = {
    "tongket_loader": {
        "ops": "USAGE", "core": "USAGE", "plan": "USAGE", "out": "USAGE", "public": "USAGE",
        "ops table": "SELECT INSERT", "core table": "SELECT INSERT", "plan table": "SELECT INSERT",
        "core view": "SELECT INSERT", "plan view": "SELECT INSERT", "out view": "SELECT",
        "core function": "EXECUTE", "plan function": "EXECUTE",
    },
    "tongket_door": {"ops": "USAGE", "core": "USAGE", "out": "USAGE", "public": "USAGE"},
    "tongket_reader": {"out": "USAGE", "public": "USAGE", "out view": "SELECT"},
    "public": {"public": "USAGE"},
}  # fmt: skip
"""What each role may do with every object of a schema and kind; what is not here is nothing. An INSERT into a
view is one into its table, which the loader may make anyway. `public` is PostgreSQL's own schema, which holds nothing."""
READ_AT_DOORS = (
    "ops.unit_account", "ops.delivery", "ops.verdict", "out.unit_status", "ops.explanation", "core.current_org_unit",
    "core.current_data_element", "core.org_unit", "core.data_element", "core.period", "core.submission",
    "core.observation",
)  # fmt: skip
EXCEPT = {
    ("tongket_loader", "ops.migration"): "SELECT",
    **{("tongket_door", name): "SELECT" for name in READ_AT_DOORS},
    ("tongket_door", "ops.event"): "SELECT INSERT",
    ("tongket_door", "core.submission_in_force(text,timestamp with time zone)"): "EXECUTE",
    ("tongket_reader", "plan.parse_fraction(text)"): "EXECUTE",  # views of `out` call it
}
_RIGHTS_HELD = """
WITH thing AS (
    SELECT n.nspname AS schema, n.nspname AS place, n.nspname AS name, n.oid, 'schema' AS kind FROM pg_namespace AS n
    UNION ALL
    SELECT n.nspname, n.nspname || CASE WHEN c.relkind IN ('v', 'm') THEN ' view' WHEN c.relkind = 'S' THEN ' sequence'
        ELSE ' table' END, n.nspname || '.' || c.relname, c.oid, CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'relation' END
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    UNION ALL
    SELECT n.nspname, n.nspname || ' function', p.oid::regprocedure::text, p.oid, 'function'
    FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
), wanted (kind, word) AS (
    SELECT 'schema', unnest('{USAGE,CREATE}'::text[])
    UNION ALL SELECT 'relation', unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER,MAINTAIN}'::text[])
    UNION ALL SELECT 'sequence', unnest('{USAGE,SELECT,UPDATE}'::text[])
    UNION ALL SELECT 'function', 'EXECUTE'
)
SELECT role, place, name, string_agg(word, ' ' ORDER BY word DESC) FILTER (WHERE CASE thing.kind
    WHEN 'schema' THEN has_schema_privilege(role, oid, word)
    WHEN 'sequence' THEN has_sequence_privilege(role, oid, word)
    WHEN 'function' THEN has_function_privilege(role, oid, word)
    WHEN 'relation' THEN has_table_privilege(role, oid, word) OR word IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
        AND has_any_column_privilege(role, oid, word)
END) AS held
FROM thing JOIN wanted USING (kind) CROSS JOIN unnest(cast(:roles AS text[])) AS role
WHERE schema = ANY(:schemas) GROUP BY role, place, name
"""


def test_each_role_may_do_what_its_table_says_and_nothing_else(warehouse: Settings, engine_as: EngineMaker) -> None:
    """Over every schema, table, partition, view, sequence and function; on a database that was migrated itself."""
    migrate.apply_migrations(engine_as("owner"))  # who may connect is no part of a copied database
    others = [role for role in ROLES if role != "tongket_owner"]
    with engine_as("owner").connect() as conn:
        rows = conn.execute(text(_RIGHTS_HELD), {"roles": others, "schemas": list(SCHEMAS)}).all()
        every = "SELECT role, string_agg(word, ' ' ORDER BY word) FILTER (WHERE has_database_privilege(role, current_database(), word)) FROM unnest(cast(:roles AS text[])) AS role, unnest('{CONNECT,CREATE,TEMPORARY}'::text[]) AS word GROUP BY role"
        on_database = {role: held or "" for role, held in conn.execute(text(every), {"roles": list(ROLES)})}
    assert len(rows) > 3 * 100
    expected = {(r, name): EXCEPT.get((r, name), RIGHTS[r].get(place, "")) for r, place, name, _ in rows}
    assert {(r, name): held or "" for r, _, name, held in rows} == expected
    assert on_database == DATABASE


@pytest.mark.parametrize("kind", ["accepted", "approved", "account_changed", "mail_answered"])
def test_a_door_writes_of_what_happens_at_a_door_and_of_nothing_else(
    loaded: Engine, engine_as: EngineMaker, kind: str
) -> None:
    with engine_as("door").begin() as conn:
        journal.record_event(conn, "door_entered", unit="608", door="web")
    with engine_as("door").connect() as conn, pytest.raises(WarehouseError, match="not allowed"):
        conn.execute(text("INSERT INTO ops.event (kind) VALUES (:kind)"), {"kind": kind})
    with loaded.begin() as conn:
        conn.execute(text("INSERT INTO ops.event (kind) VALUES ('mail_answered')"))


def test_a_door_knows_all_that_a_check_compares_with(
    loaded: Engine, catalogue: Catalogue, engine_as: EngineMaker
) -> None:
    unit = catalogue.find_unit("608", Period.parse("2024Q2").start)
    assert unit
    key = unit.code, unit.valid_from
    with engine_as("door").connect() as conn:
        known = check_history.fetch_other_periods(conn, {key: {"2024Q1": None}})
        quarters = fetch_quarter_values(conn, catalogue, "608", Period.parse("2024"))
        first = check_history.fetch_first_received_times(conn, [(*key, "kt-district-quarter", "2024Q1")])
        check_history.fetch_explanations(conn, [FormStamp("kt-district-quarter", "", "608", "2024Q1")])
    assert known["608"]["2024Q1"] == {("23281", "pop_total"): 100.0} and len(first) == 1
    assert quarters["23281", "pop_total"] == (100.0, None, None, None)


def test_no_role_of_ours_can_log_in_or_is_more_than_it_says(loaded: Engine) -> None:
    question = (
        "SELECT rolname FROM pg_roles WHERE rolname LIKE 'tongket\\_%' AND (rolcanlogin OR rolsuper OR rolcreaterole "
        "OR rolcreatedb OR rolreplication OR rolbypassrls OR EXISTS (SELECT FROM pg_auth_members WHERE member = pg_roles.oid))"
    )
    with loaded.connect() as conn:
        assert conn.execute(text(question)).all() == []


def test_no_function_runs_with_the_rights_of_another(loaded: Engine) -> None:
    """A function that did would have to fix its search path; none does."""
    question = (
        "SELECT oid::regprocedure FROM pg_proc WHERE prosecdef AND pronamespace::regnamespace::text = ANY(:schemas)"
    )
    with loaded.connect() as conn:
        assert conn.execute(text(question), {"schemas": list(SCHEMAS)}).all() == []
