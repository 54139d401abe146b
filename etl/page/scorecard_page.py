"""The scorecard: a plan's targets with the path to each milestone, the units as a heat table, each number's trace."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Row

from etl.catalog.geography import find_plan_area, get_plan_area_code
from etl.errors import TongketError
from etl.lineage.lineage_text import format_trace_lines
from etl.lineage.number_trace import trace_number
from etl.model import Period
from etl.page.dot_map import build_dot_map
from etl.page.page_rendering import PageDesk, count_pages, render_page
from etl.report.path_state import is_area_judged
from etl.warehouse import page_views

if TYPE_CHECKING:
    from etl.model import Attainment

_WIDTH, _HEIGHT, _MARGIN = 300, 90, 8
_VERDICTS = {"met", "not_met", "within_plan", "over_plan"}


@dataclass(frozen=True)
class PathPoint:
    """A point of a path's picture, in the units of its box. `label` says it in words."""

    x: float
    y: float
    label: str


@dataclass(frozen=True)
class PathPicture:
    """The way to a target's milestones: what was observed, what is wanted."""

    observed: tuple[PathPoint, ...]
    wanted: tuple[PathPoint, ...]
    width: int = _WIDTH
    height: int = _HEIGHT


def show_scorecard(desk: PageDesk, scope: str, period: str, plan: str, item: str, page: int) -> str:
    """A plan's targets for an area, one page of its units and of agencies apart from them, and all units on a map of
    one target.

    The last computed period and the first target with a value where none is asked for.
    """
    with desk.open_reader() as conn:
        computed = page_views.fetch_computed_periods(conn)
        scope, period, plan = _choose_card(desk, computed, scope, period, plan)
        area = _get_area(desk, scope, plan)
        area_name, area_until = _describe_area(desk, scope, plan)
        units = page_views.fetch_scorecard_units(conn, scope, period, plan, page) if scope else []
        offices = page_views.fetch_scorecard_units(conn, scope, period, plan, page, of_agency=True) if scope else []
        codes, agencies = ([unit.unit_code for unit in some] for some in (units, offices))
        scales = _list_unit_scales(desk, plan)
        found = page_views.fetch_scorecard_rows(conn, scope, period, plan, [area, *codes, *agencies])
        rows = _judge_like_area([_convert_row(row, scales.get(row.item)) for row in found], area)
        path = page_views.fetch_area_path(conn, scope, plan, area)
        milestones = page_views.fetch_milestones(conn, plan)
        targets = [row for row in rows if row.unit_code == area]
        item = item if item in {row.item for row in targets} else _choose_item(targets)
        mapped = [
            _convert_row(row, scales.get(item)) for row in page_views.fetch_map_rows(conn, scope, period, plan, item)
        ]
        of_area = [row for row in targets if row.item == item]
        mapped = _judge_like_area([*of_area, *(row for row in mapped if row.unit_code != area)], area)[len(of_area) :]
    total, most = (max((unit.found for unit in some), default=0) for some in (units, [*units, *offices]))
    cells: dict[str, dict[str, Any]] = defaultdict(dict)
    for row in rows:
        cells[row.unit_code][row.item] = row
    return render_page(
        desk,
        "scorecard.html",
        computed=computed,
        scope=scope,
        period=period,
        plan=plan,
        area=area,
        plans=_list_plans(desk, scope),
        targets=targets,
        agency_targets=[row for row in targets if any(row.item in cells[code] for code in agencies)],
        item=item,
        dot_map=build_dot_map(
            desk, mapped, period, {row.unit_code: _find_name(desk, row.unit_code, period) for row in mapped}
        ),
        units=codes,
        agencies=agencies,
        names={code: _find_name(desk, code, period) for code in (*codes, *agencies)} | {area: area_name},
        area_until=area_until,
        cells=cells,
        pictures=_draw_paths(path, milestones, period, scales),
        page=page,
        pages=count_pages(most),
        total=total,
    )


def show_trace(desk: PageDesk, scope: str, period: str, plan: str, item: str, unit: str) -> str:
    """The way from a number to the cells it came from, by the last report that printed it; or why there is none."""
    lines: list[str] = []
    refusal = ""
    try:
        report = f"{scope}:{plan}:{Period.parse(period).kind.value}:{period}"
        lines = list(format_trace_lines(trace_number(report, item, unit or None), desk.wording))
    except TongketError as error:
        refusal = str(error.what)
    return render_page(
        desk, "trace.html", scope=scope, period=period, plan=plan, item=item, lines=lines, refusal=refusal
    )


def _choose_card(desk: PageDesk, computed: page_views.Rows, scope: str, period: str, plan: str) -> tuple[str, str, str]:
    """What is shown: what was asked for, else the first scope, its last period, its first plan."""
    scope = scope or (computed[0].scope if computed else "")
    keys = [row.period for row in computed if row.scope == scope and Period.is_key(row.period)]
    period = period or max(keys, key=lambda key: (Period.parse(key).end, -Period.parse(key).months), default="")
    plans = _list_plans(desk, scope)
    return scope, period, plan or (plans[0] if plans else "")


def _get_area(desk: PageDesk, scope: str, plan: str) -> str:
    """The code that a plan's targets for the whole area are computed under: a plan may be one of a former unit."""
    chosen = desk.find_scope(scope)
    return get_plan_area_code(desk.catalogue, chosen, plan) if chosen and desk.catalogue else ""


def _list_plans(desk: PageDesk, scope: str) -> tuple[str, ...]:
    chosen = desk.find_scope(scope)
    return chosen.plans if chosen else ()


def _describe_area(desk: PageDesk, scope: str, plan: str) -> tuple[str, dt.date | None]:
    """The name of a plan's area, and the last day of the unit that it was where that has ended."""
    chosen = desk.find_scope(scope)
    area = find_plan_area(desk.catalogue, chosen, plan) if chosen and desk.catalogue else None
    return (area.name, area.valid_to) if area else (desk.get_name("scope", scope), None)


def _choose_item(targets: Sequence[Any]) -> str:
    """The first target with a value, or the first."""
    return next((row.item for row in targets if row.value is not None), targets[0].item if targets else "")


def _find_name(desk: PageDesk, code: str, period: str) -> str:
    if desk.catalogue is None or not Period.is_key(period):
        return code
    return desk.catalogue.find_unit_name(code, Period.parse(period).end)


def _list_unit_scales(desk: PageDesk, plan: str) -> dict[str, Fraction]:
    """By item: what a plan's numbers are multiplied with to be in the unit of measure that figures are kept in."""
    known = desk.catalogue.plans.get(plan) if desk.catalogue else None
    return {target.item: target.unit_scale for target in known.targets} if known else {}


def _convert_row(row: Row[Any], scale: Fraction | None) -> Any:
    """A row of figures in the unit of measure that the plan writes beside them."""
    fields = dict(row._mapping)
    levels = {name: fields[name] for name in ("value", "target") if fields.get(name) is not None}
    converted = {name: Fraction(level) / (scale or 1) for name, level in levels.items()}
    return SimpleNamespace(**fields | converted)


def _judge_like_area(rows: list[Any], area: str) -> list[Any]:
    """The same rows; a unit bears no verdict on a target that its area is not judged by, as in the area's report."""
    judged = {row.item for row in rows if row.unit_code == area and _is_judged(row)}
    for row in rows:
        if row.unit_code != area and row.item not in judged and row.status in _VERDICTS:
            row.status = "no_verdict"
    return rows


def _is_judged(row: Any) -> bool:
    """Whether a row that was read back is judged, by the rule of those in hand."""
    reason = SimpleNamespace(code=json.loads(row.reason)["code"]) if row.reason else None
    return is_area_judged(cast("Attainment", SimpleNamespace(**vars(row) | {"reason": reason})), row.baseline_period)


def _draw_paths(
    path: page_views.Rows, milestones: page_views.Rows, period: str, scales: Mapping[str, Fraction]
) -> dict[str, PathPicture]:
    """By item: a picture where there are at least two points to draw."""
    observed: dict[str, dict[str, Fraction]] = defaultdict(dict)
    wanted: dict[str, dict[str, Fraction]] = defaultdict(dict)
    kind = Period.parse(period).kind if Period.is_key(period) else None
    for row in path:
        if Period.is_key(row.period) and Period.parse(row.period).kind == kind:
            observed[row.item][row.period] = Fraction(row.value)
    for row in milestones:
        if row.period and Period.is_key(row.period):
            wanted[row.item][row.period] = Fraction(row.value) * scales.get(row.item, 1)
    return {
        item: _draw_path(observed[item], wanted[item])
        for item in sorted(observed)
        if len(observed[item]) + len(wanted[item]) > 1
    }


def _draw_path(observed: dict[str, Fraction], wanted: dict[str, Fraction]) -> PathPicture:
    days = {key: Period.parse(key).end.toordinal() for key in (*observed, *wanted)}
    values = [*observed.values(), *wanted.values()]
    first, low = min(days.values()), float(min(values))
    wide, high = (max(days.values()) - first) or 1, (float(max(values)) - low) or 1.0

    def place_points(series: dict[str, Fraction]) -> tuple[PathPoint, ...]:
        return tuple(
            PathPoint(
                round(_MARGIN + (days[key] - first) / wide * (_WIDTH - 2 * _MARGIN), 1),
                round(_HEIGHT - _MARGIN - (float(series[key]) - low) / high * (_HEIGHT - 2 * _MARGIN), 1),
                key,
            )
            for key in sorted(series, key=lambda key: days[key])
        )

    return PathPicture(place_points(observed), place_points(wanted))
