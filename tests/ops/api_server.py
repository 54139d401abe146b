"""Airflow's api-server alone, on a warehouse of its own with a draft that waits for a decision."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from etl import settings as etl_settings
from etl import steps
from ops import local


@contextmanager
def start_api_server(build_env: Callable[..., dict[str, str]], **patches: Any) -> Iterator[local.RunningAirflow]:
    """Runs it in a new folder, with ``build_env`` for its environment and further ``patches`` of ``ops.local``."""
    with tempfile.TemporaryDirectory(prefix="tongket-api-") as name, pytest.MonkeyPatch.context() as patch:
        Path(name).chmod(0o755)  # the private server's own account must pass
        for attribute, value in {"build_airflow_env": build_env, **patches}.items():
            patch.setattr(local, attribute, value)
        patch.setattr("etl.report.pdf.PROGRAMS", ())
        settings = dataclasses.replace(
            etl_settings.load_settings(), var=Path(name) / "var", database_url="", scopes=("tan-yen",), simulated=True
        )
        patch.setenv("TONGKET_VAR", str(settings.var))
        patch.setenv("TONGKET_SIMULATED", "1")
        try:
            yield local.start_airflow(settings, components=("api-server",))
        finally:
            local.stop_airflow(settings)


def draft_waiting_report() -> int:
    """Drafts a report that waits for a decision; gives its number."""
    steps.open_period("tan-yen", "2024Q1")
    steps.compute_attainment("tan-yen", "2024Q1")
    steps.draft_reports("tan-yen", "2024Q1", "quarter")
    (question,) = steps.request_signoffs(["tan-yen"], "2024Q1", "quarter", "run 1")
    return int(question["report"])
