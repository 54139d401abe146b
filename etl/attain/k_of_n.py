"""So many of so many units (“8/10 xã”): the count decides, not the share. Used only inside the attainment room."""

from __future__ import annotations

from dataclasses import replace

from etl.attain import attainment_messages
from etl.attain.measure_kind import has_countable_numerator
from etl.catalog import models as m
from etl.model import Attainment


def apply_unit_count(required: m.CountOf, indicator: m.Indicator | None, row: Attainment) -> Attainment:
    """The row with `met` decided by the count, or left open with the reason.

    Enough units are enough, whoever has not reported. Too few are too few only if those who have not reported
    could not change it. A plan that counted other units than there are now is not compared.
    """
    if not has_countable_numerator(indicator) or row.numerator is None or row.denominator is None:
        return replace(row, reason=attainment_messages.NOT_COUNTED)
    not_reported = row.expected - row.present
    if row.denominator > required.of or (not not_reported and row.denominator != required.of):
        return replace(row, reason=attainment_messages.describe_other_total(required.of, int(row.denominator)))
    if row.numerator >= required.count:
        return replace(row, met=True)
    possible = row.numerator + (required.of - row.denominator)
    return (
        replace(row, reason=attainment_messages.describe_undecided_units(not_reported))
        if possible >= required.count
        else replace(row, met=False)
    )
