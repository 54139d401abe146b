"""What was observed, and what it means against a plan. Exact numbers: fractions, never rounded here."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from etl.model.period import Period


@dataclass(frozen=True)
class Observed:
    """An indicator as observed. Grain: (indicator, org unit, period).

    Shape: `numerator` and `denominator` are Σ over leaf units that reported both sides; `value` is
    numerator ÷ denominator × factor, or the published figure. `expected` and `present` count leaf
    units. `as_of` is the period key (or ISO date, for published figures) the value belongs to when it
    is not the asked period: the last figure there is, carried and said so. `at_floor` is the number of
    leaf units at or above a floor, by floor as text (``{"90": 87}``), for shares of units. `recognised`
    is whether an elimination has been officially recognised. `definition` is the version of the
    indicator's definition that was in force (a vaccine set); empty means not known.
    """

    indicator: str
    unit: str
    period: Period
    numerator: Fraction | None = None
    denominator: Fraction | None = None
    value: Fraction | None = None
    expected: int = 0
    present: int = 0
    as_of: str = ""
    source: str = ""
    estimated: bool = False
    at_floor: tuple[tuple[str, int], ...] = ()
    recognised: bool | None = None
    definition: str = ""


MetClass = Literal[
    "met", "not_met", "within_plan", "over_plan", "no_data", "no_new_figure", "no_verdict", "not_assessed", "track"
]
ProgressClass = Literal["", "on_track", "needs_acceleration", "limited", "moving_away", "maintain"]


@dataclass(frozen=True)
class Attainment:
    """One target against what was observed. Grain: (plan, item, org unit, period).

    Units: `value`, `target`, `path_value` in the indicator's unit; `progress` and `cagr_ratio` are
    ratios (1 = exactly on the path); `per_cent_of_plan` in %; `interval` is a 95 % interval in the
    indicator's unit; `people_missing` counts people (or units, cases) short of the target. `met` is
    None where no verdict is possible; `reason` then says why, in Vietnamese. `status` sums it up.
    `prorated_target` is set for accumulating flows in a part-year period; `people_missing` is then
    counted against it. `reduction_pct` is for lower-is-better what `per_cent_of_plan` is for
    higher-is-better: (baseline − value) ÷ (baseline − target), in %.
    """

    plan: str
    item: str
    clause: str
    kind: str
    indicator: str
    unit: str
    period: str
    numerator: Fraction | None
    denominator: Fraction | None
    value: Fraction | None
    operator: str
    written: str
    target: Fraction | None
    target_period: str
    baseline: Fraction | None
    met: bool | None
    status: MetClass
    progress: Fraction | None = None
    progress_class: ProgressClass = ""
    path_value: Fraction | None = None
    cagr_ratio: float | None = None
    cagr_class: ProgressClass = ""
    classes_disagree: bool = False
    per_cent_of_plan: Fraction | None = None
    reduction_pct: Fraction | None = None
    prorated_target: Fraction | None = None
    interval: tuple[float, float] | None = None
    interval_method: str = ""
    people_missing: int | None = None
    completeness: Fraction | None = None
    expected: int = 0
    present: int = 0
    as_of: str = ""
    source: str = ""
    estimated: bool = False
    reason: str = ""


TaskStateName = Literal["done", "done_late", "overdue", "not_due", "ongoing", "overtaken", "not_reported"]


@dataclass(frozen=True)
class TaskReport:
    """What one unit said of one task. Grain: (plan, task, org unit, period)."""

    plan: str
    task: str
    unit: str
    period: str
    state: TaskStateName
    stated: str = ""
    done_on: str = ""
    remark: str = ""


@dataclass(frozen=True)
class NoteReport:
    """A difficulty, cause or proposal that a unit wrote. Grain: (org unit, period, number)."""

    unit: str
    period: str
    number: int
    difficulty: str = ""
    cause: str = ""
    proposal: str = ""


UnitState = Literal["accepted", "refused", "silent"]


@dataclass(frozen=True)
class UnitStatus:
    """Where an expected submission stands. Grain: (form, org unit, period).

    `due` and `received_on` are ISO dates; `late_days` counts working days after the deadline.
    """

    form: str
    unit: str
    unit_name: str
    period: str
    state: UnitState
    version: int = 0
    due: str = ""
    received_on: str = ""
    late_days: int = 0
    findings_confirm: int = 0
    findings_note: int = 0
