"""What every report DAG has: its tasks.

Only the report DAG files import this.
"""

from __future__ import annotations

import logging

from airflow.sdk import DAG, Asset, PartitionedAssetTimetable, TriggerRule, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException
from tongket_common import DEFAULTS, match_key_and_cadence, name_errors, read_partition_key, watch
from tongket_lineage import DRAFTS, FIGURES
from tongket_report_book import build_report_book

log = logging.getLogger("airflow.task")


@task
@name_errors
def scopes(cadences: list[str]) -> list[str]:
    from etl import steps

    match_key_and_cadence(get_current_context(), cadences)
    return steps.list_scopes()


@task(multiple_outputs=False, map_index_template="{{ scope }}", inlets=[FIGURES], outlets=[DRAFTS])
@name_errors
def write(scope: str, cadences: list[str]) -> dict[str, object]:
    from etl import steps

    period, cadence = match_key_and_cadence(get_current_context(), cadences)
    answer = steps.check_report_due(scope, period)
    if not answer["due"]:
        raise AirflowSkipException(f"Not due yet: {answer['why']}.")
    written = steps.draft_reports(scope, period, cadence)
    if "skipped" in written:
        raise AirflowSkipException(str(written["skipped"]))
    return written


@task(trigger_rule=TriggerRule.ALL_DONE)  # a scope that is skipped or failed holds up no other
@name_errors
def ask(written: list[dict[str, str]] | None, cadences: list[str]) -> list[dict[str, object]]:
    from etl import steps

    context, found = get_current_context(), [result["scope"] for result in written or ()]
    period, cadence = match_key_and_cadence(context, cadences)
    if not found:
        raise AirflowSkipException("Nothing was written.")
    questions = steps.request_signoffs(found, period, cadence, context["run_id"])
    for question in questions:
        log.info("%s", question["subject"])
    if not questions:
        raise AirflowSkipException("Nothing to decide: decided already, asked already, or no printed number changed.")
    return questions


@task(multiple_outputs=False, map_index_template="{{ scope }}")
@name_errors
def feedback(scope: str) -> dict[str, object]:
    from etl import steps

    period = read_partition_key(get_current_context())
    answer = steps.check_report_due(scope, period)
    if not answer["due"]:
        raise AirflowSkipException(f"Not due yet: {answer['why']}.")
    return steps.write_unit_feedback(scope, period)


def build_report_dag(
    dag_id: str, asset: Asset, *cadences: str, subject: str, opening: str | None, with_feedback: bool = False
) -> DAG:
    """The DAG of the reports of some cadences (``quarter``, …).

    ``opening`` is the run-book's first paragraph with its heading; ``subject`` names the reports in a sentence.
    ``with_feedback`` adds the page for every unit.
    """
    with DAG(
        dag_id=dag_id,
        schedule=PartitionedAssetTimetable(assets=asset),
        catchup=False,
        max_active_runs=4,
        default_args=DEFAULTS,
        tags=["tongket", "report"],
        description=f"Drafts {subject} of every scope that is due, and asks for decisions on them",
        doc_md=build_report_book(opening or "", with_feedback),
    ) as dag:
        found = scopes(list(cadences))
        written = write.partial(cadences=list(cadences)).expand(scope=found)
        questions = ask(written, list(cadences))
        [found, written, questions] >> watch()
        if with_feedback:
            feedback.expand(scope=found)
    return dag
