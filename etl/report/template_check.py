"""Whether an office's templates can be used, before any report needs them: the Word files and the page, both ways.

Room: report. Called by steps; renders nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from etl.errors import TemplateError
from etl.report.correction_report import CorrectionTemplateContext
from etl.report.docx import open_word_template
from etl.report.html import open_html_template
from etl.report.template_context import ReportTemplateContext


def list_report_template_mistakes(templates: Path) -> Iterator[str]:
    """What is wrong with each template of a document: missing, not readable, slots unknown or unused."""
    for name, kind in (("report.docx", ReportTemplateContext), ("correction.docx", CorrectionTemplateContext)):
        try:
            open_word_template(templates / name, kind)
        except TemplateError as error:
            yield str(error)
    try:
        open_html_template(templates / "report.html")
    except TemplateError as error:
        yield str(error)
