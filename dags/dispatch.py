"""### Dispatch: what is published, to whom it is addressed; what waits, to who decides

Every ten minutes, one run at a time, for each published report or correction that has not gone out yet: `folders`
puts a folder with a manifest for each recipient into `outbox/reports/<period>/<scope>/gui/<recipient>/`, and tells of
what was published since, where lineage is sent to; `mail`
sends the document and its annex to the recipients that have an address in `catalog/contacts.yaml`, by the Airflow
connection that `TONGKET_SMTP_CONNECTION` names. `questions` mails the `approvers` of that file, once, that a document
waits for their decision.

**When it fails**

* `folders`: a recipient's folder cannot be written, the disk is full, or a published file is not what was signed;
  the other recipients have theirs. Mend what the message names; the next run writes what is still owed.
* `mail`: the mail server is away or turned a message down. It is tried again by itself, unless the server refused it
  for good, or the connection broke while the text was on its way. Such a message waits for a person, and the task
  stays red until then: `tongket dispatch` lists it, docs/operations.md says what to do.
* `questions`: as with `mail`; or a draft's files are gone: draft the report again.
* `watch`: nothing of its own; it turns the run red, names the tasks that failed, and notes the run for `alerts`. Clear
  those tasks, with downstream.

*Skipped* is no failure: there is no connection, or no address. A re-run is always safe: a folder that is there stays,
and no message is sent twice.
"""

from __future__ import annotations

from airflow.sdk import DAG, CronTriggerTimetable, task
from airflow.sdk.exceptions import AirflowSkipException
from tongket_common import DEFAULTS, TIMEZONE, name_errors, read_page_address, watch
from tongket_lineage import PARCELS, PUBLISHED, emit_publications
from tongket_mail import build_mail_opener

with DAG(
    dag_id="dispatch",
    schedule=CronTriggerTimetable("*/10 * * * *", timezone=TIMEZONE),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["tongket", "report"],
    description="Sends what is published to its recipients, and tells who decides what waits",
    doc_md=__doc__,
):

    @task(multiple_outputs=False, inlets=[PUBLISHED], outlets=[PARCELS])
    @name_errors
    def folders() -> dict[str, object]:
        from etl import steps

        emit_publications(steps.announce_publications())
        return steps.dispatch_folders()

    @task(multiple_outputs=False)
    @name_errors
    def mail() -> dict[str, object]:
        from etl import steps

        done = steps.dispatch_mail(build_mail_opener(steps.get_smtp_connection_id()))
        if "skipped" in done:
            raise AirflowSkipException(str(done["skipped"]))
        return done

    @task(multiple_outputs=False)
    @name_errors
    def questions() -> dict[str, object]:
        from etl import steps

        done = steps.mail_questions(build_mail_opener(steps.get_smtp_connection_id()), read_page_address())
        if "skipped" in done:
            raise AirflowSkipException(str(done["skipped"]))
        return done

    [folders(), mail(), questions()] >> watch()
