"""Airflow's api-server alone, on a warehouse of its own with a draft that waits for a decision."""

from __future__ import annotations

import dataclasses
import datetime as dt
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from etl import load, steps
from etl import settings as etl_settings
from etl.catalog.geography import list_area_units
from etl.core.instance import load_settings_and_catalogue, open_current_engine
from ops import local
from tests.integration.build import item
from tests.integration.conftest import PAGE_FORM, PAGE_PERIOD, PAGE_SCOPE


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
    steps.open_period(PAGE_SCOPE, PAGE_PERIOD)
    settings, catalogue = load_settings_and_catalogue()
    unit = next(iter(list_area_units(catalogue, catalogue.scopes[PAGE_SCOPE], "commune", dt.date(2024, 3, 31)))).code
    cells = {(unit, "pop_total"): "1000", (unit, "telehealth_users"): "500"}
    with open_current_engine(settings, catalogue).begin() as conn:
        load.load_deliveries(conn, [item(conn, catalogue, PAGE_FORM, unit, PAGE_PERIOD, cells)])
    steps.compute_attainment(PAGE_SCOPE, PAGE_PERIOD)
    steps.draft_reports(PAGE_SCOPE, PAGE_PERIOD, "quarter")
    (question,) = steps.request_signoffs([PAGE_SCOPE], PAGE_PERIOD, "quarter", "run 1")
    return int(question["report"])
