"""Exact numbers as facts: the value, the same as a fraction, and the text that is printed everywhere.

Room: report. Used by the fact builders only; whatever is printed later copies the text made here.
"""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction

from etl.catalog import models
from etl.model import Attainment
from etl.model.numbers import format_number, round_half_away
from etl.report.figure_facts import PrintedNumber

ExactNumber = Fraction | int

MAX_DECIMALS, PER_CENT = 4, 100
_NOBODY_AND_EVERYBODY = {Fraction(0), Fraction(PER_CENT)}


def build_number_fact(value: ExactNumber | None, decimals: int = 0, missing: str = "") -> PrintedNumber:
    """A number as a fact. A missing one has no value and the words given for it, never a zero."""
    if value is None:
        return PrintedNumber(None, None, missing, decimals)
    plain: float | int = int(value) if value.denominator == 1 else float(value)
    return PrintedNumber(plain, str(value), format_number(value, decimals), decimals)


def build_count_fact(value: ExactNumber | None, missing: str = "") -> PrintedNumber:
    """A count: no decimals when whole, at most two when it is money or weight."""
    whole = value is None or value.denominator == 1
    return build_number_fact(value, 0 if whole else 2, missing)


def select_figure_decimals(target: models.Target, indicator: models.Indicator | None, a: Attainment) -> int:
    """How many decimals a figure is printed with, wherever and whenever it is: they belong to the figure itself.

    Those of the plan; of a published figure those it was published with; more, where it would print like a level that
    it has not (94,96 beside 95, 94,7 where more than 95 is asked for and thousands are missing; 1,0002 is 1,0 where 1,0
    is enough), like everybody (99,6 is not 100) or like nobody. The verdict, the period of the report and the row it
    stands in do not count.
    """
    if a.value is None:
        return target.decimals
    held = [level for level in (a.target, a.target_upper) if level is not None]
    levels = [level for level in held if _is_misread_as(level, a.operator, a.value)]
    return select_value_decimals(target, indicator, a.value, levels)


def select_value_decimals(
    target: models.Target, indicator: models.Indicator | None, value: Fraction, levels: Collection[Fraction] = ()
) -> int:
    """The same for a value alone; `levels` are those it is held against that the plan does not print as numbers."""
    published = indicator is not None and indicator.method == "published"
    decimals = max(target.decimals, _count_published_decimals(value)) if published else target.decimals
    stones = [(Fraction(s.value), s.operator) for s in target.milestones if s.value is not None and s.per is None]
    stated = {level for level, operator in stones if _is_misread_as(level, operator, value)}
    ends = _NOBODY_AND_EVERYBODY if indicator is not None and indicator.factor == PER_CENT else set[Fraction]()
    return select_telling_decimals(value, (stated | ends | set(levels)) - {value}, decimals)


def _is_misread_as(level: Fraction, operator: str, value: Fraction) -> bool:
    """Whether a value that prints like the level is taken for it wrongly: only where the level itself is enough, and
    the value has it, are the two the same to a reader."""
    meets = {">=": value >= level, "<=": value <= level}
    return not meets.get(operator, False)


def select_telling_decimals(value: ExactNumber, levels: Collection[ExactNumber], decimals: int) -> int:
    """As many decimals as it takes for a value not to print like any of the levels that it differs from."""
    shown = decimals
    while shown < MAX_DECIMALS and Fraction(round_half_away(value, shown), 10**shown) in levels:
        shown += 1
    return shown


def _count_published_decimals(value: Fraction) -> int:
    """The decimals of a figure as its publisher wrote it; none of one that no decimal number is."""
    return next((places for places in range(MAX_DECIMALS + 1) if (value * 10**places).denominator == 1), 0)


def compute_printed_difference(before: tuple[ExactNumber, int], after: tuple[ExactNumber, int]) -> tuple[Fraction, int]:
    """The move between two figures as each is printed (value, decimals), and its decimals.

    From 97,6 to 99,3 is 1,7; beside “98” and “99” a reader finds 1. Where one end is printed finer than the other and
    that alone would turn the move round or make one of nothing, both are taken as coarse as the coarser.
    """
    exact = Fraction(after[0]) - Fraction(before[0])
    printed = _round_to(*after) - _round_to(*before)
    if printed and printed * exact <= 0:
        places = min(before[1], after[1])
        return _round_to(after[0], places) - _round_to(before[0], places), places
    return printed, max(before[1], after[1])


def _round_to(value: ExactNumber, decimals: int) -> Fraction:
    return Fraction(round_half_away(value, decimals), 10**decimals)
