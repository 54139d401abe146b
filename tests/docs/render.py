"""Writes the documents that are made from data: `python -m tests.docs.render`."""

from __future__ import annotations

from pathlib import Path

from etl.catalog.rules import load_rules

ROOT = Path(__file__).resolve().parents[2]
LEVELS = {"refuse": "trả lại", "confirm": "cần xác nhận", "note": "ghi nhận"}


def findings() -> str:
    lines = [
        "# Findings",
        "",
        "Every code that intake can give, made from `expectations/` by `python -m tests.docs.render`. *Trả lại* refuses the",
        "file; *cần xác nhận* loads it and asks; *ghi nhận* only notes. Words in braces are filled in.",
        "",
        "| code | level | title | message | what to do | owner |",
        "|---|---|---|---|---|---|",
    ]
    for rule in load_rules(ROOT / "expectations").by_code.values():
        cells = (rule.code, LEVELS[rule.level], rule.title, rule.message, rule.hint, rule.owner)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (ROOT / "docs" / "findings.md").write_text(findings(), encoding="utf-8")
