"""The mail server and the webhook, as Airflow's connections name them. Only the DAG files that mail import this.

`SmtpHook.send_email_smtp` is not used: it tries again by itself after any error, also where the server may have
taken the message over already, and would send it twice. The hook opens the session; the steps hand over, once.
"""

from __future__ import annotations

import json
import smtplib
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowNotFoundException

WEBHOOK_SECONDS = 10
MailOpener = Callable[[], AbstractContextManager[tuple[smtplib.SMTP, str]]]


def build_mail_opener(connection: str) -> MailOpener | None:
    """What opens a session with the mail server of a connection; None where Airflow has no such connection.

    Raises:
        AirflowFailException: the connection names no sender; a retry could not help.
    """
    from airflow.providers.smtp.hooks.smtp import SmtpHook

    try:
        smtp_connection = SmtpHook.get_connection(connection)
    except AirflowNotFoundException:
        return None
    sender = smtp_connection.extra_dejson.get("from_email")
    if not sender:
        raise AirflowFailException(f"Connection {connection} has no sender: write from_email into its extra.")

    @contextmanager
    def open_mail_session() -> Iterator[tuple[smtplib.SMTP, str]]:
        try:
            hook = SmtpHook(connection).get_conn()
        except AirflowException as error:  # the hook's word for a server that hangs up
            raise ConnectionError(str(error)) from error
        client = hook._smtp_client
        try:
            yield client, sender
        finally:
            client.close()

    return open_mail_session


def build_webhook_sender(connection: str) -> Callable[[str], None] | None:
    """What posts a text to the address of a connection, as `{"text": …}`; None where no connection is configured.

    Raises:
        AirflowFailException: the configured connection is missing, or is no http(s) address.
    """
    if not connection:
        return None
    from airflow.sdk import Connection

    try:
        found = Connection.get(connection)
    except AirflowNotFoundException:
        raise AirflowFailException(f"TONGKET_ALERT_WEBHOOK names {connection}, which Airflow does not have.") from None
    address = str(found.host or "")
    if not address.startswith(("https://", "http://")):
        raise AirflowFailException(f"Connection {connection}: write the whole address, https://…, into its host.")

    def post_text(text: str) -> None:
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(address, json.dumps({"text": text}).encode(), headers)  # noqa: S310
        with urllib.request.urlopen(request, timeout=WEBHOOK_SECONDS):  # noqa: S310 - checked above
            pass

    return post_text
