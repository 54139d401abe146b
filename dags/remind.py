"""### Deadlines and reminders

Every morning (the partition key is the day: `2024-04-22`). `announce` tells the asset `observations` of periods whose
last deadline has passed with units still silent, so that `attain` runs and the reports are drafted without them; `note`
puts that on record, so that it happens once. `remind` writes, for each scope, a reminder to each unit with a form due
or late into `outbox/reminders/<unit>/<day>.txt`, and mails it to the units that have an address in
`catalog/contacts.yaml`. The days are in `catalog/reminders.yaml`; on weekends and holidays nobody is reminded.

**When it fails**

* `announce`: the database is away, or a regime in `catalog/` is wrong. Mend it, clear the task with downstream.
* `note`: the database is away. Clear the task; else tomorrow's run announces the periods once more, which is harmless.
* `scopes`: a setting or a file in `catalog/scopes` is wrong. Correct it, clear the task.
* `remind`: the outbox cannot be written, or a message did not go out (the file is there); the other units have theirs.
  Mend what the message names, clear the scope that failed. A message that may have gone out is not sent again.
* `watch`: nothing of its own; it turns the run red, names the tasks that failed, and notes the run for `alerts`. Clear
  those tasks, with downstream.

*Skipped* is no failure: no deadline passed, or a day off. A re-run is always safe: a unit is told once a day, and what
it was told stays. A day that was missed is not made up: the next reminder names everything that is missing.
"""

from __future__ import annotations

from airflow.sdk import DAG, CronPartitionTimetable, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException
from tongket_common import DEFAULTS, OBSERVATIONS, TIMEZONE, name_errors, read_partition_key, watch
from tongket_mail import build_mail_opener

with DAG(
    dag_id="remind",
    schedule=CronPartitionTimetable("30 7 * * *", timezone=TIMEZONE, key_format="%Y-%m-%d"),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["tongket", "forms"],
    description="Announces deadlines that have passed, and reminds units of what is missing",
    doc_md=__doc__,
):

    @task(outlets=[OBSERVATIONS])
    @name_errors
    def announce(*, outlet_events) -> list[str]:
        from etl import steps

        day = read_partition_key(get_current_context())
        periods = steps.list_passed_deadlines(day)
        if not periods:
            raise AirflowSkipException(f"No deadline has passed by {day} that is not known.")
        outlet_events[OBSERVATIONS].add_partitions(periods)
        return periods

    @task
    @name_errors
    def note(periods: list[str]) -> list[str]:
        from etl import steps

        return steps.record_passed_deadlines(read_partition_key(get_current_context()), periods)

    @task
    @name_errors
    def scopes() -> list[str]:
        from etl import steps

        read_partition_key(get_current_context())
        return steps.list_scopes()

    @task(multiple_outputs=False, map_index_template="{{ scope }}")
    @name_errors
    def remind(scope: str) -> dict[str, object]:
        from etl import steps

        reminded = steps.remind_units(
            scope, read_partition_key(get_current_context()), build_mail_opener(steps.get_smtp_connection_id())
        )
        if "skipped" in reminded:
            raise AirflowSkipException(str(reminded["skipped"]))
        return reminded

    announced, found = announce(), scopes()
    [announced, note(announced), found, remind.expand(scope=found)] >> watch()
