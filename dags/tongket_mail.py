"""Mail server and mailbox, as Airflow's connections name them. Only the DAG files that mail import this.

`SmtpHook.send_email_smtp` is not used: it tries again by itself after any error, also where the server may have
taken the message over already, and would send it twice. The hook opens the session; the steps hand over, once.
"""

from __future__ import annotations

import imaplib
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowNotFoundException

MailOpener = Callable[[], AbstractContextManager[tuple[smtplib.SMTP, str]]]
MailboxOpener = Callable[[], AbstractContextManager[tuple[imaplib.IMAP4, str]]]
IMAP_SECONDS = 60


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
        except smtplib.SMTPAuthenticationError as error:  # without the server's words: they may repeat what was sent
            raise ConnectionError(f"the mail server refuses the login ({error.smtp_code})") from None
        client = hook._smtp_client
        try:
            yield client, sender
        finally:
            client.close()

    return open_mail_session


def build_mailbox_opener(connection: str) -> MailboxOpener | None:
    """What opens the mailbox of a connection, by TLS unless its extra says `{"use_ssl": false}`; None without one.

    `authserv_id` in the extra is the name by which the office's mail server signs its Authentication-Results: then only
    senders that it proved are believed.
    """
    try:
        mailbox = Connection.get(connection)
    except AirflowNotFoundException:
        return None
    extra = mailbox.extra_dejson

    @contextmanager
    def open_mailbox() -> Iterator[tuple[imaplib.IMAP4, str]]:
        host = mailbox.host or ""
        client: imaplib.IMAP4
        if extra.get("use_ssl", True):
            context = ssl.create_default_context()
            client = imaplib.IMAP4_SSL(host, mailbox.port or 993, ssl_context=context, timeout=IMAP_SECONDS)
        else:
            client = imaplib.IMAP4(host, mailbox.port or 143, timeout=IMAP_SECONDS)
        try:
            try:
                client.login(mailbox.login or "", mailbox.password or "")
            except imaplib.IMAP4.error:  # without the server's words, as above
                raise imaplib.IMAP4.error("the mail server refuses the login") from None
            yield client, str(extra.get("authserv_id", ""))
        finally:
            with suppress(imaplib.IMAP4.error, OSError):
                client.logout()
            with suppress(OSError):  # a server that hung up heard no farewell, and imaplib then keeps the socket
                client.shutdown()

    return open_mailbox
