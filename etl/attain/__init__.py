"""The attainment room: observed × plan → attainment, and what a task's state is on a day.

Called by the steps. Pure arithmetic on exact fractions: it opens no file and no database, reads no clock,
rounds nothing and prints nothing. What the rules say is drawn as tables in ``docs/attainment-rules.md``.

One module per idea::

    target      which rule a target falls under, and its verdict
    judge       whether one value satisfies one milestone
    milestones  which milestone counts, and where the path to it starts
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
    tasks       the state of a task
    wording     every Vietnamese sentence of this room
    serialise   an attainment as JSON
"""

from etl.attain.target import attain
from etl.attain.tasks import task_state

__all__ = ["attain", "task_state"]
