"""What every question about a period needs: a connection, the catalogue, whose period it is, and as known when."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from etl.catalog import models
from etl.catalog.loader import Catalogue
from etl.model import Period
from etl.warehouse.snapshot import parse_known_at_or_infinity


@dataclass(frozen=True)
class RunContext:
    """A scope's period as known at a moment; everything recorded counts where `known_at` is None.

    `catalogue` and `scope` are those of the moment.
    """

    conn: Connection
    catalogue: Catalogue
    scope: models.Scope
    period: Period
    known_at: str | datetime | None = None

    def for_period(self, period: Period) -> RunContext:
        """The same about another period."""
        return replace(self, period=period)

    @property
    def recorded_until(self) -> datetime | str:
        """The recorded time up to which something is known, as a statement takes it.

        Raises:
            UsageError: `known_at` is no time with zone.
        """
        return parse_known_at_or_infinity(self.known_at)
