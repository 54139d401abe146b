"""The attainment room: observed × plan → attainment, and what a task's state is on a day.

Called by the steps. Pure arithmetic on exact fractions: it opens no file and no database, reads no clock,
rounds nothing and prints nothing. What the rules say is drawn as tables in ``docs/attainment-rules.md``.

One module per idea::

    target      which rule a target falls under, and its verdict
    comparison  whether one value satisfies one milestone
    goals       what each milestone asks for in plain numbers, and which one counts
    baseline    where a path starts
    k_of_n      so many of so many units
    granularity below which unit and period an indicator means nothing
    target_figures  numerator, denominator and value, or why there is none
    linear_path the linear path, the ratio along it, and its classes
    progress    whether a path can be judged at all, and what it then says
    cagr        the second opinion on progress
    ratios      per cent of plan, and of the planned reduction
    carried_forward  whether a value is the period's own or an older one
    several_periods  figures made of those of several periods
    late_start  what a figure of a part of a year decides
    prorate     a year's plan for part of the year
    people_missing  how many people (units, cases) short of the target
    interval    95 % intervals for shares and small counts
    plan_unit   a row in the unit of measure that the plan writes
    measure_kind  which indicators count whole things
    bounds      what a sum could be with its missing units
    control     control limits of a short series
    series      a target's figures through time
    outlook     where a series goes, and how likely that reaches the plan
    task_state  the state of a task
    thin_coverage  no verdict on what few of many sent
    reasons        reasons that carry something
    attainment_json  an attainment as JSON
"""

from etl.attain.control import compute_control_limits
from etl.attain.outlook import build_projections
from etl.attain.plan_unit import (
    convert_points_to_plan_unit,
    convert_row_to_plan_unit,
    convert_rows_to_plan_units,
    find_plan_units,
)
from etl.attain.series import build_series, compute_own_value, list_series_periods, parse_stored_value
from etl.attain.several_periods import OtherFigures, combine_periods, list_compared_periods
from etl.attain.target import compute_target_attainment
from etl.attain.target_figures import TargetFigures, aggregate_leaves, compute_target_figures
from etl.attain.task_state import compute_task_state
from etl.attain.thin_coverage import withhold_thin_verdict

__all__ = [
    "OtherFigures",
    "TargetFigures",
    "aggregate_leaves",
    "build_projections",
    "build_series",
    "combine_periods",
    "compute_control_limits",
    "compute_own_value",
    "compute_target_attainment",
    "compute_target_figures",
    "compute_task_state",
    "convert_points_to_plan_unit",
    "convert_row_to_plan_unit",
    "convert_rows_to_plan_units",
    "find_plan_units",
    "list_compared_periods",
    "list_series_periods",
    "parse_stored_value",
    "withhold_thin_verdict",
]
