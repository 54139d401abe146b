"""Section VI: what a reader must know before believing a number.

Room: report. Called by `facts`. Grain of a note: (kind, text); the kinds are the keys of `data` in the
office's sentences.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from etl.catalog import geography
from etl.catalog import models as m
from etl.model import Period
from etl.model.numbers import printed
from etl.report import submissions
from etl.report.dates import belongs_to
from etl.report.figures import Figure, Figures, printed_item
from etl.report.inputs import ReportInput
from etl.report.places import said, together
from etl.report.sentences import Sentences

Note = dict[str, str]
_PLAIN_GAP = "chưa có số liệu"
"""How attainment begins the reason of a figure that units simply did not send."""
SHOWN = 16
"""Characters of the snapshot's id that are printed; the file itself carries all of them."""


def data_notes(given: ReportInput, say: Sentences, figures: Figures, snapshot: str, annex: str) -> list[Note]:
    """What holds for this report's figures, most general first."""
    found = (
        *_general(given, say, snapshot),
        *_units(given, say),
        *_geography(given, say),
        *_corrections(given, say, figures),
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
    yield "snapshot", say.say("data.snapshot", snapshot=snapshot, id=given.snapshot_id[:SHOWN])
    yield "signs", say.say("data.signs")
    yield "rounded", say.say("data.rounded")


def _units(given: ReportInput, say: Sentences) -> Iterator[tuple[str, str]]:
    """Units that are missing or late, and the findings that wait for an explanation, per unit."""
    owed = submissions.by_unit(given)
    absent = [s for s in owed.values() if any(status.state != "accepted" for status in s)]
    if absent:
        names = together(say, [submissions.named(given, s, {"silent", "refused"}) for s in absent])
        yield "absent", say.say("data.absent", count=printed(len(absent)), names=names)
    late = [s for s in owed.values() if submissions.days_late(s) and any(status.state == "accepted" for status in s)]
    if late:
        yield (
            "late",
            say.say("data.late", count=printed(len(late)), names=together(say, [s[0].unit_name for s in late])),
        )
    open_ = [(s[0].unit_name, found) for s in owed.values() if (found := sum(status.findings_confirm for status in s))]
    if open_:
        parts = "; ".join(
            say.say("data.findings_of", name=said(say, name), count=printed(found)) for name, found in open_
        )
        yield "findings", say.say("data.findings", findings=printed(sum(found for _, found in open_)), units=parts)


def _geography(given: ReportInput, say: Sentences) -> Iterator[tuple[str, str]]:
    """What became of the area, who answers for the plan now, and that earlier figures are restated."""
    catalogue, day = given.catalogue, given.period.end
    whole = geography.area(catalogue, given.scope)
    if whole is None:
        return
    heirs = dict.fromkeys(
        note
        for target in given.plan.targets
        if (note := geography.inheritance_note(catalogue, given.plan.id, target.item, whole, day))
    )
    for note in heirs:
        yield "inheritance", say.say("data.inheritance", note=said(say, note.rstrip(".")))
    since = given.period.same_period_last_year.start
    shown = {a.unit for a in given.attainments}
    born = sorted({u.valid_from for u in catalogue.units if u.code in shown and since < u.valid_from <= day})
    if born and (given.previous or given.last):
        yield "restated", say.say("data.restated", since=belongs_to(born[-1].isoformat()))


def _corrections(given: ReportInput, say: Sentences, figures: Figures) -> Iterator[tuple[str, str]]:
    """What was agreed to be read otherwise than reported, and what of it no longer holds."""
    for c in given.corrections:
        place = {
            "unit": said(say, given.catalogue.unit_name(c.unit, Period.parse(c.period).end)),
            "period": belongs_to(c.period),
            "element": c.element,
        }
        if c.lapsed:
            yield "lapsed", say.say("data.lapsed", **place, why=c.lapsed)
            continue
        asked = {"by": c.requested_by, "date": belongs_to(c.requested_on), "reason": c.reason.rstrip(".")}
        items = [str(f["item"]) for f in figures.of_unit(given.area) if c.id in f["corrections"]]
        touched = ", ".join(items) or say.texts["word.none"]
        yield "corrected", say.say("data.corrected", **place, before=c.before, after=c.after, items=touched, **asked)


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
    carried = _gathered((f["as_of_text"], f["source"] or say.texts["word.reported"], f) for f in mine if f["as_of"])
    for (as_of, source), items in carried.items():
        yield "carried", say.say("data.carried", items=", ".join(items), as_of=as_of, source=source)
    yield from _bounds(say, mine)
    estimated = [str(f["item"]) for f in mine if f["estimated"]]
    if estimated:
        yield "estimated", say.say("data.estimated", items=", ".join(estimated))
    gaps = [f for f in figures.of_unit(given.area) if f["status"] == "no_data" and _explained(f["reason"])]
    for (reason, _), items in _gathered((f["reason"].rstrip("."), "", f) for f in gaps).items():
        yield "no_data", say.say("data.no_data", items=", ".join(items), reason=reason[:1].lower() + reason[1:])


def _explained(reason: str) -> bool:
    """Whether a reason says more than that there is no figure."""
    return bool(reason) and not reason.startswith(_PLAIN_GAP)


def _bounds(say: Sentences, mine: list[Figure]) -> Iterator[tuple[str, str]]:
    """What the missing units could change: the range of each figure, and whether its verdict hangs on them."""
    ranges = [
        say.say("data.bounds_of", item=f["item"], range=f["bounds"]["text"], value=f["bounds"]["now"]["text"])
        for f in mine
        if f["bounds"] and f["bounds"]["text"] != f["bounds"]["now"]["text"]
    ]
    if ranges:
        yield "bounds", say.say("data.bounds", parts="; ".join(ranges))
    unknown = _gathered((f["bounds_reason"], "", f) for f in mine if f["bounds_reason"])
    for (reason, _), items in unknown.items():
        yield "no_bounds", say.say("data.no_bounds", items=", ".join(items), reason=reason)
    turning = [str(f["item"]) for f in mine if f["bounds_turn"]]
    if turning:
        yield "bounds_turn", say.say("data.bounds_turn", items=", ".join(turning))


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
    yield from _contradictions(say, mine)
    if any(f["change"]["kind"] == "unclear" for f in mine):
        yield "intervals", say.say("data.intervals")


def _contradictions(say: Sentences, mine: list[Figure]) -> Iterator[tuple[str, str]]:
    """Levels of the plan that contradict each other, each with its clause, once."""
    by_item, told = {str(f["item"]): f for f in mine}, set[str]()
    for f in mine:
        others = [by_item[item] for item in f["contradicts"] if item in by_item and item not in told]
        if others:
            parts = " và ".join(_level(say, each) for each in (f, *others))
            yield "contradicts", say.say("data.contradicts", parts=parts)
        told.add(str(f["item"]))


def _level(say: Sentences, figure: Figure) -> str:
    written = figure["written"] or say.texts["word.not_stated"]
    return say.say("data.contradicts_of", item=figure["item"], clause=figure["clause"], written=written)


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
