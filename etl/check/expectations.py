"""The expectations that Great Expectations' gallery lacks: what they ask of a row, and how they say it in Vietnamese.

Called by `evaluate`, which loads this module with Great Expectations, in seconds. `expectations/` names a class in
small letters: ExpectColumnValuesToBeWhole is `expect_column_values_to_be_whole`. A row that has nothing to compare
passes. What they compute stands in `metrics`.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal, TypeAlias

import pandas as pd
from great_expectations.core.suite_parameters import SuiteParameterDict
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import (
    ColumnMapExpectation,
    ColumnPairMapExpectation,
    MulticolumnMapExpectation,
)
from great_expectations.expectations.metrics.map_metric_provider import (
    ColumnMapMetricProvider,
    ColumnPairMapMetricProvider,
    MulticolumnMapMetricProvider,
    column_condition_partial,
    column_pair_condition_partial,
    multicolumn_condition_partial,
)
from great_expectations.render.renderer_configuration import RendererConfiguration

from etl.check import metrics

Limit: TypeAlias = float | SuiteParameterDict
"""A number, or the name of a threshold in `catalog/quality.yaml`: {$PARAMETER: name}."""
_LIMITS = ("least_n", "sd_n", "moderate", "extreme", "sd_moderate", "sd_extreme", "change", "ratio")


class _VietnameseSentence:
    """Says an expectation by its one Vietnamese `sentence`, wherever Great Expectations renders it."""

    sentence: ClassVar[str]

    @classmethod
    def _prescriptive_template(cls, renderer_configuration: RendererConfiguration) -> RendererConfiguration:
        renderer_configuration.template_str = cls.sentence
        return renderer_configuration


class WholeValues(ColumnMapMetricProvider):
    """Whether a number is whole."""

    condition_metric_name = "column_values.whole"

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column: pd.Series, **_: Any) -> pd.Series:
        return column == column.round()


class ExpectColumnValuesToBeWhole(_VietnameseSentence, ColumnMapExpectation):
    """A count has no decimals."""

    map_metric = "column_values.whole"
    sentence: ClassVar[str] = "Giá trị phải là số nguyên."


class PairDifference(ColumnPairMapMetricProvider):
    """Whether A − B, rounded, lies between two limits: what sums of decimals leave in the last digits is none."""

    condition_metric_name = "column_pair_values.difference_between"
    condition_value_keys = ("min_value", "max_value", "decimals")

    @column_pair_condition_partial(engine=PandasExecutionEngine)
    def _pandas(
        cls,
        column_A: pd.Series,
        column_B: pd.Series,
        min_value: float | None,
        max_value: float | None,
        decimals: int,
        **_: Any,
    ) -> pd.Series:
        low = -float("inf") if min_value is None else min_value
        high = float("inf") if max_value is None else max_value
        return (column_A - column_B).round(decimals).between(low, high)


class ExpectColumnPairDifferenceToBeBetween(_VietnameseSentence, ColumnPairMapExpectation):
    """A − B lies between two limits; rounded to `decimals`, which a workbook's numbers do not exceed."""

    map_metric = "column_pair_values.difference_between"
    domain_keys = (*ColumnPairMapExpectation.domain_keys, "ignore_row_if")
    success_keys = ("min_value", "max_value", "decimals", "mostly")
    sentence: ClassVar[str] = "Chênh lệch giữa hai số phải nằm trong giới hạn."
    min_value: float | None = None
    max_value: float | None = None
    decimals: int = 6
    ignore_row_if: str = "either_value_is_missing"


class PairRatio(ColumnPairMapMetricProvider):
    """Whether A ÷ B lies in 1 ± tolerance; small numbers and a B of zero tell nothing."""

    condition_metric_name = "column_pair_values.ratio_near_one"
    condition_value_keys = ("tolerance", "least")

    @column_pair_condition_partial(engine=PandasExecutionEngine)
    def _pandas(
        cls,
        column_A: pd.Series,
        column_B: pd.Series,
        tolerance: float,
        least: float | None,
        **_: Any,
    ) -> pd.Series:
        near: pd.Series = metrics.is_within_tolerance(column_A / column_B, tolerance) | (column_B == 0)
        return near if least is None else near | (column_A < least) | (column_B < least)


class ExpectColumnPairRatioToBeNearOne(_VietnameseSentence, ColumnPairMapExpectation):
    """A ÷ B lies in 1 ± `tolerance`, where neither is below `least`."""

    map_metric = "column_pair_values.ratio_near_one"
    domain_keys = (*ColumnPairMapExpectation.domain_keys, "ignore_row_if")
    success_keys = ("tolerance", "least", "mostly")
    sentence: ClassVar[str] = "Hai số phải xấp xỉ nhau trong ngưỡng cho phép."
    tolerance: Limit
    least: Limit | None = None
    ignore_row_if: str = "either_value_is_missing"


class PastValues(MulticolumnMapMetricProvider):
    """Whether a value (the first column) has no `flag` against its own past (the others)."""

    condition_metric_name = "multicolumn_values.in_past"
    condition_value_keys = ("flag", *_LIMITS)

    @multicolumn_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column_list: pd.DataFrame, flag: str, **limits: Any) -> pd.Series:
        table = column_list.to_numpy(dtype=float)
        outlier_limits = metrics.OutlierLimits(**{name: limits[name] for name in _LIMITS})
        flags = metrics.flag_outliers(table[:, 0], table[:, 1:], outlier_limits)
        return pd.Series(flags != flag, index=column_list.index)


class ExpectValueToStayInItsPast(_VietnameseSentence, MulticolumnMapExpectation):
    """A value does not leave its own past: `flagged` a little, `extreme` far. Source: see `metrics`."""

    map_metric = "multicolumn_values.in_past"
    success_keys = ("flag", *_LIMITS, "mostly")
    sentence: ClassVar[str] = "Giá trị không được lệch khỏi mức thường lệ của các kỳ trước."
    flag: Literal["flagged", "extreme"]
    least_n: Limit
    sd_n: Limit
    moderate: Limit
    extreme: Limit
    sd_moderate: Limit
    sd_extreme: Limit
    change: Limit
    ratio: Limit


class PastMean(MulticolumnMapMetricProvider):
    """Whether a value (the first column) ÷ the mean of its past (the others) lies in 1 ± tolerance."""

    condition_metric_name = "multicolumn_values.near_mean"
    condition_value_keys = ("tolerance", "change", "ratio")

    @multicolumn_condition_partial(engine=PandasExecutionEngine)
    def _pandas(
        cls,
        column_list: pd.DataFrame,
        tolerance: float,
        change: float,
        ratio: float,
        **_: Any,
    ) -> pd.Series:
        table = column_list.to_numpy(dtype=float)
        drifts = metrics.find_drifts(table[:, 0], table[:, 1:], tolerance, change, ratio)
        return pd.Series(~drifts, index=column_list.index)


class ExpectValueToStayNearItsMean(_VietnameseSentence, MulticolumnMapExpectation):
    """A value ÷ the mean of its past lies in 1 ± `tolerance`, unless the difference is small."""

    map_metric = "multicolumn_values.near_mean"
    success_keys = ("tolerance", "change", "ratio", "mostly")
    sentence: ClassVar[str] = "Giá trị phải gần bình quân của các năm trước."
    tolerance: Limit
    change: Limit
    ratio: Limit
