from __future__ import annotations

import hashlib
import os
import socket
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from etl import receive as room
from etl.errors import StorageError
from etl.receive import IntakeContext, QuarantinedFile, ReceivedFile, ReceiveSummary, build_archive_path, receive_files

NOW = datetime(2024, 4, 5, 8, 0, tzinfo=UTC)
OLD = NOW.timestamp() - 3600


class Register:
    """Knows contents; can be told to fail."""

    def __init__(self) -> None:
        self.taken: list[ReceivedFile] = []
        self.broken = False

    def __call__(self, taken: ReceivedFile) -> bool:
        if self.broken:
            raise RuntimeError("the database is away")
        new = all(t.sha256 != taken.sha256 for t in self.taken)
        self.taken.append(taken)
        return new


@pytest.fixture
def register() -> Register:
    return Register()


@pytest.fixture
def aside() -> list[QuarantinedFile]:
    return []


@pytest.fixture
def take(tmp_path: Path, register: Register, aside: list[QuarantinedFile]):
    def run(**options) -> ReceiveSummary:
        settings = {"now": NOW, "min_age": 10, "by_mtime": False} | options
        desk = IntakeContext(tmp_path / "archive", tmp_path / "quarantine", register, aside.append, max_bytes=1000)
        return receive_files(tmp_path / "inbox", desk, **settings)

    return run


def drop(folder: Path, name: str, data: bytes = b"1", mtime: float = OLD) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(data)
    os.utime(path, (mtime, mtime))
    return path


def test_a_file_is_archived_under_its_hash_and_leaves_the_inbox(take, register: Register, tmp_path: Path) -> None:
    path = drop(tmp_path / "inbox" / "612", "Báo cáo quý.xlsx", b"abc")
    assert take().new == 1
    sha = hashlib.sha256(b"abc").hexdigest()
    kept = build_archive_path(tmp_path / "archive", sha)
    assert kept.read_bytes() == b"abc" and not path.exists()
    assert register.taken == [ReceivedFile(sha, 3, "Báo cáo quý.xlsx", "612", NOW)]
    assert [p for p in (tmp_path / "archive").iterdir() if p.name.startswith(".tmp")] == []


def test_the_same_bytes_under_three_names_are_one_content(take, register: Register, tmp_path: Path) -> None:
    drop(tmp_path / "inbox" / "612", "a.xlsx")
    drop(tmp_path / "inbox" / "612", "b.xlsx")
    drop(tmp_path / "inbox" / "613", "a.xlsx")
    outcome = take()
    assert (outcome.new, outcome.duplicates) == (1, 2)
    assert not list((tmp_path / "inbox").rglob("*.xlsx"))


def test_young_locked_and_partial_files_wait(take, tmp_path: Path) -> None:
    folder = tmp_path / "inbox" / "612"
    drop(folder, "moi.xlsx", mtime=NOW.timestamp() - 1)
    for name in ("~$a.xlsx", ".tmp-a.xlsx", "a.xlsx.part", "a.crdownload", "b.TMP"):
        drop(folder, name)
    outcome = take()
    assert (outcome.new, outcome.waiting) == (0, 6)
    assert len(list(folder.iterdir())) == 6


def test_locks_and_partial_files_that_stay_are_named(take, tmp_path: Path) -> None:
    drop(tmp_path / "inbox" / "612", "~$a.xlsx")
    drop(tmp_path / "inbox" / "612", ".~lock.a.ods#")
    (tmp_path / "inbox" / "612" / "thư mục").mkdir()
    outcome = take()
    assert sorted(outcome.ignored) == ["612/.~lock.a.ods#", "612/thư mục", "612/~$a.xlsx"]
    assert (outcome.waiting, outcome.quarantined) == (2, 0)


def test_links_and_special_files_go_to_quarantine_unopened(take, tmp_path: Path, aside: list[QuarantinedFile]) -> None:
    secret = drop(tmp_path, "bi-mat.txt", b"secret")
    folder = tmp_path / "inbox" / "612"
    folder.mkdir(parents=True)
    (folder / "a.xlsx").symlink_to(secret)
    (folder / "lạc.xlsx").symlink_to("khong-co")
    os.mkfifo(folder / "b.xlsx")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(folder / "c.xlsx"))
    (tmp_path / "inbox" / "613").symlink_to(tmp_path)
    outcome = take(min_age=0)
    assert (outcome.new, outcome.quarantined, outcome.ignored) == (0, 5, [])
    assert {(q.code, q.folder, q.original_name) for q in aside} == {
        ("F17", "612", "a.xlsx"), ("F17", "612", "lạc.xlsx"), ("F17", "612", "b.xlsx"), ("F17", "612", "c.xlsx"), ("F17", "", "613"),
    }  # fmt: skip
    kept = {p.name: p for p in (tmp_path / "quarantine").iterdir()}
    assert set(kept) == {q.kept for q in aside} and secret.read_bytes() == b"secret"
    assert not list(folder.iterdir()) and take(min_age=0).quarantined == 0
    assert (tmp_path / "quarantine").is_dir() and not list((tmp_path / "archive").rglob("*"))


def test_a_device_is_not_opened(take, tmp_path: Path, aside: list[QuarantinedFile]) -> None:
    folder = tmp_path / "inbox" / "612"
    folder.mkdir(parents=True)
    try:
        os.mknod(folder / "a.xlsx", 0o600 | stat.S_IFCHR, os.makedev(1, 5))  # /dev/zero: reading it never ends
    except PermissionError:
        pytest.skip("making a device needs root")
    assert take(min_age=0).quarantined == 1 and aside[0].code == "F17"


def test_a_file_far_too_large_is_not_hashed(take, tmp_path: Path, aside: list[QuarantinedFile]) -> None:
    drop(tmp_path / "inbox" / "612", "vua.xlsx", b"1" * 1000)
    big = drop(tmp_path / "inbox" / "612", "to.xlsx", b"1" * 1001)
    outcome = take()
    assert (outcome.new, outcome.quarantined) == (1, 1) and not big.exists()
    assert [(q.code, q.original_name, q.size) for q in aside] == [("F18", "to.xlsx", 1001)]
    assert (tmp_path / "quarantine" / aside[0].kept).stat().st_size == 1001


def test_a_large_file_that_still_grows_waits(take, tmp_path: Path) -> None:
    drop(tmp_path / "inbox" / "612", "to.xlsx", b"1" * 1001, mtime=NOW.timestamp() - 1)
    assert (take().waiting, take().quarantined) == (1, 0)


def test_a_file_exchanged_for_a_link_is_not_followed(
    take, tmp_path: Path, aside: list[QuarantinedFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = drop(tmp_path, "bi-mat.txt", b"secret")
    path = drop(tmp_path / "inbox" / "612", "a.xlsx")
    real = room._find_quarantine_code

    def exchange(seen: os.stat_result, most: int) -> str:
        path.unlink()
        path.symlink_to(secret)
        return real(seen, most)

    monkeypatch.setattr(room, "_find_quarantine_code", exchange)
    outcome = take()
    assert (outcome.new, outcome.quarantined) == (0, 1) and secret.exists()


def test_a_file_gone_between_two_looks_is_nothing(take, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(tmp_path / "inbox" / "612", "a.xlsx")
    real = room._list_inbox_files

    def vanish(inbox: Path):
        for folder, path in list(real(inbox)):
            path.unlink()
            yield folder, path

    monkeypatch.setattr(room, "_list_inbox_files", vanish)
    assert take() == ReceiveSummary()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Báo cáo quý III.xlsx", "Báo cáo quý III.xlsx"),
        ("a\\..\\..\\passwd.xlsx", "a�..�..�passwd.xlsx"),
        ("bao-cao\u202excslx.exe", "bao-cao�xcslx.exe"),
        ("a\nb\r\x1b[31m\x07.xlsx", "a�b��[31m�.xlsx"),
        ("\u2066a\u2069\u200e.xlsx", "�a��.xlsx"),
        (os.fsdecode(b"b\xe1o c\xe1o.xlsx"), "b�o c�o.xlsx"),
        ("ộ" * 83 + ".xlsx", "ộ" * 83 + ".xlsx"),
        ("=cmd|'; rm -rf $HOME;`id`.xlsx", "=cmd|'; rm -rf $HOME;`id`.xlsx"),
    ],
)  # fmt: skip
def test_a_name_is_data(name: str, shown: str, take, register: Register, tmp_path: Path) -> None:
    drop(tmp_path / "inbox" / "612", name)
    assert len(os.fsencode(name)) <= 255 and take().new == 1
    assert register.taken[0].original_name == shown
    assert [p.name for p in tmp_path.iterdir()] in (["inbox", "archive"], ["archive", "inbox"])


def test_a_file_that_changes_while_it_is_copied_is_left(take, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = drop(tmp_path / "inbox" / "612", "a.xlsx")
    copy = room._copy_and_hash

    def moving(source: Path, target: int) -> str:
        digest = copy(source, target)
        drop(path.parent, path.name, b"longer")
        return digest

    monkeypatch.setattr(room, "_copy_and_hash", moving)
    outcome = take()
    assert (outcome.new, outcome.waiting) == (0, 1) and path.read_bytes() == b"longer"


def test_nothing_is_lost_when_the_register_fails_and_the_next_run_goes_on(
    take, register: Register, tmp_path: Path
) -> None:
    path = drop(tmp_path / "inbox" / "612", "a.xlsx")
    register.broken = True
    with pytest.raises(RuntimeError):
        take()
    assert path.exists()
    register.broken = False
    assert take().new == 1 and not path.exists()


def test_after_a_crash_before_the_inbox_was_emptied_nothing_is_taken_twice(take, tmp_path: Path) -> None:
    path = drop(tmp_path / "inbox" / "612", "a.xlsx", b"abc")
    take()
    drop(path.parent, path.name, b"abc")
    outcome = take()
    assert (outcome.new, outcome.duplicates) == (0, 1) and not path.exists()


def test_a_full_disk_stops_with_a_clear_word_and_keeps_the_file(
    take, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = drop(tmp_path / "inbox" / "612", "a.xlsx")

    def full(_: int, __: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(room.os, "write", full)
    with pytest.raises(StorageError, match="No space left") as caught:
        take()
    assert "free some space" in caught.value.fix and path.exists()
    assert [p for p in (tmp_path / "archive").rglob("*") if p.is_file()] == []


def test_an_inbox_that_is_a_file_stops(take, tmp_path: Path) -> None:
    (tmp_path / "inbox").write_bytes(b"")
    with pytest.raises(StorageError):
        take()


def test_simulations_take_the_files_own_time(take, register: Register, tmp_path: Path) -> None:
    drop(tmp_path / "inbox" / "612", "a.xlsx")
    take(by_mtime=True)
    assert register.taken[0].received_at.timestamp() == OLD


def test_oldest_first(take, register: Register, tmp_path: Path) -> None:
    for i, name in enumerate(("c", "a", "b")):
        drop(tmp_path / "inbox" / "612", name, name.encode(), OLD + i)
    take()
    assert [t.original_name for t in register.taken] == ["c", "a", "b"]
