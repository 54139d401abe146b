"""The tasks that every report DAG has; the DAG files hold schedule and run-book.

Only the report DAG files import this.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param, TriggerRule, get_current_context, task, task_group
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from tongket_common import match_key_and_cadence, name_errors, read_page_address, watch

log = logging.getLogger("airflow.task")

# The same words as `etl.approval.decisions` has (a test keeps them equal).
OPTIONS = ["Phê duyệt", "Trả lại"]
# What the registry fills in with an approval; left empty, number and date come with the signed PDF.
REGISTRY = {
    "so": Param("", type=["string", "null"], pattern="^[0-9]{0,5}$", title="Số văn bản"),
    "ngay": Param(None, type=["string", "null"], format="date", title="Ngày ban hành"),
    "nguoi_ky": Param("", type=["string", "null"], title="Họ và tên người ký"),
    "quyen_han": Param("", type=["string", "null"], format="multiline", title="Quyền hạn, chức vụ của người ký"),
}
# Runs that wait for a person must not hold up the others: they hold no slot, but they do count as active.
WAITING_RUNS = 1000


class SignOffOperator(HITLOperator):
    """Takes an answer that fills in a part of the form only: Airflow's own fails on it."""

    def validate_params_input(self, params_input: Mapping[str, Any]) -> None:
        super().validate_params_input({**self.params.dump(), **params_input})


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


@task(multiple_outputs=False, map_index_template="{{ scope }}")
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
    questions = steps.request_signoffs(
        scopes, period, cadence, context["run_id"], lambda run: _is_run_waiting(context["ti"], run), read_page_address()
    )
    if not questions:
        raise AirflowSkipException("Nothing to decide: decided already, asked already, or no printed number changed.")
    return questions


def _is_run_waiting(ti, run: str) -> bool:
    """Whether another run of this DAG has not ended: what it asked is still asked."""
    return bool(ti.get_dr_count(dag_id=ti.dag_id, run_ids=[run], states=["queued", "running"]))


@task(multiple_outputs=False)
@name_errors
def conclude(report: int, answer: dict[str, object]) -> dict[str, object]:
    from etl import steps

    done = steps.apply_signoff_answer(report, answer)
    if "refused" in done:
        raise AirflowFailException(str(done["refused"]))
    return done


@task_group(prefix_group_id=False)
def sign(report: int, subject: str, body: str) -> None:
    """One document: asked about, and its answer carried out, whatever becomes of the others."""
    # No time runs out, and no answer is taken for granted: the document waits until a person has decided.
    approve = SignOffOperator(
        task_id="approve",
        subject=subject,
        body=body,
        options=OPTIONS,
        params=REGISTRY | {"ly_do": Param("", type=["string", "null"], title="Lý do trả lại")},
        execution_timeout=None,
    )
    conclude(report, approve.output)


def add_report_tasks(*cadences: str) -> Any:
    """Adds the tasks to the DAG that is being defined, for some cadences (``quarter``, …); gives the scopes due."""
    due_scopes = due(list(cadences))
    written = write.partial(cadences=list(cadences)).expand(scope=due_scopes)
    questions = ask(written, list(cadences))
    sign.expand_kwargs(questions)
    [due_scopes, written, questions] >> watch()
    return due_scopes
