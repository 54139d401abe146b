"""One function per task of the flow; DAGs and the command line call these and nothing below.

Each takes and gives small JSON-able values, reads its settings from the environment, may be run again at any
time, and commits whole or not at all. The clock is read here, once per step, and handed down.
"""

from etl.steps.common import periods_opening, scopes
from etl.steps.intake import (
    check_files,
    issue_forms,
    migrate,
    open_period,
    process_batch,
    receive,
    returns,
    touched_periods,
)
from etl.steps.outcome import attain, attain_rows, report, report_due
from etl.steps.shell import psql_command, report_period, run_once, status, warehouse_status

__all__ = [
    "attain",
    "attain_rows",
    "check_files",
    "issue_forms",
    "migrate",
    "open_period",
    "periods_opening",
    "process_batch",
    "psql_command",
    "receive",
    "report",
    "report_due",
    "report_period",
    "returns",
    "run_once",
    "scopes",
    "status",
    "touched_periods",
    "warehouse_status",
]
