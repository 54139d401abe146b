"""What the DAG files share: assets, defaults, and how a run's period is read from its partition key.

Only DAG files import this. It never imports `etl`, pandas or anything heavy: it is read at every parse.
"""

from __future__ import annotations

import functools
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar

from airflow.sdk import Asset, TriggerRule, get_current_context, task
from airflow.sdk.configuration import conf
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

log = logging.getLogger("airflow.task")
P = ParamSpec("P")
T = TypeVar("T")

OWNER = "tongket"
TIMEZONE = "Asia/Ho_Chi_Minh"  # as `etl.model.vietnam_time` has it (a test keeps them equal)

# DAGs that run every few minutes: in a quiet week nearly all logs and records are theirs, and say nothing for long.
FREQUENT = ("alerts", "dispatch", "intake", "mail_door")

# One partition per period key (2024-03, 2024Q3, 2024): who waits for a period names it, and only that period runs.
PERIODS = Asset(name="periods", uri="tongket://catalog/periods")
OBSERVATIONS = Asset(name="observations", uri="tongket://warehouse/core/observations")
ATTAINMENT = Asset(name="attainment", uri="tongket://warehouse/out/attainment")
# Six and nine months have no forms of their own: an attained quarter announces those that it is a part of.
LONGER_PERIODS = Asset(name="longer_periods", uri="tongket://warehouse/out/longer-periods")

DEFAULTS: dict[str, Any] = {
    "owner": OWNER,
    "retries": 2,
    "retry_delay": timedelta(seconds=30),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=10),
    "execution_timeout": timedelta(minutes=30),
}

# The kinds of key that a report can have; the same words as `etl.model.Period` (a test keeps them equal).
KEY_OF_CADENCE = {
    "month": re.compile(r"\d{4}-(0[1-9]|1[0-2])"),
    "quarter": re.compile(r"\d{4}Q[1-4]"),
    "half": re.compile(r"\d{4}H[12]"),
    "nine_months": re.compile(r"\d{4}N"),
    "year": re.compile(r"\d{4}"),
}


def read_page_address() -> str:
    """Where people find the page: below Airflow's own address, as `plugins/tongket_page.py` mounts it."""
    return f"{conf.get('api', 'base_url', fallback='').rstrip('/')}/tongket"


def read_partition_key(context: Mapping[str, Any]) -> str:
    """The run's partition key.

    Raises:
        AirflowFailException: the run was started by hand without one; a retry could not help.
    """
    key = context.get("partition_key")
    if not key:
        raise AirflowFailException("This run has no partition key. Trigger it again with one, such as 2024Q3 or 2024.")
    return str(key)


def match_key_and_cadence(context: Mapping[str, Any], cadences: Iterable[str]) -> tuple[str, str]:
    """The run's partition key and its cadence, where it is one of those that this DAG reports on.

    Raises:
        AirflowSkipException: the key is of another kind; its own DAG runs for it.
    """
    key, allowed = read_partition_key(context), list(cadences)
    matched = next((cadence for cadence in allowed if KEY_OF_CADENCE[cadence].fullmatch(key)), None)
    if matched is None:
        raise AirflowSkipException(f"{key} is no {' or '.join(allowed)}: nothing for this DAG to do.")
    return key, matched


def name_errors(body: Callable[P, T]) -> Callable[P, T]:
    """Ends a task on an error of the product's own in three lines: what, where, what to do; without a traceback.

    Where no second try can help (a file that people write, a setting, a command) there is none.
    """

    @functools.wraps(body)
    def run(*arguments: P.args, **named: P.kwargs) -> T:
        from etl import errors

        try:
            return body(*arguments, **named)
        except errors.TongketError as error:
            for word, said in (("What", error.what), ("Where", error.where), ("Do", error.fix)):
                if said:
                    log.error("%s: %s", word, said)
            hopeless = (errors.CatalogueError, errors.SettingsError, errors.TemplateError, errors.UsageError)
            ended = AirflowFailException if isinstance(error, hopeless) else AirflowException
            raise ended(str(error)) from None

    return run


@task(retries=0, trigger_rule=TriggerRule.ONE_FAILED)
@name_errors
def watch() -> None:
    """Turns the run red where a task failed, names those tasks, and notes the run for `alerts`."""
    from etl import steps

    context = get_current_context()
    ti = context["ti"]
    (states,) = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id]).values()
    failed = sorted(name for name, state in states.items() if state in {"failed", "upstream_failed"})
    steps.record_failed_run(ti.dag_id, ti.run_id, context.get("partition_key"), failed)
    raise AirflowFailException(f"Failed: {', '.join(failed)}. Their own logs say what to do.")
