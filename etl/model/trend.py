"""Whether two attainments may be called a rise or a fall. Anyone above may ask; nothing is printed here."""

from __future__ import annotations

from typing import Literal

from etl.model.results import Attainment

Trend = Literal["up", "down", "same", "unclear", "carried", "broken", "none"]


def compare_attainments(now: Attainment, before: Attainment | None, *, broken: bool = False) -> Trend:
    """The word for the change from one period to another.

    ``unclear``: the 95 % intervals overlap, or nobody says how sure a published figure is: no word of rise or fall.
    ``carried``: one of the two is an older figure. ``broken``: another definition. ``none``: nothing to compare.
    Full counts (doctors, beds) have no interval and are compared as they are.
    """
    if before is None or now.value is None or before.value is None:
        return "none"
    if now.as_of or before.as_of:
        return "carried"
    if broken:
        return "broken"
    if now.value == before.value:
        return "same"
    if _is_overlapping(now.interval, before.interval) or (now.numerator is None and not now.interval):
        return "unclear"
    return "up" if now.value > before.value else "down"


def _is_overlapping(one: tuple[float, float] | None, other: tuple[float, float] | None) -> bool:
    return one is not None and other is not None and one[0] <= other[1] and other[0] <= one[1]
