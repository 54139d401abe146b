"""Whether a target's numbers and signs are those that its own words say: 11,5 · 11.357 · trên 95%.

Room: catalogue; called with the checks of plausibility. A document's wording is its own; so only what contradicts the
words is noted, and words without a number are left to the reader.
"""

from __future__ import annotations

import re
from decimal import Decimal

from etl.catalog import models
from etl.catalog.catalogue import Catalogue
from etl.catalog.catalogue_files import CatalogueReader
from etl.catalog.problems import Place
from etl.errors import UsageError
from etl.model import Period

_WRITTEN = re.compile(r"\d+(?:\.\d{3})+(?:,\d+)?|\d+(?:[.,]\d+)?")
_EVERY = Decimal(100)
"""“mỗi trạm” is read as 100 %, whatever number the sentence has."""
_COMPARED = frozenset({">=", "<=", ">", "<", "=", "about", "between"})
_UPWARD, _DOWNWARD = frozenset({">=", ">"}), frozenset({"<=", "<"})


def parse_written_numbers(written: str) -> tuple[Decimal, ...]:
    """The numbers in a text as Vietnamese documents write them: ``11.357`` is whole, ``11,5`` has a decimal.

    A number such as 01 counts things in a sentence (“mỗi xã có 01 trạm”) and is no value of a target.
    """
    return tuple(
        Decimal(found.replace(".", "").replace(",", ".") if "," in found or re.search(r"\.\d{3}", found) else found)
        for found in _WRITTEN.findall(written)
        if not re.fullmatch(r"0\d+", found)
    )


def check_written_targets(c: Catalogue, r: CatalogueReader) -> None:
    """Notes what in a plan's targets contradicts its own words, its years or its indicator."""
    for plan in c.plans.values():
        for target in plan.targets:
            _check_milestone_years(r, target)
            _check_wording(c, r, target)
            if target.baseline is not None:
                _check_written_value(r, r.find_place(target).at("baseline", "value"), target.baseline)
            indicator = c.indicators.get(target.indicator or "")
            for milestone in target.milestones:
                place = r.find_place(milestone)
                if target.kind != "per_unit":
                    _check_written_value(r, place.at("value"), milestone)
                if indicator is not None and target.kind != "per_unit":
                    _check_sign(r, place.at("operator"), milestone, indicator)


def _check_wording(c: Catalogue, r: CatalogueReader, target: models.Target) -> None:
    """A number that is compared, beside words that ask for another comparison."""
    for milestone in target.milestones:
        said = " ".join(f"{target.title} {milestone.written}".casefold().split())
        asked = next((u for u in c.unsupported if u.words.casefold() in said), None)
        if asked is not None and milestone.operator in _COMPARED and not _is_said(asked.said_by, target, milestone):
            r.report(
                r.find_place(milestone).at("written"),
                f"{asked.words!r} asks for {asked.asks_for}, and would be compared as a plain level",
                asked.instead,
                value=milestone.written,
            )


def _is_said(key: str, target: models.Target, milestone: models.Milestone) -> bool:
    """Whether a target asks for what its words ask for by the key that is there for it."""
    return any(bool(getattr(one, key, None)) for one in (target, milestone.relative) if key)


def _check_written_value(r: CatalogueReader, place: Place, entry: models.Baseline | models.Milestone) -> None:
    numbers, value = parse_written_numbers(entry.written), entry.value
    if value is None or not numbers or value in numbers:
        return
    scaled = [number for number in numbers if _has_same_digits(value, number) and value != _EVERY]
    alone = [number for number in numbers if len(numbers) == 1 and value != _EVERY]
    for number in (scaled or alone)[:1]:
        r.report(
            place,
            f"{entry.written!r} says {number}, not {value}",
            "the number that is written, its decimals after a point",
            value=value,
            nearest=str(number),
        )


def _has_same_digits(value: Decimal, number: Decimal) -> bool:
    """Whether two numbers differ by a power of ten alone: a separator was taken for another one."""
    return value.normalize().as_tuple().digits == number.normalize().as_tuple().digits


def _check_sign(r: CatalogueReader, place: Place, milestone: models.Milestone, indicator: models.Indicator) -> None:
    wrong = _DOWNWARD if indicator.direction == "up" else _UPWARD
    if milestone.operator in wrong and milestone.relative is None:
        better = "higher" if indicator.direction == "up" else "lower"
        r.report(
            place,
            f"operator {milestone.operator} with indicator {indicator.code}, of which {better} is better",
            f"the other sign, or the indicator's direction {'down' if indicator.direction == 'up' else 'up'}",
            value=milestone.operator,
            nearest=milestone.operator.translate(str.maketrans("<>", "><")),
        )


def _check_milestone_years(r: CatalogueReader, target: models.Target) -> None:
    seen: set[str | None] = set()
    for milestone in target.milestones:
        if milestone.period in seen and milestone.date is None:
            r.report(
                r.find_place(milestone).at("period"),
                f"a second milestone {f'for {milestone.period}' if milestone.period else 'without a period'}",
                "one milestone for each period",
                value=milestone.period,
            )
        seen.add(milestone.period)
    start = _find_end(target.baseline.period) if target.baseline is not None else ""
    first = min((end for milestone in target.milestones if (end := _find_end(milestone.period))), default="")
    if start and first and start >= first:
        r.report(
            r.find_place(target).at("baseline", "period"),
            f"the baseline of {target.baseline and target.baseline.period} is not before the first milestone",
            "an earlier period",
            value=target.baseline and target.baseline.period,
        )


def _find_end(period: str | None) -> str:
    """The last day of a period or of a stretch of years, as text that sorts; empty where there is none."""
    if period is None:
        return ""
    try:
        last = period.rpartition("-")[2] if re.fullmatch(r"\d{4}-\d{4}", period) else period
        return Period.parse(last).end.isoformat()
    except UsageError:
        return ""
