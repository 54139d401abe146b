"""What `init` does in production, against a real server: logins, databases, schemas, first user."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from etl.errors import SettingsError
from etl.settings import PROJECT_ROOT
from etl.warehouse import embedded_server
from ops import new_secrets, prepare
from ops.roles import APPROVER, ENGINEER, READER


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tongket-prepare-") as name:
        path = Path(name)
        path.chmod(0o755)  # the server's own account must pass
        yield path
        embedded_server.stop_server(path / "pg")


def _env(folder: Path) -> dict[str, str]:
    warehouse = make_url(embedded_server.start_server(folder / "pg"))
    secrets = new_secrets.generate_secrets()
    airflow = warehouse.set(username=prepare.AIRFLOW_LOGIN, password=secrets["AIRFLOW_DB_PASSWORD"], database="airflow")
    admin = warehouse.set(drivername="postgresql", database="postgres")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "TONGKET"))}
    return inherited | {
        **secrets,
        "ADMIN_DATABASE_URL": admin.render_as_string(hide_password=False),
        "AIRFLOW_ADMIN_USER": "quantri",
        "AIRFLOW_HOME": str(folder / "home"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__AUTH_MANAGER": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
        "AIRFLOW__CORE__FERNET_KEY": secrets["AIRFLOW_FERNET_KEY"],
        "AIRFLOW__API__SECRET_KEY": secrets["AIRFLOW_API_SECRET_KEY"],
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets["AIRFLOW_JWT_SECRET"],
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": airflow.render_as_string(hide_password=False),
    }


@pytest.mark.airflow
@pytest.mark.slow
def test_a_server_is_made_ready_and_may_be_made_ready_again(folder: Path) -> None:
    env = _env(folder)
    prepare.prepare_server(env)
    first = _ask(env, "airflow", "SELECT username, password FROM ab_user")
    assert [name for name, _ in first] == ["quantri"]
    owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'airflow'"
    assert _ask(env, "postgres", owner) == [(prepare.AIRFLOW_LOGIN,)]
    roles = "SELECT rolname FROM pg_roles WHERE pg_has_role('{}', oid, 'member') AND rolname LIKE 'tongket\\_%'"
    for login, granted in prepare.ROLES_BY_LOGIN.items():
        assert {role for (role,) in _ask(env, "postgres", roles.format(login))} == set(granted)
    assert (
        _ask(env, "postgres", "SELECT rolsuper FROM pg_roles WHERE rolname IN ('tongket', 'tongket-door', 'airflow')")
        == [(False,)] * 3
    )
    assert _ask(env, "tongket", "SELECT count(*) > 0 FROM ops.migration") == [(True,)]
    strangers = "SELECT datname FROM pg_database WHERE datname IN ('tongket', 'airflow') AND has_database_privilege('public', oid, 'CONNECT')"
    assert _ask(env, "postgres", strangers) == [], "each login into its own database alone"

    made = {READER: 0, APPROVER: 1, ENGINEER: 0}
    deciding = (
        "SELECT r.name, count(*) FILTER (WHERE p.name = 'can_edit' AND v.name = 'HITL Detail') FROM ab_role AS r"
        " INNER JOIN ab_permission_view_role AS g ON g.role_id = r.id"
        " INNER JOIN ab_permission_view AS pv ON pv.id = g.permission_view_id"
        " INNER JOIN ab_permission AS p ON p.id = pv.permission_id INNER JOIN ab_view_menu AS v ON v.id = pv.view_menu_id"
        " WHERE r.name LIKE 'Tongket%' GROUP BY r.name"
    )
    assert dict(_ask(env, "airflow", deciding)) == made, "who keeps the system decides on no document"
    with psycopg.connect(_build_address(env, "airflow")) as connection:  # an office takes a right away
        connection.execute(
            "DELETE FROM ab_permission_view_role WHERE role_id = (SELECT id FROM ab_role WHERE name = %s)", (APPROVER,)
        )

    prepare.prepare_server(env | {"AIRFLOW_ADMIN_PASSWORD": new_secrets.generate_secrets()["AIRFLOW_ADMIN_PASSWORD"]})
    again = _ask(env, "airflow", "SELECT username, password FROM ab_user")
    assert [name for name, _ in again] == ["quantri"]
    assert again != first, "a changed password takes effect"
    assert dict(_ask(env, "airflow", deciding)) == made | {APPROVER: 0}, "what an office took away stays so"


def _build_address(env: dict[str, str], database: str) -> str:
    return make_url(env["ADMIN_DATABASE_URL"]).set(database=database).render_as_string(hide_password=False)


def _ask(env: dict[str, str], database: str, question: str) -> list[tuple[object, ...]]:
    with psycopg.connect(_build_address(env, database)) as connection:
        return connection.execute(question).fetchall()


@pytest.mark.parametrize("name", [*prepare.NEEDED, prepare.SECRET])
def test_what_is_missing_is_named_before_anything_is_touched(name: str) -> None:
    env = dict.fromkeys((*prepare.NEEDED, prepare.SECRET), "postgresql:///nowhere")
    with pytest.raises(SettingsError, match=name):
        prepare.prepare_server({**env, name: ""})


def _adopt(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, candidate: Path) -> None:
    monkeypatch.setenv("TONGKET_OFFICE", str(tmp_path / "office" / "in-force"))
    prepare.adopt_edited_files({**os.environ, "OFFICE_FILES": str(candidate)})


def test_a_start_with_broken_edits_goes_on_with_what_is_in_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    edited = tmp_path / "edited"
    for part in ("catalog", "templates"):
        shutil.copytree(PROJECT_ROOT / part, edited / part)
    file = edited / "catalog" / "indicators.yaml"
    right = file.read_text()
    file.write_text(right.replace("numerator:", "numerater:", 1))
    with pytest.raises(SettingsError):  # nothing is in force yet
        _adopt(monkeypatch, tmp_path, edited)
    file.write_text(right)
    _adopt(monkeypatch, tmp_path, edited)
    in_force = (tmp_path / "office" / "in-force").readlink()
    file.write_text(right.replace("numerator:", "numerater:", 1))
    _adopt(monkeypatch, tmp_path, edited)
    assert (tmp_path / "office" / "in-force").readlink() == in_force
    said = capfd.readouterr().out
    assert "catalog/indicators.yaml" in said
    assert "those in force stay" in said
