"""The office's own wording: Vietnamese sentences with named slots, read strictly from `sentences.yaml`.

Room: report. The file belongs to the office; this module only says which sentences there are and which
slots each must carry. A sentence or slot too many or too few stops with its name and place: a slot that
is left out would silently drop a figure from the report.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from string import Formatter

import yaml

from etl.errors import TemplateError

_STATUSES = (
    "met", "not_met", "within_plan", "over_plan", "no_data", "no_new_figure", "no_verdict", "not_assessed", "track",
    "milestone",
)  # fmt: skip
_CLASSES = ("none", "on_track", "needs_acceleration", "limited", "moving_away", "maintain")
_TASK_STATES = (
    "done", "done_late", "overdue", "due_unreported", "not_due", "ongoing", "overtaken", "not_reported",
)  # fmt: skip
_SLOTLESS_KEYS: dict[str, tuple[str, ...]] = {
    "status": _STATUSES,
    "sign": ("met", "not_met", "within_plan", "over_plan"),
    "progress": _CLASSES,
    "task_state": _TASK_STATES,
    "submission": ("accepted", "refused", "silent"),
    "word": (
        "no_data", "not_stated", "not_assessed", "milestone", "nothing", "whole_plan", "simulated", "units",
        "per_cent_points", "classes_disagree", "classes_agree", "none",
        "named_after", "reported",
    ),
    "basis": ("source", "secondary", "configured"),
}  # fmt: skip
SLOTS: dict[str, frozenset[str]] = {
    **{f"{section}.{key}": frozenset() for section, keys in _SLOTLESS_KEYS.items() for key in keys},
    **{
        key: frozenset(slots.split())
        for key, slots in {
            "head.subject": "plan period",
            "head.basis": "ground",
            "head.basis_plan": "number date issuer subject",
            "head.basis_draft": "number date issuer subject",
            "head.basis_duty": "clause plan",
            "head.opening": "office plan period",
            "head.closing": "office plan period",
            "head.simulated_notice": "period",
            "head.date": "day month year",
            "head.date_blank": "",
            "head.number_blank": "",
            "situation.known_until": "snapshot",
            "situation.all_in": "expected",
            "situation.one_in": "name",
            "situation.one_out": "name",
            "situation.some_in": "present expected",
            "situation.none_in": "expected",
            "situation.none_expected": "",
            "situation.silent": "count names",
            "situation.refused": "count names",
            "situation.late": "count names",
            "situation.late_name": "name days",
            "situation.late_name_in": "name periods days",
            "situation.none_late": "",
            "summary.none": "",
            "summary.total": "total period parts",
            **{f"summary.part_{status}": "count" for status in _STATUSES},
            "summary.annex": "",
            "summary.no_previous": "since",
            "summary.partial": "",
            "summary.chart_title": "period",
            "summary.chart_caption": "",
            "summary.chart_axis": "",
            "summary.chart_alt": "period rows",
            "summary.chart_alt_row": "name distance",
            "line.figure": "name value change verdict",
            "line.words": "name verdict",
            "line.no_group": "",
            "line.name": "title item",
            "line.cases": "value cases interval",
            "line.of": "value numerator denominator interval",
            "change.since": "year",
            "change.increase": "delta since",
            "change.decrease": "delta since",
            "change.same": "since",
            "change.unclear": "previous since",
            "change.no_previous": "since",
            "change.broken": "since",
            "change.carried": "as_of",
            "verdict.met": "target year",
            "verdict.not_met": "target year",
            "verdict.not_met_short_of": "target year missing",
            "verdict.not_met_above": "target year missing",
            "verdict.not_eliminated": "target year missing",
            "verdict.not_recognised": "target year reason",
            "verdict.within_plan": "target year prorated",
            "verdict.over_plan": "target year prorated",
            "verdict.over_plan_by": "target year prorated missing",
            "verdict.turning": "verdict range",
            "verdict.no_verdict": "reason",
            "verdict.no_data": "target year",
            "verdict.no_new_figure": "target year",
            "verdict.track": "",
            "verdict.milestone": "target",
            "verdict.not_assessed": "",
            "cell.cases": "value cases",
            "cell.of": "value numerator denominator",
            "cell.carried": "value as_of",
            "cell.estimated": "value",
            "cell.partial": "value",
            "cell.interval": "low high",
            "cell.outlook": "value low high",
            "since.title": "number last",
            "since.first": "last",
            "since.same_verdicts": "last",
            **{f"since.{turn}": "count names" for turn in ("better", "worse", "now_known", "now_unknown")},
            "since.moves": "last",
            "since.no_moves": "last",
            "since.increase": "name delta before after",
            "since.decrease": "name delta before after",
            "path.title": "number",
            "path.none": "",
            "path.met": "year count names",
            "path.class": "state count names",
            "path.maintain": "count names",
            "path.no_progress": "parts",
            "path.outlook": "year parts",
            "path.chance": "chance count names",
            "path.method": "",
            "path.no_outlook": "parts",
            "path.reason": "reason items",
            "direction.title": "period",
            "direction.opening": "plan period",
            "direction.points": "opening",
            "direction.keep": "count",
            "direction.not_met": "count",
            "direction.over_plan": "count",
            "direction.short": "name missing",
            "direction.above": "name missing",
            "direction.left": "name missing",
            "direction.gather": "count",
            "direction.weakest": "names",
            "direction.overdue": "count",
            "direction.due": "count period",
            "direction.task": "title lead deadline",
            "direction.remind": "period names",
            "direction.on_time": "names",
            "direction.explain": "names",
            "unit.none": "",
            "unit.no_indicator": "",
            "unit.one": "name",
            "unit.annex": "",
            "unit.ranking": "best weakest",
            "unit.all_equal": "met",
            "unit.no_verdicts": "",
            "unit.silent": "names",
            "unit.extremes": "name best best_value weakest weakest_value",
            "unit.extremes_down": "name best best_value weakest weakest_value",
            "unit.unrecognised": "items",
            "unit.many": "count",
            "unit.same": "name value",
            "task.none": "",
            "task.total": "total dated",
            "task.total_undated": "total",
            "task.reports": "reports tasks parts",
            "task.others": "count parts",
            "task.part": "count state",
            "task.no_reports": "",
            "task.annex": "annex",
            "task.nothing_dated": "",
            "task.state_units": "state count names",
            "task.state_count": "state count",
            "task.overtaken_reason": "reason",
            "note.item": "text units",
            "note.no_difficulty": "",
            "note.no_cause": "",
            "note.no_proposal": "",
            "data.simulated": "",
            "data.snapshot": "snapshot id",
            "data.partial": "present expected items",
            "data.carried": "items as_of source",
            "data.estimated": "items",
            "data.prorated": "items",
            "data.configured": "definition",
            "data.secondary": "definition",
            "data.break": "before after year",
            "data.disagree": "items",
            "data.no_verdict": "items reason",
            "data.annex": "annex",
            "data.cadence": "clause",
            "data.recipients": "",
            "data.findings": "findings units",
            "data.findings_of": "name count",
            "data.absent": "count names",
            "data.late": "count names",
            "data.inheritance": "note",
            "data.restated": "since",
            "data.corrected": "unit element period before after by date reason items",
            "data.lapsed": "unit element period why",
            "data.bounds": "parts",
            "data.bounds_of": "item value range",
            "data.no_bounds": "items reason",
            "data.bounds_turn": "items",
            "data.contradicts": "parts",
            "data.contradicts_of": "item clause written",
            "data.no_data": "items reason",
            "data.signs": "",
            "data.rounded": "",
            "data.intervals": "",
            "column.baseline_year": "year",
            "column.baseline": "",
            "column.previous": "year",
            "column.previous_year": "year",
            "column.plan_year": "year",
            "trail.numerator": "",
            "trail.denominator": "",
            "trail.published": "",
            "trail.none": "",
            "picture.note": "annex",
            "picture.series_title": "period",
            "picture.series_caption": "number",
            "picture.series_alt": "rows",
            "picture.tiles_title": "period",
            "picture.tiles_caption": "number",
            "picture.tiles_alt": "rows",
            "picture.matrix_title": "period",
            "picture.matrix_caption": "number",
            "picture.matrix_alt": "rows",
            "picture.now": "value",
            "picture.now_interval": "value interval",
            "picture.aim": "parts",
            "picture.aim_part": "year written",
            "picture.score": "",
            "picture.form": "form period",
            "picture.late": "days",
            "correction.subject": "plan period",
            "correction.opening": "office plan period report snapshot",
            "correction.cause_again": "unit form period version received cells",
            "correction.cause_first": "unit form period received",
            "correction.no_cause": "",
            "correction.known_until": "snapshot id",
            "correction.figures": "count",
            "correction.no_figures": "",
            "correction.verdict": "item name unit before after",
            "correction.no_verdict": "",
            "correction.other": "before after",
            "correction.added": "after",
            "correction.removed": "before",
            "correction.no_other": "",
            "correction.closing": "office",
            "correction.verdict_missing": "verdict missing",
            **{
                f"correction.part_{part}": "value"
                for part in (
                    "numerator",
                    "denominator",
                    "places",
                    "interval",
                    "previous",
                    "progress",
                    "prorated_target",
                )
            },
        }.items()
    },
}
"""Every sentence by its name, and the slots it must carry."""


@dataclass(frozen=True)
class Sentences:
    """The office's wording, checked. Ask for a sentence by name and give every slot."""

    texts: dict[str, str]

    def format(self, name: str, /, **slots: object) -> str:
        """The sentence of that name with its slots filled."""
        return self.texts[name].format(**slots)


def load_sentences(path: Path) -> Sentences:
    """The wording in a file.

    Raises:
        TemplateError: the file is missing or no YAML; a sentence is missing or unknown; a slot is
            unknown or unused. Names the sentence and the slot.
    """
    try:
        return _build_sentences(path, path.read_bytes())
    except FileNotFoundError:
        raise TemplateError("the file is missing", where=str(path), fix="restore it from version control") from None


@lru_cache(maxsize=4)
def _build_sentences(path: Path, data: bytes) -> Sentences:
    texts = _flatten_sections(_parse_sentences_yaml(path, data), path)
    for name in sorted(SLOTS.keys() - texts.keys()):
        raise TemplateError(f"sentence {name!r} is missing", where=str(path), fix="restore it; its wording is free")
    for name in sorted(texts.keys() - SLOTS.keys()):
        raise TemplateError(f"sentence {name!r} is unknown", where=str(path), fix="remove it or correct its name")
    for name, text in texts.items():
        _validate_sentence_slots(name, text, path)
    return Sentences(texts)


def _parse_sentences_yaml(path: Path, data: bytes) -> object:
    try:
        return yaml.safe_load(data.decode("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise TemplateError(f"not readable as YAML: {error}", where=str(path), fix="correct the syntax") from None


def _flatten_sections(data: object, path: Path) -> dict[str, str]:
    if not isinstance(data, dict):
        raise TemplateError("expected sections of sentences", where=str(path), fix="compare with docs/reports.md")
    texts: dict[str, str] = {}
    for section, entries in data.items():
        if not isinstance(entries, dict):
            raise TemplateError(f"section {section!r} has no sentences", where=str(path), fix="indent them below it")
        for key, text in entries.items():
            if not isinstance(text, str) or not text:
                raise TemplateError(
                    f"sentence '{section}.{key}' has no text", where=str(path), fix="write words, in quotes if need be"
                )
            texts[f"{section}.{key}"] = text
    return texts


def _validate_sentence_slots(name: str, text: str, path: Path) -> None:
    where = f"{path}: {name}"
    try:
        parts = [(field, spec, conv) for _, field, spec, conv in Formatter().parse(text) if field is not None]
    except ValueError as error:
        raise TemplateError(f"a brace too many or too few: {error}", where=where, fix="write {slot}") from None
    found = {field for field, _, _ in parts}
    if any(spec or conv for _, spec, conv in parts):
        raise TemplateError(
            "a slot carries a format", where=where, fix="write {slot} alone; numbers are already printed"
        )
    for slot in sorted(found - SLOTS[name]):
        allowed = ", ".join(sorted(SLOTS[name])) or "none"
        raise TemplateError(f"unknown slot {{{slot}}}", where=where, fix=f"slots of this sentence: {allowed}")
    for slot in sorted(SLOTS[name] - found):
        raise TemplateError(f"unused slot {{{slot}}}", where=where, fix="put it back into the sentence")
