"""An ADX data message (IHE QRPH Aggregate Data Exchange) as XML: one group per org unit.

Source: the profile's own stylesheet from a data structure definition to a schema, and the DHIS2 developer manual, “ADX
data format”. Nothing is broken down by age or sex, so a value carries the default combination and no categories.
"""

from __future__ import annotations

from xml.etree import ElementTree as Xml

from etl.catalog.layout import MARK_TEXT
from etl.exchange.message import Message, figures
from etl.exchange.names import Names
from etl.exchange.periods import adx_period

NAMESPACE = "urn:ihe:qrph:adx:2015"


def data_message(message: Message, names: Names) -> bytes:
    """The message; the same figures and names give the same bytes. `exported` is the time the figures are known at.

    Raises:
        UsageError: there is nothing to write.
    """
    root = Xml.Element("adx", {"xmlns": NAMESPACE, "exported": message.snapshot_at})
    about = {
        "period": adx_period(message.period),
        "dataSet": names.data_set(message.period.kind),
        "attributeOptionCombo": names.default_combo(),
        "comment": "; ".join([*([MARK_TEXT] if message.simulated else []), message.scope.office.name]),
    }
    groups: dict[str, Xml.Element] = {}
    for figure in figures(message, names):
        if figure.unit not in groups:
            groups[figure.unit] = Xml.SubElement(root, "group", {"orgUnit": figure.unit, **about})
        value = {"dataElement": figure.element, "value": figure.value, "categoryOptionCombo": figure.combo}
        if figure.comment:
            value["comment"] = figure.comment
        Xml.SubElement(groups[figure.unit], "dataValue", value)
    Xml.indent(root, " ")
    body = Xml.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'.encode()
