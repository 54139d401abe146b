"""Decides on a document as a person does: on the page inside Airflow, by the form that the login is shown.

Only `ops` calls this.
"""

from __future__ import annotations

import re
from typing import Literal

from ops.airflow_api import AirflowClient, AirflowError

_TOKEN = re.compile(r'name="token" value="([^"]+)"')


def decide_on_page(
    client: AirflowClient, report: int, decision: Literal["approved", "sent_back"], **words: str
) -> None:
    """Sends the form of a document with its words: `number`, `date`, `signer`, `title`, `reason`.

    Raises:
        AirflowError: the document waits for nobody, the login may not decide, or the page refused; quotes it.
    """
    address = f"/tongket/documents/{report}"
    token = _TOKEN.search(client.read_page(address))
    if token is None:
        raise AirflowError(f"document {report} waits for no decision", where=address, fix="open it on the page")
    client.post_form(address, {"token": token[1], "decision": decision, **words})
