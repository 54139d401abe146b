"""Writes the documents that are made from data: `python -m tests.docs.render`."""

from __future__ import annotations

import json
from pathlib import Path

from etl.catalog.rules import load_rules
from etl.report.report_facts import DOCUMENT_FACTS
from tests.docs.catalogue_schemas import build_schema_comments, build_schemas
from tests.examples import examples
from tests.wording import SHIPPED

ROOT = Path(__file__).resolve().parents[2]
LEVELS = {level: SHIPPED.texts[f"level.{level}"].lower() for level in ("refuse", "confirm", "note")}


def findings() -> str:
    lines = [
        "# Findings",
        "",
        "Every code that intake can give, made from `expectations/` and `tests/examples/` by `python -m tests.docs.render`.",
        "*Phải sửa* refuses the file; *cần xác nhận* loads it and asks; *ghi nhận* only notes. Words in braces are filled in.",
        "A test runs both examples of every code.",
        "",
        "A finding to confirm that the sender has explained (column *Giải trình của đơn vị* of the returned workbook) keeps",
        "its code, goes down to *ghi nhận* and quotes the explanation, as long as every value that it compared stays the same.",
        "",
        "| code | level | title | message | what to do | owner | fails | passes |",
        "|---|---|---|---|---|---|---|---|",
    ]
    shown = examples()
    for rule in load_rules(ROOT / "expectations").by_code.values():
        example = shown.get(rule.code)
        cases = (example.fails.text, example.passes.text) if example else ("", "")
        cells = (rule.code, LEVELS[rule.level], rule.title, rule.message, rule.hint, rule.owner, *cases)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def facts_schema() -> str:
    """The JSON Schema of ``*_facts.json``: of a report, or of a correction."""
    schema = DOCUMENT_FACTS.json_schema(mode="serialization")
    return (
        json.dumps({"title": "Facts of a report or of its correction", **schema}, ensure_ascii=False, indent=1) + "\n"
    )


def write_catalogue_schemas() -> None:
    """The schemas of the catalogue, and in each of its YAML files the line by which editors find them."""
    for name, schema in build_schemas().items():
        (ROOT / "docs" / "schemas" / name).write_text(schema, encoding="utf-8")
    for path, comment in build_schema_comments(ROOT).items():
        text = path.read_text(encoding="utf-8")
        if not text.startswith(comment):
            path.write_text(comment + text, encoding="utf-8")


if __name__ == "__main__":
    write_catalogue_schemas()
    (ROOT / "docs" / "facts.schema.json").write_text(facts_schema(), encoding="utf-8")
    (ROOT / "docs" / "findings.md").write_text(findings(), encoding="utf-8")
