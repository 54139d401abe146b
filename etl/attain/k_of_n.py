"""So many of so many units (“8/10 xã”): the count decides, not the share. Used only inside the attainment room."""

from __future__ import annotations

from dataclasses import replace

from etl.attain.measure_kind import has_countable_numerator
from etl.catalog import models
from etl.model import Attainment
from etl.model.reason import Reason, build_reason


def apply_unit_count(required: models.CountOf, indicator: models.Indicator | None, row: Attainment) -> Attainment:
    """The row with `met` decided by the count, or left open with the reason.

    Enough units are enough, whoever has not reported. Too few are too few only if those who have not reported
    could not change it. A plan that counted other units than there are now is not compared.
    """
    if not has_countable_numerator(indicator) or row.numerator is None or row.denominator is None:
        return replace(row, reason=Reason("reason.not_counted"))
    not_reported = row.expected - row.present
    if row.denominator > required.of or (not not_reported and row.denominator != required.of):
        return replace(
            row, reason=build_reason("reason.other_total", planned=required.of, current=int(row.denominator))
        )
    if row.numerator >= required.count:
        return replace(row, met=True)
    possible = row.numerator + (required.of - row.denominator)
    return (
        replace(row, reason=build_reason("reason.undecided_units", count=not_reported))
        if possible >= required.count
        else replace(row, met=False)
    )
