"""The template engine of the Word report and of the page: strict about names, careful with texts.

Room: report. Used by `words` and `page`. The documents of a run are printed by the same few templates, so that each is
compiled once.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, StrictUndefined, Template

_MAX_COMPILED = 16


class _CachingEnvironment(Environment):
    """Compiles no template twice."""

    def __init__(self, **options: Any) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=True, **options)
        self._compiled: dict[str, Template] = {}

    def from_string(self, source: Any, globals: Any = None, template_class: Any = None) -> Template:
        """The template of a text."""
        if globals is not None or template_class is not None or not isinstance(source, str):
            return super().from_string(source, globals, template_class)
        if source not in self._compiled:
            if len(self._compiled) >= _MAX_COMPILED:
                self._compiled.clear()
            self._compiled[source] = super().from_string(source)
        return self._compiled[source]


@cache
def build_template_engine(*, trim_blocks: bool = False) -> Environment:
    """The engine. A name that a template does not know is an error, and every text is escaped."""
    return _CachingEnvironment(trim_blocks=trim_blocks)
