"""A DHIS2 data value set as JSON, for ``POST /api/dataValueSets``.

Source: DHIS2 developer manual, “Sending bulks of data values”: each value names its period, org unit, data element and
option combination; identifier schemes stand in the payload and take precedence over those of the request.
"""

from __future__ import annotations

import json
from typing import Any

from etl.exchange.message import Message, figures
from etl.exchange.names import Names
from etl.exchange.periods import dhis2_period


def data_value_set(message: Message, names: Names) -> bytes:
    """The data value set; the same figures and names give the same bytes.

    Raises:
        UsageError: DHIS2 has no such period, or there is nothing to write.
    """
    scheme = names.exchange.rules.id_scheme.upper()
    period = dhis2_period(message.period)
    values = []
    for figure in figures(message, names):
        value: dict[str, Any] = {
            "dataElement": figure.element,
            "period": period,
            "orgUnit": figure.unit,
            "categoryOptionCombo": figure.combo,
            "attributeOptionCombo": names.default_combo(),
            "value": figure.value,
        }
        if figure.comment:
            value["comment"] = figure.comment
        if figure.estimated:
            value["followup"] = True
        values.append(value)
    said = {
        "dataSet": names.data_set(message.period.kind),
        "idScheme": scheme,
        "dataElementIdScheme": scheme,
        "orgUnitIdScheme": scheme,
        "categoryOptionComboIdScheme": scheme,
        "attributeOptionComboIdScheme": scheme,
        "dataSetIdScheme": scheme,
        "dataValues": values,
    }
    return (json.dumps(said, ensure_ascii=False, indent=1) + "\n").encode()
