"""The exchange room: leaf figures of an area → documents that other systems take in.

Called by steps. Pure: it opens no file and no database, sums nothing and rounds nothing. What is missing is left out,
never sent as zero.
"""

from etl.exchange import adx, dhis2
from etl.exchange.data_message import DataMessage
from etl.exchange.exchange_document import render_exchange_document

__all__ = ["DataMessage", "adx", "dhis2", "render_exchange_document"]
