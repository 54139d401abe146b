"""Report inputs from chance, but always the same chance: every kind of target, state and gap occurs."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

from docx import Document
from docx.oxml.ns import qn

from etl.attain import compute_target_attainment, compute_task_state
from etl.catalog import Catalogue, models
from etl.catalog.geography import find_plan_area, list_units_of_area
from etl.catalog.obligations import list_obligations
from etl.catalog.owed_cells import list_owed_cells
from etl.drafting.report_drafts import _select_plan_input
from etl.model import (
    Attainment,
    NoteReport,
    ObservedIndicator,
    Period,
    PeriodKind,
    Projection,
    SeriesPoint,
    TaskReport,
    UnitStatus,
)
from etl.model.reason import build_reason
from etl.report import ReportInput, write_report_draft
from etl.report.covered_period import is_sum_of_events
from etl.report.dates import compute_previous_report_period
from etl.report.inputs import ReportCorrection, SourceCells
from etl.settings import PROJECT_ROOT
from tests.wording import saying

_SNAPSHOT_DAY = date(2024, 10, 21)
_YEARS, _COUNTED = range(2023, 2031), {PeriodKind.MONTH: 12, PeriodKind.QUARTER: 4}
_SHARES = {100: (0.55, 1.0), 10_000: (0.0008, 0.004), 100_000: (0.00001, 0.0008)}


_WANTED = (
    "Kinh phí", "Nhân lực của trạm y tế", "Vắc xin của chương trình tiêm chủng mở rộng", "Thuốc thiết yếu",
    "Máy tính và đường truyền", "Trụ sở của trạm y tế", "Trang thiết bị tầm soát", "Phương tiện đi lại",
)  # fmt: skip


def sample(
    catalogue: Catalogue,
    scope_id: str,
    plan_id: str,
    key: str,
    *,
    seed: int = 1,
    previous: bool = True,
    simulated: bool = True,
) -> ReportInput:
    """A report as it might come: one unit silent, one refused, one late, notes that repeat, tasks in every state."""
    chance = random.Random(f"{seed} {scope_id} {plan_id} {key}")  # noqa: S311 - a sample, not a secret
    scope, plan, period = catalogue.scopes[scope_id], catalogue.plans[plan_id], Period.parse(key)
    report = next(r for r in scope.reports if r.plan == plan_id and r.cadence == period.kind.value)
    area = find_plan_area(catalogue, scope, plan_id)
    assert area
    units = [u.code for u in list_units_of_area(catalogue, area, scope.child_level, period.end)]
    silent = _pick(units, 2)
    rows = attainments(catalogue, plan, area.code, units, silent, period, chance)
    agencies = _agency_rows(catalogue, scope, plan, period, random.Random(seed))  # noqa: S311
    return ReportInput(
        catalogue=catalogue,
        scope=scope,
        report=report,
        plan=plan,
        period=period,
        attainments=rows,
        agencies=agencies,
        previous=attainments(catalogue, plan, area.code, units, "", period.same_period_last_year, chance)
        if previous
        else (),
        last=attainments(catalogue, plan, area.code, units, "", compute_previous_report_period(period), chance)
        if previous
        else (),
        corrections=_corrections(units, period) if previous else (),
        statuses=_statuses(catalogue, scope, period, units, silent),
        tasks=_tasks(catalogue, scope, plan, period, units, chance),
        notes=_notes(units, period),
        snapshot_at=f"{_choose_snapshot_day(scope, period)}T09:30:00+07:00",
        snapshot_id="a1b2c3d4",
        simulated=simulated,
        series=_series(rows, area.code, period, chance),
        earlier_statuses=tuple(
            status
            for quarter in period.quarters_to_date
            if quarter != period
            for status in _statuses(catalogue, scope, quarter, units, _pick(units, 5))
        ),
        sources=_sources(catalogue, rows, area.code, period),
    )


def list_worlds(catalogue: Catalogue, until: date) -> list[tuple[str, str, str]]:
    """(scope, plan, period): of each report of every scope the first and the last period that its units owed forms for
    since there is the plan, and that ended by a day."""
    found: list[tuple[str, str, str]] = []
    for scope in catalogue.scopes.values():
        for report in scope.reports:
            kind = PeriodKind(report.cadence)
            periods = [Period(y, kind, n) for y in _YEARS for n in range(1, _COUNTED.get(kind, 1) + 1)]
            begun = catalogue.plans[report.plan].valid_from
            owed = [p.key for p in periods if begun <= p.end <= until and _is_owed(catalogue, scope, p)]
            found += [(scope.id, report.plan, key) for key in (*owed[:1], *owed[-1:])]
    return list(dict.fromkeys(found))


def _is_owed(catalogue: Catalogue, scope: models.Scope, period: Period) -> bool:
    """Whether units owed forms for a period, or for all of its quarters."""
    if list_obligations(catalogue, scope, period):
        return True
    return period.months > 3 and all(list_obligations(catalogue, scope, part) for part in period.quarters)


def _pick(units: list[str], place: int) -> str:
    """The unit at a place; nobody, of an area of fewer."""
    return units[place] if place < len(units) else ""


def _choose_snapshot_day(scope: models.Scope, period: Period) -> date:
    """One day for all who had an office on it; three weeks after the period's end for those who came later."""
    return _SNAPSHOT_DAY if scope.find_office(_SNAPSHOT_DAY) else period.end + timedelta(days=21)


def _series(
    rows: tuple[Attainment, ...], area: str, period: Period, chance: random.Random
) -> tuple[tuple[str, tuple[SeriesPoint, ...]], ...]:
    """Eight periods that end with the report's own figure; every seventh with a change of definition."""
    found = []
    for number, row in enumerate(r for r in rows if r.unit == area and not r.as_of):
        if row.value is not None:
            past = [
                SeriesPoint(p.key, row.value * Fraction(chance.randint(85, 103), 100), "cũ" if number % 7 == 0 else "")
                for p in reversed(period.list_earlier_periods(7))
            ]
            found.append((row.item, (*past, SeriesPoint(period.key, row.value))))
    return tuple(found)


def _sources(catalogue: Catalogue, rows: tuple[Attainment, ...], area: str, period: Period) -> tuple[SourceCells, ...]:
    """Two files under each side of each figure of the area."""
    found: dict[tuple[str, str], tuple[SourceCells, ...]] = {}
    for row in (r for r in rows if r.unit == area and r.numerator is not None and not r.as_of):
        for side in ("numerator", "denominator"):
            named, value = getattr(catalogue.indicators[row.indicator], side), Fraction(getattr(row, side))
            element, half = named.count_of or named.elements[0], Fraction(value // 2)
            parts = ((1, "E8:E20", half), (2, "E8:E15, E17:E21", value - half))
            found[row.indicator, side] = tuple(
                SourceCells(
                    row.indicator, side, element, period.key, f"bao-cao-{n}.xlsx", f"{n}f" * 32, "B1", cells, 13, part
                )
                for n, cells, part in parts
            )
    return tuple(source for sources in found.values() for source in sources)


def attainments(
    catalogue: Catalogue,
    plan: models.Plan,
    area: str,
    units: list[str],
    silent: str,
    period: Period,
    chance: random.Random,
) -> tuple[Attainment, ...]:
    """One row per (target, unit); the area is the sum of its units, and a silent unit has no value."""
    seen: dict[str, dict[str, ObservedIndicator]] = {}
    rows = []
    for target in plan.targets:
        indicator = catalogue.indicators.get(target.indicator or "")
        if indicator and indicator.code not in seen:
            seen[indicator.code] = _observed(indicator, target, area, units, silent, period, chance)
        found = seen.get(target.indicator or "", {})
        for unit in (area, *units):
            row = compute_target_attainment(plan.id, target, indicator, found.get(unit), unit=unit, period=period)
            rows.append(_with_doubts(row, chance) if unit == area else row)
    return tuple(rows)


def _agency_rows(
    catalogue: Catalogue, scope: models.Scope, plan: models.Plan, period: Period, chance: random.Random
) -> tuple[Attainment, ...]:
    """One row per target and agency whose own forms of the period have all that the target's indicator is made of; the
    last agency of each is silent, if it is not the only one."""
    owed = {
        unit.code: own for unit, own in list_owed_cells(catalogue, scope.id, period).items() if unit.level == "agency"
    }
    rows = []
    for target in plan.targets:
        indicator = catalogue.indicators.get(target.indicator or "")
        wanted = {term.data_element for term in indicator.terms} if indicator else set()
        having = [code for code, own in owed.items() if wanted and wanted <= own]
        for place, unit in enumerate(having):
            silent = ObservedIndicator(str(target.indicator), unit, period, expected=1)
            seen = silent if 0 < place == len(having) - 1 else _ratio(indicator, unit, period, 5_000, chance)
            row = compute_target_attainment(plan.id, target, indicator, seen, unit=unit, period=period)
            rows.append(replace(row, of_agency=True))
    return tuple(rows)


def _with_doubts(row: Attainment, chance: random.Random) -> Attainment:
    """What an area's row has besides its verdict: bounds where units are missing, and where the series goes."""
    if row.value is None or row.target is None:
        return row
    wide = row.value * Fraction(chance.randint(97, 100), 100), row.value * Fraction(chance.randint(100, 103), 100)
    bounds = wide if row.present < row.expected else None
    if chance.random() < 0.3:
        ahead = tuple(
            Projection(year, points=3, reason=saying("quá ít số liệu để dự báo: có 3 kỳ")) for year in (2025, 2030)
        )
        return replace(row, bounds=bounds, projections=ahead)
    found = []
    for year in (2025, 2030):
        value, sure = float(row.value) * chance.uniform(0.9, 1.1), chance.random()
        word = "rất có khả năng" if sure >= 0.9 else "có khả năng" if sure >= 0.66 else "ít khả năng"
        found.append(Projection(year, value, value * 0.9, value * 1.1, row.target, sure, word, 8))
    return replace(row, bounds=bounds, bounds_turn=bounds is not None, projections=tuple(found), corrections=("c-1",))


def _observed(
    indicator: models.Indicator,
    target: models.Target,
    area: str,
    units: list[str],
    silent: str,
    period: Period,
    chance: random.Random,
) -> dict[str, ObservedIndicator]:
    if indicator.method == "none":
        return {}
    if indicator.method == "published":
        start = Fraction(target.baseline.value) if target.baseline and target.baseline.value else Fraction(30)
        value = start * Fraction(chance.randint(95, 104), 100)
        return {
            area: ObservedIndicator(
                indicator.code, area, period, value=value, as_of="2023", source="Niên giám thống kê", estimated=True
            )
        }
    if indicator.frequency == "year" and period.months < 12:
        whole = _ratio(indicator, area, period, 590_000, chance)
        return {area: ObservedIndicator(**{**_fields(whole), "as_of": str(period.year - 1), "source": "Biểu năm"})}
    leaves = {
        unit: ObservedIndicator(indicator.code, unit, period, expected=1, present=0)
        if unit == silent
        else _ratio(indicator, unit, period, chance.choice((8, 60, 5_000, 80_000)), chance)
        for unit in units
    }
    leaves[area] = _sum(indicator, area, period, list(leaves.values()))
    return leaves


def _fields(observed: ObservedIndicator) -> dict[str, object]:
    return {name: getattr(observed, name) for name in observed.__dataclass_fields__}


def _ratio(
    indicator: models.Indicator, unit: str, period: Period, size: int, chance: random.Random
) -> ObservedIndicator:
    low, high = _SHARES.get(indicator.factor, (0.5, 1.0))
    bottom = Fraction(size + chance.randint(0, 7))
    top = Fraction(round(float(bottom) * chance.uniform(low, high)))
    value = top / bottom * indicator.factor
    floors = (("90", int(chance.random() < 0.7)),) if indicator.method == "share_of_units" else ()
    return ObservedIndicator(indicator.code, unit, period, top, bottom, value, expected=1, present=1, at_floor=floors)


def _sum(indicator: models.Indicator, area: str, period: Period, leaves: list[ObservedIndicator]) -> ObservedIndicator:
    present = [o for o in leaves if o.present]
    top = sum((o.numerator for o in present if o.numerator is not None), Fraction(0))
    bottom = sum((o.denominator for o in present if o.denominator is not None), Fraction(0))
    floors = (("90", sum(o.at_floor[0][1] for o in present)),) if indicator.method == "share_of_units" else ()
    return ObservedIndicator(
        indicator.code, area, period, top, bottom, top / bottom * indicator.factor if bottom else None,
        expected=len(leaves), present=len(present), at_floor=floors,
    )  # fmt: skip


def _corrections(units: list[str], period: Period) -> tuple[ReportCorrection, ...]:
    asked = "Trung tâm Y tế", "2024-10-18"
    return (
        ReportCorrection(
            "c-1",
            units[0],
            period.key,
            "Số người có thẻ BHYT",
            saying("1200"),
            saying("12000"),
            *asked,
            "gõ thiếu một chữ số",
        ),
        ReportCorrection(
            "c-2",
            units[min(1, len(units) - 1)],
            period.key,
            "Số trẻ đẻ ra sống",
            saying("70"),
            saying("71"),
            *asked,
            "gõ nhầm",
            saying("đơn vị đã gửi lại"),
        ),
    )


def _statuses(
    catalogue: Catalogue, scope: models.Scope, period: Period, units: list[str], silent: str
) -> tuple[UnitStatus, ...]:
    rows = []
    parts = (period,) if list_obligations(catalogue, scope, period) else period.quarters
    for part, form, unit in [(p, form, unit) for p in parts for _, form, unit in list_obligations(catalogue, scope, p)]:
        late = unit.code == _pick(units, 3)
        state = "silent" if unit.code == silent else "refused" if unit.code == _pick(units, 1) else "accepted"
        rows.append(
            UnitStatus(
                form.id,
                unit.code,
                unit.name,
                part.key,
                state,
                0 if state == "silent" else 1,
                "2024-10-21",
                "" if state == "silent" else "2024-10-24" if late else "2024-10-15",
                3 if late else 0,
                2 if late else 0,
                1,
            )
        )
    return tuple(rows)


def crowd(given: ReportInput, *, everybody: bool) -> ReportInput:
    """The same where many units stand alike: every second one, or all, sent nothing for the first of its periods, all
    others were late, and all that reported wrote of the same difficulties."""
    units = list(dict.fromkeys(status.unit for status in given.statuses))
    silent = set(units if everybody else units[::2])
    first = min((status.period for status in given.statuses), default="")
    rows = tuple(
        replace(s, state="silent", version=0, received_on="", late_days=0, findings_confirm=0)
        if s.unit in silent and s.period == first
        else replace(s, state="accepted", version=1, received_on="2024-10-24", late_days=3)
        for s in given.statuses
    )
    notes = tuple(
        NoteReport(
            unit,
            given.period.key,
            n,
            f"{what} chưa đáp ứng",
            f"Thiếu {what.lower()} tại chỗ",
            f"Cấp đủ {what.lower()} trong năm tới để bảo đảm hoạt động",
            "Tỉnh",
        )
        for n, what in enumerate(_WANTED, start=1)
        for unit in units
    )
    return replace(given, statuses=rows, notes=notes)


def nobody(given: ReportInput) -> ReportInput:
    """The same where no unit sent anything: no figure of the period, no task, no word."""
    none = {"value": None, "numerator": None, "denominator": None, "met": None, "status": "no_data"}
    rows = tuple(
        a if a.as_of else replace(a, **none, people_missing=None, projections=(), bounds=None, interval=None)
        for a in given.attainments
    )
    sent = tuple(
        replace(s, state="silent", version=0, received_on="", late_days=0, findings_confirm=0) for s in given.statuses
    )
    return replace(given, attainments=rows, statuses=sent, tasks=(), notes=(), corrections=())


def part_only(given: ReportInput) -> ReportInput:
    """The same where nobody reported on the parts of the year before the last one: of what adds up since January there
    is that part alone, one unit of the area missing from it."""
    last, catalogue = given.period.parts_to_date[-1], given.catalogue
    events = {i.code for i in catalogue.indicators.values() if i.terms and is_sum_of_events(catalogue, i)}
    rows, parts = [], dict[tuple[str, str], ObservedIndicator]()
    for a in given.attainments:
        if a.indicator not in events or a.value is None or a.as_of:
            rows.append(a)
            continue
        parts[a.indicator, a.unit] = ObservedIndicator(
            a.indicator,
            a.unit,
            given.period,
            a.numerator,
            a.denominator,
            expected=a.expected,
            present=max(a.expected - 1, 1),
            since=last.key,
        )
        none = {"value": None, "numerator": None, "denominator": None, "met": None, "status": "no_data"}
        reason = build_reason("reason.no_data_of", present=0, expected=a.expected)
        doubts = {"people_missing": None, "projections": (), "bounds": None, "interval": None, "limits": None}
        rows.append(replace(a, **none, **doubts, present=0, reason=reason))
    every = (*given.earlier_statuses, *given.statuses)
    silent = {
        s: s if s.period in {last.key, given.period.key} else replace(s, state="silent", received_on="", late_days=0)
        for s in every
    }
    statuses = tuple(silent[s] for s in given.statuses)
    earlier = tuple(silent[s] for s in given.earlier_statuses)
    series = tuple(
        (item, tuple(p for p in points if Period.parse(p.period).end < given.period.start))
        for item, points in given.series
    )
    return replace(
        given,
        attainments=tuple(rows),
        parts=tuple(parts.values()),
        statuses=statuses,
        earlier_statuses=earlier,
        series=series,
    )


def all_in(given: ReportInput) -> ReportInput:
    """The same where nothing is wrong: all reported in time, nothing was corrected, all tasks are under way."""
    units = list(dict.fromkeys(a.unit for a in given.attainments if a.unit != given.area))
    chance = random.Random(f"{given.plan.id} {given.period.key}")  # noqa: S311 - a sample, not a secret
    rows = attainments(given.catalogue, given.plan, given.area, units, "", given.period, chance)
    sent = tuple(
        replace(s, state="accepted", version=1, received_on="2024-10-15", late_days=0, findings_confirm=0)
        for s in given.statuses
    )
    tasks = tuple(replace(task, state="ongoing", stated="Đang thực hiện") for task in given.tasks)
    return replace(given, attainments=rows, statuses=sent, tasks=tasks, corrections=())


def _tasks(
    catalogue: Catalogue,
    scope: models.Scope,
    plan: models.Plan,
    period: Period,
    units: list[str],
    chance: random.Random,
) -> tuple[TaskReport, ...]:
    actors = scope.list_answered_actors(scope.child_level, "")
    rows = []
    for task in plan.tasks:
        if actors.isdisjoint(task.lead):
            continue
        for unit in units:
            stated = chance.choice(("Đã hoàn thành", "Đang thực hiện", "Chưa thực hiện", ""))
            state = compute_task_state(task, stated, None, period.end)
            remark = "Đã phối hợp với các ban ngành; còn thiếu kinh phí" if stated == "Đang thực hiện" else ""
            rows.append(TaskReport(plan.id, task.id, unit, period.key, state, stated, "", remark))
    return tuple(rows)


def _notes(units: list[str], period: Period) -> tuple[NoteReport, ...]:
    same = "Thiếu bác sĩ cơ hữu tại trạm y tế các xã vùng sâu, vùng xa"
    return (
        NoteReport(
            units[0],
            period.key,
            1,
            same,
            "Chế độ đãi ngộ chưa đủ thu hút",
            "Bổ sung biên chế bác sĩ cho trạm y tế",
            "Tỉnh",
        ),
        NoteReport(
            units[min(3, len(units) - 1)], period.key, 1, same + ".", "chế độ đãi ngộ  chưa đủ thu hút", "", "tỉnh"
        ),
        NoteReport(
            units[min(4, len(units) - 1)],
            period.key,
            1,
            "=1+1 & <b>Vắc xin</b> cung ứng {{ chậm }}\x07",
            "",
            "Cấp đủ vắc xin trong quý",
            "Trung ương",
        ),
    )


def open_word(data: bytes) -> Any:
    """A Word report as its reader takes it: a blank at which no line ends is a blank."""
    document = Document(BytesIO(data))
    for text in document.element.body.iter(qn("w:t")):
        text.text = (text.text or "").replace("\u00a0", " ")
    return document


def read_page(data: bytes) -> str:
    """The page's source as its reader takes it: a code that stays on a line is a text, and so is its blank."""
    page = re.sub(r'<span class="whole">([^<]*)</span>', r"\1", data.decode())
    return page.replace("\u00a0", " ")


def draft_words(inputs: ReportInput, folder: Path) -> str:
    """The Word report of rows in their indicators' units, drafted as a plan's is from the scope's; its texts."""
    scope_inputs = vars(inputs) | {"series": {}, "sources": {}}
    names = ReportInput.__dataclass_fields__
    asked = _select_plan_input({k: v for k, v in scope_inputs.items() if k in names}, inputs.report)
    document = open_word(write_report_draft(asked, PROJECT_ROOT / "templates", folder)["word"].read_bytes())
    cells = (cell.text for table in document.tables for row in table.rows for cell in row.cells)
    return "\n".join([*(p.text for p in document.paragraphs), *cells])
