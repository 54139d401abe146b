"""What was observed, and what it means against a plan. Exact numbers: fractions, never rounded here."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from etl.model.period import Period
from etl.model.reason import Reason

LONE_SIDES = "reason.lone_sides"
"""The reason of a figure whose numerator and denominator are owed by different units, one of which is silent."""
UNSENT_REASONS = frozenset({"reason.no_data", "reason.no_data_of"})
"""The reasons of a figure that units simply did not send."""


@dataclass(frozen=True)
class Gap:
    """A leaf unit that is missing from a sum, and what it said in other periods. Grain: (indicator, leaf unit).

    Shape: `history` has a (numerator, denominator) for each period in which the unit said everything, as large as
    they would be for the asked period; empty where it never did.
    """

    unit: str
    history: tuple[tuple[Fraction, Fraction], ...] = ()


@dataclass(frozen=True)
class SeriesPoint:
    """An indicator in one period of a series. `definition` is the version it was measured by; empty: not known."""

    period: str
    value: Fraction
    definition: str = ""


@dataclass(frozen=True)
class Projection:
    """Where a series goes if it goes on as it did. Grain: (target, year). Units: the indicator's.

    `low` and `high` bound a 95 % prediction interval; `probability` is that of satisfying the year's milestone
    and `chance` its class. None, and `reason` says why, where nothing can be said. `points` counts
    what was looked at: the longest run under one definition up to the period.
    """

    year: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    target: Fraction | None = None
    probability: float | None = None
    chance: str = ""
    points: int = 0
    reason: Reason | None = None


@dataclass(frozen=True)
class ControlLimits:
    """Limits of an XmR chart over a series. Units: the indicator's. `provisional`: under twelve points.

    `signals` says what in the series is more than its usual variation.
    """

    mean: Fraction
    low: Fraction
    high: Fraction
    points: int
    provisional: bool
    signals: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class ObservedIndicator:
    """An indicator as observed. Grain: (indicator, org unit, period).

    Shape: `numerator` and `denominator` are Σ over leaf units that reported both sides; `value` is
    numerator ÷ denominator × factor, or the published figure. `expected` and `present` count leaf
    units. `as_of` is the period key (or ISO date, for published figures) the value belongs to when it
    is not the asked period: the last figure there is, carried and said so. `at_floor` is the number of
    leaf units at or above a floor, by floor as text (``{"90": 87}``), for shares of units. `recognised`
    is whether an elimination has been officially recognised. `definition` is the version of the
    indicator's definition that was in force (a vaccine set); empty means not known. `level` is the unit's, where
    it is said. `absent` are the
    codes of the leaf units that are expected and not in the sums; `gaps` says what is known of them. `no_figure` says
    why the unit can have none: not at this length of period, or not on these units.
    `corrections` are the ids of the agreed corrections that are in it. `since` is the key of the first period in it,
    where nobody was asked about the months of the year before: then it is no year's figure. `of_period` is the period
    that a published figure was sent for, where `as_of` is the day of its publication.
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
    no_figure: Reason | None = None
    level: str = ""
    absent: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
    corrections: tuple[str, ...] = ()
    since: str = ""
    of_period: str = ""

    @property
    def has_lone_sides(self) -> bool:
        """Whether there is no value because its sides would speak of different units: it can only be bounded."""
        return self.no_figure is not None and self.no_figure.code == LONE_SIDES


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
    None where no verdict is possible; `reason` then says why. `status` sums it up.
    `prorated_target` is set for accumulating flows in a part-year period; `people_missing` is then
    counted against it. `reduction_pct` is for lower-is-better what `per_cent_of_plan` is for
    higher-is-better: (baseline − value) ÷ (baseline − target), in %.

    `target` is the lower end where the plan states a range, `target_upper` the other end; for “about” they
    are the number less and plus its tolerance. `required_yearly_change` is what the value must still change
    every year to the milestone. `bounds` are the values the area could have if the missing units were at the
    extremes of their own history, `bounds_turn` whether the verdict hangs on them, `bounds_met` the verdict
    of a row without a value that is the same wherever between them it lies, `bounds_reason` why there are none.
    `small_count` says that the count must stand beside the rate. `absent` are the codes of the leaf units that are
    expected and not in the sums, where there is a figure. `since` and `of_period` are the figure's. `of_agency`: the
    unit is no part of the area, but an agency whose own forms have every term of the indicator.
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
    reason: Reason | None = None
    target_upper: Fraction | None = None
    required_yearly_change: Fraction | None = None
    bounds: tuple[Fraction, Fraction] | None = None
    bounds_turn: bool = False
    bounds_met: bool | None = None
    bounds_reason: Reason | None = None
    small_count: bool = False
    contradicts: tuple[str, ...] = ()
    projections: tuple[Projection, ...] = ()
    limits: ControlLimits | None = None
    corrections: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    since: str = ""
    of_agency: bool = False
    of_period: str = ""


TaskStateName = Literal["done", "done_late", "due", "overdue", "not_due", "ongoing", "overtaken", "not_reported"]


@dataclass(frozen=True)
class TaskReport:
    """What one unit said of one task. Grain: (plan, task, org unit, period).

    `said_in` is the key of an earlier period, in whose form it was said; empty where the period's own asks.
    """

    plan: str
    task: str
    unit: str
    period: str
    state: TaskStateName
    stated: str = ""
    done_on: str = ""
    remark: str = ""
    said_in: str = ""


@dataclass(frozen=True)
class NoteReport:
    """A difficulty, cause or proposal that a unit wrote, and the level that can decide on it (forms from 2026.2 on ask
    for it). Grain: (org unit, period, number)."""

    unit: str
    period: str
    number: int
    difficulty: str = ""
    cause: str = ""
    proposal: str = ""
    level: str = ""


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
