"""What the signs of a table mean: only those that stand in it are explained.

Room: report. Used by the view of the report; takes texts that are printed, and computes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from etl.messages import Messages
from etl.model import Period
from etl.model.numbers import format_number
from etl.report.figure_facts import Figure
from etl.report.report_facts import ReportFacts

_STARRED = re.compile(r"\d\*")
_SIGNED = ("met", "not_met", "within_plan", "over_plan")
_OF_MILESTONES = {"met", "not_met"}


def format_verdict_legend(wording: Messages, marks: Iterable[tuple[str, str]], without: str = "") -> str:
    """The letters of verdicts among some cells, in the order of the verdicts; `without` says what a cell without one
    means, where there is such a cell. Empty where no cell has a letter. A mark is a letter, if any, and the year of the
    level it is held against."""
    present: dict[str, set[str]] = {}
    for sign, year in marks:
        present.setdefault(sign, set()).add(year)
    known = {wording.texts[f"sign.{status}"]: status for status in _SIGNED}
    entries = [
        wording.format("legend.verdict", sign=sign, meaning=_format_meaning(wording, status, present[sign]))
        for sign, status in known.items()
        if sign in present
    ]
    if entries and without and not present.keys() <= known.keys():
        entries.append(without)
    return "; ".join(entries)


def _format_meaning(wording: Messages, status: str, years: set[str]) -> str:
    """What a verdict means, with the years whose levels it is of, where all have one."""
    meaning = wording.texts[f"legend.{status}"]
    if status not in _OF_MILESTONES or "" in years:
        return meaning
    return wording.format("legend.years", meaning=meaning, years=", ".join(sorted(years)))


def format_unit_legend(facts: ReportFacts, wording: Messages) -> str:
    """What the letters of annex II mean; a count bears none."""
    tables = [(block, facts.units.units) for block in facts.units.blocks]
    tables += [(block.targets, block.units) for block in facts.agencies.blocks]
    cells = ((column, unit) for columns, units in tables for column in columns if not column.counts for unit in units)
    figures = (facts.find_figure(column.item, unit.unit) for column, unit in cells)
    shown = [figure for figure in figures if figure and figure.value.value is not None]
    marks = (("" if figure.withheld else figure.sign, figure.target_period[:4]) for figure in shown)
    legend = format_verdict_legend(wording, marks, wording.texts["legend.no_letter"])
    ahead = _explain_levels_ahead(facts, wording, (figure for figure in shown if figure.sign and not figure.withheld))
    return f"{'; '.join(filter(None, [legend, ahead]))}." if legend else ""


def format_heat_legend(facts: ReportFacts, wording: Messages) -> str:
    """What the letters of the first page's table mean, and how many of the units stand in it where not all do."""
    table, count = facts.first_page.units, len(facts.units.scores)
    cells = [(cell, column, row) for row in table.rows for cell, column in zip(row.cells, table.columns, strict=True)]
    figures = [(cell.sign, facts.find_figure(column.item, row.unit)) for cell, column, row in cells]
    marks = ((sign, figure.target_period[:4] if figure else "") for sign, figure in figures)
    legend = format_verdict_legend(wording, marks, wording.texts["legend.dash"])
    ahead = _explain_levels_ahead(facts, wording, (figure for sign, figure in figures if sign and figure))
    if len(table.rows) == count:
        return "; ".join(filter(None, [legend, ahead]))
    shown = wording.format("legend.weakest_shown", shown=format_number(len(table.rows)), count=format_number(count))
    return "; ".join(filter(None, [shown, legend, ahead]))


def _explain_levels_ahead(facts: ReportFacts, wording: Messages, figures: Iterable[Figure]) -> str:
    """Where units bear the letter of a level whose time is ahead, that the area is judged by the way to it: a reader
    sees both on one page. Empty where all levels are due."""
    end = Period.parse(facts.period.key).end
    due = (Period.parse(f.target_period).end for f in figures if Period.is_key(f.target_period))
    return wording.texts["legend.ahead"] if any(day > end for day in due) else ""


def format_result_legend(wording: Messages, texts: Iterable[str]) -> str:
    """What the marks in the plan's table mean, of the texts of its cells."""
    cells = list(texts)
    dash = wording.texts["legend.nothing"] if wording.texts["word.nothing"] in cells else ""
    return " ".join(filter(None, [format_star_legend(wording, cells), dash]))


def format_star_legend(wording: Messages, texts: Iterable[str]) -> str:
    """What a star behind a figure means, of the texts of a table's cells; empty where none stands there."""
    return wording.texts["legend.partial"] if any(map(_STARRED.search, texts)) else ""
