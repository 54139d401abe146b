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
from etl.report.dates import format_two_digits
from etl.report.figure_facts import Figure
from etl.report.inputs import ReportInput
from etl.report.number_facts import build_number_fact
from etl.report.report_figures import ReportFigures, is_yes_or_no, select_counted_noun
from etl.report.section_facts import AgencyBlock, AgencyTable, ComparedTarget, ComparedUnit, UnitScore, UnitTable
from etl.report.target_results import format_short_name, format_with_unit
from etl.report.unit_names import format_unit_list, format_unit_mention

MIN_COMPARED = 3
"""Judged targets of which one is the best and one the weakest, and by which units are ranked: fewer say nothing."""
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
        judged = [f for f in figures.list_unit_figures(code) if f.item in items and f.sign]
        if judged:
            met, apart = sum(f.status in _GOOD_STATUSES for f in judged), _compute_mean_distance(judged)
            name, distance = inputs.find_unit_name(code), build_number_fact(apart, 1)
            score_rows.append(UnitScore(code, name, met, len(judged), distance))
    return tuple(score_rows)


def _compute_mean_distance(judged: list[Figure]) -> Fraction | None:
    """How far a unit lies from the levels it is judged by, in % of them: below zero is short of them."""
    apart = [f.distance.get_fraction() for f in judged if f.distance.value is not None]
    return sum(apart, Fraction(0)) / len(apart) if apart else None


def rank_units(scores: Sequence[UnitScore]) -> list[UnitScore]:
    """The weakest first: by the share of targets that they meet, then by their distance from them; nobody where too few
    targets are judged."""
    if max((score.of for score in scores), default=0) < MIN_COMPARED:
        return []
    return sorted(scores, key=get_rank)


def get_rank(score: UnitScore) -> tuple[Fraction, Fraction]:
    """What a unit is ranked by."""
    return compute_met_share(score), score.distance.fraction or Fraction(0)


def select_last_ranks(ranked: Sequence[UnitScore], most: int) -> list[UnitScore]:
    """So many of the weakest, and whoever ranks like the last of them; never who ranks highest."""
    if not ranked or compute_met_share(ranked[0]) == 1:
        return []
    last, best = get_rank(ranked[:most][-1]), get_rank(ranked[-1])
    return [score for score in ranked if get_rank(score) <= last and get_rank(score) < best]


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
    inputs: ReportInput, wording: Messages, figures: ReportFigures, scores: tuple[UnitScore, ...]
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
    ranking = _describe_few_judged(inputs, wording, figures) or _describe_unit_ranking(wording, scores)
    return [wording.format("unit.annex"), *ranking, *silent, *extremes[:MAX_EXTREMES]]


def _parse_exact_value(figure: Figure | None) -> Fraction | None:
    return figure.value.fraction if figure else None


def _describe_few_judged(inputs: ReportInput, wording: Messages, figures: ReportFigures) -> list[str]:
    """What is true of units while too few targets are judged to rank them by: how many meet each, who does not."""
    items, units = _list_scored_items(inputs, figures), list_unit_codes(inputs)
    judged: dict[str, list[Figure]] = {}
    for figure in (f for code in units for f in figures.list_unit_figures(code) if f.item in items and f.sign):
        judged.setdefault(figure.item, []).append(figure)
    if not judged:
        return [wording.format("unit.not_judged" if _has_unjudged_share(inputs, figures) else "unit.no_verdicts")]
    if len(judged) >= MIN_COMPARED:
        return []
    parts = "; ".join(_count_who_meet(inputs, wording, those) for those in judged.values())
    return [wording.format("unit.few_judged", count=format_two_digits(len(judged)), parts=parts)]


def _count_who_meet(inputs: ReportInput, wording: Messages, judged: list[Figure]) -> str:
    missed = [f.unit_name for f in judged if f.status not in _GOOD_STATUSES]
    slots = {"name": format_short_name(inputs, judged[0]), "count": format_number(len(judged))}
    if len(missed) == len(judged) > 1:
        return wording.format("unit.judged_none", **slots)
    slots["met"] = format_number(len(judged) - len(missed))
    if 0 < len(missed) <= MAX_UNIT_NAMES:
        return wording.format("unit.judged_missed", names=format_unit_list(wording, missed, ", "), **slots)
    return wording.format("unit.judged_met", **slots)


def _describe_unit_ranking(wording: Messages, scores: tuple[UnitScore, ...]) -> list[str]:
    ranked = rank_units(scores)
    if len(ranked) < 2:
        return [wording.format("unit.no_verdicts")]
    found, weakest = [_describe_shares_met(wording, ranked)], select_weakest_units(scores) or ranked
    if len(weakest) > MAX_TIED_NAMES:
        farthest = select_last_ranks(weakest, MAX_EXTREMES)
        if 0 < len(farthest) <= MAX_UNIT_NAMES:
            names = format_unit_list(wording, [row.name for row in farthest], ", ")
            found.append(wording.format("unit.farthest", tied=_count_tied_units(wording, weakest), names=names))
    return found


def _describe_shares_met(wording: Messages, ranked: list[UnitScore]) -> str:
    """The highest and the lowest share of targets met, or who meets how many where these are all that there are."""
    shares = {compute_met_share(row) for row in ranked}
    if len(shares) == 1:
        (share,), count = shares, format_two_digits(max(row.of for row in ranked))
        if share in {0, 1}:
            return wording.format("unit.all_met" if share else "unit.none_met", count=count)
        return wording.format("unit.all_equal", met=_format_met_score(ranked))
    by_share = ranked[::-1]
    if len(shares) == 2:
        return wording.format("unit.split", parts=format_scored_units(wording, by_share))
    top = [row for row in by_share if compute_met_share(row) == max(shares)]
    weakest = format_scored_units(wording, select_weakest_units(ranked))
    return wording.format("unit.ranking", best=format_scored_units(wording, top), weakest=weakest)


def select_weakest_units(scores: Sequence[UnitScore]) -> list[UnitScore]:
    """The units that meet the smallest share of their targets; none where all are equal, or too few to be ranked."""
    ranked = rank_units(scores)
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
    if all(is_yes_or_no(wording, figure) for _, figure in valued_figures):
        return _describe_answers(wording, indicator.short_name, [figure for _, figure in valued_figures])
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


def _describe_answers(wording: Messages, name: str, answers: list[Figure]) -> str:
    """Of what a unit has or has not there is no highest and lowest: how many have it, and who has not."""
    missed, count = [f for f in answers if not f.numerator.value], format_number(len(answers))
    if not missed:
        return wording.format("unit.answers_all", name=name, count=count)
    met, names = format_number(len(answers) - len(missed)), _format_unit_names(wording, missed)
    return wording.format("unit.answers", name=name, met=met, count=count, names=names)


def _select_by_print(valued_figures: list[tuple[Fraction, Figure]], value: Fraction) -> list[Figure]:
    """The figures that print like the one of a value: a reader of the table sees no difference between them."""
    printed = next(figure.value.text for figure_value, figure in valued_figures if figure_value == value)
    return [figure for _, figure in valued_figures if figure.value.text == printed]


def _format_unit_names(wording: Messages, figures: list[Figure]) -> str:
    if len(figures) > MAX_UNIT_NAMES:
        return wording.format("unit.many", count=format_number(len(figures)))
    return format_unit_list(wording, [figure.unit_name for figure in figures], ", ")
