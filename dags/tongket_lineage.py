"""What tasks read and write, as OpenLineage names it (namespace `tongket`) where Airflow is told to send its events.

Only DAG files import this. The names are the product's own, the same on every machine: `inbox`, `outbox/drafts`.
"""

from __future__ import annotations

from collections.abc import Sequence

from airflow.providers.common.compat.lineage.entities import File

INBOX = File(url="tongket://inbox")
ARCHIVE = File(url="tongket://archive")
CELLS = File(url="tongket://warehouse/core.observation")
FIGURES = File(url="tongket://warehouse/plan.attainment")
RETURNS = File(url="tongket://outbox/returns")
DRAFTS = File(url="tongket://outbox/drafts")
PUBLISHED = File(url="tongket://outbox/reports")
PARCELS = File(url="tongket://outbox/dispatched")


def emit_publications(folders: Sequence[str]) -> None:
    """Says, in the name of the running task, that drafts became what is published in some folders below the outbox.

    A decision is made on the page, in no task, so the next one of `dispatch` tells of it.
    """
    from airflow.providers.openlineage.api import emit_dataset_lineage, is_openlineage_active
    from openlineage.client.event_v2 import Dataset

    if not folders or not is_openlineage_active():
        return
    names = [PUBLISHED.url, *(f"tongket://outbox/{folder}" for folder in folders)]
    drafts, *published = (Dataset("tongket", url.removeprefix("tongket://")) for url in (DRAFTS.url, *names))
    emit_dataset_lineage(inputs=[drafts], outputs=list(published))
