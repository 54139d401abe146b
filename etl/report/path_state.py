"""How a figure stands between milestones: reached, on the way, to be hastened, slow, or not yet to be judged.

Room: report. Used by `report_figures`. A target of 2025 is not failed in 2024: what counts until then is the path.
"""

from __future__ import annotations

from typing import Literal

from etl.model import Attainment, Period

PathState = Literal["", "reached", "on_path", "hasten", "slow", "not_due"]
PATH_STATES: tuple[PathState, ...] = ("reached", "on_path", "hasten", "slow", "not_due")
_BY_CLASS: dict[str, PathState] = {
    "on_track": "on_path", "needs_acceleration": "hasten", "limited": "slow", "moving_away": "slow", "maintain": "slow",
}  # fmt: skip


def classify_path_state(a: Attainment) -> PathState:
    """The state of an attainment; empty where it has no figure of its own or no level to reach."""
    match a.status:
        case "met":
            return "reached"
        case "within_plan":
            return "on_path"
        case "over_plan":
            return "slow"
        case "not_met":
            return _BY_CLASS.get(a.progress_class) or ("not_due" if _is_before_milestone(a) else "slow")
    return ""


def _is_before_milestone(a: Attainment) -> bool:
    return Period.is_key(a.target_period) and Period.parse(a.period).end < Period.parse(a.target_period).end
