"""### Intake: from the inbox to the warehouse, and back to the sender

Every five minutes, one run at a time: `receive` takes what is stable in `inbox/<unit>/`, archives it under its
hash and shares it out in batches; each batch is read, checked, loaded and answered chunk by chunk (`process`);
`returns` answers who sent known content again, and what a batch could not answer; `announce` tells the asset
`observations` which periods changed or, also with an empty inbox, are out of date (a paused DAG, a crash, an amended
catalogue; at most every `TONGKET_REANNOUNCE_MINUTES` the same period), and `attain` runs for each. The number of tasks
depends on `TONGKET_BATCHES`, not on the number of files. Where tasks wait for a free slot, these go first: no sender
waits for a report to be drawn.

**When it fails**

* `receive`: the inbox cannot be read, the disk is full, or the database is away.
  Mend it; the next run takes up where this one stopped.
* `process`: the database went away in a batch, or a file of rules is wrong; the other batches go on.
  Mend it, clear the batch that failed: every delivery is loaded whole or not at all.
* `returns`: the outbox cannot be written, also not by the batches. Mend it; the next run writes what is still owed.
* `announce`: the database, or Airflow's own, went away. Clear the task.
* `watch`: nothing of its own; it turns the run red, names the tasks that failed, and notes the run for `alerts`. Clear
  those tasks, with downstream.

A re-run is always safe: the same bytes never load twice. A *refused* file is not a failure: the sender has it
back with every finding marked.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable, TriggerRule, task
from airflow.sdk.exceptions import AirflowSkipException
from tongket_common import DEFAULTS, OBSERVATIONS, TIMEZONE, name_errors, watch
from tongket_lineage import ARCHIVE, CELLS, INBOX, RETURNS

with DAG(
    dag_id="intake",
    schedule=CronTriggerTimetable("*/5 * * * *", timezone=TIMEZONE),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=2),
    # Tried again sooner, and once more, than elsewhere: senders wait, and while a batch waits no new file is taken.
    default_args={**DEFAULTS, "retries": 3, "retry_delay": timedelta(seconds=10), "priority_weight": 1000},
    tags=["tongket", "intake"],
    description="Receives, checks, loads and answers what lies in the inbox",
    doc_md=__doc__,
):

    @task(inlets=[INBOX], outlets=[ARCHIVE])
    @name_errors
    def receive() -> list[int]:
        from etl import steps

        return steps.receive_deliveries()["batches"]

    @task(multiple_outputs=False, map_index_template="batch {{ batch }}", inlets=[ARCHIVE], outlets=[CELLS, RETURNS])
    @name_errors
    def process(batch: int) -> dict[str, object]:
        from etl import steps

        return steps.process_batch(batch)

    @task(multiple_outputs=False, trigger_rule=TriggerRule.ALL_DONE, inlets=[ARCHIVE], outlets=[RETURNS])
    @name_errors
    def returns() -> dict[str, object]:
        from etl import steps

        return steps.write_answers()

    # Also where no batch was processed: what is out of date is announced by whichever run comes next.
    @task(outlets=[OBSERVATIONS], trigger_rule=TriggerRule.ALL_DONE)
    @name_errors
    def announce(results: list[dict[str, object]], *, outlet_events) -> list[str]:
        from etl import steps

        periods = steps.announce_periods(results[:])
        if not periods:
            raise AirflowSkipException("No period changed.")
        outlet_events[OBSERVATIONS].add_partitions(periods)
        return periods

    received = receive()
    processed = process.expand(batch=received)
    answered = returns()
    announced = announce(processed)
    processed >> answered
    [received, processed, answered, announced] >> watch()
