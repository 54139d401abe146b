"""The load room: verdicts, accepted cells and the catalogue → warehouse. Never reshapes, never rounds.

Called by steps, inside a transaction that they open: what a delivery brought, its verdict and its receipt
are there together or not at all. Nothing loaded before is ever touched: a resubmission is a new version.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from etl.catalog.loader import Catalogue
from etl.errors import WarehouseError
from etl.model import CellState, Delivery, Explanation, FormStamp, Level, Observation, Period, Verdict
from etl.warehouse import catalogue as catalogue_rows
from etl.warehouse.connect import COPY_NULL, copy_lines, copy_rows, copy_text, query
from etl.warehouse.snapshot import join_recording

_DELIVERY_LOCKS, _SUBMISSION_LOCKS = 7_235_010, 7_235_011
_Row = tuple[object, ...]
_OBSERVATION = ("submission_id", "org_unit_id", "data_element_id", "year", "state", "value", "sheet", "cell", "raw")
_TEXT = ("submission_id", "org_unit_id", "code", "state", "words", "sheet", "cell")
_FINDING = (
    "delivery_id", "position", "code", "level", "message", "hint", "sheet", "cell", "value",
    "org_unit_code", "data_element",
)  # fmt: skip
_EXPLANATION = (
    "delivery_id", "form", "unit_code", "period", "code", "org_unit_code", "data_element", "value", "words",
)  # fmt: skip
_VERDICT = (
    "delivery_id", "accepted", "scope", "form", "form_version", "unit_code", "period",
    "refusals", "confirmations", "notes", "judged_by", "recorded_at",
)  # fmt: skip
_LOAD = (
    "delivery_id", "submission_id", "cells_read", "numbers_loaded", "texts_loaded", "cells_left_out", "recorded_at",
)  # fmt: skip


@dataclass(frozen=True)
class LoadItem:
    """A delivery with its verdict; `stamp` is None where the workbook did not say what it is.

    `judged_by` names the catalogue and rules it was judged by, as `register_delivery` takes it.
    """

    delivery: Delivery
    verdict: Verdict
    stamp: FormStamp | None
    scope: str
    observations: tuple[Observation, ...]
    judged_by: str = ""
    explanations: tuple[Explanation, ...] = ()


@dataclass(frozen=True)
class Receipt:
    """What became of a delivery. `version` is 0 and `submission_id` None when nothing was loaded."""

    delivery_id: int
    accepted: bool
    submission_id: int | None
    version: int
    unit: str
    period: str
    form: str


@dataclass(frozen=True)
class _Accepted:
    """An accepted delivery with its unit and period resolved."""

    item: LoadItem
    stamp: FormStamp
    period: Period
    org_unit_id: int

    @property
    def key(self) -> tuple[int, str, str]:
        return self.org_unit_id, self.period.key, self.stamp.form


class _Written(dict[str, str]):
    """Words as COPY writes them; each is worked out when it is first asked for."""

    def __init__(self, write: Callable[[str], str]) -> None:
        self._write = write

    def __missing__(self, key: str) -> str:
        self[key] = written = self._write(key)
        return written


class _Ids:
    """Numbers of units and data elements, read once per load."""

    def __init__(self, conn: Connection) -> None:
        self._elements: dict[str, int] = {r.code: r.data_element_id for r in query(conn, "element_ids")}
        self._units = list(query(conn, "unit_ids"))
        self._on: dict[date, _Written] = {}
        self.elements = _Written(self._element)
        self.sheets = _Written(copy_text)

    def units(self, day: date) -> _Written:
        """The numbers of the units that exist on a day, by code.

        Raises (when asked for one):
            WarehouseError: the catalogue in the warehouse has none of this code.
        """
        if day not in self._on:
            valid = (r for r in self._units if r.valid_from <= day and (r.valid_to is None or day <= r.valid_to))
            known = {r.code: r.org_unit_id for r in valid}
            self._on[day] = _Written(lambda code: str(_number(known, code, f"unit on {day}", "core.org_unit")))
        return self._on[day]

    def _element(self, code: str) -> str:
        """The number of a data element; empty where it holds words."""
        return "" if _is_text(code) else str(_number(self._elements, code, "data element", "core.data_element"))


def _number(numbers: dict[str, int], code: str, what: str, table: str) -> int:
    try:
        return numbers[code]
    except KeyError:
        raise WarehouseError(
            f"no {what}: {code!r}", where=table, fix="run `tongket warehouse migrate` to load the catalogue"
        ) from None


def catalogue(conn: Connection, known: Catalogue) -> dict[str, int]:
    """Writes the catalogue as dated rows; gives the rows written per table. The same one twice writes nothing."""
    return catalogue_rows.publish(conn, known)


def deliveries(conn: Connection, items: Sequence[LoadItem]) -> list[Receipt]:
    """Writes verdicts, findings, receipts and what was accepted, into the caller's transaction.

    A delivery that has a verdict already is left as it is, and its receipt is given again. Two loaders at
    once wait for each other where they meet: on a delivery, and on a unit's form of a period.

    Raises:
        WarehouseError: a unit or data element is not in the warehouse's catalogue, or the database is away.
    """
    ids = sorted({item.delivery.delivery_id for item in items})
    join_recording(conn)
    query(conn, "lock_keys", space=_DELIVERY_LOCKS, keys=ids)
    decided = set(query(conn, "decided", deliveries=ids).scalars())
    fresh = list({i.delivery.delivery_id: i for i in items if i.delivery.delivery_id not in decided}.values())
    if fresh:
        _write(conn, fresh)
    found = {
        r.delivery_id: Receipt(r.delivery_id, r.accepted, r.submission_id, r.version, r.unit_code, r.period, r.form)
        for r in query(conn, "receipts", deliveries=ids)
    }
    return [found[item.delivery.delivery_id] for item in items]


def _write(conn: Connection, items: list[LoadItem]) -> None:
    numbers = _Ids(conn)
    accepted = [_resolve(item, numbers) for item in items if item.verdict.accepted]
    keys = sorted({_lock_key(a.key) for a in accepted})
    query(conn, "lock_keys", space=_SUBMISSION_LOCKS, keys=keys)
    now: datetime = query(conn, "clock").scalar_one()
    copy_rows(conn, "ops.verdict", _VERDICT, (_verdict(item, now) for item in items))
    copy_rows(conn, "ops.finding", _FINDING, _findings(items))
    copy_rows(conn, "ops.explanation", _EXPLANATION, _explanations(items))
    submissions = _add_submissions(conn, accepted, now) if accepted else {}
    rows = _Rows()
    loads: list[_Row] = []
    for entry in accepted:
        submission = submissions[entry.item.delivery.delivery_id]
        counts = rows.add(entry, submission, numbers)
        loads.append((entry.item.delivery.delivery_id, submission, *counts, now))
    for item in items:
        if not item.verdict.accepted:
            read = len(item.observations)
            loads.append((item.delivery.delivery_id, None, read, 0, 0, read, now))
    copy_lines(conn, "core.observation", _OBSERVATION, rows.numbers)
    copy_lines(conn, "core.report_text", _TEXT, rows.texts)
    copy_rows(conn, "ops.load", _LOAD, loads)
    copy_rows(conn, "ops.event", ("kind", "delivery_id"), _events(items))


class _Rows:
    """Cells as lines for COPY, for the two tables they belong to."""

    def __init__(self) -> None:
        self.numbers: list[str] = []
        self.texts: list[str] = []

    def add(self, entry: _Accepted, submission: int, ids: _Ids) -> tuple[int, int, int, int]:
        """Takes a submission's cells; gives how many there were, numbers, texts, and left out.

        Blank words, and cells that were never understood, are left out; a blank number is `missing`.
        """
        before = len(self.numbers), len(self.texts)
        start, year, units = str(submission), str(entry.period.year), ids.units(entry.period.end)
        elements, sheets = ids.elements, ids.sheets
        for unit, element, sheet, cell, state, value, text, raw in entry.item.observations:
            if state is CellState.INVALID:
                continue
            number = elements[element]
            if number:
                exact = COPY_NULL if value is None else _exact(value)
                shown = COPY_NULL if raw in ("", exact) else copy_text(raw)
                where = sheets[sheet], cell
                self.numbers.append("\t".join((start, units[unit], number, year, state, exact, *where, shown)))
            elif text:
                words = copy_text(element), state, copy_text(text), sheets[sheet], cell
                self.texts.append("\t".join((start, units[unit], *words)))
        read, kept = len(entry.item.observations), len(self.numbers) - before[0]
        texts = len(self.texts) - before[1]
        return read, kept, texts, read - kept - texts


def _resolve(item: LoadItem, numbers: _Ids) -> _Accepted:
    if item.stamp is None:
        raise WarehouseError(
            "an accepted delivery does not say what it is", where=item.delivery.sha256, fix="refuse it in the check"
        )
    period = Period.parse(item.stamp.period)
    return _Accepted(item, item.stamp, period, int(numbers.units(period.end)[item.stamp.unit]))


def _lock_key(key: tuple[int, str, str]) -> int:
    """A signed 32-bit number for an advisory lock; two keys that share one only wait for each other."""
    return zlib.crc32(repr(key).encode()) - (1 << 31)


def _verdict(item: LoadItem, now: datetime) -> _Row:
    counts = item.verdict.counts
    stamp = item.stamp
    said = (stamp.form, stamp.version, stamp.unit, stamp.period) if stamp else (None, None, None, None)
    levels = (counts[Level.REFUSE], counts[Level.CONFIRM], counts[Level.NOTE])
    return item.delivery.delivery_id, item.verdict.accepted, item.scope, *said, *levels, item.judged_by, now


def _findings(items: Iterable[LoadItem]) -> Iterator[_Row]:
    for item in items:
        for position, f in enumerate(item.verdict.findings):
            words = (f.message, f.hint, f.sheet, f.cell, f.value, f.org_unit_code, f.data_element)
            yield item.delivery.delivery_id, position, f.code, f.level.value, *map(_plain, words)


def _explanations(items: Iterable[LoadItem]) -> Iterator[_Row]:
    """What senders said of findings, once per finding and value; also in a file that is refused for something else."""
    for item in items:
        said = {(e.code, e.org_unit_code, e.data_element, e.value.strip()): e.text.strip() for e in item.explanations}
        for key, words in said.items():
            if item.stamp and words:
                stamp = item.stamp
                yield item.delivery.delivery_id, stamp.form, stamp.unit, stamp.period, *map(_plain, (*key, words))


def _events(items: Iterable[LoadItem]) -> Iterator[_Row]:
    for item in items:
        yield "accepted" if item.verdict.accepted else "refused", item.delivery.delivery_id


def _add_submissions(conn: Connection, accepted: list[_Accepted], now: datetime) -> dict[int, int]:
    """Numbers of the new submissions by delivery, each one version above what there was."""
    units, periods, forms = zip(*(a.key for a in accepted), strict=True)
    catalogue_rows.periods(conn, {a.period for a in accepted})
    wanted = {"units": list(units), "periods": list(periods), "forms": list(forms)}
    last: Counter[tuple[int, str, str]] = Counter()
    for row in query(conn, "last_versions", **wanted):
        last[(row.org_unit_id, row.period, row.form)] = row.version
    versions = []
    for entry in accepted:
        last[entry.key] += 1
        versions.append(last[entry.key])
    rows = query(
        conn,
        "add_submissions",
        **wanted,
        deliveries=[a.item.delivery.delivery_id for a in accepted],
        scopes=[a.item.scope for a in accepted],
        form_versions=[a.stamp.version for a in accepted],
        years=[a.period.year for a in accepted],
        versions=versions,
        recorded_at=now,
    )
    return {row.delivery_id: row.submission_id for row in rows}


def _is_text(code: str) -> bool:
    return code.startswith(("task.", "note.")) or code.endswith((":source", ":as_of"))


def _exact(value: float) -> str:
    """The shortest decimal that is this number: what was typed, not its binary neighbour."""
    return repr(value).removesuffix(".0")


def _plain(text: str) -> str:
    """PostgreSQL text holds every character but NUL."""
    return text.replace("\0", "")
