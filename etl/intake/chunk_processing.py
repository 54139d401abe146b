"""A chunk of read workbooks: checked as a whole, loaded in turns, in one transaction.

Called by `intake_batches`. A report is compared with what its unit sent before it, and of that only what was accepted
counts, which nobody knows until it is checked. So a chunk is checked on a supposition, and again where that was wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from etl import load
from etl.catalog import Catalogue
from etl.catalog.obligations import find_collecting_scope, list_collecting_scopes
from etl.catalog.rules import load_rules
from etl.check import CheckedBatch, ReadSubmission, validate_batch
from etl.check.check_context import add_known_context
from etl.check.check_template import find_stamp_context
from etl.core.instance import build_ruleset_version
from etl.intake.file_log import FileTimer
from etl.messages import load_messages
from etl.model import Delivery, FindingLevel, FormStamp, Period, ReadResult, Verdict
from etl.model.vietnam_time import parse_vietnam_day
from etl.settings import Settings
from etl.warehouse.validation_store import store_validation

if TYPE_CHECKING:
    from sqlalchemy import Engine

CHUNK_SIZE = 250
"""Workbooks checked and committed together: bounds memory, amortises one rule run over many files."""
_FIRST_CHUNK_SIZE = 50
"""The first chunk of a batch is small: its senders have their answers within seconds."""
ReadDelivery = tuple[Delivery, ReadResult]


def split_into_chunks(reads: Iterable[ReadDelivery]) -> Iterator[list[ReadDelivery]]:
    """What is checked and loaded together."""
    left, size = iter(reads), _FIRST_CHUNK_SIZE
    while chunk := [*islice(left, size)]:
        yield chunk
        size = CHUNK_SIZE


def process_chunk(
    settings: Settings, catalogue: Catalogue, engine: Engine, chunk: Sequence[ReadDelivery], timer: FileTimer
) -> list[tuple[bool, str]]:
    """Checks a chunk and loads what is accepted; gives (accepted, period) of its workbooks."""
    desk = _ChunkDesk(settings, catalogue, engine, chunk)
    submitted, checked = desk.check_workbooks()
    items = desk.build_load_items(checked.verdicts)
    with engine.begin() as conn:
        loader = load.DeliveryLoader(conn, items)
        receipts = [receipt for turn in desk.turns for receipt in loader.load_turn(items[turn])]
        store_validation(
            conn, checked.outcomes, judged_by=desk.ruleset_version, deliveries=[d.delivery_id for d, _ in chunk]
        )
    timer.log_chunk([d.sha256 for d, _ in chunk], submitted, checked.verdicts)
    return [(r.accepted, r.period) for r in receipts]


class _ChunkDesk:
    """A chunk, and the turns in which its reports come to be known: no two of a unit are in one."""

    def __init__(self, settings: Settings, catalogue: Catalogue, engine: Engine, chunk: Sequence[ReadDelivery]) -> None:
        self.turns = [*_split_into_turns([read for _, read in chunk])]
        self.ruleset_version = build_ruleset_version(settings, catalogue)
        self._catalogue, self._engine, self._chunk = catalogue, engine, chunk
        self._rules, self._wording = load_rules(settings.expectations), load_messages(settings.templates)

    def check_workbooks(self) -> tuple[list[ReadSubmission], CheckedBatch]:
        """The workbooks with what is known around each, and what the checker says of them.

        A round of checking rests on which reports of earlier turns are accepted, and proves at least one turn more
        right: the first rests on nothing.
        """
        supposed = [_may_be_accepted(self._catalogue, read) for _, read in self._chunk]
        earlier = self.turns[-1].start
        while True:
            submitted = self._add_context([Verdict(accepted) for accepted in supposed])
            checked = validate_batch(submitted, self._catalogue, self._rules, self._wording)
            accepted = [verdict.accepted for verdict in checked.verdicts]
            if accepted[:earlier] == supposed[:earlier]:
                return submitted, checked
            supposed = accepted

    def _add_context(self, supposed: Sequence[Verdict]) -> list[ReadSubmission]:
        """Each workbook with what the warehouse would know if the turns before were loaded so; nothing stays there."""
        received = [_build_submission(delivery, read) for delivery, read in self._chunk]
        items = self.build_load_items(supposed)
        submitted: list[ReadSubmission] = []
        with self._engine.connect() as conn, conn.begin() as trial:
            loader, before = None, slice(0)
            for turn in self.turns:
                if before.stop:
                    loader = loader or load.DeliveryLoader(conn, items)
                    loader.load_turn(items[before])
                submitted += add_known_context(conn, self._catalogue, received[turn])
                before = turn
            trial.rollback()
        return submitted

    def build_load_items(self, verdicts: Sequence[Verdict]) -> list[load.LoadItem]:
        """The chunk as it is loaded by these verdicts."""
        return [
            load.LoadItem(
                delivery,
                verdict,
                read.stamp,
                _find_scope_id(self._catalogue, read.stamp),
                read.observations if verdict.accepted else (),
                self.ruleset_version,
                read.explanations,
            )
            for (delivery, read), verdict in zip(self._chunk, verdicts, strict=True)
        ]


def _split_into_turns(reads: Sequence[ReadResult]) -> Iterator[slice]:
    first, units = 0, set[str]()
    for place, read in enumerate(reads):
        if read.stamp and read.stamp.unit in units:
            yield slice(first, place)
            first, units = place, set()
        units |= {read.stamp.unit} if read.stamp else set()
    yield slice(first, len(reads))


def _build_submission(delivery: Delivery, read: ReadResult) -> ReadSubmission:
    return ReadSubmission(
        read, delivery.original_name, delivery.folder, received_on=parse_vietnam_day(delivery.received_at)
    )


def _may_be_accepted(catalogue: Catalogue, read: ReadResult) -> bool:
    """Whether a workbook is owed and the reader has nothing against it: only a guess at its verdict."""
    context = find_stamp_context(catalogue, read)
    refused = any(finding.level == FindingLevel.REFUSE for finding in read.findings)
    return context is not None and context.owed and not refused


def _find_scope_id(catalogue: Catalogue, stamp: FormStamp | None) -> str:
    if stamp is None or not Period.is_key(stamp.period) or not list_collecting_scopes(catalogue, stamp.form):
        return ""
    return find_collecting_scope(catalogue, stamp.form, stamp.unit, Period.parse(stamp.period)).id
