"""Section III: results of each unit, the best and the weakest.

Room: report. Called by `facts`. Ranks shares only: a rate of a few cases says nothing about a district.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby

from etl.catalog import models
from etl.messages import Messages
from etl.model.numbers import format_number
from etl.report.figure_facts import Figure
from etl.report.inputs import ReportInput
from etl.report.report_figures import ReportFigures, select_counted_noun
from etl.report.section_facts import AgencyBlock, AgencyTable, ComparedTarget, ComparedUnit, UnitScore, UnitTable
from etl.report.target_results import format_with_unit
from etl.report.unit_names import format_unit_list, format_unit_mention

MAX_TABLE_COLUMNS = 12
"""Indicators in one table: more do not fit across a landscape page."""
MAX_EXTREMES = 3
"""Targets of which the best and the weakest units are named in the text: those that the area has not reached."""
MAX_TIED_NAMES = 4
"""Units named that share one place in a ranking; more are counted, as no name of theirs comes before another."""
MAX_UNIT_NAMES = 5
"""Units named as the best or the weakest of one indicator; more are counted."""
_BEHIND_STATES = {"slow", "hasten", "not_due", "redefined"}
_GOOD_STATUSES = {"met", "within_plan"}


def list_unit_codes(inputs: ReportInput) -> list[str]:
    """The units under the area that the input has figures for, in the order of their official codes."""
    return sorted({a.unit for a in inputs.attainments} - {inputs.area})


def select_compared_targets(inputs: ReportInput, figures: ReportFigures, codes: Sequence[str]) -> list[models.Target]:
    """The targets compared between some units: indicators computed from what they send for the report's period, as far
    as any of them has a figure; those of a year in a year's report only."""
    chosen: dict[tuple[str, str], models.Target] = {}
    for target in list_comparable_targets(inputs):
        indicator = inputs.catalogue.indicators[target.indicator or ""]
        area = figures.find_figure(target.item, inputs.area)
        if area is not None and area.duplicate_of:  # a plan may say the same thing twice: one column
            continue
        of_units = (figures.find_figure(target.item, code) for code in codes)
        shown = next((f for f in of_units if f and _has_number(f, counts=indicator.accumulates)), None)
        if shown is not None:
            chosen.setdefault((str(target.indicator), f"{shown.operator}{shown.target.exact}"), target)
    return list(chosen.values())


def list_comparable_targets(inputs: ReportInput) -> list[models.Target]:
    """The targets that units could have figures of in the report's period, whether or not any has."""
    annual, indicators = inputs.report.cadence == "year", inputs.catalogue.indicators
    return [
        target
        for target in inputs.plan.targets
        if (indicator := indicators.get(target.indicator or "")) is not None
        if indicator.method not in {"published", "none"} and (annual or indicator.frequency == "quarter")
    ]


def _has_number(figure: Figure, *, counts: bool) -> bool:
    """Whether a unit's cell says more of the report's period than that there is nothing."""
    if figure.as_of:
        return False
    return bool(figure.withheld) or (figure.numerator if counts else figure.value).value is not None


def build_unit_table(inputs: ReportInput, wording: Messages, figures: ReportFigures) -> UnitTable:
    """Units down, indicators across, in blocks that fit a page; their scores and what is said of them.

    Cells are looked up in the figures.
    """
    codes = list_unit_codes(inputs)
    scores = _build_unit_scores(inputs, figures)
    return UnitTable(
        blocks=_build_target_blocks(inputs, wording, select_compared_targets(inputs, figures, codes)),
        units=_name_units(inputs, codes),
        scores=scores,
        sentences=tuple(_describe_unit_results(inputs, wording, figures, scores)),
    )


def build_agency_table(inputs: ReportInput, wording: Messages, figures: ReportFigures) -> AgencyTable:
    """Agencies down, indicators across: those that the very same agencies have stand together.

    Cells are looked up in the figures.
    """
    having: dict[str, list[str]] = {}
    for row in inputs.agencies:
        having.setdefault(row.item, []).append(row.unit)
    codes = list(dict.fromkeys(row.unit for row in inputs.agencies))
    sharing: dict[tuple[str, ...], list[models.Target]] = {}
    for target in select_compared_targets(inputs, figures, codes):
        sharing.setdefault(tuple(having[target.item]), []).append(target)
    blocks = tuple(
        AgencyBlock(block, _name_units(inputs, units))
        for units, targets in sharing.items()
        for block in _build_target_blocks(inputs, wording, targets)
    )
    return AgencyTable(tuple(codes), blocks, wording.format("unit.agencies") if blocks else "")


def _build_target_blocks(
    inputs: ReportInput, wording: Messages, targets: Sequence[models.Target]
) -> tuple[tuple[ComparedTarget, ...], ...]:
    """The columns of tables, as many in each as fit a page."""
    items = [
        ComparedTarget(t.item, _format_column_title(inputs, wording, indicator), counts=indicator.accumulates)
        for t in targets
        if (indicator := inputs.catalogue.indicators.get(t.indicator or ""))
    ]
    blocks = -(-len(items) // MAX_TABLE_COLUMNS)
    size = -(-len(items) // blocks) if blocks else 1
    return tuple(tuple(items[start : start + size]) for start in range(0, len(items), size))


def _format_column_title(inputs: ReportInput, wording: Messages, indicator: models.Indicator) -> str:
    """An indicator's short name; above counts what is counted, and not the people that its rate is on."""
    if not indicator.accumulates:
        return indicator.short_name
    counted = indicator.short_name.partition("/")[0] if indicator.is_case_rate else indicator.short_name
    noun = select_counted_noun(inputs, wording, indicator)
    return wording.format("unit.counted", name=counted, noun=noun)


def _name_units(inputs: ReportInput, codes: Sequence[str]) -> tuple[ComparedUnit, ...]:
    return tuple(ComparedUnit(code, inputs.find_unit_name(code)) for code in codes)


def _build_unit_scores(inputs: ReportInput, figures: ReportFigures) -> tuple[UnitScore, ...]:
    """Targets met of targets assessed, per unit that has any: those of a share that the area is judged by too."""
    items = _list_scored_items(inputs, figures)
    score_rows = []
    for code in list_unit_codes(inputs):
        statuses = [f.status for f in figures.list_unit_figures(code) if f.item in items and f.sign]
        if statuses:
            met = sum(status in _GOOD_STATUSES for status in statuses)
            score_rows.append(UnitScore(code, inputs.find_unit_name(code), met, len(statuses)))
    return tuple(score_rows)


def _list_scored_items(inputs: ReportInput, figures: ReportFigures) -> set[str]:
    """The compared targets that are shares; a rate of a case or none says nothing of a unit."""
    compared = select_compared_targets(inputs, figures, list_unit_codes(inputs))
    return {t.item for t in compared if not inputs.catalogue.indicators[t.indicator or ""].accumulates}


def _has_unjudged_share(inputs: ReportInput, figures: ReportFigures) -> bool:
    """Whether a unit has a share that it would be ranked by, were the area judged by it."""
    items, units = _list_scored_items(inputs, figures), list_unit_codes(inputs)
    return any(
        f.item in items and f.met is not None and not f.sign for c in units for f in figures.list_unit_figures(c)
    )


def _describe_unit_results(
    inputs: ReportInput, wording: Messages, figures: ReportFigures, ranked: tuple[UnitScore, ...]
) -> list[str]:
    """What section III says above its table."""
    codes = list_unit_codes(inputs)
    if not codes:
        return [wording.format("unit.none")]
    targets = select_compared_targets(inputs, figures, codes)
    if not targets:
        return [wording.format("unit.none" if list_comparable_targets(inputs) else "unit.no_indicator")]
    if len(codes) == 1:
        return [
            wording.format("unit.one", name=format_unit_mention(wording, inputs.find_unit_name(codes[0]))),
            wording.format("unit.annex"),
        ]
    without = [
        inputs.find_unit_name(c)
        for c in codes
        if all(_parse_exact_value(figures.find_figure(t.item, c)) is None for t in targets)
    ]
    silent = [wording.format("unit.silent", names=format_unit_list(wording, without))] if without else []
    by_indicator = {target.indicator: target for target in reversed(targets)}
    behind = {f.indicator for f in figures.list_counted_figures(inputs.area) if f.path_state in _BEHIND_STATES}
    described_targets = [t for t in targets if by_indicator[t.indicator] is t and t.indicator in behind]
    extremes = [
        line for target in described_targets if (line := _describe_best_and_weakest(inputs, wording, figures, target))
    ]
    ranking = _describe_unit_ranking(wording, ranked, judged=not _has_unjudged_share(inputs, figures))
    return [wording.format("unit.annex"), ranking, *silent, *extremes[:MAX_EXTREMES]]


def _parse_exact_value(figure: Figure | None) -> Fraction | None:
    return figure.value.fraction if figure else None


def _describe_unit_ranking(wording: Messages, ranked: tuple[UnitScore, ...], *, judged: bool) -> str:
    if len(ranked) < 2:
        return wording.format("unit.no_verdicts" if judged else "unit.not_judged")
    top = [row for row in ranked if compute_met_share(row) == max(map(compute_met_share, ranked))]
    if len(top) == len(ranked):
        share = compute_met_share(top[0])
        if share in {0, 1}:
            return wording.format("unit.all_met" if share else "unit.none_met")
        return wording.format("unit.all_equal", met=_format_met_score(top))
    return wording.format(
        "unit.ranking",
        best=format_scored_units(wording, top),
        weakest=format_scored_units(wording, select_weakest_units(ranked)),
    )


def select_weakest_units(ranked: tuple[UnitScore, ...]) -> list[UnitScore]:
    """The units that meet the smallest share of their targets; none where all are equal or there is but one."""
    shares = {compute_met_share(row) for row in ranked}
    return [row for row in ranked if compute_met_share(row) == min(shares)] if len(shares) > 1 else []


def compute_met_share(row: UnitScore) -> Fraction:
    """Targets met of those assessed."""
    return Fraction(row.met, row.of)


def _format_met_score(rows: list[UnitScore]) -> str:
    return f"{format_number(rows[0].met)}/{format_number(rows[0].of)}"


def format_scored_units(wording: Messages, rows: list[UnitScore]) -> str:
    """Units, in the order of their ranks, with how many of their targets they meet; many of one rank are counted."""
    parts: list[str] = []
    for _, group in groupby(rows, key=compute_met_share):
        tied = list(group)
        if len(tied) > MAX_TIED_NAMES or len(parts) + len(tied) > MAX_UNIT_NAMES:
            parts.append(_count_tied_units(wording, tied))
        else:
            parts += [f"{format_unit_mention(wording, row.name)} ({_format_met_score([row])})" for row in tied]
    return ", ".join(parts)


def _count_tied_units(wording: Messages, tied: list[UnitScore]) -> str:
    scores = ", ".join(dict.fromkeys(_format_met_score([row]) for row in tied))
    return wording.format("unit.tied", count=format_number(len(tied)), met=scores)


def limit_unit_names(wording: Messages, names: list[str], separator: str = "; ", most: int = MAX_UNIT_NAMES) -> str:
    """As many names as a sentence bears, and how many more there are: the others stand in an annex."""
    if len(names) <= most:
        return separator.join(names)
    more = format_number(len(names) - most + 1)
    return wording.format("unit.more_units", names=separator.join(names[: most - 1]), count=more)


def _describe_best_and_weakest(
    inputs: ReportInput, wording: Messages, figures: ReportFigures, target: models.Target
) -> str:
    """The best and the weakest of a share; nothing for case rates or where under two units have a value."""
    indicator = inputs.catalogue.indicators[target.indicator or ""]
    if indicator.accumulates or indicator.factor != 100:
        return ""
    valued_figures = [
        (value, f)
        for c in list_unit_codes(inputs)
        if (f := figures.find_figure(target.item, c)) and (value := _parse_exact_value(f)) is not None
    ]
    if len(valued_figures) < 2:
        return ""
    high, low = max(value for value, _ in valued_figures), min(value for value, _ in valued_figures)
    if indicator.direction == "down":
        high, low = low, high
    name = indicator.short_name
    best, last = (_select_by_print(valued_figures, value) for value in (high, low))
    if best == last:
        return wording.format("unit.same", name=name, value=format_with_unit(inputs, best[0], best[0].value.text))
    return wording.format(
        "unit.extremes_down" if indicator.direction == "down" else "unit.extremes",
        name=name,
        best=_format_unit_names(wording, best),
        best_value=format_with_unit(inputs, best[0], best[0].value.text),
        weakest=_format_unit_names(wording, last),
        weakest_value=format_with_unit(inputs, last[0], last[0].value.text),
    )


def _select_by_print(valued_figures: list[tuple[Fraction, Figure]], value: Fraction) -> list[Figure]:
    """The figures that print like the one of a value: a reader of the table sees no difference between them."""
    printed = next(figure.value.text for figure_value, figure in valued_figures if figure_value == value)
    return [figure for _, figure in valued_figures if figure.value.text == printed]


def _format_unit_names(wording: Messages, figures: list[Figure]) -> str:
    if len(figures) > MAX_UNIT_NAMES:
        return wording.format("unit.many", count=format_number(len(figures)))
    return format_unit_list(wording, [figure.unit_name for figure in figures], ", ")
