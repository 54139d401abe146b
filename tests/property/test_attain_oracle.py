"""Verdicts against the plain computation, on random targets and figures: the same to the last digit."""

from __future__ import annotations

from fractions import Fraction as F

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from etl.attain import compute_target_attainment
from etl.model import Attainment, ObservedIndicator, Period
from tests.oracle import plain, worlds


@st.composite
def indicators(draw: st.DrawFn) -> plain.Indicator:
    if draw(st.integers(0, 4)) == 0:
        return plain.Indicator("x", ("n",), (), factor=1, rising=draw(st.booleans()), sums=True)
    return plain.Indicator(
        "x", ("n",), ("d",), factor=draw(st.sampled_from((100, 1000, 100_000))), rising=draw(st.booleans()),
        accumulates=draw(st.booleans()),
    )  # fmt: skip


@st.composite
def figures(draw: st.DrawFn, factor: int, *, sums: bool = False) -> plain.Figure:
    present = draw(st.integers(0, 12))
    expected = present + draw(st.integers(0, 3))
    if not present:
        return plain.Figure(expected=expected)
    bottom = F(draw(st.sampled_from((present, present, 1000, 588_000))))
    top = F(draw(st.integers(0, int(bottom) * (1 if factor == 100 else 2))))
    floors = {F(90): draw(st.integers(0, present))}
    if sums:
        return plain.Figure(top, None, top * factor, present, present, late=draw(st.booleans()))
    return plain.Figure(top, bottom, top / bottom * factor, expected, present, floors, draw(st.booleans()))


@st.composite
def cases(draw: st.DrawFn) -> tuple[plain.Line, plain.Figure, str]:
    indicator = draw(indicators())
    kind = draw(st.sampled_from(("", "", "", "per_unit")))
    if kind:
        indicator = plain.Indicator("x", ("n",), ("d",), accumulates=False, rising=indicator.rising)
    line = draw(worlds.lines(indicator, kind=kind))
    assume(not (indicator.sums and any(goal.count for goal in line.goals)))  # the catalogue refuses it
    return line, draw(figures(indicator.factor, sums=indicator.sums)), draw(st.sampled_from(worlds.PERIODS))


def answers(row: Attainment) -> plain.Verdict:
    return plain.Verdict(
        row.status, row.met, row.target, row.progress, row.per_cent_of_plan, row.people_missing,
        row.required_yearly_change, row.prorated_target,
    )  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(case=cases())
def test_the_rules_agree_with_the_plain_computation(case: tuple[plain.Line, plain.Figure, str]) -> None:
    line, figure, key = case
    method = "share_of_units" if line.kind == "per_unit" else "ratio"
    floors = tuple((str(floor), count) for floor, count in figure.at_floor.items())
    observed = ObservedIndicator(
        "x", "P", Period.parse(key), figure.numerator, figure.denominator, figure.value, figure.expected,
        figure.present, at_floor=floors, since=f"{key[:4]}Q1" if figure.late else "",
    )  # fmt: skip
    indicator = worlds.model_of(line.indicator, method)
    row = compute_target_attainment(
        "p", worlds.target_of(line), indicator, observed, unit="P", period=Period.parse(key)
    )
    assert answers(row) == plain.verdict(line, figure, key)
