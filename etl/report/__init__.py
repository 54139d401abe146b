"""The report room: facts (every number once) → words, sheets, picture. It prints; it never decides a figure.

Called by steps. Writes only the files it returns; the Word and Excel libraries are imported when needed.
"""

from __future__ import annotations

from pathlib import Path

from etl.file_io import write_atomic
from etl.messages import Messages, load_messages
from etl.report.dates import parse_snapshot_time
from etl.report.excel_annex import render_excel_annex
from etl.report.facts import build_facts
from etl.report.inputs import ReportInput
from etl.report.registered_files import render_text_files
from etl.report.report_facts import serialize_facts

__all__ = ["FACTS_SUFFIX", "ReportInput", "serialize_report_facts", "write_report_draft"]

FACTS_SUFFIX = "_facts.json"
"""How the name of every file of facts ends."""


def write_report_draft(inputs: ReportInput, templates: Path, folder: Path) -> dict[str, Path]:
    """Writes the report of one plan and period and says where: ``facts`` (.json), ``word`` (.docx), ``annex`` (.xlsx),
    ``page`` (.html).

    The same input and templates give the same bytes on any day. Each file appears whole or not at all, the
    facts last, so that facts beside a report are always the ones it was printed from.

    Raises:
        TemplateError: a template is missing or has an unknown or unused slot; nothing is written.
        StorageError: the folder cannot be written.
    """
    wording = _load_wording(inputs, templates)
    facts, moment = build_facts(inputs, wording), parse_snapshot_time(inputs.snapshot_at)
    printed = render_text_files(facts, wording, templates)
    contents = {
        "word": (f"{inputs.key.stem}_bao-cao.docx", printed[".docx"]),
        "page": (f"{inputs.key.stem}_bao-cao.html", printed[".html"]),
        "annex": (f"{inputs.key.stem}_phu-luc.xlsx", render_excel_annex(facts, wording, moment, inputs.upward)),
        "facts": (f"{inputs.key.stem}{FACTS_SUFFIX}", serialize_facts(facts)),
    }
    written = {kind: folder / name for kind, (name, _) in contents.items()}
    for kind, (_, data) in contents.items():
        write_atomic(written[kind], data)
    return {kind: written[kind] for kind in ("facts", "word", "annex", "page")}


def serialize_report_facts(inputs: ReportInput, templates: Path) -> bytes:
    """The facts alone, as `draft` would write them: two drafts with the same facts and templates are the same.

    Raises:
        TemplateError: the sentences in `templates` cannot be read.
    """
    return serialize_facts(build_facts(inputs, _load_wording(inputs, templates)))


def _load_wording(inputs: ReportInput, templates: Path) -> Messages:
    area = inputs.catalogue.find_unit(inputs.area, inputs.period.end)
    return load_messages(templates).adapt_to_level(area.level if area else "")
