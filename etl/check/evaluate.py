"""Runs the rules through Great Expectations and gives back the rows that fail each of them.

The only module that imports Great Expectations. Importing it takes seconds, so it happens in here, once.

An expectation costs about ten milliseconds however long its frame is. So one expectation over all frames first asks
whether any row fails any rule, by each row's smallest margin; the rules themselves then run over the rows and for the
columns where one does. A rule that is not a plain range is always run, over its whole frame.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from etl.catalog.rules import Rule
from etl.check.frames import RuleFrame
from etl.errors import CatalogueError

if TYPE_CHECKING:
    import numpy as np

_ROW, _MARGIN = "_row", "_margin"
_RANGE = "expect_column_values_to_be_between"
_FORMAT = {
    "result_format": "COMPLETE",
    "unexpected_index_column_names": [_ROW],
    "return_unexpected_index_query": False,
    "include_unexpected_rows": False,
}


@lru_cache(maxsize=1)
def _build_batch_definition() -> Any:
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


def load_great_expectations() -> None:
    """Loads Great Expectations now rather than at the first check."""
    _build_batch_definition()


def build_expectation(rule: Rule) -> Any:
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


def find_failing_rows(rules: Sequence[Rule], frames: Mapping[str, RuleFrame]) -> dict[str, list[int]]:
    """Per rule code the numbers of the rows of its frame that fail it.

    Raises:
        CatalogueError: a rule names a column that the frame does not have, or cannot be evaluated.
    """
    margins: dict[str, dict[str, np.ndarray]] = {}
    rules_to_run: list[Rule] = []
    for rule in rules:
        frame = frames.get(rule.frame)
        if frame is None or not len(frame):
            continue
        if rule.kwargs.get("column") not in frame.columns:
            raise CatalogueError(
                f"frame has no column {rule.kwargs.get('column')!r}",
                where=f"expectations/: {rule.code}",
                fix=f"use one of {sorted(frame.columns)}",
            )
        if _is_range_rule(rule):
            margins.setdefault(rule.frame, {})[rule.code] = _compute_margin(rule, frame)
        else:
            rules_to_run.append(rule)
    suspects = _find_suspect_rows(margins)
    for rule in rules:
        margin = margins.get(rule.frame, {}).get(rule.code)
        if margin is not None and (margin[suspects[rule.frame]] < 0).any():
            rules_to_run.append(rule)
    return _run_rules(rules_to_run, frames, suspects)


def _is_range_rule(rule: Rule) -> bool:
    return rule.expectation == _RANGE and rule.kwargs.keys() <= {"column", "min_value", "max_value"}


def _compute_margin(rule: Rule, frame: RuleFrame) -> np.ndarray:
    """How far inside its range each row lies; below zero is outside. x − y is zero only where x = y."""
    import numpy as np

    column = frame.columns[rule.kwargs["column"]]
    low, high = rule.kwargs.get("min_value"), rule.kwargs.get("max_value")
    sides = [column - low] if low is not None else []
    sides += [high - column] if high is not None else []
    return np.fmin.reduce(sides) if sides else np.full(len(column), np.nan)


def _find_suspect_rows(margins: Mapping[str, Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Per frame the rows whose smallest margin is below zero."""
    import numpy as np
    import pandas as pd

    if not margins:
        return {}
    worst = {frame: np.fmin.reduce(list(columns.values())) for frame, columns in margins.items()}
    whole = np.concatenate(list(worst.values()))
    data = pd.DataFrame({_MARGIN: whole, _ROW: np.arange(len(whole))})
    (outcome,) = _validate_frame(data, [_build_screen_expectation()])
    failing = np.array(_list_failing_rows(outcome), dtype=int)
    rows_by_frame, first = {}, 0
    for frame, column in worst.items():
        inside = failing[(failing >= first) & (failing < first + len(column))]
        rows_by_frame[frame], first = inside - first, first + len(column)
    return rows_by_frame


@lru_cache(maxsize=1)
def _build_screen_expectation() -> Any:
    from great_expectations.expectations import ExpectColumnValuesToBeBetween

    return ExpectColumnValuesToBeBetween(column=_MARGIN, min_value=0, meta={"code": _MARGIN})


def _run_rules(
    rules_to_run: Sequence[Rule], frames: Mapping[str, RuleFrame], suspects: Mapping[str, np.ndarray]
) -> dict[str, list[int]]:
    """The rules over the rows in question."""
    import numpy as np
    import pandas as pd

    rows_by_code: dict[str, list[int]] = {}
    for name in dict.fromkeys(rule.frame for rule in rules_to_run):
        ruled = [rule for rule in rules_to_run if rule.frame == name]
        plain = all(_is_range_rule(rule) for rule in ruled)
        rows = suspects[name] if plain else np.arange(len(frames[name]))
        columns = dict.fromkeys(rule.kwargs["column"] for rule in ruled)
        data = pd.DataFrame({column: frames[name].columns[column][rows] for column in columns} | {_ROW: rows})
        for outcome in _validate_frame(data, [build_expectation(rule) for rule in ruled]):
            if not outcome.success:
                rows_by_code[outcome.expectation_config.meta["code"]] = _list_failing_rows(outcome)
    return rows_by_code


def _validate_frame(data: Any, expectations: Sequence[Any]) -> Sequence[Any]:
    import great_expectations as gx

    suite = gx.ExpectationSuite(name="intake", expectations=list(expectations))
    results: Sequence[Any] = (
        _build_batch_definition().get_batch({"dataframe": data}).validate(suite, result_format=_FORMAT).results
    )
    for result in results:
        if result.exception_info.get("raised_exception") or "exception_info" in result.exception_info:
            raise CatalogueError(
                f"the rule cannot be evaluated: {result.exception_info}",
                where=f"expectations/: {result.expectation_config.meta['code']}",
                fix="correct it",
            )
    return results


def _list_failing_rows(outcome: Any) -> list[int]:
    return [] if outcome.success else [entry[_ROW] for entry in outcome.result["unexpected_index_list"]]
