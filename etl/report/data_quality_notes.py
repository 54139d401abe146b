"""Section VII: what a reader must know before believing a number; and what the office must before it signs.

Room: report. Called by `facts`. Grain of a note: (kind, text); the kinds are the keys of `data` and
`before_signing` in the office's sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from etl.catalog import geography, models
from etl.messages import Messages
from etl.model import Period
from etl.model.numbers import format_number
from etl.report import submissions
from etl.report.dates import format_reference_period
from etl.report.figure_facts import Figure
from etl.report.inputs import ReportInput
from etl.report.report_figures import ReportFigures, format_item_number
from etl.report.report_head import format_plan_name, name_former_area
from etl.report.section_facts import DataNote, IndicatorDefinition, PlanRemark
from etl.report.target_results import list_explained_items, lower_first_letter, space_sign
from etl.report.unit_names import format_unit_list, format_unit_mention
from etl.report.unit_results import limit_unit_names, list_unit_codes


def build_data_notes(
    inputs: ReportInput, wording: Messages, figures: ReportFigures, snapshot: str
) -> tuple[DataNote, ...]:
    """What holds for this report's figures, most general first."""
    notes = (
        *_build_general_notes(inputs, wording, snapshot),
        *_build_submission_notes(inputs, wording),
        *_build_office_notes(inputs, wording),
        *_build_restatement_notes(inputs, wording),
        *_build_correction_notes(inputs, wording, figures),
        *_build_coverage_notes(inputs, wording, figures),
        *_build_verdict_notes(inputs, wording, figures),
    )
    return tuple(DataNote(kind, text) for kind, text in notes)


def build_signing_notes(inputs: ReportInput, wording: Messages) -> tuple[DataNote, ...]:
    """What the office must know before it signs, and nobody whom the report goes to: whose decision it lacks, and what
    was decided here because nobody says it."""
    notes = (
        *_build_inheritance_notes(inputs, wording),
        *_build_regime_notes(inputs, wording),
    )
    return tuple(DataNote(kind, text) for kind, text in notes)


def build_plan_notes(inputs: ReportInput, wording: Messages) -> tuple[PlanRemark, ...]:
    """How each target is understood and what is odd in the plan's text. Grain: (number, kind, text)."""
    whole = wording.texts["word.whole_plan"]
    nothing = wording.texts["word.nothing"]
    note_parts = [("plan_note", nothing, whole, note) for note in _list_plan_remarks(inputs.plan)]
    for target in inputs.plan.targets:
        number, name = format_item_number(target), target.title.rstrip(".")
        note_parts += [(kind, number, name, text) for kind, text in _build_target_notes(inputs, wording, target)]
    return tuple(PlanRemark(kind, number, name, text.rstrip(".")) for kind, number, name, text in note_parts)


def _build_general_notes(inputs: ReportInput, wording: Messages, snapshot: str) -> Iterator[tuple[str, str]]:
    if inputs.simulated:
        yield "simulated", wording.format("data.simulated")
    yield "snapshot", wording.format("data.snapshot", snapshot=snapshot)
    yield "signs", wording.format("data.signs")
    yield "rounded", wording.format("data.rounded")


def _build_submission_notes(inputs: ReportInput, wording: Messages) -> Iterator[tuple[str, str]]:
    """Units that are missing or late, and the findings that wait for an explanation, per unit."""
    statuses_by_unit = submissions.group_statuses_by_unit(inputs)
    absent = [s for s in statuses_by_unit.values() if any(status.state != "accepted" for status in s)]
    if absent:
        names = format_unit_list(
            wording, [submissions.format_unit_with_periods(inputs, s, {"silent", "refused"}) for s in absent]
        )
        yield "absent", wording.format("data.absent", count=format_number(len(absent)), names=names)
    late = [
        s
        for s in statuses_by_unit.values()
        if submissions.count_days_late(s) and any(status.state == "accepted" for status in s)
    ]
    if late:
        yield (
            "late",
            wording.format(
                "data.late",
                count=format_number(len(late)),
                names=format_unit_list(wording, [s[0].unit_name for s in late]),
            ),
        )
    open_ = [
        (s[0].unit_name, found)
        for s in statuses_by_unit.values()
        if (found := sum(status.findings_confirm for status in s))
    ]
    if open_:
        parts = "; ".join(
            wording.format("data.findings_of", name=format_unit_mention(wording, name), count=format_number(found))
            for name, found in open_
        )
        yield (
            "findings",
            wording.format("data.findings", findings=format_number(sum(found for _, found in open_)), units=parts),
        )


def _build_office_notes(inputs: ReportInput, wording: Messages) -> Iterator[tuple[str, str]]:
    """That the office has ended and nobody yet has its task: what is printed is no letter, and never becomes one."""
    catalogue, last = inputs.catalogue, inputs.scope.offices[-1]
    if catalogue.find_office(inputs.scope, inputs.day) is None:
        ended = format_reference_period(last.valid_to.isoformat())
        decider = catalogue.find_body_name(last.awaits, inputs.day) or wording.texts["word.competent_authority"]
        yield "no_office", wording.format("data.no_office", office=last.name, decider=decider, ended=ended)


def _build_inheritance_notes(inputs: ReportInput, wording: Messages) -> Iterator[tuple[str, str]]:
    """What became of the area, and who answers for the plan now."""
    catalogue, plan, day = inputs.catalogue, inputs.plan, inputs.period.end
    whole = geography.find_plan_area(catalogue, inputs.scope, plan.id)
    if whole is None:
        return
    heirs = dict.fromkeys(
        note
        for target in plan.targets
        if (note := wording.describe(geography.find_inheritance(catalogue, plan.id, target.item, whole, day)))
    )
    for note in heirs:
        former = name_former_area(wording, inputs.find_unit_name(inputs.area))
        mention = format_unit_mention(wording, note.rstrip("."))
        yield "inheritance", wording.format("before_signing.inheritance", note=mention, area=former)


def _build_restatement_notes(inputs: ReportInput, wording: Messages) -> Iterator[tuple[str, str]]:
    """That earlier figures are restated for units that came since."""
    catalogue, day = inputs.catalogue, inputs.period.end
    since = inputs.period.same_period_last_year.start
    shown = {a.unit for a in inputs.attainments}
    born = sorted(
        {
            u.valid_from
            for u in catalogue.units
            if u.code in shown and since < u.valid_from <= day and not geography.is_renamed(catalogue, u)
        }
    )
    if born and (inputs.previous or inputs.last):
        yield "restated", wording.format("data.restated", since=format_reference_period(born[-1].isoformat()))


def _build_correction_notes(
    inputs: ReportInput, wording: Messages, figures: ReportFigures
) -> Iterator[tuple[str, str]]:
    """What was agreed to be read otherwise than reported, and what of it no longer holds."""
    for c in inputs.corrections:
        place = {
            "unit": format_unit_mention(wording, inputs.catalogue.find_unit_name(c.unit, Period.parse(c.period).end)),
            "period": format_reference_period(c.period),
            "element": c.element,
        }
        if c.lapsed:
            yield "lapsed", wording.format("data.lapsed", **place, why=wording.describe(c.lapsed))
            continue
        request_slots = {
            "by": c.requested_by,
            "date": format_reference_period(c.requested_on),
            "reason": c.reason.rstrip("."),
        }
        contents = {"before": wording.describe(c.before), "after": wording.describe(c.after)}
        items = [f.item for f in figures.list_unit_figures(inputs.area) if c.id in f.corrections]
        touched = ", ".join(items) or wording.texts["word.none"]
        yield (
            "corrected",
            wording.format("data.corrected", **place, **contents, items=touched, **request_slots),
        )


def _build_coverage_notes(inputs: ReportInput, wording: Messages, figures: ReportFigures) -> Iterator[tuple[str, str]]:
    area_figures = [f for f in figures.list_counted_figures(inputs.area) if f.value.value is not None]
    coverages = _group_items((str(f.present), str(f.expected), f) for f in area_figures if f.present < f.expected)
    partial: dict[tuple[str, ...], list[str]] = {}
    for (present, expected), items in coverages.items():
        without = _list_units_without(inputs, wording, figures, items)
        counted = _count_whole_units(inputs, figures, items, len(without))
        places = counted or (format_number(int(present)), format_number(int(expected)))
        kind = "data.partial_without" if counted else f"data.partial_places{'_without' if without else ''}"
        partial.setdefault((kind, *places, limit_unit_names(wording, without, ", ")), []).extend(items)
    for (kind, present, expected, names), items in partial.items():
        named = {"names": names} if names else {}
        slots = {"present": present, "expected": expected, "items": ", ".join(items)}
        yield "partial", wording.format(kind, **slots, **named)
    from_parts = _group_items((str(f.from_parts), "", f) for f in area_figures if f.from_parts)
    for (units, _), items in from_parts.items():
        yield (
            "from_parts",
            wording.format("data.from_parts", count=format_number(int(units)), items=", ".join(items)),
        )
    carried = _group_items(
        (f.as_of_text, f.source or wording.texts["word.reported"], f) for f in area_figures if f.as_of
    )
    for (as_of, source), items in carried.items():
        yield "carried", wording.format("data.carried", items=", ".join(items), as_of=as_of, source=source)
    yield from _build_bounds_notes(wording, area_figures)
    estimated = [f.item for f in area_figures if f.estimated]
    if estimated:
        yield "estimated", wording.format("data.estimated", items=", ".join(estimated))
    explained = list_explained_items(inputs)
    gaps = [f for f in figures.list_unit_figures(inputs.area) if f.is_without_data and f.item in explained]
    for (reason, _), items in _group_items((f.reason.rstrip("."), "", f) for f in gaps).items():
        yield "no_data", wording.format("data.no_data", items=", ".join(items), reason=lower_first_letter(reason))


def _list_units_without(inputs: ReportInput, wording: Messages, figures: ReportFigures, items: list[str]) -> list[str]:
    """The units that have a figure of none of some targets, as a sentence names them."""
    return [
        format_unit_mention(wording, inputs.find_unit_name(code))
        for code in list_unit_codes(inputs)
        if all((f := figures.find_figure(item, code)) is None or f.value.value is None for item in items)
    ]


def _count_whole_units(
    inputs: ReportInput, figures: ReportFigures, items: list[str], without: int
) -> tuple[str, str] | None:
    """How many units are in some figures, of how many, where each is in them as a whole or not at all; None where parts
    of one are missing, or the area's figures have more places than its units."""
    codes = list_unit_codes(inputs)
    for item in items:
        area, parts = (figures.find_figure(item, inputs.area), [figures.find_figure(item, code) for code in codes])
        whole = [f for f in parts if f is not None and f.value.value is not None and f.present == f.expected]
        places = sum(f.expected for f in parts if f is not None)
        if area is None or len(whole) + without != len(codes) or places != area.expected:
            return None
    return format_number(len(codes) - without), format_number(len(codes))


def _build_bounds_notes(wording: Messages, area_figures: list[Figure]) -> Iterator[tuple[str, str]]:
    """What the missing units could change: the range of each figure, and whether its verdict hangs on them."""
    ranges = [
        wording.format("data.bounds_of", item=f.item, range=f.bounds.text)
        for f in area_figures
        if f.bounds and f.bounds.text != f.bounds.now.text
    ]
    if ranges:
        yield "bounds", wording.format("data.bounds", parts="; ".join(ranges))
    unknown = _group_items((f.bounds_reason, "", f) for f in area_figures if f.bounds_reason)
    for (reason, _), items in unknown.items():
        yield "no_bounds", wording.format("data.no_bounds", items=", ".join(items), reason=reason)
    turning = [f.item for f in area_figures if f.bounds_turn]
    if turning:
        yield "bounds_turn", wording.format("data.bounds_turn", items=", ".join(turning))


def _group_items(rows: Iterable[tuple[str, str, Figure]]) -> dict[tuple[str, str], list[str]]:
    items_by_key: dict[tuple[str, str], list[str]] = {}
    for first, second, figure in rows:
        items_by_key.setdefault((first, second), []).append(figure.item)
    return items_by_key


def _build_verdict_notes(inputs: ReportInput, wording: Messages, figures: ReportFigures) -> Iterator[tuple[str, str]]:
    area_figures = list(figures.list_unit_figures(inputs.area))
    prorated = [f.item for f in area_figures if f.prorated_target.value is not None]
    if prorated:
        yield "prorated", wording.format("data.prorated", items=", ".join(prorated))
    disagree = [f.item for f in area_figures if f.classes_disagree]
    if disagree:
        yield "disagree", wording.format("data.disagree", items=", ".join(disagree))
    reasons = _group_items((f.reason, "", f) for f in area_figures if f.shown_status == "no_verdict" and f.reason)
    for (reason, _), items in reasons.items():
        yield "no_verdict", wording.format("data.no_verdict", items=", ".join(items), reason=reason.rstrip("."))
    yield from _build_contradiction_notes(wording, area_figures)
    if any(f.change.kind == "unclear" for f in area_figures):
        yield "intervals", wording.format("data.intervals")


def _build_contradiction_notes(wording: Messages, area_figures: list[Figure]) -> Iterator[tuple[str, str]]:
    """Levels of the plan for this time that contradict each other, each with its clause, once."""
    by_item, described_items = {f.item: f for f in area_figures}, set[str]()
    for f in area_figures:
        others = [
            other
            for item in f.contradicts
            if (other := by_item.get(item)) and item not in described_items and other.level != f.level
        ]
        if others:
            parts = f" {wording.texts['word.and']} ".join(
                _describe_contradicting_level(wording, each) for each in (f, *others)
            )
            yield "contradicts", wording.format("data.contradicts", parts=parts)
        described_items.add(f.item)


def _describe_contradicting_level(wording: Messages, figure: Figure) -> str:
    written = space_sign(figure.written) or wording.texts["word.not_stated"]
    return wording.format("data.contradicts_of", item=figure.item, clause=figure.clause, written=written)


def _build_regime_notes(inputs: ReportInput, wording: Messages) -> Iterator[tuple[str, str]]:
    """What the plan leaves open or gives to others: whose decision this report still lacks."""
    actors, plan, office = inputs.catalogue.actors, inputs.plan, inputs.office_name
    if plan.status == "draft":
        issuer, ground = actors[plan.issuer].name, format_plan_name(inputs, wording)
        yield "draft", wording.format("before_signing.draft", issuer=issuer, ground=ground)
    if plan.duties and office in {actors[to].name for to in plan.duties[0].to if to in actors}:
        yield "deputed", wording.format("before_signing.collects", office=office)
    elif plan.duties and (by := actors[plan.duties[0].by].name) != office:
        today = inputs.catalogue.find_body_name(by, inputs.day) or wording.texts["word.competent_authority"]
        assigner = wording.texts["word.that_body"] if today == by else today
        yield "deputed", wording.format("before_signing.deputed", by=by, office=office, assigner=assigner)
    if any(duty.cadence_basis == "configured" for duty in inputs.plan.duties):
        yield "cadence", wording.format("before_signing.cadence", clause=inputs.report.clause)
    if inputs.report.basis == "configured":
        yield "recipients", wording.format("before_signing.recipients")


def _list_plan_remarks(plan: models.Plan) -> list[str]:
    return [note for note in (plan.number_note, plan.date_note, *plan.notes) if note]


def _build_target_notes(inputs: ReportInput, wording: Messages, target: models.Target) -> Iterator[tuple[str, str]]:
    indicator = inputs.catalogue.indicators.get(target.indicator or "")
    if indicator and indicator.basis in {"configured", "secondary"}:
        yield indicator.basis, wording.format(f"data.{indicator.basis}", definition=indicator.definition)
    stages = [(s.period, s.definition) for s in (target.baseline, *target.milestones) if s and s.definition]
    for (_, before), (period, after) in pairwise(stages):
        if before != after:
            since = format_reference_period(period) if period else wording.texts["word.undated"]
            yield "break", wording.format("data.break", before=before, after=after, year=since)
    for note in target.notes:
        yield "defect", note


def build_indicator_definitions(inputs: ReportInput, wording: Messages) -> tuple[IndicatorDefinition, ...]:
    """How each indicator of the plan is defined, by whom. For the annex. Grain: target."""
    definition_rows = []
    for target in inputs.plan.targets:
        indicator = inputs.catalogue.indicators.get(target.indicator or "")
        if indicator:
            definition_rows.append(
                IndicatorDefinition(
                    item=target.item,
                    title=target.title,
                    definition=indicator.definition,
                    source=indicator.source,
                    basis=wording.texts[f"basis.{indicator.basis}"],
                    note=indicator.note,
                )
            )
    return tuple(definition_rows)
