"""### Open a period: issue its forms

Runs for each period that opens (the partition key: `2024Q1`, `2024`), as `calendar` announces it: for every scope that
has reports of it, the forms of its units are written to `outbox/forms/<period>/<unit>/`. To issue a period's forms by
hand, trigger this DAG with the period's key.

**When it fails**

* `scopes`: a setting or a file in `catalog/scopes` is wrong; the message names file and key.
  Correct it, clear the task.
* `issue`: the outbox cannot be written, the disk is full, or a form in `catalog/` is wrong; the other scopes go on.
  Mend what the message names, clear the scope that failed.
* `watch`: nothing of its own; it turns the run red, names the tasks that failed, and notes the run for `alerts`. Clear
  those tasks, with downstream.

A re-run is always safe: the same catalogue gives the same workbooks, and only what differs is written anew.
"""

from __future__ import annotations

from airflow.sdk import DAG, PartitionedAssetTimetable, get_current_context, task
from tongket_common import DEFAULTS, PERIODS, name_errors, read_partition_key, watch

with DAG(
    dag_id="open_period",
    schedule=PartitionedAssetTimetable(assets=PERIODS),
    catchup=False,
    max_active_runs=4,
    default_args=DEFAULTS,
    tags=["tongket", "forms"],
    description="Issues the forms of a period",
    doc_md=__doc__,
):

    @task
    @name_errors
    def scopes() -> list[str]:
        from etl import steps

        return steps.list_scopes(read_partition_key(get_current_context()))

    @task(multiple_outputs=False, map_index_template="{{ scope }}")
    @name_errors
    def issue(scope: str) -> dict[str, object]:
        from etl import steps

        return steps.open_period(scope, read_partition_key(get_current_context()))

    found = scopes()
    [found, issue.expand(scope=found)] >> watch()
