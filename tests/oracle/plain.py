"""The same answers by other means: plain pandas over exact fractions, from cells to verdicts. Nothing of `etl` is used.

Slow and direct on purpose: sums by group, people counted one by one, paths by the formula. What it is given and
gives are plain values, so that no mistake of the product can hide in a shared helper.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction as F
from typing import Any

import pandas as pd

COUNTED = ("value", "zero", "estimated")
QUARTERS = {"Q1": 1, "Q2": 2, "Q3": 3, "Q4": 4, "H1": 2, "N": 3}


@dataclass(frozen=True)
class Indicator:
    """`sums`: a plain count or sum, with nothing below the line."""

    code: str
    top: tuple[str, ...]
    bottom: tuple[str, ...]
    counts_bottom: bool = False
    factor: int = 100
    rising: bool = True
    accumulates: bool = False
    sums: bool = False


@dataclass(frozen=True)
class Goal:
    """`sign`: a comparison, ``between`` or ``about``. One of value, percent (of the base), change (from the base) and
    count says how much. `undated`: the plan sets no time, and ends with the year."""

    year: int
    sign: str
    value: F | None = None
    upper: F | None = None
    tolerance: F | None = None
    percent: F | None = None
    change: F | None = None
    yearly: bool = False
    count: tuple[int, int] | None = None
    per: int | None = None
    onward: bool = False
    undated: bool = False


@dataclass(frozen=True)
class Line:
    """`unit`: how many of the indicator's units one of the plan's is. `undated_base`: nobody says of when the base is.
    `of_area`: the plan's own area is asked about, and no unit under it."""

    kind: str
    indicator: Indicator
    goals: tuple[Goal, ...]
    base: tuple[int, F] | None = None
    floor: F | None = None
    unit: F = F(1)
    undated_base: bool = False
    of_area: bool = True


@dataclass
class Figure:
    numerator: F | None = None
    denominator: F | None = None
    value: F | None = None
    expected: int = 0
    present: int = 0
    at_floor: dict[F, int] = field(default_factory=dict)
    late: bool = False


@dataclass
class Verdict:
    status: str
    met: bool | None = None
    target: F | None = None
    progress: F | None = None
    per_cent: F | None = None
    missing: int | None = None
    required: F | None = None
    prorated: F | None = None


# --- cells to figures --------------------------------------------------------------------------------


def quarters_of(period: str) -> list[str]:
    year, rest = period[:4], period[4:]
    return [f"{year}Q{i}" for i in range(1, QUARTERS.get(rest, 4) + 1)]


def asked_quarters(period: str, first: int) -> list[str]:
    """Those of a part of a year that anybody was asked about; a year has a form of its own, and all its quarters."""
    return [q for q in quarters_of(period) if period[4:] == "" or int(q[-1]) >= first]


def begins_late(indicator: Indicator, kinds: Mapping[str, str], period: str, first: int) -> bool:
    """Whether something of an indicator adds up from January, and nobody was asked about the first months."""
    grows = any(kinds[e] in {"flow", "average"} for e in (*indicator.top, *indicator.bottom))
    return grows and asked_quarters(period, first) != quarters_of(period)


def common_first(indicator: Indicator, kinds: Mapping[str, str], firsts: Mapping[str, int]) -> int:
    """The quarter from which on all that adds up in an indicator is asked about: that of the last to begin."""
    grows = [e for e in (*indicator.top, *indicator.bottom) if kinds[e] in {"flow", "average"}]
    return max((firsts[e] for e in grows), default=1)


def is_asked(indicator: Indicator, period: str, firsts: Mapping[str, int]) -> bool:
    """Whether all of an indicator is asked about at the end of a period; a year has a form of its own."""
    last = int(quarters_of(period)[-1][-1])
    return period[4:] == "" or all(firsts[e] <= last for e in (*indicator.top, *indicator.bottom))


def on_both_sides(
    cells: pd.DataFrame, indicator: Indicator, kinds: Mapping[str, str], period: str, first: int = 1
) -> pd.DataFrame:
    """The cells of an indicator, those left out whose unit has nothing on its other side: both sides are one people."""
    elements = {*indicator.top, *indicator.bottom}
    flows = {e for e in elements if kinds[e] in {"flow", "average"}}
    quarters = asked_quarters(period, first)
    kept = []
    for _, group in cells[cells["element"].isin(elements)].groupby("leaf", sort=False):
        said = {(r.element, r.period): r.state for r in group.itertuples()}
        counted = {e: quarters if e in flows else quarters[-1:] for e in elements}
        outside = {e: [q for q in counted[e] if said.get((e, q)) == "not_applicable"] for e in elements}
        owed = {e for e in elements if any(e == element for element, _ in said)}
        gone = {q for e in owed & flows for q in outside[e]}
        never = any(len(outside[e]) == len(counted[e]) for e in owed)
        year_gone = any(said.get((e, period)) == "not_applicable" for e in owed)
        by_quarters = any(outside[e] and said.get((e, period), "missing") == "missing" for e in owed & flows)
        for row in group.itertuples(index=False):
            state = row.state
            if state not in {"missing", "not_applicable"}:
                if row.period == period and period not in quarters:
                    state = "not_applicable" if year_gone else "missing" if by_quarters else state
                elif row.period in counted[row.element] and (never or (row.element in flows and row.period in gone)):
                    state = "not_applicable"
            kept.append(row._replace(state=state))
    return pd.DataFrame(kept, columns=cells.columns).astype({"value": object})


def standing(cells: pd.DataFrame, kinds: Mapping[str, str], period: str, first: int = 1) -> pd.DataFrame:
    """What each leaf has of each element in a period. Columns: leaf, element, state, value."""
    rows = []
    for (leaf, element), group in cells.groupby(["leaf", "element"], sort=False):
        said = {row.period: (row.state, row.value) for row in group.itertuples()}
        own = said.get(period, ("missing", None)) if period[4:] == "" else ("missing", None)
        pieces = [said.get(q, ("missing", None)) for q in asked_quarters(period, first)]
        states = {state for state, _ in pieces}
        state, value = own
        if state == "missing" and kinds[element] not in {"flow", "average"}:
            state, value = pieces[-1]
        elif state == "missing":
            counted = [v for s, v in pieces if s in COUNTED]
            outside = sum(s == "not_applicable" for s, _ in pieces)
            if outside == len(pieces):
                state = "not_applicable"
            elif len(counted) + outside == len(pieces):
                state, value = ("estimated" if "estimated" in states else "value"), sum(counted, F(0))
                if kinds[element] == "average":
                    value /= len(counted)
        rows.append((leaf, element, state, value))
    return pd.DataFrame(rows, columns=["leaf", "element", "state", "value"]).astype({"value": object})


def observed(
    indicator: Indicator, now: pd.DataFrame, parents: Mapping[str, str], area: str, floors: Sequence[F]
) -> dict[str, Figure]:
    """Σ above and below the line, of the area and of each unit under it."""
    wanted = now[now["element"].isin({*indicator.top, *indicator.bottom})]
    leaves: dict[str, dict[str, Any]] = {}
    for leaf, group in wanted.groupby("leaf", sort=False):
        if (group["state"] == "not_applicable").any():
            continue
        of = group.set_index("element")["value"].to_dict()
        whole = group["state"].isin(COUNTED).all()
        top = [e for e in indicator.top if e in of]
        bottom = [e for e in indicator.bottom if e in of]
        leaves[str(leaf)] = {
            "whole": whole, "has_top": bool(top), "has_bottom": bool(bottom),
            "top": sum((of[e] for e in top), F(0)) if whole else F(0),
            "bottom": (F(len(bottom)) if indicator.counts_bottom else sum((of[e] for e in bottom), F(0)))
            if whole else F(0),
        }  # fmt: skip
    frame = pd.DataFrame.from_dict(leaves, orient="index").astype(object) if leaves else pd.DataFrame()
    units = dict.fromkeys([area, *parents.values()])
    return {unit: _figure(indicator, frame, parents, unit, area, floors) for unit in units}


def _figure(
    indicator: Indicator, frame: pd.DataFrame, parents: Mapping[str, str], unit: str, area: str, floors: Sequence[F]
) -> Figure:
    found = Figure()
    tops, bottoms = [], []
    parts = [p for p in dict.fromkeys(parents.values()) if unit in {area, p}]
    torn = unit == area and _is_torn(frame, parents, area)
    for part in parts:
        rows = frame[[parents.get(leaf, leaf) == part for leaf in frame.index]] if len(frame) else frame
        if not len(rows):
            continue
        found.expected += len(rows)
        lacks_top = rows["has_top"].any() and not (rows["has_top"] & rows["whole"]).any()
        lacks_bottom = rows["has_bottom"].any() and not (rows["has_bottom"] & rows["whole"]).any()
        if not indicator.sums and (torn or lacks_top or lacks_bottom or _lone(rows, whole=False)):
            continue
        good = rows[rows["whole"].astype(bool)]
        found.present += len(good)
        tops += [v for v, has in zip(good["top"], good["has_top"], strict=True) if has]
        bottoms += [v for v, has in zip(good["bottom"], good["has_bottom"], strict=True) if has]
        for floor in floors:
            at = sum(
                b > 0 and t * indicator.factor >= floor * b for t, b in zip(good["top"], good["bottom"], strict=True)
            )
            found.at_floor[floor] = found.at_floor.get(floor, 0) + int(at)
    found.numerator = sum(tops, F(0)) if tops else None
    found.denominator = sum(bottoms, F(0)) if bottoms else None
    if indicator.sums:
        found.numerator = found.numerator if found.present == found.expected else None
        found.value = None if found.numerator is None else found.numerator * indicator.factor
    elif found.numerator is not None and found.denominator:
        found.value = found.numerator / found.denominator * indicator.factor
    return found


def of_agencies(
    indicator: Indicator, now: pd.DataFrame, agencies: Sequence[str], floors: Sequence[F]
) -> dict[str, Figure]:
    """What each agency has by itself, of those that owe every cell of the indicator and are not outside of it."""
    found = {}
    for agency in agencies:
        said = {row.element: (row.state, row.value) for row in now.itertuples() if row.leaf == agency}
        cells = [said.get(element) for element in (*indicator.top, *indicator.bottom)]
        if None in cells or any(state == "not_applicable" for state, _ in cells):
            continue
        figure = found[agency] = Figure(expected=1)
        if not all(state in COUNTED for state, _ in cells):
            continue
        figure.present, figure.numerator = 1, sum((said[e][1] for e in indicator.top), F(0))
        if indicator.sums:
            figure.value = figure.numerator * indicator.factor
            continue
        below = (
            F(len(indicator.bottom)) if indicator.counts_bottom else sum((said[e][1] for e in indicator.bottom), F(0))
        )
        figure.denominator = below
        figure.value = figure.numerator / below * indicator.factor if below else None
        figure.at_floor = {f: int(below > 0 and figure.numerator * indicator.factor >= f * below) for f in floors}
    return found


def _lone(rows: pd.DataFrame, *, whole: bool) -> bool:
    """Whether somebody who has one side alone said all of it, or did not."""
    return any(
        row["has_top"] != row["has_bottom"] and bool(row["whole"]) == whole for row in rows.to_dict(orient="records")
    )


def _is_torn(frame: pd.DataFrame, parents: Mapping[str, str], area: str) -> bool:
    """Whether one side is (also) counted for the whole area at once, while somebody with one side is silent."""
    if not len(frame):
        return False
    of_all = frame[[parents.get(leaf, leaf) == area for leaf in frame.index]]
    return (_lone(of_all, whole=True) or _lone(of_all, whole=False)) and _lone(frame, whole=False)


# --- figures to verdicts -----------------------------------------------------------------------------


def month_of(period: str) -> int:
    """The last month of a period, counted from year 0."""
    return int(period[:4]) * 12 + QUARTERS.get(period[4:], 4) * 3


def holds(sign: str, value: F, low: F, high: F) -> bool:
    if sign in {"between", "about"}:
        return low <= value <= high
    return {">=": value >= low, ">": value > low, "<=": value <= low, "<": value < low, "=": value == low}[sign]


@dataclass(frozen=True)
class Stage:
    goal: Goal
    year: int
    due: int
    low: F | None
    high: F | None


def _step(goal: Goal, level: F, unit: F) -> F:
    """A level one change further."""
    return level + goal.change * unit if goal.change is not None else level * (100 + (goal.percent or F(0))) / 100


def stages(line: Line) -> list[Stage]:
    """Every goal in numbers, by the month it falls due."""
    found = []
    for goal in line.goals:
        due = goal.year * 12 if goal.onward else goal.year * 12 + 12
        factor = line.indicator.factor
        if goal.percent is not None or goal.change is not None:
            if line.base is None or line.undated_base or (goal.yearly and line.base[0] >= goal.year):
                found.append(Stage(goal, goal.year, due, None, None))
            elif goal.yearly:
                level = line.base[1] * line.unit
                for year in range(line.base[0] + 1, goal.year + 1):
                    level = _step(goal, level, line.unit)
                    found.append(Stage(goal, year, year * 12 + 12, level, level))
            else:
                level = _step(goal, line.base[1] * line.unit, line.unit)
                found.append(Stage(goal, goal.year, due, level, level))
        elif goal.count is not None:
            share = F(goal.count[0], goal.count[1]) * factor
            found.append(Stage(goal, goal.year, due, share, share))
        else:
            assert goal.value is not None
            scale = (F(factor, goal.per) if goal.per else F(1)) * line.unit
            low = goal.value * scale
            high = goal.upper * scale if goal.upper is not None else low
            if goal.sign == "about":
                around = (goal.tolerance or F(0)) * scale
                low, high = low - around, high + around
            found.append(Stage(goal, goal.year, due, low, high))
    return sorted(found, key=lambda s: s.due)


def verdict(line: Line, figure: Figure, period: str) -> Verdict:
    figure = share_of_units(line, figure) if line.kind == "per_unit" else figure
    every, now = stages(line), month_of(period)
    stage = which(every, now)
    result = Verdict("no_data", target=stage.low)
    if figure.value is None:
        return result
    result.status = "no_verdict"
    early = stage.goal.onward and now < stage.goal.year * 12 + 1
    early = early or (stage.goal.undated and now < stage.due)
    unsaid = stage.low is None or stage.high is None or (stage.goal.sign == "about" and stage.goal.tolerance is None)
    anothers = line.indicator.sums and not line.of_area and stage.goal.percent is None  # no unit's own
    if early or unsaid or anothers:
        return result
    if figure.late:
        return _late(line, result, stage, figure.value)
    assert stage.low is not None and stage.high is not None
    met: bool | None = holds(stage.goal.sign, figure.value, stage.low, stage.high)
    if stage.goal.count is not None:
        met = _counted(stage.goal.count, figure)
    share = F(QUARTERS.get(period[4:], 4), 4)
    if met is None:
        return result
    if line.indicator.accumulates and share < 1:
        return _part_year(line, result, stage, figure, share)
    if met:
        return Verdict("met", True, stage.low)
    return _missed(line, result, every, stage, figure, now)


def _late(line: Line, result: Verdict, stage: Stage, value: F) -> Verdict:
    """Nobody was asked about the year's first months: only a sum that has come far enough already is judged."""
    sign, level = stage.goal.sign, stage.low
    if line.indicator.sums and sign in {">=", ">"} and level is not None and holds(sign, value, level, level):
        result.status, result.met = "met", True
    if line.indicator.sums and sign in {"<=", "<"} and level is not None and not holds(sign, value, level, level):
        result.status, result.met = "not_met", False
    return result


def share_of_units(line: Line, figure: Figure) -> Figure:
    """Units at the floor over units there."""
    assert line.floor is not None
    if not figure.present or line.floor not in figure.at_floor:
        return Figure(expected=figure.expected, present=figure.present)
    top, bottom = F(figure.at_floor[line.floor]), F(figure.present)
    value = top / bottom * line.indicator.factor
    return Figure(top, bottom, value, figure.expected, figure.present, late=figure.late)


def which(every: list[Stage], now: int) -> Stage:
    after = [s for s in every if s.due >= now]
    before = [s for s in every if s.due < now]
    stage = after[0] if after else before[-1]
    still = bool(after and before) and before[-1].goal.onward and now < stage.year * 12 + 1
    return before[-1] if still else stage


def _missed(line: Line, result: Verdict, every: list[Stage], stage: Stage, figure: Figure, now: int) -> Verdict:
    goal, value, low, high = stage.goal, figure.value, stage.low, stage.high
    assert value is not None and low is not None and high is not None
    ranged = goal.sign in {"between", "about"}
    above = ranged and value > high
    sign, end = (goal.sign, low) if not ranged else ("<=", high) if above else (">=", low)
    result.status, result.met = "not_met", False
    result.missing = people(line.indicator, sign, end, figure.numerator, figure.denominator)
    if goal.count is not None:
        result.missing = goal.count[0] - int(figure.numerator or 0)
    if line.kind == "maintain":
        return result
    passed = line.base is None or line.undated_base or now > line.base[0] * 12 + 12
    if line.indicator.rising and end > 0 and passed and not above:
        result.per_cent = value / end * 100
    if stage.due > now:
        result.required = (end - value) / F(stage.due - now, 12)
    start, since = (None, 0) if goal.undated else _start(line, every, stage)
    stretch = start is not None and since < now and since < stage.due
    if start is not None and stretch and start != end and not holds(sign, start, end, end):
        path = end if now >= stage.due else start + (end - start) * F(now - since, stage.due - since)
        result.progress = (value - start) / (path - start)
    return result


def _start(line: Line, every: list[Stage], stage: Stage) -> tuple[F | None, int]:
    """Where the path to a stage starts, and in which month."""
    place = every.index(stage)
    if place == 0:
        known = line.base is not None and not line.undated_base
        return (line.base[1] * line.unit, line.base[0] * 12 + 12) if line.base and known else (None, 0)
    earlier = every[place - 1]
    if earlier.goal.undated:
        return None, 0
    return (None if earlier.goal.sign in {"between", "about"} else earlier.low), earlier.due


def _counted(count: tuple[int, int], figure: Figure) -> bool | None:
    top, bottom, silent = figure.numerator, figure.denominator, figure.expected - figure.present
    if top is None or bottom is None or bottom > count[1] or (silent == 0 and bottom != count[1]):
        return None
    if top >= count[0]:
        return True
    return None if top + count[1] - bottom >= count[0] else False


def _part_year(line: Line, result: Verdict, stage: Stage, figure: Figure, share: F) -> Verdict:
    sign = stage.goal.sign
    if sign in {"between", "about"}:
        return result
    assert stage.low is not None and figure.value is not None
    part = result.prorated = stage.low * share
    if holds(sign, figure.value, part, part):
        result.status = "within_plan"
        return result
    result.status = "over_plan" if sign in {"<", "<="} else "no_verdict"
    result.missing = people(line.indicator, sign, part, figure.numerator, figure.denominator)
    return result


def people(indicator: Indicator, sign: str, end: F, top: F | None, bottom: F | None) -> int | None:
    """How many more, or fewer, until the sign holds: tried from a little before the border, one by one."""
    bottom = F(1) if indicator.sums else bottom
    if top is None or not bottom or top.denominator != 1 or sign == "=":
        return None
    border = end * bottom / indicator.factor
    if sign in {">=", ">"}:
        count = max(int(top), math.floor(border) - 2)
        while not holds(sign, F(count) / bottom * indicator.factor, end, end):
            count += 1
        more_than_all = indicator.factor == 100 and not indicator.sums and count > bottom
        return None if more_than_all else count - int(top)
    count = min(int(top), math.ceil(border) + 2)
    while count >= 0 and not holds(sign, F(count) / bottom * indicator.factor, end, end):
        count -= 1
    return int(top) - count if count >= 0 else None


def cells_frame(rows: Sequence[tuple[str, str, str, str, F | None]]) -> pd.DataFrame:
    """(leaf, element, period, state, value) as a frame with exact values."""
    return pd.DataFrame(rows, columns=["leaf", "element", "period", "state", "value"]).astype({"value": object})
