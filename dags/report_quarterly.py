"""### Quarterly reports

Runs when the attainment of a period changes; a key that is no quarter is skipped. `due` keeps the scopes whose
expected units are all in, or whose deadline has come; `write` drafts their documents to
`outbox/drafts/<period>/<scope>/`. A unit that did not report is named in the document. After a deadline has come with
units still silent, trigger this DAG by hand with the quarter's key.

**When it fails**

* `due`: the database is away, or a regime in `catalog/` is wrong. Mend what the message names, clear the task.
* `write`: a template has a wrong slot, the outbox cannot be written, or the disk is full; the other scopes go on.
  Mend what the message names, clear the scope that failed.

*Skipped* is no failure: the task's log says why (another kind of period; no scope due yet; no such report).
A re-run is always safe: the same facts give the same documents.
"""

from __future__ import annotations

from airflow.sdk import DAG, PartitionedAssetTimetable
from tongket_common import ATTAINMENT, DEFAULTS
from tongket_reports import draft

with DAG(
    dag_id="report_quarterly",
    schedule=PartitionedAssetTimetable(assets=ATTAINMENT),
    catchup=False,
    max_active_runs=4,
    default_args=DEFAULTS,
    tags=["tongket", "report"],
    description="Drafts the quarterly reports of every scope that is due",
    doc_md=__doc__,
):
    draft("quarter")
