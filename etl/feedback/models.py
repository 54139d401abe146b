"""What a unit's feedback sheet says, as values. Pure data; the step fills it, the sheet prints it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

from etl.messages import Messages
from etl.model import Finding
from etl.report.figure_facts import PrintedNumber

FormState = Literal["on_time", "late", "refused", "silent", "not_due"]
Comparison = Literal["better", "worse", "same", "unclear", "few", ""]


@dataclass(frozen=True)
class ThresholdShare:
    """So many of so many, against the limit under which it needs a look. `low` is None where nothing was expected."""

    part: int
    whole: int
    limit: float
    is_low: bool | None


@dataclass(frozen=True)
class FormSubmission:
    """One form of the quarter. `cells` is None as long as nothing was accepted; `late_days` are working days."""

    title: str
    state: FormState
    due: dt.date
    received: dt.date | None = None
    late_days: int = 0
    cells: ThresholdShare | None = None


@dataclass(frozen=True)
class FindingCounts:
    """Findings of one quarter by level: refuse, confirm, note; in the first file and in the last.

    `files` is how many came; None in `first` and `last` where none did.
    """

    quarter: str
    files: int = 0
    first: tuple[int, int, int] | None = None
    last: tuple[int, int, int] | None = None


@dataclass(frozen=True)
class ResolvedFinding:
    """Something that was found and is gone. `since_quarter`: it was there in the quarter before, not only in an
    earlier file of this one. Grain: (rule, data element, where it was); `count` cells.
    """

    code: str
    title: str
    element: str
    count: int
    since_quarter: bool


@dataclass(frozen=True)
class IndicatorLine:
    """An indicator of the quarter, as the plan's report judges and prints it. Units: those of the plan.

    `target` as printed, with its year. `sign` is the verdict's letter, or empty. `counts` is what stands beside a rate,
    and `missing` what the target still asks for, both as printed. `before` has the unit's own figure of each of the
    sheet's earlier periods; one without a value is not to be compared.
    """

    name: str
    unit: str
    value: PrintedNumber
    area: PrintedNumber
    target: str
    sign: str
    comparison: Comparison
    counts: str = ""
    missing: str = ""
    before: tuple[PrintedNumber, ...] = ()


@dataclass(frozen=True)
class PlanScore:
    """How many of a plan's targets a unit meets, of those that the plan's report judges it by."""

    plan_name: str
    met: int
    of: int


@dataclass(frozen=True)
class UnitFeedback:
    """One unit's sheet of one quarter. Grain: (org unit, quarter).

    `on_time` is over the last quarters that were due, `open` in the order to deal with them, `mendable` whether it
    can be said what was mended: not while the last file is refused. `as_of` is the day of the last thing known.
    `earlier` names the one or two periods beside which the unit's own figures stand.
    """

    unit: str
    unit_name: str
    quarter: str
    parent_body: str
    body: str
    office: str
    area: str
    as_of: dt.date
    sent: tuple[FormSubmission, ...]
    on_time: ThresholdShare
    quarters: tuple[FindingCounts, ...]
    mended: tuple[ResolvedFinding, ...]
    mendable: bool
    open: tuple[Finding, ...]
    lines: tuple[IndicatorLine, ...]
    wording: Messages = field(repr=False)
    simulated: bool = False
    earlier: tuple[str, ...] = ()
    scores: tuple[PlanScore, ...] = ()
