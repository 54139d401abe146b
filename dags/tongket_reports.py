"""The tasks that every report DAG has; the DAG files hold schedule and run-book.

Only the report DAG files import this.
"""

from __future__ import annotations

import logging
from typing import Any

from airflow.sdk import TriggerRule, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException
from tongket_common import match_key_and_cadence, name_errors, watch
from tongket_lineage import DRAFTS, FIGURES

log = logging.getLogger("airflow.task")


@task
@name_errors
def due(cadences: list[str]) -> list[str]:
    from etl import steps

    period, _ = match_key_and_cadence(get_current_context(), cadences)
    answers = {scope: steps.check_report_due(scope, period) for scope in steps.list_scopes()}
    for scope, answer in answers.items():
        log.info("%s %s: %s (%s)", scope, period, "due" if answer["due"] else "not yet", answer["why"])
    ready = [scope for scope, answer in answers.items() if answer["due"]]
    if not ready:
        raise AirflowSkipException(f"No report of {period} is due yet.")
    return ready


@task(multiple_outputs=False, map_index_template="{{ scope }}", inlets=[FIGURES], outlets=[DRAFTS])
@name_errors
def write(scope: str, cadences: list[str]) -> dict[str, object]:
    from etl import steps

    period, cadence = match_key_and_cadence(get_current_context(), cadences)
    written = steps.draft_reports(scope, period, cadence)
    if "skipped" in written:
        raise AirflowSkipException(str(written["skipped"]))
    return written


@task(trigger_rule=TriggerRule.ALL_DONE_MIN_ONE_SUCCESS)
@name_errors
def ask(written: list[dict[str, str]], cadences: list[str]) -> list[dict[str, object]]:
    from etl import steps

    context, scopes = get_current_context(), [result["scope"] for result in written]
    period, cadence = match_key_and_cadence(context, cadences)
    questions = steps.request_signoffs(scopes, period, cadence, context["run_id"])
    for question in questions:
        log.info("%s", question["subject"])
    if not questions:
        raise AirflowSkipException("Nothing to decide: decided already, asked already, or no printed number changed.")
    return questions


def add_report_tasks(*cadences: str) -> Any:
    """Adds the tasks to the DAG that is being defined, for some cadences (``quarter``, …); gives the scopes due."""
    due_scopes = due(list(cadences))
    written = write.partial(cadences=list(cadences)).expand(scope=due_scopes)
    questions = ask(written, list(cadences))
    [due_scopes, written, questions] >> watch()
    return due_scopes
