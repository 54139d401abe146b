"""Builds the facts of a report from what attainment, units and the catalogue say."""

from __future__ import annotations

import hashlib

from etl.messages import Messages
from etl.report import (
    changes_since_last,
    data_quality_notes,
    directions,
    followup,
    path_section,
    pictures,
    submissions,
    target_results,
    unit_results,
)
from etl.report.dates import format_reference_period, parse_snapshot_time
from etl.report.figure_facts import Figure, PrintedNumber
from etl.report.inputs import ReportInput
from etl.report.lineage_table import build_lineage_rows
from etl.report.number_facts import build_number_fact
from etl.report.picture_facts import OverviewChart, OverviewRow
from etl.report.report_facts import FACTS_SCHEMA_VERSION, ReportFacts
from etl.report.report_figures import ReportFigures, build_figures
from etl.report.report_head import build_report_foot, build_report_head, format_former_area, format_plan_name
from etl.report.section_facts import (
    Area,
    PlanIdentity,
    ReportPeriod,
    SnapshotIdentity,
    TitledSentences,
    UpwardSummary,
)
from etl.report.summary_page import build_summary_page
from etl.report.unit_names import format_unit_mention


def build_facts(inputs: ReportInput, wording: Messages) -> ReportFacts:
    """Everything the report prints."""
    figures = build_figures(inputs, wording)
    snapshot = wording.format_moment(parse_snapshot_time(inputs.snapshot_at))
    annual = inputs.report.cadence == "year"
    counts = target_results.count_statuses(inputs, figures)
    tasks = followup.build_plan_task_facts(inputs, wording)
    difficulties = followup.build_difficulty_notes(inputs, wording)
    since = changes_since_last.describe_changes_since_last(inputs, wording)
    lines = target_results.build_target_sentences(inputs, wording, figures, tasks)
    units = unit_results.build_unit_table(inputs, wording, figures)
    drawn = pictures.build_picture_annex(inputs, wording, figures, units)
    return ReportFacts(
        schema=FACTS_SCHEMA_VERSION,
        scope=inputs.scope.id,
        plan=_build_plan_identity(inputs, wording),
        period=ReportPeriod(inputs.period.key, inputs.period.name, inputs.report.cadence),
        annual=annual,
        snapshot=SnapshotIdentity(inputs.snapshot_at, inputs.snapshot_id, snapshot),
        simulated=inputs.simulated,
        catalogue=inputs.catalogue.sha256,
        first_page=build_summary_page(inputs, wording, figures, units, tasks),
        area=Area(inputs.area, inputs.find_unit_name(inputs.area), inputs.format_area_end()),
        head=build_report_head(inputs, wording),
        situation=(
            _describe_origin(inputs, wording),
            *submissions.describe_submissions(inputs, wording),
        ),
        submissions=submissions.build_submission_rows(inputs, wording),
        status_counts=counts,
        summary=target_results.describe_results(inputs, wording, figures),
        lines=lines,
        since=TitledSentences(
            changes_since_last.format_changes_title(inputs, wording, len(lines) + 1),
            since,
        ),
        columns=target_results.build_column_headers(inputs, wording),
        rows=target_results.build_target_rows(inputs, wording, figures, tasks),
        path=path_section.build_path_rows(inputs, figures) if annual else (),
        outlook=path_section.build_outlook(inputs, wording, figures, len(lines) + 1 + bool(since)),
        units=units,
        tasks=followup.build_plan_tasks(inputs, wording, tasks),
        notes=difficulties,
        directions=TitledSentences(
            directions.format_directions_title(inputs, wording),
            directions.describe_directions(inputs, wording, figures, units.scores, tasks, difficulties.groups),
        ),
        data_notes=data_quality_notes.build_data_notes(inputs, wording, figures, snapshot),
        plan_notes=data_quality_notes.build_plan_notes(inputs, wording),
        definitions=data_quality_notes.build_indicator_definitions(inputs, wording),
        trail=build_lineage_rows(inputs, wording, figures),
        chart=_build_overview_chart(inputs, wording, figures),
        pictures=drawn,
        foot=build_report_foot(inputs, wording),
        upward=_summarize_upward_figures(inputs),
        figures=_group_figures_by_item(figures),
        agencies=unit_results.build_agency_table(inputs, wording, figures),
        before_signing=data_quality_notes.build_signing_notes(inputs, wording),
    )


def _describe_origin(inputs: ReportInput, wording: Messages) -> str:
    """Whose forms the report is made of, and until when they came."""
    day = format_reference_period(inputs.snapshot_at[:10])
    if former := format_former_area(inputs, wording):
        if heir := inputs.find_heir_name():
            slots = {"area": former, "heir": format_unit_mention(wording, heir)}
            return wording.format("situation.known_until_former", day=day, **slots)
        return wording.format("situation.known_until_ended", area=former, day=day)
    return wording.format("situation.known_until", day=day)


def _build_plan_identity(inputs: ReportInput, wording: Messages) -> PlanIdentity:
    plan = inputs.plan
    return PlanIdentity(
        id=plan.id,
        title=plan.title,
        short_title=format_plan_name(inputs, wording),
        number=plan.number,
        date=plan.date.isoformat() if plan.date else "",
        status=plan.status,
    )


def _summarize_upward_figures(inputs: ReportInput) -> UpwardSummary:
    if inputs.upward is None:
        return UpwardSummary()
    cells = "\n".join(
        f"{c.org_unit_code} {c.data_element} {c.state.value} {c.value} {c.corrected}" for c in inputs.upward.cells
    )
    form = inputs.upward.layout.form.id
    return UpwardSummary(form, len(inputs.upward.cells), hashlib.sha256(cells.encode()).hexdigest())


def _group_figures_by_item(figures: ReportFigures) -> dict[str, dict[str, Figure]]:
    nested: dict[str, dict[str, Figure]] = {}
    for (item, unit), figure in figures.by_key.items():
        nested.setdefault(item, {})[unit] = figure
    return nested


def _select_shown_distance(wording: Messages, figure: Figure) -> PrintedNumber:
    """The distance to the plan; nothing, and why, where the figure and the level are of different definitions."""
    if figure.path_state == "redefined":
        return build_number_fact(None, 0, wording.texts["summary.chart_redefined"])
    return build_number_fact(figure.distance.fraction, figure.distance.decimals, wording.texts["word.no_data"])


def _build_overview_chart(inputs: ReportInput, wording: Messages, figures: ReportFigures) -> OverviewChart:
    """Every target with a number to reach, with its distance to the plan in %."""
    rows = tuple(
        OverviewRow(
            item=figure.item,
            name=pictures.format_panel_name(inputs, figure),
            distance=distance,
            sign=figure.path_sign,
            state=figure.path_state,
            text=f"{distance.text}%" if distance.value is not None else distance.text,
        )
        for figure in figures.list_unit_figures(inputs.area)
        if figure.target.value is not None and not figure.duplicate_of
        for distance in (_select_shown_distance(wording, figure),)
    )
    spoken = [wording.format("summary.chart_alt_row", name=row.name, distance=row.text) for row in rows]
    return OverviewChart(
        rows=rows,
        title=wording.format("summary.chart_title", period=inputs.period.name),
        caption=wording.format("summary.chart_caption"),
        axis=wording.format("summary.chart_axis"),
        alt=pictures.describe_picture(wording, "summary.chart_alt", spoken, period=inputs.period.name),
    )
