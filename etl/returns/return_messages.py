"""What a sender is told: verdict, what to do, comments. Inside the returns room only; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from etl.catalog.layout import EXPLANATION_HEADER, RESULT_SHEET
from etl.messages import Messages
from etl.model import Finding, FindingLevel
from etl.ooxml.cell_styles import CellMark
from etl.returns.answer import SubmissionAnswer

COMMENT_HEADING = "KẾT QUẢ KIỂM TRA"
"""The first line of our comment on a cell, by which it is known when the workbook comes back."""
LEVEL_MARKS = {
    FindingLevel.REFUSE: CellMark("FFF9CBAF", "medium", "FFC00002"),
    FindingLevel.CONFIRM: CellMark("FFFFE69B", "mediumDashed", "FF7F6002"),
    FindingLevel.NOTE: CellMark("FFDCEBF9", "double", "FF2F5598"),
}
"""Light orange, yellow, blue; each one step beside Office's own palette, so that they are known again as ours. Borders
differ in kind too, so that marks show in black and white."""
_MOST_NOTED_CELLS = 60
_MAX_COMMENT_FINDINGS = 6
_MAX_MESSAGE_LENGTH = 1_000
"""Letters of one message in a comment; the list on the first sheet has it in full."""


def build_finding_key(finding: Finding) -> str:
    """What ties an explanation to its finding."""
    return f"{finding.code}|{finding.org_unit_code}|{finding.subject}"


def count_findings(findings: Sequence[Finding], level: FindingLevel) -> int:
    """Findings of a level."""
    return sum(f.level == level for f in findings)


def group_notes(findings: Sequence[Finding]) -> list[tuple[Finding, tuple[Finding, ...]]]:
    """Findings to show one by one, each with the notes of the same rule that need no row of their own."""
    notes: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.level is FindingLevel.NOTE:
            notes.setdefault(finding.code, []).append(finding)
    others = {id(finding) for alike in notes.values() for finding in alike[1:]}
    return [
        (finding, tuple(notes[finding.code][1:]) if finding.level is FindingLevel.NOTE else ())
        for finding in findings
        if id(finding) not in others
    ]


def format_noted(wording: Messages, finding: Finding, alike: Sequence[Finding]) -> str:
    """A finding's message, and where else the same is noted."""
    if not alike:
        return finding.message
    cells: dict[str, list[str]] = {}
    for other in alike[:_MOST_NOTED_CELLS]:
        cells.setdefault(other.sheet, []).append(other.cell)
    places = "; ".join(f"{sheet} {', '.join(filter(None, found))}".strip() for sheet, found in cells.items())
    if len(alike) > _MOST_NOTED_CELLS:
        places += "…"
    return wording.format("returned.noted_alike", message=finding.message, count=len(alike), places=places)


def format_result_title(answer: SubmissionAnswer) -> str:
    """The heading of the first sheet."""
    kind = "trial" if answer.trial else "verdict"
    return answer.wording.texts[f"returned.title_{kind}_{'accepted' if answer.accepted else 'refused'}"]


def describe_verdict(answer: SubmissionAnswer) -> str:
    """The verdict in a sentence or two."""
    kind = "trial" if answer.trial else "verdict"
    unsure = count_findings(answer.findings, FindingLevel.CONFIRM)
    if not answer.accepted:
        outcome, count = "refused", count_findings(answer.findings, FindingLevel.REFUSE)
    elif unsure:
        outcome, count = "confirm", unsure
    elif answer.findings and not answer.trial:
        outcome, count = "note", len(answer.findings)
    else:
        return answer.wording.texts[f"returned.{kind}_clean"]
    return answer.wording.format(f"returned.{kind}_{outcome}", count=count)


def format_finding_counts(answer: SubmissionAnswer) -> str:
    """How many of each level, with their signs."""
    counts = ((level, count_findings(answer.findings, level)) for level in FindingLevel)
    return "    ".join(f"{answer.wording.format_level(level)}: {count}" for level, count in counts)


def list_instructions(answer: SubmissionAnswer, annotated: bool) -> list[str]:
    """The way to proceed, one or two sentences a line."""
    wording, levels = answer.wording, {f.level for f in answer.findings}
    send = {"send": wording.texts["returned.send" if answer.trial else "returned.send_again"]}
    place = "annotated" if annotated else "listed"
    lines = [text] if (text := _describe_standing_version(answer)) else []
    if FindingLevel.REFUSE in levels:
        is_marked = any(f.cell for f in answer.findings if f.level is FindingLevel.REFUSE)
        wanted = place if is_marked else "whole"
        lines.append(wording.format(f"returned.correct_{wanted}", sign=FindingLevel.REFUSE.sign, **send))
    if FindingLevel.CONFIRM in levels:
        slots = {"sign": FindingLevel.CONFIRM.sign, "column": EXPLANATION_HEADER} | (send if answer.accepted else {})
        lines.append(wording.format(f"returned.{'confirm' if answer.accepted else 'confirm_also'}_{place}", **slots))
    if answer.findings and not annotated:
        lines.append(wording.texts["returned.apart"])
    return lines


def _describe_standing_version(answer: SubmissionAnswer) -> str:
    """That a content is known, and which version counts where that is not the answer's own."""
    texts = [answer.wording.texts["returned.known_content"]] if answer.known else []
    if answer.standing and (answer.known or (answer.accepted and answer.standing != answer.version)):
        texts.append(answer.wording.format("returned.standing_version", version=answer.standing))
    return " ".join(texts)


def format_cell_comment(answer: SubmissionAnswer, findings: Sequence[Finding]) -> str:
    """The comment on a cell: for each finding its level, code, what is wrong and what to do."""
    wording = answer.wording
    lines = [f"{COMMENT_HEADING} · {answer.office}" if answer.office else COMMENT_HEADING]
    for finding in findings[:_MAX_COMMENT_FINDINGS]:
        lines.append(f"{wording.format_level(finding.level)} ({finding.code})")
        lines.append(clean_xml_text(finding.message)[:_MAX_MESSAGE_LENGTH])
        if finding.hint:
            hint = clean_xml_text(finding.hint)[:_MAX_MESSAGE_LENGTH]
            lines.append(wording.format("returned.comment_hint", hint=hint))
    rest = len(findings) - _MAX_COMMENT_FINDINGS
    if rest > 0:
        lines.append(wording.format("returned.comment_more", count=rest, sheet=RESULT_SHEET))
    return "\n".join(lines)


OWN_COMMENT_START = re.compile(
    rf"^{re.escape(COMMENT_HEADING)}[^\n]*\n\s*[{''.join(level.sign for level in FindingLevel)}] ", re.MULTILINE
)
"""Where our part of a comment begins: its heading, then a line with the sign of a level."""


def split_bold_runs(text: str) -> list[tuple[bool, str]]:
    """A comment as (bold?, text) runs: the lines of heading and level are bold."""
    runs: list[tuple[bool, str]] = []
    starts = (COMMENT_HEADING, *(f"{level.sign} " for level in FindingLevel))
    for line in text.splitlines(keepends=True):
        bold = line.startswith(starts)
        if runs and runs[-1][0] == bold:
            runs[-1] = (bold, runs[-1][1] + line)
        else:
            runs.append((bold, line))
    return runs


_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


def clean_xml_text(text: str) -> str:
    """Text that an XML file can hold and that cannot turn the line around."""
    return _ESCAPED.sub("_x005F_", _UNPRINTABLE.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n")))
