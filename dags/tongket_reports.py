"""The two tasks that both report DAGs have; the DAG files hold schedule and run-book.

Only the report DAG files import this.
"""

from __future__ import annotations

import logging

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException
from tongket_common import key_of_cadence

log = logging.getLogger("airflow.task")


def draft(cadence: str) -> None:
    """Adds `due` and `write` to the DAG that is being defined, for one cadence (``quarter``, ``year``)."""

    @task
    def due() -> list[str]:
        from etl import steps

        period = key_of_cadence(get_current_context(), cadence)
        answers = {scope: steps.report_due(scope, period) for scope in steps.scopes()}
        for scope, answer in answers.items():
            log.info("%s %s: %s (%s)", scope, period, "due" if answer["due"] else "not yet", answer["why"])
        ready = [scope for scope, answer in answers.items() if answer["due"]]
        if not ready:
            raise AirflowSkipException(f"No report of {period} is due yet.")
        return ready

    @task(multiple_outputs=False, map_index_template="{{ scope }}")
    def write(scope: str) -> dict[str, object]:
        from etl import steps

        written = steps.report(scope, key_of_cadence(get_current_context(), cadence), cadence)
        if "skipped" in written:
            raise AirflowSkipException(str(written["skipped"]))
        return written

    write.expand(scope=due())
