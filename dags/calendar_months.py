"""### Calendar: which periods open this month

On the first of each month (the partition key: `2024-03`) it announces, on the asset `periods`, the periods whose
forms open then; `open_period` runs for each. It does nothing else.

**When it fails**

* `announce`: a regime or a form in `catalog/` is wrong; the message names file and key.
  Correct it, clear the task.
* `watch`: nothing of its own; it turns the run red, names the tasks that failed, and notes the run for `alerts`. Clear
  those tasks, with downstream.

*Skipped* is no failure: no period opens in that month. A re-run is always safe: forms that are already out are
not changed by it. Missed months: `airflow backfill create --dag-id calendar --from-date 2024-01-01
--to-date 2024-12-31`, or trigger `open_period` with the period's own key.
"""

from __future__ import annotations

from airflow.sdk import DAG, CronPartitionTimetable, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException
from tongket_common import DEFAULTS, PERIODS, TIMEZONE, name_errors, read_partition_key, watch

with DAG(
    dag_id="calendar",
    schedule=CronPartitionTimetable("0 6 1 * *", timezone=TIMEZONE, key_format="%Y-%m"),
    catchup=False,
    default_args=DEFAULTS,
    tags=["tongket", "forms"],
    description="Announces the periods that open in a month",
    doc_md=__doc__,
):

    @task(outlets=[PERIODS])
    @name_errors
    def announce(*, outlet_events) -> list[str]:
        from etl import steps

        month = read_partition_key(get_current_context())
        periods = steps.list_periods_to_open(month)
        if not periods:
            raise AirflowSkipException(f"No period opens in {month}.")
        outlet_events[PERIODS].add_partitions(periods)
        return periods

    announce() >> watch()
