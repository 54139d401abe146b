"""An ADX data message (IHE QRPH Aggregate Data Exchange) as XML: one group per org unit.

Source: the profile's own stylesheet from a data structure definition to a schema, and the DHIS2 developer manual, “ADX
data format”. Nothing is broken down by age or sex, so a value carries the default combination and no categories.
"""

from __future__ import annotations

from xml.etree import ElementTree as Xml

from etl.catalog.layout import SIMULATION_NOTICE
from etl.exchange.data_message import DataMessage, list_message_figures
from etl.exchange.identifiers import ExchangeIdentifiers
from etl.exchange.periods import format_adx_period
from etl.model.vietnam_time import parse_vietnam_day

NAMESPACE = "urn:ihe:qrph:adx:2015"


def render_adx_message(message: DataMessage, names: ExchangeIdentifiers) -> bytes:
    """The message; the same figures and names give the same bytes. `exported` is the time the figures are known at.

    Raises:
        UsageError: there is nothing to write.
    """
    root = Xml.Element("adx", {"xmlns": NAMESPACE, "exported": message.snapshot_at})
    office = names.catalogue.get_office(message.scope, parse_vietnam_day(message.snapshot_at))
    group_attributes = {
        "period": format_adx_period(message.period),
        "dataSet": names.find_data_set_id(message.period.kind),
        "attributeOptionCombo": names.find_default_combo_id(),
        "comment": "; ".join([*([SIMULATION_NOTICE] if message.simulated else []), office.name]),
    }
    groups: dict[str, Xml.Element] = {}
    for figure in list_message_figures(message, names):
        if figure.unit not in groups:
            groups[figure.unit] = Xml.SubElement(root, "group", {"orgUnit": figure.unit, **group_attributes})
        value = {"dataElement": figure.element, "value": figure.value, "categoryOptionCombo": figure.combo}
        if figure.comment:
            value["comment"] = figure.comment
        Xml.SubElement(groups[figure.unit], "dataValue", value)
    Xml.indent(root, " ")
    body = Xml.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'.encode()
