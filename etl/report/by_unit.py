"""Section III: results of each unit, the best and the weakest.

Room: report. Called by `facts`. Ranks shares only: a rate of a few cases says nothing about a district.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from etl.catalog import models as m
from etl.model.numbers import printed
from etl.report.figures import Figure, Figures
from etl.report.inputs import ReportInput
from etl.report.places import said, together
from etl.report.results import ELIMINATIONS, with_unit
from etl.report.sentences import Sentences

MOST_COLUMNS = 12
"""Indicators in one table: more do not fit across a landscape page."""
MOST_NAMES = 5
"""Units named as the best or the weakest of one indicator; more are counted."""
_ASSESSED = {"met", "not_met", "within_plan", "over_plan"}
_GOOD = {"met", "within_plan"}


def unit_codes(given: ReportInput) -> list[str]:
    """The units under the area that the input has figures for, in catalogue order."""
    present = {a.unit for a in given.attainments} - {given.area}
    day = given.period.end
    ordered = [u.code for u in given.catalogue.units if u.code in present and u.valid_on(day)]
    return ordered + sorted(present - set(ordered))


def main_items(given: ReportInput, figures: Figures) -> list[m.Target]:
    """The targets compared between units: quarterly indicators computed from what units send."""
    codes = unit_codes(given)
    chosen: dict[tuple[str, str], m.Target] = {}
    for target in given.plan.targets:
        indicator = given.catalogue.indicators.get(target.indicator or "")
        quarterly = indicator is not None and indicator.frequency == "quarter" and indicator.method != "published"
        shown = next((f for code in codes if (f := figures.at(target.item, code))), None)
        if quarterly and shown is not None:  # a plan may say the same thing twice: one column
            chosen.setdefault((str(target.indicator), f"{shown['operator']}{shown['target']['exact']}"), target)
    return list(chosen.values())


def table(given: ReportInput, figures: Figures) -> dict[str, Any]:
    """Units down, indicators across, in blocks that fit a page. Cells are looked up in the figures."""
    items = [
        {"item": t.item, "title": given.catalogue.indicators[t.indicator or ""].short_name}
        for t in main_items(given, figures)
    ]
    blocks = -(-len(items) // MOST_COLUMNS)
    size = -(-len(items) // blocks) if blocks else 1
    return {
        "blocks": [items[start : start + size] for start in range(0, len(items), size)],
        "units": [{"unit": code, "name": given.unit_name(code)} for code in unit_codes(given)],
    }


def scores(given: ReportInput, figures: Figures) -> list[dict[str, Any]]:
    """Targets met of targets assessed, per unit that has any."""
    items = {target.item for target in main_items(given, figures)}
    found = []
    for code in unit_codes(given):
        statuses = [f["status"] for f in figures.of_unit(code) if f["item"] in items and f["status"] in _ASSESSED]
        if statuses:
            met = sum(status in _GOOD for status in statuses)
            found.append({"unit": code, "name": given.unit_name(code), "met": met, "of": len(statuses)})
    return found


def sentences(given: ReportInput, say: Sentences, figures: Figures, ranked: list[dict[str, Any]]) -> list[str]:
    """What section III says above its table."""
    codes = unit_codes(given)
    if not codes:
        return [say.say("unit.none")]
    targets = main_items(given, figures)
    if not targets:
        return [say.say("unit.no_indicator")]
    if len(codes) == 1:
        return [say.say("unit.one", name=said(say, given.unit_name(codes[0]))), say.say("unit.annex")]
    without = [given.unit_name(c) for c in codes if all(_value(figures.at(t.item, c)) is None for t in targets)]
    silent = [say.say("unit.silent", names=together(say, without))] if without else []
    by_indicator = {target.indicator: target for target in reversed(targets)}
    told = [target for target in targets if by_indicator[target.indicator] is target]
    extremes = [line for target in told if (line := _extremes(given, say, figures, target))]
    clean = [line for line in (_unrecognised(say, figures, targets, codes),) if line]
    return [say.say("unit.annex"), *clean, _ranking(say, ranked), *silent, *extremes]


def _unrecognised(say: Sentences, figures: Figures, targets: list[m.Target], codes: list[str]) -> str:
    """Why a unit without cases does not meet an elimination: that is recognised for the whole area, by others."""
    items = [
        target.item
        for target in targets
        for f in (figures.at(target.item, code) for code in codes)
        if f and f["operator"] in ELIMINATIONS and f["status"] == "not_met" and f["value"]["value"] == 0
    ]
    return say.say("unit.unrecognised", items=", ".join(dict.fromkeys(items))) if items else ""


def _value(figure: Figure | None) -> Fraction | None:
    return Fraction(figure["value"]["exact"]) if figure and figure["value"]["exact"] is not None else None


def _ranking(say: Sentences, ranked: list[dict[str, Any]]) -> str:
    if len(ranked) < 2:
        return say.say("unit.no_verdicts")
    top = [row for row in ranked if _share(row) == max(map(_share, ranked))]
    if len(top) == len(ranked):
        return say.say("unit.all_equal", met=_score(top))
    return say.say("unit.ranking", best=_named(say, top), weakest=_named(say, weakest(ranked)))


def weakest(ranked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The units that meet the smallest share of their targets; none where all are equal or there is but one."""
    shares = {_share(row) for row in ranked}
    return [row for row in ranked if _share(row) == min(shares)] if len(shares) > 1 else []


def _share(row: dict[str, Any]) -> Fraction:
    return Fraction(row["met"], row["of"])


def _score(rows: list[dict[str, Any]]) -> str:
    return f"{printed(rows[0]['met'])}/{printed(rows[0]['of'])}"


def _named(say: Sentences, rows: list[dict[str, Any]]) -> str:
    return ", ".join(f"{said(say, row['name'])} ({_score([row])})" for row in rows)


def _extremes(given: ReportInput, say: Sentences, figures: Figures, target: m.Target) -> str:
    """The best and the weakest of a share; nothing for case rates or where under two units have a value."""
    indicator = given.catalogue.indicators[target.indicator or ""]
    if indicator.accumulates or indicator.factor != 100:
        return ""
    known = [
        (value, f) for c in unit_codes(given) if (f := figures.at(target.item, c)) and (value := _value(f)) is not None
    ]
    if len(known) < 2:
        return ""
    high, low = max(value for value, _ in known), min(value for value, _ in known)
    if indicator.direction == "down":
        high, low = low, high
    name, best, last = target.title, _at(known, high), _at(known, low)
    if high == low:
        return say.say("unit.same", name=name, value=with_unit(given, best[0], best[0]["value"]["text"]))
    return say.say(
        "unit.extremes_down" if indicator.direction == "down" else "unit.extremes",
        name=name,
        best=_names(say, best),
        best_value=with_unit(given, best[0], best[0]["value"]["text"]),
        weakest=_names(say, last),
        weakest_value=with_unit(given, last[0], last[0]["value"]["text"]),
    )


def _at(known: list[tuple[Fraction, Figure]], value: Fraction) -> list[Figure]:
    return [figure for found, figure in known if found == value]


def _names(say: Sentences, figures: list[Figure]) -> str:
    if len(figures) > MOST_NAMES:
        return say.say("unit.many", count=printed(len(figures)))
    return together(say, [figure["unit_name"] for figure in figures], ", ")
