"""One root cause is one finding: many findings of a workbook become the few that a sender has to act on.

Called by the check room only. What a finding says of personal data is hidden here for good: no other finding may
repeat what stands in such a cell.
"""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from etl.check import privacy
from etl.check.check_template import NUMBER
from etl.check.finding_builder import FindingBuilder
from etl.check.frames import WorkbookArrays
from etl.messages import Messages
from etl.model import ExplanationKey, Finding, FindingLevel, compute_compared_digest

_BLANK, _EMPTY, _UNIT, _SHEET, _SCALE, _UNTESTED, _INCOMPLETE = "V05", "S11", "V08", "V09", "T07", "Q01", "Q02"
_JUMPS = frozenset({"T04", "T05", "T06"})
_NEARER = frozenset({"T03", "T04", "T05"})
_SAID_BY = {
    "T06": _NEARER,
    "R07": _NEARER | {"R01"},
    "P02": _NEARER | {"R01", "R07"},
    "V26": frozenset({"V25"}),
}
"""Codes that say of a number what another one says better: years against the latest periods, people against a jump."""
_PERSONAL = frozenset({"D01", "D02"})
_LEAST_SCALED = 3
_STRUCTURE = "FSD"
_LEVELS = {FindingLevel.REFUSE: 0, FindingLevel.CONFIRM: 1, FindingLevel.NOTE: 2}
CellPlace = tuple[str, str]


def merge_by_cause(builder: FindingBuilder, book: WorkbookArrays | None, findings: list[Finding]) -> list[Finding]:
    """The findings of a workbook by their causes."""
    findings = _remove_said_findings(_remove_personal_data(findings))
    if book is None:
        return findings
    findings = _merge_scale_errors(builder, book, findings)
    if any(f.code == _EMPTY for f in findings):
        return [f for f in findings if f.code not in {_BLANK, _UNTESTED, _INCOMPLETE}]
    return _merge_blanks(builder, book, findings)


def sort_findings(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """By level; then what is wrong with the file itself; then by effect on the total, the largest first."""
    return tuple(
        sorted(findings, key=lambda f: (_LEVELS[f.level], f.code[0] not in _STRUCTURE, -f.effect, f.code, f.sheet))
    )


def apply_explanations(
    wording: Messages, findings: Sequence[Finding], explanations: Mapping[ExplanationKey, str]
) -> list[Finding]:
    """A finding to confirm whose value the sender has explained becomes a note that quotes the explanation."""
    return [_apply_explanation(wording, f, explanations.get(f.explanation_key)) for f in findings]


def _apply_explanation(wording: Messages, finding: Finding, explanation: str | None) -> Finding:
    if not explanation or finding.level != FindingLevel.CONFIRM:
        return finding
    quote = privacy.mask_identity_numbers(explanation)
    message = wording.format("finding.explained", message=finding.message, explanation=quote)
    return replace(finding, level=FindingLevel.NOTE, message=message, hint=wording.texts["finding.explained_hint"])


# --- personal data -------------------------------------------------------------------------------------------


def _remove_personal_data(findings: list[Finding]) -> list[Finding]:
    """Only the finding on personal data stays at its cell; no words anywhere repeat an identity number."""
    cells = {(f.sheet, f.cell) for f in findings if f.code in _PERSONAL}
    kept = [f for f in findings if f.code in _PERSONAL or not f.cell or (f.sheet, f.cell) not in cells]
    return [_mask_finding(f) if privacy.find_identity_numbers(f"{f.value}\n{f.message}") else f for f in kept]


def _remove_said_findings(findings: list[Finding]) -> list[Finding]:
    """A number that is asked about already is not asked about a second time for what comes of the same."""
    asked = {(f.code, f.org_unit_code, f.data_element) for f in findings}
    return [
        f
        for f in findings
        if not any((better, f.org_unit_code, f.data_element) in asked for better in _SAID_BY.get(f.code, ()))
    ]


def _mask_finding(finding: Finding) -> Finding:
    return replace(
        finding,
        value=privacy.mask_identity_numbers(finding.value),
        message=privacy.mask_identity_numbers(finding.message),
    )


# --- wrong unit of measure --------------------------------------------------------------------------------------


def _merge_scale_errors(builder: FindingBuilder, book: WorkbookArrays, findings: list[Finding]) -> list[Finding]:
    """Cells about a thousand times (or a thousandth of) what they were are one mistake, not one each."""
    factor = builder.catalogue.thresholds["scale_factor"]
    for larger in (True, False):
        scaled = [
            f
            for f in findings
            if f.code in _JUMPS and _is_multiple_of_usual(builder, book, f, factor if larger else 1 / factor)
        ]
        if len(scaled) >= _LEAST_SCALED:
            word = builder.wording.texts["finding.larger" if larger else "finding.smaller"]
            findings = _merge_scaled_cells(builder, book, findings, scaled, word)
    return findings


def _merge_scaled_cells(
    builder: FindingBuilder, book: WorkbookArrays, findings: list[Finding], scaled: list[Finding], word: str
) -> list[Finding]:
    keys = {(f.org_unit_code, f.data_element) for f in scaled}
    first = max(scaled, key=lambda f: f.effect)
    made = _build_cause_finding(builder, book, _SCALE, first, len(keys), word)
    return [*(f for f in findings if not _is_consequence(builder, f, keys)), made]


def _is_consequence(builder: FindingBuilder, finding: Finding, keys: set[tuple[str, str]]) -> bool:
    """Whether a finding is about one of these numbers, or compares another with one of them."""
    unit, element = finding.org_unit_code, finding.data_element
    if (unit, element) in keys:
        return True
    compared = (r.elements for r in builder.catalogue.relations if finding.code[0] == "R" and element in r.elements)
    return any((unit, other) in keys for elements in compared for other in elements)


def _is_multiple_of_usual(builder: FindingBuilder, book: WorkbookArrays, finding: Finding, factor: float) -> bool:
    """Whether a cell is about `factor` times the median of what the unit reported for other periods."""
    key = finding.org_unit_code, finding.data_element
    value = float(book.values[book.template.keys.index(key)])
    history = book.submission.history or {}
    earlier = book.context.period.list_earlier_periods(int(builder.catalogue.thresholds["history_periods"]))
    past = [history[p.key][key] for p in earlier if key in history.get(p.key, {})]
    usual = statistics.median(past)
    return bool(usual) and 0.5 <= value / usual / factor <= 2


# --- blanks --------------------------------------------------------------------------------------------------------


def _merge_blanks(builder: FindingBuilder, book: WorkbookArrays, findings: list[Finding]) -> list[Finding]:
    """A sheet, a unit, or a column left blank is one finding, at its first cell."""
    blank = [f for f in findings if f.code == _BLANK]
    if not blank:
        return findings
    kept = [f for f in findings if f.code != _BLANK]
    owed_of_sheet, owed_of_unit = _count_owed_cells(book)
    blank, sheets = _split_whole_groups(blank, owed_of_sheet, lambda f: f.sheet)
    blank, units = (
        _split_whole_groups(blank, owed_of_unit, lambda f: f.org_unit_code) if len(owed_of_unit) > 1 else (blank, [])
    )
    causes = [_build_cause_finding(builder, book, _SHEET, group[0], len(group)) for group in sheets]
    causes += [_build_cause_finding(builder, book, _UNIT, group[0], len(group)) for group in units]
    columns: dict[CellPlace, list[Finding]] = defaultdict(list)
    for f in blank:
        columns[f.sheet, f.data_element].append(f)
    causes += [_merge_column_blanks(builder.wording, group) for group in columns.values()]
    if len(causes) == 1:
        kept = [f for f in kept if f.code != _INCOMPLETE]
    return [*kept, *causes]


def _count_owed_cells(book: WorkbookArrays) -> tuple[Counter[str], Counter[str]]:
    """How many number cells each sheet and each org unit must fill in."""
    must = book.template.required & (book.template.family == NUMBER)
    cells = [book.observations[k] for k in must.nonzero()[0].tolist()]
    return Counter(o.sheet for o in cells), Counter(o.org_unit_code for o in cells)


def _split_whole_groups(
    findings: list[Finding], owed: Counter[str], key: Callable[[Finding], str]
) -> tuple[list[Finding], list[list[Finding]]]:
    """Splits off the groups of two or more in which every owed cell is blank."""
    groups: dict[str, list[Finding]] = defaultdict(list)
    for f in findings:
        groups[key(f)].append(f)
    whole = {name for name, group in groups.items() if len(group) >= max(owed[name], 2)}
    return [f for f in findings if key(f) not in whole], [groups[name] for name in groups if name in whole]


def _merge_column_blanks(wording: Messages, group: list[Finding]) -> Finding:
    first = group[0]
    if len(group) == 1:
        return first
    message = wording.format("finding.more_blanks", message=first.message, count=len(group) - 1)
    compared = compute_compared_digest(f.org_unit_code for f in group)
    return replace(first, message=message, compared=compared, effect=min(sum(f.effect for f in group), 1.0))


def _build_cause_finding(
    builder: FindingBuilder, book: WorkbookArrays, code: str, first: Finding, count: int, detail: str = ""
) -> Finding:
    observation = next(o for o in book.observations if (o.sheet, o.cell) == (first.sheet, first.cell))
    rule = builder.rules.by_code[code]
    slots = (
        builder.build_limit_slots(rule)
        | builder.build_cell_slots(book, observation)
        | {"count": str(count), "detail": detail}
    )
    made = builder.rules.build_finding(
        code, slots=slots, sheet=first.sheet, cell=first.cell, value=first.value,
        org_unit_code=first.org_unit_code, data_element=first.data_element,
    )  # fmt: skip
    return replace(made, effect=1.0 if code == _SCALE else first.effect)
