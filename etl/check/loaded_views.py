"""What the warehouse's views say of a scope's period, validated once its workbooks are loaded.

Called by the attainment room, before it computes anything of the period. The suite is `expectations/warehouse/`; the
frames are read from the views `out.*`, a query a view. Grain: status → (form, unit) that is owed; submissions →
version; cells → number in force; totals → data element over the whole area.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from etl.catalog import Catalogue, models
from etl.catalog.obligations import list_obligations
from etl.catalog.rules import ViewRule
from etl.check.evaluate import build_expectation, validate_frame
from etl.errors import WarehouseError
from etl.model import Period
from etl.model.validations import RuleOutcome, SuiteOutcome
from etl.warehouse.connect import query

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import Connection, CursorResult


@dataclass(frozen=True)
class ViewBreach:
    """A rule that rows of a view fail, with the first of them."""

    rule: ViewRule
    count: int
    first: Mapping[Hashable, Any]


def validate_views(
    conn: Connection, catalogue: Catalogue, rules: Sequence[ViewRule], scope: models.Scope, period: Period
) -> tuple[list[SuiteOutcome], list[ViewBreach]]:
    """What each rule gives over the views of a scope's period, and those that fail.

    Raises:
        CatalogueError: a rule cannot be evaluated.
    """
    outcomes, breaches = [], []
    for name, data in _read_view_frames(conn, catalogue, scope, period).items():
        ruled = {rule.code: rule for rule in rules if rule.frame == name}
        expectations = [build_expectation(r.code, r.title, r.expectation, r.kwargs) for r in ruled.values()]
        result = validate_frame(data, expectations, {})
        failed = {code: len(rows) for code, rows in result.rows_by_code.items()}
        for code, rows in result.rows_by_code.items():
            breaches.append(ViewBreach(ruled[code], failed[code], data.loc[rows[0]].to_dict()))
        counted = result.evaluated_by_code.items()
        rule_outcomes = tuple(RuleOutcome(code, count, failed.get(code, 0)) for code, count in counted)
        outcomes.append(SuiteOutcome(f"warehouse/{name}", len(data), rule_outcomes))
    return outcomes, breaches


def raise_breaches(breaches: Sequence[ViewBreach], scope: models.Scope, period: Period) -> None:
    """Stops where the views contradict themselves or the catalogue: no figure may be made of them.

    Raises:
        WarehouseError: a rule fails; the first is named, with its first row.
    """
    if breaches:
        first, more = breaches[0], f", and {len(breaches) - 1} more rules fail" if len(breaches) > 1 else ""
        where = ", ".join(f"{name} {value}" for name, value in first.first.items())
        raise WarehouseError(
            f"{first.rule.code}: {first.rule.problem} ({first.count} rows{more})",
            where=f"{scope.id} {period.key}: {where}",
            fix=first.rule.fix,
        )


def _read_view_frames(
    conn: Connection, catalogue: Catalogue, scope: models.Scope, period: Period
) -> dict[str, pd.DataFrame]:
    """The frames that have rows."""
    import pandas as pd

    asked = {"scope": scope.id, "period": period.key}
    year = {"year": period.year}
    owed = pd.DataFrame({(f.id, u.code) for _, f, u in list_obligations(catalogue, scope, period)})
    owed = owed.reindex(columns=range(2)).set_axis(["form", "unit_code"], axis=1)
    status = _build_data_frame(query(conn, "view_status", **asked))
    cells = _build_data_frame(query(conn, "view_cells", **asked, **year))
    submissions = _build_data_frame(query(conn, "view_submissions", **asked))
    seen = cells.groupby("submission_id").size()
    submissions["numbers_seen"] = submissions["submission_id"].map(seen).fillna(0).astype(int)
    for day in ("recorded_on", "starts_on"):
        submissions[day] = pd.to_datetime(submissions[day])
    totals = cells.dropna(subset="value").groupby("data_element")["value"].sum().rename("seen")
    stored = _build_data_frame(query(conn, "stored_totals", **asked, **year)).set_index("data_element")["stored"]
    frames = {
        "status": status.merge(owed, how="outer", on=["form", "unit_code"], indicator="found_in"),
        "submissions": submissions,
        "cells": cells,
        "totals": pd.concat([totals, stored], axis=1).reset_index(),
    }
    return {name: data for name, data in frames.items() if len(data)}


def _build_data_frame(rows: CursorResult[Any]) -> pd.DataFrame:
    """Rows as they are: numbers stay exact."""
    import pandas as pd

    return pd.DataFrame(rows.all(), columns=list(rows.keys()), dtype=object).infer_objects()
