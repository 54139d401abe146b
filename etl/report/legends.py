"""What the signs of a table mean: only those that stand in it are explained.

Room: report. Used by the view of the report; takes texts that are printed, and computes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from etl.messages import Messages
from etl.model.numbers import format_number
from etl.report.report_facts import ReportFacts

_STARRED = re.compile(r"\d\*")
_SIGNED = ("met", "not_met", "within_plan", "over_plan")


def format_verdict_legend(wording: Messages, signs: Iterable[str], without: str = "") -> str:
    """The letters of verdicts among some cells, in the order of the verdicts; `without` says what a cell without one
    means, where there is such a cell. Empty where no cell has a letter."""
    present = set(signs)
    known = {wording.texts[f"sign.{status}"]: status for status in _SIGNED}
    entries = [
        wording.format("legend.verdict", sign=sign, meaning=wording.texts[f"legend.{status}"])
        for sign, status in known.items()
        if sign in present
    ]
    if entries and without and not present <= known.keys():
        entries.append(without)
    return "; ".join(entries)


def format_unit_legend(facts: ReportFacts, wording: Messages) -> str:
    """What the letters of annex II mean; a count bears none."""
    tables = [(block, facts.units.units) for block in facts.units.blocks]
    tables += [(block.targets, block.units) for block in facts.agencies.blocks]
    cells = ((column, unit) for columns, units in tables for column in columns if not column.counts for unit in units)
    figures = (facts.find_figure(column.item, unit.unit) for column, unit in cells)
    signs = {"" if figure.withheld else figure.sign for figure in figures if figure and figure.value.value is not None}
    legend = format_verdict_legend(wording, signs, wording.texts["legend.no_letter"])
    return f"{legend}." if legend else ""


def format_heat_legend(facts: ReportFacts, wording: Messages) -> str:
    """What the letters of the first page's table mean, and how many of the units stand in it where not all do."""
    rows, count = facts.first_page.units.rows, len(facts.units.scores)
    legend = format_verdict_legend(wording, {c.sign for row in rows for c in row.cells}, wording.texts["legend.dash"])
    if len(rows) == count:
        return legend
    shown = wording.format("legend.weakest_shown", shown=format_number(len(rows)), count=format_number(count))
    return "; ".join(filter(None, [shown, legend]))


def format_result_legend(wording: Messages, texts: Iterable[str]) -> str:
    """What the marks in the plan's table mean, of the texts of its cells."""
    cells = list(texts)
    dash = wording.texts["legend.nothing"] if wording.texts["word.nothing"] in cells else ""
    return " ".join(filter(None, [format_star_legend(wording, cells), dash]))


def format_star_legend(wording: Messages, texts: Iterable[str]) -> str:
    """What a star behind a figure means, of the texts of a table's cells; empty where none stands there."""
    return wording.texts["legend.partial"] if any(map(_STARRED.search, texts)) else ""
