"""The feedback room: what is known of a unit's reporting → one page for the unit, so that data go back down.

Called by steps. `unit_feedback` gathers what is known; the rest prints what it is given, computes no figure, decides
nothing and knows no database. Same value, same bytes.
"""

from etl.feedback.feedback_sheet import build_feedback_path, render_feedback_workbook, write_feedback
from etl.feedback.models import (
    Comparison,
    FindingCounts,
    FormState,
    FormSubmission,
    IndicatorLine,
    PlanScore,
    ResolvedFinding,
    ThresholdShare,
    UnitFeedback,
)
from etl.feedback.resolved_findings import (
    build_resolved_findings,
    count_by_level,
    count_resolved_findings,
    select_open_findings,
)

__all__ = [
    "Comparison",
    "FindingCounts",
    "FormState",
    "FormSubmission",
    "IndicatorLine",
    "PlanScore",
    "ResolvedFinding",
    "ThresholdShare",
    "UnitFeedback",
    "build_feedback_path",
    "build_resolved_findings",
    "count_by_level",
    "count_resolved_findings",
    "render_feedback_workbook",
    "select_open_findings",
    "write_feedback",
]
