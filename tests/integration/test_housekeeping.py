"""A night's work: the backup can be restored, the archive is what was received, and what is old goes."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from etl import steps
from etl.errors import StorageError, UsageError
from etl.settings import load_settings
from etl.warehouse import journal
from tests.integration.test_signing import Office, office

pytestmark = pytest.mark.integration
__all__ = ["office"]  # a fixture


def test_backups_are_written_once_a_day_restored_and_not_kept_for_ever(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "no Sunday" in steps.drill_backup("2024-04-22")["skipped"]
    with pytest.raises(StorageError, match="no backup"):
        steps.drill_backup("2024-04-21")
    monkeypatch.setenv("TONGKET_KEEP_DAYS", "10")
    first = steps.back_up_nightly("2024-04-01")
    stamp = (load_settings().backups / first["file"]).stat().st_mtime_ns
    assert steps.back_up_nightly("2024-04-01")["file"] == first["file"]
    assert (load_settings().backups / first["file"]).stat().st_mtime_ns == stamp, "written once"
    for day in ("2024-04-02", "2024-04-03", "2024-04-20"):
        steps.back_up_nightly(day)
    assert len(list(load_settings().backups.iterdir())) == 3, "the newest three stay, however old"
    drilled = steps.drill_backup("2024-04-21")
    assert drilled["file"].startswith("2024-04-20") and drilled["rows"] > 1000
    assert [event.detail["day"] for event in _events(office, "backup_restored")] == ["2024-04-21"]
    last = sorted(load_settings().backups.iterdir())[-1]
    last.write_bytes(last.read_bytes()[:-200])
    with pytest.raises(UsageError, match="damaged"):
        steps.drill_backup("2024-04-28")


def _events(office: Office, kind: journal.EventKind) -> list[journal.JournalEvent]:
    with office.loader.connect() as conn:
        return journal.fetch_events(conn, kind)


def test_every_content_of_the_archive_is_hashed_within_a_week(office: Office) -> None:
    archive = load_settings().archive
    contents = {}
    for number in range(20):
        data = f"content {number}".encode()
        path = archive / hashlib.sha256(data).hexdigest()[:2] / hashlib.sha256(data).hexdigest()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        contents[path] = data
    week = [f"2024-04-{day:02}" for day in range(1, 8)]
    assert sum(steps.check_archive(day)["checked"] for day in week) >= 20
    damaged = next(iter(contents))
    damaged.write_bytes(b"something else")
    told = 0
    for day in week:
        try:
            steps.check_archive(day)
        except StorageError as error:
            told += damaged.name in str(error)
    assert told == 1


def test_old_logs_go_and_young_ones_stay(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGKET_KEEP_DAYS", "30")
    logs, frequent = tmp_path / "logs", ["intake"]
    november, week_before, day_before = 1_700_000_000, 1_713_100_000, 1_713_700_000  # 14/11/2023, 14 and 21/04/2024
    for name, day in {
        "dag_id=attain/old.log": november,
        "dag_id=attain/young.log": week_before,
        "dag_id=intake/run_id=1/quiet.log": week_before,
        "dag_id=intake/run_id=2/failed.log": week_before,
        "dag_id=intake/fresh.log": day_before,
    }.items():
        path = logs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("…")
        os.utime(path, (day, day))
    steps.record_failed_run("intake", "2", None, ["receive"])
    assert steps.remove_old_logs("2024-04-22", logs, frequent)["logs_removed"] == 2
    assert sorted(path.name for path in logs.rglob("*.log")) == ["failed.log", "fresh.log", "young.log"]


def test_a_components_log_keeps_its_last_lines(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("etl.upkeep.housekeeping.MOST_LOG_BYTES", 1000)
    log = tmp_path / "scheduler.log"
    with log.open("a") as stream:  # as the component has it open
        stream.write("".join(f"line {i}\n" for i in range(200)))
        stream.flush()
        steps.remove_old_logs("2024-04-22", tmp_path, [])
        stream.write("and on\n")
    lines = log.read_text().splitlines()
    assert len(log.read_bytes()) <= 510 and lines[-2:] == ["line 199", "and on"] and lines[0].startswith("line ")


def test_databases_are_vacuumed_and_an_unnamed_one_is_said(office: Office) -> None:
    assert "not cleaned" in steps.clean_databases("2024-04-22", ["intake"])["metadata"]
