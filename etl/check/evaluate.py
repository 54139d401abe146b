"""Runs the rules through Great Expectations, which alone says what rows fail.

Imports Great Expectations inside: that takes seconds, so it happens once, when first needed. A frame is validated once
for a whole batch of workbooks: what an expectation costs hardly depends on its rows (`_read_arguments_once`).
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from etl.catalog.rules import Rule
from etl.check.frames import RuleFrame
from etl.errors import CatalogueError

if TYPE_CHECKING:
    import pandas as pd

_FORMAT = {
    "result_format": "COMPLETE",
    "exclude_unexpected_values": True,
    "return_unexpected_index_query": False,
    "include_unexpected_rows": False,
}


@dataclass(frozen=True)
class FrameResult:
    """What Great Expectations says of a frame: per rule code the rows that fail, and how many rows it applied to."""

    rows_by_code: Mapping[str, Sequence[int]]
    evaluated_by_code: Mapping[str, int]


@lru_cache(maxsize=1)
def _build_batch_definition() -> Any:
    """A batch definition over whatever frame is handed in; nothing is stored and nothing is sent home."""
    os.environ["GX_ANALYTICS_ENABLED"] = "False"
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    from etl.check import expectations  # noqa: F401 - makes them known

    _read_arguments_once()
    _write_ids_directly()
    for name in logging.root.manager.loggerDict:  # some of them set a level of their own
        if name.partition(".")[0] == gx.__name__:
            logging.getLogger(name).setLevel(logging.WARNING)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return (
        context.data_sources.add_pandas("intake")
        .add_dataframe_asset("frame")
        .add_batch_definition_whole_dataframe("all")
    )


def _read_arguments_once() -> None:
    """Has an expectation look up its arguments in one copy of its configuration instead of a new one for each of them.

    Great Expectations 1.24 asks for the arguments some fourteen times a validation and builds the configuration, a copy
    of the whole expectation, for every single argument: two fifths of what a validation of our frames costs.
    """
    from great_expectations.expectations.expectation import Expectation
    from great_expectations.expectations.expectation_configuration import parse_result_format

    def get_runtime_kwargs(self: Any, runtime_configuration: dict[str, Any] | None = None) -> dict[str, Any]:
        given = self.configuration.kwargs
        own_kwargs = {
            key: given[key] if key in given else self._get_default_value(key)
            for key in (*self.runtime_keys, *self.success_keys, *self.domain_keys)
        }
        kwargs = own_kwargs | {k: v for k, v in (runtime_configuration or {}).items() if k in self.runtime_keys}
        return kwargs | {"result_format": parse_result_format(kwargs["result_format"])}

    Expectation._get_runtime_kwargs = get_runtime_kwargs


def _write_ids_directly() -> None:
    """Has a metric's id written from its arguments as they are, where they are plain, instead of from a deep copy.

    Great Expectations 1.24 makes some two hundred ids a validation; the copies were a seventh of what it costs.
    """
    from great_expectations.core.id_dict import IDDict, IDDictID

    to_id_of_any = IDDict.to_id

    def to_id(self: Any, id_keys: Any = None, id_ignore_keys: Any = None) -> IDDictID:
        if id_keys is None and id_ignore_keys is None and len(self) > 1 and not self._id_ignore_keys:
            with suppress(TypeError):  # something that is not plain
                written = json.dumps(self, sort_keys=True).encode()
                return hashlib.md5(written, usedforsecurity=False).hexdigest()
        return to_id_of_any(self, id_keys, id_ignore_keys)

    IDDict.to_id = to_id


def load_great_expectations() -> None:
    """Loads Great Expectations now rather than at the first check."""
    _build_batch_definition()


def build_expectation(code: str, title: str, expectation: str, kwargs: Mapping[str, Any]) -> Any:
    """A rule as a Great Expectations object; its title is the description that documents print.

    Raises:
        CatalogueError: there is no such expectation, or it does not take these arguments.
    """
    load_great_expectations()
    from great_expectations.exceptions import GreatExpectationsError
    from great_expectations.expectations.registry import get_expectation_impl

    where = f"expectations/: {code}"
    try:
        kind = get_expectation_impl(expectation)
    except GreatExpectationsError:
        raise CatalogueError(
            f"no expectation {expectation!r}", where=where, fix="see Great Expectations' gallery"
        ) from None
    try:
        return kind(**kwargs, meta={"code": code}, description=title)
    except (TypeError, ValueError) as error:
        raise CatalogueError(
            f"{expectation} does not take {kwargs}: {error}", where=where, fix="correct kwargs"
        ) from None


def validate_frames(
    rules: Sequence[Rule], frames: Mapping[str, RuleFrame], thresholds: Mapping[str, float]
) -> dict[str, FrameResult]:
    """What the rules say of each frame that has rows, a validation a frame. `thresholds` fill `$PARAMETER`s.

    Raises:
        CatalogueError: a rule names a column that the frame does not have, or cannot be evaluated.
    """
    results: dict[str, FrameResult] = {}
    for name in dict.fromkeys(rule.frame for rule in rules):
        if len(frames.get(name, ())):
            ruled = [build_expectation(r.code, r.title, r.expectation, r.kwargs) for r in rules if r.frame == name]
            results[name] = validate_frame(frames[name].data, ruled, thresholds)
    return results


def validate_frame(data: pd.DataFrame, expectations: Sequence[Any], thresholds: Mapping[str, float]) -> FrameResult:
    """One validation of a frame. Rows are numbered as its index is.

    Raises:
        CatalogueError: an expectation cannot be evaluated.
    """
    import great_expectations as gx

    suite = gx.ExpectationSuite(name="rules", expectations=list(expectations))
    batch = _build_batch_definition().get_batch({"dataframe": data})
    validation = batch.validate(suite, result_format=_FORMAT, expectation_parameters=dict(thresholds))
    rows_by_code, evaluated_by_code = {}, {}
    for result in validation.results:
        code = result.expectation_config.meta["code"]
        if result.exception_info.get("raised_exception", True):  # of a metric it stands deeper, under the metric's name
            raise CatalogueError(
                f"the rule cannot be evaluated over {sorted(data.columns)}: {result.exception_info}",
                where=f"expectations/: {code}",
                fix="correct it",
            )
        if rows := result.result.get("unexpected_index_list"):
            rows_by_code[code] = rows
        evaluated_by_code[code] = result.result["element_count"] - result.result.get("missing_count", 0)
    return FrameResult(rows_by_code, evaluated_by_code)
