"""What must hold of every intake, whatever happened on the way: nothing lost, nothing twice, everybody answered."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Any

from sqlalchemy import text

from etl.settings import Settings
from etl.warehouse.connect import build_engine

_ENDS = """
SELECT d.folder, d.sha256, v.accepted,
    (SELECT count(*) FROM ops.verdict AS x WHERE x.delivery_id = d.delivery_id) AS verdicts,
    (SELECT count(*) FROM ops.load AS x WHERE x.delivery_id = d.delivery_id) AS loads,
    (SELECT count(*) FROM core.submission AS x WHERE x.delivery_id = d.delivery_id) AS submissions
FROM ops.delivery AS d LEFT JOIN ops.verdict AS v USING (delivery_id)
"""
_TWICE = """
SELECT submission_id, org_unit_id, data_element_id FROM core.observation GROUP BY 1, 2, 3 HAVING count(*) > 1
"""
_EMPTY = """
SELECT s.submission_id FROM core.submission AS s WHERE NOT EXISTS
    (SELECT 1 FROM core.observation AS o WHERE o.submission_id = s.submission_id)
"""


def fetch_rows(settings: Settings, statement: str, **given: object) -> list[Any]:
    """The rows of a statement, as the loader sees them."""
    with build_engine(settings, "loader").connect() as conn:
        return list(conn.execute(text(statement), given))


def check_archive(settings: Settings) -> None:
    """Every content is kept under its hash, none is left in the inbox, and each has one verdict."""
    kept = [p for p in settings.archive.rglob("*") if p.is_file()]
    assert all(hashlib.sha256(p.read_bytes()).hexdigest() == p.name for p in kept)
    assert not [p for p in settings.inbox.rglob("*") if p.is_file()]
    counts = "SELECT (SELECT count(DISTINCT sha256) FROM ops.delivery), (SELECT count(*) FROM ops.verdict)"
    ((deliveries, verdicts),) = fetch_rows(settings, counts)
    assert deliveries == verdicts == len(kept)


def check_answers(settings: Settings, *, accepted: bool, suffix: str) -> int:
    """Every sender of an accepted, or of a refused, file has exactly one answer to it; gives how many there are."""
    rows = [row for row in fetch_rows(settings, _ENDS) if row.accepted is accepted]
    for row in rows:
        answers = list((settings.outbox / "returns" / row.folder).glob(f"*{row.sha256[:8]}_{suffix}.xlsx"))
        assert len(answers) == 1, row
    return len(rows)


def check_loaded_once(settings: Settings, sent: Collection[str]) -> None:
    """The contents that were sent, by hash, were each taken, judged and accounted for once; a refused one filled no cell."""
    rows = fetch_rows(settings, _ENDS)
    assert sorted(row.sha256 for row in rows) == sorted(sent)
    wrong = [row for row in rows if (row.verdicts, row.loads, row.submissions) != (1, 1, row.accepted)]
    assert wrong == []
    assert fetch_rows(settings, _TWICE) == [] and fetch_rows(settings, _EMPTY) == []
