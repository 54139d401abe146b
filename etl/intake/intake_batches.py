"""From issued form to answered sender: forms, receive, read + check + load, returns."""

from __future__ import annotations

import datetime as dt
import gc
import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etl import load
from etl.approval.record_signing import publish_signing_key
from etl.catalog import Catalogue
from etl.catalog.calendar import compute_deadline, count_working_days
from etl.catalog.obligations import find_awaited_scopes
from etl.catalog.rules import load_rules
from etl.check import ReadSubmission, check_batch, load_great_expectations
from etl.check.check_context import add_official_population
from etl.core.instance import (
    Result,
    build_ruleset_version,
    load_settings_and_catalogue,
    open_current_engine,
    open_engine,
)
from etl.errors import StorageError
from etl.file_io import write_atomic
from etl.intake.chunk_processing import CHUNK_SIZE, ReadDelivery, process_chunk, split_into_chunks
from etl.intake.file_log import FileTimer
from etl.messages import load_messages
from etl.model import CellState, Delivery, Period, Verdict
from etl.model.vietnam_time import VIETNAM_ZONE, get_current_time
from etl.read import Reader
from etl.receive import IntakeContext, QuarantinedFile, ReceivedFile, build_archive_path, receive_files
from etl.returns import SubmissionAnswer, ValueChange, render_answer_workbook, write_answer
from etl.settings import Settings
from etl.warehouse import journal
from etl.warehouse.advisory_locks import AdvisoryLock, lock_for_connection, lock_keys
from etl.warehouse.migrate import ensure_schema

if TYPE_CHECKING:
    from sqlalchemy import Engine

_log = logging.getLogger(__name__)
_ANSWERS_AT_ONCE = 50
_STATE_WORDS = {CellState.NOT_APPLICABLE: "không áp dụng", CellState.UNRELIABLE: "không đáng tin cậy"}
_NOT_OFFLINE = ("S02: the folder it was sent to", "T01–T07: the unit's other periods", "what was explained before")


def migrate_warehouse() -> Result:
    """Brings the warehouse to this code's schema and the catalogue's content, and makes sure of a signing key."""
    settings, catalogue = load_settings_and_catalogue()
    applied = ensure_schema(settings)
    with open_engine(settings).begin() as conn:
        changed = load.load_catalogue_rows(conn, catalogue)
        publish_signing_key(conn, settings)
    return {"applied": applied, "catalogue_changes": changed}


def check_files(
    paths: Sequence[Path], *, answers: bool = False, progress: Callable[[], object] = lambda: None
) -> list[Result]:
    """The verdict on files, offline: no database, no folder, no history.

    Args:
        paths: Workbooks.
        answers: Also write what would come back to the sender beside each file; no file is ever overwritten by it.
        progress: Called once a file has been read.

    Raises:
        StorageError: a file is not there, or an answer cannot be written.
    """
    settings, catalogue = load_settings_and_catalogue()
    rules, wording = load_rules(settings.expectations), load_messages(settings.templates)
    results: list[Result] = []
    taken = {path.resolve() for path in paths}
    with Reader(catalogue, rules) as reader:
        timer = FileTimer()
        reads = timer.time_reads(reader.read_files([path.resolve() for path in paths], [path.name for path in paths]))
        for first in range(0, len(paths), CHUNK_SIZE):
            chunk = paths[first : first + CHUNK_SIZE]
            submitted = []
            # The reads go on with the next chunk.
            for path, read in zip(chunk, islice(reads, len(chunk)), strict=True):
                submitted.append(add_official_population(catalogue, ReadSubmission(read, path.name)))
                progress()
            verdicts = check_batch(submitted, catalogue, rules, wording)
            timer.log_chunk([hashlib.sha256(path.read_bytes()).hexdigest() for path in chunk], submitted, verdicts)
            for path, submission, verdict in zip(chunk, submitted, verdicts, strict=True):
                results.append(_serialize_check_result(path, submission, verdict))
                if answers:
                    shown = replace(verdict, findings=rules.select_answered(verdict.findings))
                    answer = _build_offline_answer(settings, catalogue, path, submission, shown)
                    results[-1]["answer"] = str(_write_answer_workbook(path, answer, taken))
    return results


def _build_offline_answer(
    settings: Settings, catalogue: Catalogue, path: Path, submission: ReadSubmission, verdict: Verdict
) -> Any:
    """What would come back to the sender, as far as that can be said without having received the file."""
    data, stamp = path.read_bytes(), submission.read.stamp
    about: Result = {}
    form = catalogue.forms.get(stamp.form) if stamp else None
    if stamp and form and Period.is_key(stamp.period):
        period = Period.parse(stamp.period)
        about = {
            "form": form.id, "form_title": form.title, "period": period.key, "period_name": period.name,
            "unit_name": catalogue.find_unit_name(stamp.unit, period.end),
        }  # fmt: skip
    return SubmissionAnswer(
        stamp.unit if stamp else "", path.name, hashlib.sha256(data).hexdigest(), get_current_time(), verdict.accepted,
        verdict.findings, load_messages(settings.templates), simulated=settings.simulated, original=data, trial=True,
        **about,
    )  # fmt: skip


def _write_answer_workbook(path: Path, answer: Any, taken: set[Path]) -> Path:
    """Writes an answer as `<name>.ket-qua.xlsx` beside its file, never over one of the files that are checked."""
    number, target = 1, path.with_name(f"{path.stem}.ket-qua.xlsx")
    while target.resolve() in taken:
        number += 1
        target = path.with_name(f"{path.stem}.ket-qua-{number}.xlsx")
    taken.add(target.resolve())
    write_atomic(target, render_answer_workbook(answer))
    return target


def _serialize_check_result(path: Path, submission: ReadSubmission, verdict: Verdict) -> Result:
    stamp = submission.read.stamp
    return {
        "file": str(path),
        "accepted": verdict.accepted,
        "form": stamp.form if stamp else None,
        "unit": stamp.unit if stamp else None,
        "period": stamp.period if stamp else None,
        "counts": verdict.counts,
        "findings": [finding.convert_to_dict() for finding in verdict.findings],
        "not_checked": list(_NOT_OFFLINE),
    }


def receive_deliveries() -> Result:
    """Takes what is whole from the inbox; says into how many batches the work is shared."""
    settings, catalogue = load_settings_and_catalogue()
    ruleset_version = build_ruleset_version(settings, catalogue)
    engine = open_current_engine(settings, catalogue)
    # One run at a time looks into the inbox; one connection for the lock and all files, a transaction for each.
    with engine.connect() as conn:

        def register_received_file(taken: ReceivedFile) -> bool:
            with conn.begin():
                _, new = journal.register_delivery(
                    conn,
                    taken.sha256,
                    taken.size,
                    taken.original_name,
                    taken.folder,
                    taken.received_at,
                    journal.DeliveryMark(ruleset_version, taken.taking),
                )
            return new

        def record_quarantined_file(aside: QuarantinedFile) -> None:
            with conn.begin():
                if all(e.detail["kept"] != aside.kept for e in journal.fetch_events(conn, "quarantined")):
                    journal.record_event(
                        conn, "quarantined", code=aside.code, name=aside.original_name, folder=aside.folder,
                        size=aside.size, kept=aside.kept,
                    )  # fmt: skip

        desk = IntakeContext(
            settings.archive,
            settings.quarantine,
            register_received_file,
            record_quarantined_file,
            int(settings.max_file_mb * 1_000_000),
        )
        by_mtime = settings.received_clock == "mtime"
        lock_for_connection(conn, AdvisoryLock.INBOX)
        got = receive_files(
            settings.inbox, desk, now=get_current_time(), min_age=settings.min_age_seconds, by_mtime=by_mtime
        )
        batches = [i for i in range(settings.batches) if journal.fetch_pending_deliveries(conn, i, settings.batches)]
    if got.ignored:
        _log.warning("left in the inbox: %s", ", ".join(got.ignored))
    return {
        "received": got.new, "duplicates": got.duplicates, "waiting": got.waiting,
        "quarantined": got.quarantined, "ignored": got.ignored, "batches": batches,
    }  # fmt: skip


def process_batch(batch: int) -> Result:
    """Reads, checks, loads and answers one batch of what was received. A file that cannot be used stops no other.

    An answer that cannot be written stays owed: `write_answers` tries it again, and says what is wrong.
    """
    settings, catalogue = load_settings_and_catalogue()
    engine = open_current_engine(settings, catalogue)
    total: Result = {"accepted": 0, "refused": 0, "answered": 0, "periods": []}
    with _lock_waiting_deliveries(engine, batch, settings.batches) as waiting:
        for chunk, receipts in _process_chunks(settings, catalogue, engine, waiting):
            for accepted, period in receipts:
                total["accepted" if accepted else "refused"] += 1
                if accepted and period not in total["periods"]:
                    total["periods"].append(period)
            written, failed = _write_owed_answers(settings, catalogue, engine, [d.delivery_id for d in chunk])
            total["answered"] += len(written)
            if failed:
                _log.warning("%d answers cannot be written now: %s", len(failed), failed[0])
    total["periods"].sort()
    return total


@contextmanager
def _lock_waiting_deliveries(engine: Engine, batch: int, batches: int) -> Iterator[list[Delivery]]:
    """What waits of a batch, its folders locked: another run waits here, and then finds what is still to be done."""
    with engine.begin() as conn:
        lock_keys(conn, AdvisoryLock.FOLDER, {d.folder for d in journal.fetch_pending_deliveries(conn, batch, batches)})
        yield journal.fetch_pending_deliveries(conn, batch, batches)


def _process_chunks(
    settings: Settings, catalogue: Catalogue, engine: Engine, waiting: Sequence[Delivery]
) -> Iterator[tuple[Sequence[Delivery], list[tuple[bool, str]]]]:
    """Reads, checks and loads deliveries; gives each chunk with (accepted, period) of its workbooks."""
    if not waiting:
        return
    with _freeze_garbage_collector(), Reader(catalogue, load_rules(settings.expectations)) as reader:
        # One listing for all: the child reads on while a chunk is checked and loaded.
        ordered = _order_by_turn(waiting)
        paths = [build_archive_path(settings.archive, delivery.sha256) for delivery in ordered]
        reads = reader.read_files(paths, [delivery.original_name for delivery in ordered])
        timer = FileTimer()
        served = _hold_unserved_workbooks(settings, catalogue, zip(ordered, timer.time_reads(reads), strict=True))
        for chunk in split_into_chunks(_hold_foreign_tables(catalogue, engine, served)):
            yield [delivery for delivery, _ in chunk], process_chunk(settings, catalogue, engine, chunk, timer)


def _hold_foreign_tables(catalogue: Catalogue, engine: Engine, reads: Iterable[ReadDelivery]) -> Iterator[ReadDelivery]:
    """All but the tables of senders that have a layout in the catalogue: these wait for a person, and say so.

    Those of a layout with a mistake wait, undecided, until it is mended.
    """
    folders = {folder for layout in catalogue.layouts.values() for folder in layout.folders}
    for delivery, read in reads:
        stopped = [name for name, layout in catalogue.stopped_layouts.items() if layout.may_be_of(delivery.folder)]
        if read.stamp is None and stopped:
            _log.warning(
                "delivery %d of %s waits: layout %s has a mistake: `tongket catalogue check`",
                delivery.delivery_id, delivery.folder, ", ".join(stopped),
            )  # fmt: skip
        elif read.stamp is None and delivery.folder in folders:
            with engine.begin() as conn:
                journal.record_event(conn, "import_waits", delivery_id=delivery.delivery_id)
            _log.warning(
                "delivery %d of %s is a foreign table and waits for a person: `tongket imports list`",
                delivery.delivery_id, delivery.folder,
            )  # fmt: skip
        else:
            yield delivery, read


def _hold_unserved_workbooks(
    settings: Settings, catalogue: Catalogue, reads: Iterable[ReadDelivery]
) -> Iterator[ReadDelivery]:
    """All but workbooks that a scope out of service may have asked for: they wait, undecided, until it is back."""
    for delivery, read in reads:
        if awaited := find_awaited_scopes(catalogue, settings.scopes, read.stamp):
            _log.warning(
                "delivery %d of %s waits: scope %s is out of service: `tongket catalogue check`",
                delivery.delivery_id, delivery.folder, ", ".join(awaited),
            )  # fmt: skip
        else:
            yield delivery, read


def _order_by_turn(waiting: Iterable[Delivery]) -> list[Delivery]:
    """The first of each folder, then the second of each: turns stay large where folders hold several reports."""
    turns: Counter[str] = Counter()
    ordered = []
    for delivery in waiting:
        ordered.append((turns[delivery.folder], delivery))
        turns[delivery.folder] += 1
    return [delivery for _, delivery in sorted(ordered, key=lambda entry: entry[0])]


@contextmanager
def _freeze_garbage_collector() -> Iterator[None]:
    """Keeps the garbage collector away from what the libraries hold: a million objects that stay for good."""
    load_great_expectations()
    frozen_before = gc.get_freeze_count()  # by the process that tasks are forked from: that stays so
    gc.freeze()
    try:
        yield
    finally:
        if not frozen_before:
            gc.unfreeze()


def write_answers() -> Result:
    """Writes the answer to every verdict whose sender has none yet: known content, and what a batch could not write.

    Raises:
        StorageError: some could not be written; the others are there.
    """
    settings, catalogue = load_settings_and_catalogue()
    written, failed = _write_owed_answers(settings, catalogue, open_engine(settings))
    if failed:
        what = f"{len(failed)} of {len(written) + len(failed)} answers cannot be written: {failed[0].what}"
        raise StorageError(what, where=failed[0].where, fix=failed[0].fix)
    return {"written": len(written), "files": written[:20]}


def _write_owed_answers(
    settings: Settings, catalogue: Catalogue, engine: Engine, deliveries: Sequence[int] | None = None
) -> tuple[list[str], list[StorageError]]:
    """Writes the answers still owed, of some deliveries or of all: the files, and why others could not be written.

    A transaction for some at a time locks their deliveries, so that two processes write no answer twice.
    """
    written: list[str] = []
    failed: list[StorageError] = []
    with engine.connect() as conn:
        with conn.begin():
            owed = journal.list_unreturned_deliveries(conn, deliveries)
        for first in range(0, len(owed), _ANSWERS_AT_ONCE):
            some = owed[first : first + _ANSWERS_AT_ONCE]
            with conn.begin():
                lock_keys(conn, AdvisoryLock.DELIVERY, some)
                for unreturned in journal.fetch_unreturned_verdicts(conn, some):
                    try:
                        path = write_answer(_build_submission_answer(settings, catalogue, unreturned), settings.outbox)
                    except StorageError as error:
                        failed.append(error)
                        continue
                    file = str(path.relative_to(settings.outbox))
                    journal.mark_returned(conn, unreturned.delivery.delivery_id, file=file)
                    written.append(str(path))
    return written, failed


def _build_submission_answer(settings: Settings, catalogue: Catalogue, unreturned: Any) -> Any:
    """The warehouse's answer in the words of the returns room: names, dates, deadlines."""
    received = dt.datetime.fromisoformat(unreturned.delivery.received_at)
    about: Result = {"original": _read_sent_workbook(settings, unreturned)}
    form = catalogue.forms.get(unreturned.form)
    if form and unreturned.scope in catalogue.scopes and Period.is_key(unreturned.period):
        period, scope = Period.parse(unreturned.period), catalogue.scopes[unreturned.scope]
        about |= {
            "form": form.id, "form_title": form.title, "period": period.key, "period_name": period.name,
            "unit_name": catalogue.find_unit_name(unreturned.unit, period.end), "version": unreturned.version,
            "office": catalogue.get_office(scope, received.astimezone(VIETNAM_ZONE).date()).name,
        }  # fmt: skip
        submission = next(s for s in scope.submissions if s.form == form.id)
        due = compute_deadline(catalogue, submission.regime, form.level, period)
        about |= {
            "due": due,
            "late_days": count_working_days(
                catalogue.holiday_corrections, due, received.astimezone(VIETNAM_ZONE).date()
            ),
        }
        about["changes"] = tuple(_build_value_changes(catalogue, unreturned, period))
    return SubmissionAnswer(
        unreturned.delivery.folder,
        unreturned.delivery.original_name,
        unreturned.delivery.sha256,
        received,
        unreturned.verdict.accepted,
        load_rules(settings.expectations).select_answered(unreturned.verdict.findings),
        load_messages(settings.templates),
        simulated=settings.simulated,
        known=unreturned.is_known,
        standing=unreturned.standing_version,
        **about,
    )


def _read_sent_workbook(settings: Settings, unreturned: Any) -> bytes | None:
    """The content that was sent, if there is something to mark in it."""
    path = build_archive_path(settings.archive, unreturned.delivery.sha256)
    return path.read_bytes() if unreturned.verdict.findings and path.is_file() else None


def _build_value_changes(catalogue: Catalogue, unreturned: Any, period: Period) -> Iterator[Any]:

    for c in unreturned.changes:
        element = catalogue.elements.get(c.data_element)
        if element:
            before = _select_cell_content(c.before, c.words_before, c.state_before)
            after = _select_cell_content(c.after, c.words_after, c.state_after)
            unit = catalogue.find_unit_name(c.org_unit_code, period.end)
            yield ValueChange(c.sheet, c.cell, element.name, unit, before, after)


def _select_cell_content(value: Fraction | None, words: str, state: CellState) -> Fraction | str | None:
    """What a cell says: a number, words, or that the sender could give none."""
    if value is not None:
        return value
    return words or _STATE_WORDS.get(state)
