"""A folder is there whole or not at all, and what a crash left behind does not stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from etl import file_io
from etl.errors import StorageError
from etl.file_io import write_folder_atomic


def _content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_folder_replaces_an_older_one_and_what_a_crash_left(tmp_path: Path) -> None:
    folder, left = tmp_path / "out" / "report", tmp_path / "out" / ".tmp-report"
    write_folder_atomic(folder, {"a.txt": b"old", "b.txt": b"old"})
    left.mkdir()
    (left / "half.txt").write_bytes(b"ha")
    write_folder_atomic(folder, {"a.txt": b"new"})
    assert _content(folder) == {"a.txt": b"new"}
    assert [path.name for path in folder.parent.iterdir()] == ["report"]
    assert {path.stat().st_mode & 0o777 for path in (folder, folder.parent)} == {0o750}
    assert (folder / "a.txt").stat().st_mode & 0o777 == 0o640, "who is not of the group reads nothing"


def test_where_a_file_cannot_be_written_the_older_folder_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "report"
    write_folder_atomic(folder, {"a.txt": b"old"})
    written = file_io.write_atomic

    def fail_at_b(path: Path, data: bytes) -> None:
        assert _content(folder) == {"a.txt": b"old"}, "nothing is shown before all is there"
        if path.name == "b.txt":
            raise OSError(28, "No space left on device", str(path))
        written(path, data)

    monkeypatch.setattr(file_io, "write_atomic", fail_at_b)
    with pytest.raises(StorageError, match="No space left"):
        write_folder_atomic(folder, {"a.txt": b"new", "b.txt": b"new"})
    assert _content(folder) == {"a.txt": b"old"}
    assert [path.name for path in tmp_path.iterdir()] == ["report"]
