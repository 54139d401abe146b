"""DAGs are parsed once, in a process of their own: what Airflow loads and warns of stays out of the other tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

Facts = dict[str, Any]


@pytest.fixture(scope="session")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """What parsing gives, see parse.py."""
    return _run("parse.py", tmp_path_factory.mktemp("airflow-home"))


@pytest.fixture(scope="session")
def bodies(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """What the bodies of tasks do, see bodies.py."""
    return _run("bodies.py", tmp_path_factory.mktemp("airflow-home"))


def _run(script: str, home: Path) -> Facts:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "TONGKET"))}
    env |= {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    command = [sys.executable, str(Path(__file__).with_name(script))]
    done = subprocess.run(command, env=env, cwd=home, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not list(home.glob("*.db")), "this must not need a database"
    found: Facts = json.loads(done.stdout.splitlines()[-1])
    return found
