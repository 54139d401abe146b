"""What the pre-flight says of a file: go on with these bytes, or the one reason not to. Knows no format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NoReturn

FileKind = Literal["xlsx", "xlsm", "xlsb", "xls", "ods"]

# An issued form has 13 parts, 120 KB packed and 1.5 MB unpacked at most; every cap leaves a factor of twenty or more.
MAX_BYTES = 20_000_000
MAX_PARTS = 500
MAX_UNPACKED = 40_000_000
MAX_RATIO = 200  # a zip of zeros packs 1:1000, office XML about 1:10
MAX_DEPTH = 1000  # office XML nests about ten deep; Python's own recursion ends here
MAX_ROW = 9_999
MAX_COLUMN = 702  # ZZ
MAX_CELLS = 500_000
MAX_STRINGS = 200_000

FAR = f"{MAX_ROW:,} dòng, {MAX_COLUMN} cột".replace(",", ".", 1)


@dataclass(frozen=True, slots=True)
class RawFinding:
    """Something wrong with a file, as the code of a rule, a place and the words for its message."""

    code: str
    sheet: str = ""
    cell: str = ""
    value: str = ""
    slots: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file that a parser may see. `data` holds only what was looked at; `notes` does not stop the reading.

    `parts` are the parts of a zip as they were looked at, by name in lower case (empty for other files).
    """

    kind: FileKind
    data: bytes
    notes: tuple[RawFinding, ...] = ()
    parts: Mapping[str, bytes] = field(default_factory=dict)


class RefusedError(Exception):
    """Ends the pre-flight of a file; never leaves this package."""

    def __init__(self, finding: RawFinding) -> None:
        super().__init__(finding.code)
        self.finding = finding


def refuse_file(code: str, value: str = "", **slots: str) -> NoReturn:
    """Ends the pre-flight with a finding.

    Raises:
        RefusedError: always.
    """
    raise RefusedError(RawFinding(code, value=value, slots=tuple(slots.items())))
