"""### Reports on six and nine months

Runs when the last quarter of six or nine months (the partition key: `2024H1`, `2024H2`, `2024N`) is attained, and again
whenever one of their quarters changes; `attain` announces them. They have no forms of their own: `due` keeps the scopes
of whose quarters each is in whole, or past its deadline; `write` drafts the documents of the plans that report at this
cadence to `outbox/drafts/<period>/<scope>/`. A unit that did not report is named with the quarter that is missing.
After a deadline has come with units still silent, `remind` announces the quarter the next morning, and this DAG runs.

`ask` collects the documents that nobody has decided on; of a report that is published already, it drafts one that
replaces its figures where they have changed enough since. `approve` waits for a person, for as long as it takes,
under *Required Actions*; number, date and signer are filled in there. `conclude` records the answer: an approved
document is published to `outbox/reports/<period>/<scope>/`, one sent back waits for its next draft. A run that waits
is no failure and holds no slot.

**When it fails**

* `due`: the database is away, or a regime in `catalog/` is wrong. Mend what the message names, clear the task.
* `write`: a template has a wrong slot, the outbox cannot be written, or the disk is full; the other scopes go on.
  Mend what the message names, clear the scope that failed, with downstream.
* `ask`: the database is away, or a template of the correction is wrong. Mend it, clear the task, with downstream.
* `approve`: Airflow's own database went away before the question was asked. Clear the task: it asks again.
* `conclude`: the database is away or the outbox cannot be written: mend it, clear the task. Or the draft was replaced
  by a newer one, or its files were changed, so nothing was published: decide on the newer draft. Or it was sent back
  without a reason, or number, date or signer were wrong: clear `approve`, it asks again.
* `watch`: nothing of its own; it turns the run red, names the tasks that failed, and notes the run for `alerts`. Clear
  those tasks, with downstream.

*Skipped* is no failure: the task's log says why (another kind of period; no scope due yet; no such report; nothing
to decide). A re-run is always safe: the same facts give the same documents, a document is asked about once, and
publishing again changes nothing. To decide again on a document that was sent back, clear `approve` with downstream.
"""

from __future__ import annotations

from airflow.sdk import DAG, PartitionedAssetTimetable
from tongket_common import DEFAULTS, LONGER_PERIODS
from tongket_reports import WAITING_RUNS, add_report_tasks

with DAG(
    dag_id="report_six_nine_months",
    schedule=PartitionedAssetTimetable(assets=LONGER_PERIODS),
    catchup=False,
    max_active_runs=WAITING_RUNS,
    default_args=DEFAULTS,
    tags=["tongket", "report"],
    description="Drafts the reports on six and nine months of every scope that is due, and has them signed off",
    doc_md=__doc__,
):
    add_report_tasks("half", "nine_months")
