"""Recipients' folders: there whole or not at all, once, and what stands in them is what was signed."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from etl import steps
from etl.dispatch import recipient_folder
from etl.errors import CatalogueError, StorageError
from etl.settings import Settings
from tests.integration.published import FILES, OUTGOING, WORD, home, publish

pytestmark = pytest.mark.integration

MINISTRY, PROVINCE = "bo-y-te", "ubnd-tinh-kon-tum"
GIVEN = "reports/2024Q1/kon-tum/gui"


def _there(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def test_each_recipient_gets_every_published_file_and_a_manifest(warehouse: Settings, loader: Engine) -> None:
    publish(loader, warehouse)
    done = steps.dispatch_folders()
    assert done == {"folders": [f"{GIVEN}/{to}/kt-1693_quarter" for to in (MINISTRY, PROVINCE)], "mail": []}
    given = warehouse.outbox / GIVEN / MINISTRY / "kt-1693_quarter"
    assert _there(given) == {*OUTGOING, "manifest.json"}
    assert {name: (given / name).read_bytes() for name in OUTGOING} == {name: FILES[name] for name in OUTGOING}
    manifest = json.loads((given / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["files"] == [
        {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in sorted(FILES.items())
        if name in OUTGOING
    ]
    assert (manifest["recipient"], manifest["signed_by"], manifest["period"]) == ("Bộ Y tế", "Y Bình", "2024Q1")
    assert "note" not in manifest
    with loader.connect() as conn:
        seen = conn.execute(text("SELECT recipient, channel, address, files FROM out.dispatch ORDER BY 1")).all()
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in FILES.items() if name in OUTGOING}
    assert [tuple(row) for row in seen] == [
        (to, "folder", f"{GIVEN}/{to}/kt-1693_quarter", hashes) for to in (MINISTRY, PROVINCE)
    ]


def test_again_is_once_and_what_a_recipient_took_away_stays_away(warehouse: Settings, loader: Engine) -> None:
    publish(loader, warehouse)
    steps.dispatch_folders()
    taken = warehouse.outbox / GIVEN / MINISTRY / "kt-1693_quarter" / WORD
    taken.unlink()
    assert steps.dispatch_folders()["folders"] == []
    assert not taken.exists()


def test_what_is_published_is_told_of_once(warehouse: Settings, loader: Engine) -> None:
    assert steps.announce_publications() == []
    publish(loader, warehouse)
    assert steps.announce_publications() == ["reports/2024Q1/kon-tum/kt-1693_quarter"]
    publish(loader, warehouse, plan="kt-124")
    assert steps.announce_publications() == ["reports/2024Q1/kon-tum/kt-124_quarter"]
    assert steps.announce_publications() == []


def test_reports_of_two_plans_lie_side_by_side(warehouse: Settings, loader: Engine) -> None:
    publish(loader, warehouse)
    publish(loader, warehouse, plan="kt-124")
    steps.dispatch_folders()
    assert {p.parent.name for p in (warehouse.outbox / GIVEN).glob("*/*")} == {
        MINISTRY, PROVINCE, "bcs-dang-ubnd-tinh-kon-tum",
    }  # fmt: skip


def test_simulated_data_is_marked(warehouse: Settings, loader: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGKET_SIMULATED", "1")
    publish(loader, warehouse)
    steps.dispatch_folders()
    manifest = json.loads((warehouse.outbox / GIVEN / MINISTRY / "kt-1693_quarter" / "manifest.json").read_text())
    assert manifest["note"] == "SỐ LIỆU MÔ PHỎNG"


def test_a_folder_that_cannot_be_written_leaves_nothing_and_stops_no_other(warehouse: Settings, loader: Engine) -> None:
    publish(loader, warehouse)
    blocked = warehouse.outbox / GIVEN / MINISTRY
    blocked.parent.mkdir(parents=True)
    blocked.write_text("a file where the folder should be")
    with pytest.raises(StorageError, match="1 recipients' folders") as caught:
        steps.dispatch_folders()
    assert "Bộ Y tế" in caught.value.where
    assert _there(warehouse.outbox / GIVEN) == {
        MINISTRY, *(f"{PROVINCE}/kt-1693_quarter/{name}" for name in (*OUTGOING, "manifest.json")),
    }  # fmt: skip
    blocked.unlink()
    assert steps.dispatch_folders()["folders"] == [f"{GIVEN}/{MINISTRY}/kt-1693_quarter"]


@pytest.mark.parametrize("after", [1, 2, 3, 4, 5])
def test_a_full_disk_at_any_file_leaves_nothing(
    after: int, warehouse: Settings, loader: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(loader, warehouse)
    left, real = [after], os.fsync

    def fsync(handle: int) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(StorageError):
        steps.dispatch_folders()
    assert not list((warehouse.outbox / GIVEN / MINISTRY).iterdir())
    assert _there(warehouse.outbox / GIVEN / PROVINCE)
    assert steps.dispatch_folders()["folders"] == [f"{GIVEN}/{MINISTRY}/kt-1693_quarter"]


def test_what_a_killed_run_left_behind_is_cleared_away(warehouse: Settings, loader: Engine) -> None:
    publish(loader, warehouse)
    half = warehouse.outbox / GIVEN / MINISTRY / ".tmp-kt-1693_quarter"
    half.mkdir(parents=True)
    (half / WORD).write_bytes(b"half")
    steps.dispatch_folders()
    assert not half.exists()
    assert (warehouse.outbox / GIVEN / MINISTRY / "kt-1693_quarter" / WORD).read_bytes() == FILES[WORD]


def test_a_folder_that_was_written_but_not_recorded_is_recorded_and_not_written_again(
    warehouse: Settings, loader: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(loader, warehouse)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("etl.warehouse.dispatch_store.record_dispatch", _interrupted)
        steps.dispatch_folders()
    given = warehouse.outbox / GIVEN / MINISTRY / "kt-1693_quarter"
    before = given.stat().st_ino
    steps.dispatch_folders()
    assert given.stat().st_ino == before
    assert steps.dispatch_folders()["folders"] == []


def _interrupted(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_folder_with_other_content_is_not_overwritten(warehouse: Settings, loader: Engine) -> None:
    publish(loader, warehouse)
    other = warehouse.outbox / GIVEN / MINISTRY / "kt-1693_quarter"
    other.mkdir(parents=True)
    (other / WORD).write_bytes(b"the Ministry's own")
    with pytest.raises(StorageError, match="1 recipients'") as caught:
        steps.dispatch_folders()
    assert "other content" in caught.value.where
    assert (other / WORD).read_bytes() == b"the Ministry's own"


@pytest.mark.parametrize("change", ["changed", "gone"])
def test_nothing_goes_out_that_is_not_what_was_published(change: str, warehouse: Settings, loader: Engine) -> None:
    path = publish(loader, warehouse) / WORD
    path.write_bytes(b"touched up") if change == "changed" else path.unlink()
    with pytest.raises(StorageError, match="2 recipients'"):
        steps.dispatch_folders()
    assert not (warehouse.outbox / GIVEN).exists()


@pytest.mark.parametrize(("ended", "given"), [("2024-04-26", [PROVINCE]), ("2024-04-27", [MINISTRY, PROVINCE])])
def test_a_body_that_had_ended_by_the_reports_date_gets_nothing(
    ended: str, given: list[str], warehouse: Settings, loader: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (home(tmp_path / "home", monkeypatch) / "catalog" / "bodies.yaml").open("a", encoding="utf-8") as bodies:
        bodies.write(f"- {{name: Bộ Y tế, valid_from: {ended}, basis: configured, source: a test}}\n")
    publish(loader, warehouse)
    assert steps.dispatch_folders()["folders"] == [f"{GIVEN}/{to}/kt-1693_quarter" for to in given]


def test_a_recipient_nobody_gave_a_folder_is_a_catalogue_error(
    warehouse: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = home(tmp_path / "home", monkeypatch) / "catalog" / "contacts.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("name: Bộ Y tế", "name: Bộ Y  tế"), encoding="utf-8")
    with pytest.raises(CatalogueError, match="'Bộ Y tế'") as caught:
        steps.dispatch_folders()
    assert caught.value.where.endswith("contacts.yaml:11: recipients")


def test_the_same_parcel_has_the_same_manifest() -> None:
    parcel = recipient_folder.RecipientPackage("a/b", {"b": b"2", "a": b"1"}, {"report": 1})
    assert recipient_folder.serialize_manifest(parcel) == recipient_folder.serialize_manifest(
        recipient_folder.RecipientPackage("c", {"a": b"1", "b": b"2"}, {"report": 1})
    )
