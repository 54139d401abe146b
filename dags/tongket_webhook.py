"""The webhook that alerts are posted to, as one of Airflow's connections names it. Only `alerts` imports this."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from urllib.error import HTTPError

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowFailException, AirflowNotFoundException

WEBHOOK_SECONDS = 10


def build_webhook_sender(connection: str) -> Callable[[str], None] | None:
    """What posts a text to the address of a connection, as `{"text": …}`; None where no connection is configured.

    Raises:
        AirflowFailException: the configured connection is missing, or is no http(s) address.
    """
    if not connection:
        return None
    try:
        found = Connection.get(connection)
    except AirflowNotFoundException:
        raise AirflowFailException(f"TONGKET_ALERT_WEBHOOK names {connection}, which Airflow does not have.") from None
    address = str(found.host or "")
    if not address.startswith(("https://", "http://")):
        raise AirflowFailException(f"Connection {connection}: write the whole address, https://…, into its host.")

    def post_text(text: str) -> None:
        from etl.errors import MailError

        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(address, json.dumps({"text": text}).encode(), headers)  # noqa: S310
        try:
            urllib.request.urlopen(request, timeout=WEBHOOK_SECONDS).close()  # noqa: S310 - checked above
        except (OSError, HTTPException) as error:  # without its words: an address often has a secret in it
            why = f"HTTP {error.code}" if isinstance(error, HTTPError) else type(error).__name__
            fix = f"check the address in the host of Airflow's connection {connection}"
            raise MailError(f"the webhook did not take an alert: {why}", where=connection, fix=fix) from None

    return post_text
