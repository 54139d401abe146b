"""### Calendar: which periods are open

Every morning, and whenever `make up` starts Airflow (the partition key is the day: `2026-11-26`). It announces, on the
asset `periods`, the periods whose forms should be out and are not; `open_period` runs for each. A period opens on the
first day of its last month. What the warehouse says was issued is not announced again, so a morning that was missed,
months of standing still and a fresh install in the middle of a quarter all end with the same forms out: those of the
periods that opened within a year. It does nothing else.

**When it fails**

* `announce`: the database is away, or a scope in `catalog/` is wrong; the message names file and key.
  Correct it, clear the task.
* `watch`: nothing of its own; it turns the run red, names the tasks that failed, and notes the run for `alerts`. Clear
  those tasks, with downstream.

*Skipped* is no failure: everything open is issued. A re-run is always safe: forms that are already out are not
changed by it. Forms of older periods: trigger `open_period` with the period's own key.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, CronPartitionTimetable, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException
from tongket_common import DEFAULTS, PERIODS, TIMEZONE, name_errors, read_partition_key, watch

with DAG(
    dag_id="calendar",
    # Not by itself at the first start: `make up` asks for a run then.
    schedule=CronPartitionTimetable(
        "0 6 * * *", timezone=TIMEZONE, key_format="%Y-%m-%d", run_immediately=timedelta(0)
    ),
    catchup=False,
    default_args=DEFAULTS,
    tags=["tongket", "forms"],
    description="Announces the periods that are open and not issued yet",
    doc_md=__doc__,
):

    @task(outlets=[PERIODS])
    @name_errors
    def announce(*, outlet_events) -> list[str]:
        from etl import steps

        day = read_partition_key(get_current_context())
        periods = steps.list_periods_to_open(day)
        if not periods:
            raise AirflowSkipException(f"All that is open on {day} is issued.")
        outlet_events[PERIODS].add_partitions(periods)
        return periods

    announce() >> watch()
