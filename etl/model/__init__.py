"""The words of the house as values: period, cell state, observation, finding, verdict, attainment.

Lowest room but one (only `etl.errors` is below). Pure data: no file, no database, no clock.
"""

from etl.model.cells import (
    CellState,
    Delivery,
    ElementKind,
    Explanation,
    ExplanationKey,
    Finding,
    FindingLevel,
    FormStamp,
    Observation,
    ReadResult,
    Verdict,
    compute_compared_digest,
)
from etl.model.period import Period, PeriodKind
from etl.model.results import (
    LONE_SIDES,
    UNSENT_REASONS,
    Attainment,
    ControlLimits,
    Gap,
    NoteReport,
    ObservedIndicator,
    Projection,
    SeriesPoint,
    TaskReport,
    TaskStateName,
    UnitStatus,
)

__all__ = [
    "LONE_SIDES",
    "UNSENT_REASONS",
    "Attainment",
    "CellState",
    "ControlLimits",
    "Delivery",
    "ElementKind",
    "Explanation",
    "ExplanationKey",
    "Finding",
    "FindingLevel",
    "FormStamp",
    "Gap",
    "NoteReport",
    "Observation",
    "ObservedIndicator",
    "Period",
    "PeriodKind",
    "Projection",
    "ReadResult",
    "SeriesPoint",
    "TaskReport",
    "TaskStateName",
    "UnitStatus",
    "Verdict",
    "compute_compared_digest",
]
