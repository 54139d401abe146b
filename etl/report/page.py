"""The report as a page for a phone: the texts of the Word report in one file, without anything from elsewhere.

Room: report. Called by `draft`; prints only from facts. The office edits `templates/report.html`; its slots are those
of the Word template, checked both ways, and every text that goes into it is escaped.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from etl.errors import TemplateError
from etl.report.canvas import svg
from etl.report.charts import drawing, overview, panel
from etl.report.facts import Facts
from etl.report.rendering import environment
from etl.report.sentences import Sentences
from etl.report.slots import check_slots
from etl.report.view import WordView, view

NARROW = 100.0
"""mm; on a page this wide the letters of the overview can be read on a phone."""


def html_page(facts: Facts, say: Sentences, template: Path) -> bytes:
    """The page; the same facts and template give the same bytes.

    Raises:
        TemplateError: the template is missing, malformed, or its slots are unknown or unused.
    """
    from markupsafe import Markup

    text, engine = _template(template), environment(trim_blocks=True)
    check_slots(text, WordView, template, engine)
    first = overview(facts, NARROW)
    shown = asdict(view(facts, say, None))
    images = [_picture(facts, picture) for picture in facts["pictures"]["drawn"]]
    for picture, image in zip(shown["pictures"], images, strict=True):
        picture["image"] = Markup(image)  # noqa: S704 - drawn here, its texts escaped
    shown |= {"has_chart": first is not None, "chart": Markup(svg(first)) if first else ""}  # noqa: S704 - the same
    return (engine.from_string(text).render(shown) + "\n").encode()


def _template(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateError(f"not readable: {error}", where=str(path), fix="restore it or save it as UTF-8") from error


def _picture(facts: Facts, picture: dict[str, Any]) -> str:
    """Series one by one, so that a narrow page puts them below each other; grids whole, to be pushed sideways."""
    if picture["kind"] == "series":
        return f'<div class="panels">{"".join(svg(panel(shown)) for shown in picture["shows"])}</div>'
    return f'<div class="wide">{svg(drawing(facts, picture))}</div>'
