"""Section II: the plan's own table, in its own order and groups, and the sentences on it.

Room: report. Called by `facts`; prints from figures, counts statuses, computes nothing else.
"""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import Any

from etl.catalog import models as m
from etl.model.numbers import printed
from etl.report.dates import belongs_to
from etl.report.figures import Figure, Figures, printed_item
from etl.report.inputs import ReportInput
from etl.report.sentences import Sentences

Row = dict[str, Any]
_SHORTFALL = {
    "<": "verdict.not_met_above",
    "<=": "verdict.not_met_above",
    "eliminate": "verdict.not_eliminated",
    "maintain_elimination": "verdict.not_eliminated",
}
WORDED = {"not_assessed", "milestone"}
ELIMINATIONS = frozenset({"eliminate", "maintain_elimination"})
_STATUS_ORDER = (
    "met", "not_met", "within_plan", "over_plan", "track", "no_new_figure", "no_data", "no_verdict", "milestone",
    "not_assessed",
)  # fmt: skip


def plan_years(plan: m.Plan) -> list[str]:
    """The years the plan sets levels for, oldest first. A date to finish something by has no column of its own."""
    levels = (target for target in plan.targets if target.kind not in WORDED)
    return sorted({_year(stone.period) for target in levels for stone in target.milestones})


def _year(period: str) -> str:
    return period[:4]


def columns(given: ReportInput, say: Sentences) -> dict[str, Any]:
    """The printed headers that depend on the plan."""
    starts = {_year(t.baseline.period) for t in given.plan.targets if t.baseline}
    years = plan_years(given.plan)
    one = next(iter(starts)) if len(starts) == 1 else None
    before = given.period.same_period_last_year
    return {
        "baseline": say.say("column.baseline_year", year=one) if one else say.say("column.baseline"),
        "previous": say.say("column.previous_year" if before.months == 12 else "column.previous", year=before.year),
        "years": [{"year": year, "title": say.say("column.plan_year", year=year)} for year in years],
    }


def rows(given: ReportInput, say: Sentences, figures: Figures, tasks: list[Row]) -> list[Row]:
    """The plan's table. Grain: a group title, a statement that spans the row, or a target with its figure.

    A date to finish something by stands as its task does, where a task bears the same number.
    """
    found: list[Row] = []
    states = {task["id"]: task["situation"] for task in tasks}
    years = plan_years(given.plan)
    for group, targets in groupby(given.plan.targets, key=lambda t: t.group):
        if group:
            found.append({"kind": "group", "title": group})
        for target in targets:
            row = _row(given, say, figures, target, years)
            state = states.get(target.item, "") if target.kind == "milestone" else ""
            found.append({**row, "state": state} if state else row)
    return found


def _row(given: ReportInput, say: Sentences, figures: Figures, target: m.Target, years: list[str]) -> Row:
    indicator = given.catalogue.indicators.get(target.indicator or "")
    row: Row = {
        "kind": "figure",
        "item": target.item,
        "number": printed_item(target),
        "clause": target.clause,
        "title": target.title,
        "measured_in": target.unit_written or (indicator.unit if indicator else say.texts["word.nothing"]),
        "unit": given.area,
        "reported": figures.at(target.item, given.area) is not None,
    }
    if target.kind in WORDED:
        written = target.statement or _written(target) or say.texts["word.not_assessed"]
        return {**row, "kind": "statement", "statement": written}
    not_stated = say.texts["word.not_stated"]
    return {
        **row,
        "baseline": target.baseline.written if target.baseline else not_stated,
        "milestones": {year: _written(target, year) or not_stated for year in years},
    }


def _written(target: m.Target, year: str = "") -> str:
    stones = (stone for stone in target.milestones if not year or _year(stone.period) == year)
    return "; ".join(stone.written for stone in stones)


def status_counts(given: ReportInput, figures: Figures) -> dict[str, int]:
    """How many of the plan's targets stand where, every status present, in the order they are printed."""
    counts = Counter(str(figure["shown_status"]) for figure in figures.of_unit(given.area))
    return {status: counts[status] for status in _STATUS_ORDER}


def summary(given: ReportInput, say: Sentences, counts: dict[str, int]) -> list[str]:
    """The opening sentences of section II."""
    total = sum(counts.values())
    if not total:
        return [say.say("summary.none")]
    parts = [say.say(f"summary.part_{status}", count=printed(number)) for status, number in counts.items() if number]
    sentences = [
        say.say("summary.total", total=printed(total), period=given.period.name, parts="; ".join(parts)),
        say.say("summary.annex"),
    ]
    if any(0 < row.present < row.expected for row in given.attainments if row.unit == given.area):
        sentences.append(say.say("summary.partial"))
    if not given.previous:
        sentences.append(say.say("summary.no_previous", since=last_year(given, say)))
    return sentences


def lines(given: ReportInput, say: Sentences, figures: Figures) -> list[Row]:
    """One sentence a target, gathered under the plan's groups and numbered as headings are: 1., 2. …"""
    found: list[Row] = []
    for group, targets in groupby(given.plan.targets, key=lambda t: t.group):
        sentences = [
            _line(given, say, figure)
            for figure in (figures.at(target.item, given.area) for target in targets)
            if figure
        ]
        if sentences:
            title = group or say.texts["line.no_group"]
            found.append({"title": f"{len(found) + 1}. {title}", "lines": sentences})
    return found


def _line(given: ReportInput, say: Sentences, figure: Figure) -> str:
    verdict = _verdict(given, say, figure)
    name = figure["name"]
    if figure["value"]["value"] is None:
        return say.say("line.words", name=name, verdict=verdict)
    if figure["bounds_turn"]:
        verdict = say.say("verdict.turning", verdict=verdict, range=figure["bounds"]["text"])
    value = _value_said(given, say, figure)
    return say.say("line.figure", name=name, value=value, change=_change(given, say, figure), verdict=verdict)


def _value_said(given: ReportInput, say: Sentences, figure: Figure) -> str:
    """The value with its unit; a case rate with its cases, and a small number with its interval too."""
    value = with_unit(given, figure, str(figure["value"]["text"]))
    indicator = given.catalogue.indicators.get(figure["indicator"])
    top, bottom = figure["numerator"], figure["denominator"]
    if indicator is None or top["value"] is None:
        return value
    sure = figure["interval"] if figure["small"] else None
    if indicator.accumulates:
        if sure:
            return say.say("line.cases", value=value, cases=top["text"], interval=sure["text"])
        return say.say("cell.cases", value=value, cases=top["text"])
    if not figure["small"] or indicator.factor != 100 or bottom["value"] is None:
        return value
    counts = {"value": value, "numerator": top["text"], "denominator": bottom["text"]}
    return say.say("line.of", interval=sure["text"], **counts) if sure else say.say("cell.of", **counts)


def with_unit(given: ReportInput, figure: Figure, text: str) -> str:
    """A figure with its unit of measure: ``93,46%``, ``10,6 người``."""
    indicator = given.catalogue.indicators.get(figure["indicator"])
    if indicator is None or indicator.accumulates:  # a case rate says in its name what it counts, and on how many
        return text
    return f"{text}{indicator.unit}" if indicator.unit[0] in "%‰/" else f"{text} {_lower(indicator.unit)}"


def _lower(unit: str) -> str:
    return unit if unit.isupper() else unit[:1].lower() + unit[1:]


def _change(given: ReportInput, say: Sentences, figure: Figure) -> str:
    change, since = figure["change"], {"since": last_year(given, say)}
    match change["kind"]:
        case "increase" | "decrease" as kind:
            return say.say(f"change.{kind}", delta=with_points(given, say, figure, figure["change"]["delta"]), **since)
        case "unclear":
            return say.say("change.unclear", previous=with_unit(given, figure, figure["previous"]["text"]), **since)
        case "carried":
            return say.say("change.carried", as_of=figure["as_of_text"])
        case "no_previous" if not given.previous:
            return ""  # said once for the whole section
        case "same" | "broken" | "no_previous" as kind:
            return say.say(f"change.{kind}", **since)
        case _:
            return ""


def last_year(given: ReportInput, say: Sentences) -> str:
    """What a figure is compared with: the same period of last year, or last year as a whole."""
    before = given.period.same_period_last_year
    return before.name if before.months == 12 else say.say("change.since", year=before.year)


def with_points(given: ReportInput, say: Sentences, figure: Figure, number: dict[str, Any]) -> str:
    """A difference of two figures with its unit: percentage points where they are percentages."""
    text = str(number["text"])
    indicator = given.catalogue.indicators.get(figure["indicator"])
    if indicator and indicator.unit == "%":
        return f"{text} {say.texts['word.per_cent_points']}"
    return with_unit(given, figure, text)


def _verdict(given: ReportInput, say: Sentences, figure: Figure) -> str:
    status = str(figure["shown_status"])
    aim = {"target": figure["written"] or say.texts["word.not_stated"], "year": _aim_year(given, figure)}
    if status == "not_met" and figure["missing"]["value"] is not None:
        return say.say(
            _SHORTFALL.get(figure["operator"], "verdict.not_met_short_of"), missing=figure["missing"]["text"], **aim
        )
    if status == "not_met" and figure["operator"] in ELIMINATIONS and figure["reason"]:
        return say.say("verdict.not_recognised", reason=figure["reason"], **aim)
    if status in {"within_plan", "over_plan"}:
        return _part_year(say, figure, status, aim)
    if status == "no_verdict":
        return say.say("verdict.no_verdict", reason=figure["reason"] or say.texts["word.not_stated"])
    if status == "milestone":
        return say.say("verdict.milestone", target=aim["target"])
    if status in {"track", "not_assessed"}:
        return say.say(f"verdict.{status}")
    return say.say(f"verdict.{status}", **aim)


def _part_year(say: Sentences, figure: Figure, status: str, aim: dict[str, str]) -> str:
    slots = aim | {"prorated": figure["prorated_target"]["text"]}
    if status == "over_plan" and figure["missing"]["value"] is not None:
        return say.say("verdict.over_plan_by", missing=figure["missing"]["text"], **slots)
    return say.say(f"verdict.{status}", **slots)


def _aim_year(given: ReportInput, figure: Figure) -> str:
    return belongs_to(figure["target_period"] or str(given.period.year))
