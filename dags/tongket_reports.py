"""What every report DAG has: its tasks, and its run-book after the paragraph on when it runs.

Only the report DAG files import this.
"""

from __future__ import annotations

import logging

from airflow.sdk import DAG, Asset, PartitionedAssetTimetable, TriggerRule, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException
from tongket_common import DEFAULTS, match_key_and_cadence, name_errors, read_partition_key, watch
from tongket_lineage import DRAFTS, FIGURES

log = logging.getLogger("airflow.task")
_DECISION = """
`ask` collects the documents that nobody has decided on; of a report that is published already, it drafts one that
replaces its figures where they have changed enough since. Then the run ends: a document waits on the page
(*Văn bản*) for as long as it takes, where a person approves it, with number, date and signer, or sends it back with a
reason; `dispatch` mails those who decide. A document that a newer draft replaces waits no more.
"""
_FAILURES = """
**When it fails**

* `due`: the database is away, or a regime in `catalog/` is wrong. Mend what the message names, clear the task.
* `write`: a template has a wrong slot, the outbox cannot be written, or the disk is full; the other scopes go on.
  Mend what the message names, clear the scope that failed, with downstream.
* `ask`: the database is away, or a template of the correction is wrong. Mend it, clear the task, with downstream.
"""
_FEEDBACK_FAILURE = """\
* `feedback`: the database is away or the outbox cannot be written. Mend it, clear the scope that failed.
"""
_END = """\
* `watch`: nothing of its own; it turns the run red, names the tasks that failed, and notes the run for `alerts`. Clear
  those tasks, with downstream.

*Skipped* is no failure: the task's log says why (another kind of period; no scope due yet; no such report; nothing
to decide). A re-run is always safe: the same facts give the same documents, and a document is asked about once.
"""


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


@task(multiple_outputs=False, map_index_template="{{ scope }}")
@name_errors
def feedback(scope: str) -> dict[str, object]:
    from etl import steps

    return steps.write_unit_feedback(scope, read_partition_key(get_current_context()))


def build_report_dag(
    dag_id: str, asset: Asset, *cadences: str, subject: str, opening: str | None, with_feedback: bool = False
) -> DAG:
    """The DAG of the reports of some cadences (``quarter``, …).

    ``opening`` is the run-book's first paragraph with its heading; ``subject`` names the reports in a sentence.
    ``with_feedback`` adds the page for every unit.
    """
    book = [opening, _DECISION, _FAILURES, _FEEDBACK_FAILURE * with_feedback, _END]
    with DAG(
        dag_id=dag_id,
        schedule=PartitionedAssetTimetable(assets=asset),
        catchup=False,
        max_active_runs=4,
        default_args=DEFAULTS,
        tags=["tongket", "report"],
        description=f"Drafts {subject} of every scope that is due, and asks for decisions on them",
        doc_md="".join(filter(None, book)),
    ) as dag:
        due_scopes = due(list(cadences))
        written = write.partial(cadences=list(cadences)).expand(scope=due_scopes)
        questions = ask(written, list(cadences))
        [due_scopes, written, questions] >> watch()
        if with_feedback:
            feedback.expand(scope=due_scopes)
    return dag
