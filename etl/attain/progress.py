"""Whether the path to a milestone can be judged at all, and what it then says. Used only inside the room.

Asked only for a value that does not meet its target: a target met needs no ratio.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from etl.attain.baseline import PathStart
from etl.attain.cagr import compute_cagr_ratio
from etl.attain.comparison import find_nearest_end, is_goal_met, is_range_operator
from etl.attain.goals import Goal
from etl.attain.linear_path import PathSegment, classify_progress, compute_month_number, compute_progress_ratio
from etl.model import Period
from etl.model.reason import Reason, build_reason
from etl.model.results import ProgressClass


@dataclass(frozen=True)
class PathProgress:
    """What the path says; `reason` is why it says nothing. Fields as in `Attainment`."""

    ratio: Fraction | None = None
    ratio_class: ProgressClass = ""
    path_value: Fraction | None = None
    cagr: float | None = None
    cagr_class: ProgressClass = ""
    reason: Reason | None = None

    @property
    def classes_disagree(self) -> bool:
        """Whether both opinions exist and differ."""
        return bool(self.ratio_class and self.cagr_class) and self.ratio_class != self.cagr_class


def compute_path_progress(
    goal: Goal, start: PathStart | None, value: Fraction, period: Period, definition: str, from_baseline: bool
) -> PathProgress:
    """Progress of a value that does not meet a numeric goal; towards a range, progress to its nearer end.

    Args:
        goal: The goal the segment ends at.
        start: Where the segment starts.
        value: What was observed at the period's end.
        period: The observed period.
        definition: The definition it was observed by; empty where not known.
        from_baseline: Whether the segment starts at the baseline (else at a milestone).
    """
    if goal.is_undated:
        return PathProgress(reason=Reason("reason.undated_goal"))
    if start is not None and start.value is not None and start.end is None:
        return PathProgress(reason=Reason("reason.undated_base"))
    if start is None or start.value is None or start.end is None or goal.low is None or goal.high is None:
        return PathProgress(reason=Reason("reason.no_baseline") if from_baseline else Reason("reason.no_numeric_start"))
    sign, end = find_nearest_end(goal.operator, value, goal.low, goal.high)
    segment = PathSegment(start.value, compute_month_number(start.end), end, compute_month_number(goal.due))
    now = compute_month_number(period.end)
    reason = _find_time_gap(segment, now) or find_definition_break(start.definition, definition, goal.definition)
    if not reason and is_range_operator(goal.operator) and is_goal_met(sign, segment.start, end):
        reason = Reason("reason.other_side")
    if reason:
        return PathProgress(reason=reason)
    return _find_unmeasurable_progress(sign, segment) or _compute_measured_progress(segment, value, now)


def _find_unmeasurable_progress(sign: str, segment: PathSegment) -> PathProgress | None:
    """Segments that ask for no improvement that could be measured: a ratio means nothing on them."""
    start_meets = is_goal_met(sign, segment.start, segment.end)
    if segment.start != segment.end:
        return PathProgress(reason=Reason("reason.against_direction")) if start_meets else None
    if start_meets:
        return PathProgress(ratio_class="maintain", reason=Reason("reason.no_change_needed"))
    return PathProgress(
        reason=Reason("reason.no_room")
    )  # from 25 to "< 25": more than to stay, but no stretch to measure


def _find_time_gap(segment: PathSegment, now: int) -> Reason | None:
    elapsed = segment.count_elapsed_months(now)
    if elapsed <= 0:
        return Reason("reason.before_baseline") if elapsed < 0 else Reason("reason.baseline_period")
    return None if segment.span > 0 else Reason("reason.no_stretch")


def find_definition_break(start: str, observed: str, milestone: str) -> Reason | None:
    """The reason naming a break, where the definitions that are known are not all one; else None."""
    definitions = list(dict.fromkeys(d for d in (start, observed, milestone) if d))
    if len(definitions) < 2:
        return None
    return build_reason("reason.break_in_series", old=definitions[0], new=definitions[-1])


def _compute_measured_progress(segment: PathSegment, value: Fraction, now: int) -> PathProgress:
    path_value = segment.compute_value_at(now)
    ratio = compute_progress_ratio(segment.start, value, path_value)
    cagr = compute_cagr_ratio(segment.start, value, segment.end, segment.count_elapsed_months(now), segment.span)
    return PathProgress(ratio, classify_progress(ratio), path_value, cagr, classify_progress(cagr))
