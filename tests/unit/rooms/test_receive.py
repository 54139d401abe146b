from __future__ import annotations

import errno
import hashlib
import os
import socket
import stat
from datetime import UTC, datetime, timedelta
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
    (taken,) = register.taken
    assert taken == ReceivedFile(sha, 3, "Báo cáo quý.xlsx", "612", NOW, taken.taking)
    assert not list((tmp_path / "inbox" / "612").iterdir()) and len(list((tmp_path / "inbox").iterdir())) == 1
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
    drop(tmp_path / "inbox" / "612" / ".thùng rác", "a.xlsx")
    outcome = take()
    assert sorted(outcome.ignored) == ["612/.thùng rác", "612/.~lock.a.ods#", "612/~$a.xlsx"]
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
    monkeypatch.undo()
    assert (outcome.new, outcome.waiting, secret.exists()) == (0, 1, True)
    assert (take().quarantined, secret.exists()) == (1, True)


def test_a_file_gone_between_two_looks_is_nothing(take, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(tmp_path / "inbox" / "612", "a.xlsx")
    real = room._list_inbox_files

    def vanish(*place):
        for path, listed in list(real(*place)):
            path.unlink()
            yield path, listed

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


def test_a_file_that_is_written_to_while_it_is_copied_waits(
    take, register: Register, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = drop(tmp_path / "inbox" / "612", "a.xlsx")
    copy = room._copy_and_hash
    with path.open("ab") as writer:

        def moving(source: Path, target: int) -> str | None:
            digest = copy(source, target)
            writer.write(b"longer")
            writer.flush()
            return digest

        monkeypatch.setattr(room, "_copy_and_hash", moving)
        outcome = take()
    monkeypatch.undo()
    assert (outcome.new, outcome.waiting) == (0, 1)
    assert take(now=datetime.now(UTC) + timedelta(minutes=1)).new == 1
    assert [t.size for t in register.taken] == [7] and not list((tmp_path / "inbox" / "612").iterdir())


@pytest.mark.parametrize("step", ["_find_quarantine_code", "_move_to_own_folder", "_archive_file", "_copy_and_hash"])
def test_what_replaces_a_file_while_it_is_taken_is_taken_by_the_next_run(
    take, register: Register, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = drop(tmp_path / "inbox" / "612", "a.xlsx", b"first")
    real, done = getattr(room, step), []

    def replaced(*arguments):
        if not done:
            done.append(drop(path.parent, ".a.xlsx", b"second", OLD + 60).replace(path))
        return real(*arguments)

    monkeypatch.setattr(room, step, replaced)
    take()
    monkeypatch.undo()
    take()
    contents = [build_archive_path(tmp_path / "archive", t.sha256).read_bytes() for t in register.taken]
    assert contents[-1] == b"second" and not list(path.parent.iterdir())
    assert contents == ([b"first", b"second"] if step in {"_archive_file", "_copy_and_hash"} else [b"second"])


def test_what_replaces_a_file_while_it_is_registered_is_taken_by_the_next_run(
    take, register: Register, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = drop(tmp_path / "inbox" / "612", "a.xlsx", b"first")
    monkeypatch.setattr(Register, "__call__", lambda self, taken: (drop(path.parent, path.name, b"second"), True)[1])
    take()
    monkeypatch.undo()
    assert path.read_bytes() == b"second" and take().new == 1


def test_nothing_is_lost_when_the_register_fails_and_the_next_run_goes_on(
    take, register: Register, tmp_path: Path
) -> None:
    drop(tmp_path / "inbox" / "612", "a.xlsx")
    register.broken = True
    with pytest.raises(RuntimeError):
        take()
    register.broken = False
    outcome = take()
    assert (outcome.new, [(t.folder, t.original_name) for t in register.taken]) == (1, [("612", "a.xlsx")])
    assert [p.name for p in (tmp_path / "inbox").iterdir()] == ["612"]


@pytest.mark.parametrize("base", ["of the inbox", "beside the file"])
def test_a_run_that_broke_off_is_taken_up_under_the_same_mark(
    take, register: Register, tmp_path: Path, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Registered, and killed before our folder was emptied: the register hears of the same taking again."""
    drop(tmp_path / "inbox" / "612" / "quý 1", "a.xlsx")
    if base == "beside the file":
        monkeypatch.setattr(Path, "rename", _other_file_system(tmp_path / "inbox"))
    monkeypatch.setattr(Path, "unlink", _killed)
    with pytest.raises(KeyboardInterrupt):
        take()
    monkeypatch.undo()
    take()
    assert len(register.taken) == 2 and register.taken[0] == register.taken[1] and register.taken[0].taking
    assert register.taken[0].folder == "612" and not list((tmp_path / "inbox").rglob("*.xlsx"))
    assert not list((tmp_path / "inbox").rglob(".taking-*"))


def _killed(self: Path, missing_ok: bool = False) -> None:
    if not missing_ok:
        raise KeyboardInterrupt


def _other_file_system(inbox: Path):
    real = Path.rename

    def rename(self: Path, target: Path) -> Path:
        if target.relative_to(inbox).parts[0].startswith(".taking-"):
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return real(self, target)

    return rename


def test_a_folder_on_another_file_system_is_taken_from(
    take, register: Register, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(tmp_path / "inbox" / "612", "a.xlsx")
    monkeypatch.setattr(Path, "rename", _other_file_system(tmp_path / "inbox"))
    assert take().new == 1 and not list((tmp_path / "inbox" / "612").iterdir())


def test_a_file_from_the_future_or_in_a_sub_folder_is_taken(take, register: Register, tmp_path: Path) -> None:
    drop(tmp_path / "inbox" / "612", "mai.xlsx", b"1", datetime(2199, 1, 1, tzinfo=UTC).timestamp())
    drop(tmp_path / "inbox" / "612" / "Năm 2024" / "Quý 1", "a.xlsx", b"2")
    now = datetime.now(UTC) + timedelta(minutes=1)
    assert take(now=now).new == 2
    assert [(t.folder, t.original_name) for t in register.taken] == [("612", "a.xlsx"), ("612", "mai.xlsx")]
    drop(tmp_path / "inbox" / "612", "vua.xlsx", b"3", datetime(2199, 1, 1, tzinfo=UTC).timestamp())
    outcome = take(now=datetime.now(UTC))
    assert (outcome.new, outcome.waiting) == (0, 1), "written a moment ago"
    assert take(now=now, by_mtime=True).new == 1 and register.taken[-1].received_at == now


def test_no_folder_or_file_ends_a_run_for_the_others(
    take, register: Register, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = tmp_path / "inbox"
    for folder in ("\x01" * 255, "ộ" * 85, "612"):
        drop(inbox / folder, "a.xlsx", folder.encode())
    drop(inbox / "613", "giữ.xlsx")
    (inbox / "614").mkdir()
    real_rename, real_scan = Path.rename, os.scandir

    def rename(self: Path, target: Path) -> Path:
        if self.name == "giữ.xlsx":
            raise PermissionError(errno.EACCES, "Permission denied")
        return real_rename(self, target)

    def scan(folder: Path):
        if Path(folder).name == "614":
            raise PermissionError(errno.EACCES, "Permission denied")
        return real_scan(folder)

    monkeypatch.setattr(Path, "rename", rename)
    monkeypatch.setattr(room.os, "scandir", scan)
    outcome = take()
    assert (outcome.new, outcome.ignored) == (3, ["614", "613/giữ.xlsx"])
    assert sorted(len(t.folder.encode()) for t in register.taken) == [3, 249, 255]
    assert all(len(t.folder.encode()) <= 255 for t in register.taken)


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
    monkeypatch.undo()
    assert "free some space" in caught.value.fix
    assert not path.exists() and [p.name for p in (tmp_path / "inbox").rglob("*.xlsx")] == ["a.xlsx"]
    assert [p for p in (tmp_path / "archive").rglob("*") if p.is_file()] == []
    assert take().new == 1


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
