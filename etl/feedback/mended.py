"""What a unit has put right, and what it has not. Pure; knows verdicts and nothing of where they come from.

Inside the feedback room, and asked by the step. A finding is gone only where the file that came after was accepted and
says nothing of the same place: a whole sheet left empty does not mend the cells in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from etl.feedback.given import Mended
from etl.model import Finding, Level, Verdict

_ORDER = {level: place for place, level in enumerate(Level)}
Key = tuple[str, str, bool]
"""(code, data element, since the quarter before)."""


def counts(*findings: Iterable[Finding]) -> tuple[int, int, int]:
    """Findings of some files by level: refuse, confirm, note."""
    by_level = Counter(f.level for of_file in findings for f in of_file)
    return by_level[Level.REFUSE], by_level[Level.CONFIRM], by_level[Level.NOTE]


def to_do(verdicts: Sequence[Verdict]) -> tuple[Finding, ...]:
    """What the last file still asks of its sender, gravest first, within a level as the check ordered it."""
    if not verdicts:
        return ()
    return tuple(sorted(_asking(verdicts[-1].findings), key=lambda f: _ORDER[f.level]))


def gone(verdicts: Sequence[Verdict], before: Verdict | None) -> Counter[Key]:
    """What was found in earlier files of the quarter, or in the last file of the quarter before, and is no more.

    Args:
        verdicts: Those on the quarter's files, oldest first.
        before: That on the last file of the quarter before, if there was one.
    """
    if not verdicts or not verdicts[-1].accepted:
        return Counter()
    left = verdicts[-1].findings
    earlier = _places(f for verdict in verdicts[:-1] for f in verdict.findings)
    older = _places(before.findings if before else ())
    found: Counter[Key] = Counter()
    for place, finding in (older | earlier).items():
        if not any(_still(finding, other) for other in left):
            found[finding.code, finding.data_element, place not in earlier] += 1
    return found


def mended(found: Counter[Key], rules: Mapping[str, str], elements: Mapping[str, str]) -> tuple[Mended, ...]:
    """The same in words, most cells first; `rules` and `elements` give names by code."""
    rows = (
        Mended(code, rules.get(code, code), elements.get(element, ""), number, since)
        for (code, element, since), number in found.items()
    )
    return tuple(sorted(rows, key=lambda row: (row.since_quarter, -row.count, row.code, row.element)))


def _asking(findings: Iterable[Finding]) -> Iterable[Finding]:
    return (f for f in findings if f.level != Level.NOTE)


def _places(findings: Iterable[Finding]) -> dict[tuple[str, ...], Finding]:
    """One finding for each (code, place), however many files it was in. Cells are named by what they mean."""
    return {(f.code, *_place(f)): f for f in _asking(findings)}


def _place(finding: Finding) -> tuple[str, ...]:
    if finding.org_unit_code and finding.data_element:
        return finding.org_unit_code, finding.data_element
    return finding.org_unit_code, finding.data_element, finding.sheet, finding.cell


def _still(old: Finding, new: Finding) -> bool:
    """Whether the new finding is the old one, or a graver or equal one about something that contains its place."""
    if (old.code, *_place(old)) == (new.code, *_place(new)):
        return True
    if _ORDER[new.level] > _ORDER[old.level] or (new.org_unit_code and new.data_element):
        return False
    pairs = (
        (new.org_unit_code, old.org_unit_code),
        (new.data_element, old.data_element),
        (new.sheet, old.sheet),
        (new.cell, old.cell),
    )
    return all(not wide or wide == narrow for wide, narrow in pairs)
