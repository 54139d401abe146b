"""A run of the reports' DAG by Airflow itself: one scope's failure stops no other's report, and the run names it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """A run for a quarter where a scope is due, one raises and one is not due; and one of a DAG for other periods."""
    home, here = tmp_path_factory.mktemp("airflow-home"), Path(__file__)
    env = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "TONGKET"))}
    env |= {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    env["AIRFLOW__CORE__DAGS_FOLDER"] = str(here.parents[2] / "dags")
    command = [sys.executable, str(here.with_name("report_run.py"))]
    done = subprocess.run(command, env=env, cwd=home, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_a_scope_that_raises_stops_no_other_and_the_run_names_it(runs: list[dict[str, Any]]) -> None:
    run = runs[0]
    wanted = {"a": "success", "b": "failed", "c": "skipped"}
    assert run["states"]["write"] == run["states"]["feedback"] == wanted
    assert (run["states"]["ask"], run["asked"]) == ({"-1": "success"}, [["a"]]), "what was drafted is asked about"
    assert (run["states"]["watch"], run["run"]) == ({"-1": "failed"}, "failed")


def test_a_period_of_another_kind_is_skipped_whole(runs: list[dict[str, Any]]) -> None:
    assert {task: set(states.values()) for task, states in runs[1]["states"].items()} == {
        task: {"skipped"} for task in ("scopes", "write", "feedback", "ask", "watch")
    }
    assert runs[1]["run"] == "success"
