"""Which indicators count whole things: people, visits, cases or units, no amounts. Used only inside the room."""

from __future__ import annotations

from etl.catalog import models


def has_countable_numerator(indicator: models.Indicator | None) -> bool:
    """Whether the numerator is a number of people, visits, cases or units."""
    return indicator is not None and indicator.numerator is not None and indicator.measure in {"count", "population"}


def is_share_indicator(indicator: models.Indicator) -> bool:
    """Whether it is a percentage of people or things: some of them, out of all of them."""
    return indicator.method == "ratio" and indicator.factor == 100 and has_countable_numerator(indicator)


def is_event_rate_indicator(indicator: models.Indicator) -> bool:
    """Whether it is a rate of events in a population: cases or deaths, not staff or beds.

    Events add up through the year, or are harmful (lower is better) over a thousand or more; the
    standing numbers over a population (doctors, beds) are neither.
    """
    harmful = indicator.direction == "down" and indicator.factor >= 1000
    return indicator.method == "ratio" and has_countable_numerator(indicator) and (indicator.accumulates or harmful)
