"""A document of figures in one of the formats that other systems read."""

from __future__ import annotations

from etl.errors import UsageError
from etl.exchange import adx, dhis2
from etl.exchange.data_message import DataMessage
from etl.exchange.identifiers import ExchangeIdentifiers


def render_exchange_document(message: DataMessage, names: ExchangeIdentifiers, format_name: str) -> bytes:
    """The document of a format: ``dhis2`` or ``adx``.

    Raises:
        UsageError: there is no such format, no such period in it, or nothing to write.
    """
    writers = {"dhis2": dhis2.render_data_value_set, "adx": adx.render_adx_message}
    if format_name not in writers:
        raise UsageError(f"no format {format_name!r}", where="--format", fix=f"use one of: {', '.join(writers)}")
    return writers[format_name](message, names)
