"""What data elements, org units and data sets are called in a document. Used by the writers of this room.

Codes are the catalogue's own unless `catalog/exchange/` says otherwise. A code that two units bore one after the other
goes with the first day of the unit that is meant: the code alone names neither.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from etl.catalog import Catalogue
from etl.catalog import models as m
from etl.catalog.exchange import Exchange, Identifier
from etl.errors import CatalogueError
from etl.exchange.uids import derived
from etl.model import PeriodKind


@dataclass
class Names:
    """Identifiers by the scheme that `exchange.yaml` chooses. `derived` holds what had to be made up, and for what."""

    catalogue: Catalogue
    exchange: Exchange
    derived: dict[str, str] = field(default_factory=dict)
    _taken: dict[tuple[str, str], str] = field(default_factory=dict)

    def element(self, code: str) -> str:
        """A data element."""
        known = self.exchange.elements.get(code)
        return self._single("dataElement", code, (known.as_code if known else "") or code, known.uid if known else "")

    def unit(self, unit: m.Unit) -> str:
        """An org unit: its code and its validity together."""
        known = self.exchange.units.get((unit.code, unit.valid_from))
        shared = len(self.catalogue.units_of(unit.code)) > 1
        own = f"{unit.code}-{unit.valid_from:%Y%m%d}" if shared else unit.code
        said = (known.as_code if known else "") or own
        return self._single("orgUnit", f"{unit.code} {unit.valid_from}", said, known.uid if known else "")

    def option_combo(self, element: str) -> str:
        """The combination of categories of a data element's figures."""
        known = self.exchange.elements.get(element)
        if known is None or not (known.option_combo or known.option_combo_uid):
            return self.default_combo()
        return self._said("categoryOptionCombo", known.option_combo or element, known.option_combo_uid)

    def default_combo(self) -> str:
        """The combination where nothing is broken down."""
        return self._of("categoryOptionCombo", self.exchange.rules.option_combo)

    def data_set(self, kind: PeriodKind) -> str:
        """The data set of a length of period.

        Raises:
            CatalogueError: none is named.
        """
        found = self.exchange.rules.data_sets.get(kind)
        if found is None:
            raise CatalogueError(
                f"no data set is named for {kind.value}",
                where=str(self.catalogue.root / "exchange" / "exchange.yaml"),
                fix="add it under data_sets",
            )
        return self._of("dataSet", found)

    def _of(self, kind: str, identifier: Identifier) -> str:
        return self._said(kind, identifier.code, identifier.uid)

    def _said(self, kind: str, code: str, uid: str) -> str:
        if self.exchange.rules.id_scheme == "code":
            return code
        if not uid:
            uid = self.derived[f"{kind} {code}"] = derived(kind, code)
        return uid

    def _single(self, kind: str, own: str, code: str, uid: str) -> str:
        """An identifier that only one thing may have.

        Raises:
            CatalogueError: two things are called the same.
        """
        said = self._said(kind, code, uid)
        other = self._taken.setdefault((kind, said), own)
        if other != own:
            raise CatalogueError(
                f"{kind} {own} and {other} are both called {said!r}",
                where=str(self.catalogue.root / "exchange"),
                fix="give each its own code or UID",
            )
        return said
