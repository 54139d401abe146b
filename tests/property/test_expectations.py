"""The suites of `expectations/`, run by Great Expectations, against a plain reckoning of each row by itself."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from etl.catalog import load_catalogue
from etl.catalog.rules import load_rules
from etl.check.evaluate import validate_frames
from etl.check.frames import STATES, RuleFrame
from etl.settings import PROJECT_ROOT

LIMIT = load_catalogue(PROJECT_ROOT / "catalog").thresholds
RULES = load_rules(PROJECT_ROOT / "expectations")
Row = dict[str, Any]
NAN = math.nan

# Borders of every kind: a count's, a rounding's, a tolerance's, and what no double can hold.
BORDERS = [
    NAN, -1.0, -1e-9, 0.0, 4e-7, 5e-7, 6e-7, 1e-6, 0.1, 0.2, 0.30000000000000004, 0.3, 0.5, 0.67, 0.75, 0.9, 1.0, 1.1, 1.33, 2.0,
    2.5, 10.0, 26.99, 27.0, 29.0, 30.0, 33.0, 33.0000004, 33.0000006, 67.0, 89.0, 90.0, 99.0, 100.0, 109.9, 110.0, 133.0, 134.0,
    1e8, 123456789.0,
]  # fmt: skip
NUMBER = st.sampled_from(BORDERS) | st.floats(-1e9, 1e9).map(lambda v: round(v, 6))
SERIES = st.sampled_from([NAN, 90.0, 95.0, 100.0, 100.0, 100.0, 105.0, 110.0, 120.0, 160.0, 200.0])
SHARE = st.sampled_from([NAN, 0.0, 0.5, 0.7499999999999999, 0.75, 0.8999999999999999, 0.9, 1.0])


def known(*numbers: float) -> bool:
    return not any(math.isnan(n) for n in numbers)


def short(more: str, less: str) -> Callable[[Row], bool]:
    return lambda r: known(r[more], r[less]) and float(np.round(r[more] - r[less], 6)) < 0


def apart(a: str, b: str, tolerance: str, least: float = -math.inf) -> Callable[[Row], bool]:
    def fails(r: Row) -> bool:
        if not known(r[a], r[b]) or not r[b] or min(r[a], r[b]) < least:
            return False
        return abs(r[a] / r[b] - 1) > LIMIT[tolerance] + 1e-12

    return fails


def unusual(value: float, usual: float) -> bool:
    away = abs(value - usual)
    return away >= LIMIT["outlier_change"] and away > LIMIT["outlier_ratio"] * abs(usual)


def outlier(row: Row) -> str:
    past = [v for v in row["past"] if known(v)]
    if not row["steady"] or len(past) < LIMIT["history_least"] or not unusual(row["value"], statistics.median(past)):
        return ""
    middle = statistics.median(past)
    mad, ad = (f([abs(v - middle) for v in past]) for f in (statistics.median, statistics.fmean))
    off = row["value"] - middle
    z = 0.6745 * off / mad if mad else 0.7979 * off / ad if ad else math.inf
    assert len(past) < LIMIT["history_sd_least"]  # eight earlier periods: the rule by standard deviation has too few
    return "far" if abs(z) > LIMIT["outlier_extreme_z"] else "near" if abs(z) > LIMIT["outlier_moderate_z"] else ""


def drift(row: Row) -> bool:
    years = [v for v in row["past"][:3] if known(v)]
    if not row["yearly"] or not years or not unusual(row["value"], sum(years) / len(years)):
        return False
    mean = statistics.fmean(years)
    return bool(mean) and abs(row["value"] / mean - 1) > LIMIT["consistency_over_time"] + 1e-12


def state(family: str) -> Callable[[Row], bool]:
    return lambda r: r["state"] == "invalid" and r["family"] == family and not r["reported"]


FAILS: dict[str, dict[str, Callable[[Row], bool]]] = {
    "files": {
        "S02": lambda r: r["folder"] not in (None, r["unit"]),
        "S07": lambda r: not r["owed"],
        "S11": lambda r: not r["filled"] and not r["broken"],
    },
    "cells": {
        "V01": state("number"),
        "V02": lambda r: known(r["value"], r["low"]) and r["value"] < r["low"],
        "V03": lambda r: known(r["value"], r["high"]) and r["value"] > r["high"],
        "V04": lambda r: r["whole"] and known(r["value"]) and not r["value"].is_integer(),
        "V05": lambda r: r["required"] and r["state"] == "missing",
        "V06": state("choice"),
        "V07": state("date"),
        "V26": lambda r: r["after_receipt"] > 0,
        "D01": lambda r: r["identity_numbers"] > 0,
        "D02": lambda r: r["names"] > 0,
    },
    "relations": {
        "R01": lambda r: r["kind"] == "certain" and short("larger", "smaller")(r),
        "R02": lambda r: r["kind"] == "likely" and short("larger", "smaller")(r),
        "R03": lambda r: r["kind"] == "about" and apart("smaller", "larger", "related_equal", LIMIT["related_least"])(r),
        "R04": short("larger", "parts"),
        "R05": short("smaller", "least"),
        "R06": short("parts", "larger"),
        "R07": short("most", "smaller"),
    },
    "year": {
        "T01": lambda r: r["flow"] and (short("value", "quarters")(r) or short("quarters", "value")(r)),
        "T02": lambda r: not r["flow"] and (short("value", "quarters")(r) or short("quarters", "value")(r)),
    },
    "time": {
        "T03": lambda r: known(r["before"]) and r["value"] < r["before"],
        "T04": lambda r: outlier(r) == "far",
        "T05": lambda r: outlier(r) == "near",
        "T06": drift,
    },
    "outside": {
        "R08": lambda r: r["children"] > 0,
        "R09": lambda r: r["children"] == 0 and r["partners"] > 0,
    },
    "alike": {"R10": lambda r: r["alike"] >= LIMIT["identical_numbers"]},
    "rows": {"T08": lambda r: r["gain"] >= LIMIT["exchanged_gain"]},
    "people": {"P02": short("most", "total")},
    "beside": {"Q05": apart("growth", "area_growth", "consistency_over_time")},
    "population": {"P01": apart("population", "official", "denominator")},
    "quality": {
        "Q01": lambda r: r["untested"] > 0,
        "Q02": lambda r: r["complete"] < LIMIT["element_completeness"],
        "Q03": lambda r: r["reported"] < LIMIT["reporting_completeness"],
        "Q04": lambda r: r["punctual"] < LIMIT["timeliness"],
    },
}  # fmt: skip

FLAG, COUNT = st.booleans(), st.sampled_from([NAN, 0.0, 1.0, 3.0])
UNIT = st.sampled_from(["612", "613"])
KINDS = st.sampled_from(["certain", "likely", "about", "sum", "overlap", "per_head"])
ROWS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "files": {"folder": UNIT | st.none(), "unit": UNIT, "owed": FLAG, "filled": st.integers(0, 2), "broken": FLAG},
    "cells": {
        "state": st.sampled_from([str(s) for s in STATES]), "family": st.sampled_from(["number", "choice", "date", "words"]),
        "value": NUMBER, "low": NUMBER, "high": NUMBER, "whole": FLAG, "required": FLAG, "reported": FLAG,
        "identity_numbers": COUNT, "names": COUNT, "after_receipt": COUNT,
    },
    "relations": {"kind": KINDS, "smaller": NUMBER, "larger": NUMBER, "parts": NUMBER, "least": NUMBER, "most": NUMBER},
    "year": {"value": NUMBER, "quarters": NUMBER, "flow": FLAG},
    "time": {
        "value": SERIES.filter(known) | NUMBER.filter(known), "before": NUMBER, "steady": FLAG, "yearly": FLAG,
        "past": st.lists(SERIES, min_size=8, max_size=8) | st.lists(NUMBER, min_size=8, max_size=8),
    },
    "outside": {"children": st.integers(0, 2), "partners": st.integers(0, 2)},
    "alike": {"alike": st.integers(0, 9)},
    "rows": {"gain": st.sampled_from([0.0, 1.0, 2.9999999, 3.0, 10.0])},
    "people": {"total": NUMBER, "most": NUMBER},
    "beside": {"growth": NUMBER, "area_growth": NUMBER},
    "population": {"population": NUMBER, "official": NUMBER},
    "quality": {"complete": SHARE, "reported": SHARE, "punctual": SHARE, "untested": st.integers(0, 2)},
}  # fmt: skip


def pairs(a: str, b: str, *numbers: float, **others: Any) -> list[Row]:
    """Every pair of the numbers."""
    return [{a: x, b: y} | others for x in numbers for y in numbers]


TINY = (0.0, 4e-7, 5e-7, 6e-7, 0.3, 0.30000000000000004)
ALWAYS: dict[str, list[Row]] = {
    "relations": [
        *pairs("smaller", "larger", *TINY, 27.0, 29.0, 30.0, 33.0, 33.1, kind="about", parts=NAN, least=NAN, most=NAN),
        *pairs("smaller", "larger", *TINY, kind="certain", parts=NAN, least=NAN, most=NAN),
        *pairs("larger", "parts", *TINY, kind="sum", smaller=NAN, least=NAN, most=NAN),
        *pairs("smaller", "most", *TINY, kind="per_head", larger=NAN, parts=NAN, least=NAN),
    ],
    "year": pairs("value", "quarters", *TINY, flow=True),
    "time": [
        {"value": v, "before": NAN, "steady": steady, "yearly": not steady, "past": [past] * 8}
        for v in (0.0, 5.0, 10.0, 20.0, 30.0, 39.9, 40.0, 133.0, 134.0) for past in (0.0, 10.0, 20.0, 30.0, 100.0) for steady in (True, False)
    ],
    "beside": pairs("growth", "area_growth", 0.0, 0.67, 1.0, 1.33, 1.34, 67.0, 100.0, 133.0),
    "population": pairs("population", "official", 0.0, 0.9, 1.0, 1.1, 89.0, 90.0, 100.0, 110.0, 111.0),
}  # fmt: skip


def build_frame(rows: Sequence[Row]) -> RuleFrame:
    """The rows as a frame; what a number had in earlier periods is a column a period."""
    spread = [
        {k: v for k, v in row.items() if k != "past"}
        | {f"past_{i}": v for i, v in enumerate(row.get("past", ()), start=1)}
        for row in rows
    ]
    return RuleFrame(pd.DataFrame(spread), np.zeros(len(rows), dtype=int), np.arange(len(rows)))


@pytest.mark.parametrize("name", FAILS)
@settings(
    max_examples=25, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
@given(data=st.data())
def test_great_expectations_finds_what_a_plain_reckoning_finds(name: str, data: st.DataObject) -> None:
    rows = ALWAYS.get(name, []) + data.draw(st.lists(st.fixed_dictionaries(ROWS[name]), min_size=1, max_size=30))
    ruled = [rule for rule in RULES.by_code.values() if rule.frame == name]
    assert {rule.code for rule in ruled} == set(FAILS[name])
    found = validate_frames(ruled, {name: build_frame(rows)}, LIMIT)[name].rows_by_code
    expected = {code: [i for i, row in enumerate(rows) if fails(row)] for code, fails in FAILS[name].items()}
    assert {code: list(found.get(code, [])) for code in expected} == expected


def test_the_columns_of_the_past_are_as_many_as_the_periods_that_are_compared() -> None:
    past = [f"past_{i}" for i in range(1, 9)]
    assert len(past) == LIMIT["history_periods"]
    for code, count in (("T04", 8), ("T05", 8), ("T06", int(LIMIT["compared_years"]))):
        assert RULES.by_code[code].kwargs["column_list"] == ["value", *past[:count]]
