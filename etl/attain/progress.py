"""Whether the path to a milestone can be judged at all, and what it then says. Used only inside the room.

Asked only for a value that does not meet its target: a target met needs no ratio.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from etl.attain import wording
from etl.attain.cagr import cagr_ratio
from etl.attain.goals import Goal
from etl.attain.judge import is_range, nearest, satisfies
from etl.attain.path import Segment, month_number, progress_class, progress_ratio
from etl.attain.starts import Start
from etl.model import Period
from etl.model.results import ProgressClass


@dataclass(frozen=True)
class Progress:
    """What the path says; `reason` is why it says nothing. Fields as in `Attainment`."""

    ratio: Fraction | None = None
    ratio_class: ProgressClass = ""
    path_value: Fraction | None = None
    cagr: float | None = None
    cagr_class: ProgressClass = ""
    reason: str = ""

    @property
    def classes_disagree(self) -> bool:
        """Whether both opinions exist and differ."""
        return bool(self.ratio_class and self.cagr_class) and self.ratio_class != self.cagr_class


def progress(
    goal: Goal, start: Start | None, value: Fraction, period: Period, definition: str, from_baseline: bool
) -> Progress:
    """Progress of a value that does not meet a numeric goal; towards a range, progress to its nearer end.

    Args:
        goal: The goal the segment ends at.
        start: Where the segment starts.
        value: What was observed at the period's end.
        period: The observed period.
        definition: The definition it was observed by; empty where not known.
        from_baseline: Whether the segment starts at the baseline (else at a milestone).
    """
    if start is None or start.value is None or start.end is None or goal.low is None or goal.high is None:
        return Progress(reason=wording.NO_BASELINE if from_baseline else wording.NO_NUMERIC_START)
    sign, end = nearest(goal.operator, value, goal.low, goal.high)
    segment = Segment(start.value, month_number(start.end), end, month_number(goal.due))
    now = month_number(period.end)
    reason = _no_time(segment, now) or break_between(start.definition, definition, goal.definition)
    if not reason and is_range(goal.operator) and satisfies(sign, segment.start, end):
        reason = wording.OTHER_SIDE
    if reason:
        return Progress(reason=reason)
    return _standing(sign, segment) or _along(segment, value, now)


def _standing(sign: str, segment: Segment) -> Progress | None:
    """Segments that ask for no improvement that could be measured: a ratio means nothing on them."""
    start_meets = satisfies(sign, segment.start, segment.end)
    if segment.start != segment.end:
        return Progress(reason=wording.AGAINST_DIRECTION) if start_meets else None
    if start_meets:
        return Progress(ratio_class="maintain", reason=wording.NO_CHANGE_NEEDED)
    return Progress(reason=wording.NO_ROOM)  # from 25 to "< 25": more than to stay, but no stretch to measure


def _no_time(segment: Segment, now: int) -> str:
    elapsed = segment.elapsed(now)
    if elapsed <= 0:
        return wording.BEFORE_BASELINE if elapsed < 0 else wording.BASELINE_PERIOD
    return "" if segment.span > 0 else wording.NO_STRETCH


def break_between(start: str, observed: str, milestone: str) -> str:
    """The reason naming a break, where the definitions that are known are not all one; else empty."""
    known = list(dict.fromkeys(d for d in (start, observed, milestone) if d))
    return wording.break_in_series(known[0], known[-1]) if len(known) > 1 else ""


def _along(segment: Segment, value: Fraction, now: int) -> Progress:
    path_value = segment.at(now)
    ratio = progress_ratio(segment.start, value, path_value)
    cagr = cagr_ratio(segment.start, value, segment.end, segment.elapsed(now), segment.span)
    return Progress(ratio, progress_class(ratio), path_value, cagr, progress_class(cagr))
