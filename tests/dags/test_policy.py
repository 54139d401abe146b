"""What every DAG owes to whoever is on duty: it parses lightly, says who owns it, retries, and has a run-book."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from etl import steps
from etl.catalog import Catalogue
from etl.errors import UsageError
from etl.model import Period, PeriodKind
from etl.model.vietnam_time import VIETNAM_ZONE
from ops import dag_runs

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "dags").glob("*.py"))
HEAVY = {"pandas", "numpy", "great_expectations", "docxtpl", "scipy", "psycopg"}
REPORTS = {"report_annual", "report_monthly", "report_quarterly", "report_six_nine_months"}
DAGS = {
    "alerts",
    "attain",
    "calendar",
    "dispatch",
    "housekeeping",
    "intake",
    "mail_door",
    "open_period",
    "remind",
} | REPORTS

# All that a task's body may call, but for one function of etl.steps: reading its run's key, and saying "skip" or "fail".
# `ti.get_task_states` asks Airflow which tasks of the run failed, `conf` where its logs are,
# `build_mail_opener` and `build_mailbox_opener` ask for the connections of mail server and mailbox,
# `read_page_address` for its own address.
HELPERS = {
    "read_partition_key", "match_key_and_cadence", "get_current_context", "AirflowSkipException", "AirflowFailException",
    "build_mail_opener", "build_mailbox_opener", "emit_publications", "read_page_address", "build_webhook_sender", "stats.gauge", "ti.get_task_states", "conf.get", "sorted", "Path", "', '.join", "context.get",
}  # fmt: skip
PLAIN = {"list", "str", "items", "values", "info", "warning", "add_partitions"}


def test_the_bag_holds_every_dag(facts: dict[str, Any]) -> None:
    assert facts["errors"] == {}
    assert set(facts["dags"]) == DAGS


def test_parsing_loads_nothing_heavy_and_nothing_of_etl(facts: dict[str, Any]) -> None:
    loaded = {name.split(".")[0] for name in facts["modules"]}
    assert "airflow" in loaded
    assert not loaded & HEAVY
    assert "etl" not in loaded


def test_schedules_keep_the_hours_of_the_product(facts: dict[str, Any]) -> None:
    assert facts["timezone"] == VIETNAM_ZONE.key


def test_every_dag_has_owner_tags_and_description(facts: dict[str, Any]) -> None:
    for name, dag in facts["dags"].items():
        assert dag["owner"] == "tongket", name
        assert "tongket" in dag["tags"], name
        assert len(dag["tags"]) > 1, name
        assert dag["description"], name
        assert dag["catchup"] is False, name


def test_every_run_book_says_what_it_does_and_what_to_do_for_every_task(facts: dict[str, Any]) -> None:
    for name, dag in facts["dags"].items():
        doc = dag["doc"]
        assert doc.startswith("###"), name
        assert "**When it fails**" in doc, name
        assert "re-run is always safe" in doc, name
        told = set(re.findall(r"^\* `(\w+)`:", doc, flags=re.M))
        assert told == set(dag["tasks"]), name


def test_every_dag_ends_in_a_watch_that_turns_its_run_red(facts: dict[str, Any]) -> None:
    for name, dag in facts["dags"].items():
        assert "watch" in dag["tasks"], f"{name}: `[…] >> watch()` of tongket_common"
        assert dag["tasks"]["watch"]["rule"] == "one_failed", name


def test_the_operators_table_has_every_dag() -> None:
    rows = re.findall(r"^\| (`.*?) \|", (ROOT / "docs" / "operations.md").read_text(encoding="utf-8"), flags=re.M)
    assert {name for first in rows for name in re.findall(r"`(\w+)`", first)} >= DAGS


def test_every_task_retries_with_a_delay_and_ends(facts: dict[str, Any]) -> None:
    for name, dag in facts["dags"].items():
        for task_id, task in dag["tasks"].items():
            where = f"{name}.{task_id}"
            assert task["timeout"] > 0, where
            if task_id == "watch":  # it only says that another task failed
                assert task["retries"] == 0
                continue
            assert task["retries"] >= 2, where
            assert task["delay"] >= 10, where


def test_periods_flow_from_asset_to_asset(facts: dict[str, Any]) -> None:
    dags = facts["dags"]
    gives = {(a, n, t) for n, d in dags.items() for t, x in d["tasks"].items() for a in x["outlets"]}
    assert gives == {
        ("periods", "calendar", "announce"),
        ("observations", "intake", "announce"),
        ("observations", "remind", "announce"),
        ("attainment", "attain", "announce"),
        ("longer_periods", "attain", "announce_longer"),
    }
    takes = {name: dag["listens"] for name, dag in dags.items() if dag["timetable"] == "PartitionedAssetTimetable"}
    assert takes == {
        "open_period": ["periods"],
        "attain": ["observations"],
        "report_monthly": ["attainment"],
        "report_quarterly": ["attainment"],
        "report_annual": ["attainment"],
        "report_six_nine_months": ["longer_periods"],
    }
    heard = {asset: tuple(name for name, assets in takes.items() if assets == [asset]) for asset in dag_runs.CONSUMERS}
    assert {asset: set(names) for asset, names in heard.items()} == {a: set(n) for a, n in dag_runs.CONSUMERS.items()}


def test_lineage_leads_from_the_inbox_to_the_report_and_out(facts: dict[str, Any]) -> None:
    tasks = [task for dag in facts["dags"].values() for task in dag["tasks"].values()]
    reached, before = {"tongket://inbox"}, set[str]()
    while reached != before:
        before = set(reached)
        reached |= {written for task in tasks if before & set(task["reads"]) for written in task["writes"]}
    assert {"tongket://warehouse/core.observation", "tongket://outbox/drafts", "tongket://outbox/returns"} <= reached
    named = {name for task in tasks for name in (*task["reads"], *task["writes"])}
    # What is published comes of a decision on the page, which is no task: `folders` tells of it when it has happened.
    assert named - reached == {"tongket://outbox/reports", "tongket://outbox/dispatched"}


def test_one_bad_batch_or_scope_stops_no_other_but_turns_the_run_red(facts: dict[str, Any]) -> None:
    intake, attain = facts["dags"]["intake"], facts["dags"]["attain"]
    assert intake["max_active_runs"] == 1
    assert intake["tasks"]["process"]["mapped"]
    assert intake["tasks"]["returns"]["rule"] == "all_done"
    # Not "min one success": Airflow skips that where an upstream was skipped, as with an empty inbox.
    assert intake["tasks"]["announce"]["rule"] == "all_done"
    assert attain["tasks"]["announce"]["rule"] == "all_done_min_one_success"
    for dag in (intake, attain):
        assert dag["tasks"]["watch"]["rule"] == "one_failed"
    assert attain["tasks"]["announce_longer"]["rule"] == "all_done_min_one_success"
    assert set(intake["tasks"]["watch"]["upstream"]) == set(intake["tasks"]) - {"watch"}
    assert {"compute", "announce", "announce_longer"} == set(attain["tasks"]["watch"]["upstream"])


def test_no_sender_waits_for_a_report_and_no_report_is_drawn_before_its_figures(facts: dict[str, Any]) -> None:
    tasks = {name: [task["priority"] for task in dag["tasks"].values()] for name, dag in facts["dags"].items()}
    with_all_after = {name: sum(priorities) for name, priorities in tasks.items()}
    assert min(tasks["intake"]) > with_all_after["attain"]
    assert min(tasks["attain"]) > max(with_all_after[name] for name in tasks if name.startswith("report_"))


def test_mail_waits_for_no_folder_and_reminders_for_no_deadline(facts: dict[str, Any]) -> None:
    dispatch, remind = facts["dags"]["dispatch"], facts["dags"]["remind"]
    assert {name: task["upstream"] for name, task in dispatch["tasks"].items()} == {
        "folders": [], "mail": [], "questions": [], "watch": ["folders", "mail", "questions"],
    }  # fmt: skip
    assert {name: task["upstream"] for name, task in remind["tasks"].items()} == {
        "announce": [], "note": ["announce"], "scopes": [], "remind": ["scopes"],
        "watch": ["announce", "note", "remind", "scopes"],
    }  # fmt: skip
    assert remind["tasks"]["remind"]["mapped"]
    assert dispatch["max_active_runs"] == remind["max_active_runs"] == 1
    assert remind["timetable"] == "CronPartitionTimetable"


@pytest.mark.parametrize("name", sorted(REPORTS))
def test_no_run_of_a_report_waits_for_a_person(facts: dict[str, Any], name: str) -> None:
    tasks = facts["dags"][name]["tasks"]
    assert not {"HITLOperator", "ApprovalOperator"} & {task["operator"] for task in tasks.values()}
    assert [task for task, about in tasks.items() if "ask" in about["upstream"]] == ["watch"], "asked, and ended"
    assert tasks["ask"]["rule"] == "all_done", "one scope's failure, or one that is not due, holds up no other"
    assert (tasks["watch"]["rule"], tasks["watch"]["upstream"]) == ("one_failed", ["ask", "scopes", "write"])
    assert tasks["write"]["mapped"] and tasks["write"]["upstream"] == ["scopes"], "each scope by itself"


def test_units_hear_back_each_quarter_or_year_and_no_document_waits_for_it(facts: dict[str, Any]) -> None:
    told = [name for name in sorted(REPORTS) if "feedback" in facts["dags"][name]["tasks"]]
    assert told == ["report_annual", "report_quarterly"]
    for tasks in (facts["dags"][name]["tasks"] for name in told):
        assert tasks["feedback"]["mapped"] and tasks["feedback"]["upstream"] == ["scopes"]
        assert not any("feedback" in task["upstream"] for task in tasks.values())


def test_what_runs_every_few_minutes_is_kept_for_less_long(facts: dict[str, Any]) -> None:
    often = {name for name, dag in facts["dags"].items() if dag["runs_an_hour"] > 1}
    assert often == set(facts["frequent"])


def test_the_number_of_tasks_does_not_depend_on_files(facts: dict[str, Any]) -> None:
    assert [t for t, x in facts["dags"]["intake"]["tasks"].items() if x["mapped"]] == ["process"]


@pytest.mark.parametrize("kind", list(PeriodKind))
def test_a_cadence_takes_exactly_the_keys_of_its_kind(facts: dict[str, Any], kind: PeriodKind) -> None:
    pattern = re.compile(facts["keys"][kind.value])
    keys = [Period(year, k, i + 1).key for year in (1999, 2024) for k in PeriodKind for i in range(12 // _months(k))]
    for key in [*keys, "2024Q5", "24Q1", "", "2024q1", "20240"]:
        try:
            same = Period.parse(key).kind is kind
        except UsageError:
            same = False
        assert bool(pattern.fullmatch(key)) is same, key


def test_every_cadence_of_a_report_has_its_dag(facts: dict[str, Any], catalogue: Catalogue) -> None:
    of = {cadence: dag["file"] for dag in facts["dags"].values() for cadence in dag["cadences"]}
    assert set(of) == set(facts["keys"])
    assert {report.cadence for scope in catalogue.scopes.values() for report in scope.reports} <= set(of)
    assert of["half"] == of["nine_months"] == "report_six_nine_months.py"


def _months(kind: PeriodKind) -> int:
    return Period(2024, kind).months if kind is not PeriodKind.NINE_MONTHS else 12


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_files_stay_thin(path: Path) -> None:
    assert len(path.read_text().splitlines()) < 120


def test_only_dag_files_are_parsed_for_dags(facts: dict[str, Any]) -> None:
    ignored = set((ROOT / "dags" / ".airflowignore").read_text().split())
    parsed = {dag["file"] for dag in facts["dags"].values()}
    assert parsed | ignored == {path.name for path in FILES}
    assert not parsed & ignored


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_asks_the_clock_or_the_environment(path: Path) -> None:
    names = {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
    assert not names & {"now", "utcnow", "today", "environ", "getenv"}


def _is_task(decorator: ast.expr) -> bool:
    return ast.unparse(decorator).split("(")[0] == "task"


def _bodies() -> list[tuple[str, ast.FunctionDef]]:
    found = []
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and any(_is_task(d) for d in node.decorator_list):
                found.append((f"{path.name}:{node.name}", node))
    return found


@pytest.mark.parametrize(("where", "body"), _bodies(), ids=lambda value: value if isinstance(value, str) else "")
def test_every_task_body_only_calls_steps(where: str, body: ast.FunctionDef) -> None:
    nodes = [node for statement in body.body for node in ast.walk(statement)]  # the body, not its decorators
    imports = [ast.unparse(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    assert imports in ([], ["from etl import steps"]), where
    for call in (node for node in nodes if isinstance(node, ast.Call)):
        name = ast.unparse(call.func)
        if name.startswith("steps."):
            arguments = [*call.args, *call.keywords]
            inspect.signature(getattr(steps, name.removeprefix("steps."))).bind(*arguments)
        else:
            assert name in HELPERS or name.split(".")[-1] in PLAIN, f"{where} calls {name}"


def test_there_are_task_bodies_to_look_at(facts: dict[str, Any]) -> None:
    told = sum("feedback" in dag["tasks"] for dag in facts["dags"].values())
    # Tasks of the report DAGs, and `watch`, are written once; so is `feedback`, which some of them have.
    shared = 3 * (len(REPORTS) - 1) + len(DAGS) - 1 + told - 1
    assert len(_bodies()) == sum(len(dag["tasks"]) for dag in facts["dags"].values()) - shared
