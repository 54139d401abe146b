"""The report as a page for a phone: the texts of the Word report in one file, without anything from elsewhere.

Room: report. Called by `draft`; prints only from facts. The office edits `templates/report.html`; its slots are those
of the Word template, checked both ways, and every text that goes into it is escaped.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from etl.errors import TemplateError
from etl.messages import Messages
from etl.report.canvas import render_svg
from etl.report.charts import draw_overview, draw_picture, draw_series_panel, draw_small_line
from etl.report.line_breaks import HYPHEN, keep_together
from etl.report.picture_facts import AnnexPicture
from etl.report.report_facts import ReportFacts
from etl.report.template_context import PageTemplateContext, build_page_context
from etl.report.template_engine import build_template_engine
from etl.report.template_slots import validate_template_slots

if TYPE_CHECKING:
    from jinja2 import Environment

_TAGS = re.compile(r"(<(?:style|title|svg)\b.*?</(?:style|title|svg)>|<[^>]*>)", re.DOTALL)
"""What is no text of a page, and what no line of it ends in."""
_PIECE = re.compile(r"[^\s()]+")
NARROW_CHART_MM = 100.0
"""mm; on a page this wide the letters of the overview can be read on a phone."""


def render_html_page(facts: ReportFacts, wording: Messages, template: Path) -> bytes:
    """The page; the same facts and template give the same bytes.

    Raises:
        TemplateError: the template is missing, malformed, or its slots are unknown or unused.
    """
    from markupsafe import Markup

    text, engine = open_html_template(template)
    first = draw_overview(facts, NARROW_CHART_MM)
    shown = asdict(build_page_context(facts, wording))
    images = [_render_html_picture(facts, picture) for picture in facts.pictures.drawn]
    for picture, image in zip(shown["pictures"], images, strict=True):
        picture["image"] = Markup(image)  # noqa: S704 - drawn here, its texts escaped
    for row, drawing in zip(shown["page_rows"], map(draw_small_line, facts.first_page.rows), strict=True):
        if drawing:
            row["lines"][0]["text"] = Markup(render_svg(drawing))  # noqa: S704 - the same
    shown |= {"has_chart": first is not None, "chart": Markup(render_svg(first)) if first else ""}  # noqa: S704 - the same
    return (_bind_lines(engine.from_string(text).render(shown)) + "\n").encode()


def open_html_template(template: Path) -> tuple[str, Environment]:
    """The page's template, its slots checked, and the environment to render it with.

    Raises:
        TemplateError: the template is missing, malformed, or its slots are unknown or unused.
    """
    text, engine = _read_html_template(template), build_template_engine(trim_blocks=True)
    validate_template_slots(text, PageTemplateContext, template, engine)
    return text, engine


def _bind_lines(page: str) -> str:
    """The page with codes in which no line ends; a code keeps its hyphens, and is found by them."""

    def mark_code(piece: re.Match[str]) -> str:
        plain = piece[0].replace(HYPHEN, "-")
        return piece[0] if plain == piece[0] else f'<span class="whole">{plain}</span>'

    def bind(text: str) -> str:
        return _PIECE.sub(mark_code, keep_together(text))

    return "".join(part if part.startswith("<") else bind(part) for part in _TAGS.split(page) if part)


def _read_html_template(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateError(f"not readable: {error}", where=str(path), fix="restore it or save it as UTF-8") from error


def _render_html_picture(facts: ReportFacts, picture: AnnexPicture) -> str:
    """Series one by one, so that a narrow page puts them below each other; grids whole, to be pushed sideways."""
    if isinstance(picture.shows, tuple):
        return f'<div class="panels">{"".join(render_svg(draw_series_panel(shown)) for shown in picture.shows)}</div>'
    return f'<div class="wide" tabindex="0">{render_svg(draw_picture(facts, picture))}</div>'
