"""What data elements, org units and data sets are called in a document. Used by the writers of this room.

Codes are the catalogue's own unless `catalog/exchange/` says otherwise. A code that two units bore one after the other
goes with the first day of the unit that is meant: the code alone names neither.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from etl.catalog import Catalogue, models
from etl.catalog.exchange_identifiers import ExchangeCatalogue, Identifier
from etl.errors import CatalogueError
from etl.exchange.uids import derive_uid
from etl.model import PeriodKind


@dataclass
class ExchangeIdentifiers:
    """Identifiers by the scheme that `exchange.yaml` chooses. `derived` holds what had to be made up, and for what."""

    catalogue: Catalogue
    exchange: ExchangeCatalogue
    derived_uids: dict[str, str] = field(default_factory=dict)
    _taken: dict[tuple[str, str], str] = field(default_factory=dict)

    def find_element_id(self, code: str) -> str:
        """A data element."""
        override = self.exchange.elements.get(code)
        return self._find_unique_identifier(
            "dataElement", code, (override.as_code if override else "") or code, override.uid if override else ""
        )

    def find_org_unit_id(self, unit: models.Unit) -> str:
        """An org unit: its code and its validity together."""
        override = self.exchange.units.get((unit.code, unit.valid_from))
        shared = len(self.catalogue.list_units_of_code(unit.code)) > 1
        own = f"{unit.code}-{unit.valid_from:%Y%m%d}" if shared else unit.code
        code = (override.as_code if override else "") or own
        return self._find_unique_identifier(
            "orgUnit", f"{unit.code} {unit.valid_from}", code, override.uid if override else ""
        )

    def find_option_combo_id(self, element: str) -> str:
        """The combination of categories of a data element's figures."""
        override = self.exchange.elements.get(element)
        if override is None or not (override.option_combo or override.option_combo_uid):
            return self.find_default_combo_id()
        return self._select_code_or_uid(
            "categoryOptionCombo", override.option_combo or element, override.option_combo_uid
        )

    def find_default_combo_id(self) -> str:
        """The combination where nothing is broken down."""
        return self._select_identifier("categoryOptionCombo", self.exchange.rules.option_combo)

    def find_data_set_id(self, kind: PeriodKind) -> str:
        """The data set of a length of period.

        Raises:
            CatalogueError: none is named.
        """
        identifier = self.exchange.rules.data_sets.get(kind)
        if identifier is None:
            raise CatalogueError(
                f"no data set is named for {kind.value}",
                where=str(self.catalogue.root / "exchange" / "exchange.yaml"),
                fix="add it under data_sets",
            )
        return self._select_identifier("dataSet", identifier)

    def _select_identifier(self, kind: str, identifier: Identifier) -> str:
        return self._select_code_or_uid(kind, identifier.code, identifier.uid)

    def _select_code_or_uid(self, kind: str, code: str, uid: str) -> str:
        if self.exchange.rules.id_scheme == "code":
            return code
        if not uid:
            uid = self.derived_uids[f"{kind} {code}"] = derive_uid(kind, code)
        return uid

    def _find_unique_identifier(self, kind: str, own: str, code: str, uid: str) -> str:
        """An identifier that only one thing may have.

        Raises:
            CatalogueError: two things are called the same.
        """
        identifier = self._select_code_or_uid(kind, code, uid)
        other = self._taken.setdefault((kind, identifier), own)
        if other != own:
            raise CatalogueError(
                f"{kind} {own} and {other} are both called {identifier!r}",
                where=str(self.catalogue.root / "exchange"),
                fix="give each its own code or UID",
            )
        return identifier
