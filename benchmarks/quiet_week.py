"""How much a running, quiet install grows: `python -m benchmarks.quiet_week --minutes 10`, beside `make up`.

Watches logs and databases for some minutes and scales to a week. What the DAGs that run every few minutes write is kept
for `TONGKET_KEEP_QUIET_DAYS`: a week holds no more of it than that and the hours until the next night's cleaning.
Backups are not counted: they are kept for `TONGKET_KEEP_DAYS`, however quiet a week is.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import create_engine, text

from etl.settings import Settings, load_settings
from etl.upkeep.housekeeping import MOST_LOG_BYTES
from ops import local
from ops.environment import build_airflow_home_path

_WEEK_MINUTES = 7 * 24 * 60
_NIGHT_DAYS = 0.8
"""From the moment that is kept from, midnight UTC, to the next night's cleaning at 18:30 UTC."""
_CLEANED = ("logs of tasks", "Airflow's records")
_COUNTED = ("dag_run", "task_instance", "log", "xcom")


def measure_sizes(settings: Settings) -> dict[str, int]:
    """Bytes by what grows: logs of tasks and of components as they lie on disk, live rows of Airflow, the warehouse."""
    logs = build_airflow_home_path(settings) / "logs"
    addresses = local.ensure_databases(settings)
    sizes = {
        "logs of tasks": sum(_measure_folder(path) for path in logs.glob("dag_id=*")),
        **{path.name: path.stat().st_size for path in logs.glob("*.log")},
    }
    for name, address in (("Airflow's records", addresses.airflow), ("warehouse", addresses.warehouse)):
        engine = create_engine(address)
        with engine.connect() as conn:
            sizes[name] = int(conn.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
            if name != "warehouse":
                for table in _COUNTED:
                    sizes[f"rows of {table}"] = int(conn.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608
        engine.dispose()
    return sizes


def print_growth(settings: Settings, before: Mapping[str, int], after: Mapping[str, int], minutes: float) -> None:
    """What a week comes to, with and without the nightly cleaning."""
    kept_share = min(1.0, (settings.keep_quiet_days + _NIGHT_DAYS) / 7)
    total = 0.0
    for name, size in after.items():
        week = (size - before[name]) / minutes * _WEEK_MINUTES
        if name.startswith("rows"):
            print(f"{name:<22} {week:>10.0f} a week, {week * kept_share:>8.0f} kept")
            continue
        kept = week * kept_share if name in _CLEANED else week
        if name.endswith(".log"):  # cut every night
            kept = min(week, MOST_LOG_BYTES + week / 7)
        total += kept
        print(f"{name:<22} {week / 1e6:>10.1f} MB a week, {kept / 1e6:>5.1f} MB kept")
    print(f"a quiet week: {total / 1e6:.1f} MB")


def _measure_folder(folder: Path) -> int:
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def main() -> None:
    """The shell's door."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quiet_week", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="how long to watch; ten are one round of every DAG")
    minutes = parser.parse_args().minutes
    settings = load_settings()
    before = measure_sizes(settings)
    time.sleep(60 * minutes)
    print_growth(settings, before, measure_sizes(settings), minutes)


if __name__ == "__main__":
    main()
