"""Which indicators count whole things. Used only inside the attainment room.

A data element whose code ends in a unit of measure holds an amount; every other one counts people,
visits, cases or units.
"""

from __future__ import annotations

from etl.catalog import models as m

_AMOUNTS = ("_kg", "_mvnd")


def has_countable_numerator(indicator: m.Indicator | None) -> bool:
    """Whether the numerator is a number of people, visits, cases or units."""
    if indicator is None or indicator.numerator is None:
        return False
    return not any(t.data_element.endswith(_AMOUNTS) for t in indicator.terms if t.side == "numerator")


def is_share_indicator(indicator: m.Indicator) -> bool:
    """Whether it is a percentage of people or things: some of them, out of all of them."""
    return indicator.method == "ratio" and indicator.factor == 100 and has_countable_numerator(indicator)


def is_event_rate_indicator(indicator: m.Indicator) -> bool:
    """Whether it is a rate of events in a population: cases or deaths, not staff or beds.

    Events add up through the year, or are harmful (lower is better) over a thousand or more; the
    standing numbers over a population (doctors, beds) are neither.
    """
    harmful = indicator.direction == "down" and indicator.factor >= 1000
    return indicator.method == "ratio" and has_countable_numerator(indicator) and (indicator.accumulates or harmful)
