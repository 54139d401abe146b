"""What goes into a document: the figures that count, with their names and what must be said of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from etl.catalog import models
from etl.catalog.layout import SIMULATION_NOTICE
from etl.errors import UsageError
from etl.exchange.identifiers import ExchangeIdentifiers
from etl.messages import Messages
from etl.model import CellState, Period
from etl.model.exported_value import ExportedValue


@dataclass(frozen=True)
class DataMessage:
    """An area's figures of a period, to be written. `snapshot_at` is the ISO time up to which they are known,
    `wording` the words of remarks."""

    scope: models.Scope
    period: Period
    cells: tuple[ExportedValue, ...]
    snapshot_at: str
    wording: Messages = field(repr=False)
    simulated: bool = False


@dataclass(frozen=True)
class MessageFigure:
    """One figure as a document gives it. `comment` is empty where there is nothing to say."""

    element: str
    unit: str
    combo: str
    value: str
    estimated: bool
    comment: str


def list_message_figures(message: DataMessage, names: ExchangeIdentifiers) -> Iterator[MessageFigure]:
    """The figures that count, in the order of the cells; missing, unreliable and not applicable ones are left out.

    Raises:
        UsageError: there is none.
    """
    has_figures = False
    for cell in message.cells:
        unit = names.catalogue.find_unit(cell.org_unit_code, message.period.end)
        if cell.value is None or not cell.is_counted or unit is None:
            continue
        has_figures = True
        estimated = cell.state is CellState.ESTIMATED
        element, combo = names.find_element_id(cell.data_element), names.find_option_combo_id(cell.data_element)
        yield MessageFigure(
            element,
            names.find_org_unit_id(unit),
            combo,
            format_exact_decimal(cell.value),
            estimated,
            _format_figure_comment(message, cell, estimated=estimated),
        )
    if not has_figures:
        raise UsageError(
            f"{message.scope.id} has no figures of {message.period}", where="--period", fix="see `tongket status`"
        )


def _format_figure_comment(message: DataMessage, cell: ExportedValue, *, estimated: bool) -> str:
    remarks = [SIMULATION_NOTICE] if message.simulated else []
    remarks += [message.wording.texts["exchange.estimated"]] if estimated else []
    if cell.corrected:
        remarks.append(message.wording.format("exchange.corrected", correction=cell.corrected))
    return "; ".join(remarks)


def format_exact_decimal(value: Fraction) -> str:
    """A figure with all its digits, a point before decimals: ``1234.5``."""
    if value.denominator == 1:
        return str(value.numerator)
    return f"{Decimal(value.numerator) / Decimal(value.denominator):f}"
