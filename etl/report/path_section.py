"""The annual report's path: where each target stands on the way to its next milestone, and where it goes.

Room: report. Called by `facts`; prints what attainment computed, counts classes, computes nothing else.
"""

from __future__ import annotations

from etl.messages import Messages
from etl.model.numbers import format_number
from etl.report.dates import format_reference_period
from etl.report.figure_facts import Figure
from etl.report.inputs import ReportInput
from etl.report.report_figures import ReportFigures
from etl.report.section_facts import FigureReference, Outlook
from etl.report.target_results import ELIMINATION_OPERATORS

_CLASSES = ("on_track", "maintain", "needs_acceleration", "limited", "moving_away")
_MET = {"met", "within_plan"}


def build_path_rows(inputs: ReportInput, figures: ReportFigures) -> tuple[FigureReference, ...]:
    """Every target with a path to its next milestone, or a change that it still needs. Grain: target."""
    return tuple(
        FigureReference(figure.item, figure.title, inputs.area)
        for figure in figures.list_unit_figures(inputs.area)
        if figure.path_value.value is not None
        or figure.progress_class
        or figure.required_yearly_change.value is not None
    )


def build_outlook(inputs: ReportInput, wording: Messages, figures: ReportFigures, number: int) -> Outlook:
    """The part of section II on the path and the outlook, numbered `number`; empty but its title in a quarter."""
    title = wording.format("path.title", number=number)
    if inputs.report.cadence != "year":
        return Outlook(title, (), (), ())
    return Outlook(
        title,
        _describe_path(inputs, wording, figures),
        _list_outlook_years(inputs, figures),
        _build_outlook_rows(inputs, figures),
    )


def _list_outlook_years(inputs: ReportInput, figures: ReportFigures) -> tuple[str, ...]:
    """The years that something can be foreseen of, oldest first; one that is over has its results instead."""
    foreseen = (ahead for figure in figures.list_unit_figures(inputs.area) for ahead in figure.outlook)
    return tuple(sorted({ahead.year for ahead in foreseen if ahead.value.value is not None}))


def _build_outlook_rows(inputs: ReportInput, figures: ReportFigures) -> tuple[FigureReference, ...]:
    """Every target that something can be foreseen of, in at least one year. Grain: target."""
    return tuple(
        FigureReference(figure.item, figure.title, inputs.area)
        for figure in figures.list_unit_figures(inputs.area)
        if any(ahead.value.value is not None for ahead in figure.outlook)
    )


def _describe_path(inputs: ReportInput, wording: Messages, figures: ReportFigures) -> tuple[str, ...]:
    """What section II says of the path and the outlook."""
    area_figures = list(figures.list_unit_figures(inputs.area))
    found = (
        *_describe_milestone_progress(wording, area_figures),
        *_describe_outlook(inputs, wording, figures, area_figures),
    )
    return found or (wording.format("path.none"),)


def _describe_milestone_progress(wording: Messages, area_figures: list[Figure]) -> list[str]:
    """Who has reached the next milestone and how the others stand to their path, each target once."""
    found = []
    for year in sorted({f.target_period for f in area_figures if f.status in _MET}):
        reached = [f for f in area_figures if f.status in _MET and f.target_period == year]
        found.append(
            wording.format(
                "path.met",
                year=format_reference_period(year),
                count=format_number(len(reached)),
                names=_format_item_numbers(reached),
            )
        )
    for kind in _CLASSES:
        under_way = [f for f in area_figures if f.status not in _MET and f.progress_class == kind]
        if under_way:
            slots = {"count": format_number(len(under_way)), "names": _format_item_numbers(under_way)}
            state = wording.texts[f"progress.{kind}"]
            found.append(
                wording.format("path.maintain", **slots)
                if kind == "maintain"
                else wording.format("path.class", state=state, **slots)
            )
    open_ = (f for f in area_figures if f.status == "not_met" and f.operator not in ELIMINATION_OPERATORS)
    unjudged = [f for f in open_ if not f.progress_class and f.reason]
    if unjudged:
        found.append(
            wording.format(
                "path.no_progress", parts=_format_grouped_reasons(wording, [(f.reason, f) for f in unjudged])
            )
        )
    return found


def _describe_outlook(
    inputs: ReportInput, wording: Messages, figures: ReportFigures, area_figures: list[Figure]
) -> list[str]:
    found = []
    for year in _list_outlook_years(inputs, figures):
        ahead = [(f, a) for f in area_figures for a in f.outlook if a.year == year and a.chance]
        chances: dict[str, list[Figure]] = {}
        for _, projected in sorted(ahead, key=lambda pair: -(pair[1].probability.value or 0)):
            chances[projected.chance] = [f for f, a in ahead if a.chance == projected.chance]
        if chances:
            parts = [
                wording.format(
                    "path.chance", chance=chance, count=format_number(len(those)), names=_format_item_numbers(those)
                )
                for chance, those in chances.items()
            ]
            found.append(wording.format("path.outlook", year=year, parts="; ".join(parts)))
    if _build_outlook_rows(inputs, figures):
        found.append(wording.format("path.method"))
    silent = [f for f in area_figures if f.outlook and all(ahead.value.value is None for ahead in f.outlook)]
    if silent:
        reasons = _format_grouped_reasons(wording, [(f.outlook[-1].reason, f) for f in silent])
        found.append(wording.format("path.no_outlook", parts=reasons))
    return found


def _format_grouped_reasons(wording: Messages, pairs: list[tuple[str, Figure]]) -> str:
    """Each reason once, with the targets that it holds for."""
    found: dict[str, list[Figure]] = {}
    for reason, figure in pairs:
        found.setdefault(reason, []).append(figure)
    return "; ".join(
        wording.format("path.reason", reason=reason, items=_format_item_numbers(those))
        for reason, those in found.items()
    )


def _format_item_numbers(figures: list[Figure]) -> str:
    return ", ".join(dict.fromkeys(figure.item for figure in figures))
