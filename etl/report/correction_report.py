"""The correction of a published report (báo cáo đính chính): which printed numbers changed, and the document of it.

Room: report. Called by steps. It compares two sets of facts, that is, what was printed with what would be printed
now; it computes no figure. The first report stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from etl.file_io import write_atomic
from etl.messages import Messages, load_messages
from etl.report import unit_names
from etl.report.data_quality_notes import SNAPSHOT_ID_LENGTH
from etl.report.dates import parse_snapshot_time
from etl.report.docx import open_word_template, serialize_word_document
from etl.report.facts import Facts, serialize_facts
from etl.report.official_letter import LetterTemplateContext, Paragraph, build_letter_fields, build_paragraphs

CORRECTION_SCHEMA_VERSION = 1
_SENTENCE_SECTIONS = ("situation", "summary", ("units", "sentences"), ("tasks", "sentences"))
"""Where a report says numbers in sentences, apart from those of its figures."""
_NUMBER_PATTERN = re.compile(r"\d[\d.,]*")


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
    """What a correction is made from: the facts that were published, those that hold now, and what came between."""

    report_id: int
    published: Facts
    present: Facts
    causes: tuple[CorrectionCause, ...]


@dataclass(frozen=True)
class ChangedFigure:
    """A figure that changed. Grain: (target, unit)."""

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
    figures: str
    verdicts: tuple[Paragraph, ...]
    others: tuple[Paragraph, ...]
    rows: tuple[ChangedFigure, ...]


def has_printed_changes(published: Facts, present: Facts) -> bool:
    """Whether any printed number differs; another time, or other bytes, are no difference."""
    return (
        next(_compare_figures(published, present), None) is not None
        or next(_compare_sentences(published, present), None) is not None
    )


def list_changed_indicators(published: Facts, present: Facts) -> set[str]:
    """The codes of the indicators of which a printed figure changed."""
    return {figure["indicator"] for pair in _compare_figures(published, present) for figure in pair if figure}


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
        "word": (f"{stem}_dinh-chinh.docx", render_word_correction(facts, templates / "correction.docx")),
        "facts": (f"{stem}_dinh-chinh_facts.json", serialize_facts(facts)),
    }
    for name, data in contents.values():
        write_atomic(folder / name, data)
    return {kind: folder / name for kind, (name, _) in contents.items()}


def build_correction_facts(inputs: CorrectionInput, wording: Messages) -> Facts:
    """Everything that the correction prints."""
    old, new = inputs.published, inputs.present
    head, names = new["head"], {"plan": new["plan"]["short_title"], "period": new["period"]["name"]}
    rows = [_build_change_row(wording, was, now) for was, now in _compare_figures(old, new)]
    return {
        "schema": CORRECTION_SCHEMA_VERSION,
        "kind": "correction",
        "scope": new["scope"],
        "plan": new["plan"],
        "period": new["period"],
        "corrects": {"report": inputs.report_id, "snapshot": old["snapshot"]},
        "snapshot": new["snapshot"],
        "simulated": new["simulated"],
        "head": {
            **head,
            "subject": wording.format("correction.subject", **names),
            "opening": wording.format(
                "correction.opening",
                office=head["office"],
                report=inputs.report_id,
                snapshot=old["snapshot"]["text"],
                **names,
            ),
        },
        "causes": list(_describe_causes(inputs, wording)),
        "figures": wording.format("correction.figures", count=len(rows))
        if rows
        else wording.texts["correction.no_figures"],
        "rows": rows,
        "verdicts": list(_describe_changed_verdicts(wording, rows)) or [wording.texts["correction.no_verdict"]],
        "others": list(_describe_other_changes(old, new, wording)) or [wording.texts["correction.no_other"]],
        "foot": {**new["foot"], "closing": wording.format("correction.closing", office=head["office"])},
    }


def render_word_correction(facts: Facts, template: Path) -> bytes:
    """The correction as a .docx.

    Raises:
        TemplateError: the template is missing, no Word file, or its slots are unknown or unused.
    """
    document, environment = open_word_template(template, CorrectionTemplateContext)
    document.render(asdict(_build_correction_context(facts)), environment, autoescape=True)
    return serialize_word_document(document, facts, parse_snapshot_time(facts["snapshot"]["at"]))


def _build_correction_context(facts: Facts) -> CorrectionTemplateContext:
    return CorrectionTemplateContext(
        **build_letter_fields(facts),
        causes=build_paragraphs(facts["causes"]),
        figures=facts["figures"],
        verdicts=build_paragraphs(facts["verdicts"]),
        others=build_paragraphs(facts["others"]),
        rows=tuple(
            ChangedFigure(
                **{name: row[name] for name in ChangedFigure.__dataclass_fields__ if name != "unit"},
                unit=row["unit_name"],
            )
            for row in facts["rows"]
        ),
    )


# --- figures ---------------------------------------------------------------------------------------------

PrintedFigure = dict[str, Any]


def _compare_figures(old: Facts, new: Facts) -> Iterator[tuple[PrintedFigure | None, PrintedFigure | None]]:
    """The figures whose print differs, the whole area's first, then by unit, each in the plan's order."""
    was, now = _build_figure_map(old), _build_figure_map(new)
    area = new["area"]["unit"]
    for item, unit in sorted(dict.fromkeys([*now, *was]), key=lambda key: key[1] != area):
        before, after = was.get((item, unit)), now.get((item, unit))
        if (before and _select_printed_parts(before)) != (after and _select_printed_parts(after)):
            yield before, after


def _build_figure_map(facts: Facts) -> dict[tuple[str, str], PrintedFigure]:
    return {(item, unit): figure for item, units in facts["figures"].items() for unit, figure in units.items()}


def _select_printed_parts(figure: PrintedFigure) -> dict[str, Any]:
    """What of a figure is printed anywhere: in the report, in the annex, in the sheet for machines."""
    texts = ("value", "numerator", "denominator", "missing", "previous", "progress", "prorated_target")
    return {
        "printed": figure["printed"],
        "status": figure["status_text"],
        "interval": (figure.get("interval") or {}).get("text", ""),
        "places": f"{figure['present']}/{figure['expected']}",
        **{name: figure[name]["text"] for name in texts},
    }


def _build_change_row(wording: Messages, before: PrintedFigure | None, after: PrintedFigure | None) -> Facts:
    either, was, now = (
        after or before or {},
        before and _select_printed_parts(before),
        after and _select_printed_parts(after),
    )
    nothing = wording.texts["word.nothing"]
    return {
        "item": either["item"],
        "title": either["title"],
        "unit": either["unit"],
        "unit_name": either["unit_name"],
        "before": _format_changed_figure(wording, was, now) if was else nothing,
        "after": _format_changed_figure(wording, now, was) if now else nothing,
        "verdict_before": _format_correction_verdict(wording, was) if was else nothing,
        "verdict_after": _format_correction_verdict(wording, now) if now else nothing,
        "status_changed": bool(was and now and was["status"] != now["status"]),
    }


def _format_changed_figure(wording: Messages, printed_parts: dict[str, Any], other_parts: dict[str, Any] | None) -> str:
    """The figure as printed; where the other one printed the same, with the parts in which they differ."""
    if other_parts is None or printed_parts["printed"] != other_parts["printed"]:
        return str(printed_parts["printed"])
    parts = [
        wording.format(f"correction.part_{name}", value=printed_parts[name])
        for name in ("numerator", "denominator", "places", "interval", "previous", "progress", "prorated_target")
        if printed_parts[name] != other_parts[name]
    ]
    return "; ".join([str(printed_parts["printed"]), *parts])


def _format_correction_verdict(wording: Messages, printed_parts: dict[str, Any]) -> str:
    if printed_parts["missing"] == wording.texts["word.nothing"]:
        return str(printed_parts["status"])
    return wording.format(
        "correction.verdict_missing", verdict=printed_parts["status"], missing=printed_parts["missing"]
    )


def _describe_changed_verdicts(wording: Messages, rows: list[Facts]) -> Iterator[str]:
    for row in rows:
        if row["status_changed"]:
            yield wording.format(
                "correction.verdict",
                item=row["item"],
                name=row["title"].rstrip("."),
                unit=unit_names.format_unit_mention(wording, row["unit_name"]),
                before=row["verdict_before"],
                after=row["verdict_after"],
            )


# --- sentences -------------------------------------------------------------------------------------------


def _compare_sentences(old: Facts, new: Facts) -> Iterator[tuple[str, str]]:
    """The sentences whose numbers differ, as before and after; empty where there is none. The snapshot is no number."""
    for place in _SENTENCE_SECTIONS:
        was, now = _list_section_lines(old, place), _list_section_lines(new, place)
        for kind, a, b, c, d in SequenceMatcher(a=was, b=now, autojunk=False).get_opcodes():
            if kind == "equal":
                continue
            gone, come = was[a:b], now[c:d]
            length = max(len(gone), len(come))
            for before, after in zip(_pad_lines(gone, length), _pad_lines(come, length), strict=True):
                if _NUMBER_PATTERN.findall(before) != _NUMBER_PATTERN.findall(after):
                    yield before, after


def _list_section_lines(facts: Facts, place: str | tuple[str, str]) -> list[str]:
    lines = facts[place] if isinstance(place, str) else facts[place[0]][place[1]]
    moving = (facts["snapshot"]["text"], facts["snapshot"]["id"])
    return [line for line in lines if not any(text and text in line for text in moving)]


def _pad_lines(lines: list[str], length: int) -> list[str]:
    return lines + [""] * (length - len(lines))


def _describe_other_changes(old: Facts, new: Facts, wording: Messages) -> Iterator[str]:
    for before, after in _compare_sentences(old, new):
        if before and after:
            yield wording.format("correction.other", before=_strip_list_dash(before), after=_strip_list_dash(after))
        elif after:
            yield wording.format("correction.added", after=_strip_list_dash(after))
        else:
            yield wording.format("correction.removed", before=_strip_list_dash(before))


def _strip_list_dash(line: str) -> str:
    return line.removeprefix("- ")


def _describe_causes(inputs: CorrectionInput, wording: Messages) -> Iterator[str]:
    for cause in inputs.causes:
        slots = {
            "unit": cause.unit,
            "form": cause.form,
            "period": cause.period,
            "received": parse_snapshot_time(cause.received_at).strftime("%Hh%M ngày %d/%m/%Y"),
        }
        if cause.version > 1:
            yield wording.format("correction.cause_again", version=cause.version, cells=cause.cells, **slots)
        else:
            yield wording.format("correction.cause_first", **slots)
    if not inputs.causes:
        yield wording.texts["correction.no_cause"]
    snapshot = inputs.present["snapshot"]
    yield wording.format("correction.known_until", snapshot=snapshot["text"], id=snapshot["id"][:SNAPSHOT_ID_LENGTH])
