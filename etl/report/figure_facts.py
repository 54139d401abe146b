"""A figure as a report prints it: exact and as text, what it covers, how sure it is, its verdict.

The fields stand in the order of the file of facts; `docs/facts.schema.json` is generated from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal


@dataclass(frozen=True)
class PrintedNumber:
    """A number: exact as a fraction, and as printed. A missing one has no value, and the words given for it."""

    value: int | float | None
    exact: str | None
    text: str
    decimals: int

    @property
    def fraction(self) -> Fraction | None:
        """The number, exact."""
        return None if self.exact is None else Fraction(self.exact)

    def get_fraction(self) -> Fraction:
        """The number, exact, of a fact that cannot be missing.

        Raises:
            ValueError: it is missing.
        """
        if self.exact is None:
            raise ValueError("a number that was said to be there is missing")
        return Fraction(self.exact)


@dataclass(frozen=True)
class CountedNumber(PrintedNumber):
    """A number printed with the noun of what it counts."""

    noun: str


@dataclass(frozen=True)
class ConfidenceInterval:
    """The interval of a figure, in the indicator's unit, and the method that it was computed by."""

    low: PrintedNumber
    high: PrintedNumber
    text: str
    method: str


@dataclass(frozen=True)
class PossibleRange:
    """What a figure could be with all units in; `now` is the figure there is, as fine as the ends."""

    low: PrintedNumber
    high: PrintedNumber
    now: PrintedNumber
    text: str


@dataclass(frozen=True)
class UsualVariation:
    """The control limits of a series, in the indicator's unit, and the signals of this period."""

    mean: PrintedNumber
    low: PrintedNumber
    high: PrintedNumber
    text: str
    points: int
    provisional: bool
    signals: tuple[str, ...]


@dataclass(frozen=True)
class ForeseenValue:
    """Where a series goes by a year, in the indicator's unit; `probability` in %."""

    year: str
    value: PrintedNumber
    low: PrintedNumber
    high: PrintedNumber
    target: PrintedNumber
    probability: PrintedNumber
    chance: str
    points: int
    text: str
    reason: str


@dataclass(frozen=True)
class CoveredPeriod:
    """The stretch of time that a figure covers. ISO dates, both included; what stands at a period's end has one day.

    `kind`: ``at_end`` what stands at the end of the period · ``to_date`` what has added up since January, in a
    part of a year · ``whole`` what was counted in the period · ``older`` the figure of another period · ``years`` what
    has added up over years · ``quarter`` what one quarter alone brought · ``none`` no
    figure.
    """

    kind: Literal["at_end", "to_date", "whole", "older", "years", "quarter", "none"]
    start: str
    end: str
    text: str


@dataclass(frozen=True)
class QuarterPart:
    """What the report's own quarter brought to a figure that adds up from January. `text`: as printed, with its noun.

    All three are missing, and `reason` says why, where it cannot be told from the quarters before. `covers` names the
    part of the year that it is of where there is no figure since January, as that part alone was reported.
    """

    counted: PrintedNumber
    out_of: PrintedNumber
    value: PrintedNumber
    text: str
    reason: str
    covers: str = ""


@dataclass(frozen=True)
class LastKnown:
    """The last figure that an area without one of the period had: told with its time, never judged."""

    value: PrintedNumber
    period: str
    covers: str


@dataclass(frozen=True)
class YearlyChange:
    """The change against the same period last year. `kind` chooses the sentence; a doubtful one has no trend word.

    `before` and `now` are the two numbers compared, `delta` the difference of the two as printed, `per_cent` the one
    in % of the other, for counts. Where not all units are in both periods, they are those of the units that are, and
    `basis` says so.
    """

    kind: str
    delta: PrintedNumber
    before: PrintedNumber
    now: PrintedNumber
    per_cent: PrintedNumber
    basis: str


@dataclass(frozen=True)
class AttainmentNumbers:
    """The numbers of an attainment. Units: the indicator's own; ratios to two decimals; shares in %."""

    value: PrintedNumber
    numerator: PrintedNumber
    denominator: PrintedNumber
    target: PrintedNumber
    target_upper: PrintedNumber
    baseline: PrintedNumber
    path_value: PrintedNumber
    prorated_target: PrintedNumber
    progress: PrintedNumber
    cagr_ratio: PrintedNumber
    per_cent_of_plan: PrintedNumber
    reduction_pct: PrintedNumber
    completeness: PrintedNumber
    distance: PrintedNumber
    required_yearly_change: PrintedNumber


@dataclass(frozen=True)
class Uncertainty:
    """How sure a figure is, what it could be with all units in, where it goes, and what was corrected in it."""

    interval: ConfidenceInterval | None
    bounds: PossibleRange | None
    bounds_turn: bool
    bounds_reason: str
    outlook: tuple[ForeseenValue, ...]
    corrections: tuple[str, ...]
    contradicts: tuple[str, ...]
    limits: UsualVariation | None


@dataclass(frozen=True)
class FigureIdentity:
    """Which figure it is, and of what time. Grain: (item, unit).

    `duplicate_of` names the target of the same plan that asks the same; `counted`: one in every count and list.
    """

    item: str
    clause: str
    title: str
    name: str
    kind: str
    indicator: str
    unit: str
    unit_name: str
    period: str
    covers: CoveredPeriod
    in_quarter: QuarterPart | None
    duplicate_of: str
    counted: bool


@dataclass(frozen=True)
class FigureVerdict:
    """How a figure stands to its target, and what a reader must know of it.

    `withheld` is printed instead of a count so small that it could point at a person; empty where the count is.
    `sign` is the letter of the verdict, of a unit only where the report judges the area by the target too.
    `path_state`, with its word and sign, is how it stands between milestones; `plan_share` is the value in % of the
    level it is held against, `apart` the distance between the two in the indicator's unit. `from_parts` counts the
    units that are in it by the forms of parts of its period, as they sent none of the period's own. `path_basis` is
    what the state of an unmet target rests on (`path_state.PathBasis`).
    """

    small: bool
    withheld: str
    operator: str
    written: str
    target_period: str
    met: bool | None
    status: str
    shown_status: str
    status_text: str
    sign: str
    path_state: str
    path_text: str
    path_sign: str
    progress_class: str
    progress_text: str
    cagr_class: str
    cagr_text: str
    classes_disagree: bool
    plan_share: PrintedNumber
    apart: PrintedNumber
    missing: CountedNumber | PrintedNumber
    expected: int
    present: int
    as_of: str
    as_of_text: str
    source: str
    estimated: bool
    reason: str
    change: YearlyChange
    previous: PrintedNumber
    printed: str
    from_parts: int = 0  # facts of before do not say it
    path_basis: str = ""  # nor that
    last_known: LastKnown | None = None  # nor that


@dataclass(frozen=True)
class Figure(FigureVerdict, Uncertainty, AttainmentNumbers, FigureIdentity):
    """A figure: a target of the plan and a unit, once. Its fields are those of the last class first."""

    @property
    def level(self) -> tuple[str, str | None, str | None]:
        """The level that it is held against in its period."""
        return self.operator, self.target.exact, self.target_upper.exact

    @property
    def is_without_data(self) -> bool:
        """Whether nobody's figure of the period is there, whatever is known of a time before."""
        return self.status == "no_data" and not self.is_bounded

    @property
    def is_bounded(self) -> bool:
        """Whether it has bounds at most, since who owes one side alone is silent: no number of units is in it."""
        return self.shown_status.startswith("incomplete")
