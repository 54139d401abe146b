"""Runs the rules of a frame through Great Expectations and gives back the rows that fail each of them.

The only module that imports Great Expectations. Importing it takes seconds, so it happens in here, once.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from etl.catalog.rules import Rule
from etl.check.frames import Frame
from etl.errors import CatalogueError

_ROW = "_row"
_FORMAT = {
    "result_format": "COMPLETE",
    "unexpected_index_column_names": [_ROW],
    "return_unexpected_index_query": False,
    "include_unexpected_rows": False,
}


@lru_cache(maxsize=1)
def _definition() -> Any:
    """A batch definition over whatever frame is handed in; nothing is stored and nothing is sent home."""
    os.environ["GX_ANALYTICS_ENABLED"] = "False"
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return (
        context.data_sources.add_pandas("intake")
        .add_dataframe_asset("frame")
        .add_batch_definition_whole_dataframe("all")
    )


def prepare() -> None:
    """Loads Great Expectations now rather than at the first check."""
    _definition()


def expectation(rule: Rule) -> Any:
    """The rule as a Great Expectations object.

    Raises:
        CatalogueError: there is no such expectation, or it does not take these arguments.
    """
    import great_expectations.expectations as library

    name = "".join(part.title() for part in rule.expectation.split("_"))
    kind = next((getattr(library, n) for n in dir(library) if n.lower() == name.lower()), None)
    where = f"expectations/: {rule.code}"
    if kind is None or not re.fullmatch(r"expect_[a-z_]+", rule.expectation):
        raise CatalogueError(f"no expectation {rule.expectation!r}", where=where, fix="see Great Expectations' gallery")
    try:
        return kind(**rule.kwargs, meta={"code": rule.code})
    except (TypeError, ValueError) as error:
        raise CatalogueError(
            f"{rule.expectation} does not take {rule.kwargs}: {error}", where=where, fix="correct kwargs"
        ) from None


def failures(rules: Sequence[Rule], frame: Frame) -> dict[str, list[int]]:
    """Per rule code the row numbers that fail it.

    Raises:
        CatalogueError: a rule names a column that the frame does not have, or cannot be evaluated.
    """
    if not frame.blocks or not rules:
        return {}
    definition = _definition()
    import great_expectations as gx
    import pandas as pd

    data = pd.DataFrame(frame.data())
    data[_ROW] = range(len(data))
    for rule in rules:
        if rule.kwargs.get("column") not in frame.names:
            raise CatalogueError(
                f"frame has no column {rule.kwargs.get('column')!r}",
                where=f"expectations/: {rule.code}",
                fix=f"use one of {sorted(frame.names)}",
            )
    suite = gx.ExpectationSuite(name="intake", expectations=[expectation(rule) for rule in rules])
    outcome = definition.get_batch({"dataframe": data}).validate(suite, result_format=_FORMAT)
    found: dict[str, list[int]] = {}
    for result in outcome.results:
        code = result.expectation_config.meta["code"]
        if result.exception_info.get("raised_exception") or "exception_info" in result.exception_info:
            raise CatalogueError(
                f"the rule cannot be evaluated: {result.exception_info}",
                where=f"expectations/: {code}",
                fix="correct it",
            )
        if not result.success:
            found[code] = [entry[_ROW] for entry in result.result["unexpected_index_list"]]
    return found
