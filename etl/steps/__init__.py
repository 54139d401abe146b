"""One function per task of the flow; DAGs and the command line call these and nothing below.

Each takes and gives small JSON-able values, reads its settings from the environment, may be run again at any
time, and commits whole or not at all. The clock is read here, once per step, and handed down.
"""

from etl.steps.backup import warehouse_backup, warehouse_restore
from etl.steps.common import periods_opening, scopes
from etl.steps.difference import diff
from etl.steps.dispatch import dispatch_folders, dispatch_mail, smtp_connection
from etl.steps.drafting import report
from etl.steps.exchange import export
from etl.steps.feedback import feedback
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
from etl.steps.mail import settle_mail
from etl.steps.material import longer_periods
from etl.steps.outcome import attain, attain_rows, report_due
from etl.steps.questions import to_sign
from etl.steps.reminders import note_deadlines, passed_deadlines, remind
from etl.steps.said import difference_lines, trail_lines
from etl.steps.shell import (
    psql_command,
    report_period,
    run_once,
    status,
    warehouse_status,
)
from etl.steps.signoff import conclude, decide, sign
from etl.steps.trail import trace
from etl.steps.verify import verify

__all__ = [
    "attain",
    "attain_rows",
    "check_files",
    "conclude",
    "decide",
    "diff",
    "difference_lines",
    "dispatch_folders",
    "dispatch_mail",
    "export",
    "feedback",
    "issue_forms",
    "longer_periods",
    "migrate",
    "note_deadlines",
    "open_period",
    "passed_deadlines",
    "periods_opening",
    "process_batch",
    "psql_command",
    "receive",
    "remind",
    "report",
    "report_due",
    "report_period",
    "returns",
    "run_once",
    "scopes",
    "settle_mail",
    "sign",
    "smtp_connection",
    "status",
    "to_sign",
    "touched_periods",
    "trace",
    "trail_lines",
    "verify",
    "warehouse_backup",
    "warehouse_restore",
    "warehouse_status",
]
