"""Parses dags/ in this fresh process, without a database, and prints what it found as JSON."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

DAGS = Path(__file__).resolve().parents[2] / "dags"


def _cadences(dag: Any) -> list[str]:
    """The cadences that a DAG's first task looks for."""
    return list(dag.get_task("scopes").op_args[0]) if dag.has_task("ask") else []


def _count_runs(dag: Any) -> int:
    """How often a DAG runs by the clock within the same hour: the minutes of its cron expression."""
    minutes = str(getattr(dag.timetable, "expression", "")).split(" ")[0]
    first, _, every = minutes.partition("/")
    return len(range(int(re.match(r"\d*", first)[0] or 0), 60, int(every))) if every else 1  # type: ignore[index]


def main() -> None:
    sys.path.insert(0, str(DAGS))  # as Airflow does with the folder of a bundle
    from airflow.dag_processing.dagbag import DagBag
    from airflow.providers.common.compat.lineage.entities import File
    from airflow.sdk import Asset

    bag = DagBag(str(DAGS), bundle_path=DAGS, bundle_name="dags")
    loaded = sorted(sys.modules)
    import tongket_common

    facts = {
        "errors": bag.import_errors,
        "modules": loaded,
        "frequent": tongket_common.FREQUENT,
        "timezone": tongket_common.TIMEZONE,
        "keys": {name: pattern.pattern for name, pattern in tongket_common.KEY_OF_CADENCE.items()},
        "dags": {
            dag.dag_id: {
                "file": Path(dag.fileloc).name,
                "owner": dag.owner,
                "tags": sorted(dag.tags),
                "doc": dag.doc_md or "",
                "description": dag.description or "",
                "catchup": dag.catchup,
                "max_active_runs": dag.max_active_runs,
                "timetable": type(dag.timetable).__name__,
                "runs_an_hour": _count_runs(dag),
                "listens": sorted(re.findall(r"name='(\w+)'", repr(getattr(dag.timetable, "asset_condition", "")))),
                "cadences": _cadences(dag),
                "tasks": {
                    task.task_id: {
                        "retries": task.retries,
                        "priority": task.priority_weight,
                        "delay": task.retry_delay.total_seconds() if task.retry_delay else 0,
                        "timeout": task.execution_timeout.total_seconds() if task.execution_timeout else 0,
                        "rule": task.trigger_rule.value,
                        "mapped": task.is_mapped or task.get_closest_mapped_task_group() is not None,
                        "operator": task.operator_class.__name__ if task.is_mapped else type(task).__name__,
                        "outlets": [outlet.name for outlet in task.outlets if isinstance(outlet, Asset)],
                        "reads": [file.url for file in task.inlets if isinstance(file, File)],
                        "writes": [file.url for file in task.outlets if isinstance(file, File)],
                        "upstream": sorted(task.upstream_task_ids),
                    }
                    for task in dag.tasks
                },
            }
            for dag in bag.dags.values()
        },
    }
    sys.stdout.write(json.dumps(facts))


if __name__ == "__main__":
    main()
