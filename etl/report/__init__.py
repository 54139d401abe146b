"""The report room: facts (every number once) → words, sheets, picture. It prints; it never decides a figure.

Called by steps. Writes only the files it returns; the Word and Excel libraries are imported when needed.
"""

from __future__ import annotations

from pathlib import Path

from etl.files import write_atomic
from etl.report.inputs import ReportInput

__all__ = ["FACTS_END", "ReportInput", "draft", "facts_file"]

FACTS_END = "_facts.json"
"""How the name of every file of facts ends."""


def draft(given: ReportInput, templates: Path, folder: Path) -> dict[str, Path]:
    """Writes the report of one plan and period and says where: ``facts`` (.json), ``word`` (.docx), ``annex`` (.xlsx),
    ``page`` (.html).

    The same input and templates give the same bytes on any day. Each file appears whole or not at all, the
    facts last, so that facts beside a report are always the ones it was printed from.

    Raises:
        TemplateError: a template is missing or has an unknown or unused slot; nothing is written.
        StorageError: the folder cannot be written.
    """
    from etl.report.canvas import png
    from etl.report.charts import drawings, overview
    from etl.report.dates import snapshot_moment
    from etl.report.facts import as_json, build_facts
    from etl.report.page import html_page
    from etl.report.sentences import load_sentences
    from etl.report.sheets import excel_annex
    from etl.report.words import word_report

    say = load_sentences(templates / "sentences.yaml")
    facts, moment = build_facts(given, say), snapshot_moment(given.snapshot_at)
    first = overview(facts)
    chart, pictures = png(first) if first else b"", [png(drawing) for drawing in drawings(facts)]
    contents = {
        "word": (
            f"{given.stem}_bao-cao.docx",
            word_report(facts, say, templates / "report.docx", chart, pictures, moment),
        ),
        "page": (f"{given.stem}_bao-cao.html", html_page(facts, say, templates / "report.html")),
        "annex": (f"{given.stem}_phu-luc.xlsx", excel_annex(facts, say, moment, given.upward)),
        "facts": (f"{given.stem}{FACTS_END}", as_json(facts)),
    }
    written = {kind: folder / name for kind, (name, _) in contents.items()}
    for kind, (_, data) in contents.items():
        write_atomic(written[kind], data)
    return {kind: written[kind] for kind in ("facts", "word", "annex", "page")}


def facts_file(given: ReportInput, templates: Path) -> bytes:
    """The facts alone, as `draft` would write them: two drafts with the same facts and templates are the same.

    Raises:
        TemplateError: the sentences in `templates` cannot be read.
    """
    from etl.report.facts import as_json, build_facts
    from etl.report.sentences import load_sentences

    return as_json(build_facts(given, load_sentences(templates / "sentences.yaml")))
