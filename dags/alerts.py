"""### Alerts: whoever keeps the system is told, once

Every ten minutes, one run at a time: `tell` looks at what is wrong now (a run that failed, a report that is due and
has no draft, a backup or its restore that is late, a disk nearly full, files that wait) and tells what it has not told
yet, by e-mail to `TONGKET_ALERT_TO` and to the webhook of the Airflow connection `TONGKET_ALERT_WEBHOOK` (its host is
the address; it gets `{"text": "…"}`). What lasts is told once a day. `measure` hands the product's own metrics to
wherever Airflow's go (`AIRFLOW__METRICS__…`), as `tongket.<name>`.

**When it fails**

* `tell`: the database is away, or a message did not go out; the message says which. The next run tells what is owed.
* `measure`: the database is away. The next run measures again.
* `watch`: nothing of its own; it turns the run red, names the tasks that failed, and notes the run for `alerts`. Clear
  those tasks, with downstream.

*Skipped* is no failure, but nobody is told: there is neither an address with a mail server, nor a webhook. The task's
log says what stands. A re-run is always safe: what is on record as told is not told again.
"""

from __future__ import annotations

from airflow.sdk import DAG, CronTriggerTimetable, task
from airflow.sdk.exceptions import AirflowSkipException
from airflow.sdk.observability import stats
from tongket_common import DEFAULTS, TIMEZONE, log, name_errors, watch
from tongket_mail import build_mail_opener
from tongket_webhook import build_webhook_sender

with DAG(
    dag_id="alerts",
    schedule=CronTriggerTimetable("3-59/10 * * * *", timezone=TIMEZONE),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["tongket", "operations"],
    description="Tells whoever keeps the system what is wrong, once",
    doc_md=__doc__,
):

    @task(multiple_outputs=False)
    @name_errors
    def tell() -> dict[str, object]:
        from etl import steps

        mail, webhook = steps.get_alert_connections()
        done = steps.tell_alerts(build_mail_opener(mail), build_webhook_sender(webhook))
        for what in done["standing"]:
            log.warning("%s", what)
        if "skipped" in done:
            raise AirflowSkipException(str(done["skipped"]))
        return done

    @task(multiple_outputs=False)
    @name_errors
    def measure() -> dict[str, float]:

        from etl import steps

        measured = steps.measure_operations()
        for name, value in measured.items():
            stats.gauge(f"tongket.{name}", value)
        return measured

    [tell(), measure()] >> watch()
