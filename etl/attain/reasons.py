"""Reasons of the attainment room that carry something: counts, periods, definitions. Used only inside the room."""

from __future__ import annotations

from etl.model.reason import Reason, build_reason


def build_no_data_reason(present: int, expected: int) -> Reason:
    """That there is no value, with the units that reported where they are known."""
    if not expected:
        return Reason("reason.no_data")
    return build_reason("reason.no_data_of", present=present, expected=expected)


def build_carried_reason(as_of: str, met: bool | None) -> Reason:
    """That the value is an older one, and whether that one meets the target (None: no target to meet)."""
    if met is None:
        return build_reason("reason.carried", as_of=as_of)
    return build_reason("reason.carried_met" if met else "reason.carried_not_met", as_of=as_of)


def build_part_year_reason(months: int, *, within: bool, year_exceeded: bool) -> Reason:
    """How an accumulating figure stands against the year's plan pro rata."""
    if year_exceeded:
        return Reason("reason.exceeded_year")
    return build_reason("reason.within_prorated" if within else "reason.outside_prorated", months=months)


def build_missing_base_reason(written: str) -> Reason:
    """That a level stated against a base has no base to stand on."""
    return build_reason("reason.missing_base_of", written=written) if written else Reason("reason.missing_base")


def build_cases_left_reason(count: int | None) -> Reason:
    """Why an elimination is not reached; None where only a rate is known."""
    return Reason("reason.cases_left") if count is None else build_reason("reason.cases_left_of", count=count)
