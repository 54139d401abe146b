"""### Quarterly reports

Runs when the attainment of a period changes; a key that is no quarter is skipped. `due` keeps the scopes whose
expected units are all in, or whose deadline has come; `write` drafts their documents to
`outbox/drafts/<period>/<scope>/`. A unit that did not report is named in the document. After a deadline has come with
units still silent, `remind` announces the period the next morning, and this DAG runs.

`ask` collects the documents that nobody has decided on; of a report that is published already, it drafts one that
replaces its figures where they have changed enough since. Then the run ends: a document waits on the page
(*Văn bản*) for as long as it takes, where a person approves it, with number, date and signer, or sends it back with a
reason; `dispatch` mails those who decide. A document that a newer draft replaces waits no more.

`feedback` writes a page for every unit, `outbox/returns/<unit>/phan-hoi_<period>.xlsx`, when the scope is due: not
before, because a unit is shown beside the whole area. No document waits for it.

**When it fails**

* `due`: the database is away, or a regime in `catalog/` is wrong. Mend what the message names, clear the task.
* `write`: a template has a wrong slot, the outbox cannot be written, or the disk is full; the other scopes go on.
  Mend what the message names, clear the scope that failed, with downstream.
* `ask`: the database is away, or a template of the correction is wrong. Mend it, clear the task, with downstream.
* `feedback`: the database is away or the outbox cannot be written. Mend it, clear the scope that failed.
* `watch`: nothing of its own; it turns the run red, names the tasks that failed, and notes the run for `alerts`. Clear
  those tasks, with downstream.

*Skipped* is no failure: the task's log says why (another kind of period; no scope due yet; no such report; nothing
to decide). A re-run is always safe: the same facts give the same documents, and a document is asked about once.
"""

from __future__ import annotations

from airflow.sdk import DAG, PartitionedAssetTimetable, get_current_context, task
from tongket_common import ATTAINMENT, DEFAULTS, name_errors, read_partition_key
from tongket_reports import add_report_tasks

with DAG(
    dag_id="report_quarterly",
    schedule=PartitionedAssetTimetable(assets=ATTAINMENT),
    catchup=False,
    max_active_runs=4,
    default_args=DEFAULTS,
    tags=["tongket", "report"],
    description="Drafts the quarterly reports of every scope that is due, and asks for decisions on them",
    doc_md=__doc__,
):
    due_scopes = add_report_tasks("quarter")

    @task(multiple_outputs=False, map_index_template="{{ scope }}")
    @name_errors
    def feedback(scope: str) -> dict[str, object]:
        from etl import steps

        return steps.write_unit_feedback(scope, read_partition_key(get_current_context()))

    feedback.expand(scope=due_scopes)
