"""Sends a letter through each of Airflow's SMTP connections named, in this fresh process; prints what came of it."""

from __future__ import annotations

import json
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def posted(connection: str) -> dict[str, Any]:
    from tongket_mail import build_mail_opener

    from etl.dispatch import Letter, build_email_message, send_message

    try:
        post = build_mail_opener(connection)
        if post is None:
            return {"post": None}
        with post() as (client, sender):
            letter = Letter("report/1/x", "Báo cáo quý I", "Kính gửi\n", {"a.docx": b"\x00\xff"})
            message = build_email_message(letter, sender, "b@vi-du.test", datetime(2024, 4, 22, tzinfo=UTC))
            answer = send_message(client, sender, "b@vi-du.test", message)
        return {"outcome": answer.outcome, "said": answer.server_reply}
    except Exception as error:
        return {"error": [kind.__name__ for kind in type(error).__mro__], "said": str(error)}


def opened(connection: str) -> dict[str, Any]:
    from tongket_mail import build_mailbox_opener

    open_mailbox = build_mailbox_opener(connection)
    if open_mailbox is None:
        return {"mailbox": None}
    try:
        with open_mailbox() as (client, server):
            return {"select": client.select("INBOX")[0], "server": server}
    except Exception as error:
        return {"error": [kind.__name__ for kind in type(error).__mro__], "said": repr(error)}


def hooked(connection: str) -> dict[str, Any]:
    from tongket_webhook import build_webhook_sender

    try:
        send = build_webhook_sender(connection)
        assert send
        send("một cảnh báo")
    except Exception as error:
        return {"error": type(error).__name__, "said": "".join(traceback.format_exception(error))}
    return {"error": ""}


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT / "dags"), str(ROOT)]
    does = {"imap": opened, "hook": hooked}
    ended = {name: does.get(name.partition("_")[0], posted)(name) for name in sys.argv[1:]}
    sys.stdout.write(json.dumps(ended))
