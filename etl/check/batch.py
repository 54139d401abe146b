"""Checks a batch of read workbooks at once and hands each one its verdict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from etl.catalog import Catalogue
from etl.catalog import models as m
from etl.catalog.rules import Frame as FrameName
from etl.catalog.rules import Rule, Rules
from etl.check import frames
from etl.check.evaluate import failures
from etl.check.frames import Context, Frame, Submitted
from etl.model import Finding, Level, Observation, Verdict
from etl.model.numbers import printed

_FRAMES: tuple[FrameName, ...] = ("files", "cells", "relations", "year")
_ORDER = {Level.REFUSE: 0, Level.CONFIRM: 1, Level.NOTE: 2}
_BLANK = "V05"
_EMPTY = "S11"


def check(batch: Sequence[Submitted], catalogue: Catalogue, rules: Rules) -> list[Verdict]:
    """The verdict on each workbook, in order. Everything wrong is found in one pass.

    Raises:
        CatalogueError: a rule cannot be evaluated.
    """
    contexts = [frames.context_of(catalogue, given) for given in batch]
    built = frames.build(catalogue, batch, contexts)
    found: list[list[Finding]] = [list(given.read.findings) for given in batch]
    for name in _FRAMES:
        frame: Frame = getattr(built, name)
        ruled = rules.of_frame(name)
        failed = failures(ruled, frame)
        for rule in ruled:
            for row in failed.get(rule.code, ()):
                i, position, detail = frame.origin(row)
                context = contexts[i]
                if context:
                    found[i].append(_finding(rule, rules, catalogue, batch[i], context, position, detail))
    return [_verdict(findings) for findings in found]


def _verdict(findings: list[Finding]) -> Verdict:
    ordered = sorted(_collapse(findings), key=lambda f: (_ORDER[f.level], f.code, f.sheet))
    return Verdict(not any(f.level == Level.REFUSE for f in ordered), tuple(ordered))


def _collapse(findings: list[Finding]) -> list[Finding]:
    """A column left blank in several rows is one finding, at its first cell; an empty form is one finding."""
    if any(f.code == _EMPTY for f in findings):
        return [f for f in findings if f.code != _BLANK]
    groups: dict[tuple[str, str], list[Finding]] = {}
    kept = []
    for finding in findings:
        if finding.code == _BLANK:
            groups.setdefault((finding.sheet, finding.data_element), []).append(finding)
        else:
            kept.append(finding)
    for group in groups.values():
        first = group[0]
        if len(group) > 1:
            more = f" Còn {len(group) - 1} ô khác cùng cột cũng bỏ trống."
            first = Finding(
                first.code, first.level, first.message + more, first.hint, first.sheet, first.cell,
                org_unit_code=first.org_unit_code, data_element=first.data_element,
            )  # fmt: skip
        kept.append(first)
    return kept


def _finding(
    rule: Rule, rules: Rules, catalogue: Catalogue, given: Submitted, context: Context, position: int, detail: Any
) -> Finding:
    slots = _slots(catalogue, given, context)
    if position < 0:
        return rules.finding(rule.code, slots=slots)
    seen = given.read.observations[position]
    slots |= _cell_slots(catalogue, context, seen)
    if rule.frame == "relations":
        relation, larger = detail
        slots |= _relation_slots(catalogue, relation, seen, given.read.observations[larger])
    if rule.frame == "year":
        slots |= {"quarters_value": printed(detail), "year_value": slots["value"], "year": str(context.period.year)}
    return rules.finding(
        rule.code, slots=slots, sheet=seen.sheet, cell=seen.cell, value=slots["value"],
        org_unit_code=seen.org_unit_code, data_element=seen.data_element,
    )  # fmt: skip


def _slots(catalogue: Catalogue, given: Submitted, context: Context) -> dict[str, str]:
    folder = given.folder or ""
    return {
        "unit": context.unit.code,
        "unit_name": context.unit.name,
        "folder": folder,
        "folder_name": catalogue.unit_name(folder, context.period.end),
        "form": context.form.id,
        "form_title": context.form.title,
        "version": context.form.version,
        "period": context.period.name,
        "file": given.file,
    }


def _cell_slots(catalogue: Catalogue, context: Context, seen: Observation) -> dict[str, str]:
    element = catalogue.elements.get(seen.data_element)
    value = seen.raw or (printed(seen.value) if seen.value is not None else "")
    return {
        "element": element.name if element else "Nhiệm vụ được giao",
        "row_name": catalogue.unit_name(seen.org_unit_code, context.period.end),
        "value": value,
        "low": printed(float(element.min)) if element and element.min is not None else "",
        "high": printed(float(element.max)) if element and element.max is not None else "",
        "unit_of_measure": element.unit if element else "",
    }


def _relation_slots(
    catalogue: Catalogue, relation: m.Relation, small: Observation, large: Observation
) -> dict[str, str]:
    return {
        "smaller": catalogue.elements[relation.smaller].name,
        "larger": catalogue.elements[relation.larger].name,
        "smaller_value": printed(small.value or 0),
        "larger_value": printed(large.value or 0),
    }
