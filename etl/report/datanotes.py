"""Section VI: what a reader must know before believing a number.

Room: report. Called by `facts`. Grain of a note: (kind, text); the kinds are the keys of `data` in the
office's sentences.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from etl.catalog import models as m
from etl.model.numbers import printed
from etl.report.dates import belongs_to
from etl.report.figures import Figures, printed_item
from etl.report.inputs import ReportInput
from etl.report.sentences import Sentences

Note = dict[str, str]


def data_notes(given: ReportInput, say: Sentences, figures: Figures, snapshot: str, annex: str) -> list[Note]:
    """What holds for this report's figures, most general first."""
    found = (
        *_general(given, say, snapshot),
        *_coverage(given, say, figures),
        *_verdicts(given, say, figures),
        *_regime(given, say, annex),
    )
    return [{"kind": kind, "text": text} for kind, text in found]


def plan_notes(given: ReportInput, say: Sentences) -> list[Note]:
    """How each target is understood and what is odd in the plan's text. Grain: (number, kind, text)."""
    whole = say.texts["word.whole_plan"]
    nothing = say.texts["word.nothing"]
    found = [("plan_note", nothing, whole, note) for note in _of_the_plan(given.plan)]
    for target in given.plan.targets:
        number, name = printed_item(target), target.title.rstrip(".")
        found += [(kind, number, name, text) for kind, text in _of_a_target(given, say, target)]
    return [
        {"kind": kind, "number": number, "name": name, "text": text.rstrip(".")} for kind, number, name, text in found
    ]


def _general(given: ReportInput, say: Sentences, snapshot: str) -> Iterator[tuple[str, str]]:
    if given.simulated:
        yield "simulated", say.say("data.simulated")
    yield "snapshot", say.say("data.snapshot", snapshot=snapshot, id=given.snapshot_id)
    findings = sum(status.findings_confirm for status in given.statuses)
    if findings:
        units = len({status.unit for status in given.statuses if status.findings_confirm})
        yield "findings", say.say("data.findings", findings=printed(findings), units=printed(units))
    yield "signs", say.say("data.signs")


def _coverage(given: ReportInput, say: Sentences, figures: Figures) -> Iterator[tuple[str, str]]:
    mine = [figure for figure in figures.of_unit(given.area) if figure["value"]["value"] is not None]
    partial = _gathered((str(f["present"]), str(f["expected"]), f) for f in mine if f["present"] < f["expected"])
    for (present, expected), items in partial.items():
        yield (
            "partial",
            say.say(
                "data.partial", present=printed(int(present)), expected=printed(int(expected)), items=", ".join(items)
            ),
        )
    carried = _gathered((f["as_of_text"], f["source"] or say.texts["word.not_stated"], f) for f in mine if f["as_of"])
    for (as_of, source), items in carried.items():
        yield "carried", say.say("data.carried", items=", ".join(items), as_of=as_of, source=source)
    estimated = [str(f["item"]) for f in mine if f["estimated"]]
    if estimated:
        yield "estimated", say.say("data.estimated", items=", ".join(estimated))


def _gathered(rows: Any) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for first, second, figure in rows:
        found.setdefault((first, second), []).append(str(figure["item"]))
    return found


def _verdicts(given: ReportInput, say: Sentences, figures: Figures) -> Iterator[tuple[str, str]]:
    mine = list(figures.of_unit(given.area))
    prorated = [str(f["item"]) for f in mine if f["prorated_target"]["value"] is not None]
    if prorated:
        yield "prorated", say.say("data.prorated", items=", ".join(prorated))
    disagree = [str(f["item"]) for f in mine if f["classes_disagree"]]
    if disagree:
        yield "disagree", say.say("data.disagree", items=", ".join(disagree))
    reasons = _gathered((f["reason"], "", f) for f in mine if f["shown_status"] == "no_verdict" and f["reason"])
    for (reason, _), items in reasons.items():
        yield "no_verdict", say.say("data.no_verdict", items=", ".join(items), reason=reason.rstrip("."))
    if any(f["change"]["kind"] == "unclear" for f in mine):
        yield "intervals", say.say("data.intervals")


def _regime(given: ReportInput, say: Sentences, annex: str) -> Iterator[tuple[str, str]]:
    if any(duty.cadence_basis == "configured" for duty in given.plan.duties):
        yield "cadence", say.say("data.cadence", clause=given.report.clause)
    if given.report.basis == "configured":
        yield "recipients", say.say("data.recipients")
    yield "annex", say.say("data.annex", annex=annex)


def _of_the_plan(plan: m.Plan) -> list[str]:
    return [note for note in (plan.number_note, plan.date_note, *plan.notes) if note]


def _of_a_target(given: ReportInput, say: Sentences, target: m.Target) -> Iterator[tuple[str, str]]:
    indicator = given.catalogue.indicators.get(target.indicator or "")
    if indicator and indicator.basis in {"configured", "secondary"}:
        yield indicator.basis, say.say(f"data.{indicator.basis}", definition=indicator.definition)
    stages = [(s.period, s.definition) for s in (target.baseline, *target.milestones) if s and s.definition]
    for (_, before), (period, after) in pairwise(stages):
        if before != after:
            yield "break", say.say("data.break", before=before, after=after, year=belongs_to(period))
    for note in target.notes:
        yield "defect", note


def definitions(given: ReportInput, say: Sentences) -> list[dict[str, str]]:
    """How each indicator of the plan is defined, by whom. For the annex. Grain: target."""
    found = []
    for target in given.plan.targets:
        indicator = given.catalogue.indicators.get(target.indicator or "")
        if indicator:
            found.append(
                {
                    "item": target.item,
                    "title": target.title,
                    "definition": indicator.definition,
                    "source": indicator.source,
                    "basis": say.texts[f"basis.{indicator.basis}"],
                    "note": indicator.note,
                }
            )
    return found
