"""What goes into a document: the figures that count, with their names and what must be said of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from etl.catalog import models as m
from etl.catalog.layout import MARK_TEXT
from etl.errors import UsageError
from etl.exchange.names import Names
from etl.model import CellState, Period
from etl.model.sent import Sent

ESTIMATED = "Số ước tính"


@dataclass(frozen=True)
class Message:
    """An area's figures of a period, to be written. `snapshot_at` is the ISO time up to which they are known."""

    scope: m.Scope
    period: Period
    cells: tuple[Sent, ...]
    snapshot_at: str
    simulated: bool


@dataclass(frozen=True)
class Figure:
    """One figure as a document gives it. `comment` is empty where there is nothing to say."""

    element: str
    unit: str
    combo: str
    value: str
    estimated: bool
    comment: str


def figures(message: Message, names: Names) -> Iterator[Figure]:
    """The figures that count, in the order of the cells; missing, unreliable and not applicable ones are left out.

    Raises:
        UsageError: there is none.
    """
    found = False
    for cell in message.cells:
        unit = names.catalogue.unit(cell.org_unit_code, message.period.end)
        if cell.value is None or not cell.counts or unit is None:
            continue
        found = True
        estimated = cell.state is CellState.ESTIMATED
        element, combo = names.element(cell.data_element), names.option_combo(cell.data_element)
        yield Figure(
            element, names.unit(unit), combo, exact(cell.value), estimated, _comment(message, cell, estimated=estimated)
        )
    if not found:
        raise UsageError(
            f"{message.scope.id} has no figures of {message.period}", where="--period", fix="see `tongket status`"
        )


def _comment(message: Message, cell: Sent, *, estimated: bool) -> str:
    said = [MARK_TEXT] if message.simulated else []
    said += [ESTIMATED] if estimated else []
    said += [f"Đã đính chính theo thống nhất {cell.corrected}"] if cell.corrected else []
    return "; ".join(said)


def exact(value: Fraction) -> str:
    """A figure with all its digits, a point before decimals: ``1234.5``."""
    if value.denominator == 1:
        return str(value.numerator)
    return f"{Decimal(value.numerator) / Decimal(value.denominator):f}"


def document(message: Message, names: Names, form: str) -> bytes:
    """The document of a format: ``dhis2`` or ``adx``.

    Raises:
        UsageError: there is no such format, no such period in it, or nothing to write.
    """
    from etl.exchange import adx, dhis2

    writers = {"dhis2": dhis2.data_value_set, "adx": adx.data_message}
    if form not in writers:
        raise UsageError(f"no format {form!r}", where="--format", fix=f"use one of: {', '.join(writers)}")
    return writers[form](message, names)
