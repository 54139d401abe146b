"""How a figure stands between milestones: reached, on the way, to be hastened, slow, not judged yet, or redefined.

Room: report. Used by `report_figures` and by the page. A target of 2025 is not failed in 2024: what counts until then
is the path.
"""

from __future__ import annotations

from typing import Literal

from etl.model import Attainment, Period

PathState = Literal["", "reached", "on_path", "hasten", "slow", "not_due", "redefined"]
PATH_STATES: tuple[PathState, ...] = ("reached", "on_path", "hasten", "slow", "not_due", "redefined")
_BY_CLASS: dict[str, PathState] = {
    "on_track": "on_path", "needs_acceleration": "hasten", "limited": "slow", "moving_away": "slow", "maintain": "slow",
}  # fmt: skip

JUDGED_STATES: frozenset[PathState] = frozenset({"reached", "on_path", "hasten", "slow"})
"""The states that are a verdict of their period; a figure in none of them is not judged yet, or cannot be."""
_JUDGED = {"not_met", "within_plan", "over_plan"}
_REDEFINED = "reason.break_in_series"
PathBasis = Literal["", "way", "maintained", "start", "no_start", "undated_start"]
_STARTLESS: dict[str, PathBasis] = {
    "reason.no_baseline": "no_start", "reason.no_numeric_start": "no_start", "reason.undated_base": "undated_start",
}  # fmt: skip
STARTLESS_BASES: frozenset[str] = frozenset(_STARTLESS.values())
_LEVEL_WAYS = {"reason.no_room", "reason.against_direction"}
"""Ways between two milestones whose beginning is as good as their end, or better."""


def classify_path_state(a: Attainment, start: str | None = None) -> PathState:
    """The state of an attainment; empty where it has no figure of its own or no level to reach.

    `start` is the period that the way begins with, as the plan prints it: until its end nobody has gone any of it, and
    only a level that is reached already is told.
    """
    if a.status != "met" and a.status in _JUDGED and _is_before_the_way(a, start):
        return "not_due"
    match a.status:
        case "met":
            return "reached"
        case "within_plan":
            return "on_path"
        case "over_plan":
            return "slow"
        case "not_met":
            return _BY_CLASS.get(a.progress_class) or _classify_without_way(a)
    return ""


def classify_path_basis(a: Attainment, start: str | None = None) -> PathBasis:
    """What the state of an unmet target rests on, for a reader to check it by.

    ``way``: where the way to the level is at the period's end · ``maintained``: the level itself, which holds at any
    time · ``start``: what the way begins with, and the value is worse than · ``no_start``, ``undated_start``: the plan
    sets no beginning, or no time for it, so there is no way · empty: the level and its time say all.
    """
    if a.status != "not_met" or _is_before_the_way(a, start):
        return ""
    if a.path_value is not None:
        return "way"
    if a.progress_class == "maintain":
        return "maintained"
    if not _is_before_milestone(a):
        return ""
    return "start" if _is_below_the_whole_way(a) else _STARTLESS.get(a.reason.code if a.reason else "", "")


def is_area_judged(area: Attainment | None, start: str | None = None) -> bool:
    """Whether the area of a plan is judged by a target; where it is not, none of its units is, in report, page and
    feedback."""
    return area is not None and classify_path_state(area, start) in JUDGED_STATES


def _classify_without_way(a: Attainment) -> PathState:
    """What is not reached and has no measured way: its definition changed on it, or its milestone is ahead."""
    if not _is_before_milestone(a) or _is_below_the_whole_way(a):
        return "slow"
    return "redefined" if a.reason is not None and a.reason.code == _REDEFINED else "not_due"


def _is_below_the_whole_way(a: Attainment) -> bool:
    """Whether a value is worse than both ends of a way that asks for no measurable improvement: 94,6 from 95 to >95."""
    return a.reason is not None and a.reason.code in _LEVEL_WAYS and a.value != a.target


def _is_before_the_way(a: Attainment, start: str | None) -> bool:
    return start is not None and Period.is_key(start) and Period.parse(a.period).end <= Period.parse(start).end


def _is_before_milestone(a: Attainment) -> bool:
    return Period.is_key(a.target_period) and Period.parse(a.period).end < Period.parse(a.target_period).end
