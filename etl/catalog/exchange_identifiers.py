"""How figures are named in other systems: `catalog/exchange/`, read into strict models and checked.

Room: catalogue. Steps read it, the exchange room uses it. An identifier that nobody has entered is not guessed here.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import StringConstraints

from etl.catalog import models
from etl.catalog.catalogue import Catalogue
from etl.catalog.catalogue_files import CatalogueReader
from etl.catalog.problems import build_catalogue_error
from etl.model import PeriodKind

Uid = Annotated[str, StringConstraints(pattern=r"^([A-Za-z][A-Za-z0-9]{10})?$")]
"""An identifier as DHIS2 makes them: eleven letters and digits, a letter first; empty where none is known."""


class Identifier(models.StrictModel):
    """What something is called elsewhere: its code there, and its UID where one is known."""

    code: models.Text
    uid: Uid = ""


class NamedElement(models.StrictModel):
    """A data element that is called otherwise elsewhere. Key: code."""

    code: models.Code
    as_code: str = ""
    uid: Uid = ""
    option_combo: str = ""
    option_combo_uid: Uid = ""
    basis: models.Basis
    note: str = ""


class NamedUnit(models.StrictModel):
    """An org unit that is called otherwise elsewhere. Key: (code, valid_from)."""

    code: models.Code
    valid_from: dt.date
    as_code: str = ""
    uid: Uid = ""
    basis: models.Basis
    note: str = ""


class ExchangeRules(models.StrictModel):
    """What holds for every export. `data_sets` by the length of the period; `option_combo` where nothing is split."""

    basis: models.Basis
    source: models.Text
    id_scheme: Literal["code", "uid"]
    data_sets: dict[PeriodKind, Identifier]
    option_combo: Identifier


@dataclass(frozen=True)
class ExchangeCatalogue:
    """The rules, and the elements and units that are called otherwise than in the catalogue."""

    rules: ExchangeRules
    elements: dict[str, NamedElement]
    units: dict[tuple[str, dt.date], NamedUnit]


def load_exchange(catalogue: Catalogue) -> ExchangeCatalogue:
    """The names of `catalog/exchange/`.

    Raises:
        CatalogueError: a file, key or reference is wrong; says which.
    """
    reader = CatalogueReader()
    exchange = read_exchange(reader, catalogue)
    if exchange is None or reader.problems:
        raise build_catalogue_error(reader.problems)
    return exchange


def read_exchange(reader: CatalogueReader, catalogue: Catalogue) -> ExchangeCatalogue | None:
    """The names of `catalog/exchange/`, with every mistake in them."""
    root = catalogue.root / "exchange"
    rules = reader.read_entry(root / "exchange.yaml", ExchangeRules)
    elements = reader.build_index(reader.read_csv(root / "data_elements.csv", NamedElement), "code")
    for element in elements.values():
        if element.code not in catalogue.elements:
            reader.report_unknown(
                reader.find_place(element).at("code"), "data element", element.code, catalogue.elements
            )
    units: dict[tuple[str, dt.date], NamedUnit] = {}
    for unit in reader.read_csv(root / "org_units.csv", NamedUnit):
        key = unit.code, unit.valid_from
        if key in units or all(u.valid_from != unit.valid_from for u in catalogue.list_units_of_code(unit.code)):
            reader.report(
                reader.find_place(unit).at("code"),
                f"unit '{unit.code} from {unit.valid_from}' is unknown, or stands twice",
                "one line for each unit of units.csv, with the valid_from that it has there",
                value=unit.code,
            )
        units[key] = unit
    return None if rules is None else ExchangeCatalogue(rules, elements, units)
