"""From a row that fails a rule to a finding: the sender's place, Vietnamese words, and the effect on the total.

Called by the check room only. Messages come from `expectations/`; here only their slots are filled.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, replace
from typing import Any

from etl.catalog import Catalogue
from etl.catalog import models as m
from etl.catalog.rules import Rule, Rules
from etl.check import metrics, privacy
from etl.check.frames import Opened
from etl.check.history import Standing, Usual
from etl.check.template import NUMBER
from etl.model import Finding, Observation
from etl.model.numbers import printed

_WHOLE_FILE = 1.0


@dataclass(frozen=True)
class Speaker:
    """What is needed to word the findings of a batch."""

    catalogue: Catalogue
    rules: Rules

    def finding(self, rule: Rule, book: Opened, position: int, detail: Any) -> Finding:
        """The finding of a rule at a row of its frame."""
        slots = self.limits(rule) | self._about(book)
        if position < 0:
            if isinstance(detail, Standing):
                slots |= _standing(rule, detail)
            return replace(self.rules.finding(rule.code, slots=slots), effect=_whole_effect(detail))
        seen = book.observations[position]
        slots |= self.cell(book, seen)
        if rule.frame == "relations":
            slots |= self._relation(book, *detail)
        elif isinstance(detail, Usual):
            slots |= _usual(rule, detail, slots["value"])
        if rule.code == "D01":
            slots["value"] = _hidden(seen)
        if rule.code == "D02":
            slots["value"] = ""
        made = self.rules.finding(
            rule.code, slots=slots, sheet=seen.sheet, cell=seen.cell, value=slots["value"],
            org_unit_code=seen.org_unit_code, data_element=seen.data_element,
        )  # fmt: skip
        return replace(made, effect=_effect(rule, book, position, detail))

    def limits(self, rule: Rule) -> dict[str, str]:
        """The rule's threshold, as a number and in per cent."""
        limit = self.catalogue.thresholds.get(rule.threshold)
        return {} if limit is None else {"limit": printed(limit), "limit_pct": printed(limit * 100)}

    def _about(self, book: Opened) -> dict[str, str]:
        context, folder = book.context, book.given.folder or ""
        return {
            "unit": context.unit.code,
            "unit_name": context.unit.name,
            "folder": folder,
            "folder_name": self.catalogue.unit_name(folder, context.period.end),
            "form": context.form.id,
            "form_title": context.form.title,
            "version": context.form.version,
            "period": context.period.name,
            "year": str(context.period.year),
            "file": book.given.file,
        }

    def cell(self, book: Opened, seen: Observation) -> dict[str, str]:
        """The words for one cell."""
        element = self.catalogue.elements.get(seen.data_element)
        return {
            "element": element.name if element else "Nhiệm vụ được giao",
            "row_name": self.catalogue.unit_name(seen.org_unit_code, book.context.period.end),
            "value": seen.raw or (printed(seen.value) if seen.value is not None else ""),
            "low": printed(float(element.min)) if element and element.min is not None else "",
            "high": printed(float(element.max)) if element and element.max is not None else "",
            "unit_of_measure": element.unit if element else "",
        }

    def _relation(self, book: Opened, relation: m.Relation, terms: tuple[int, ...]) -> dict[str, str]:
        names, values = self.catalogue.elements, [float(book.values[k]) for k in terms]
        parts = values[2:] if relation.kind == "overlap" else [values[0], *values[2:]]
        least = sum(parts) - (len(parts) - 1) * values[1] if relation.kind == "overlap" else sum(parts)
        return {
            "smaller": names[relation.smaller].name if relation.smaller else "",
            "larger": names[relation.larger].name,
            "smaller_value": printed(values[0]),
            "larger_value": printed(values[1]),
            "parts": ", ".join(f"“{names[code].name}”" for code in relation.parts),
            "parts_value": printed(least),
        }


def _standing(rule: Rule, detail: Standing) -> dict[str, str]:
    part, whole = detail.present, detail.expected
    slots = {"present": printed(part), "expected": printed(whole), "detail": "; ".join(detail.untested)}
    if said := detail.reporting:
        slots |= {"due": printed(said.due), "received": printed(said.received), "on_time": printed(said.on_time)}
        parts = {"reporting_completeness": said.received, "timeliness": said.on_time}
        if rule.threshold in parts:
            part, whole = parts[rule.threshold], said.due
    return slots | {"share": printed(part / whole * 100, 1) if whole else ""}


def _usual(rule: Rule, detail: Usual, value: str) -> dict[str, str]:
    measure = "không giới hạn" if math.isinf(detail.measure) else printed(abs(detail.measure), 2)
    slots = {"usual": printed(detail.expected), "since": detail.since, "measure": measure}
    if rule.frame == "beside":
        slots |= {"value": printed(detail.value), "whole": printed(detail.whole, 2)}
        slots |= {"ratio": printed(detail.measure / detail.whole, 2)}
    if rule.frame == "year":
        slots |= {"quarters_value": printed(detail.expected), "year_value": value}
    if rule.frame == "population":
        slots |= {
            "value": printed(detail.measure),
            "official": printed(detail.expected),
            "share": printed(detail.measure / detail.expected * 100, 1),
            "source": detail.since,
        }
    return slots


def _hidden(seen: Observation) -> str:
    """What an identity number may be called by: its shape and last two digits, nothing of what stands around it."""
    text = seen.text or seen.raw
    found = [privacy.masked(text[start:end]) for start, end in privacy.identity_numbers(text)]
    return ", ".join(found) or privacy.masked_number(printed(seen.value or 0))


# --- effect -------------------------------------------------------------------------------------------------


def _whole_effect(detail: Any) -> float:
    """Of what is said of a whole file: its gaps where it is about them, nothing of its total where it is not."""
    return 1 - detail.present / detail.expected if isinstance(detail, Standing) else _WHOLE_FILE


def _effect(rule: Rule, book: Opened, position: int, detail: Any) -> float:
    """How far what is wrong moves the total of the file's unit. Units: share of that total, 1 for the whole of it."""
    if book.template.family[position] != NUMBER:
        return 0.0
    value, others = float(book.values[position]), column(book, position)
    total = abs(math.fsum(others)) + (0.0 if math.isnan(value) else abs(value))
    if rule.frame == "beside":
        off, total = abs(detail.value - detail.expected * detail.whole), detail.value
    elif isinstance(detail, Usual):
        off = abs((detail.measure if rule.frame == "population" else value) - detail.expected)
        total = detail.expected if rule.frame == "population" else total
    elif rule.frame == "relations":
        off = abs(float(book.values[detail[1][1]]) - value)
    elif math.isnan(value):
        off = metrics.gap_effect(1, others)
        total += off
    else:
        off = abs(value - statistics.median(others)) if others else abs(value)
    return min(off / total, 1.0) if total else 0.0


def column(book: Opened, position: int) -> list[float]:
    """The other numbers of a cell's data element in the same workbook."""
    code = book.template.keys[position][1]
    found = (float(book.values[k]) for k, key in enumerate(book.template.keys) if key[1] == code and k != position)
    return [v for v in found if not math.isnan(v)]
