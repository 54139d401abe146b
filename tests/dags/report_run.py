"""Runs the quarterly reports' DAG on a database of its own, in this fresh process; prints what became of its tasks, by scope.

Three scopes: *a* is due, *b* raises, *c* is not due yet. Nothing of the product is called.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import sys
import types
from pathlib import Path
from typing import Any

DAGS = Path(__file__).resolve().parents[2] / "dags"
ASKED: list[list[str]] = []


class Steps(types.ModuleType):
    """Answers as etl.steps would, but for scope *b*."""

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any) -> Any:
            match name, arguments:
                case "list_scopes", _:
                    return ["a", "b", "c"]
                case "check_report_due", ("b", _):
                    raise errors.CatalogueError("its regime is wrong", where="there", fix="mend it")
                case "check_report_due", (scope, _):
                    return {"due": scope == "a", "why": "because"}
                case "draft_reports", (scope, *_):
                    return {"scope": scope, "documents": []}
                case "request_signoffs", (scopes, *_):
                    ASKED.append(scopes)
                    return [{"subject": scope} for scope in scopes]
                case "write_unit_feedback", (scope, _):
                    return {"scope": scope}
                case _:
                    return None

        return call


def main() -> None:
    sys.path.insert(0, str(DAGS))
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
    from airflow.utils.db import initdb

    initdb()
    DagBundlesManager().sync_bundles_to_db()
    bag = DagBag(str(DAGS), bundle_path=DAGS, bundle_name="dags-folder")
    sync_bag_to_db(bag, "dags-folder", None)
    import tongket_reports

    tongket_reports.read_partition_key = lambda _: "2024Q1"
    found = []
    for day, name in ((1, "report_quarterly"), (2, "report_annual")):
        tongket_reports.match_key_and_cadence = functools.partial(_match, name)
        run = bag.dags[name].test(logical_date=dt.datetime(2024, 4, day, tzinfo=dt.UTC))
        states: dict[str, dict[str, str]] = {}
        for ti in run.get_task_instances():
            states.setdefault(ti.task_id, {})[ti.rendered_map_index or str(ti.map_index)] = str(ti.state)
        found.append({"states": states, "asked": list(ASKED), "run": str(run.state)})
    sys.stdout.write("\n" + json.dumps(found))


def _match(name: str, *_: Any) -> tuple[str, str]:
    """As for the key of a quarter."""
    from airflow.sdk.exceptions import AirflowSkipException

    if name == "report_annual":
        raise AirflowSkipException("no year")
    return "2024Q1", "quarter"


from etl import errors  # noqa: E402

etl = types.ModuleType("etl")
etl.steps, etl.errors = Steps("steps"), errors  # type: ignore[attr-defined]
sys.modules["etl"] = etl

if __name__ == "__main__":
    main()
