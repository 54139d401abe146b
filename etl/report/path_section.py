"""The annual report's path: where each target stands on the way to its next milestone, and where it goes.

Room: report. Called by `facts`; prints what attainment computed, counts classes, computes nothing else.
"""

from __future__ import annotations

from etl.messages import Messages
from etl.report.dates import format_two_digits
from etl.report.figure_facts import Figure
from etl.report.inputs import ReportInput
from etl.report.report_figures import ReportFigures
from etl.report.section_facts import FigureReference, Outlook


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
        tuple(_describe_outlook(inputs, wording, figures)),
        _list_outlook_years(inputs, figures),
        _build_outlook_rows(inputs, figures),
    )


def _list_known_figures(inputs: ReportInput, figures: ReportFigures) -> list[Figure]:
    """The area's figures that there are: nothing is foreseen in a report that has no figure to start from."""
    return [figure for figure in figures.list_unit_figures(inputs.area) if figure.value.value is not None]


def _list_outlook_years(inputs: ReportInput, figures: ReportFigures) -> tuple[str, ...]:
    """The years that something can be foreseen of, oldest first; one that is over has its results instead."""
    foreseen = (ahead for figure in _list_known_figures(inputs, figures) for ahead in figure.outlook)
    return tuple(sorted({ahead.year for ahead in foreseen if ahead.value.value is not None}))


def _build_outlook_rows(inputs: ReportInput, figures: ReportFigures) -> tuple[FigureReference, ...]:
    """Every target that something can be foreseen of, in at least one year. Grain: target."""
    return tuple(
        FigureReference(figure.item, figure.title, inputs.area)
        for figure in _list_known_figures(inputs, figures)
        if any(ahead.value.value is not None for ahead in figure.outlook)
    )


def _describe_outlook(inputs: ReportInput, wording: Messages, figures: ReportFigures) -> list[str]:
    """How likely the milestones are reached, where anything can be foreseen; nothing where not."""
    found = []
    area_figures = [figure for figure in _list_known_figures(inputs, figures) if figure.counted]
    for year in _list_outlook_years(inputs, figures):
        ahead = [(f, a) for f in area_figures for a in f.outlook if a.year == year and a.chance]
        chances: dict[str, list[Figure]] = {}
        for _, projected in sorted(ahead, key=lambda pair: -(pair[1].probability.value or 0)):
            chances[projected.chance] = [f for f, a in ahead if a.chance == projected.chance]
        if chances:
            parts = [
                wording.format(
                    "path.chance", chance=chance, count=format_two_digits(len(those)), names=_format_item_numbers(those)
                )
                for chance, those in chances.items()
            ]
            found.append(wording.format("path.outlook", year=year, parts="; ".join(parts)))
    if _build_outlook_rows(inputs, figures):
        found.append(wording.format("path.method"))
    return found


def _format_item_numbers(figures: list[Figure]) -> str:
    return ", ".join(dict.fromkeys(figure.item for figure in figures))
