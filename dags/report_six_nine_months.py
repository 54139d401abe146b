"""### Reports on six and nine months

Runs when the last quarter of six or nine months (the partition key: `2024H1`, `2024H2`, `2024N`) is attained, and again
whenever one of their quarters changes; `attain` announces them. They have no forms of their own: `write` runs for each
scope by itself; it is skipped until each of its quarters is in whole or past its deadline; then it drafts the documents
of the plans that report at this cadence to `outbox/drafts/<period>/<scope>/`. A unit that did not report is named with
the quarter that is missing. After a deadline has come with units still silent, `remind` announces the quarter the next
morning, and this DAG runs.
"""

from __future__ import annotations

from airflow.sdk import DAG
from tongket_common import LONGER_PERIODS
from tongket_reports import build_report_dag

dag: DAG = build_report_dag(
    "report_six_nine_months",
    LONGER_PERIODS,
    "half",
    "nine_months",
    subject="the reports on six and nine months",
    opening=__doc__,
)
