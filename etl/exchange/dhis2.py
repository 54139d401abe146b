"""A DHIS2 data value set as JSON, for ``POST /api/dataValueSets``.

Source: DHIS2 developer manual, “Sending bulks of data values”: each value names its period, org unit, data element and
option combination; identifier schemes stand in the payload and take precedence over those of the request.
"""

from __future__ import annotations

import json
from typing import Any

from etl.exchange.data_message import DataMessage, list_message_figures
from etl.exchange.identifiers import ExchangeIdentifiers
from etl.exchange.periods import format_dhis2_period


def render_data_value_set(message: DataMessage, names: ExchangeIdentifiers) -> bytes:
    """The data value set; the same figures and names give the same bytes.

    Raises:
        UsageError: DHIS2 has no such period, or there is nothing to write.
    """
    scheme = names.exchange.rules.id_scheme.upper()
    period = format_dhis2_period(message.period)
    values = []
    for figure in list_message_figures(message, names):
        value: dict[str, Any] = {
            "dataElement": figure.element,
            "period": period,
            "orgUnit": figure.unit,
            "categoryOptionCombo": figure.combo,
            "attributeOptionCombo": names.find_default_combo_id(),
            "value": figure.value,
        }
        if figure.comment:
            value["comment"] = figure.comment
        if figure.estimated:
            value["followup"] = True
        values.append(value)
    payload = {
        "dataSet": names.find_data_set_id(message.period.kind),
        "idScheme": scheme,
        "dataElementIdScheme": scheme,
        "orgUnitIdScheme": scheme,
        "categoryOptionComboIdScheme": scheme,
        "attributeOptionComboIdScheme": scheme,
        "dataSetIdScheme": scheme,
        "dataValues": values,
    }
    return (json.dumps(payload, ensure_ascii=False, indent=1) + "\n").encode()
