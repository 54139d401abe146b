"""What is known around the workbooks of a chunk, laid beside them for the checker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from etl.catalog import Catalogue
from etl.model import FormStamp, Period

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from etl.check import Official, Submitted


def with_official(catalogue: Catalogue, given: Submitted) -> Submitted:
    """Adds the official population of the workbook's unit; needs no database."""
    stamp = _understood(catalogue, given)
    if stamp is None:
        return given
    official = _official(catalogue, stamp.unit, Period.parse(stamp.period).year)
    return replace(given, official=official, compare_official=True)


def with_history(conn: Connection, catalogue: Catalogue, chunk: Sequence[Submitted]) -> list[Submitted]:
    """Adds what the warehouse knows: the unit's other periods, and what it said of findings before."""
    from etl.warehouse import quality

    stamps = [_understood(catalogue, given) for given in chunk]
    count = int(catalogue.thresholds["history_periods"])
    wanted: dict[tuple[str, date], dict[str, None]] = {}
    for stamp in stamps:
        unit = catalogue.unit(stamp.unit, Period.parse(stamp.period).end) if stamp else None
        if stamp and unit:
            periods = wanted.setdefault((unit.code, unit.valid_from), {})
            periods |= dict.fromkeys(p.key for p in Period.parse(stamp.period).before(count))
    history = quality.other_periods(conn, wanted)
    said = quality.explanations(conn, [stamp for stamp in stamps if stamp])
    done = []
    for given, stamp in zip(chunk, stamps, strict=True):
        if stamp:
            known = history.get(stamp.unit, {})
            before = said.get((stamp.form, stamp.unit, stamp.period), {})
            given = replace(given, history=known, explained=before)  # noqa: PLW2901 - the same workbook, knowing more
        done.append(with_official(catalogue, given))
    return done


def _understood(catalogue: Catalogue, given: Submitted) -> FormStamp | None:
    """The stamp of a workbook that was read and whose form, unit and period exist."""
    stamp = given.read.stamp
    if stamp is None or not given.read.observations or stamp.form not in catalogue.forms:
        return None
    return stamp


def _official(catalogue: Catalogue, unit: str, year: int) -> Official | None:
    """The newest official population of a unit that is not of a later year, nor too old to compare with."""
    from etl.check import Official

    oldest = year - int(catalogue.thresholds["official_age"])
    figures = [f for f in catalogue.official_population if f.unit == unit and oldest <= f.year <= year]
    newest = max(figures, key=lambda f: f.year, default=None)
    return Official(float(newest.value), newest.year, f"{newest.source}, năm {newest.year}") if newest else None
