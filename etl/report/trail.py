"""The trail: for each figure of the area the files, sheets and cells it was added up from.

Room: report. Called by `facts`. Prints what steps found; adds nothing up. Grain of a row: (item, source).
"""

from __future__ import annotations

from typing import Any

from etl.model import Period
from etl.report.figures import Figure, Figures
from etl.report.inputs import ReportInput, Source
from etl.report.numbers import count
from etl.report.sentences import Sentences

HASH_LETTERS = 12
"""So much of a file's SHA-256 tells it from all others; the archive has it in full."""


def trail(given: ReportInput, say: Sentences, figures: Figures) -> list[dict[str, Any]]:
    """The rows, in the plan's order; a figure that rests on no cell has none."""
    found: dict[str, list[Source]] = {}
    for source in given.sources:
        found.setdefault(source.indicator, []).append(source)
    return [
        _row(given, say, figure, source)
        for figure in figures.of_unit(given.area)
        if figure["value"]["value"] is not None
        for source in found.get(figure["indicator"], ())
    ]


def _row(given: ReportInput, say: Sentences, figure: Figure, source: Source) -> dict[str, Any]:
    element = given.catalogue.elements.get(source.element)
    published = figure["numerator"]["value"] is None
    return {
        "item": figure["item"],
        "side": "published" if published else source.side,
        "side_text": say.texts["trail.published" if published else f"trail.{source.side}"],
        "element": source.element,
        "element_name": element.name if element else source.element,
        "period": source.period,
        "period_name": Period.parse(source.period).name,
        "file": source.file,
        "sha256": source.sha256[:HASH_LETTERS],
        "sheet": source.sheet,
        "cells": source.cells,
        "units": source.units,
        "value": count(source.value),
    }
