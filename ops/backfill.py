"""Periods computed again through Airflow, one after the other: `python -m ops.backfill --from 2024Q1 --to 2024Q4`.

`airflow backfill` knows the calendar only; a DAG that an asset drives has no dates to go through. So each period's
key is given to `attain`, exactly as `intake` would have done, and the reports follow as they do live. Airflow must
be running (`python -m ops.local up`).
"""

from __future__ import annotations

import argparse
import sys

from etl import settings as etl_settings
from etl.errors import TongketError, UsageError
from etl.model import Period
from ops import local
from ops.airflow_api import AirflowClient
from ops.dag_runs import DagRun, describe_failures, wait_until_settled

PERIOD_SECONDS = 600.0


def list_period_keys(first: str, last: str) -> list[str]:
    """The keys of all periods of one kind, first and last included.

    Raises:
        UsageError: not two periods of one kind, or the wrong way round.
    """
    begin, end = Period.parse(first), Period.parse(last)
    if begin.kind is not end.kind or begin > end:
        raise UsageError(
            f"{first} to {last} is no range",
            where="--from, --to",
            fix="name two periods of one kind, the earlier first",
        )
    per_year = 12 // begin.months
    count = (end.year - begin.year) * per_year + end.index - begin.index + 1
    return [_find_period_after(begin, steps, per_year).key for steps in range(count)]


def run_backfill(client: AirflowClient, periods: list[str]) -> list[DagRun]:
    """Runs each period and waits until its reports are done, before the next one; gives the runs made."""
    earlier_ids = {run.id for run in wait_until_settled(client, seconds=PERIOD_SECONDS)}
    for period in periods:
        client.trigger_dag_run("attain", period)
        done = [run for run in wait_until_settled(client, seconds=PERIOD_SECONDS) if run.id not in earlier_ids]
        print(f"{period}: {sum(run.key == period for run in done)} runs", flush=True)
    return [run for run in wait_until_settled(client, seconds=PERIOD_SECONDS) if run.id not in earlier_ids]


def _find_period_after(period: Period, steps: int, per_year: int) -> Period:
    place = period.index - 1 + steps
    return Period(period.year + place // per_year, period.kind, place % per_year + 1)


def main(arguments: list[str] | None = None) -> int:
    """The shell's door. Exit code 0 done, 1 a DAG run failed, 2 wrong use or Airflow is away."""
    parser = argparse.ArgumentParser(prog="python -m ops.backfill", description=__doc__)
    parser.add_argument("--from", dest="first", required=True, help="first period, such as 2024Q1")
    parser.add_argument("--to", dest="last", required=True, help="last period, of the same kind")
    chosen = parser.parse_args(arguments)
    try:
        periods = list_period_keys(chosen.first, chosen.last)
        client = local.read_running_airflow(etl_settings.load_settings()).client
        failed = [run for run in run_backfill(client, periods) if run.state == "failed"]
        for run in failed:
            print("\n".join(describe_failures(client, run)), file=sys.stderr)
        return 1 if failed else 0
    except TongketError as error:
        print(error, file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
