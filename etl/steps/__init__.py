"""One function per task of the flow; DAGs and the command line call these and nothing below.

Each takes and gives small JSON-able values, reads its settings from the environment, may be run again at any
time, and commits whole or not at all. The clock is read here, once per step, and handed down.
"""

from etl.approval.decisions import apply_decision, sign_document
from etl.approval.signed_copies import attach_signed_copy
from etl.approval.signoff_requests import request_signoffs
from etl.approval.verification import verify_file
from etl.attainment.attainment_rows import check_report_due, compute_attainment, list_attainment_rows
from etl.attainment.report_inputs import list_longer_periods
from etl.core.instance import list_scopes
from etl.dispatch.document_dispatch import (
    announce_publications,
    dispatch_folders,
    dispatch_mail,
    get_smtp_connection_id,
)
from etl.dispatch.mail_protocol import settle_mail
from etl.dispatch.operator_alerts import get_alert_connections, measure_operations, record_failed_run, tell_alerts
from etl.dispatch.unit_reminders import list_passed_deadlines, record_passed_deadlines, remind_units
from etl.doors.accounts import issue_accounts, revoke_account, rotate_account, write_account_register
from etl.doors.mail_door import answer_mail, collect_mail, get_imap_connection_id
from etl.drafting.report_drafts import draft_reports
from etl.drafting.upward_figures import export_figures
from etl.feedback.unit_feedback import write_unit_feedback
from etl.intake.announcements import announce_periods, list_periods_to_compute, list_scopes_to_compute
from etl.intake.foreign_import import (
    TableChoice,
    import_table,
    list_imports,
    preview_import,
    send_back_table,
    withdraw_import,
)
from etl.intake.intake_batches import (
    check_files,
    migrate_warehouse,
    process_batch,
    receive_deliveries,
    write_answers,
)
from etl.lineage.number_trace import trace_number
from etl.lineage.snapshot_difference import compare_snapshots
from etl.steps.asking import mail_questions
from etl.steps.catalogue_check import check_catalogue
from etl.steps.issuing import list_periods_to_open, open_period
from etl.steps.new_office import create_plan, create_scope
from etl.steps.shell import (
    build_psql_command,
    draft_period_reports,
    issue_forms,
    list_unit_statuses,
    read_warehouse_status,
    run_pipeline_once,
    write_data_docs,
)
from etl.upkeep.adoption import adopt_office_files, check_office_files
from etl.upkeep.backup import back_up_warehouse, restore_from_backup
from etl.upkeep.housekeeping import back_up_nightly, check_archive, clean_databases, drill_backup, remove_old_logs

__all__ = [
    "TableChoice",
    "adopt_office_files",
    "announce_periods",
    "announce_publications",
    "answer_mail",
    "apply_decision",
    "attach_signed_copy",
    "back_up_nightly",
    "back_up_warehouse",
    "build_psql_command",
    "check_archive",
    "check_catalogue",
    "check_files",
    "check_office_files",
    "check_report_due",
    "clean_databases",
    "collect_mail",
    "compare_snapshots",
    "compute_attainment",
    "create_plan",
    "create_scope",
    "dispatch_folders",
    "dispatch_mail",
    "draft_period_reports",
    "draft_reports",
    "drill_backup",
    "export_figures",
    "get_alert_connections",
    "get_imap_connection_id",
    "get_smtp_connection_id",
    "import_table",
    "issue_accounts",
    "issue_forms",
    "list_attainment_rows",
    "list_imports",
    "list_longer_periods",
    "list_passed_deadlines",
    "list_periods_to_compute",
    "list_periods_to_open",
    "list_scopes",
    "list_scopes_to_compute",
    "list_unit_statuses",
    "mail_questions",
    "measure_operations",
    "migrate_warehouse",
    "open_period",
    "preview_import",
    "process_batch",
    "read_warehouse_status",
    "receive_deliveries",
    "record_failed_run",
    "record_passed_deadlines",
    "remind_units",
    "remove_old_logs",
    "request_signoffs",
    "restore_from_backup",
    "revoke_account",
    "rotate_account",
    "run_pipeline_once",
    "send_back_table",
    "settle_mail",
    "sign_document",
    "tell_alerts",
    "trace_number",
    "verify_file",
    "withdraw_import",
    "write_account_register",
    "write_answers",
    "write_data_docs",
    "write_unit_feedback",
]
