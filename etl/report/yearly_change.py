"""The change of a figure against an earlier period, like with like: the same units, the same definition, or none.

Room: report. Used by `report_figures`. A district that was silent and reports again is no increase.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from etl.catalog import models
from etl.messages import Messages
from etl.model import Attainment
from etl.model.numbers import format_number
from etl.model.trend import compare_attainments
from etl.report.covered_period import compute_matched_pair, is_equally_covered
from etl.report.figure_facts import YearlyChange
from etl.report.inputs import ReportInput
from etl.report.number_facts import build_number_fact, compute_printed_difference, select_figure_decimals
from etl.report.unit_names import format_unit_list

_TREND_KINDS = {"up": "increase", "down": "decrease"}
TREND_KINDS = frozenset(_TREND_KINDS.values())
MAX_LEFT_OUT_NAMES = 3
"""Units that are named as not in a comparison; of more only how many are in it is said."""


def build_change_facts(
    inputs: ReportInput,
    wording: Messages,
    target: models.Target,
    a: Attainment,
    earlier: dict[tuple[str, str], Attainment],
) -> YearlyChange:
    """Against the same period last year (`earlier`, by item and unit), as its two ends are printed.

    `kind` chooses the sentence; a doubtful change gets no trend word, figures of different units are not compared.
    """
    before, nothing = earlier.get((a.item, a.unit)), wording.texts["word.nothing"]
    indicator = inputs.catalogue.indicators.get(a.indicator)
    shape = inputs.select_print_target(target)
    decimals = select_figure_decimals(shape, indicator, a)
    before_decimals = select_figure_decimals(shape, indicator, before) if before is not None else decimals
    now, then, basis, kind = a, before, "", _find_incomparability(inputs, target, a, before)
    if not kind and before is not None and a.numerator is not None and not is_equally_covered(a, before):
        matched = compute_matched_pair(inputs, a, before, earlier) if a.unit == inputs.area else None
        if matched is None:
            kind = "other_units"
        else:
            now_value, then_value, left_out, of = matched
            now, then = replace(a, value=now_value, interval=None), replace(before, value=then_value, interval=None)
            basis = _describe_basis(inputs, wording, left_out, of)
    printed = build_number_fact(None, decimals, nothing)
    if not kind and now.value is not None and then is not None and then.value is not None:
        move, places = compute_printed_difference((then.value, before_decimals), (now.value, decimals))
        kind = _TREND_KINDS.get(compare_attainments(now, then), "unclear") if move else "same"
        printed = build_number_fact(abs(move) if kind in TREND_KINDS else move, places)
    compared = now.value if kind in TREND_KINDS | {"same"} else None
    past = then.value if then is not None and compared is not None else None
    return YearlyChange(
        kind,
        printed,
        build_number_fact(past, before_decimals, nothing),
        build_number_fact(compared, decimals, nothing),
        build_number_fact(_compute_per_cent(indicator, compared, past), 1, nothing),
        basis,
    )


def _describe_basis(inputs: ReportInput, wording: Messages, left_out: list[str], of: int) -> str:
    """Over how many units a change is told, and without which, as far as a sentence bears their names."""
    counted = wording.format("change.basis", units=format_number(of - len(left_out)), of=format_number(of))
    if len(left_out) > MAX_LEFT_OUT_NAMES:
        return counted
    names = format_unit_list(wording, [inputs.find_unit_name(code) for code in left_out], ", ")
    return wording.format("change.basis_without", basis=counted, names=names)


def _find_incomparability(inputs: ReportInput, target: models.Target, a: Attainment, before: Attainment | None) -> str:
    """The kind of a change that cannot be told at all; empty where it can."""
    if a.value is None:
        return "no_figure"
    if a.as_of:
        return "carried"
    if before is None or before.value is None or before.as_of or a.since[4:] != before.since[4:]:
        return "no_previous"
    return "broken" if _has_definition_changed(inputs, target, a, before) else ""


def _has_definition_changed(inputs: ReportInput, target: models.Target, a: Attainment, before: Attainment) -> bool:
    """Whether the indicator meant, or may have meant, something else before: then there is no rise and no fall."""
    indicator = inputs.catalogue.indicators.get(a.indicator)
    if indicator is None:
        return False
    now, then = (indicator.find_definition(row.as_of or row.period) for row in (a, before))
    return now != then or (target.kind == "conditional" and not now)


def _compute_per_cent(
    indicator: models.Indicator | None, now: Fraction | None, then: Fraction | None
) -> Fraction | None:
    """One count in % of the other; a share is compared in points, and nothing in % of nothing."""
    if indicator is None or not indicator.accumulates or now is None or not then:
        return None
    return now / then * 100
