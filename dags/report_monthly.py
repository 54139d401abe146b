"""### Monthly reports

Runs when the attainment of a period changes; a key that is no month is skipped. `due` keeps the scopes whose
expected units are all in, or whose deadline has come; `write` drafts their documents to
`outbox/drafts/<period>/<scope>/`. A unit that did not report is named in the document. After a deadline has come with
units still silent, `remind` announces the period the next morning, and this DAG runs.

`ask` collects the documents that nobody has decided on; of a report that is published already, it drafts one that
replaces its figures where they have changed enough since. Then the run ends: a document waits on the page
(*Văn bản*) for as long as it takes, where a person approves it, with number, date and signer, or sends it back with a
reason; `dispatch` mails those who decide. A document that a newer draft replaces waits no more.

**When it fails**

* `due`: the database is away, or a regime in `catalog/` is wrong. Mend what the message names, clear the task.
* `write`: a template has a wrong slot, the outbox cannot be written, or the disk is full; the other scopes go on.
  Mend what the message names, clear the scope that failed, with downstream.
* `ask`: the database is away, or a template of the correction is wrong. Mend it, clear the task, with downstream.
* `watch`: nothing of its own; it turns the run red, names the tasks that failed, and notes the run for `alerts`. Clear
  those tasks, with downstream.

*Skipped* is no failure: the task's log says why (another kind of period; no scope due yet; no such report; nothing
to decide). A re-run is always safe: the same facts give the same documents, and a document is asked about once.
"""

from __future__ import annotations

from airflow.sdk import DAG, PartitionedAssetTimetable
from tongket_common import ATTAINMENT, DEFAULTS
from tongket_reports import add_report_tasks

with DAG(
    dag_id="report_monthly",
    schedule=PartitionedAssetTimetable(assets=ATTAINMENT),
    catchup=False,
    max_active_runs=4,
    default_args=DEFAULTS,
    tags=["tongket", "report"],
    description="Drafts the monthly reports of every scope that is due, and asks for decisions on them",
    doc_md=__doc__,
):
    add_report_tasks("month")
