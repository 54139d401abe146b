"""From a row that fails a rule to a finding: the sender's place, Vietnamese words, and the effect on the total.

Called by the check room only. Messages come from `expectations/`; here only their slots are filled.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from etl.catalog import Catalogue, models
from etl.catalog.layout import find_element_kind
from etl.catalog.owed_cells import compute_limit
from etl.catalog.rules import Rule, Rules
from etl.check import metrics, privacy
from etl.check.check_template import NUMBER
from etl.check.frames import WorkbookArrays
from etl.check.history_frames import ReportingQuality, UsualValue, describe_past
from etl.check.plausibility_frames import build_plausibility_slots
from etl.messages import Messages
from etl.model import ElementKind, Finding, Observation
from etl.model.numbers import format_number

_WHOLE_FILE = 1.0


@dataclass(frozen=True)
class FindingBuilder:
    """What is needed to word the findings of a batch."""

    catalogue: Catalogue
    rules: Rules
    wording: Messages

    def build_finding(self, rule: Rule, book: WorkbookArrays, position: int, detail: Any) -> Finding:
        """The finding of a rule at a row of its frame."""
        slots = self.build_limit_slots(rule) | self._build_workbook_slots(book)
        if position < 0:
            if isinstance(detail, ReportingQuality):
                slots |= self._build_quality_slots(rule, detail)
            return replace(self.rules.build_finding(rule.code, slots=slots), effect=_compute_file_effect(detail))
        if rule.frame == "time":
            detail = describe_past(rule, book, position, self.catalogue.thresholds)
        observation = book.observations[position]
        slots |= self.build_cell_slots(book, observation)
        if rule.frame == "relations":
            slots |= self._build_relation_slots(book, *detail)
        elif isinstance(detail, UsualValue):
            slots |= self._build_usual_slots(rule, detail)
        else:
            slots |= build_plausibility_slots(self.catalogue, book, detail)
        if rule.code == "D01":
            slots["value"] = _format_masked_identity(observation)
        if rule.code == "D02":
            slots["value"] = ""
        made = self.rules.build_finding(
            rule.code, slots=slots, sheet=observation.sheet, cell=observation.cell, value=slots["value"],
            org_unit_code=observation.org_unit_code, data_element=observation.data_element,
        )  # fmt: skip
        return replace(made, effect=_compute_cell_effect(rule, book, position, detail))

    def build_limit_slots(self, rule: Rule) -> dict[str, str]:
        """The rule's threshold, as a number and in per cent."""
        limit = self.catalogue.thresholds.get(rule.threshold)
        return {} if limit is None else {"limit": format_number(limit), "limit_pct": format_number(limit * 100)}

    def _build_workbook_slots(self, book: WorkbookArrays) -> dict[str, str]:
        context, folder = book.context, book.submission.folder or ""
        return {
            "unit": context.unit.code,
            "unit_name": context.unit.name,
            "folder": folder,
            "folder_name": self.catalogue.find_unit_name(folder, context.period.end),
            "form": context.form.id,
            "form_title": context.form.title,
            "version": context.form.version,
            "period": context.period.name,
            "year": str(context.period.year),
            "file": book.submission.file,
        }

    def build_cell_slots(self, book: WorkbookArrays, observation: Observation) -> dict[str, str]:
        """The words for one cell."""
        element = self.catalogue.elements.get(observation.data_element)
        key = observation.org_unit_code, observation.data_element
        limit = compute_limit(self.catalogue, book.context.form, *key)
        return {
            "element": element.name if element else self.wording.texts["finding.task"],
            "row_name": self.catalogue.find_unit_name(observation.org_unit_code, book.context.period.end),
            "value": _format_cell_content(self.catalogue, observation),
            "low": format_number(float(element.min)) if element and element.min is not None else "",
            "high": "" if limit is None else format_number(float(limit)),
            "unit_of_measure": element.unit if element else "",
        }

    def _build_relation_slots(
        self, book: WorkbookArrays, relation: models.Relation, terms: tuple[int, ...]
    ) -> dict[str, str]:
        names, values = self.catalogue.elements, [float(book.values[k]) for k in terms]
        parts = values[2:] if relation.kind == "overlap" else [values[0], *values[2:]]
        bound = sum(parts) - (len(parts) - 1) * values[1] if relation.kind == "overlap" else sum(parts)
        if relation.most is not None:
            bound = float(relation.most) * values[1]
        return {
            "smaller": names[relation.smaller].name if relation.smaller else "",
            "larger": names[relation.larger].name,
            "smaller_value": format_number(values[0]),
            "larger_value": format_number(values[1]),
            "parts": ", ".join(f"“{names[code].name}”" for code in relation.parts),
            "parts_value": format_number(bound),
        }

    def _build_quality_slots(self, rule: Rule, detail: ReportingQuality) -> dict[str, str]:
        part, whole = detail.present, detail.expected
        untested = "; ".join(map(self.wording.describe, detail.untested))
        slots = {"present": format_number(part), "expected": format_number(whole), "detail": untested}
        if reporting := detail.reporting:
            slots |= {
                "due": format_number(reporting.due),
                "received": format_number(reporting.received),
                "on_time": format_number(reporting.on_time),
            }
            parts = {"reporting_completeness": reporting.received, "timeliness": reporting.on_time}
            if rule.threshold in parts:
                part, whole = parts[rule.threshold], reporting.due
        return slots | {"share": format_number(part / whole * 100, 1) if whole else ""}

    def _build_usual_slots(self, rule: Rule, detail: UsualValue) -> dict[str, str]:
        endless = math.isinf(detail.measure)
        measure = self.wording.texts["finding.no_limit"] if endless else format_number(abs(detail.measure), 2)
        since = self.wording.describe(detail.since)
        slots = {"usual": format_number(detail.expected), "since": since, "measure": measure}
        if rule.frame == "beside":
            slots |= {"value": format_number(detail.value), "whole": format_number(detail.whole, 2)}
            slots |= {"ratio": format_number(detail.measure / detail.whole, 2)}
        if detail.period:
            slots |= {"quarters_value": format_number(detail.expected), "year_value": format_number(detail.value)}
            slots["period"] = detail.period.name
        if rule.frame == "population":
            slots |= {
                "value": format_number(detail.measure),
                "official": format_number(detail.expected),
                "share": format_number(detail.measure / detail.expected * 100, 1),
                "source": since,
            }
        return slots


def _format_cell_content(catalogue: Catalogue, observation: Observation) -> str:
    """What stands in a cell, as the sender sees it; nothing of long words."""
    if observation.raw:
        return observation.raw
    if observation.value is not None:
        return format_number(observation.value)
    if observation.text and find_element_kind(catalogue, observation.data_element) == ElementKind.DATE:
        return f"{date.fromisoformat(observation.text):%d/%m/%Y}"
    return ""


def _format_masked_identity(observation: Observation) -> str:
    """What an identity number may be called by: its shape and last two digits, nothing of what stands around it."""
    text = observation.text or observation.raw
    masked_numbers = [
        privacy.mask_identity_numbers(text[start:end]) for start, end in privacy.find_identity_numbers(text)
    ]
    return ", ".join(masked_numbers) or privacy.mask_number(format_number(observation.value or 0))


# --- effect -------------------------------------------------------------------------------------------------


def _compute_file_effect(detail: Any) -> float:
    """Of what is said of a whole file: its gaps where it is about them, nothing of its total where it is not."""
    return 1 - detail.present / detail.expected if isinstance(detail, ReportingQuality) else _WHOLE_FILE


def _compute_cell_effect(rule: Rule, book: WorkbookArrays, position: int, detail: Any) -> float:
    """How far what is wrong moves the total of the file's unit. Units: share of that total, 1 for the whole of it."""
    if book.template.family[position] != NUMBER:
        return 0.0
    value, others = float(book.values[position]), list_column_values(book, position)
    total = abs(math.fsum(others)) + (0.0 if math.isnan(value) else abs(value))
    if isinstance(detail, UsualValue) and detail.period:
        off = abs(detail.value - detail.expected)
    elif rule.frame == "beside":
        off, total = abs(detail.value - detail.expected * detail.whole), detail.value
    elif isinstance(detail, UsualValue):
        off = abs((detail.measure if rule.frame == "population" else value) - detail.expected)
        total = detail.expected if rule.frame == "population" else total
    elif rule.frame == "relations":
        off = abs(float(book.values[detail[1][1]]) - value)
    elif math.isnan(value):
        off = metrics.compute_gap_effect(1, others)
        total += off
    else:
        off = abs(value - statistics.median(others)) if others else abs(value)
    return min(off / total, 1.0) if total else 0.0


def list_column_values(book: WorkbookArrays, position: int) -> list[float]:
    """The other numbers of a cell's data element in the same workbook."""
    code = book.template.keys[position][1]
    column_values = (
        float(book.values[k]) for k, key in enumerate(book.template.keys) if key[1] == code and k != position
    )
    return [v for v in column_values if not math.isnan(v)]
