"""What the reading process tells its parent: plain numbers and texts, nothing that could be more than data.

Read room, both sides. A message is a line of JSON and two columns of bytes: one byte a cell for its state, eight for
its number. The parent believes no length in it: what does not fit together is a broken answer.
"""

from __future__ import annotations

import json
import math
import struct
from array import array
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from etl.model import CellState, Explanation, FormStamp
from etl.read.preflight import RawFinding
from etl.read.values import INVALID, ParsedCell
from etl.read.workbook_reader import ABSENT, RawReadResult

HEAD = struct.Struct("<II")
MAX_ANSWER = 64 * 1024**2
STATES: tuple[str, ...] = (*(state.value for state in CellState), *sorted(INVALID), ABSENT)
_CODE = {name: code for code, name in enumerate(STATES)}
_STATE = tuple(CellState(name) if name in set(CellState) else CellState.INVALID for name in STATES)
_FIRST_INVALID = len(CellState)
_NOTHING = math.nan


@dataclass(frozen=True, slots=True)
class SheetColumns:
    """The input cells of one sheet, in the layout's order. Texts are listed by the index of their cell.

    `invalid` names what is wrong with a cell that was not understood, by its index too (`values.INVALID`, or
    `ABSENT`: no such cell was found). `places` are the sheet's real name and the cells' real A1 names, if the table
    does not lie where it was printed.
    """

    states: list[CellState]
    numbers: list[float | None]
    texts: dict[int, str]
    raws: dict[int, str]
    invalid: dict[int, str]
    places: tuple[str, list[str]] | None = None


@dataclass(frozen=True, slots=True)
class WorkerReply:
    """A message, taken apart. `gone`: the file could not be opened, and why."""

    stamp: FormStamp | None
    findings: tuple[RawFinding, ...]
    sheets: tuple[SheetColumns | None, ...]
    about: dict[str, Any]
    open_error: str = ""
    explanations: tuple[Explanation, ...] = ()


def encode(raw: RawReadResult) -> bytes:
    """A read as one message."""
    states, numbers = bytearray(), array("d")
    sheets: list[dict[str, Any] | None] = []
    for cells, places in zip(raw.cells, raw.places, strict=True):
        sheets.append(None if cells is None else _serialize_cells(cells) | ({"places": places} if places else {}))
        for state, number, _, _ in cells or ():
            states.append(_CODE[state])
            numbers.append(_NOTHING if number is None else number)
    about = {"stamp": asdict(raw.stamp) if raw.stamp else None, "troubles": [asdict(t) for t in raw.findings]}
    about["explanations"] = [asdict(e) for e in raw.explanations]
    return _build_message(about | {"sheets": sheets}, bytes(states) + numbers.tobytes())


def encode_open_error(reason: str) -> bytes:
    """The message for a file that could not be opened."""
    return _build_message({"gone": reason}, b"")


def _build_message(about: dict[str, Any], columns: bytes) -> bytes:
    header = json.dumps(about, ensure_ascii=False).encode("utf-8", "replace")
    return HEAD.pack(len(header), len(columns)) + header + columns


def _serialize_cells(cells: Sequence[ParsedCell]) -> dict[str, Any]:
    return {
        "cells": len(cells),
        "texts": {i: cell[2] for i, cell in enumerate(cells) if cell[2]},
        "raws": {i: cell[3] for i, cell in enumerate(cells) if cell[3]},
    }


def decode(message: bytes) -> WorkerReply:
    """A message taken apart.

    Raises:
        ValueError: it does not fit together (or KeyError, TypeError, IndexError: a part is missing or of another type).
    """
    length, rest = HEAD.unpack_from(message)
    about = json.loads(message[HEAD.size : HEAD.size + length])
    if "gone" in about:
        return WorkerReply(None, (), (), about, str(about["gone"]))
    stamp = FormStamp(**{key: str(value) for key, value in about["stamp"].items()}) if about["stamp"] else None
    findings = tuple(_decode_finding(t) for t in about["troubles"])
    total = sum(s["cells"] for s in about["sheets"] if s)
    columns = message[HEAD.size + length :]
    if len(columns) != rest or rest != 9 * total:
        raise ValueError("columns and counts differ")
    codes = columns[:total]
    states = [_STATE[code] for code in codes]
    doubles = array("d", columns[total:])
    numbers = [None if n != n else n for n in doubles]  # noqa: PLR0124 - only NaN differs from itself
    sheets: list[SheetColumns | None] = []
    at = 0
    for sheet_data in about["sheets"]:
        if sheet_data is None:
            sheets.append(None)
            continue
        to = at + sheet_data["cells"]
        texts, raws = ({int(i): str(text) for i, text in sheet_data[name].items()} for name in ("texts", "raws"))
        own = codes[at:to]
        some = max(own, default=0) >= _FIRST_INVALID  # told in C: usually there is none
        invalid = {i: STATES[code] for i, code in enumerate(own) if code >= _FIRST_INVALID} if some else {}
        places = _decode_places(sheet_data["places"], sheet_data["cells"]) if "places" in sheet_data else None
        sheets.append(SheetColumns(states[at:to], numbers[at:to], texts, raws, invalid, places))
        at = to
    explained = tuple(Explanation(**{key: str(v) for key, v in e.items()}) for e in about["explanations"])
    return WorkerReply(stamp, findings, tuple(sheets), about, explanations=explained)


def _decode_places(pair: Any, cells: int) -> tuple[str, list[str]]:
    name, found = str(pair[0]), [str(cell) for cell in pair[1]]
    if len(found) != cells:
        raise ValueError("places and cells differ")
    return name, found


def _decode_finding(entry: dict[str, Any]) -> RawFinding:
    slots = tuple((str(key), str(value)) for key, value in entry["slots"])
    return RawFinding(str(entry["code"]), str(entry["sheet"]), str(entry["cell"]), str(entry["value"]), slots)
