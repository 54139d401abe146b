"""Keeps what Great Expectations said of each chunk of workbooks and of the views; gives it back by scope and period.

Room: warehouse. Called by steps. Append-only; the caller opens the transaction. No value of a cell is kept here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from etl.model.validations import RuleOutcome, SuiteOutcome
from etl.warehouse.connect import copy_rows, query


@dataclass(frozen=True)
class KeptDelivery:
    """A workbook of the period in question that was in a chunk."""

    delivery_id: int
    name: str
    unit: str
    received_at: datetime
    accepted: bool


@dataclass(frozen=True)
class KeptValidation:
    """One suite's validation as it was kept. Grain: (run, suite). `deliveries` is empty for one of the views."""

    run: int
    recorded_at: datetime
    judged_by: str
    outcome: SuiteOutcome
    deliveries: tuple[KeptDelivery, ...]


def store_validation(
    conn: Connection,
    outcomes: Sequence[SuiteOutcome],
    *,
    judged_by: str,
    deliveries: Sequence[int] = (),
    scope: str = "",
    period: str = "",
) -> None:
    """Adds a run. `deliveries` are the batch in its order; of the views there are none, but a scope and a period."""
    run = query(conn, "add_validation_run", scope=scope, period=period, judged_by=judged_by).scalar_one()
    copy_rows(
        conn,
        "ops.validation",
        ("validation_run_id", "suite", "row_count", "outcomes"),
        [(run, one.suite, one.rows, json.dumps(_encode_rules(one, deliveries))) for one in outcomes],
    )
    copy_rows(
        conn, "ops.validated_delivery", ("validation_run_id", "delivery_id"), [(run, number) for number in deliveries]
    )


def _encode_rules(outcome: SuiteOutcome, deliveries: Sequence[int]) -> Mapping[str, Any]:
    return {
        rule.code: {
            "evaluated": rule.evaluated,
            "failed": rule.failed,
            "failed_by_file": {deliveries[place]: rows for place, rows in rule.failed_by_file.items()},
        }
        for rule in outcome.rules
    }


def fetch_validations(conn: Connection, scope: str, period: str) -> list[KeptValidation]:
    """All validations that say something of a scope's period, the oldest first."""
    return [
        KeptValidation(
            row.validation_run_id,
            row.recorded_at,
            row.judged_by,
            SuiteOutcome(row.suite, row.row_count, _decode_rules(row.outcomes)),
            tuple(
                KeptDelivery(**delivery | {"received_at": datetime.fromisoformat(delivery["received_at"])})
                for delivery in row.deliveries
            ),
        )
        for row in query(conn, "validations", scope=scope, period=period)
    ]


def _decode_rules(outcomes: Mapping[str, Mapping[str, Any]]) -> tuple[RuleOutcome, ...]:
    return tuple(
        RuleOutcome(
            code,
            rule["evaluated"],
            rule["failed"],
            {int(delivery): rows for delivery, rows in rule["failed_by_file"].items()},
        )
        for code, rule in outcomes.items()
    )
