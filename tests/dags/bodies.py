"""Runs the bodies of tasks against a stand-in for etl.steps, in this fresh process; prints what came of it as JSON."""

from __future__ import annotations

import json
import sys
import types
from pathlib import Path
from typing import Any

DAGS = Path(__file__).resolve().parents[2] / "dags"
CALLS: list[list[Any]] = []
DUE = {"a": True, "b": False}


class Steps(types.ModuleType):
    """Answers as etl.steps would, and writes down what it was asked."""

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any) -> Any:
            CALLS.append([name, *arguments])
            match name, arguments:
                case "scopes", _:
                    return ["a", "b"]
                case "report_due", (scope, _):
                    return {"due": DUE[scope], "why": "because"}
                case "report", (scope, *_):
                    return {"skipped": "no such report"} if scope == "b" else {"documents": ["x.docx"]}
                case "touched_periods", (results,):
                    return sorted({p for r in results for p in r["periods"]})
                case "periods_opening", (key,):
                    return ["2024Q1"] if key == "2024-01" else []
                case "receive", _:
                    return {"received": 3, "duplicates": 0, "waiting": 0, "batches": [0, 1]}
                case _:
                    return {"done": name}

        return call


class Outlet:
    """Takes the partitions that a task announces."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def add_partitions(self, keys: list[str]) -> None:
        self.keys += keys


def main() -> None:
    sys.path.insert(0, str(DAGS))
    import tongket_common as common
    from airflow.dag_processing.dagbag import DagBag

    etl = types.ModuleType("etl")
    etl.steps = Steps("steps")  # type: ignore[attr-defined]
    sys.modules["etl"] = etl
    bag = DagBag(str(DAGS), bundle_path=DAGS, bundle_name="dags")
    modules = {name: module for name, module in sys.modules.items() if getattr(module, "get_current_context", None)}

    def run(dag: str, task: str, key: str | None, **given: Any) -> dict[str, Any]:
        CALLS.clear()
        for module in modules.values():
            module.get_current_context = lambda: {"partition_key": key}
        try:
            gave = bag.dags[dag].get_task(task).python_callable(**given)
        except Exception as stopped:
            return {"stopped": type(stopped).__name__, "said": str(stopped), "calls": list(CALLS)}
        return {"gave": gave, "calls": list(CALLS)}

    def announced(dag: str, key: str | None, **given: Any) -> dict[str, Any]:
        outlet = Outlet()
        events = {common.OBSERVATIONS: outlet, common.PERIODS: outlet}
        return {**run(dag, "announce", key, outlet_events=events, **given), "keys": outlet.keys}

    two = [{"periods": ["2024Q2"]}, {"periods": ["2024Q1", "2024Q2"]}]
    cases = {
        "receive": run("intake", "receive", None),
        "process": run("intake", "process", None, batch=1),
        "announce two": announced("intake", None, results=two),
        "announce none": announced("intake", None, results=[{"periods": []}]),
        "opens": announced("calendar", "2024-01"),
        "opens nothing": announced("calendar", "2024-02"),
        "issue": run("open_period", "issue", "2024Q1", scope="a"),
        "compute": run("attain", "compute", "2024Q1", scope="a"),
        "no key": run("attain", "scopes", None),
        "due": run("report_quarterly", "due", "2024Q1"),
        "year in quarterly": run("report_quarterly", "due", "2024"),
        "quarter in annual": run("report_annual", "due", "2024Q1"),
        "write": run("report_quarterly", "write", "2024Q1", scope="a"),
        "write annual": run("report_annual", "write", "2024", scope="a"),
        "write nothing": run("report_quarterly", "write", "2024Q1", scope="b"),
        "watch": run("intake", "watch", None),
    }
    DUE["a"] = False
    cases["none due"] = run("report_quarterly", "due", "2024Q1")
    sys.stdout.write(json.dumps(cases))


if __name__ == "__main__":
    main()
