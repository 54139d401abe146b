"""What the reader says of single cells that it could not take, or would not without being told so.

Room: read, parent's side; called by the reader with a workbook's observations. Messages are rules of
`expectations/reading.yaml`. Never changes an observation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache

from etl.catalog import Catalogue
from etl.catalog.rules import Rules
from etl.model import Finding, Observation
from etl.model.numbers import format_number
from etl.read.values import CODES

_SMALL_SHARE, _ODD_DAY = "V23", "V25"
_TASK_DATE = re.compile(r"task\.([\w-]+)\..*\.date")
_LABELS = {"date": "Ngày hoàn thành", "as_of": "Ngày công bố"}


def build_cell_findings(
    rules: Rules, catalogue: Catalogue, day: date, observations: Sequence[Observation], invalid: Mapping[int, str]
) -> Iterator[Finding]:
    """The findings about the cells of a sheet as read.

    Args:
        rules: where messages come from.
        catalogue: where names come from.
        day: the period's last day, on which units bear their names.
        seen: the sheet's observations.
        invalid: index among them → the name of an invalid state that `values.parse` gave.
    """
    shares = _list_percent_elements(catalogue)
    codes_by_index = [(i, CODES[name]) for i, name in invalid.items() if name in CODES]
    codes_by_index += [
        (i, _SMALL_SHARE) for i, o in enumerate(observations) if o.data_element in shares and _may_be_fraction(o)
    ]
    codes_by_index += [
        (i, _ODD_DAY) for i, o in enumerate(observations) if o.text and _is_odd_day(o, catalogue, day.isoformat())
    ]
    for i, code in codes_by_index:
        yield _build_cell_finding(rules, catalogue, day, code, observations[i])


@lru_cache(maxsize=4)
def _list_percent_elements(catalogue: Catalogue) -> frozenset[str]:
    """The data elements that are counted in per cent."""
    return frozenset(code for code, element in catalogue.elements.items() if element.unit == "%")


def _may_be_fraction(observation: Observation) -> bool:
    """A plain number up to 1 in a per cent cell: 0.125 may be 12.5 % whose format was lost on the way."""
    return observation.value is not None and 0 < abs(observation.value) <= 1 and not observation.raw


def _is_odd_day(observation: Observation, catalogue: Catalogue, last_day: str) -> bool:
    """A task's day of completion after the period that is reported, or before the plan that asks for it."""
    match = _TASK_DATE.fullmatch(observation.data_element)
    plan = catalogue.plans.get(match[1]) if match else None
    begins = (plan.date or plan.valid_from).isoformat() if plan else ""
    return match is not None and not begins <= observation.text <= last_day


def _build_cell_finding(rules: Rules, catalogue: Catalogue, day: date, code: str, observation: Observation) -> Finding:
    value = observation.raw or (format_number(observation.value) if observation.value is not None else "")
    if code == _ODD_DAY:
        value = f"{date.fromisoformat(observation.text):%d/%m/%Y}"
    element = catalogue.elements.get(observation.data_element)
    slots = {
        "element": element.name
        if element
        else _LABELS.get(observation.data_element.replace(":", ".").rsplit(".", 1)[-1], ""),
        "row_name": catalogue.find_unit_name(observation.org_unit_code, day),
        "unit_of_measure": element.unit if element else "",
    }
    return rules.build_finding(
        code, slots=slots, sheet=observation.sheet, cell=observation.cell, value=value,
        org_unit_code=observation.org_unit_code, data_element=observation.data_element,
    )  # fmt: skip
