"""Runs `alerts.measure` with Airflow's metrics on, as a task process would; what it sends goes to the given address."""

from __future__ import annotations

import sys
import types
from pathlib import Path

DAGS = Path(__file__).resolve().parents[2] / "dags"


def main() -> None:
    sys.path.insert(0, str(DAGS))
    from airflow.dag_processing.dagbag import DagBag
    from airflow.sdk.configuration import conf
    from airflow.sdk.observability import stats
    from airflow.sdk.observability.metrics import stats_utils

    from etl import errors
    from etl.dispatch.operator_alerts import METRICS

    etl = types.ModuleType("etl")
    etl.steps = types.SimpleNamespace(measure_operations=lambda: dict.fromkeys(METRICS, 7.0))  # type: ignore[attr-defined]
    etl.errors = errors  # type: ignore[attr-defined]
    sys.modules["etl"] = etl
    stats.initialize(
        factory=stats_utils.get_stats_factory(), export_legacy_names=conf.getboolean("metrics", "legacy_names_on")
    )
    DagBag(str(DAGS), bundle_path=DAGS, bundle_name="dags").dags["alerts"].get_task("measure").python_callable()


if __name__ == "__main__":
    main()
