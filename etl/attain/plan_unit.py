"""A row in the unit of measure that its plan writes it in: what is computed in người is printed in nghìn người."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction

from etl.catalog import models
from etl.model import Attainment, Projection, SeriesPoint

_LEVELS = (
    "value", "target", "target_upper", "baseline", "path_value", "prorated_target", "required_yearly_change",
)  # fmt: skip


def convert_row_to_plan_unit(row: Attainment, target: models.Target) -> Attainment:
    """The row with its levels in the target's own unit; counts, shares and classes stay as they are."""
    scale = target.unit_scale
    if scale == 1:
        return row
    levels = {name: level / scale for name in _LEVELS if (level := getattr(row, name)) is not None}
    if row.bounds is not None:
        levels["bounds"] = (row.bounds[0] / scale, row.bounds[1] / scale)
    if row.interval is not None:
        levels["interval"] = (_divide(row.interval[0], scale), _divide(row.interval[1], scale))
    if row.limits is not None:
        ends = {name: getattr(row.limits, name) / scale for name in ("mean", "low", "high")}
        levels["limits"] = replace(row.limits, **ends)
    projections = tuple(_convert_projection(one, scale) for one in row.projections)
    return replace(row, **levels, projections=projections)


def convert_rows_to_plan_units(rows: Iterable[Attainment], plans: Mapping[str, models.Plan]) -> list[Attainment]:
    """Rows of several plans, each in the unit of its own target, for whoever reads them."""
    targets = {(plan.id, target.item): target for plan in plans.values() for target in plan.targets}
    return [
        convert_row_to_plan_unit(row, targets[row.plan, row.item]) if (row.plan, row.item) in targets else row
        for row in rows
    ]


def find_plan_units(plans: Mapping[str, models.Plan]) -> dict[tuple[str, str], str]:
    """The unit of measure that each target is written in, by plan and item."""
    return {(p.id, t.item): t.unit_meant or t.unit_written for p in plans.values() for t in p.targets}


def _convert_projection(one: Projection, scale: Fraction) -> Projection:
    value, low, high = (None if end is None else _divide(end, scale) for end in (one.value, one.low, one.high))
    return replace(one, value=value, low=low, high=high, target=None if one.target is None else one.target / scale)


def _divide(number: float, scale: Fraction) -> float:
    return float(Fraction(repr(number)) / scale)


def convert_points_to_plan_unit(points: tuple[SeriesPoint, ...], target: models.Target) -> tuple[SeriesPoint, ...]:
    """The same of a target's figures through time."""
    return tuple(replace(point, value=point.value / target.unit_scale) for point in points)
