"""Which report a document is, whatever the draft."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from etl.errors import UsageError


@dataclass(frozen=True)
class ReportKey:
    """A scope's report on a plan at a cadence, of a period.

    `audience` tells apart several reports on one plan and cadence, each with its recipients; empty where there is one.
    """

    scope: str
    plan: str
    cadence: str
    period: str
    audience: str = ""

    @property
    def name(self) -> str:
        """What the report's published folder is named, within its period and scope."""
        return "_".join(part for part in (self.plan, self.cadence, self.audience) if part)

    @property
    def stem(self) -> str:
        """How the names of the report's files begin."""
        return "_".join(part for part in (self.plan, self.period, self.audience) if part)

    def as_parameters(self) -> dict[str, str]:
        """All parts by name, as statements take them."""
        return asdict(self)

    def describe(self) -> dict[str, Any]:
        """The parts that say something, as records and events keep them."""
        return {part: value for part, value in asdict(self).items() if value}


def validate_one_report(named: str, found: Iterable[tuple[int, ReportKey]], hint: str) -> None:
    """Refuses what names drafts of several reports. `found`: number and report of each draft, newest first.

    Raises:
        UsageError: they are not of one report; it lists the last draft of each, by number.
    """
    last: dict[ReportKey, int] = {}
    for number, key in found:
        last.setdefault(key, number)
    if len(last) > 1:
        numbered = sorted((number, f"{key.scope}: {key.stem}") for key, number in last.items())
        names = ", ".join(f"{number} ({name})" for number, name in numbered)
        raise UsageError(f"{named!r} is of several reports: {names}", where="REPORT", fix=hint)
