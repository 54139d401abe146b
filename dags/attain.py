"""### Attain: a period's indicators against every plan

Runs when observations of a period change, once for each changed period (the partition key: `2024Q3`, `2024`), for the
scopes whose figures that leaves out of date; then announces the period on the asset `attainment`, and the reports
follow. Six and nine months (`2024H1`, `2024N`) have no forms of their own and are not computed here: `announce_longer`
announces them, on the asset `longer_periods`, once their last quarter is computed, and again whenever a quarter of
theirs changes. To compute a period of every scope again by hand, trigger this DAG with its key, or several with
`python -m ops.backfill --from 2024Q1 --to 2024Q4`; the key of six or nine months leads to their report.

**When it fails**

* `scopes`: a setting or a file in `catalog/scopes` is wrong. Correct it, clear the task.
* `compute`: the database is away, a plan in `catalog/` is wrong, or a rule of `expectations/warehouse` fails over
  the period's views; the other scopes go on. Mend what the message names, clear the scope that failed, with downstream.
* `announce`: Airflow's own database went away. Clear the task.
* `announce_longer`: the database is away, or `reports` of a scope in `catalog/` is wrong.
  Mend what the message names, clear the task.
* `watch`: nothing of its own; it turns the run red, names the tasks that failed, and notes the run for `alerts`. Clear
  those tasks, with downstream.

*Skipped* is no failure: no scope was out of date any more, or no report on six or nine months rests on this period, or
not yet. A re-run is always safe: a period's rows are computed anew from the observations.
"""

from __future__ import annotations

from airflow.sdk import DAG, PartitionedAssetTimetable, TriggerRule, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException
from tongket_common import ATTAINMENT, DEFAULTS, LONGER_PERIODS, OBSERVATIONS, name_errors, read_partition_key, watch
from tongket_lineage import CELLS, FIGURES

with DAG(
    dag_id="attain",
    schedule=PartitionedAssetTimetable(assets=OBSERVATIONS),
    catchup=False,
    max_active_runs=4,
    # Before the reports: a draft made from figures that are about to change is made twice.
    default_args={**DEFAULTS, "priority_weight": 100},
    tags=["tongket", "attainment"],
    description="Computes a period's indicators against every plan",
    doc_md=__doc__,
):

    @task
    @name_errors
    def scopes() -> list[str]:
        from etl import steps

        context = get_current_context()
        period = read_partition_key(context)
        # Who triggers it by hand wants all of it anew.
        by_hand = context["dag_run"].run_type == "manual"
        return steps.list_scopes() if by_hand else steps.list_scopes_to_compute(period)

    @task(multiple_outputs=False, map_index_template="{{ scope }}", inlets=[CELLS], outlets=[FIGURES])
    @name_errors
    def compute(scope: str) -> dict[str, object]:
        from etl import steps

        return steps.compute_attainment(scope, read_partition_key(get_current_context()))

    # The event carries the run's own partition key.
    @task(outlets=[ATTAINMENT], trigger_rule=TriggerRule.ALL_DONE_MIN_ONE_SUCCESS)
    @name_errors
    def announce() -> str:
        return read_partition_key(get_current_context())

    @task(outlets=[LONGER_PERIODS], trigger_rule=TriggerRule.ALL_DONE_MIN_ONE_SUCCESS)
    @name_errors
    def announce_longer(*, outlet_events) -> list[str]:
        from etl import steps

        period = read_partition_key(get_current_context())
        longer = steps.list_longer_periods(period)
        if not longer:
            raise AirflowSkipException(f"No report on six or nine months rests on {period} now.")
        outlet_events[LONGER_PERIODS].add_partitions(longer)
        return longer

    computed = compute.expand(scope=scopes())
    announced = [announce(), announce_longer()]
    computed >> announced
    [computed, *announced] >> watch()
