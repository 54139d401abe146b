"""### Quarterly reports

Runs when the attainment of a period changes; a key that is no quarter is skipped. `write` runs for each scope by
itself: it is skipped until all expected units are in, or the deadline has come; then it drafts the scope's documents to
`outbox/drafts/<period>/<scope>/`. A unit that did not report is named in the document. After a deadline has come with
units still silent, `remind` announces the period the next morning, and this DAG runs.

`feedback` writes a page for every unit, `outbox/returns/<unit>/phan-hoi_<period>.xlsx`, when the scope is due: not
before, because a unit is shown beside the whole area. No document waits for it.
"""

from __future__ import annotations

from airflow.sdk import DAG
from tongket_common import ATTAINMENT
from tongket_reports import build_report_dag

dag: DAG = build_report_dag(
    "report_quarterly", ATTAINMENT, "quarter", subject="the quarterly reports", opening=__doc__, with_feedback=True
)
