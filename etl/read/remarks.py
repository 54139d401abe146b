"""What the reader says of single cells that it could not take, or would not without being told so.

Room: read, parent's side; called by the reader with a workbook's observations. Messages are rules of
`expectations/reading.yaml`. Never changes an observation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache

from etl.catalog import Catalogue
from etl.catalog.rules import Rules
from etl.model import Finding, Observation
from etl.model.numbers import printed
from etl.read.values import CODES

_SMALL_SHARE = "V23"
_LABELS = {"date": "Ngày hoàn thành", "as_of": "Ngày công bố"}


def remarks(
    rules: Rules, catalogue: Catalogue, day: date, seen: Sequence[Observation], invalid: Mapping[int, str]
) -> Iterator[Finding]:
    """The findings about the cells of a sheet as read.

    Args:
        rules: where messages come from.
        catalogue: where names come from.
        day: the period's last day, on which units bear their names.
        seen: the sheet's observations.
        invalid: index among them → the name of an invalid state that `values.parse` gave.
    """
    shares = _shares(catalogue)
    told = [(i, CODES[name]) for i, name in invalid.items() if name in CODES]
    told += [(i, _SMALL_SHARE) for i, o in enumerate(seen) if o.data_element in shares and _may_be_fraction(o)]
    for i, code in told:
        yield _finding(rules, catalogue, day, code, seen[i])


@lru_cache(maxsize=4)
def _shares(catalogue: Catalogue) -> frozenset[str]:
    """The data elements that are counted in per cent."""
    return frozenset(code for code, element in catalogue.elements.items() if element.unit == "%")


def _may_be_fraction(seen: Observation) -> bool:
    """A plain number up to 1 in a per cent cell: 0.125 may be 12.5 % whose format was lost on the way."""
    return seen.value is not None and 0 < abs(seen.value) <= 1 and not seen.raw


def _finding(rules: Rules, catalogue: Catalogue, day: date, code: str, seen: Observation) -> Finding:
    value = seen.raw or (printed(seen.value) if seen.value is not None else "")
    element = catalogue.elements.get(seen.data_element)
    slots = {
        "element": element.name if element else _LABELS.get(seen.data_element.replace(":", ".").rsplit(".", 1)[-1], ""),
        "row_name": catalogue.unit_name(seen.org_unit_code, day),
        "unit_of_measure": element.unit if element else "",
    }
    return rules.finding(
        code, slots=slots, sheet=seen.sheet, cell=seen.cell, value=value,
        org_unit_code=seen.org_unit_code, data_element=seen.data_element,
    )  # fmt: skip
