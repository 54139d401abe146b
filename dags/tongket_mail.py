"""The mail server, as Airflow's SMTP connection names it. Only the DAG files that mail import this.

`SmtpHook.send_email_smtp` is not used: it tries again by itself after any error, also where the server may have
taken the message over already, and would send it twice. The hook opens the session; the steps hand over, once.
"""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowNotFoundException

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
