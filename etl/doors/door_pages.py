"""Renders the pages of `templates/door/`: the web door's, and printed sheets. What is put in is escaped."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from etl import errors
from etl.settings import Settings

FOLDER_NAME = "door"


def render_page(settings: Settings, name: str, **slots: object) -> str:
    """A page of the doors.

    Raises:
        TemplateError: the page is missing or has an unknown slot; names it.
    """
    try:
        page = _open_environment(settings.templates).get_template(f"{name}.html")
        return page.render(simulated=settings.simulated, **slots)
    except TemplateError as error:
        where = str(settings.templates / FOLDER_NAME / f"{name}.html")
        raise errors.TemplateError(f"the page cannot be written: {error}", where=where, fix="correct it") from error


@lru_cache(maxsize=4)
def _open_environment(templates: Path) -> Environment:
    loader = FileSystemLoader(templates / FOLDER_NAME)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
