"""The load room: verdicts, accepted cells and the catalogue → warehouse. Never reshapes, never rounds.

Called by steps, inside a transaction that they open: what a delivery brought, its verdict and its receipt
are there together or not at all. Nothing loaded before is ever touched: a resubmission is a new version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from etl.catalog.loader import Catalogue
from etl.errors import WarehouseError
from etl.model import CellState, Delivery, Explanation, FindingLevel, FormStamp, Observation, Period, Verdict
from etl.model.text_cells import parse_text_cell
from etl.warehouse import catalogue_versions
from etl.warehouse.advisory_locks import AdvisoryLock, lock_keys, lock_shared
from etl.warehouse.connect import COPY_NULL, copy_lines, copy_rows, escape_copy_text, query

_Row = tuple[object, ...]
_OBSERVATION = ("submission_id", "org_unit_id", "data_element_id", "year", "state", "value", "sheet", "cell", "raw")
_TEXT = ("submission_id", "org_unit_id", "code", "state", "words", "sheet", "cell")
_FINDING = (
    "delivery_id", "position", "code", "level", "message", "hint", "sheet", "cell", "value",
    "org_unit_code", "data_element", "compared",
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
    """What became of a delivery. `version` is 0 and `submission_id` None when nothing was loaded: refused, or known."""

    delivery_id: int
    accepted: bool
    submission_id: int | None
    version: int
    unit: str
    period: str
    form: str


@dataclass(frozen=True)
class _AcceptedDelivery:
    """An accepted delivery with its unit and period resolved."""

    item: LoadItem
    stamp: FormStamp
    period: Period
    org_unit_id: int

    @property
    def key(self) -> tuple[int, str, str]:
        return self.org_unit_id, self.period.key, self.stamp.form


class _CopyTextCache(dict[str, str]):
    """Words as COPY writes them; each is worked out when it is first asked for."""

    def __init__(self, write: Callable[[str], str]) -> None:
        self._write = write

    def __missing__(self, key: str) -> str:
        self[key] = written = self._write(key)
        return written


class _WarehouseIds:
    """Numbers of units and data elements, read once per load."""

    def __init__(self, conn: Connection) -> None:
        self._elements: dict[str, int] = {r.code: r.data_element_id for r in query(conn, "element_ids")}
        self._units = list(query(conn, "unit_ids"))
        self._on: dict[date, _CopyTextCache] = {}
        self.elements = _CopyTextCache(self._find_element_id)
        self.sheets = _CopyTextCache(escape_copy_text)

    def select_unit_ids(self, day: date) -> _CopyTextCache:
        """The numbers of the units by code, as of a day; of an ended one too, which an office may still speak for.

        Raises (when asked for one):
            WarehouseError: the catalogue in the warehouse has none of this code.
        """
        if day not in self._on:
            begun = sorted((r for r in self._units if r.valid_from <= day), key=lambda r: r.valid_from)
            ids_by_code = {r.code: r.org_unit_id for r in begun}
            self._on[day] = _CopyTextCache(
                lambda code: str(_find_warehouse_id(ids_by_code, code, f"unit on {day}", "core.org_unit"))
            )
        return self._on[day]

    def _find_element_id(self, code: str) -> str:
        """The number of a data element; empty where it holds words."""
        return (
            ""
            if parse_text_cell(code)
            else str(_find_warehouse_id(self._elements, code, "data element", "core.data_element"))
        )


def _find_warehouse_id(numbers: dict[str, int], code: str, what: str, table: str) -> int:
    try:
        return numbers[code]
    except KeyError:
        raise WarehouseError(
            f"no {what}: {code!r}", where=table, fix="run `tongket warehouse migrate` to load the catalogue"
        ) from None


def load_catalogue_rows(conn: Connection, new_catalogue: Catalogue) -> dict[str, int]:
    """Writes the catalogue as dated rows; gives the rows written per table. The same one twice writes nothing."""
    return catalogue_versions.record_catalogue_versions(conn, new_catalogue)


def load_deliveries(conn: Connection, items: Sequence[LoadItem]) -> list[Receipt]:
    """Writes verdicts, findings, receipts and what was accepted, into the caller's transaction.

    A delivery that has a verdict already is left as it is, and its receipt is given again. Two loaders at
    once wait for each other where they meet: on a delivery, and on a unit's form of a period.

    Raises:
        WarehouseError: a unit or data element is not in the warehouse's catalogue, or the database is away.
    """
    return DeliveryLoader(conn, items).load_turn(items)


class DeliveryLoader:
    """Deliveries loaded into the caller's transaction in turns, each recorded after the one before.

    Every lock that any of them needs is held from the start: turn by turn, two loaders could wait for each other.
    """

    def __init__(self, conn: Connection, items: Sequence[LoadItem]) -> None:
        lock_shared(conn, AdvisoryLock.RECORDING)
        lock_keys(conn, AdvisoryLock.DELIVERY, {item.delivery.delivery_id for item in items})
        stamps = [item.stamp for item in items if item.stamp]
        lock_keys(conn, AdvisoryLock.SUBMISSION, {f"{s.unit} {s.period} {s.form}" for s in stamps})
        self._conn, self._numbers = conn, _WarehouseIds(conn)

    def load_turn(self, items: Sequence[LoadItem]) -> list[Receipt]:
        """Loads some of the deliveries, as `load_deliveries` does."""
        ids = sorted({item.delivery.delivery_id for item in items})
        decided = set(query(self._conn, "decided", deliveries=ids).scalars())
        fresh = list({i.delivery.delivery_id: i for i in items if i.delivery.delivery_id not in decided}.values())
        if fresh:
            _record_deliveries(self._conn, fresh, self._numbers)
        receipts = {
            r.delivery_id: Receipt(r.delivery_id, r.accepted, r.submission_id, r.version, r.unit_code, r.period, r.form)
            for r in query(self._conn, "receipts", deliveries=ids)
        }
        return [receipts[item.delivery.delivery_id] for item in items]


def _record_deliveries(conn: Connection, items: list[LoadItem], numbers: _WarehouseIds) -> None:
    resolved = [_resolve_delivery(item, numbers) for item in items if item.verdict.accepted]
    versions = _select_new_versions(conn, resolved) if resolved else {}
    accepted = [a for a in resolved if a.item.delivery.delivery_id in versions]
    now: datetime = query(conn, "clock").scalar_one()
    copy_rows(conn, "ops.verdict", _VERDICT, (_build_verdict_row(item, now) for item in items))
    copy_rows(conn, "ops.finding", _FINDING, _build_finding_rows(items))
    copy_rows(conn, "ops.explanation", _EXPLANATION, _build_explanation_rows(items))
    submissions = _record_submissions(conn, accepted, versions, now) if accepted else {}
    rows = _CopyLines()
    loads: list[_Row] = []
    for entry in accepted:
        submission = submissions[entry.item.delivery.delivery_id]
        counts = rows.add_submission_cells(entry, submission, numbers)
        loads.append((entry.item.delivery.delivery_id, submission, *counts, now))
    for item in items:
        if item.delivery.delivery_id not in submissions:
            read = len(item.observations)
            loads.append((item.delivery.delivery_id, None, read, 0, 0, read, now))
    copy_lines(conn, "core.observation", _OBSERVATION, rows.numbers)
    copy_lines(conn, "core.report_text", _TEXT, rows.texts)
    copy_rows(conn, "ops.load", _LOAD, loads)
    copy_rows(conn, "ops.event", ("kind", "delivery_id"), _build_event_rows(items, submissions))


class _CopyLines:
    """Cells as lines for COPY, for the two tables they belong to."""

    def __init__(self) -> None:
        self.numbers: list[str] = []
        self.texts: list[str] = []

    def add_submission_cells(
        self, entry: _AcceptedDelivery, submission: int, ids: _WarehouseIds
    ) -> tuple[int, int, int, int]:
        """Takes a submission's cells; gives how many there were, numbers, texts, and left out.

        Blank words, and cells that were never understood, are left out; a blank number is `missing`.
        """
        before = len(self.numbers), len(self.texts)
        start, year, units = str(submission), str(entry.period.year), ids.select_unit_ids(entry.period.end)
        elements, sheets = ids.elements, ids.sheets
        for unit, element, sheet, cell, state, value, text, raw in entry.item.observations:
            if state is CellState.INVALID:
                continue
            number = elements[element]
            if number:
                exact = COPY_NULL if value is None else _format_exact_decimal(value)
                shown = COPY_NULL if raw in ("", exact) else escape_copy_text(raw)
                where = sheets[sheet], cell
                self.numbers.append("\t".join((start, units[unit], number, year, state, exact, *where, shown)))
            elif text:
                words = escape_copy_text(element), state, escape_copy_text(text), sheets[sheet], cell
                self.texts.append("\t".join((start, units[unit], *words)))
        read, kept = len(entry.item.observations), len(self.numbers) - before[0]
        texts = len(self.texts) - before[1]
        return read, kept, texts, read - kept - texts


def _resolve_delivery(item: LoadItem, numbers: _WarehouseIds) -> _AcceptedDelivery:
    if item.stamp is None:
        raise WarehouseError(
            "an accepted delivery does not say what it is", where=item.delivery.sha256, fix="refuse it in the check"
        )
    period = Period.parse(item.stamp.period)
    return _AcceptedDelivery(item, item.stamp, period, int(numbers.select_unit_ids(period.end)[item.stamp.unit]))


def _build_verdict_row(item: LoadItem, now: datetime) -> _Row:
    counts = item.verdict.counts
    stamp = item.stamp
    stamp_columns = (stamp.form, stamp.version, stamp.unit, stamp.period) if stamp else (None, None, None, None)
    levels = (counts[FindingLevel.REFUSE], counts[FindingLevel.CONFIRM], counts[FindingLevel.NOTE])
    return item.delivery.delivery_id, item.verdict.accepted, item.scope, *stamp_columns, *levels, item.judged_by, now


def _build_finding_rows(items: Iterable[LoadItem]) -> Iterator[_Row]:
    for item in items:
        for position, f in enumerate(item.verdict.findings):
            words = (f.message, f.hint, f.sheet, f.cell, f.value, f.org_unit_code, f.data_element, f.compared)
            yield item.delivery.delivery_id, position, f.code, f.level.value, *map(_remove_nul_characters, words)


def _build_explanation_rows(items: Iterable[LoadItem]) -> Iterator[_Row]:
    """What senders said of findings, once per finding and value; also in a file that is refused for something else."""
    for item in items:
        sender_texts = {e.key: e.text.strip() for e in item.explanations}
        for key, words in sender_texts.items():
            if item.stamp and words:
                stamp = item.stamp
                yield (
                    item.delivery.delivery_id,
                    stamp.form,
                    stamp.unit,
                    stamp.period,
                    *map(_remove_nul_characters, (*key, words)),
                )


def _build_event_rows(items: Iterable[LoadItem], submissions: Mapping[int, int]) -> Iterator[_Row]:
    for item in items:
        number = item.delivery.delivery_id
        yield "refused" if not item.verdict.accepted else "accepted" if number in submissions else "duplicate", number


def _select_new_versions(conn: Connection, accepted: list[_AcceptedDelivery]) -> dict[int, int]:
    """The version that each delivery makes, one above what there was; none for one that the last has byte for byte."""
    units, periods, forms = map(list, zip(*(a.key for a in accepted), strict=True))
    rows = query(conn, "last_versions", units=units, periods=periods, forms=forms)
    last = {(r.org_unit_id, r.period, r.form): (r.version, r.sha256) for r in rows}
    versions: dict[int, int] = {}
    for entry in accepted:
        version, sha256 = last.get(entry.key, (0, ""))
        if sha256 != entry.item.delivery.sha256:
            versions[entry.item.delivery.delivery_id] = version + 1
            last[entry.key] = version + 1, entry.item.delivery.sha256
    return versions


def _record_submissions(
    conn: Connection, accepted: list[_AcceptedDelivery], versions: Mapping[int, int], now: datetime
) -> dict[int, int]:
    """Numbers of the new submissions by delivery."""
    units, periods, forms = zip(*(a.key for a in accepted), strict=True)
    catalogue_versions.record_periods(conn, {a.period for a in accepted})
    rows = query(
        conn,
        "add_submissions",
        units=list(units),
        periods=list(periods),
        forms=list(forms),
        deliveries=[a.item.delivery.delivery_id for a in accepted],
        scopes=[a.item.scope for a in accepted],
        form_versions=[a.stamp.version for a in accepted],
        years=[a.period.year for a in accepted],
        versions=[versions[a.item.delivery.delivery_id] for a in accepted],
        recorded_at=now,
    )
    return {row.delivery_id: row.submission_id for row in rows}


def _format_exact_decimal(value: float) -> str:
    """The shortest decimal that is this number: what was typed, not its binary neighbour."""
    return repr(value).removesuffix(".0")


def _remove_nul_characters(text: str) -> str:
    """PostgreSQL text holds every character but NUL."""
    return text.replace("\0", "")
