"""What a unit has put right, and what it has not. Pure; knows verdicts and nothing of where they come from.

Inside the feedback room, and asked by the step. A finding is gone only where the file that came after was accepted and
says nothing of the same place: a whole sheet left empty does not mend the cells in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from etl.feedback.models import ResolvedFinding
from etl.model import Finding, FindingLevel, Verdict

_LEVEL_ORDER = {level: place for place, level in enumerate(FindingLevel)}
ResolvedKey = tuple[str, str, bool]
"""(code, data element, since the quarter before)."""


def count_by_level(*findings: Iterable[Finding]) -> tuple[int, int, int]:
    """Findings of some files by level: refuse, confirm, note."""
    by_level = Counter(f.level for of_file in findings for f in of_file)
    return by_level[FindingLevel.REFUSE], by_level[FindingLevel.CONFIRM], by_level[FindingLevel.NOTE]


def select_open_findings(verdicts: Sequence[Verdict]) -> tuple[Finding, ...]:
    """What the last file still asks of its sender, gravest first, within a level as the check ordered it."""
    if not verdicts:
        return ()
    return tuple(sorted(_select_actionable_findings(verdicts[-1].findings), key=lambda f: _LEVEL_ORDER[f.level]))


def count_resolved_findings(verdicts: Sequence[Verdict], before: Verdict | None) -> Counter[ResolvedKey]:
    """What was found in earlier files of the quarter, or in the last file of the quarter before, and is no more.

    Args:
        verdicts: Those on the quarter's files, oldest first.
        before: That on the last file of the quarter before, if there was one.
    """
    if not verdicts or not verdicts[-1].accepted:
        return Counter()
    remaining = verdicts[-1].findings
    earlier = _group_by_place(f for verdict in verdicts[:-1] for f in verdict.findings)
    older = _group_by_place(before.findings if before else ())
    resolved: Counter[ResolvedKey] = Counter()
    for place, finding in (older | earlier).items():
        if not any(_is_still_open(finding, other) for other in remaining):
            resolved[finding.code, finding.data_element, place not in earlier] += 1
    return resolved


def build_resolved_findings(
    resolved: Counter[ResolvedKey], rules: Mapping[str, str], elements: Mapping[str, str]
) -> tuple[ResolvedFinding, ...]:
    """The same in words, most cells first; `rules` and `elements` give names by code."""
    rows = (
        ResolvedFinding(code, rules.get(code, code), elements.get(element, ""), number, since)
        for (code, element, since), number in resolved.items()
    )
    return tuple(sorted(rows, key=lambda row: (row.since_quarter, -row.count, row.code, row.element)))


def _select_actionable_findings(findings: Iterable[Finding]) -> Iterable[Finding]:
    return (f for f in findings if f.level != FindingLevel.NOTE)


def _group_by_place(findings: Iterable[Finding]) -> dict[tuple[str, ...], Finding]:
    """One finding for each (code, place), however many files it was in. Cells are named by what they mean."""
    return {(f.code, *_build_place_key(f)): f for f in _select_actionable_findings(findings)}


def _build_place_key(finding: Finding) -> tuple[str, ...]:
    if finding.org_unit_code and finding.data_element:
        return finding.org_unit_code, finding.data_element
    return finding.org_unit_code, finding.data_element, finding.sheet, finding.cell


def _is_still_open(old: Finding, new: Finding) -> bool:
    """Whether the new finding is the old one, or a graver or equal one about something that contains its place."""
    if (old.code, *_build_place_key(old)) == (new.code, *_build_place_key(new)):
        return True
    if _LEVEL_ORDER[new.level] > _LEVEL_ORDER[old.level] or (new.org_unit_code and new.data_element):
        return False
    pairs = (
        (new.org_unit_code, old.org_unit_code),
        (new.data_element, old.data_element),
        (new.sheet, old.sheet),
        (new.cell, old.cell),
    )
    return all(not wide or wide == narrow for wide, narrow in pairs)
