"""What tasks read and write, as OpenLineage names it (namespace `tongket`) where Airflow is told to send its events.

Only DAG files import this. The names are the product's own, the same on every machine: `inbox`, `outbox/drafts`.
"""

from __future__ import annotations

from airflow.providers.common.compat.lineage.entities import File

INBOX = File(url="tongket://inbox")
ARCHIVE = File(url="tongket://archive")
CELLS = File(url="tongket://warehouse/core.observation")
FIGURES = File(url="tongket://warehouse/plan.attainment")
RETURNS = File(url="tongket://outbox/returns")
DRAFTS = File(url="tongket://outbox/drafts")
PUBLISHED = File(url="tongket://outbox/reports")
PARCELS = File(url="tongket://outbox/dispatched")
