"""### Housekeeping: every night a backup, and nothing kept longer than agreed

Every night at 1:30 (the partition key is the day: `2024-04-22`). `backup` writes the warehouse to
`TONGKET_BACKUPS/<day>.tongket-backup` and removes those older than `TONGKET_KEEP_DAYS` (the newest three stay). On
Sundays `drill` restores the newest one into a scratch server and compares every table. `archive` hashes a seventh of
the received files: each must be what it was. `logs` and `databases` remove Airflow's logs and records of runs that are
older than `TONGKET_KEEP_DAYS` (of the DAGs that run every few minutes: `TONGKET_KEEP_QUIET_DAYS`), and vacuum the
warehouse. The archive of received files is not in the backup:
copy the folder.

**When it fails**

* `backup`: the folder cannot be written, the disk is full, or the database is away. Mend it, clear the task.
* `drill`: what came differs from what was backed up, or a scratch server does not start. Keep the backup before it,
  read what the message names, clear the task.
* `archive`: a received file is not what it was. Restore it from the archive's own backup; nothing else is touched.
* `logs`: a log folder cannot be written. Mend its rights, clear the task.
* `databases`: a database is away, or `airflow db clean` failed; the message quotes it. Clear the task.
* `watch`: nothing of its own; it turns the run red, names the tasks that failed, and notes the run for `alerts`. Clear
  those tasks, with downstream.

*Skipped* is no failure: `drill` on other days than Sunday. A re-run is always safe: a day's backup is written once.
"""

from __future__ import annotations

from pathlib import Path

from airflow.sdk import DAG, CronPartitionTimetable, get_current_context, task
from airflow.sdk.configuration import conf
from airflow.sdk.exceptions import AirflowSkipException
from tongket_common import DEFAULTS, FREQUENT, TIMEZONE, name_errors, read_partition_key, watch

with DAG(
    dag_id="housekeeping",
    schedule=CronPartitionTimetable("30 1 * * *", timezone=TIMEZONE, key_format="%Y-%m-%d"),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["tongket", "operations"],
    description="Backs up, tries the backup, checks the archive, removes what is old",
    doc_md=__doc__,
):

    @task(multiple_outputs=False)
    @name_errors
    def backup() -> dict[str, object]:
        from etl import steps

        return steps.back_up_nightly(read_partition_key(get_current_context()))

    @task(multiple_outputs=False)
    @name_errors
    def drill() -> dict[str, object]:
        from etl import steps

        done = steps.drill_backup(read_partition_key(get_current_context()))
        if "skipped" in done:
            raise AirflowSkipException(str(done["skipped"]))
        return done

    @task(multiple_outputs=False)
    @name_errors
    def archive() -> dict[str, object]:
        from etl import steps

        return steps.check_archive(read_partition_key(get_current_context()))

    @task(multiple_outputs=False)
    @name_errors
    def logs() -> dict[str, object]:
        from etl import steps

        folder = Path(conf.get("logging", "base_log_folder"))
        return steps.remove_old_logs(read_partition_key(get_current_context()), folder, FREQUENT)

    @task(multiple_outputs=False)
    @name_errors
    def databases() -> dict[str, object]:
        from etl import steps

        return steps.clean_databases(read_partition_key(get_current_context()), FREQUENT)

    backed_up = backup()
    drilled = drill()
    backed_up >> drilled
    [backed_up, drilled, archive(), logs(), databases()] >> watch()
