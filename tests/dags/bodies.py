"""Runs the bodies of tasks against a stand-in for etl.steps, in this fresh process; prints what came of it as JSON."""

from __future__ import annotations

import functools
import itertools
import json
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

DAGS = Path(__file__).resolve().parents[2] / "dags"
CALLS: list[list[Any]] = []
DUE = {"a": True, "b": True, "c": False}
LONGER = ["half", "nine_months"]
ANSWERS: dict[str, Callable[..., Any]] = {
    "list_passed_deadlines": lambda day: ["2024Q1"] if day == "2024-04-23" else [],
    "list_scopes_to_compute": lambda period: ["b"] if period == "2024Q1" else [],
    "list_longer_periods": lambda period: ["2024H1"] if period == "2024Q2" else [],
    "announce_publications": lambda: ["reports/2024Q1/a/plan_quarter"],
    "get_smtp_connection_id": lambda: "smtp_default",
    "get_imap_connection_id": lambda: "imap_default",
    "collect_mail": lambda box: {"skipped": "no connection"} if box is None else {"messages": {}},
    "answer_mail": lambda post: {"skipped": "no connection"} if post is None else {"sent": []},
    "dispatch_mail": lambda post: {"skipped": "no connection"} if post is None else {"sent": []},
    "mail_questions": lambda post, page: {"skipped": "no connection"} if post is None else {"sent": [], "page": page},
    "drill_backup": lambda day: {"skipped": "no Sunday"} if day != "2024-04-21" else {"file": day},
    "get_alert_connections": lambda: ("smtp_default", ""),
    "tell_alerts": lambda post, _webhook: {
        "standing": ["disk"],
        **({"told": ["disk"]} if post else {"skipped": "nobody"}),
    },
    "remind_units": lambda _scope, day, _post: {"skipped": "a day off"} if day == "2024-04-21" else {"reminded": []},
}


class Steps(types.ModuleType):
    """Answers as etl.steps would, and writes down what it was asked."""

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any) -> Any:
            CALLS.append([name, *arguments])
            match name, arguments:
                case "list_scopes", _:
                    return ["a", "b"]
                case "check_report_due", (scope, _):
                    return {"due": DUE[scope], "why": "because"}
                case "draft_reports", (scope, *_):
                    return {"skipped": "no such report"} if scope == "b" else {"documents": ["x.docx"]}
                case "request_signoffs", (scopes, period, _, _):
                    return [{"report": 7, "subject": "?"}] if scopes == ["a"] and period == "2024Q1" else []
                case "announce_periods", (results,):
                    return sorted({p for r in results for p in r["periods"]}) if results else ["2023"]
                case "list_periods_to_open", (key,):
                    return ["2024Q1"] if key == "2024-03-01" else []
                case "receive_deliveries", _:
                    return {"received": 3, "duplicates": 0, "waiting": 0, "batches": [0, 1]}
                case _:
                    return ANSWERS.get(name, lambda *_: {"done": name})(*arguments)

        return call


def _raise(error: Exception, *_: Any) -> Any:
    raise error


def emit_lineage(*, inputs: list[Any], outputs: list[Any]) -> None:
    """Writes down what a task told a receiver of lineage."""
    CALLS.append(["emit", *([f"{one.namespace}://{one.name}" for one in kind] for kind in (inputs, outputs))])


class Outlet:
    """Takes the partitions that a task announces."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def add_partitions(self, keys: list[str]) -> None:
        self.keys += keys


class Instance:
    """A task instance that knows how the tasks of its run ended."""

    dag_id = "some_dag"
    run_id = "mine"

    def get_task_states(self, dag_id: str, run_ids: list[str]) -> dict[str, dict[str, str]]:
        return {run_ids[0]: {"first": "success", "process_1": "failed", "later": "upstream_failed", "watch": "running"}}


def main() -> None:
    sys.path.insert(0, str(DAGS))
    import tongket_common as common
    from airflow.dag_processing.dagbag import DagBag

    from etl import errors

    etl = types.ModuleType("etl")
    etl.steps = Steps("steps")  # type: ignore[attr-defined]
    for kind in (errors.CatalogueError, errors.StorageError):
        ANSWERS[kind.__name__] = functools.partial(_raise, kind("it is wrong", where="there", fix="mend it"))
    etl.errors = errors  # type: ignore[attr-defined]
    sys.modules["etl"] = etl
    lineage = types.ModuleType("airflow.providers.openlineage.api")
    lineage.is_openlineage_active = lambda: True  # type: ignore[attr-defined]
    lineage.emit_dataset_lineage = emit_lineage  # type: ignore[attr-defined]
    sys.modules[lineage.__name__] = lineage
    bag = DagBag(str(DAGS), bundle_path=DAGS, bundle_name="dags")
    asks = ("get_current_context", "build_mail_opener")
    modules = {name: module for name, module in sys.modules.items() if any(getattr(module, x, None) for x in asks)}

    def run(dag: str, task: str, key: str | None, kind: str = "asset_triggered", **given: Any) -> dict[str, Any]:
        CALLS.clear()
        context = {
            "partition_key": key, "run_id": "mine", "ti": Instance(), "dag_run": types.SimpleNamespace(run_type=kind),
        }  # fmt: skip
        for module in modules.values():
            module.get_current_context = lambda: context
        try:
            gave = bag.dags[dag].get_task(task).python_callable(**given)
        except Exception as stopped:
            return {"stopped": type(stopped).__name__, "said": str(stopped), "calls": list(CALLS)}
        return {"gave": gave, "calls": list(CALLS)}

    def posted(dag: str, task: str, key: str | None, post: str | None, **given: Any) -> dict[str, Any]:
        openers = {"build_mail_opener": {"smtp_default": post}, "build_mailbox_opener": {"imap_default": post}}
        for module, (name, known) in itertools.product(modules.values(), openers.items()):
            if hasattr(module, name):
                setattr(module, name, known.__getitem__)
        return run(dag, task, key, **given)

    def announced(dag: str, key: str | None, task: str = "announce", **given: Any) -> dict[str, Any]:
        outlet = Outlet()
        events = dict.fromkeys((common.OBSERVATIONS, common.PERIODS, common.LONGER_PERIODS), outlet)
        return {**run(dag, task, key, outlet_events=events, **given), "keys": outlet.keys}

    two = [{"periods": ["2024Q2"]}, {"periods": ["2024Q1", "2024Q2"]}]
    cases = {
        "receive": run("intake", "receive", None),
        "process": run("intake", "process", None, batch=1),
        "announce two": announced("intake", None, results=two),
        "announce with an empty inbox": announced("intake", None, results=[]),
        "announce none": announced("intake", None, results=[{"periods": []}]),
        "opens": announced("calendar", "2024-03-01"),
        "opens nothing": announced("calendar", "2024-03-02"),
        "issue": run("open_period", "issue", "2024Q1", scope="a"),
        "forms of": run("open_period", "scopes", "2024Q1"),
        "scopes": run("attain", "scopes", "2024Q1"),
        "scopes by hand": run("attain", "scopes", "2024Q1", kind="manual"),
        "compute": run("attain", "compute", "2024Q1", scope="a"),
        "longer": announced("attain", "2024Q2", task="announce_longer"),
        "nothing longer": announced("attain", "2024Q4", task="announce_longer"),
        "no key": run("attain", "scopes", None),
        "report scopes": run("report_quarterly", "scopes", "2024Q1", cadences=["quarter"]),
        "due": run("report_quarterly", "write", "2024Q1", scope="a", cadences=["quarter"]),
        "not due": run("report_quarterly", "write", "2024Q1", scope="c", cadences=["quarter"]),
        "feedback not due": run("report_quarterly", "feedback", "2024Q1", scope="c"),
        "due nine months": run("report_six_nine_months", "write", "2024N", scope="a", cadences=LONGER),
        "year in quarterly": run("report_quarterly", "scopes", "2024", cadences=["quarter"]),
        "nine months in longer": run("report_six_nine_months", "scopes", "2024N", cadences=LONGER),
        "quarter in longer": run("report_six_nine_months", "scopes", "2024Q2", cadences=LONGER),
        "half in quarterly": run("report_quarterly", "scopes", "2024H1", cadences=["quarter"]),
        "quarter in annual": run("report_annual", "scopes", "2024Q1", cadences=["year"]),
        "write": run("report_quarterly", "write", "2024Q1", scope="a", cadences=["quarter"]),
        "write annual": run("report_annual", "write", "2024", scope="a", cadences=["year"]),
        "month in monthly": run("report_monthly", "scopes", "2024-03", cadences=["month"]),
        "month in quarterly": run("report_quarterly", "scopes", "2024-03", cadences=["quarter"]),
        "quarter in monthly": run("report_monthly", "scopes", "2024Q1", cadences=["month"]),
        "write month": run("report_monthly", "write", "2024-03", scope="a", cadences=["month"]),
        "write half": run("report_six_nine_months", "write", "2024H1", scope="a", cadences=LONGER),
        "write nine months": run("report_six_nine_months", "write", "2024N", scope="a", cadences=LONGER),
        "ask nine months": run("report_six_nine_months", "ask", "2024N", written=[{"scope": "b"}], cadences=LONGER),
        "write nothing": run("report_quarterly", "write", "2024Q1", scope="b", cadences=["quarter"]),
        "feedback": run("report_quarterly", "feedback", "2024Q1", scope="a"),
        "ask": run("report_quarterly", "ask", "2024Q1", written=[{"scope": "a"}], cadences=["quarter"]),
        "ask nothing": run("report_quarterly", "ask", "2024Q1", written=[{"scope": "b"}], cadences=["quarter"]),
        "watch": run("intake", "watch", None),
        "tell": posted("alerts", "tell", None, "post"),
        "tell nobody": posted("alerts", "tell", None, None),
        "backup": run("housekeeping", "backup", "2024-04-22"),
        "drill": run("housekeeping", "drill", "2024-04-21"),
        "drill on Monday": run("housekeeping", "drill", "2024-04-22"),
        "archive": run("housekeeping", "archive", "2024-04-22"),
        "databases": run("housekeeping", "databases", "2024-04-22"),
        "logs": run("housekeeping", "logs", "2024-04-22"),
        "passed": announced("remind", "2024-04-23"),
        "passed nothing": announced("remind", "2024-04-22"),
        "note": run("remind", "note", "2024-04-23", periods=["2024Q1"]),
        "remind": posted("remind", "remind", "2024-04-23", "post", scope="a"),
        "remind on a day off": posted("remind", "remind", "2024-04-21", None, scope="a"),
        "folders": run("dispatch", "folders", None),
        "mail": posted("dispatch", "mail", None, "post"),
        "collect": posted("mail_door", "collect", None, "box"),
        "collect without connection": posted("mail_door", "collect", None, None),
        "answer": posted("mail_door", "answer", None, "post"),
        "answer without connection": posted("mail_door", "answer", None, None),
        "questions": posted("dispatch", "questions", None, "post"),
        "questions without connection": posted("dispatch", "questions", None, None),
        "mail without connection": posted("dispatch", "mail", None, None),
    }
    for kind in ("CatalogueError", "StorageError"):
        ANSWERS["compute_attainment"] = ANSWERS[kind]
        cases[kind] = run("attain", "compute", "2024Q1", scope="a")
    sys.stdout.write(json.dumps(cases, default=str))


if __name__ == "__main__":
    main()
