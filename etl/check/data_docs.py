"""Data docs: what Great Expectations said of a scope's period, as one Vietnamese page that needs no network.

Called by steps. The site of Great Expectations itself loads scripts and styles from the network; its renderer of
expectations is used, its pages are not.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from etl.catalog.rules import Rule, ViewRule
from etl.check.evaluate import build_expectation
from etl.model.numbers import format_number
from etl.model.vietnam_time import VIETNAM_ZONE
from etl.warehouse.validation_store import KeptDelivery, KeptValidation

_SUITES = {
    "files": "Tệp", "cells": "Ô số liệu", "relations": "Quan hệ giữa các ô", "year": "Cả kỳ và các quý",
    "time": "So với các kỳ trước", "beside": "So với toàn địa bàn", "population": "Dân số",
    "quality": "Chất lượng số liệu",
    "warehouse/status": "Kho: danh sách phải nộp", "warehouse/submissions": "Kho: các lần gửi",
    "warehouse/cells": "Kho: các ô đang dùng", "warehouse/totals": "Kho: tổng toàn địa bàn",
}  # fmt: skip


def render_data_docs(
    template: Path,
    title: str,
    kept: Sequence[KeptValidation],
    rules: Mapping[str, Rule | ViewRule],
    unit_names: Mapping[str, str],
    *,
    simulated: bool,
) -> str:
    """The page. Views are described by their last validation; workbooks by all, as each was validated once."""
    by_suite: dict[str, list[KeptValidation]] = defaultdict(list)
    for one in kept:
        by_suite[one.outcome.suite].append(one)
    deliveries = {d.delivery_id: d for one in kept for d in one.deliveries}
    names = {d.delivery_id: f"{unit_names.get(d.unit, d.unit)}: {d.name}" for d in deliveries.values()}
    page = Environment(autoescape=True, undefined=StrictUndefined).from_string(template.read_text(encoding="utf-8"))
    return page.render(
        title=title,
        simulated=simulated,
        deliveries=[_describe_delivery(d, unit_names) for d in deliveries.values()],
        suites=[_describe_suite(name, by_suite[name], rules, names) for name in _SUITES if name in by_suite],
    )


def _describe_delivery(delivery: KeptDelivery, unit_names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "unit": unit_names.get(delivery.unit, delivery.unit),
        "name": delivery.name,
        "received": _format_time(delivery.received_at),
        "accepted": delivery.accepted,
    }


def _format_time(moment: datetime) -> str:
    return f"{moment.astimezone(VIETNAM_ZONE):%H:%M ngày %d/%m/%Y}"


def _describe_suite(
    name: str, validations: Sequence[KeptValidation], rules: Mapping[str, Rule | ViewRule], names: Mapping[int, str]
) -> dict[str, Any]:
    counted = validations[-1:] if name.startswith("warehouse/") else validations
    evaluated: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    files: dict[str, dict[str, None]] = defaultdict(dict)
    for rule in (rule for one in counted for rule in one.outcome.rules):
        ours = {number: rows for number, rows in rule.failed_by_file.items() if number in names}
        evaluated[rule.code] += rule.evaluated
        failed[rule.code] += sum(ours.values()) if rule.failed_by_file else rule.failed
        files[rule.code] |= dict.fromkeys(names[number] for number in ours)
    return {
        "title": _SUITES[name],
        "runs": len(validations),
        "last": _format_time(validations[-1].recorded_at),
        "rows": format_number(sum(one.outcome.rows for one in counted)),
        "rules": [
            {
                "code": code,
                "text": _render_rule(rules[code]) if code in rules else "Quy tắc không còn dùng",
                "expectation": rules[code].expectation if code in rules else "",
                "evaluated": format_number(evaluated[code]),
                "failed": format_number(failed[code]),
                "files": "; ".join(files[code]),
            }
            for code in evaluated
        ],
    }


def _render_rule(rule: Rule | ViewRule) -> str:
    """A rule as Great Expectations renders it: by its Vietnamese description."""
    from great_expectations.render.renderer.inline_renderer import InlineRenderer

    expectation = build_expectation(rule.code, rule.title, rule.expectation, rule.kwargs)
    content = InlineRenderer(render_object=expectation.configuration).get_rendered_content()
    return str(content[0].value.template)
