"""From issued form to answered sender: forms, receive, read + check + load, returns."""

from __future__ import annotations

import datetime as dt
import gc
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etl.catalog import Catalogue
from etl.errors import UsageError
from etl.model import CellState, Period, PeriodKind
from etl.settings import Settings
from etl.steps.common import Result, current_engine, is_period, judged_by, now, open_engine, start

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from etl.check import Submitted
    from etl.model import Delivery, ReadResult, Verdict

CHUNK = 100
"""Workbooks checked and committed together: bounds memory, amortises one rule run over many files."""
_STATE_WORDS = {CellState.NOT_APPLICABLE: "không áp dụng", CellState.UNRELIABLE: "không đáng tin cậy"}
_SPANNING = {PeriodKind.HALF, PeriodKind.NINE_MONTHS, PeriodKind.YEAR}
_NOT_OFFLINE = ("S02: the folder it was sent to", "T01–T07: the unit's other periods", "what was explained before")


def migrate() -> Result:
    """Brings the warehouse to this code's schema and the catalogue's present content."""
    from etl import load
    from etl.warehouse.connect import engine
    from etl.warehouse.migrate import migrate as run

    settings, catalogue = start()
    applied = run(engine(settings, "owner"))
    with open_engine(settings).begin() as conn:
        changed = load.catalogue(conn, catalogue)
    return {"applied": applied, "catalogue_changes": changed}


def open_period(scope: str, period: str) -> Result:
    """Issues the workbooks of a period into `outbox/forms/<period>/<unit>/`; a form that is there and equal stays."""
    from etl.warehouse import journal

    settings, _ = start()
    result = issue_forms(scope, period, settings.outbox / "forms" / Period.parse(period).key)
    if result["issued"]:
        with open_engine(settings).begin() as conn:
            journal.record(conn, "issued", scope=scope, period=period, forms=result["issued"])
    return result


def issue_forms(scope: str, period: str, folder: Path, unit: str | None = None) -> Result:
    """Issues the workbooks of a period, or of one unit, below a folder. Needs no database.

    Raises:
        UsageError: the unit owes nothing for that period.
    """
    from etl.files import write_atomic
    from etl.forms import file_name, issue

    settings, catalogue = start()
    chosen, key = catalogue.scope(scope), Period.parse(period)
    owed = [(form, u) for _, form, u in catalogue.expected(chosen, key) if unit in (None, u.code)]
    if unit and not owed:
        raise UsageError(f"unit {unit!r} owes nothing for {key}", where="--unit", fix="see `tongket status`")
    issued, same = [], 0
    for form, org_unit in owed:
        path = folder / org_unit.code / file_name(form, org_unit, key)
        data = issue(catalogue, chosen, form, org_unit, key, simulated=settings.simulated)
        if path.is_file() and path.read_bytes() == data:
            same += 1
        else:
            write_atomic(path, data)
            issued.append(str(path))
    return {"scope": scope, "period": key.key, "issued": len(issued), "unchanged": same, "files": issued}


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
    from etl.catalog.rules import load_rules
    from etl.check import Submitted, check
    from etl.read import Reader
    from etl.steps.known import with_official

    settings, catalogue = start()
    rules = load_rules(settings.expectations)
    results: list[Result] = []
    taken = {path.resolve() for path in paths}
    with Reader(catalogue, rules) as reader:
        reads = reader.read_all([path.resolve() for path in paths], [path.name for path in paths])
        for first in range(0, len(paths), CHUNK):
            chunk = paths[first : first + CHUNK]
            submitted = []
            for path, read in zip(chunk, reads, strict=False):  # the reads go on with the next chunk
                submitted.append(with_official(catalogue, Submitted(read, path.name)))
                progress()
            for path, given, verdict in zip(chunk, submitted, check(submitted, catalogue, rules), strict=True):
                results.append(_as_json(path, given, verdict))
                if answers:
                    answer = _offline_answer(settings, catalogue, path, given, verdict)
                    results[-1]["answer"] = str(_beside(path, answer, taken))
    return results


def _offline_answer(settings: Settings, catalogue: Catalogue, path: Path, given: Submitted, verdict: Verdict) -> Any:
    """What would come back to the sender, as far as that can be said without having received the file."""
    from etl.returns import Answer

    data, stamp = path.read_bytes(), given.read.stamp
    about: Result = {}
    form = catalogue.forms.get(stamp.form) if stamp else None
    if stamp and form and is_period(stamp.period):
        period = Period.parse(stamp.period)
        about = {
            "form": form.id, "form_title": form.title, "period": period.key, "period_name": period.name,
            "unit_name": catalogue.unit_name(stamp.unit, period.end),
        }  # fmt: skip
    return Answer(
        stamp.unit if stamp else "", path.name, hashlib.sha256(data).hexdigest(), now(), verdict.accepted,
        verdict.findings, simulated=settings.simulated, original=data, trial=True, **about,
    )  # fmt: skip


def _beside(path: Path, answer: Any, taken: set[Path]) -> Path:
    """Writes an answer as `<name>.ket-qua.xlsx` beside its file, never over one of the files that are checked."""
    from etl.files import write_atomic
    from etl.returns import workbook

    number, target = 1, path.with_name(f"{path.stem}.ket-qua.xlsx")
    while target.resolve() in taken:
        number += 1
        target = path.with_name(f"{path.stem}.ket-qua-{number}.xlsx")
    taken.add(target.resolve())
    write_atomic(target, workbook(answer))
    return target


def _as_json(path: Path, given: Submitted, verdict: Verdict) -> Result:
    stamp = given.read.stamp
    return {
        "file": str(path),
        "accepted": verdict.accepted,
        "form": stamp.form if stamp else None,
        "unit": stamp.unit if stamp else None,
        "period": stamp.period if stamp else None,
        "counts": verdict.counts,
        "findings": [finding.as_dict() for finding in verdict.findings],
        "not_checked": list(_NOT_OFFLINE),
    }


def receive() -> Result:
    """Takes what is whole from the inbox; says into how many batches the work is shared."""
    from etl.receive import Desk, Quarantined, Taken
    from etl.receive import receive as take
    from etl.warehouse import journal

    settings, catalogue = start()
    judges = judged_by(settings, catalogue)
    with current_engine(settings, catalogue).connect() as conn:  # one for all files, a transaction for each

        def register(taken: Taken) -> bool:
            with conn.begin():
                _, new = journal.register_delivery(
                    conn, taken.sha256, taken.size, taken.original_name, taken.folder, taken.received_at, judges
                )
            return new

        def note(aside: Quarantined) -> None:
            with conn.begin():
                journal.record(
                    conn, "quarantined", code=aside.code, name=aside.original_name, folder=aside.folder,
                    size=aside.size, kept=aside.kept,
                )  # fmt: skip

        desk = Desk(settings.archive, settings.quarantine, register, note, int(settings.max_file_mb * 1_000_000))
        by_mtime = settings.received_clock == "mtime"
        got = take(settings.inbox, desk, now=now(), min_age=settings.min_age_seconds, by_mtime=by_mtime)
        batches = [i for i in range(settings.batches) if journal.pending(conn, i, settings.batches)]
    return {
        "received": got.new, "duplicates": got.duplicates, "waiting": got.waiting,
        "quarantined": got.quarantined, "ignored": got.ignored, "batches": batches,
    }  # fmt: skip


def process_batch(batch: int) -> Result:
    """Reads, checks and loads one batch of what was received. A file that cannot be used stops no other."""
    from etl.catalog.rules import load_rules
    from etl.read import Reader
    from etl.receive import archived
    from etl.warehouse import journal

    settings, catalogue = start()
    engine = current_engine(settings, catalogue)
    total: Result = {"accepted": 0, "refused": 0, "periods": []}
    with engine.connect() as conn:
        waiting = journal.pending(conn, batch, settings.batches)
    if not waiting:
        return total
    with _at_full_speed(), Reader(catalogue, load_rules(settings.expectations)) as reader:
        # One listing for all: the child reads on while a chunk is checked and loaded.
        paths = [archived(settings.archive, delivery.sha256) for delivery in waiting]
        reads = reader.read_all(paths, [delivery.original_name for delivery in waiting])
        for first in range(0, len(waiting), CHUNK):
            receipts = _process(settings, catalogue, engine, reads, waiting[first : first + CHUNK])
            for accepted, period in receipts:
                total["accepted" if accepted else "refused"] += 1
                if accepted and period not in total["periods"]:
                    total["periods"].append(period)
    total["periods"].sort()
    return total


@contextmanager
def _at_full_speed() -> Iterator[None]:
    """Keeps the garbage collector away from what the libraries hold: a million objects that stay for good."""
    from etl.check import prepare

    prepare()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _process(
    settings: Settings, catalogue: Catalogue, engine: Engine, reads: Iterator[ReadResult], chunk: Sequence[Delivery]
) -> list[tuple[bool, str]]:
    from etl import load
    from etl.catalog.rules import load_rules
    from etl.check import Submitted, check
    from etl.steps.known import with_history

    judges = judged_by(settings, catalogue)
    with engine.connect() as conn:
        submitted = []
        for delivery, read in zip(chunk, reads, strict=False):  # the reads go on with the next chunk
            given = Submitted(read, delivery.original_name, delivery.folder)
            submitted.append(_with_quarters(conn, catalogue, given))
        submitted = with_history(conn, catalogue, submitted)
    verdicts = check(submitted, catalogue, load_rules(settings.expectations))
    items = [
        load.LoadItem(
            d, v, s.read.stamp, _scope_of(catalogue, s), s.read.observations if v.accepted else (), judges,
            s.read.explanations,
        )
        for d, s, v in zip(chunk, submitted, verdicts, strict=True)
    ]  # fmt: skip
    with engine.begin() as conn:
        receipts = load.deliveries(conn, items)
    return [(r.accepted, r.period) for r in receipts]


def _scope_of(catalogue: Catalogue, given: Submitted) -> str:
    scope = catalogue.scope_of_form(given.read.stamp.form) if given.read.stamp else None
    return scope.id if scope else ""


def _with_quarters(conn: Connection, catalogue: Catalogue, given: Submitted) -> Submitted:
    """Adds the quarters of the unit of a form that spans several, as known now."""

    from etl.warehouse.quarters import history

    stamp = given.read.stamp
    form = catalogue.forms.get(stamp.form) if stamp else None
    if stamp is None or form is None or form.period_kind not in _SPANNING or not given.read.observations:
        return given
    return replace(given, quarters=history(conn, catalogue, stamp.unit, Period.parse(stamp.period)))


def returns() -> Result:
    """Writes the answer to every verdict whose sender has none yet."""
    from etl.returns import write
    from etl.warehouse import journal

    settings, catalogue = start()
    engine = open_engine(settings)
    with engine.connect() as conn:
        owed = journal.unreturned(conn)
    written = []
    for answer in owed:
        path = write(_answer(settings, catalogue, answer), settings.outbox)
        with engine.begin() as conn:
            journal.mark_returned(conn, answer.delivery.delivery_id, file=str(path.relative_to(settings.outbox)))
        written.append(str(path))
    return {"written": len(written), "files": written[:20]}


def _answer(settings: Settings, catalogue: Catalogue, known: Any) -> Any:
    """The warehouse's answer in the words of the returns room: names, dates, deadlines."""
    from etl.catalog.calendar import deadline, working_days_between
    from etl.returns import ZONE, Answer

    received = dt.datetime.fromisoformat(known.delivery.received_at)
    about: Result = {"original": _sent(settings, known)}
    form = catalogue.forms.get(known.form)
    if form and known.scope and is_period(known.period):
        period = Period.parse(known.period)
        about |= {
            "form": form.id, "form_title": form.title, "period": period.key, "period_name": period.name,
            "unit_name": catalogue.unit_name(known.unit, period.end), "version": known.version,
            "office": catalogue.scopes[known.scope].office.name,
        }  # fmt: skip
        submission = next(s for s in catalogue.scopes[known.scope].submissions if s.form == form.id)
        due = deadline(catalogue, submission.regime, form.level, period)
        about |= {
            "due": due,
            "late_days": working_days_between(catalogue.corrections, due, received.astimezone(ZONE).date()),
        }
        about["changes"] = tuple(_changes(catalogue, known, period))
    return Answer(
        known.delivery.folder, known.delivery.original_name, known.delivery.sha256, received, known.verdict.accepted,
        known.verdict.findings, simulated=settings.simulated, **about,
    )  # fmt: skip


def _sent(settings: Settings, known: Any) -> bytes | None:
    """The content that was sent, if there is something to mark in it."""
    from etl.receive import archived

    path = archived(settings.archive, known.delivery.sha256)
    return path.read_bytes() if known.verdict.findings and path.is_file() else None


def _changes(catalogue: Catalogue, known: Any, period: Period) -> Iterator[Any]:
    from etl.returns import Change

    for c in known.changes:
        element = catalogue.elements.get(c.data_element)
        if element:
            before = _said(c.before, c.words_before, c.state_before)
            after = _said(c.after, c.words_after, c.state_after)
            unit = catalogue.unit_name(c.org_unit_code, period.end)
            yield Change(c.sheet, c.cell, element.name, unit, before, after)


def _said(value: Fraction | None, words: str, state: CellState) -> Fraction | str | None:
    """What a cell says: a number, words, or that the sender could give none."""
    if value is not None:
        return value
    return words or _STATE_WORDS.get(state)


def touched_periods(results: Iterable[Mapping[str, Any]]) -> list[str]:
    """Periods to compute: those of these batches, and any loaded since they were last computed.

    The second half heals what a crash between loading and announcing would otherwise leave stale.
    """
    from etl.warehouse import attained

    settings, _ = start()
    with open_engine(settings).connect() as conn:
        stale = attained.stale_periods(conn)
    return sorted({period for result in results for period in result.get("periods", ())} | set(stale))
