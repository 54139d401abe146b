"""What the DAG files share: assets, defaults, and how a run's period is read from its partition key.

Only DAG files import this. It never imports `etl`, pandas or anything heavy: it is read at every parse.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from airflow.sdk import Asset
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

OWNER = "tongket"
TIMEZONE = "Asia/Ho_Chi_Minh"  # as `etl.model.vietnam_time` has it (a test keeps them equal)

# One partition per period key (2024Q3, 2024): who waits for a period names it, and only that period runs.
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
    "quarter": re.compile(r"\d{4}Q[1-4]"),
    "half": re.compile(r"\d{4}H[12]"),
    "nine_months": re.compile(r"\d{4}N"),
    "year": re.compile(r"\d{4}"),
}


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
