"""Figures: each (target, unit) once, as exact number and as printed text.

Room: report. Called by `facts`. Everything printed in Word, Excel and the picture is looked up here; the
only arithmetic is the difference of two given figures and its ratio to a given target, both exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from etl.catalog import models as m
from etl.model import Attainment
from etl.model.numbers import rounded
from etl.model.trend import trend
from etl.report.dates import belongs_to
from etl.report.doubts import doubts
from etl.report.inputs import ReportInput
from etl.report.numbers import count, number, telling_decimals
from etl.report.sentences import Sentences

Figure = dict[str, Any]

SMALL_NUMERATOR = 20
SMALL_DENOMINATOR = 200
"""A share of fewer than this is printed with its counts beside it (configured: no law says when)."""

_UNNUMBERED = re.compile(r"\d+\.[a-z]{2,}")
_TRENDS = {"up": "increase", "down": "decrease"}
_UPWARD = {">=", ">"}
_DOWNWARD = {"<=", "<"}


@dataclass(frozen=True)
class Figures:
    """All figures of a report. Key: (item, unit code)."""

    by_key: dict[tuple[str, str], Figure]

    def at(self, item: str, unit: str) -> Figure | None:
        """The figure of an item for a unit, if the input had one."""
        return self.by_key.get((item, unit))

    def of_unit(self, unit: str) -> Iterator[Figure]:
        """The figures of a unit, in the plan's order."""
        return (figure for (_, code), figure in self.by_key.items() if code == unit)


def build_figures(given: ReportInput, say: Sentences) -> Figures:
    """Every attainment of the plan as a figure, in the order given."""
    targets = {target.item: target for target in given.plan.targets}
    before = {(a.item, a.unit): a for a in given.previous}
    return Figures(
        {
            (a.item, a.unit): _figure(given, say, targets[a.item], a, before.get((a.item, a.unit)))
            for a in given.attainments
            if a.item in targets
        }
    )


def _figure(given: ReportInput, say: Sentences, target: m.Target, a: Attainment, before: Attainment | None) -> Figure:
    words = say.texts
    indicator = given.catalogue.indicators.get(a.indicator)
    shown = "milestone" if a.kind == "milestone" and a.status == "no_verdict" else a.status
    numbers = _numbers(say, target, a)
    broken = _definition_changed(given, target, a, before)
    figure = {
        "item": a.item,
        "clause": a.clause,
        "title": target.title,
        "name": spoken_name(given, say, target),
        "kind": a.kind,
        "indicator": a.indicator,
        "unit": a.unit,
        "unit_name": given.unit_name(a.unit),
        "period": a.period,
        **numbers,
        **doubts(given, say, target, a),
        "small": a.small_count or _small(a),
        "operator": a.operator,
        "written": a.written,
        "target_period": a.target_period,
        "met": a.met,
        "status": a.status,
        "shown_status": shown,
        "status_text": words[f"status.{shown}"],
        "sign": words.get(f"sign.{a.status}", ""),
        "progress_class": a.progress_class,
        "progress_text": words[f"progress.{a.progress_class or 'none'}"],
        "cagr_class": a.cagr_class,
        "cagr_text": words[f"progress.{a.cagr_class or 'none'}"],
        "classes_disagree": a.classes_disagree,
        "missing": _missing(given, say, indicator, a),
        "expected": a.expected,
        "present": a.present,
        "as_of": a.as_of,
        "as_of_text": belongs_to(a.as_of) if a.as_of else "",
        "source": a.source,
        "estimated": a.estimated,
        "reason": a.reason,
        "change": _change(say, numbers["value"]["decimals"], a, before, broken=broken),
        "previous": number(before.value if before else None, target.decimals, words["word.no_data"]),
    }
    figure["printed"] = _cell(say, indicator, figure)
    return figure


def printed_item(target: m.Target) -> str:
    """The target's number as the plan prints it; rows that the plan does not number (22.nam) have none."""
    return "" if _UNNUMBERED.fullmatch(target.item) else target.item


def spoken_name(given: ReportInput, say: Sentences, target: m.Target) -> str:
    """Title and number for use in a sentence; an unnumbered row goes by the title and number of its head."""
    title, item = target.title.rstrip("."), printed_item(target)
    if not item:
        head = next((t for t in given.plan.targets if t.item == target.item.split(".")[0]), None)
        if head is None:
            return title
        title, item = f"{head.title.rstrip('.')}, {title[:1].lower()}{title[1:]}", head.item
    return say.say("line.name", title=title, item=item)


def _numbers(say: Sentences, target: m.Target, a: Attainment) -> Figure:
    """The numbers of an attainment. Units: the indicator's own; ratios to two decimals; shares in %."""
    empty = say.texts["word.nothing"]
    absent = {"not_assessed": "word.not_assessed", "milestone": "word.milestone"}.get(a.kind, "word.no_data")
    decimals = target.decimals
    if a.value is not None and a.met is not None:
        decimals = telling_decimals(a.value, a.target if a.prorated_target is None else a.prorated_target, decimals)
    cagr = None if a.cagr_ratio is None else Fraction(a.cagr_ratio)
    whole = None if a.completeness is None else a.completeness * 100
    return {
        "value": number(a.value, decimals, say.texts[absent]),
        "numerator": count(a.numerator, empty),
        "denominator": count(a.denominator, empty),
        "target": number(a.target, target.decimals, empty),
        "target_upper": number(a.target_upper, target.decimals, empty),
        "baseline": number(a.baseline, target.decimals, empty),
        "path_value": number(a.path_value, max(target.decimals, 1), empty),
        "prorated_target": number(a.prorated_target, max(target.decimals, 1), empty),
        "progress": number(a.progress, 2, empty),
        "cagr_ratio": number(cagr, 2, empty),
        "per_cent_of_plan": number(a.per_cent_of_plan, 1, empty),
        "reduction_pct": number(a.reduction_pct, 1, empty),
        "completeness": number(whole, 1, empty),
        "distance": number(_distance(a), 1, empty),
        "required_yearly_change": number(a.required_yearly_change, max(decimals, 1), empty),
    }


def _distance(a: Attainment) -> Fraction | None:
    """How far the value lies from the plan, in % of the plan: below zero is short of it."""
    aim = a.target if a.prorated_target is None else a.prorated_target
    if a.value is None or not aim or a.operator not in _UPWARD | _DOWNWARD | {"="}:
        return None
    apart = (a.value - aim) / abs(aim) * 100
    if a.operator == "=":
        return -abs(apart)
    return apart if a.operator in _UPWARD else -apart


def _missing(given: ReportInput, say: Sentences, indicator: m.Indicator | None, a: Attainment) -> Figure:
    """People, cases or units between the value and the target, with their noun; nothing when met."""
    short = a.people_missing if a.status in {"not_met", "over_plan"} else None
    fact = number(short, 0, say.texts["word.nothing"])
    if short is not None:
        fact["noun"] = counted_noun(given, say, indicator)
        fact["text"] = f"{fact['text']} {fact['noun']}"
    return fact


def counted_noun(given: ReportInput, say: Sentences, indicator: m.Indicator | None) -> str:
    """What an indicator counts: người, trẻ, trạm, xã, ca …"""
    side = indicator.numerator if indicator else None
    if indicator is None or side is None or indicator.method == "share_of_units":
        return say.texts["word.units"]
    code = side.count_of or side.elements[0]
    element = given.catalogue.elements.get(code)
    return element.unit if element and element.unit else say.texts["word.units"]


def _definition_changed(given: ReportInput, target: m.Target, a: Attainment, before: Attainment | None) -> bool:
    """Whether the indicator meant, or may have meant, something else before: then there is no rise and no fall."""
    indicator = given.catalogue.indicators.get(a.indicator)
    if indicator is None or before is None:
        return False
    now, then = (indicator.definition_in(row.as_of or row.period) for row in (a, before))
    return now != then or (target.kind == "conditional" and not now)


def _change(say: Sentences, decimals: int, a: Attainment, before: Attainment | None, *, broken: bool) -> Figure:
    """Against the same period last year, as fine as the value is printed: a change that the value shows is said.

    `kind` chooses the sentence; a doubtful change gets no trend word.
    """
    kind, delta = _change_kind(decimals, a, before, broken=broken)
    return {"kind": kind, "delta": number(delta, decimals, say.texts["word.nothing"])}


def _change_kind(
    decimals: int, a: Attainment, before: Attainment | None, *, broken: bool
) -> tuple[str, Fraction | None]:
    if a.value is None:
        return "", None
    if a.as_of:
        return "carried", None
    if before is None or before.value is None or before.as_of:
        return "no_previous", None
    if broken:
        return "broken", None
    delta = a.value - before.value
    if rounded(delta, decimals) == 0:
        return "same", Fraction(0)
    word = _TRENDS.get(trend(a, before), "unclear")
    return word, delta if word == "unclear" else abs(delta)


def _cell(say: Sentences, indicator: m.Indicator | None, figure: Figure) -> str:
    """The value as a table prints it: with counts where small, and with what the reader must know."""
    text = str(figure["value"]["text"])
    if figure["value"]["value"] is None:
        return text
    if figure["present"] < figure["expected"]:
        text = say.say("cell.partial", value=text)
    top, bottom = figure["numerator"], figure["denominator"]
    if indicator and indicator.accumulates and top["value"] is not None:
        text = say.say("cell.cases", value=text, cases=top["text"])
    elif indicator and indicator.factor == 100 and figure["small"]:
        text = say.say("cell.of", value=text, numerator=top["text"], denominator=bottom["text"])
    if figure["estimated"]:
        text = say.say("cell.estimated", value=text)
    if figure["as_of"]:
        text = say.say("cell.carried", value=text, as_of=figure["as_of_text"])
    return text


def _small(a: Attainment) -> bool:
    if a.numerator is None or a.denominator is None:
        return False
    return a.numerator < SMALL_NUMERATOR or a.denominator < SMALL_DENOMINATOR
