"""What a command adds to `catalog/`: new files, and lines in files that are there. All of it, or nothing.

Room: scaffold. Nothing that is there is ever written over; taken back is only what nobody has touched since.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from etl.errors import UsageError
from etl.file_io import write_atomic


@dataclass(frozen=True)
class AddedLine:
    """A line for a list in a YAML file that is there: behind the list's last entry, where it is not there yet.

    `list_key` is empty where the whole file is one list.
    """

    path: Path
    list_key: str
    line: str


@dataclass(frozen=True)
class CatalogueChange:
    """New files with their text, and added lines."""

    files: dict[Path, str]
    lines: tuple[AddedLine, ...] = ()

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every file that is written or added to."""
        return (*self.files, *dict.fromkeys(added.path for added in self.lines))


def apply_change(change: CatalogueChange) -> None:
    """Writes a change.

    Raises:
        UsageError: a file is there already, or a list has no place for a line. Nothing is written.
        StorageError: the folder cannot be written.
    """
    for path in change.files:
        if path.exists():
            raise UsageError("the file is there already", where=str(path), fix="edit it, or take it back with --undo")
    grown = {path: _insert_lines(path, change.lines) for path in dict.fromkeys(a.path for a in change.lines)}
    for path, text in {**change.files, **grown}.items():
        write_atomic(path, text.encode())


def undo_change(change: CatalogueChange) -> None:
    """Takes a change back that is as it was written.

    Raises:
        UsageError: a file or a line is no longer as it was written. Nothing is taken back.
    """
    for path, text in change.files.items():
        if not path.is_file() or path.read_bytes() != text.encode():
            raise UsageError(
                "the file is not as it was written",
                where=str(path),
                fix="give the very words that it was written with; if somebody worked on it, take it back by hand",
            )
    shrunk = {path: _remove_lines(path, change.lines) for path in dict.fromkeys(a.path for a in change.lines)}
    for path, text in shrunk.items():
        write_atomic(path, text.encode())
    for path in change.files:
        path.unlink()
        if not any(path.parent.iterdir()):
            path.parent.rmdir()


def _insert_lines(path: Path, added: tuple[AddedLine, ...]) -> str:
    lines = path.read_bytes().decode().splitlines(keepends=True)
    for one in (a for a in added if a.path == path and a.line + "\n" not in lines):
        last = max(_iterate_entries(lines, one.list_key), default=None)
        if last is None:
            raise UsageError(
                f"no entries of {one.list_key!r} to add a line behind",
                where=str(path),
                fix=f"add it: {one.line.strip()}",
            )
        lines.insert(last + 1, one.line + "\n")
    return "".join(lines)


def _remove_lines(path: Path, added: tuple[AddedLine, ...]) -> str:
    lines = path.read_bytes().decode().splitlines(keepends=True)
    for one in (a for a in added if a.path == path):
        if lines.count(one.line + "\n") != 1:
            raise UsageError(
                "a line is not as it was written", where=f"{path}: {one.line.strip()}", fix="take it back by hand"
            )
        lines.remove(one.line + "\n")
    return "".join(lines)


def _iterate_entries(lines: list[str], key: str) -> Iterator[int]:
    """The lines of a block list's entries, each the entry's last."""
    inside = not key
    for number, line in enumerate(lines):
        if key and line.rstrip() == f"{key}:":
            inside = True
        elif inside and line.strip() and not line.lstrip().startswith("#"):
            if key and not line.startswith(" "):
                return
            yield number
