"""Secrets stay where they belong, and nothing of a whole flow can be read by other accounts of the machine."""

from __future__ import annotations

import datetime as dt
import logging
import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from typer.testing import CliRunner

from etl.catalog import Catalogue
from etl.cli.commands import app
from etl.doors import accounts
from etl.file_io import create_folder
from etl.model.vietnam_time import get_current_date
from etl.settings import Settings
from etl.warehouse.connect import build_engine
from tests.builders import Workbook

pytestmark = [pytest.mark.integration, pytest.mark.slow]

PASSWORD, DOOR_SECRET = "planted-password-of-the-database", "p2nt-p2nt-p2nt-p2nt"
OF_CONNECTIONS = {"SMTP_DEFAULT": "planted-of-smtp", "IMAP_DEFAULT": "planted-of-imap", "HOOK": "planted-of-webhook"}
SCOPE, FORM, UNIT, PERIOD = "tan-yen", "ty-commune-quarter", "07306", "2024Q1"


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every command line that this process starts."""
    seen: list[str] = []
    real = subprocess.Popen.__init__

    def start(self: subprocess.Popen[str], args: list[str] | str, *more: object, **named: object) -> None:
        seen.append(args if isinstance(args, str) else " ".join(map(os.fsdecode, args)))
        real(self, args, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(subprocess.Popen, "__init__", start)
    yield seen


@pytest.fixture
def flown(
    warehouse: Settings, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
    commands: list[str], tmp_path: Path,
) -> list[str]:  # fmt: skip
    """A whole flow with planted secrets; gives what the shell printed on the way, errors too."""
    caplog.set_level(logging.DEBUG)
    address = make_url(warehouse.database_url).set(password=PASSWORD)
    monkeypatch.setenv("TONGKET_DATABASE_URL", address.render_as_string(hide_password=False))
    monkeypatch.setenv("TONGKET_MIN_AGE_SECONDS", "0")
    monkeypatch.setenv("TONGKET_SCOPES", SCOPE)
    monkeypatch.setenv("TONGKET_ALERT_WEBHOOK", "hook")
    for name, secret in OF_CONNECTIONS.items():  # as Airflow's connections stand in the environment of its tasks
        monkeypatch.setenv(f"AIRFLOW_CONN_{name}", f"http://a:{secret}@vi-du.test/{secret}")
    monkeypatch.setattr("etl.report.pdf.PROGRAMS", ())
    monkeypatch.setattr(accounts, "generate_secret", lambda: DOOR_SECRET)
    monkeypatch.setattr(accounts, "get_current_date", lambda: dt.date(2024, 5, 1))
    said = []

    def shell(*command: str) -> None:
        said.append(CliRunner().invoke(app, ["--verbose", *command]).output)

    shell("warehouse", "migrate")
    shell("accounts", "issue", "--scope", SCOPE, "--unit", UNIT, "--to", str(tmp_path / "sheets"), "--by", "Y Bình")
    folder = warehouse.inbox / UNIT
    create_folder(folder)
    (folder / "báo cáo.xlsx").write_bytes(Workbook(catalogue, FORM, UNIT, PERIOD).filled().bytes())
    (folder / "hỏng.xlsx").write_bytes(b"%PDF-1.7")
    shell("run", "--scope", SCOPE)
    with build_engine(warehouse, "loader").connect() as conn:
        numbers = conn.execute(text("SELECT report_id FROM ops.report ORDER BY 1")).scalars().all()
    about = ["--by", "Y Bình", "--number", "1", "--date", get_current_date().isoformat(), "--signer", "Trần Văn B"]
    shell("sign", str(numbers[0]), *about)
    shell("dispatch")
    shell("warehouse", "backup", "--to", str(tmp_path / "backup.tar"))
    away = address.set(host="127.0.0.1", port=1, query={}).render_as_string(hide_password=False)
    monkeypatch.setenv("TONGKET_DATABASE_URL", away)
    shell("status", "--scope", SCOPE, "--period", PERIOD)
    assert "database is away" in said[-1]
    return said


def _list_rows(settings: Settings) -> Iterator[str]:
    with build_engine(settings, "owner").connect() as conn:
        tables = "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('ops', 'core', 'plan')"
        for table in conn.execute(text(tables)).scalars().all():
            yield from conn.execute(text(f"SELECT t::text FROM {table} AS t")).scalars()


def test_a_flow_leaves_its_secrets_nowhere_and_nothing_to_other_accounts(
    flown: list[str], warehouse: Settings, caplog: pytest.LogCaptureFixture, commands: list[str], tmp_path: Path
) -> None:
    files = [path for path in warehouse.var.rglob("*") if path.is_file() and not path.is_symlink()]
    own = [path for path in files if warehouse.secrets in path.parents]
    keys = [key for path in own for line in path.read_text().splitlines() if len(key := line.strip()) > 30]
    keys = [key for key in keys if "PUBLIC" not in key and "PRIVATE" not in key]
    assert any("PRIVATE KEY" in path.read_text() for path in own), "records of approval were signed"
    published = [p for p in files if p not in own]
    assert any(p.suffix == ".docx" for p in published) and list((tmp_path / "sheets").rglob("*"))

    secrets = {PASSWORD, DOOR_SECRET, DOOR_SECRET.replace("-", ""), *keys, *OF_CONNECTIONS.values()}
    public = {line for path in own if "PUBLIC KEY" in path.read_text() for line in path.read_text().splitlines()}
    log = "\n".join(record.getMessage() for record in caplog.get_records("setup"))
    places = {str(path): path.read_bytes() for path in published}
    places |= {
        "log": log.encode(),
        "shell": "\n".join(flown).encode(),
        "commands": "\n".join(commands).encode(),
    }
    places |= {"rows": "\n".join(_list_rows(warehouse)).encode()}
    assert places["rows"] and places["log"] and "pg_dump" in "\n".join(commands)
    assert [(n, s) for n, data in places.items() for s in secrets - public if s.encode() in data] == []

    readable = [p for p in warehouse.var.rglob("*") if not p.is_symlink() and stat.S_IMODE(p.stat().st_mode) & 0o007]
    assert readable == [] and not stat.S_IMODE(warehouse.var.stat().st_mode) & 0o007
    private = [path for path in own if "PUBLIC KEY" not in path.read_text()]
    assert private and [path for path in private if stat.S_IMODE(path.stat().st_mode) & 0o077] == []
