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

from etl.files import write_atomic
from etl.report import places
from etl.report.datanotes import SHOWN
from etl.report.dates import snapshot_moment
from etl.report.facts import Facts, as_json
from etl.report.letter import Letter, Text, letter, texts
from etl.report.sentences import Sentences, load_sentences

SCHEMA = 1
_SAID = ("situation", "summary", ("units", "sentences"), ("tasks", "sentences"))
"""Where a report says numbers in sentences, apart from those of its figures."""
_NUMBER = re.compile(r"\d[\d.,]*")


@dataclass(frozen=True)
class Cause:
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
    causes: tuple[Cause, ...]


@dataclass(frozen=True)
class Row:
    """A figure that changed. Grain: (target, unit)."""

    item: str
    title: str
    unit: str
    before: str
    after: str
    verdict_before: str
    verdict_after: str


@dataclass(frozen=True)
class CorrectionView(Letter):
    """Everything that the template of a correction prints."""

    causes: tuple[Text, ...]
    figures: str
    verdicts: tuple[Text, ...]
    others: tuple[Text, ...]
    rows: tuple[Row, ...]


def differs(published: Facts, present: Facts) -> bool:
    """Whether any printed number differs; another time, or other bytes, are no difference."""
    return (
        next(_figures(published, present), None) is not None or next(_sentences(published, present), None) is not None
    )


def changed_indicators(published: Facts, present: Facts) -> set[str]:
    """The codes of the indicators of which a printed figure changed."""
    return {figure["indicator"] for pair in _figures(published, present) for figure in pair if figure}


def draft_correction(given: CorrectionInput, templates: Path, folder: Path, stem: str) -> dict[str, Path]:
    """Writes the correction and says where: ``facts`` (.json), ``word`` (.docx).

    The same input and templates give the same bytes. Each file appears whole or not at all, the facts last.

    Raises:
        TemplateError: a template is missing or has an unknown or unused slot; nothing is written.
        StorageError: the folder cannot be written.
    """
    say = load_sentences(templates / "sentences.yaml")
    facts = correction_facts(given, say)
    contents = {
        "word": (f"{stem}_dinh-chinh.docx", word_correction(facts, templates / "correction.docx")),
        "facts": (f"{stem}_dinh-chinh_facts.json", as_json(facts)),
    }
    for name, data in contents.values():
        write_atomic(folder / name, data)
    return {kind: folder / name for kind, (name, _) in contents.items()}


def correction_facts(given: CorrectionInput, say: Sentences) -> Facts:
    """Everything that the correction prints."""
    old, new = given.published, given.present
    head, names = new["head"], {"plan": new["plan"]["short_title"], "period": new["period"]["name"]}
    rows = [_row(say, was, now) for was, now in _figures(old, new)]
    return {
        "schema": SCHEMA,
        "kind": "correction",
        "scope": new["scope"],
        "plan": new["plan"],
        "period": new["period"],
        "corrects": {"report": given.report_id, "snapshot": old["snapshot"]},
        "snapshot": new["snapshot"],
        "simulated": new["simulated"],
        "head": {
            **head,
            "subject": say.say("correction.subject", **names),
            "opening": say.say(
                "correction.opening",
                office=head["office"],
                report=given.report_id,
                snapshot=old["snapshot"]["text"],
                **names,
            ),
        },
        "causes": list(_causes(given, say)),
        "figures": say.say("correction.figures", count=len(rows)) if rows else say.texts["correction.no_figures"],
        "rows": rows,
        "verdicts": list(_verdicts(say, rows)) or [say.texts["correction.no_verdict"]],
        "others": list(_others(old, new, say)) or [say.texts["correction.no_other"]],
        "foot": {**new["foot"], "closing": say.say("correction.closing", office=head["office"])},
    }


def word_correction(facts: Facts, template: Path) -> bytes:
    """The correction as a .docx.

    Raises:
        TemplateError: the template is missing, no Word file, or its slots are unknown or unused.
    """
    from etl.report.words import begin, finish

    document, environment = begin(template, CorrectionView)
    document.render(asdict(_view(facts)), environment, autoescape=True)
    return finish(document, facts, snapshot_moment(facts["snapshot"]["at"]))


def _view(facts: Facts) -> CorrectionView:
    return CorrectionView(
        **letter(facts),
        causes=texts(facts["causes"]),
        figures=facts["figures"],
        verdicts=texts(facts["verdicts"]),
        others=texts(facts["others"]),
        rows=tuple(
            Row(**{name: row[name] for name in Row.__dataclass_fields__ if name != "unit"}, unit=row["unit_name"])
            for row in facts["rows"]
        ),
    )


# --- figures ---------------------------------------------------------------------------------------------

Figure = dict[str, Any]


def _figures(old: Facts, new: Facts) -> Iterator[tuple[Figure | None, Figure | None]]:
    """The figures whose print differs, the whole area's first, then by unit, each in the plan's order."""
    was, now = _by_key(old), _by_key(new)
    area = new["area"]["unit"]
    for item, unit in sorted(dict.fromkeys([*now, *was]), key=lambda key: key[1] != area):
        before, after = was.get((item, unit)), now.get((item, unit))
        if (before and _print(before)) != (after and _print(after)):
            yield before, after


def _by_key(facts: Facts) -> dict[tuple[str, str], Figure]:
    return {(item, unit): figure for item, units in facts["figures"].items() for unit, figure in units.items()}


def _print(figure: Figure) -> dict[str, Any]:
    """What of a figure is printed anywhere: in the report, in the annex, in the sheet for machines."""
    texts = ("value", "numerator", "denominator", "missing", "previous", "progress", "prorated_target")
    return {
        "printed": figure["printed"],
        "status": figure["status_text"],
        "interval": (figure.get("interval") or {}).get("text", ""),
        "places": f"{figure['present']}/{figure['expected']}",
        **{name: figure[name]["text"] for name in texts},
    }


def _row(say: Sentences, before: Figure | None, after: Figure | None) -> Facts:
    either, was, now = after or before or {}, before and _print(before), after and _print(after)
    nothing = say.texts["word.nothing"]
    return {
        "item": either["item"],
        "title": either["title"],
        "unit": either["unit"],
        "unit_name": either["unit_name"],
        "before": _text(say, was, now) if was else nothing,
        "after": _text(say, now, was) if now else nothing,
        "verdict_before": _verdict(say, was) if was else nothing,
        "verdict_after": _verdict(say, now) if now else nothing,
        "status_changed": bool(was and now and was["status"] != now["status"]),
    }


def _text(say: Sentences, said: dict[str, Any], other: dict[str, Any] | None) -> str:
    """The figure as printed; where the other one printed the same, with the parts in which they differ."""
    if other is None or said["printed"] != other["printed"]:
        return str(said["printed"])
    parts = [
        say.say(f"correction.part_{name}", value=said[name])
        for name in ("numerator", "denominator", "places", "interval", "previous", "progress", "prorated_target")
        if said[name] != other[name]
    ]
    return "; ".join([str(said["printed"]), *parts])


def _verdict(say: Sentences, said: dict[str, Any]) -> str:
    if said["missing"] == say.texts["word.nothing"]:
        return str(said["status"])
    return say.say("correction.verdict_missing", verdict=said["status"], missing=said["missing"])


def _verdicts(say: Sentences, rows: list[Facts]) -> Iterator[str]:
    for row in rows:
        if row["status_changed"]:
            yield say.say(
                "correction.verdict",
                item=row["item"],
                name=row["title"].rstrip("."),
                unit=places.said(say, row["unit_name"]),
                before=row["verdict_before"],
                after=row["verdict_after"],
            )


# --- sentences -------------------------------------------------------------------------------------------


def _sentences(old: Facts, new: Facts) -> Iterator[tuple[str, str]]:
    """The sentences whose numbers differ, as before and after; empty where there is none. The snapshot is no number."""
    for place in _SAID:
        was, now = _lines(old, place), _lines(new, place)
        for kind, a, b, c, d in SequenceMatcher(a=was, b=now, autojunk=False).get_opcodes():
            if kind == "equal":
                continue
            gone, come = was[a:b], now[c:d]
            length = max(len(gone), len(come))
            for before, after in zip(_padded(gone, length), _padded(come, length), strict=True):
                if _NUMBER.findall(before) != _NUMBER.findall(after):
                    yield before, after


def _lines(facts: Facts, place: str | tuple[str, str]) -> list[str]:
    found = facts[place] if isinstance(place, str) else facts[place[0]][place[1]]
    moving = (facts["snapshot"]["text"], facts["snapshot"]["id"])
    return [line for line in found if not any(text and text in line for text in moving)]


def _padded(lines: list[str], length: int) -> list[str]:
    return lines + [""] * (length - len(lines))


def _others(old: Facts, new: Facts, say: Sentences) -> Iterator[str]:
    for before, after in _sentences(old, new):
        if before and after:
            yield say.say("correction.other", before=_bare(before), after=_bare(after))
        elif after:
            yield say.say("correction.added", after=_bare(after))
        else:
            yield say.say("correction.removed", before=_bare(before))


def _bare(line: str) -> str:
    return line.removeprefix("- ")


def _causes(given: CorrectionInput, say: Sentences) -> Iterator[str]:
    for cause in given.causes:
        slots = {
            "unit": cause.unit,
            "form": cause.form,
            "period": cause.period,
            "received": snapshot_moment(cause.received_at).strftime("%Hh%M ngày %d/%m/%Y"),
        }
        if cause.version > 1:
            yield say.say("correction.cause_again", version=cause.version, cells=cause.cells, **slots)
        else:
            yield say.say("correction.cause_first", **slots)
    if not given.causes:
        yield say.texts["correction.no_cause"]
    snapshot = given.present["snapshot"]
    yield say.say("correction.known_until", snapshot=snapshot["text"], id=snapshot["id"][:SHOWN])
