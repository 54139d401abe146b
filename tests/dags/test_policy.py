"""What every DAG owes to whoever is on duty: it parses lightly, says who owns it, retries, and has a run-book."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from etl import steps
from etl.errors import UsageError
from etl.model import Period, PeriodKind

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "dags").glob("*.py"))
HEAVY = {"pandas", "numpy", "great_expectations", "matplotlib", "docxtpl", "scipy", "psycopg"}
DAGS = {"attain", "calendar", "intake", "open_period", "report_annual", "report_quarterly"}

# All that a task's body may call, but for one function of etl.steps: reading its run's key, and saying "skip" or "fail".
HELPERS = {"key_of", "key_of_cadence", "get_current_context", "AirflowSkipException", "AirflowFailException"}
PLAIN = {"list", "str", "items", "info", "add_partitions"}


def test_the_bag_holds_every_dag(facts: dict[str, Any]) -> None:
    assert facts["errors"] == {}
    assert set(facts["dags"]) == DAGS


def test_parsing_loads_nothing_heavy_and_nothing_of_etl(facts: dict[str, Any]) -> None:
    loaded = {name.split(".")[0] for name in facts["modules"]}
    assert "airflow" in loaded
    assert not loaded & HEAVY
    assert "etl" not in loaded


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
    gives = {a: (n, t) for n, d in dags.items() for t, x in d["tasks"].items() for a in x["outlets"]}
    assert gives == {
        "periods": ("calendar", "announce"),
        "observations": ("intake", "announce"),
        "attainment": ("attain", "announce"),
    }
    takes = {name: dag["listens"] for name, dag in dags.items() if dag["timetable"] == "PartitionedAssetTimetable"}
    assert takes == {
        "open_period": ["periods"],
        "attain": ["observations"],
        "report_quarterly": ["attainment"],
        "report_annual": ["attainment"],
    }


def test_one_bad_batch_or_scope_stops_no_other_but_turns_the_run_red(facts: dict[str, Any]) -> None:
    intake, attain = facts["dags"]["intake"], facts["dags"]["attain"]
    assert intake["max_active_runs"] == 1
    assert intake["tasks"]["process"]["mapped"]
    assert intake["tasks"]["returns"]["rule"] == "all_done"
    for dag in (intake, attain):
        assert dag["tasks"]["announce"]["rule"] == "all_done_min_one_success"
        assert dag["tasks"]["watch"]["rule"] == "one_failed"
    assert set(intake["tasks"]["watch"]["upstream"]) == set(intake["tasks"]) - {"watch"}
    assert {"compute", "announce"} <= set(attain["tasks"]["watch"]["upstream"])


def test_the_number_of_tasks_does_not_depend_on_files(facts: dict[str, Any]) -> None:
    assert [t for t, x in facts["dags"]["intake"]["tasks"].items() if x["mapped"]] == ["process"]


@pytest.mark.parametrize(("cadence", "kind"), [("quarter", PeriodKind.QUARTER), ("year", PeriodKind.YEAR)])
def test_a_cadence_takes_exactly_the_keys_of_its_kind(facts: dict[str, Any], cadence: str, kind: PeriodKind) -> None:
    pattern = re.compile(facts["keys"][cadence])
    keys = [Period(year, k, i + 1).key for year in (1999, 2024) for k in PeriodKind for i in range(12 // _months(k))]
    for key in [*keys, "2024Q5", "24Q1", "", "2024q1", "20240"]:
        try:
            same = Period.parse(key).kind is kind
        except UsageError:
            same = False
        assert bool(pattern.fullmatch(key)) is same, key


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


def _bodies() -> list[tuple[str, ast.FunctionDef]]:
    found = []
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and any("task" in ast.unparse(d) for d in node.decorator_list):
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
    shared = 2  # `due` and `write` are written once for both report DAGs
    assert len(_bodies()) == sum(len(dag["tasks"]) for dag in facts["dags"].values()) - shared
