"""Trails and differences, line by line, for a person at a shell. Adds nothing and leaves out no doubt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from fractions import Fraction
from typing import Any

from etl.core.instance import Result
from etl.messages import Messages
from etl.model import Period
from etl.model.vietnam_time import VIETNAM_ZONE

_MAX_FIRST_CELLS = 12
"""Cells listed of a delivery that is the unit's first: the rest is counted (all of them are in the JSON)."""


# --- the trail -----------------------------------------------------------------------------------------


def format_trace_lines(trace: Result, wording: Messages) -> Iterator[str]:
    """A trail as a tree, from the printed number to the files."""
    report, unit = trace["report"], trace["unit"]
    indicator = trace["indicator"] or {"name": "", "code": "", "unit": ""}
    snapshot = {
        "moment": _format_trace_time(wording, report["snapshot"]["at"]),
        "snapshot": report["snapshot"]["id"][:12],
    }
    period = Period.parse(report["period"]).name
    yield wording.format("trace.report", id=report["id"], plan=report["plan"], period=period, **snapshot)
    yield f"{indicator['name']} ({indicator['code']}) – {unit['name']}"
    for number in trace["numbers"]:
        printed, computed = number["printed"], number["computed"]
        text = printed["text"] if printed else wording.texts["trace.no_facts"]
        yield wording.format("trace.printed", item=number["item"], text=text)
        yield wording.format("trace.computed", text=_format_computed_number(wording, computed))
        yield from (wording.format("trace.corrected", name=name) for name in computed["corrections"])
    if trace["reproduces"]:
        yield wording.texts["trace.reproduces"]
    yield from (wording.format("trace.problem", problem=problem) for problem in trace["problems"])
    if trace["walk"]:
        for walk in (trace["walk"], *trace["summed"]):
            yield from _format_contribution_lines(wording, walk)
    else:
        yield wording.texts["trace.no_cells"]


def _format_computed_number(wording: Messages, c: Result) -> str:
    text = f"{_format_trace_number(wording, c['value'])} {c['unit']}".strip()
    if c["numerator"] is not None:
        counts = (_format_trace_number(wording, c[part]) for part in ("numerator", "denominator"))
        text += f" = {' : '.join(counts)}"
    parts = [text, wording.format("trace.present", present=c["present"], expected=c["expected"])]
    parts += [wording.format("trace.as_of", period=c["as_of"])] if c["as_of"] else []
    parts += [wording.texts["trace.estimated"]] if c["estimated"] else []
    return "; ".join(parts)


def _format_contribution_lines(wording: Messages, walk: Result) -> Iterator[str]:
    labels = {number: f"[{i}]" for i, number in enumerate(walk["deliveries"], start=1)}
    counts = {"present": walk["present"], "expected": walk["expected"]}
    yield wording.format("trace.leaves", period=walk["period"], **counts)
    for leaf in walk["leaves"]:
        included, share = leaf["included"], leaf["share"]
        state = wording.texts["trace.included"] if included else wording.format("trace.excluded", why=leaf["why"])
        slots = {"name": leaf["name"], "unit": leaf["unit"], "state": state} | (
            {} if share == "1" else {"share": share}
        )
        yield wording.format("trace.leaf" if share == "1" else "trace.leaf_share", **slots)
        for cell in leaf["cells"]:
            side, way = wording.texts[f"trace.{cell['side']}"], wording.texts[f"trace.{cell['way']}"]
            value = _format_trace_content(wording, cell["state"], cell["value"])
            yield f"│  │  ├─ {side}, {cell['name']}: {value}, {way}"
            for source in cell["sources"]:
                yield from (f"│  │  │  {line}" for line in _format_source_lines(wording, source, labels))
    yield wording.texts["trace.files"]
    for number, origin in walk["deliveries"].items():
        yield from _format_origin_lines(wording, labels[number], origin)


def _format_origin_lines(wording: Messages, label: str, origin: Result) -> Iterator[str]:
    received, decided = (_format_trace_time(wording, origin[at]) for at in ("received_at", "decided_at"))
    file = {"name": origin["original_name"], "folder": origin["folder"], "sha256": origin["sha256"]}
    yield wording.format("trace.file", label=label, moment=received, **file)
    counts = {level: origin[level] for level in ("refusals", "confirmations", "notes")}
    yield wording.format("trace.checked", moment=decided, ruleset=origin["judged_by"] or "-", **counts)


def _format_source_lines(wording: Messages, source: Result, labels: dict[str, str]) -> Iterator[str]:
    def build_slots(sent: Result) -> dict[str, str]:
        value = _format_trace_content(wording, sent["state"], sent["value"])
        label = labels.get(str(sent["delivery"]), "")
        return {part: sent[part] for part in ("sheet", "cell", "version")} | {"value": value, "label": label}

    yield wording.format("trace.source", period=source["period"], raw=source["raw"], **build_slots(source))
    if source["origin"]:
        yield wording.format("trace.origin", **source["origin"])
    for agreed in source["corrections"]:
        became = _format_trace_content(wording, agreed["becomes"]["state"], agreed["becomes"]["value"])
        slots = {"by": agreed["requested_by"], "date": agreed["requested_on"], "reason": agreed["reason"]}
        state = agreed["why"] or wording.texts["correction_state.applied"]
        yield wording.format("trace.correction", id=agreed["id"], value=became, state=state, **slots)
    for check in source["checks"]:
        yield f"     {check['code']}: {check['message']}"
        if check["words"]:
            yield wording.format("trace.explained", words=check["words"])
    yield from (wording.format("trace.superseded", **build_slots(older)) for older in source["superseded"])


# --- the difference --------------------------------------------------------------------------------------


def format_difference_lines(difference: Result, wording: Messages) -> Iterator[str]:
    """What changed, from deliveries to verdicts."""
    since, until = (_format_trace_time(wording, difference[end]["at"]) for end in ("from", "to"))
    period = Period.parse(difference["period"]).name
    yield wording.format("difference.title", scope=difference["scope"], period=period, since=since, until=until)
    if not difference["changed"]:
        yield wording.texts["difference.nothing"]
        return
    formats = {
        "deliveries": _format_delivery_lines,
        "catalogue": _format_catalogue_lines,
        "corrections": _format_correction_lines,
        "figures": _format_figure_lines,
        "verdicts": _format_verdict_lines,
    }
    for part, format_lines in formats.items():
        if difference[part]:
            yield f"{wording.texts[f'difference.{part}']}:"
            yield from (f"  {line}" for entry in difference[part] for line in format_lines(wording, entry))


def _format_delivery_lines(wording: Messages, d: Result) -> Iterator[str]:
    cells = d["cells"]
    slots = {part: d[part] for part in ("period", "version", "folder")} | {"unit": d["reporter"], "count": len(cells)}
    moment = _format_trace_time(wording, d["received_at"])
    file = {"name": d["reporter_name"], "file": d["original_name"], "sha256": d["sha256"][:12]}
    yield wording.format("difference.delivery", moment=moment, **slots, **file)
    shown = cells if d["version_before"] else cells[:_MAX_FIRST_CELLS]
    for cell in shown:
        before, after = (
            _format_trace_content(wording, c["state"], c["value"], c["words"]) for c in (cell["before"], cell["after"])
        )
        yield f"  {cell['sheet']}!{cell['cell']} {cell['unit_name']}, {cell['name']}: {before} → {after}"
    if len(shown) < len(cells):
        yield wording.format("difference.more", count=len(cells) - len(shown))


def _format_catalogue_lines(wording: Messages, fact: Result) -> Iterator[str]:
    kind = fact["kind"]
    name = f"{wording.texts.get(f'entry_kind.{kind}', kind)} {fact['key']}"
    if fact["field"]:
        before, after = (_format_plain_value(wording, fact[end]) for end in ("before", "after"))
        yield f"{name}, {fact['field']}: {before} → {after}"
    else:
        yield f"{name}: {wording.texts['difference.added' if fact['before'] is None else 'difference.removed']}"


def _format_correction_lines(wording: Messages, turn: Result) -> Iterator[str]:
    before, after = (wording.texts[f"correction_state.{turn[end] or 'none'}"] for end in ("before", "after"))
    yield f"{turn['correction']}: {before} → {after}"


def _format_figure_lines(wording: Messages, row: Result) -> Iterator[str]:
    yield _format_changed_row(wording, row, _format_compared_figure)


def _format_verdict_lines(wording: Messages, row: Result) -> Iterator[str]:
    yield _format_changed_row(wording, row, _format_compared_verdict)


def _format_changed_row(wording: Messages, row: Result, format_end: Callable[[Messages, Result], str]) -> str:
    nothing, ends = wording.texts["shell.nothing"], {end: row[end] for end in ("before", "after")}
    texts = {end: format_end(wording, figure) if figure else nothing for end, figure in ends.items()}
    slots = {part: row[part] for part in ("plan", "item", "indicator")}
    return wording.format("difference.row", unit=row["unit_name"], **slots, **texts)


def _format_compared_figure(wording: Messages, end: Result) -> str:
    value, *counts = (_format_trace_number(wording, end[part]) for part in ("value", "numerator", "denominator"))
    of = "" if end["numerator"] is None else f" ({'/'.join(counts)})"
    target = end["target"]
    aim = "" if target is None else wording.format("difference.aim", value=_format_trace_number(wording, target))
    places = wording.format("difference.places", present=end["present"], expected=end["expected"])
    unit = f" {end['unit_of_measure']}" if end["unit_of_measure"] else ""
    return f"{value}{unit}{of}{aim}, {places}"


def _format_compared_verdict(wording: Messages, end: Result) -> str:
    words = (wording.texts[f"status.{end['status']}"], wording.texts[f"progress.{end['progress_class'] or 'none'}"])
    status, progress = (word[:1].lower() + word[1:] for word in words)
    return wording.format("difference.verdict", status=status, progress=progress)


# --- words -----------------------------------------------------------------------------------------------


def _format_trace_time(wording: Messages, text: str) -> str:
    return wording.format_moment(datetime.fromisoformat(text).astimezone(VIETNAM_ZONE), "%Hh%M:%S")


def _format_trace_content(wording: Messages, state: str, value: Any, words: str = "") -> str:
    if words:
        return f"“{words}”"
    label = wording.texts.get(f"cell_state.{state}", "")
    number = "" if value is None else _format_trace_number(wording, str(value))
    return " ".join(part for part in (label, number) if part) or wording.texts["shell.nothing"]


def _format_trace_number(wording: Messages, value: Any) -> str:
    """A number as Vietnamese write it, to six decimals at most; … marks that there are more."""
    if value is None:
        return wording.texts["shell.nothing"]
    exact = Fraction(str(value))
    text = f"{float(exact):,.6f}".rstrip("0").rstrip(".") if exact.denominator != 1 else f"{int(exact):,}"
    more = "…" if exact.denominator != 1 and Fraction(text.replace(",", "")) != exact else ""
    return text.translate(str.maketrans(",.", ".,")) + more


def _format_plain_value(wording: Messages, value: Any) -> str:
    return wording.texts["shell.nothing"] if value in (None, "") else str(value)
