"""So many of so many units (“8/10 xã”): the count decides, not the share. Used only inside the attainment room."""

from __future__ import annotations

from dataclasses import replace

from etl.attain import wording
from etl.attain.counting import counts_things
from etl.catalog import models as m
from etl.model import Attainment


def counted(wanted: m.CountOf, indicator: m.Indicator | None, row: Attainment) -> Attainment:
    """The row with `met` decided by the count, or left open with the reason.

    Enough units are enough, whoever has not reported. Too few are too few only if those who have not reported
    could not change it. A plan that counted other units than there are now is not compared.
    """
    if not counts_things(indicator) or row.numerator is None or row.denominator is None:
        return replace(row, reason=wording.NOT_COUNTED)
    unheard = row.expected - row.present
    if row.denominator > wanted.of or (not unheard and row.denominator != wanted.of):
        return replace(row, reason=wording.other_total(wanted.of, int(row.denominator)))
    if row.numerator >= wanted.count:
        return replace(row, met=True)
    possible = row.numerator + (wanted.of - row.denominator)
    return replace(row, reason=wording.hangs_on(unheard)) if possible >= wanted.count else replace(row, met=False)
