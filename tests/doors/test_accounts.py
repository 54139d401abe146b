"""Accounts by unit: who gets one, who speaks for whom, what is printed, what is kept."""

from __future__ import annotations

import datetime as dt
import json
import re
import stat
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from etl import steps
from etl.catalog import Catalogue
from etl.cli.commands import app
from etl.doors import accounts
from etl.doors.account_secret import generate_secret, hash_secret, is_right_secret
from etl.doors.accounts import find_account, list_account_units, list_folders
from etl.errors import UsageError, WarehouseError
from etl.settings import Settings
from etl.warehouse import journal

BEFORE, AFTER = dt.date(2025, 6, 30), dt.date(2025, 7, 1)


def test_a_secret_is_known_by_its_hash_however_it_is_typed() -> None:
    secret = generate_secret()
    assert re.fullmatch(r"([a-hjkmnp-z2-9]{4}-){3}[a-hjkmnp-z2-9]{4}", secret)
    kept = hash_secret(secret)
    assert is_right_secret(secret, kept)
    assert is_right_secret(f" {secret.upper().replace('-', ' ')} ", kept)
    assert not is_right_secret(secret[:-1], kept)
    assert not is_right_secret("", kept)
    assert secret.replace("-", "") not in kept
    assert hash_secret(secret) != kept, "salted"


def test_a_successor_speaks_for_those_it_came_from(catalogue: Catalogue) -> None:
    centre = catalogue.find_unit("51-TTYT-608", AFTER)
    assert centre and list_folders(catalogue, centre) == ("51-TTYT-608", "608")
    district = catalogue.find_unit("608", BEFORE)
    assert district and list_folders(catalogue, district) == ("608",)
    kept = catalogue.find_unit("07306", AFTER)
    assert kept and list_folders(catalogue, kept)[0] == "07306"
    assert len(list_folders(catalogue, kept)) > 1, "the communes that were merged into it"
    for unit in catalogue.units:
        served = list_folders(catalogue, unit)
        if unit.level == "commune" and unit.valid_from == AFTER:
            assert "608" not in served, "a district's report is its health centre's, not a commune's"


def test_accounts_are_of_the_units_of_a_day(catalogue: Catalogue) -> None:
    before = {unit.code for unit in list_account_units(catalogue, catalogue.get_scope("kon-tum"), BEFORE)}
    after = {unit.code for unit in list_account_units(catalogue, catalogue.get_scope("quang-ngai"), AFTER)}
    assert "608" in before and not {"51-TTYT-608", "23281"} & before, "communes report from July on"
    assert "608" not in after and "51-TTYT-608" in after


@pytest.fixture
def on_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "get_current_date", lambda: BEFORE)


@pytest.mark.integration
@pytest.mark.usefixtures("on_a_day")
def test_issued_once_rotated_revoked_and_issued_again(
    warehouse: Settings, loader: Engine, catalogue: Catalogue, tmp_path: Path
) -> None:
    def secret() -> str:
        page = (tmp_path / "tai-khoan_608.html").read_text(encoding="utf-8")
        return re.findall(r'class="secret">([^<]+)<', page)[1]

    def kept() -> str | None:
        with loader.connect() as conn:
            found = find_account(conn, catalogue, "608", BEFORE)
        return found[1] if found else None

    first = steps.issue_accounts("kon-tum", tmp_path, "Trần Văn A", "608")
    assert (first["issued"], first["kept"]) == (1, 0)
    assert stat.S_IMODE((tmp_path / "tai-khoan_608.html").stat().st_mode) == 0o600
    old = secret()
    assert is_right_secret(old, kept() or "")
    again = steps.issue_accounts("kon-tum", tmp_path, "Trần Văn A", "608")
    assert (again["issued"], again["kept"], secret()) == (0, 1, old)

    steps.rotate_account("608", tmp_path, "Trần Văn A")
    assert secret() != old and is_right_secret(secret(), kept() or "") and not is_right_secret(old, kept() or "")
    steps.revoke_account("608", "Trần Văn A")
    assert kept() is None
    with pytest.raises(UsageError):
        steps.rotate_account("608", tmp_path, "Trần Văn A")
    assert steps.issue_accounts("kon-tum", tmp_path, "Trần Văn A", "608")["issued"] == 1
    with loader.connect() as conn:
        changes = [event.detail for event in journal.fetch_events(conn, "account_changed")]
        everything = conn.execute(text("SELECT string_agg(detail::text, '') FROM ops.event")).scalar_one()
    assert [change["change"] for change in changes] == ["issued", "rotated", "revoked", "issued"]
    assert {change["by"] for change in changes} == {"Trần Văn A"}
    assert secret() not in everything and "scrypt" not in everything


@pytest.mark.integration
@pytest.mark.usefixtures("on_a_day")
def test_wrong_use_is_named_and_issues_nothing(warehouse: Settings, loader: Engine, tmp_path: Path) -> None:
    for unit, by in (("608", " "), ("51-TTYT-608", "A"), ("999", "A")):
        with pytest.raises(UsageError):
            steps.issue_accounts("kon-tum", tmp_path, by, unit)
    with loader.connect() as conn:
        assert conn.execute(text("SELECT count(*) FROM ops.unit_account")).scalar_one() == 0


@pytest.mark.integration
@pytest.mark.usefixtures("on_a_day")
def test_the_register_names_every_unit_and_no_secret(warehouse: Settings, tmp_path: Path) -> None:
    runner = CliRunner()
    issued = ["accounts", "issue", "--scope", "kon-tum", "--unit", "608", "--to", str(tmp_path), "--by", "A", "--json"]
    assert json.loads(runner.invoke(app, issued).stdout)["issued"] == 1
    written = runner.invoke(app, ["accounts", "sheet", "--scope", "kon-tum", "--to", str(tmp_path), "--json"])
    said = json.loads(written.stdout)
    page = Path(said["file"]).read_text(encoding="utf-8")
    assert said["standing"] == 1 and said["none"] == page.count("Chưa cấp") > 5
    secret = re.findall(r'class="secret">([^<]+)<', (tmp_path / "tai-khoan_608.html").read_text(encoding="utf-8"))[1]
    assert secret not in page and "Đang dùng" in page


@pytest.mark.integration
def test_the_history_of_accounts_is_not_rewritten_and_no_reader_sees_it(
    warehouse: Settings, engine_as, loader: Engine
) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(WarehouseError), loader.begin() as conn:
        conn.execute(text("DELETE FROM ops.unit_account"))
    with pytest.raises(WarehouseError), engine_as("reader").connect() as conn:
        conn.execute(text("SELECT secret_hash FROM ops.unit_account"))
