"""What the tasks make of the answers of etl.steps: what they hand on, when they skip, when they fail."""

from __future__ import annotations

from typing import Any

import pytest

DRAFTS, REPORTS = "tongket://outbox/drafts", "tongket://outbox/reports"


@pytest.mark.parametrize(
    ("case", "calls"),
    [
        ("process", [["process_batch", 1]]),
        ("issue", [["open_period", "a", "2024Q1"]]),
        ("forms of", [["list_scopes", "2024Q1"]]),
        ("scopes", [["list_scopes_to_compute", "2024Q1"]]),
        ("scopes by hand", [["list_scopes"]]),
        ("compute", [["compute_attainment", "a", "2024Q1"]]),
        ("write", [["check_report_due", "a", "2024Q1"], ["draft_reports", "a", "2024Q1", "quarter"]]),
        ("feedback", [["check_report_due", "a", "2024Q1"], ["write_unit_feedback", "a", "2024Q1"]]),
        ("write annual", [["check_report_due", "a", "2024"], ["draft_reports", "a", "2024", "year"]]),
        ("write month", [["check_report_due", "a", "2024-03"], ["draft_reports", "a", "2024-03", "month"]]),
        ("write half", [["check_report_due", "a", "2024H1"], ["draft_reports", "a", "2024H1", "half"]]),
        ("write nine months", [["check_report_due", "a", "2024N"], ["draft_reports", "a", "2024N", "nine_months"]]),
        ("longer", [["list_longer_periods", "2024Q2"]]),
        ("ask", [["request_signoffs", ["a"], "2024Q1", "quarter", "mine"]]),
        ("note", [["record_passed_deadlines", "2024-04-23", ["2024Q1"]]]),
        ("remind", [["get_smtp_connection_id"], ["remind_units", "a", "2024-04-23", "post"]]),
        (
            "folders",
            [
                ["announce_publications"],
                ["emit", [DRAFTS], [REPORTS, f"{REPORTS}/2024Q1/a/plan_quarter"]],
                ["dispatch_folders"],
            ],
        ),
        ("mail", [["get_smtp_connection_id"], ["dispatch_mail", "post"]]),
        ("questions", [["get_smtp_connection_id"], ["mail_questions", "post", "/tongket"]]),
        ("collect", [["get_imap_connection_id"], ["collect_mail", "box"]]),
        ("answer", [["get_smtp_connection_id"], ["answer_mail", "post"]]),
    ],
)
def test_a_task_is_one_call_with_its_runs_key(bodies: dict[str, Any], case: str, calls: list[Any]) -> None:
    assert bodies[case]["calls"] == calls
    assert "gave" in bodies[case]


def test_receive_hands_on_batches_not_files(bodies: dict[str, Any]) -> None:
    assert bodies["receive"]["gave"] == [0, 1]


def test_each_touched_period_is_announced_once(bodies: dict[str, Any]) -> None:
    assert bodies["announce two"]["keys"] == ["2024Q1", "2024Q2"]
    assert bodies["announce with an empty inbox"]["keys"] == ["2023"], "what is stale"
    assert bodies["opens"]["keys"] == bodies["passed"]["keys"] == ["2024Q1"]
    assert bodies["longer"]["keys"] == ["2024H1"], "its own key is announced elsewhere"


@pytest.mark.parametrize("case", ["announce none", "opens nothing", "passed nothing", "nothing longer"])
def test_nothing_is_announced_when_nothing_changed(bodies: dict[str, Any], case: str) -> None:
    assert bodies[case]["stopped"] == "AirflowSkipException"
    assert bodies[case]["keys"] == []


def test_a_run_without_a_key_fails_at_once_and_says_how_to_start_it(bodies: dict[str, Any]) -> None:
    assert bodies["no key"]["stopped"] == "AirflowFailException"
    assert "2024Q3" in bodies["no key"]["said"]
    assert bodies["no key"]["calls"] == []


def test_each_scope_is_asked_by_itself_whether_it_is_due(bodies: dict[str, Any]) -> None:
    assert bodies["report scopes"]["gave"] == ["a", "b"]
    for case in ("not due", "feedback not due"):
        assert bodies[case]["calls"] == [["check_report_due", "c", "2024Q1"]], "nothing is written"
        assert (bodies[case]["stopped"], bodies[case]["said"]) == ("AirflowSkipException", "Not due yet: because.")


@pytest.mark.parametrize(
    "case",
    [
        "year in quarterly",
        "quarter in annual",
        "half in quarterly",
        "quarter in longer",
        "month in quarterly",
        "quarter in monthly",
    ],
)
def test_a_key_of_another_kind_is_skipped_before_anything_is_asked(bodies: dict[str, Any], case: str) -> None:
    assert bodies[case]["stopped"] == "AirflowSkipException"
    assert bodies[case]["calls"] == []


def test_six_and_nine_months_are_asked_about_at_their_own_cadence(bodies: dict[str, Any]) -> None:
    assert bodies["nine months in longer"]["gave"] == ["a", "b"]
    assert bodies["due nine months"]["calls"][0] == ["check_report_due", "a", "2024N"]
    assert bodies["ask nine months"]["calls"][0][:4] == ["request_signoffs", ["b"], "2024N", "nine_months"]


def test_a_scope_without_such_a_report_is_skipped_with_the_reason(bodies: dict[str, Any]) -> None:
    assert bodies["write nothing"]["stopped"] == "AirflowSkipException"
    assert bodies["write nothing"]["said"] == "no such report"


def test_nothing_to_decide_is_a_skip(bodies: dict[str, Any]) -> None:
    assert bodies["ask"]["gave"] == [{"report": 7, "subject": "?"}]
    assert bodies["ask nothing"]["stopped"] == "AirflowSkipException"


@pytest.mark.parametrize(
    ("case", "why"),
    [
        ("mail without connection", "no connection"),
        ("questions without connection", "no connection"),
        ("collect without connection", "no connection"),
        ("answer without connection", "no connection"),
        ("remind on a day off", "a day off"),
    ],
)
def test_what_sends_nothing_is_skipped_with_the_reason(bodies: dict[str, Any], case: str, why: str) -> None:
    assert (bodies[case]["stopped"], bodies[case]["said"]) == ("AirflowSkipException", why)


def test_watch_names_the_tasks_that_failed_and_notes_the_run(bodies: dict[str, Any]) -> None:
    watched = bodies["watch"]
    assert watched["stopped"] == "AirflowFailException" and "later, process_1" in watched["said"]
    assert watched["calls"] == [["record_failed_run", "some_dag", "mine", None, ["later", "process_1"]]]


@pytest.mark.parametrize(
    ("case", "ended"), [("CatalogueError", "AirflowFailException"), ("StorageError", "AirflowException")]
)
def test_an_error_of_the_products_own_ends_a_task_in_its_own_words(
    bodies: dict[str, Any], case: str, ended: str
) -> None:
    """What a person must mend first is not tried again; what may pass is."""
    assert bodies[case]["stopped"] == ended
    assert "Where: there" in bodies[case]["said"] and "Do: mend it" in bodies[case]["said"]


def test_alerts_say_when_nobody_is_told(bodies: dict[str, Any]) -> None:
    assert bodies["tell"]["gave"]["told"] == ["disk"]
    assert bodies["tell nobody"]["stopped"] == "AirflowSkipException" and "nobody" in bodies["tell nobody"]["said"]


@pytest.mark.parametrize(
    ("case", "call"),
    [
        ("backup", ["back_up_nightly", "2024-04-22"]),
        ("drill", ["drill_backup", "2024-04-21"]),
        ("archive", ["check_archive", "2024-04-22"]),
        ("databases", ["clean_databases", "2024-04-22", ["alerts", "dispatch", "intake", "mail_door"]]),
    ],
)
def test_a_night_does_its_work_for_its_day(bodies: dict[str, Any], case: str, call: list[str]) -> None:
    assert bodies[case]["calls"] == [call]


def test_no_backup_is_tried_on_a_weekday_and_logs_are_removed_where_airflow_writes_them(bodies: dict[str, Any]) -> None:
    assert bodies["drill on Monday"]["stopped"] == "AirflowSkipException"
    ((name, day, folder, frequent),) = bodies["logs"]["calls"]
    assert (name, day) == ("remove_old_logs", "2024-04-22") and folder.endswith("/logs")
    assert "intake" in frequent and "housekeeping" not in frequent
