"""What goes back down: each quarter one page for every unit that reports; each year for those that report by years."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from etl.attain import convert_row_to_plan_unit
from etl.attainment.attainment_rows import load_or_compute_attainment, take_scope_snapshot
from etl.catalog import Catalogue, models
from etl.catalog.geography import get_plan_area_code, is_plan_of_unit
from etl.catalog.obligations import list_obligations
from etl.catalog.owed_cells import list_sheet_cells
from etl.catalog.rules import load_rules
from etl.check.metrics import measure_share
from etl.core.instance import Result, load_settings_and_catalogue, open_current_engine
from etl.errors import UsageError
from etl.feedback import (
    Comparison,
    FindingCounts,
    FormState,
    FormSubmission,
    IndicatorLine,
    PlanScore,
    ThresholdShare,
    UnitFeedback,
    build_resolved_findings,
    count_by_level,
    count_resolved_findings,
    select_open_findings,
    write_feedback,
)
from etl.messages import Messages, load_messages
from etl.model import Attainment, ElementKind, Period, PeriodKind, UnitStatus, Verdict
from etl.model.numbers import format_number
from etl.model.trend import compare_attainments
from etl.model.vietnam_time import VIETNAM_ZONE, get_current_date
from etl.report.figure_facts import Figure, PrintedNumber
from etl.report.inputs import ReportInput
from etl.report.number_facts import build_number_fact, select_figure_decimals
from etl.report.report_figures import ReportFigures, build_figures, format_unit_value, select_counted_noun
from etl.report.report_head import format_plan_name
from etl.report.section_facts import UnitScore
from etl.report.unit_results import build_unit_table
from etl.settings import Settings
from etl.warehouse import feedback_inputs
from etl.warehouse.run_context import RunContext
from etl.warehouse.snapshot import take_snapshot
from etl.warehouse.unit_reports import fetch_submission_statuses

_EARLIER_QUARTERS = 4
_TIMELINESS_QUARTERS = 4
_MAX_LINES = 12
_GROWING_KINDS = {ElementKind.FLOW, ElementKind.YTD}
_OPERATORS = {">=": "≥ ", "<=": "≤ ", ">": "> ", "<": "< ", "=": ""}


def write_unit_feedback(scope: str, period: str, unit: str | None = None) -> Result:
    """Writes each unit's sheet of a quarter to ``outbox/returns/<unit>/``; one that is the same stays as it is. Of a
    year: of the units that owe nothing by quarters.

    Raises:
        UsageError: no such scope or period, or the unit owes nothing for it.
    """
    settings, catalogue = load_settings_and_catalogue()
    chosen, key = catalogue.get_scope(scope), Period.parse(period)
    units = _list_answered_units(catalogue, chosen, key)
    if not units:
        skipped = "feedback is for quarters in which a unit owes something, and years of those that owe by years alone"
        return {"scope": scope, "period": period, "skipped": skipped}
    wanted = [u for u in units if unit in (None, u.code)]
    if not wanted:
        codes = ", ".join(u.code for u in units)
        raise UsageError(
            f"unit {unit} owes nothing to {scope} for {period}", where="--unit", fix=f"use one of: {codes}"
        )
    with open_current_engine(settings, catalogue).connect() as conn:
        titles = {code: rule.title for code, rule in load_rules(settings.expectations).by_code.items()}
        data = _fetch_feedback_data(RunContext(conn, catalogue, chosen, key, take_snapshot(conn).at), titles, settings)
    sheets = [_build_unit_feedback(data, one, _select_feedback_targets(data, one)) for one in wanted]
    min_denominator = int(catalogue.thresholds["related_least"])
    done = [write_feedback(sheet, key.key, settings.outbox, min_denominator) for sheet in sheets]
    return {
        "scope": scope,
        "period": period,
        "units": len(done),
        "written": sum(new for _, new in done),
        "files": [str(path) for path, _ in done],
    }


def _list_answered_units(catalogue: Catalogue, scope: models.Scope, period: Period) -> list[models.Unit]:
    """Who is told how it stands for a period: by quarters, or by years who has no quarter that it could be told of."""
    if period.kind not in {PeriodKind.QUARTER, PeriodKind.YEAR}:
        return []
    told = {unit.code for part in period.quarters if part != period for unit in _list_owing(catalogue, scope, part)}
    return [unit for unit in _list_owing(catalogue, scope, period) if unit.code not in told]


def _list_owing(catalogue: Catalogue, scope: models.Scope, period: Period) -> list[models.Unit]:
    return list(dict.fromkeys(unit for _, _, unit in list_obligations(catalogue, scope, period)))


@dataclass(frozen=True)
class _PlanStanding:
    """How everybody stands to a plan in the period, as the plan's report says it: its figures, and units' scores."""

    inputs: ReportInput
    plan_name: str
    figures: ReportFigures
    scores: Mapping[str, UnitScore]

    def get_figure(self, row: Attainment) -> Figure:
        """The report's figure of a row of attainment."""
        return self.figures.by_key[row.item, row.unit]


def _build_plan_standing(
    context: RunContext, snapshot_id: str, rows: Sequence[Attainment], plan: str, wording: Messages
) -> _PlanStanding:
    catalogue, scope = context.catalogue, context.scope
    cadence: Literal["quarter", "year"] = "year" if context.period.kind == PeriodKind.YEAR else "quarter"
    written = (r for r in scope.reports if (r.plan, r.cadence) == (plan, cadence))
    # Of a plan that the scope reports on to nobody, units stand as in the report that there would be.
    nobody = models.ReportDef(plan=plan, cadence=cadence, recipients=(plan,), clause=plan, basis="configured")
    targets = {target.item: target for target in catalogue.plans[plan].targets}
    of_plan = [convert_row_to_plan_unit(r, targets[r.item]) for r in rows if r.plan == plan and r.item in targets]
    inputs = ReportInput(
        catalogue, scope, next(written, nobody), catalogue.plans[plan], context.period,
        attainments=tuple(row for row in of_plan if not row.of_agency), previous=(), statuses=(), tasks=(), notes=(),
        snapshot_at=str(context.known_at), snapshot_id=snapshot_id, simulated=False,
        agencies=tuple(row for row in of_plan if row.of_agency),
    )  # fmt: skip
    figures = build_figures(inputs, wording)
    scores = {score.unit: score for score in build_unit_table(inputs, wording, figures).scores}
    return _PlanStanding(inputs, format_plan_name(inputs, wording), figures, scores)


@dataclass(frozen=True)
class _FeedbackData:
    """All that is read at once for every unit of a quarter or year."""

    catalogue: Catalogue
    scope: models.Scope
    periods: tuple[Period, ...]  # the quarter last
    day: dt.date
    as_of: dt.date
    statuses: Mapping[str, Sequence[UnitStatus]]
    verdicts: Mapping[tuple[str, str, str], tuple[Verdict, ...]]
    filled: Mapping[tuple[str, dt.date, str], Mapping[str, int]]
    rows: Sequence[Attainment]
    earlier_rows: Mapping[Period, Mapping[tuple[str, str, str], Attainment]]
    standings: Mapping[str, _PlanStanding]
    titles: Mapping[str, str]
    wording: Messages
    simulated: bool

    @property
    def period(self) -> Period:
        return self.periods[-1]

    def list_owed_forms(self, unit: models.Unit, period: Period) -> list[models.Form]:
        """The forms that this very unit, not another of its code, owed for a period."""
        return [form for _, form, one in list_obligations(self.catalogue, self.scope, period) if one == unit]


def _fetch_feedback_data(context: RunContext, titles: Mapping[str, str], settings: Settings) -> _FeedbackData:
    """Everything from one snapshot: the context's moment."""
    conn, catalogue, scope, period = context.conn, context.catalogue, context.scope, context.period
    snapshot = take_scope_snapshot(conn, scope, str(context.known_at))
    rows, _ = load_or_compute_attainment(context, snapshot.id, outlook=False)
    periods = (*reversed(period.list_earlier_periods(_EARLIER_QUARTERS)), period)
    wording = load_messages(settings.templates)
    return _FeedbackData(
        catalogue,
        scope,
        periods,
        get_current_date(),
        dt.datetime.fromisoformat(snapshot.at).astimezone(VIETNAM_ZONE).date(),
        {p.key: fetch_submission_statuses(context.for_period(p)) for p in periods},
        feedback_inputs.fetch_verdicts(conn, scope.id, [p.key for p in periods], as_known_at=snapshot.at),
        feedback_inputs.count_filled_cells(conn, scope.id, period.key, as_known_at=snapshot.at),
        rows,
        {p: _load_earlier_rows(context, snapshot.id, p) for p in _list_compared_periods(period)},
        {plan: _build_plan_standing(context, snapshot.id, rows, plan, wording) for plan in scope.plans},
        titles,
        wording,
        settings.simulated,
    )


def _list_compared_periods(period: Period) -> list[Period]:
    """The period before and the same one last year; of a year one."""
    return list(dict.fromkeys((*period.list_earlier_periods(1), period.same_period_last_year)))


def _load_earlier_rows(context: RunContext, snapshot_id: str, period: Period) -> dict[tuple[str, str, str], Attainment]:
    """What an earlier period came to, as known now, by plan, item and unit; nothing where nobody owed anything."""
    if not list_obligations(context.catalogue, context.scope, period):
        return {}
    rows, _ = load_or_compute_attainment(context.for_period(period), snapshot_id, outlook=False)
    return {(row.plan, row.item, row.unit): row for row in rows}


def _build_unit_feedback(
    data: _FeedbackData, unit: models.Unit, targets: Sequence[tuple[str, models.Target]]
) -> UnitFeedback:

    forms = data.list_owed_forms(unit, data.period)
    now = [data.verdicts.get((unit.code, form.id, data.period.key), ()) for form in forms]
    last = data.periods[-2]
    owed_before = {form.id for form in data.list_owed_forms(unit, last)}
    resolved: Counter[tuple[str, str, bool]] = Counter()
    for form, verdicts in zip(forms, now, strict=True):
        before = data.verdicts.get((unit.code, form.id, last.key), ()) if form.id in owed_before else ()
        resolved += count_resolved_findings(verdicts, before[-1] if before else None)
    office = data.catalogue.get_office(data.scope, data.day)
    elements = {code: element.name for code, element in data.catalogue.elements.items()}
    measured = {get_plan_area_code(data.catalogue, data.scope, plan) for plan, _ in targets}
    area = data.catalogue.find_unit(data.scope.area_unit, data.period.end) if len(measured) == 1 else None
    return UnitFeedback(
        unit=unit.code,
        unit_name=unit.name,
        quarter=data.period.name,
        parent_body=office.parent_body,
        body=office.body,
        office=office.name,
        area=format_area_name(data.wording, area),
        as_of=data.as_of,
        sent=tuple(_build_form_submission(data, unit, form) for form in forms),
        on_time=_compute_timeliness(data, unit),
        quarters=tuple(_count_quarter_findings(data, unit)),
        mended=build_resolved_findings(resolved, data.titles, elements),
        mendable=any(verdicts and verdicts[-1].accepted for verdicts in now),
        open=tuple(
            sorted((f for verdicts in now for f in select_open_findings(verdicts)), key=lambda f: f.level != "refuse")
        ),
        lines=tuple(_list_indicator_lines(data, unit, targets)),
        wording=data.wording,
        simulated=data.simulated,
        earlier=tuple(period.name for period in data.earlier_rows),
        scores=tuple(
            PlanScore(standing.plan_name, score.met, score.of)
            for standing in data.standings.values()
            if (score := standing.scores.get(unit.code))
        ),
    )


# --- timeliness, completeness, findings ------------------------------------------------------------------


def _find_form_state(status: UnitStatus, day: dt.date) -> FormState:
    if status.state == "accepted":
        return "late" if status.late_days else "on_time"
    if status.state == "refused":
        return "refused"
    return "silent" if day.isoformat() > status.due else "not_due"


def _compute_share(part: int, whole: int, limit: float) -> ThresholdShare:

    flag = measure_share(part, whole, limit).flag
    return ThresholdShare(part, whole, limit, None if flag == "not_testable" else flag == "flagged")


def _select_unit_statuses(data: _FeedbackData, unit: models.Unit, period: Period) -> list[UnitStatus]:
    owed = {form.id for form in data.list_owed_forms(unit, period)}
    return [s for s in data.statuses[period.key] if s.unit == unit.code and s.form in owed]


def _compute_timeliness(data: _FeedbackData, unit: models.Unit) -> ThresholdShare:
    """Forms that came on time, of those that came or were due by now. A file that was refused never came."""
    statuses = [s for p in data.periods[-_TIMELINESS_QUARTERS:] for s in _select_unit_statuses(data, unit, p)]
    due = [s for s in statuses if s.state == "accepted" or data.day.isoformat() > s.due]
    on_time = sum(_find_form_state(s, data.day) == "on_time" for s in due)
    return _compute_share(on_time, len(due), data.catalogue.thresholds["timeliness"])


def _build_form_submission(data: _FeedbackData, unit: models.Unit, form: models.Form) -> FormSubmission:

    status = next(s for s in _select_unit_statuses(data, unit, data.period) if s.form == form.id)
    state, due = _find_form_state(status, data.day), dt.date.fromisoformat(status.due)
    if status.state != "accepted":
        return FormSubmission(form.title, state, due)
    owed = [cell for sheet in form.sheets for cell in list_sheet_cells(data.catalogue, form, sheet, unit, data.period)]
    form_elements = frozenset[str]().union(*(elements for _, elements in owed))
    counted = data.filled.get((unit.code, unit.valid_from, form.id), {})
    full = sum(count for element, count in counted.items() if element in form_elements)
    cells = _compute_share(full, sum(len(e) for _, e in owed), data.catalogue.thresholds["element_completeness"])
    return FormSubmission(form.title, state, due, dt.date.fromisoformat(status.received_on), status.late_days, cells)


def _count_quarter_findings(data: _FeedbackData, unit: models.Unit) -> list[FindingCounts]:

    quarters: list[FindingCounts] = []
    for period in data.periods:
        forms = data.list_owed_forms(unit, period)
        verdicts_by_form = [v for form in forms if (v := data.verdicts.get((unit.code, form.id, period.key)))]
        if not forms:
            continue
        if not verdicts_by_form:
            quarters.append(FindingCounts(period.name))
            continue
        first, last = (count_by_level(*(v[end].findings for v in verdicts_by_form)) for end in (0, -1))
        quarters.append(FindingCounts(period.name, sum(map(len, verdicts_by_form)), first, last))
    return quarters


# --- indicators ------------------------------------------------------------------------------------------


def _select_feedback_targets(data: _FeedbackData, unit: models.Unit) -> tuple[tuple[str, models.Target], ...]:
    """(plan, target) of at most twelve indicators of the period's kind, each once, as the first plan of the unit with a
    level has it.

    Where units have figures of the quarter, only indicators that at least one of them has; levels before what is
    only followed. An elimination is recognised for an area, not for a unit, and is left out. Agencies stand beside
    agencies alone, in what they have by themselves.
    """
    catalogue, scope = data.catalogue, data.scope
    plans = [plan for plan in scope.plans if is_plan_of_unit(catalogue, scope, plan, unit)]
    areas = {get_plan_area_code(catalogue, scope, plan) for plan in plans}
    of_agency = {row.indicator for row in data.rows if row.unit == unit.code and row.of_agency}
    beside = [row for row in data.rows if row.unit not in areas and row.of_agency == bool(of_agency)]
    own = {row.indicator for row in beside if row.value is not None and not row.as_of}
    first: dict[str, tuple[str, models.Target]] = {}
    for followed in (False, True):
        for plan in plans:
            for target in catalogue.plans[plan].targets:
                indicator = catalogue.indicators.get(target.indicator or "")
                if indicator is None or target.kind == "eliminate" or (target.kind == "track") != followed:
                    continue
                if of_agency and indicator.code not in of_agency:
                    continue
                if _is_told_of(indicator, data.period) and (not own or indicator.code in own):
                    first.setdefault(indicator.code, (plan, target))
    return tuple(first.values())[:_MAX_LINES]


def _is_told_of(indicator: models.Indicator, period: Period) -> bool:
    of_period = indicator.frequency == "quarter" or (indicator.frequency == "year" and period.kind == PeriodKind.YEAR)
    return of_period and indicator.method in {"ratio", "share_of_units"}


def _list_indicator_lines(
    data: _FeedbackData, unit: models.Unit, targets: Sequence[tuple[str, models.Target]]
) -> list[IndicatorLine]:
    rows = {(row.plan, row.item, row.unit): row for row in data.rows}
    if not any(row.unit == unit.code for row in data.rows):
        return []
    return [
        _build_indicator_line(data, data.standings[plan], target, own, area)
        for plan, target in targets
        if (own := rows.get((plan, target.item, unit.code)))
        and (area := rows.get((plan, target.item, data.standings[plan].inputs.area)))
    ]


def _build_indicator_line(
    data: _FeedbackData, standing: _PlanStanding, target: models.Target, own: Attainment, area: Attainment
) -> IndicatorLine:
    """The unit's figure with the verdict, the shortfall and the print that the plan's report gives it."""
    indicator = data.catalogue.indicators[target.indicator or ""]
    figure, whole = standing.get_figure(own), standing.get_figure(area)
    value = _select_current_value(data.wording, figure)
    noun = select_counted_noun(standing.inputs, data.wording, indicator)
    known = value.value is not None
    return IndicatorLine(
        _format_indicator_name(data, indicator, target),
        target.select_unit(indicator),
        value,
        _select_current_value(data.wording, whole),
        format_feedback_target(data.wording, convert_row_to_plan_unit(own, target), target),
        figure.sign if known else "",
        compare_with_area(indicator, own, area, int(data.catalogue.thresholds["related_least"])),
        format_counts(data.wording, indicator, own, noun) if known else "",
        format_missing(data.wording, indicator, figure) if known else "",
        tuple(
            _build_earlier_number(data, standing, target, _find_earlier_row(data, period, indicator, target, own))
            for period in data.earlier_rows
        ),
    )


def _build_earlier_number(
    data: _FeedbackData, standing: _PlanStanding, target: models.Target, before: Attainment | None
) -> PrintedNumber:
    """A figure of an earlier period as that period's report prints it."""
    if before is None:
        return build_number_fact(None, 0, data.wording.texts["word.nothing"])
    indicator, shape = data.catalogue.indicators[before.indicator], standing.inputs.select_print_target(target)
    return build_number_fact(before.value, select_figure_decimals(shape, indicator, before))


def _find_earlier_row(
    data: _FeedbackData, period: Period, indicator: models.Indicator, target: models.Target, own: Attainment
) -> Attainment | None:
    before = data.earlier_rows[period].get((own.plan, own.item, own.unit))
    if before is None:
        return None
    same_stretch = len(period.quarters_to_date) == len(data.period.quarters_to_date) or not _is_growing(
        data.catalogue, indicator, target
    )
    before = convert_row_to_plan_unit(before, target)
    own = convert_row_to_plan_unit(own, target)
    return before if same_stretch and is_comparable(indicator, target, own, before) else None


def _is_growing(catalogue: Catalogue, indicator: models.Indicator, target: models.Target) -> bool:
    """Whether the figure of a part of a year is what has added up since January."""
    kinds = {catalogue.elements[term.data_element].kind for term in indicator.terms}
    return not target.each_quarter and not kinds.isdisjoint(_GROWING_KINDS)


def is_comparable(indicator: models.Indicator, target: models.Target, own: Attainment, before: Attainment) -> bool:
    """Like with like: figures of both periods' own, by one definition, of the same places and as long a stretch."""
    if own.value is None or own.as_of or before.as_of or target.summed_from or own.since[4:] != before.since[4:]:
        return False
    places = [(row.expected, row.present, sorted(row.absent)) for row in (own, before)]
    return places[0] == places[1] and len({indicator.find_definition(row.period) for row in (own, before)}) == 1


def _format_indicator_name(data: _FeedbackData, indicator: models.Indicator, target: models.Target) -> str:
    if data.period.kind == PeriodKind.YEAR or not _is_growing(data.catalogue, indicator, target):
        return indicator.short_name
    return data.wording.format("feedback.to_date", name=indicator.short_name)


def format_counts(wording: Messages, indicator: models.Indicator, row: Attainment, noun: str) -> str:
    """The counts behind a rate, for whoever counted them; empty where they are no whole numbers, or the unit itself."""
    top, bottom = row.numerator, row.denominator
    if top is None or bottom is None or top.denominator != 1 or bottom.denominator != 1 or _is_itself(indicator, row):
        return ""
    if indicator.is_case_rate:
        return wording.format("feedback.cases", count=format_number(top), noun=noun)
    return wording.format("feedback.counts", numerator=format_number(top), denominator=format_number(bottom))


def format_missing(wording: Messages, indicator: models.Indicator, figure: Figure) -> str:
    """What is short of the target, or too much, as the report says it; empty where it is one unit that reads it."""
    alone = indicator.method == "share_of_units" and figure.denominator.value == 1
    if not figure.sign or figure.missing.value is None or alone:
        return ""
    return wording.format(
        f"feedback.{'above' if indicator.direction == 'down' else 'short'}", missing=figure.missing.text
    )


def _is_itself(indicator: models.Indicator, row: Attainment) -> bool:
    """Whether a share of units is of one alone, which then is the unit that reads it."""
    return indicator.method == "share_of_units" and row.denominator == 1


def _select_current_value(wording: Messages, figure: Figure) -> PrintedNumber:
    """The figure of the very quarter; an older one that is carried along is none."""
    absent = wording.texts["word.no_data"]
    if figure.as_of:
        return build_number_fact(None, 0, absent)
    return replace(figure.value, text=format_unit_value(wording, figure) or absent)


def format_area_name(wording: Messages, area: models.Unit | None) -> str:
    """The whole of an area, by what kind of unit it is on the day: toàn tỉnh, toàn thành phố; None: several areas."""
    if area is None or area.level not in {"nation", "province", "district", "commune"}:
        return wording.texts["area.other"]
    if area.level == "nation":
        return wording.texts["area.nation"]
    return wording.format("area.of_kind", kind=area.type.lower())


def format_feedback_target(wording: Messages, row: Attainment, target: models.Target) -> str:
    """The level that a unit is held against, as the page prints it: of “khoảng” the number and its tolerance."""
    if target.kind == "track" or not row.written:
        return wording.texts["feedback.target_followed"]
    if row.target is None or row.operator not in {*_OPERATORS, "about"}:
        return row.written if len(row.written) <= 30 else wording.texts["feedback.target_of_plan"]
    if row.operator == "about":
        apart = ((row.target_upper or row.target) - row.target) / 2  # the row has the two ends
        slots = {"value": format_number(row.target + apart), "tolerance": format_number(apart)}
        text = wording.format("feedback.target_about", **slots)
    else:
        text = f"{_OPERATORS[row.operator]}{format_number(row.target)}"
    year = row.target_period
    if not year:
        return wording.format("feedback.target_undated", target=text)
    return wording.format("feedback.target_of_period", target=text, period=Period.parse(year).name)


def compare_with_area(
    indicator: models.Indicator, own: Attainment, area: Attainment, min_denominator: int
) -> Comparison:
    """A word for the unit beside its area, only where the numbers carry one.

    Enough of them: a denominator of at least `min_denominator`, and no small count; and 95 % intervals that do not
    overlap. None for an agency: it is no part of the area.
    """
    change = compare_attainments(own, area)
    if own.of_agency or own.target_upper is not None:  # no part of the area; neither more nor less is better
        return ""
    if change in {"none", "carried", "broken"}:
        return ""
    if own.small_count or own.denominator is None or own.denominator < min_denominator:
        return "few"
    if change in {"same", "unclear"}:
        return "same" if change == "same" else "unclear"
    return "better" if change == indicator.direction else "worse"
