"""### The door of e-mail

Every five minutes, one run at a time. `collect` empties the mailbox of the Airflow connection that
`TONGKET_IMAP_CONNECTION` names: attachments of addresses registered in `catalog/contacts.yaml` are checked and put into
their unit's inbox folder, once by Message-ID; every message moves to the folder `Da-xu-ly`, its end is on record
(docs/doors.md). `answer` sends each message its answer, once the intake has answered all its files.

**When it fails**

* `collect`: the mailbox does not answer, or the inbox cannot be written. Mend what the message names; the next run goes
  on, and no message is taken twice.
* `answer`: the mail server is away or turned a message down; as with `dispatch`, docs/operations.md says what to do.
* `watch`: nothing of its own; it turns the run red, names the tasks that failed, and notes the run for `alerts`. Clear
  those tasks, with downstream.

*Skipped* is no failure: the door is closed (`TONGKET_DOORS`), or there is no connection. A re-run is always safe.
"""

from __future__ import annotations

from airflow.sdk import DAG, CronTriggerTimetable, task
from airflow.sdk.exceptions import AirflowSkipException
from tongket_common import DEFAULTS, TIMEZONE, name_errors, watch
from tongket_mail import build_mail_opener, build_mailbox_opener

with DAG(
    dag_id="mail_door",
    schedule=CronTriggerTimetable("*/5 * * * *", timezone=TIMEZONE),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["tongket", "intake"],
    description="Takes units' workbooks from the mailbox, and answers",
    doc_md=__doc__,
):

    @task(multiple_outputs=False)
    @name_errors
    def collect() -> dict[str, object]:
        from etl import steps

        done = steps.collect_mail(build_mailbox_opener(steps.get_imap_connection_id()))
        if "skipped" in done:
            raise AirflowSkipException(str(done["skipped"]))
        return done

    @task(multiple_outputs=False)
    @name_errors
    def answer() -> dict[str, object]:
        from etl import steps

        done = steps.answer_mail(build_mail_opener(steps.get_smtp_connection_id()))
        if "skipped" in done:
            raise AirflowSkipException(str(done["skipped"]))
        return done

    [collect(), answer()] >> watch()
