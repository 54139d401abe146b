"""The report that replaces figures of a published one (NĐ 30/2020, Điều 18): which changed, and the document of it.

Room: report. Called by steps. It compares two sets of facts, that is, what was printed with what would be printed
now; it computes no figure. The first report stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from difflib import SequenceMatcher
from fractions import Fraction
from pathlib import Path

from etl.file_io import write_atomic
from etl.messages import Messages, load_messages
from etl.model.period import format_date
from etl.model.registration import Registration
from etl.report import unit_names
from etl.report.dates import build_decree_date_parts, format_two_digits, parse_snapshot_time
from etl.report.docx import open_word_template, serialize_word_document
from etl.report.figure_facts import Figure
from etl.report.official_letter import LetterTemplateContext, Paragraph, build_letter_fields, build_paragraphs
from etl.report.report_facts import ChangedFigureRow, CorrectedReport, CorrectionFacts, ReportFacts, serialize_facts
from etl.report.report_head import name_former_area
from etl.report.section_facts import Area, GroupRow
from etl.report.target_results import CEILING_OPERATORS, ELIMINATION_OPERATORS, lower_first_letter

CORRECTION_SCHEMA_VERSION = 2
_NUMBER_PATTERN = re.compile(r"\d[\d.,]*")
_PARTS_BESIDE = ("missing", "prorated_target")
"""What the report prints beside a figure of any unit."""
_AREA_PARTS_BESIDE = ("share", "in_quarter", "previous")
"""What the plan's table prints beside a figure of the whole area."""
_PARTS_BEHIND = ("numerator", "denominator", "places", "interval", "in_quarter", "previous", "progress")
"""What a figure that prints the same can differ in."""


@dataclass(frozen=True)
class CorrectionCause:
    """A submission that came after the published snapshot. `version` is 1 where it was the unit's first."""

    unit: str
    form: str
    period: str
    version: int
    received_at: str
    cells: int


@dataclass(frozen=True)
class CorrectionInput:
    """What a correction is made from: the facts that were published, those that hold now, and what came between.

    `registration` has number and date of the report that was published first, where it had them.
    """

    report_id: int
    published: ReportFacts
    present: ReportFacts
    causes: tuple[CorrectionCause, ...]
    registration: Registration | None = None


@dataclass(frozen=True)
class ChangedFigure:
    """A figure that changed, with its verdict where that turned. Grain: (target, unit)."""

    item: str
    title: str
    unit: str
    before: str
    after: str
    verdict_before: str
    verdict_after: str


@dataclass(frozen=True)
class CorrectionTemplateContext(LetterTemplateContext):
    """Everything that the template of a correction prints."""

    causes: tuple[Paragraph, ...]
    others: tuple[Paragraph, ...]
    rows: tuple[ChangedFigure, ...]


def has_printed_changes(published: ReportFacts, present: ReportFacts) -> bool:
    """Whether any printed number differs; another time, or other bytes, are no difference."""
    return (
        next(_compare_figures(published, present), None) is not None
        or next(_compare_sentences(published, present), None) is not None
    )


def needs_replacement(published: ReportFacts, present: ReportFacts, least_change: float) -> bool:
    """Whether a changed figure must be replaced now: a verdict turned, a figure came or went, or one differs enough.

    `least_change` is a share of the published value; what changed by less waits for the next report.
    """
    least = Fraction(str(least_change))
    return any(_is_material_change(was, now, least) for was, now in _compare_figures(published, present))


def _is_material_change(was: Figure | None, now: Figure | None, least: Fraction) -> bool:
    if was is None or now is None or was.status_text != now.status_text:
        return True
    before, after = was.value.fraction, now.value.fraction
    if before is None or after is None:
        return before is not after
    return after != before and abs(after - before) >= least * abs(before)


def list_changed_indicators(published: ReportFacts, present: ReportFacts) -> set[str]:
    """The codes of the indicators of which a printed figure changed."""
    return {figure.indicator for pair in _compare_figures(published, present) for figure in pair if figure}


def write_correction_draft(inputs: CorrectionInput, templates: Path, folder: Path, stem: str) -> dict[str, Path]:
    """Writes the correction and says where: ``facts`` (.json), ``word`` (.docx).

    The same input and templates give the same bytes. Each file appears whole or not at all, the facts last.

    Raises:
        TemplateError: a template is missing or has an unknown or unused slot; nothing is written.
        StorageError: the folder cannot be written.
    """
    wording = load_messages(templates)
    facts = build_correction_facts(inputs, wording)
    contents = {
        "word": (f"{stem}_thay-the.docx", render_word_correction(facts, wording, templates / "correction.docx")),
        "facts": (f"{stem}_thay-the_facts.json", serialize_facts(facts)),
    }
    for name, data in contents.values():
        write_atomic(folder / name, data)
    return {kind: folder / name for kind, (name, _) in contents.items()}


def build_correction_facts(inputs: CorrectionInput, wording: Messages) -> CorrectionFacts:
    """Everything that the correction prints."""
    old, new = inputs.published, inputs.present
    head, original = new.head, _format_original(inputs, wording)
    measured = {row.item: row.measured_in for row in new.rows if not isinstance(row, GroupRow)}
    rows = tuple(_build_change_row(wording, new.area, measured, was, now) for was, now in _compare_figures(old, new))
    opening = wording.format("correction.opening", office=head.office, count=format_two_digits(len(rows)))
    return CorrectionFacts(
        schema=CORRECTION_SCHEMA_VERSION,
        kind="correction",
        scope=new.scope,
        plan=new.plan,
        period=new.period,
        corrects=_build_corrected_report(inputs),
        snapshot=new.snapshot,
        simulated=new.simulated,
        head=replace(head, subject=wording.format("correction.subject", original=original), bases=(), opening=opening),
        causes=tuple(_describe_causes(inputs, wording, len(rows))),
        rows=rows,
        verdicts=tuple(_describe_changed_verdicts(wording, new.area, rows)),
        others=(*_describe_other_changes(old, new, wording), *_describe_following_parts(old, new, wording)),
        foot=replace(new.foot, closing=wording.format("correction.closing", office=head.office)),
    )


def _build_corrected_report(inputs: CorrectionInput) -> CorrectedReport:
    given = inputs.registration
    signed_on = given.signed_on.isoformat() if given and given.signed_on else ""
    return CorrectedReport(inputs.report_id, inputs.published.snapshot, given.number_text if given else "", signed_on)


def _format_original(inputs: CorrectionInput, wording: Messages) -> str:
    """The report whose figures are replaced, with its number and date where it has them."""
    facts, given = inputs.present, inputs.registration
    names = {"plan": facts.plan.short_title, "period": facts.period.name}
    if given is None or given.signed_on is None:
        return wording.format("correction.original_unnumbered", **names)
    date = wording.format("head.date", **build_decree_date_parts(given.signed_on))
    return wording.format("correction.original", number=given.number_text, symbol=facts.head.symbol, date=date, **names)


def render_word_correction(facts: CorrectionFacts, wording: Messages, template: Path) -> bytes:
    """The correction as a .docx.

    Raises:
        TemplateError: the template is missing, no Word file, or its slots are unknown or unused.
    """
    document, environment = open_word_template(template, CorrectionTemplateContext)
    document.render(asdict(_build_correction_context(facts, wording)), environment, autoescape=True)
    return serialize_word_document(document, facts, wording, parse_snapshot_time(facts.snapshot.at))


def _build_correction_context(facts: CorrectionFacts, wording: Messages) -> CorrectionTemplateContext:
    return CorrectionTemplateContext(
        **build_letter_fields(facts, wording),
        causes=build_paragraphs(_put_under_title(wording.texts["correction.reasons"], facts.causes)),
        others=build_paragraphs(_put_under_title(wording.texts["correction.others"], facts.others)),
        rows=tuple(
            ChangedFigure(
                item=row.item,
                title=row.title,
                unit=row.unit_name,
                before=row.before,
                after=row.after,
                verdict_before=row.verdict_before if row.status_changed else "",
                verdict_after=row.verdict_after if row.status_changed else "",
            )
            for row in facts.rows
        ),
    )


def _put_under_title(title: str, lines: tuple[str, ...]) -> list[str]:
    """A title above a list; one entry alone follows its title on the line, no entry has none."""
    if len(lines) == 1:
        return [f"{title} {_strip_list_dash(lines[0])}"]
    return [title, *lines] if lines else []


# --- figures ---------------------------------------------------------------------------------------------


def _compare_figures(old: ReportFacts, new: ReportFacts) -> Iterator[tuple[Figure | None, Figure | None]]:
    """The figures whose print differs, the whole area's first, then by unit, each in the plan's order. Of a unit that
    the report said nothing of nothing is corrected."""
    was, now = _build_figure_map(old), _build_figure_map(new)
    area, known = new.area.unit, {unit for _, unit in was}
    for item, unit in sorted(dict.fromkeys([*now, *was]), key=lambda key: key[1] != area):
        if unit not in known:
            continue
        before, after = was.get((item, unit)), now.get((item, unit))
        if (before and _select_printed_parts(before)) != (after and _select_printed_parts(after)):
            yield before, after


def _build_figure_map(facts: ReportFacts) -> dict[tuple[str, str], Figure]:
    return {(item, unit): figure for item, units in facts.figures.items() for unit, figure in units.items()}


def _select_printed_parts(figure: Figure) -> dict[str, str]:
    """What of a figure is printed anywhere, by name: in the report, in the annex, in the sheet for machines."""
    return {
        "printed": figure.printed,
        "status": figure.status_text,
        "interval": figure.interval.text if figure.interval else "",
        "places": "" if figure.is_bounded else f"{figure.present}/{figure.expected}",
        "value": figure.value.text,
        "numerator": figure.numerator.text,
        "denominator": figure.denominator.text,
        "missing": figure.missing.text,
        "previous": figure.previous.text,
        "progress": figure.progress.text,
        "in_quarter": figure.in_quarter.text if figure.in_quarter else "",
        "prorated_target": figure.prorated_target.text,
    }


def _build_change_row(
    wording: Messages, area: Area, measured: dict[str, str], before: Figure | None, after: Figure | None
) -> ChangedFigureRow:
    """A row of the table; `measured` has what each target is measured in, as the plan's table prints it."""
    was = _select_row_parts(wording, before) if before else None
    now = _select_row_parts(wording, after) if after else None
    either = after or before
    if either is None:
        raise ValueError("a change has a figure before or after it")
    nothing = wording.texts["word.nothing"]
    return ChangedFigureRow(
        item=either.item,
        title=_format_measured_title(wording, either.title, measured.get(either.item, nothing)),
        unit=either.unit,
        unit_name=_format_row_unit(wording, area, either),
        before=_format_changed_figure(wording, was, now, either.unit == area.unit) if was else nothing,
        after=_format_changed_figure(wording, now, was, either.unit == area.unit) if now else nothing,
        verdict_before=_format_correction_verdict(wording, was) if was else nothing,
        verdict_after=_format_correction_verdict(wording, now) if now else nothing,
        status_changed=(was and was["status"]) != (now and now["status"]),
    )


def _format_measured_title(wording: Messages, title: str, measured_in: str) -> str:
    """A target with what it is measured in: the column of figures has no sign of it."""
    if measured_in == wording.texts["word.nothing"]:
        return title
    return wording.format("correction.measured", title=title.rstrip("."), unit=lower_first_letter(measured_in))


def _format_row_unit(wording: Messages, area: Area, figure: Figure) -> str:
    """The unit of a row; the whole area that has ended by the period's end is called the former one."""
    if figure.unit != area.unit or not area.ended:
        return figure.unit_name
    return wording.format("correction.former_area", area=name_former_area(wording, figure.unit_name))


def _select_row_parts(wording: Messages, figure: Figure) -> dict[str, str]:
    """The printed parts, with what is missing in words that fit the target, and the share of the target."""
    share = figure.plan_share
    return _select_printed_parts(figure) | {
        "missing": _format_shortfall(wording, figure),
        "share": share.text if share.value is not None else "",
    }


def _format_shortfall(wording: Messages, figure: Figure) -> str:
    """What is missing, or too much, in the words of the report's sentences; empty where nothing is."""
    if figure.missing.value is None:
        return ""
    side = "short_of"
    if figure.operator in ELIMINATION_OPERATORS:
        side = "remaining"
    elif figure.operator in CEILING_OPERATORS:
        side = "above"
    return wording.format(f"correction.{side}", missing=figure.missing.text)


def _format_changed_figure(
    wording: Messages, shown: dict[str, str], other: dict[str, str] | None, of_area: bool
) -> str:
    """The figure as printed, with what the report prints beside it and changed; where the other one printed the same,
    with every part in which they differ. A verdict that turned says itself what is missing."""
    if other is None:
        return shown["printed"]
    names = [*_PARTS_BESIDE, *(_AREA_PARTS_BESIDE if of_area else ())]
    if shown["printed"] == other["printed"]:
        names += [name for name in _PARTS_BEHIND if name not in names]
    if shown["status"] != other["status"]:
        names.remove("missing")
    parts = [
        wording.format(f"correction.part_{name}", value=shown[name])
        for name in names
        if shown[name] and shown[name] != other[name]
    ]
    return "; ".join([shown["printed"], *parts])


def _format_correction_verdict(wording: Messages, shown: dict[str, str]) -> str:
    if not shown["missing"]:
        return shown["status"]
    return wording.format("correction.verdict_missing", verdict=shown["status"], missing=shown["missing"])


def _describe_changed_verdicts(wording: Messages, area: Area, rows: tuple[ChangedFigureRow, ...]) -> Iterator[str]:
    nothing = wording.texts["word.nothing"]
    for row in rows:
        former = bool(area.ended) and row.unit == area.unit
        mention = unit_names.format_unit_mention(wording, row.unit_name)
        if row.status_changed and nothing not in (row.verdict_before, row.verdict_after):
            yield wording.format(
                "correction.verdict",
                item=row.item,
                name=row.title.rstrip("."),
                unit=lower_first_letter(mention) if former else mention,
                before=row.verdict_before,
                after=row.verdict_after,
            )


# --- sentences -------------------------------------------------------------------------------------------


def _compare_sentences(old: ReportFacts, new: ReportFacts) -> Iterator[tuple[str, str]]:
    """The sentences whose numbers differ, as before and after; empty where there is none. The snapshot is no number."""
    for was, now in zip(_list_sections(old), _list_sections(new), strict=True):
        for kind, a, b, c, d in SequenceMatcher(a=was, b=now, autojunk=False).get_opcodes():
            if kind == "equal":
                continue
            gone, come = was[a:b], now[c:d]
            length = max(len(gone), len(come))
            for before, after in zip(_pad_lines(gone, length), _pad_lines(come, length), strict=True):
                if _NUMBER_PATTERN.findall(before) != _NUMBER_PATTERN.findall(after):
                    yield before, after


def _list_sections(facts: ReportFacts) -> list[list[str]]:
    """Where a report says numbers in sentences apart from its figures, without the lines that name the snapshot."""
    moving = (facts.snapshot.text, facts.snapshot.id, facts.snapshot.text.rpartition(" ")[2])
    sections = (facts.situation, facts.summary, facts.units.sentences, facts.tasks.sentences)
    return [[line for line in lines if not any(text and text in line for text in moving)] for lines in sections]


def _pad_lines(lines: list[str], length: int) -> list[str]:
    return lines + [""] * (length - len(lines))


def _describe_other_changes(old: ReportFacts, new: ReportFacts, wording: Messages) -> Iterator[str]:
    for before, after in _compare_sentences(old, new):
        if before and after:
            yield wording.format("correction.other", before=_strip_list_dash(before), after=_strip_list_dash(after))
        elif after:
            yield wording.format("correction.added", after=_strip_list_dash(after))
        else:
            yield wording.format("correction.removed", before=_strip_list_dash(before))


def _describe_following_parts(old: ReportFacts, new: ReportFacts, wording: Messages) -> Iterator[str]:
    """One sentence that names the parts of the report, beside sentences and rows, that the figures change with them."""
    was, now = _select_following_parts(old), _select_following_parts(new)
    names = [wording.texts[f"correction.following_{name}"] for name in now if was[name] != now[name]]
    if names:
        parts = ", ".join(names)
        yield wording.format("correction.following", parts=parts[:1].upper() + parts[1:])


def _select_following_parts(facts: ReportFacts) -> dict[str, object]:
    """What each named part prints of the figures; the annex has every figure and the cells under it."""
    page = facts.first_page
    path = [facts.find_figure(line.item, line.unit) for line in facts.path]
    return {
        "units": page.units,
        "remarks": (page.result, page.highlights, page.actions, page.followed),
        "since": facts.since.sentences,
        "path": ([f and (f.path_value.text, f.required_yearly_change.text) for f in path], facts.outlook),
        "directions": facts.directions.sentences,
        "pictures": (facts.chart, facts.pictures),
        "annex": facts.trail,
    }


def _strip_list_dash(line: str) -> str:
    return line.removeprefix("- ")


def _describe_causes(inputs: CorrectionInput, wording: Messages, changed: int) -> Iterator[str]:
    """What came since, by the day; one that came alone changed all the figures, of which there are `changed`."""
    alone = "_alone" if len(inputs.causes) == 1 and changed else ""
    for cause in inputs.causes:
        slots = {
            "unit": cause.unit,
            "form": cause.form,
            "period": cause.period,
            "received": format_date(parse_snapshot_time(cause.received_at)),
        }
        if cause.version == 1:
            yield wording.format("correction.cause_first", **slots)
            continue
        counts = {"version": cause.version, "cells": format_two_digits(cause.cells)}
        counts |= {"changed": format_two_digits(changed)} if alone else {}
        yield wording.format(f"correction.cause_again{alone}", **slots, **counts)
    if not inputs.causes:
        yield wording.texts["correction.no_cause"]
