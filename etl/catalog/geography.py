"""Units over time: what became of each, which belong to an area on a day, what can be restated and what not.

Room: catalogue. Anyone above may ask. Pure: it follows units and successions, and reads no file. A figure moves to
another day's units only where whole units went over, or where the catalogue declares a weight; a share is never
guessed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from etl.catalog import models
from etl.catalog.catalogue import Catalogue
from etl.model import Period
from etl.model.reason import Reason, build_reason

_WHOLE = Fraction(1)
_TERRITORY = ("province", "district", "commune")


@dataclass(frozen=True)
class UnitShare:
    """A unit and the share of a figure that is its own; None where nobody has declared one."""

    unit: models.Unit
    weight: Fraction | None


def find_area(c: Catalogue, scope: models.Scope) -> models.Unit | None:
    """The org unit that a scope's area was when its first forms were due: a code alone may be reused later."""
    first = min(Period.parse(s.from_period).end for s in scope.submissions)
    return c.find_unit(scope.area_unit, first)


def find_plan_area(c: Catalogue, scope: models.Scope, plan: str) -> models.Unit | None:
    """The org unit that a scope measures a plan on: the one the plan was given to, where that one has ended and the
    scope's area came after it (`inheritance.yaml`, decided or not); else the scope's area."""
    own = find_area(c, scope)
    for x in c.inheritance:
        if own and (x.plan, x.item, x.to_unit, x.to_valid_from) == (plan, "all", own.code, own.valid_from):
            return c.find_unit(x.from_unit, x.from_valid_to)
    return own


def group_plans_by_area(c: Catalogue, scope: models.Scope) -> dict[models.Unit, list[str]]:
    """The plans of a scope by the org unit that each is measured on; without those that no unit carries."""
    grouped: dict[models.Unit, list[str]] = {}
    for plan in scope.plans:
        if area := find_plan_area(c, scope, plan):
            grouped.setdefault(area, []).append(plan)
    return grouped


def get_plan_area_code(c: Catalogue, scope: models.Scope, plan: str) -> str:
    """The code of the area that a plan is measured on."""
    area = find_plan_area(c, scope, plan)
    return area.code if area else scope.area_unit


def find_area_of_code(c: Catalogue, scope: models.Scope, code: str) -> models.Unit | None:
    """The area with a code that plans of a scope are measured on, if any is."""
    areas = (find_plan_area(c, scope, plan) for plan in scope.plans)
    return next((area for area in areas if area and area.code == code), None)


@lru_cache(maxsize=16384)
def is_within_area(c: Catalogue, area: models.Unit, unit: models.Unit) -> bool:
    """Whether a unit is an area, lies in it, or came whole from units that did."""
    if area.valid_to is not None and unit.valid_from > area.valid_to:
        steps = list_predecessors(c, unit)
        return bool(steps) and all(not s.with_others and is_within_area(c, area, old) for s, old in steps)
    day = min(unit.valid_to or date.max, area.valid_to or date.max)
    above: models.Unit | None = unit
    while above is not None and above != area:
        above = c.find_unit(above.parent, day) if above.parent else None
    return above is not None


def get_published_area_code(c: Catalogue, scope: models.Scope, unit: models.Unit) -> str:
    """The code of the area that figures published by a unit are of.

    An office speaks for the scope's area, or for the ended one that it took over from, where a plan is measured on that
    still. A part of the area speaks for itself, and never for the whole.
    """
    if unit.level != "agency":
        return unit.code
    areas = (find_plan_area(c, scope, plan) for plan in scope.plans)
    former = (area.code for area in areas if area and area.code != scope.area_unit and is_within_area(c, area, unit))
    return next(former, scope.area_unit)


def is_plan_of_unit(c: Catalogue, scope: models.Scope, plan: str, unit: models.Unit) -> bool:
    """Whether a plan of a scope is measured on an area that holds a unit."""
    area = find_plan_area(c, scope, plan)
    return area == find_area(c, scope) or (area is not None and is_within_area(c, area, unit))


def list_area_units(c: Catalogue, scope: models.Scope, level: str, day: date) -> tuple[models.Unit, ...]:
    """The units of a level in a scope's area on a day, in catalogue order."""
    whole = find_area(c, scope)
    return () if whole is None else list_units_of_area(c, whole, level, day)


def list_units_of_area(c: Catalogue, whole: models.Unit, level: str, day: date) -> tuple[models.Unit, ...]:
    """The units of a level in an area on a day, in catalogue order.

    Once the area has ended: the units that came from it and from nowhere else.
    """
    if whole.is_valid_on(day):
        return list_units_below(c, whole, level, day)
    return _list_successor_units(c, whole, level, day)


def list_units_below(c: Catalogue, unit: models.Unit, level: str, day: date) -> tuple[models.Unit, ...]:
    """The units of a level under a unit on a day, however far below, in catalogue order; provinces by their codes."""
    units = c.list_children(unit.code, level, day)
    if units:
        return tuple(sorted(units, key=lambda one: one.code)) if level == "province" else units
    nearer = [u for step in _TERRITORY for u in c.list_children(unit.code, step, day)]
    return tuple(u for child in nearer for u in list_units_below(c, child, level, day))


@lru_cache(maxsize=256)
def _list_successor_units(c: Catalogue, whole: models.Unit, level: str, day: date) -> tuple[models.Unit, ...]:
    if whole.valid_to is None or day < whole.valid_from:
        return ()
    parts = list_territory_parts(c, whole, whole.valid_to)
    images = {share.unit for part in parts for share in compute_unit_shares(c, part, day) if share.unit.level == level}
    return tuple(
        u for u in c.units if u in images and _find_other_sharer(c, u, frozenset(parts), whole.valid_to) is None
    )


def list_territory_parts(c: Catalogue, unit: models.Unit, day: date) -> tuple[models.Unit, ...]:
    """The smallest units of area that a unit consists of on a day; itself where it has none below."""
    inner = [u for level in _TERRITORY for u in c.list_children(unit.code, level, day)]
    return tuple(part for u in inner for part in list_territory_parts(c, u, day)) if inner else (unit,)


# --- from one day to another -------------------------------------------------------------------------


def compute_unit_shares(c: Catalogue, unit: models.Unit, day: date) -> tuple[UnitShare, ...]:
    """The units of a day that have something of a unit, and how much of its figures is theirs.

    Forwards a whole merge has weight 1. Backwards a unit that came from one other alone has weight 1, one that was
    merged has none unless declared. A unit that ended without a successor, or began without a predecessor, gives
    nothing.
    """
    return _compute_unit_shares(c, unit, day)


@lru_cache(maxsize=65536)
def _compute_unit_shares(c: Catalogue, unit: models.Unit, day: date) -> tuple[UnitShare, ...]:
    if unit.is_valid_on(day):
        return (UnitShare(unit, _WHOLE),)
    steps = _compute_successor_shares(c, unit) if unit.valid_from < day else _compute_predecessor_shares(c, unit)
    weights: dict[models.Unit, Fraction | None] = {}
    for step in steps:
        for further in _compute_unit_shares(c, step.unit, day):
            weight = None if step.weight is None or further.weight is None else step.weight * further.weight
            weight_so_far = weights.get(further.unit, Fraction(0))
            weights[further.unit] = None if weight_so_far is None or weight is None else weight_so_far + weight
    return tuple(UnitShare(u, w) for u, w in weights.items())


def _compute_successor_shares(c: Catalogue, unit: models.Unit) -> tuple[UnitShare, ...]:
    """What became of a unit the day after its last."""
    steps = list_successors(c, unit)
    return tuple(
        UnitShare(
            new,
            (_WHOLE if s.kind != "part" else _convert_weight(s.weight))
            if len(steps) == 1 or s.kind == "part"
            else None,
        )
        for s, new in steps
    )


def _compute_predecessor_shares(c: Catalogue, unit: models.Unit) -> tuple[UnitShare, ...]:
    """What a unit was made from the day before its first."""
    steps = list_predecessors(c, unit)
    is_only_origin = len(steps) == 1 and not steps[0][0].with_others
    return tuple(UnitShare(old, _WHOLE if is_only_origin else _convert_weight(s.back_weight)) for s, old in steps)


def list_successors(c: Catalogue, unit: models.Unit) -> tuple[tuple[models.Succession, models.Unit], ...]:
    """The successions from a unit, each with the new unit."""
    rows = c.successions_from.get((unit.code, unit.valid_to), ()) if unit.valid_to else ()
    return tuple((s, new) for s in rows if (new := c.find_unit(s.new_code, s.new_valid_from)))


def has_gone_over(c: Catalogue, unit: models.Unit, day: date) -> bool:
    """Whether all that a unit was is among the units of a later day: no part of it went where nobody says."""
    if unit.is_valid_on(day):
        return True
    steps = list_successors(c, unit)
    is_whole = len(steps) > 1 or any(s.kind != "part" for s, _ in steps)
    return is_whole and all(has_gone_over(c, new, day) for _, new in steps)


def list_predecessors(c: Catalogue, unit: models.Unit) -> tuple[tuple[models.Succession, models.Unit], ...]:
    """The successions to a unit, each with the old unit."""
    rows = c.successions_to.get((unit.code, unit.valid_from), ())
    return tuple((s, old) for s in rows if (old := c.find_unit(s.old_code, s.old_valid_to)))


def _find_renamed_unit(c: Catalogue, unit: models.Unit) -> models.Unit | None:
    """What a unit was called next, where nothing but its name or kind changed."""
    steps = list_successors(c, unit)
    return next((new for s, new in steps if s.kind == "kept" and s.carries == "area"), None)


def is_renamed(c: Catalogue, unit: models.Unit) -> bool:
    """Whether a unit is another one under a new name or kind: its figures need no restating."""
    steps = list_predecessors(c, unit)
    return bool(steps) and all(s.kind == "kept" for s, _ in steps)


def _convert_weight(weight: Decimal | None) -> Fraction | None:
    return None if weight is None else Fraction(weight)


# --- what cannot be restated -------------------------------------------------------------------------


@lru_cache(maxsize=16384)
def find_restating_gap(c: Catalogue, unit: models.Unit, day: date) -> Reason | None:
    """Why a unit's figures cannot be had from what the units of a day reported; None where they can, exactly.

    They can where the units of that day lie wholly inside it, or a declared weight says how much of them does.
    """
    if unit.is_valid_on(day):
        return None
    own = unit.valid_to if unit.valid_to and unit.valid_to < day else unit.valid_from
    parts = frozenset(list_territory_parts(c, unit, own))
    for part in sorted(parts, key=lambda u: u.code):
        images = compute_unit_shares(c, part, day)
        outside = [s.with_others for s, _ in list_predecessors(c, part) if s.with_others and day < part.valid_from]
        if outside:
            return build_reason(
                "gap.part_from_outside",
                part=_format_unit_name(part),
                other=outside[0],
                as_of=part.valid_from.isoformat(),
            )
        if not images:
            return build_reason("gap.no_successor", part=_format_unit_name(part))
        for image in images:
            stranger = _find_other_sharer(c, image.unit, parts, own)
            if stranger is not None:
                return _build_mixed_unit_gap(unit, part, image.unit, stranger)
    return None


def _find_other_sharer(c: Catalogue, image: models.Unit, parts: frozenset[models.Unit], day: date) -> str | None:
    """Who else has a share in a unit beside `parts`, where no weight says how much; None where nobody has."""
    if image in parts:
        return None
    shares = compute_unit_shares(c, image, day)
    if shares and all(share.weight is not None for share in shares):
        return None
    others = [s.with_others for s, _ in list_predecessors(c, image) if s.with_others] if image.valid_from > day else []
    if others:
        return others[0]
    return next((_format_unit_name(share.unit) for share in shares if share.unit not in parts), None)


def _build_mixed_unit_gap(unit: models.Unit, part: models.Unit, image: models.Unit, stranger: str) -> Reason:
    if image.valid_from > part.valid_from:
        return build_reason(
            "gap.merged",
            as_of=image.valid_from.isoformat(),
            part=_format_unit_name(part),
            other=stranger,
            new=_format_unit_name(image),
            unit=_format_unit_name(unit),
        )
    return build_reason("gap.split", new=_format_unit_name(image), unit=_format_unit_name(unit), other=stranger)


def _format_unit_name(unit: models.Unit) -> str:
    return unit.name[:1].lower() + unit.name[1:]


def describe_succession(c: Catalogue, code: str, day: date) -> str:
    """In Vietnamese: when the last bearer of a code before a day ended, and who succeeded it; empty if nobody did."""
    ended = [u for u in c.list_units_of_code(code) if u.valid_to and u.valid_to < day]
    if not ended or c.find_unit(code, day):
        return ""
    unit = max(ended, key=lambda u: u.valid_from)
    last = unit.valid_to or day
    heirs = dict.fromkeys(new for part in list_territory_parts(c, unit, last) for _, new in list_successors(c, part))
    heirs |= dict.fromkeys(new for _, new in list_successors(c, unit))
    sentence = f" {unit.name} kết thúc ngày {last:%d/%m/%Y}"
    return f"{sentence}; kế tục: {', '.join(u.name for u in heirs)}." if heirs else f"{sentence}."


def find_last_day(c: Catalogue, unit: models.Unit, day: date) -> date | None:
    """The last day of a unit that has ended before `day`; one that only bears another name goes on."""
    last = _find_last_name(c, unit).valid_to
    return last if last is not None and last < day else None


def _find_last_name(c: Catalogue, unit: models.Unit) -> models.Unit:
    """The unit under the last name that it had, where it only bore another."""
    while (kept := _find_renamed_unit(c, unit)) is not None:
        unit = kept
    return unit


def find_inheritance(c: Catalogue, plan: str, item: str, unit: models.Unit, day: date) -> Reason | None:
    """Who answers for a line of a plan once its unit has ended; None while it has not.

    A unit that only bears another name goes on.
    """
    unit = _find_last_name(c, unit)
    if unit.valid_to is None or day <= unit.valid_to:
        return None
    own = [x for x in c.inheritance if x.plan == plan and x.from_unit == unit.code and x.item in {item, "all"}]
    decided = [x for x in own if x.decided and x.date and x.date <= day]
    if not decided:
        return build_reason("inheritance.undecided", unit=unit.name, as_of=unit.valid_to.isoformat())
    last = max(decided, key=lambda x: (x.item == item, x.date))
    heir = c.find_unit_name(last.to_unit, last.to_valid_from or day)
    return build_reason("inheritance.decided", heir=heir, by=last.decided_by, as_of=str(last.date))
