"""The last figure of an area that has none of the report's own period.

Room: report. Used by `report_figures`. One rule for all: what is known of a time before is printed with that time and
is “chưa có số liệu mới”, whether a year's figure is not due yet or one of the period was not sent; “chưa có số liệu” is
what nobody ever reported.
"""

from __future__ import annotations

from etl.catalog import models
from etl.messages import Messages
from etl.model import Attainment, Period
from etl.report.covered_period import format_covered_stretch, is_cumulative_indicator
from etl.report.figure_facts import LastKnown
from etl.report.inputs import ReportInput
from etl.report.number_facts import build_number_fact, select_value_decimals


def find_last_known(inputs: ReportInput, wording: Messages, target: models.Target, a: Attainment) -> LastKnown | None:
    """The last figure before the period; None for a unit, or where the period has one of its own.

    The area is the plan's, also where it has ended: the same people. Of another definition than the present one
    nothing is told.
    """
    indicator = inputs.catalogue.indicators.get(a.indicator)
    points = dict(inputs.series).get(a.item, ())
    if a.status != "no_data" or a.unit != inputs.area or indicator is None or not points:
        return None
    last, period = points[-1], Period.parse(points[-1].period)
    redefined = indicator.find_definition(last.period) != indicator.find_definition(inputs.period.key)
    if target.is_of_several_periods or redefined or period.end >= inputs.period.start:
        return None
    decimals = select_value_decimals(inputs.select_print_target(target), indicator, last.value)
    grown = is_cumulative_indicator(inputs.catalogue, indicator)
    covers = format_covered_stretch(wording, period, grown=grown)
    return LastKnown(build_number_fact(last.value, decimals), last.period, covers)
