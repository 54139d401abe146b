"""Checks a batch of read workbooks at once and hands each one its verdict."""

from __future__ import annotations

from collections.abc import Sequence

from etl.catalog import Catalogue
from etl.catalog.rules import WITHOUT_EXPECTATION, Rules
from etl.check import deduplicate, history_frames, workbook_frames
from etl.check.evaluate import find_failing_rows
from etl.check.finding_builder import FindingBuilder
from etl.check.frames import ReadSubmission, WorkbookArrays, open_submissions
from etl.model import Finding, FindingLevel, Verdict


def check_batch(batch: Sequence[ReadSubmission], catalogue: Catalogue, rules: Rules) -> list[Verdict]:
    """The verdict on each workbook, in order. Everything wrong is found in one pass.

    Raises:
        CatalogueError: a rule cannot be evaluated.
    """
    workbooks = open_submissions(catalogue, batch)
    findings = _check_rules(workbooks, catalogue, rules)
    opened_by_number = {book.number: book for book in workbooks}
    builder = FindingBuilder(catalogue, rules)
    return [
        _build_verdict(builder, submission, opened_by_number.get(i), findings.get(i, []))
        for i, submission in enumerate(batch)
    ]


def _check_rules(books: Sequence[WorkbookArrays], catalogue: Catalogue, rules: Rules) -> dict[int, list[Finding]]:
    """What the rules find, by workbook."""
    if not books:
        return {}
    frames = workbook_frames.build_workbook_frames(catalogue, books) | history_frames.build_history_frames(
        catalogue, books
    )
    ruled = [rule for rule in rules.by_code.values() if rule.frame not in WITHOUT_EXPECTATION]
    failed = find_failing_rows(ruled, frames)
    opened = {book.number: book for book in books}
    builder = FindingBuilder(catalogue, rules)
    findings: dict[int, list[Finding]] = {}
    for rule in ruled:
        for row in failed.get(rule.code, ()):
            number, position, detail = frames[rule.frame].find_origin(row)
            findings.setdefault(number, []).append(builder.build_finding(rule, opened[number], position, detail))
    return findings


def _build_verdict(
    builder: FindingBuilder, submission: ReadSubmission, book: WorkbookArrays | None, rule_findings: list[Finding]
) -> Verdict:
    if not rule_findings and not submission.read.findings:
        return Verdict(True, ())
    findings = deduplicate.merge_by_cause(builder, book, [*submission.read.findings, *rule_findings])
    own = {(e.code, e.org_unit_code, e.data_element, e.value.strip()): e.text for e in submission.read.explanations}
    findings = deduplicate.apply_explanations(findings, {**submission.explanations, **own})
    return Verdict(not any(f.level == FindingLevel.REFUSE for f in findings), deduplicate.sort_findings(findings))
