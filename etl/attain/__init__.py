"""The attainment room: observed × plan → attainment, and what a task's state is on a day.

Called by the steps. Pure arithmetic on exact fractions: it opens no file and no database, reads no clock,
rounds nothing and prints nothing. What the rules say is drawn as tables in ``docs/attainment-rules.md``.

One module per idea::

    target      which rule a target falls under, and its verdict
    judge       whether one value satisfies one milestone
    goals       what each milestone asks for in plain numbers, and which one counts
    starts      where a path starts
    counted     so many of so many units
    grain       below which unit and period an indicator means nothing
    figures     numerator, denominator and value, or why there is none
    path        the linear path, the ratio along it, and its classes
    progress    whether a path can be judged at all, and what it then says
    cagr        the second opinion on progress
    ratios      per cent of plan, and of the planned reduction
    carried     whether a value is the period's own or an older one
    prorate     a year's plan for part of the year
    missing     how many people (units, cases) short of the target
    interval    95 % intervals for shares and small counts
    counting    which indicators count whole things
    bounds      what a sum could be with its missing units
    control     control limits of a short series
    series      a target's figures through time
    outlook     where a series goes, and how likely that reaches the plan
    tasks       the state of a task
    wording     every Vietnamese sentence of this room
    serialise   an attainment as JSON
"""

from etl.attain.control import control_limits
from etl.attain.outlook import projections
from etl.attain.series import as_kept, own_value, series, series_periods
from etl.attain.target import attain
from etl.attain.tasks import task_state

__all__ = [
    "as_kept",
    "attain",
    "control_limits",
    "own_value",
    "projections",
    "series",
    "series_periods",
    "task_state",
]
