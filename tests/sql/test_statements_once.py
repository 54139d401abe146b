"""One rule, one place: no common table expression stands twice, and nobody picks the version in force by hand."""

from __future__ import annotations

import re
from pathlib import Path

SQL = Path(__file__).parents[2] / "sql"
QUERIES = {path.name: path.read_text(encoding="utf-8") for path in sorted((SQL / "queries").glob("*.sql"))}
_CTE = re.compile(r"^(?:WITH )?(\w+) AS (?:MATERIALIZED )?\(\n(.*?)^\)", re.DOTALL | re.MULTILINE)


def test_no_common_table_expression_stands_twice() -> None:
    bodies: dict[str, list[str]] = {}
    for name, text in QUERIES.items():
        for cte, body in _CTE.findall(text):
            bodies.setdefault(" ".join(body.split()), []).append(f"{name}: {cte}")
    assert len(bodies) > 10
    assert [places for places in bodies.values() if len(places) > 1] == []


def test_the_version_in_force_is_picked_in_one_place() -> None:
    by_hand = [name for name, text in QUERIES.items() if re.search(r"ORDER BY[^;)]*\bs\.version DESC", text)]
    assert by_hand == []
    assert sum("core.submission_in_force(" in text or "core.reading(" in text for text in QUERIES.values()) >= 10
